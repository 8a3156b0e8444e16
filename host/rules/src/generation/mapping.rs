//! Mapping: the layers one after the other, each on top of what the earlier ones decided.
//!
//! A later layer's change replaces the earlier one for an attribute that it overrides, `keep`
//! included: it was given the earlier change and could have handed it on. Any layer's hold or skip is
//! the object's, hold first.

use syncline_directory::{Change, Outcome, Output, Reason, RuleDecision, Shape, Value};

use super::{
    Assembled,
    evaluate::{failed, fits, misfit},
    layout::{KindRules, LayerRules, MappingRules, OutputSlot},
    lower::{self, Asked},
};
use crate::{
    codes,
    context::{Context, MappingRow},
    contract::{lifted, lowered},
    failure::Failure,
};

/// What the layers so far came to for one object.
enum State {
    /// They decided this much; no outputs yet means that none was asked.
    Deciding {
        shape: Option<Shape>,
        outputs: Vec<Output>,
    },
    /// One of them skips it. Later ones are still asked, since they may hold it.
    Skipped(Reason),
    /// One of them holds it, and nothing is stricter.
    Held(Reason),
}

/// Returns the outcome of the layers for each row. An `Err` means that a layer gave no answer.
pub(super) fn map(
    generation: &Assembled,
    context: &Context,
    rows: &[MappingRow],
) -> Vec<Result<Outcome, Reason>> {
    let Some(rules) = generation
        .kinds
        .get(&context.kind)
        .filter(|rules| rules.mapping().next().is_some())
    else {
        let text = format!("no rule says what becomes of a {}", context.kind);
        return vec![Err(Reason::new(codes::NO_MAPPING, text)); rows.len()];
    };
    let mut states: Vec<Result<State, Reason>> = rows
        .iter()
        .map(|row| match fits_columns(rules, row) {
            true => Ok(State::Deciding {
                shape: None,
                outputs: Vec::new(),
            }),
            false => Err(misfit()),
        })
        .collect();
    for (index, (layer, mapping)) in rules.mapping().enumerate() {
        let open: Vec<usize> = (0..rows.len())
            .filter(|&row| matches!(states[row], Ok(State::Deciding { .. } | State::Skipped(_))))
            .collect();
        let asked: Vec<Asked<'_>> = open
            .iter()
            .map(|&row| Asked {
                row: &rows[row],
                earlier: (index > 0).then(|| earlier(&states[row], mapping)),
            })
            .collect();
        let runtime = &generation.layers[layer.layer].runtime;
        let lowered = lowered::Context::new(context, layer.depends_on_time);
        let answers = lower::ask_mapping(runtime.limits(), layer, mapping, &asked, |rows| {
            runtime.apply(lowered, rows)
        });
        drop(asked);
        for (row, answer) in open.into_iter().zip(answers) {
            take(
                generation,
                rules,
                (layer, mapping),
                answer,
                &mut states[row],
            );
        }
    }
    states
        .into_iter()
        .map(|state| state.and_then(outcome))
        .collect()
}

fn fits_columns(rules: &KindRules, row: &MappingRow) -> bool {
    let target = row
        .target
        .as_ref()
        .map_or(rules.target_columns.len(), Vec::len);
    row.source.len() == rules.source_columns.len() && target == rules.target_columns.len()
}

/// Returns what earlier layers decided for the attributes that this one overrides.
fn earlier<'a>(state: &'a Result<State, Reason>, mapping: &MappingRules) -> Vec<&'a Change> {
    let outputs: &[Output] = match state {
        Ok(State::Deciding { outputs, .. }) => outputs,
        _ => &[],
    };
    let slots = mapping.slots.iter().zip(&mapping.overrides);
    slots
        .map(|(&slot, &overrides)| match outputs.get(slot) {
            Some(output) if overrides => &output.change,
            _ => &Change::Keep,
        })
        .collect()
}

fn take(
    generation: &Assembled,
    rules: &KindRules,
    (layer, mapping): (&LayerRules, &MappingRules),
    answer: Result<lifted::Outcome, Failure>,
    state: &mut Result<State, Reason>,
) {
    let mapped = match answer {
        Ok(lifted::Outcome::Write(mapped)) => mapped,
        Ok(lifted::Outcome::Hold(reason)) => return *state = Ok(State::Held(reason.into())),
        Ok(lifted::Outcome::Skip(reason)) => {
            // The first layer that skips gives the reason.
            if matches!(state, Ok(State::Deciding { .. })) {
                *state = Ok(State::Skipped(reason.into()));
            }
            return;
        }
        Err(failure) => return *state = Err(failed(generation, layer, failure)),
    };
    let judged = match state {
        Ok(State::Deciding { shape, outputs }) => {
            *shape = shape.or(mapped.shape.map(Shape::from));
            if outputs.is_empty() {
                outputs.extend(rules.outputs.iter().map(unwritten));
            }
            judge(mapped, rules, mapping, |slot, change| {
                outputs[slot].change = change
            })
        }
        // Judged although an earlier layer skips the object: a wrong answer is a hold.
        _ => judge(mapped, rules, mapping, |_, _| {}),
    };
    if let Err(failure) = judged {
        *state = Err(failed(generation, layer, failure));
    }
}

fn unwritten(slot: &OutputSlot) -> Output {
    Output {
        attribute: slot.attribute.clone(),
        apply: slot.apply,
        change: Change::Keep,
    }
}

/// Checks an answer and hands out each change with the slot that it is for.
fn judge(
    mapped: lifted::Mapped,
    rules: &KindRules,
    mapping: &MappingRules,
    mut take: impl FnMut(usize, Change),
) -> Result<(), Failure> {
    let malformed = |text: String| Err(Failure::AnswerMalformed(text));
    if mapped.changes.len() != mapping.slots.len() {
        return malformed(format!(
            "{} changes for {} outputs",
            mapped.changes.len(),
            mapping.slots.len()
        ));
    }
    match (mapped.shape, mapping.gives_shape) {
        (Some(_), false) => return malformed("it gives a shape and does not declare so".into()),
        (None, true) => return malformed("it declares to give the shape and gives none".into()),
        _ => {}
    }
    for (lifted, &slot) in mapped.changes.into_iter().zip(&mapping.slots) {
        take(slot, change(lifted, &rules.outputs[slot])?);
    }
    Ok(())
}

fn change(lifted: lifted::Change, slot: &OutputSlot) -> Result<Change, Failure> {
    let value = |lifted: lifted::Value| {
        let value = Value::from(lifted);
        if fits(slot.kind, &value) {
            return Ok(value);
        }
        let (attribute, kind) = (&slot.attribute, slot.kind);
        Err(Failure::AnswerMalformed(format!(
            "the value for `{attribute}` is not {kind:?}"
        )))
    };
    Ok(match lifted {
        lifted::Change::Keep => Change::Keep,
        lifted::Change::Clear => Change::Clear,
        lifted::Change::Set(lifted) => match value(lifted)? {
            // The rule said that the attribute shall have no value; there is one word for that.
            Value::Absent => Change::Clear,
            value => Change::Set(value),
        },
        lifted::Change::FirstFree(lifted) => {
            Change::FirstFree(lifted.into_iter().map(value).collect::<Result<_, _>>()?)
        }
        lifted::Change::Refuse(reason) => Change::Refuse(reason.into()),
    })
}

fn outcome(state: State) -> Result<Outcome, Reason> {
    match state {
        State::Deciding {
            shape: Some(shape),
            outputs,
        } => Ok(Outcome::Write(RuleDecision { shape, outputs })),
        // Assembly sees to it that one mapping layer gives the shape, and judging that it does.
        State::Deciding { shape: None, .. } => Err(Reason::new(
            codes::ANSWER_MALFORMED,
            "no layer gave the object's shape",
        )),
        State::Skipped(reason) => Ok(Outcome::Skip(reason)),
        State::Held(reason) => Ok(Outcome::Hold(reason)),
    }
}
