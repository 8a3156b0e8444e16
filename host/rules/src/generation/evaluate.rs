//! Scoping and matching: every layer is asked, and their answers are joined.
//!
//! An `Err` here means that a layer gave no answer for the row; the caller holds it.

use syncline_directory::{MatchKey, Reason, Value, Verdict, schema::AttributeType};

use super::{Assembled, layout::LayerRules, lower};
use crate::{
    codes,
    context::Context,
    contract::{lifted, lowered},
    failure::Failure,
};

/// Returns the strictest verdict of the layers for each row.
pub(super) fn scope(
    generation: &Assembled,
    context: &Context,
    rows: &[Vec<Value>],
) -> Vec<Result<Verdict, Reason>> {
    let mut verdicts = fitting(generation, context, rows, Verdict::InScope);
    for layer in layers(generation, context) {
        let Some(source) = &layer.scoping else {
            continue;
        };
        // What is held stays held, so no later layer need be asked.
        let asked = indexes(&verdicts, |verdict| !matches!(verdict, Verdict::Hold(_)));
        let runtime = &generation.layers[layer.layer].runtime;
        let lowered = lowered::Context::new(context, layer.depends_on_time);
        let picked = pick(rows, &asked);
        let answers = lower::ask(runtime, source, &picked, |fuel_max, rows| {
            runtime.decide(fuel_max, lowered, rows)
        });
        for (row, answer) in asked.into_iter().zip(answers) {
            let earlier = std::mem::replace(&mut verdicts[row], Ok(Verdict::InScope));
            verdicts[row] = match answer {
                Ok(verdict) => earlier.map(|earlier| earlier.stricter(verdict.into())),
                Err(failure) => Err(failed(generation, layer, failure)),
            };
        }
    }
    verdicts
}

/// What matching came to for one row: its keys, or the reason for which a rule holds it.
pub(super) type Keys = Result<Vec<MatchKey>, Reason>;

/// Returns the keys of all layers for each row, sorted.
pub(super) fn keys(
    generation: &Assembled,
    context: &Context,
    rows: &[Vec<Value>],
) -> Vec<Result<Keys, Reason>> {
    let mut keys = fitting(generation, context, rows, Ok(Vec::new()));
    for layer in layers(generation, context) {
        let Some(matching) = &layer.matching else {
            continue;
        };
        // With a layer's keys missing, the others' could lead to the wrong object.
        let asked = indexes(&keys, Result::is_ok);
        let runtime = &generation.layers[layer.layer].runtime;
        let lowered = lowered::Context::new(context, layer.depends_on_time);
        let picked = pick(rows, &asked);
        let answers = lower::ask(runtime, &matching.source, &picked, |fuel_max, rows| {
            runtime.keys(fuel_max, lowered, rows)
        });
        for (row, answer) in asked.into_iter().zip(answers) {
            let judged = match answer {
                Ok(Ok(lifted)) => judge(lifted, &matching.attributes).map(Ok),
                Ok(Err(reason)) => Ok(Err(Reason::from(reason))),
                Err(failure) => Err(failure),
            };
            match (judged, &mut keys[row]) {
                (Ok(Ok(more)), Ok(Ok(keys))) => keys.extend(more),
                (Ok(held), keys) => *keys = Ok(held),
                (Err(failure), keys) => *keys = Err(failed(generation, layer, failure)),
            }
        }
    }
    for keys in keys.iter_mut().flatten().flatten() {
        keys.sort_unstable_by(|a, b| {
            (a.tier, &a.attribute, &a.value).cmp(&(b.tier, &b.attribute, &b.value))
        });
        keys.dedup();
    }
    keys
}

pub(super) fn judge(
    lifted: Vec<lifted::Key>,
    attributes: &[syncline_directory::AttributeName],
) -> Result<Vec<MatchKey>, Failure> {
    lifted
        .into_iter()
        .map(|key| {
            let position = usize::try_from(key.attribute).unwrap_or(usize::MAX);
            let attribute = attributes.get(position).cloned().ok_or_else(|| {
                Failure::AnswerMalformed(format!(
                    "a key names attribute {position} of {}",
                    attributes.len()
                ))
            })?;
            // Objects without the attribute would match each other.
            if key.value.is_empty() {
                return Err(Failure::AnswerMalformed(format!(
                    "the key for `{attribute}` is empty"
                )));
            }
            Ok(MatchKey {
                attribute,
                value: key.value,
                tier: key.tier,
            })
        })
        .collect()
}

impl From<lifted::Verdict> for Verdict {
    fn from(verdict: lifted::Verdict) -> Self {
        match verdict {
            lifted::Verdict::InScope => Self::InScope,
            lifted::Verdict::OutOfScope(reason) => Self::OutOfScope(reason.into()),
            lifted::Verdict::Hold(reason) => Self::Hold(reason.into()),
        }
    }
}

fn layers<'a>(generation: &'a Assembled, context: &Context) -> &'a [LayerRules] {
    generation
        .kinds
        .get(&context.kind)
        .map_or(&[], |rules| &rules.layers)
}

/// Returns this answer for each row that has the generation's columns; others were read for another
/// generation, and a rule must not see one value for another.
fn fitting<Answer: Clone>(
    generation: &Assembled,
    context: &Context,
    rows: &[Vec<Value>],
    answer: Answer,
) -> Vec<Result<Answer, Reason>> {
    let width = generation
        .kinds
        .get(&context.kind)
        .map(|rules| rules.source_columns.len());
    rows.iter()
        .map(|row| match width {
            Some(width) if row.len() != width => Err(misfit()),
            _ => Ok(answer.clone()),
        })
        .collect()
}

/// Returns the reason to hold a row with that was not read with the generation's columns.
pub(super) fn misfit() -> Reason {
    Reason::new(
        codes::ROW_MALFORMED,
        "this object was not read with the columns of the active rules",
    )
}

/// Returns the indexes of the rows that are still to be asked about.
fn indexes<Answer>(
    answers: &[Result<Answer, Reason>],
    wanted: impl Fn(&Answer) -> bool,
) -> Vec<usize> {
    let open = |(index, answer): (usize, &Result<Answer, Reason>)| {
        answer.as_ref().is_ok_and(&wanted).then_some(index)
    };
    answers.iter().enumerate().filter_map(open).collect()
}

fn pick<'a>(rows: &'a [Vec<Value>], indexes: &[usize]) -> Vec<&'a [Value]> {
    indexes
        .iter()
        .map(|&index| rows[index].as_slice())
        .collect()
}

/// Returns the reason of a failure, with the layer's plugin named.
pub(super) fn failed(generation: &Assembled, layer: &LayerRules, failure: Failure) -> Reason {
    failure.reason(&generation.layers[layer.layer].plugin)
}

/// Whether a value may stand in an attribute of this type; lengths are the planner's to judge.
pub(super) fn fits(kind: AttributeType, value: &Value) -> bool {
    matches!(
        (kind, value),
        (_, Value::Absent)
            | (
                AttributeType::Text | AttributeType::DateTime,
                Value::Text(_)
            )
            | (AttributeType::Boolean, Value::Boolean(_))
            | (AttributeType::Integer, Value::Integer(_))
            | (AttributeType::Texts, Value::Texts(_))
            | (AttributeType::Reference, Value::Reference(_))
            | (AttributeType::References, Value::References(_))
    )
}
