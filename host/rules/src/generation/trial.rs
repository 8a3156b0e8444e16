//! The trial of a generation before it becomes active: on rows of the mirror and on its components'
//! own samples it must answer for every row, and answer the same whenever and however it is asked.

use syncline_directory::{Attributes, ObjectKind, Outcome, Reason, Value, Verdict};

use super::{
    Generation,
    evaluate::{self, Keys},
    mapping,
};
use crate::context::{Context, MappingRow};

/// How many rows are also asked about one by one: a call each, hence not all of them.
const ALONE_MAX: usize = 16;

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// A layer gave no answer for a row.
    #[error("{kind} {row} of the trial got no answer: {}", reason.text)]
    Failed {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
        /// What happened.
        reason: Reason,
    },
    /// Asked twice the same, the rules answered differently for a row.
    #[error("{kind} {row} of the trial got two different answers to one question")]
    NotDeterministic {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
    },
    /// The answer for a row depends on the rows around it or on their order.
    #[error("the answer for {kind} {row} of the trial depends on the other objects of its batch")]
    DependsOnBatch {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
    },
}

/// All that a generation says of one row.
#[derive(PartialEq)]
struct Answer {
    verdict: Result<Verdict, Reason>,
    keys: Result<Keys, Reason>,
    outcome: Option<Result<Outcome, Reason>>,
}

impl Answer {
    fn failure(&self) -> Option<&Reason> {
        let outcome = self
            .outcome
            .as_ref()
            .and_then(|outcome| outcome.as_ref().err());
        self.verdict
            .as_ref()
            .err()
            .or(self.keys.as_ref().err())
            .or(outcome)
    }
}

impl Generation {
    /// Tries every stage on these rows: each must get an answer, the same in fresh instances, in
    /// reverse order, and (for some of them) alone. The context's kind is not looked at.
    ///
    /// # Errors
    ///
    /// Names the first row that fails, and how.
    pub fn try_rows(
        &self,
        context: &Context,
        kind: ObjectKind,
        rows: &[MappingRow],
    ) -> Result<(), TrialError> {
        let context = Context {
            kind,
            ..context.clone()
        };
        let first = self.answer(&context, rows);
        for (row, answer) in first.iter().enumerate() {
            if let Some(reason) = answer.failure() {
                return Err(TrialError::Failed {
                    kind,
                    row,
                    reason: reason.clone(),
                });
            }
        }
        let again = self.answer(&context, rows);
        if let Some(row) = first.iter().zip(&again).position(|(a, b)| a != b) {
            return Err(TrialError::NotDeterministic { kind, row });
        }
        let reversed: Vec<MappingRow> = rows.iter().rev().cloned().collect();
        let reversed = self.answer(&context, &reversed);
        if let Some(row) = first
            .iter()
            .zip(reversed.iter().rev())
            .position(|(a, b)| a != b)
        {
            return Err(TrialError::DependsOnBatch { kind, row });
        }
        let step = rows.len().div_ceil(ALONE_MAX).max(1);
        for row in (0..rows.len()).step_by(step) {
            if self.answer(&context, &rows[row..=row]).first() != first.get(row) {
                return Err(TrialError::DependsOnBatch { kind, row });
            }
        }
        Ok(())
    }

    /// Tries every stage on the samples that the components bring along, as [`Self::try_rows`] does.
    ///
    /// # Errors
    ///
    /// Names the first sample that fails, counted among all samples of its kind.
    pub fn try_samples(&self, context: &Context) -> Result<(), TrialError> {
        for kind in self.kinds() {
            let layers = self.layers().iter();
            let samples = layers.flat_map(|layer| layer.component().samples());
            let rows: Vec<MappingRow> = samples
                .filter(|sample| sample.kind == kind)
                .map(|sample| MappingRow {
                    source: values(self.source_columns(kind), &sample.source),
                    target: sample
                        .target
                        .as_ref()
                        .map(|target| values(self.target_columns(kind), target)),
                })
                .collect();
            self.try_rows(context, kind, &rows)?;
        }
        Ok(())
    }

    fn answer(&self, context: &Context, rows: &[MappingRow]) -> Vec<Answer> {
        let sources: Vec<Vec<Value>> = rows.iter().map(|row| row.source.clone()).collect();
        let verdicts = evaluate::scope(&self.0, context, &sources);
        let keys = evaluate::keys(&self.0, context, &sources);
        // A kind that is only scoped or matched has no mapping to try.
        let maps = self
            .rules(context.kind)
            .is_some_and(|rules| rules.mapping().next().is_some());
        let outcomes: Vec<Option<Result<Outcome, Reason>>> = if maps {
            mapping::map(&self.0, context, rows)
                .into_iter()
                .map(Some)
                .collect()
        } else {
            rows.iter().map(|_| None).collect()
        };
        verdicts
            .into_iter()
            .zip(keys)
            .zip(outcomes)
            .map(|((verdict, keys), outcome)| Answer {
                verdict,
                keys,
                outcome,
            })
            .collect()
    }
}

fn values(columns: &[syncline_directory::AttributeName], attributes: &Attributes) -> Vec<Value> {
    columns
        .iter()
        .map(|name| attributes.get(name).cloned().unwrap_or_default())
        .collect()
}
