//! With the target as wanted, nothing more is wanted: what keeps a job at rest (law L6).

use std::collections::BTreeMap;

use syncline_directory::{Apply, AttributeName, Change, Outcome, RuleDecision, Value};

use super::{Finding, Law, Trial, change_words};
use crate::context::MappingRow;

/// What of a target object is known: what it had, and what was written.
type Held = BTreeMap<AttributeName, Value>;

impl Trial<'_> {
    /// Gives each object that is written a target as it is wanted, and asks again.
    pub(super) fn idempotent(&mut self) -> Finding {
        let columns = self.generation.target_columns(self.context.kind);
        let mut wanted = Vec::new();
        for (place, ((_, row), answer)) in self.rows.iter().zip(&self.answers).enumerate() {
            if let Some(Ok(Outcome::Write(decision))) = &answer.outcome {
                let held = written(decision, columns, row);
                let row = MappingRow {
                    source: row.source.clone(),
                    target: Some(project(columns, &held)),
                };
                wanted.push((place, held, row));
            }
        }
        let mut finding = Finding {
            law: Law::Idempotent,
            tried: wanted.len() as u64,
            broken: None,
        };
        let rows: Vec<MappingRow> = wanted.iter().map(|(_, _, row)| row.clone()).collect();
        let again = self.ask(&rows);
        let mut fails = Vec::new();
        for ((place, held, row), answer) in wanted.into_iter().zip(again) {
            let Some(what) = unrest(&held, answer.outcome) else {
                continue;
            };
            let broken = super::Broken {
                // As it was asked about the second time: that is the row that is not at rest.
                asked: row,
                ..self.broken(place, what)
            };
            finding.broken.get_or_insert(broken);
            fails.push(place);
        }
        for place in fails.into_iter().rev() {
            self.leave_out(place);
        }
        finding
    }
}

/// Returns the target's values once it is as wanted.
fn written(decision: &RuleDecision, columns: &[AttributeName], row: &MappingRow) -> Held {
    let is_new = row.target.is_none();
    let mut held: Held = match &row.target {
        Some(values) => columns
            .iter()
            .cloned()
            .zip(values.iter().cloned())
            .collect(),
        None => columns
            .iter()
            .map(|name| (name.clone(), Value::Absent))
            .collect(),
    };
    for output in &decision.outputs {
        let is_empty = held.get(&output.attribute).is_none_or(Value::is_absent);
        let applies = match output.apply {
            Apply::Always => true,
            Apply::OnCreate => is_new,
            Apply::WhenEmpty => is_empty,
            Apply::ReportOnly => false,
        };
        let value = match &output.change {
            _ if !applies => continue,
            Change::Keep | Change::Refuse(_) => continue,
            Change::Clear => Value::Absent,
            Change::Set(value) => value.clone(),
            Change::FirstFree(values) => match (held.get(&output.attribute), values.first()) {
                (Some(value), _) if values.contains(value) => value.clone(),
                (_, Some(first)) => first.clone(),
                (_, None) => continue,
            },
        };
        held.insert(output.attribute.clone(), value);
    }
    held
}

fn project(columns: &[AttributeName], held: &Held) -> Vec<Value> {
    columns
        .iter()
        .map(|name| held.get(name).cloned().unwrap_or_default())
        .collect()
}

/// Says what is still wanted of a target that is as it was wanted.
fn unrest(
    held: &Held,
    outcome: Option<Result<Outcome, syncline_directory::Reason>>,
) -> Option<String> {
    let decision = match outcome? {
        Ok(Outcome::Write(decision)) => decision,
        // Nothing is to be done: that is rest.
        Ok(Outcome::Skip(_)) => return None,
        Ok(Outcome::Hold(reason)) | Err(reason) => {
            let (code, text) = (reason.code, reason.text);
            return Some(format!(
                "with the target as wanted it is held ({code}: {text})"
            ));
        }
    };
    decision.outputs.into_iter().find_map(|output| {
        let value = held.get(&output.attribute);
        let is_empty = value.is_none_or(Value::is_absent);
        let changes = match (output.apply, &output.change) {
            (Apply::OnCreate | Apply::ReportOnly, _) => false,
            (Apply::WhenEmpty, _) if !is_empty => false,
            (_, Change::Keep | Change::Refuse(_)) => false,
            (_, Change::Clear) => !is_empty,
            (_, Change::Set(wanted)) => value != Some(wanted),
            (_, Change::FirstFree(values)) => !value.is_some_and(|value| values.contains(value)),
        };
        changes.then(|| {
            let held = match value {
                Some(value) if !value.is_absent() => format!("`{value}`"),
                _ => "no value".to_owned(),
            };
            format!(
                "with the target as wanted, where `{}` has {held}, it is {}",
                output.attribute,
                change_words(&output.change)
            )
        })
    })
}
