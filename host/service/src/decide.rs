//! Decide: scope and match keys of the objects that changed, asked of the rules in batches.

use syncline_directory::{
    AttributeName, Attributes, ObjectState, Reason, SourceId, Value, Verdict,
};
use syncline_rules::{Context, Generation, MappingRow, codes};
use syncline_store::{ScopeRow, Store, StoreError, StoredVerdict};

use crate::{failed_inputs::FailedInputs, project::Assignment, suspension::Tally};

/// How many objects are taken from the store at a time: what one call to a rule may hold.
pub(crate) const CHUNK: usize = 512;

/// Asks the rules about every undecided object, until they fail on too many; `progress` is told how
/// many are done. Returns how many were decided, and how the rules did.
pub(crate) fn decide(
    store: &Store,
    generation: &Generation,
    context: &Context,
    assignment: &Assignment,
    failed_inputs: &FailedInputs,
    mut progress: impl FnMut(u64),
) -> Result<(u64, Tally), StoreError> {
    let mut after: Option<SourceId> = None;
    let mut done = 0;
    let mut tally = Tally::default();
    while !tally.is_too_much() {
        let rows = store.undecided(&context.job, context.kind, after.as_ref(), CHUNK)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.source.clone());
        let judging = Judging {
            generation,
            context,
            failed_inputs,
        };
        let verdicts = judging.judge(assignment, rows, &mut tally);
        done += verdicts.len() as u64;
        store.record_verdicts(&context.job, context.kind, &verdicts)?;
        progress(done);
    }
    Ok((done, tally))
}

/// What judging rows needs beside them.
struct Judging<'a> {
    generation: &'a Generation,
    context: &'a Context,
    failed_inputs: &'a FailedInputs,
}

impl Judging<'_> {
    /// Returns the verdict of each row, with the keys of those in scope.
    fn judge(
        &self,
        assignment: &Assignment,
        rows: Vec<ScopeRow>,
        tally: &mut Tally,
    ) -> Vec<StoredVerdict> {
        let (generation, context) = (self.generation, self.context);
        let columns = generation.source_columns(context.kind);
        let mut stored = Vec::with_capacity(rows.len());
        let mut asked = Vec::new();
        let mut values = Vec::new();
        for row in rows {
            if row.state != ObjectState::Live || (*assignment != Assignment::All && !row.assigned) {
                stored.push(outside(row));
                continue;
            }
            match positional(columns, &row.attributes) {
                Ok(row_values) => {
                    asked.push(row.source);
                    values.push(row_values);
                }
                Err(reason) => stored.push(keyless(row.source, Verdict::Hold(reason))),
            }
        }
        let verdicts = generation.scope(context, &values);
        let mut inside = Vec::new();
        let mut inside_values = Vec::new();
        for ((source, verdict), row_values) in asked.into_iter().zip(verdicts).zip(values) {
            if verdict == Verdict::InScope {
                inside.push(source);
                inside_values.push(row_values);
            } else {
                let held = match &verdict {
                    Verdict::Hold(reason) => Some(reason),
                    _ => None,
                };
                self.count(tally, &source, held, row_values);
                stored.push(keyless(source, verdict));
            }
        }
        let keys = generation.keys(context, &inside_values);
        for ((source, keys), row_values) in inside.into_iter().zip(keys).zip(inside_values) {
            self.count(tally, &source, keys.as_ref().err(), row_values);
            stored.push(match keys {
                Ok(keys) => StoredVerdict {
                    source,
                    verdict: Verdict::InScope,
                    keys,
                    again: false,
                },
                // Without its keys an object cannot be joined, so it is left as it is.
                Err(reason) => keyless(source, Verdict::Hold(reason)),
            });
        }
        stored
    }

    /// Counts how the rules did on an object, and keeps what they failed on.
    fn count(
        &self,
        tally: &mut Tally,
        source: &SourceId,
        held: Option<&Reason>,
        values: Vec<Value>,
    ) {
        let failure = held.filter(|reason| codes::is_failure(&reason.code));
        tally.count(source, failure);
        if failure.is_some() {
            let row = MappingRow {
                source: values,
                target: None,
            };
            self.failed_inputs
                .keep(self.generation, self.context, source, &row);
        }
    }
}

/// The verdict of an object that is not in scope, or not joined.
fn keyless(source: SourceId, verdict: Verdict) -> StoredVerdict {
    let again = matches!(&verdict, Verdict::Hold(reason) if codes::is_passing(&reason.code));
    StoredVerdict {
        source,
        verdict,
        keys: Vec::new(),
        again,
    }
}

/// The verdict of an object about which the rules are not asked.
fn outside(row: ScopeRow) -> StoredVerdict {
    let reason = if row.state == ObjectState::Live {
        Reason::new(
            "NotEffectivelyEntitled",
            "not assigned by the job's groups or people",
        )
    } else {
        Reason::new("SourceDeleted", "deleted in the source")
    };
    keyless(row.source, Verdict::OutOfScope(reason))
}

/// Returns an object's values in the order of the columns.
///
/// # Errors
///
/// A column that was never read holds the object: it is unknown, which is not the same as absent.
pub(crate) fn positional(
    columns: &[AttributeName],
    attributes: &Attributes,
) -> Result<Vec<Value>, Reason> {
    columns
        .iter()
        .map(|column| {
            attributes.get(column).cloned().ok_or_else(|| {
                Reason::new(
                    "AttributeNotRead",
                    format!("`{column}` has not been read yet"),
                )
            })
        })
        .collect()
}
