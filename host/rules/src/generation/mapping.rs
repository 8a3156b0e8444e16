//! Mapping: the layers one after the other, each on top of what the earlier ones decided.
//!
//! A later layer's change replaces the earlier one for an attribute that it overrides, `keep`
//! included: it was given the earlier change and could have handed it on. Any layer's hold or skip is
//! the object's, hold first.

use syncline_directory::{Change, ObjectKind, Outcome, Output, Reason, RuleDecision, Shape, Value};

use super::{
    Assembled, Earlier,
    assemble::Standing,
    evaluate::{failed, fits, misfit},
    layout::{KindRules, MappingRules, OutputRules, OutputSlot},
    lower::{self, Asked},
};
use crate::{
    codes,
    context::{Context, MappingRow},
    contract::{lifted, lowered},
    failure::Failure,
};

/// What the layers so far came to for one object.
pub(super) enum State {
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
    given: &[Earlier],
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
        .enumerate()
        .map(|(index, row)| match fits_columns(rules, row) {
            true => Ok(begin(generation, context.kind, rules, given.get(index))),
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
                earlier: (index > 0 || has_begun(&states[row]))
                    .then(|| earlier(&states[row], mapping)),
            })
            .collect();
        let runtime = &generation.layers[layer.layer].runtime;
        let lowered = lowered::Context::new(context, layer.depends_on_time);
        let answers = lower::ask_mapping(runtime, lowered, mapping, &asked);
        drop(asked);
        for (row, answer) in open.into_iter().zip(answers) {
            let taken = answer.and_then(|answer| {
                let judging = Judging {
                    rules,
                    mapping,
                    source: &rows[row].source,
                };
                judging.take(answer, &mut states[row])
            });
            if let Err(failure) = taken {
                states[row] = Err(failed(generation, layer, failure));
            }
        }
    }
    states
        .into_iter()
        .map(|state| state.and_then(outcome))
        .collect()
}

/// Returns the state before the first layer. A lone layer that gives no shape stands on others, so it
/// is told what they decided, if only that they keep everything.
fn begin(
    generation: &Assembled,
    kind: ObjectKind,
    rules: &KindRules,
    given: Option<&Earlier>,
) -> State {
    let given = given.filter(|given| !given.is_empty());
    let stands_on_others = generation.standing == Standing::Alone
        && !rules.mapping().any(|(_, mapping)| mapping.gives_shape);
    if given.is_none() && !stands_on_others {
        return State::Deciding {
            shape: None,
            outputs: Vec::new(),
        };
    }
    let shape = match kind {
        ObjectKind::User => Shape::ExternalMember,
        ObjectKind::Group => Shape::SecurityGroup,
        ObjectKind::Contact => Shape::Contact,
    };
    let outputs = rules.outputs.iter().map(|slot| {
        let mut output = unwritten(slot);
        if let Some(change) = given.and_then(|given| given.get(&slot.attribute)) {
            output.change = change.clone();
        }
        output
    });
    State::Deciding {
        shape: stands_on_others.then_some(shape),
        outputs: outputs.collect(),
    }
}

/// Whether anything was decided before the first layer.
fn has_begun(state: &Result<State, Reason>) -> bool {
    matches!(state, Ok(State::Deciding { outputs, .. }) if !outputs.is_empty())
}

pub(super) fn fits_columns(rules: &KindRules, row: &MappingRow) -> bool {
    let target = row
        .target
        .as_ref()
        .map_or(rules.target_columns.len(), Vec::len);
    row.source.len() == rules.source_columns.len() && target == rules.target_columns.len()
}

/// Returns what earlier layers decided for the attributes that this one overrides.
pub(super) fn earlier<'a>(
    state: &'a Result<State, Reason>,
    mapping: &MappingRules,
) -> Vec<&'a Change> {
    let outputs: &[Output] = match state {
        Ok(State::Deciding { outputs, .. }) => outputs,
        _ => &[],
    };
    let before = |rules: &OutputRules| match outputs.get(rules.slot) {
        Some(output) if rules.overrides => &output.change,
        _ => &Change::Keep,
    };
    mapping.outputs.iter().map(before).collect()
}

/// A layer's answer for one row is being judged.
pub(super) struct Judging<'a> {
    pub(super) rules: &'a KindRules,
    pub(super) mapping: &'a MappingRules,
    /// The row's source values, in the generation's order.
    pub(super) source: &'a [Value],
}

impl Judging<'_> {
    /// Adds an answer to what earlier layers decided.
    pub(super) fn take(
        &self,
        answer: lifted::Outcome,
        state: &mut Result<State, Reason>,
    ) -> Result<(), Failure> {
        let mapped = match answer {
            lifted::Outcome::Write(mapped) => mapped,
            lifted::Outcome::Hold(reason) => {
                *state = Ok(State::Held(reason.into()));
                return Ok(());
            }
            lifted::Outcome::Skip(reason) => {
                // The first layer that skips gives the reason.
                if matches!(state, Ok(State::Deciding { .. })) {
                    *state = Ok(State::Skipped(reason.into()));
                }
                return Ok(());
            }
        };
        match state {
            Ok(State::Deciding { shape, outputs }) => {
                *shape = shape.or(mapped.shape.map(Shape::from));
                if outputs.is_empty() {
                    outputs.extend(self.rules.outputs.iter().map(unwritten));
                }
                self.changes(mapped, |slot, change| outputs[slot].change = change)
            }
            // Judged although an earlier layer skips the object: a wrong answer is a hold.
            _ => self.changes(mapped, |_, _| {}),
        }
    }

    /// Checks an answer and hands out each change with the slot that it is for.
    fn changes(
        &self,
        mapped: lifted::Mapped,
        mut take: impl FnMut(usize, Change),
    ) -> Result<(), Failure> {
        let mapping = self.mapping;
        if mapped.changes.len() != mapping.outputs.len() {
            return malformed(format!(
                "{} changes for {} outputs",
                mapped.changes.len(),
                mapping.outputs.len()
            ));
        }
        match (mapped.shape, mapping.gives_shape) {
            (Some(_), false) => return malformed("it gives a shape and does not declare so"),
            (None, true) => return malformed("it declares to give the shape and gives none"),
            _ => {}
        }
        for (lifted, output) in mapped.changes.into_iter().zip(&mapping.outputs) {
            take(output.slot, self.change(lifted, output)?);
        }
        Ok(())
    }

    fn change(&self, lifted: lifted::Change, output: &OutputRules) -> Result<Change, Failure> {
        let slot = &self.rules.outputs[output.slot];
        let value = |lifted: lifted::Value| match lifted.into_value() {
            Some(value) if fits(slot.kind, &value) => Ok(value),
            Some(_) => malformed(format!(
                "the value for `{}` is not {:?}",
                slot.attribute, slot.kind
            )),
            None => malformed(format!("the value for `{}` is withheld", slot.attribute)),
        };
        Ok(match lifted {
            lifted::Change::Keep => Change::Keep,
            lifted::Change::Clear => Change::Clear,
            lifted::Change::Set(lifted) => match value(lifted)? {
                // The rule said that the attribute shall have no value; there is one word for that.
                Value::Absent => Change::Clear,
                value => Change::Set(value),
            },
            lifted::Change::Same(position) => Change::Set(self.same(position, output)?.clone()),
            lifted::Change::FirstFree(lifted) => {
                let candidate = |lifted| match value(lifted)? {
                    // No value is nobody's name, so it would always be free.
                    Value::Absent => {
                        malformed(format!("a candidate for `{}` has no value", slot.attribute))
                    }
                    value => Ok(value),
                };
                Change::FirstFree(
                    lifted
                        .into_iter()
                        .map(candidate)
                        .collect::<Result<_, _>>()?,
                )
            }
            lifted::Change::Refuse(reason) => Change::Refuse(reason.into()),
        })
    }

    /// Returns the value of the source column that a change names.
    fn same(&self, position: u32, output: &OutputRules) -> Result<&Value, Failure> {
        let slot = &self.rules.outputs[output.slot];
        let column = self.mapping.source.position(position);
        let Some(column) = column.filter(|_| output.sources.contains(&position)) else {
            return malformed(format!(
                "`{}` is to be the same as source column {position}, which is not among its inputs",
                slot.attribute
            ));
        };
        let value = &self.source[column];
        let name = &self.rules.source_columns[column];
        if *value == Value::Absent {
            // Law L3: the rule has not said what becomes of the target's value.
            return malformed(format!(
                "`{}` is to be the same as `{name}`, which has no value; a rule says keep or clear",
                slot.attribute
            ));
        }
        if fits(slot.kind, value) {
            Ok(value)
        } else {
            malformed(format!(
                "`{name}`, the value for `{}`, is not {:?}",
                slot.attribute, slot.kind
            ))
        }
    }
}

fn malformed<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::AnswerMalformed(text.into()))
}

fn unwritten(slot: &OutputSlot) -> Output {
    Output {
        attribute: slot.attribute.clone(),
        apply: slot.apply,
        change: Change::Keep,
    }
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

/// Returns what the layers so far came to, for people.
pub(super) fn so_far(state: &Result<State, Reason>) -> Result<Outcome, Reason> {
    outcome(match state {
        Ok(State::Deciding { shape, outputs }) => State::Deciding {
            shape: *shape,
            outputs: outputs.clone(),
        },
        Ok(State::Skipped(reason)) => State::Skipped(reason.clone()),
        Ok(State::Held(reason)) => State::Held(reason.clone()),
        Err(reason) => return Err(reason.clone()),
    })
}
