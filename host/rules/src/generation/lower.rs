//! Rows as a rule is given them: one flat list of borrowed values a batch, and slices of it as rows.

use syncline_directory::{Change, Value};

use super::layout::{MappingRules, Projection};
use crate::{
    batch,
    call::{Attempt, Runtime},
    context::MappingRow,
    contract::{lifted, lowered, value_bytes},
    failure::Failure,
};

/// Asks about rows without a target; `call` is given the fuel that it may take.
pub(super) fn ask<Answer>(
    runtime: &Runtime,
    projection: &Projection,
    sources: &[&[Value]],
    mut call: impl FnMut(u64, &[lowered::Row<'_>]) -> Attempt<Answer>,
) -> Vec<Result<Answer, Failure>> {
    let sizes: Vec<usize> = sources.iter().map(|row| projection.bytes(row)).collect();
    batch::ask(
        runtime.limits(),
        runtime.patience(),
        &sizes,
        |range, fuel_max| {
            let sources = &sources[range];
            let mut values = Vec::with_capacity(sources.len() * projection.width());
            for source in sources {
                projection.lower(source, &mut values);
            }
            let mut slices = Slices(&values);
            let rows: Vec<lowered::Row<'_>> = sources
                .iter()
                .map(|_| lowered::Row {
                    source: slices.take(projection.width()),
                    target: None,
                })
                .collect();
            call(fuel_max, &rows)
        },
    )
}

/// A row to map, and what earlier layers decided for it: a change a slot, or none at all.
pub(super) struct Asked<'a> {
    pub(super) row: &'a MappingRow,
    pub(super) earlier: Option<Vec<&'a Change>>,
}

/// Asks about rows to map.
pub(super) fn ask_mapping(
    runtime: &Runtime,
    context: lowered::Context<'_>,
    mapping: &MappingRules,
    asked: &[Asked<'_>],
) -> Vec<Result<lifted::Outcome, Failure>> {
    let sizes: Vec<usize> = asked.iter().map(|asked| bytes(mapping, asked)).collect();
    batch::ask(
        runtime.limits(),
        runtime.patience(),
        &sizes,
        |range, fuel_max| {
            let asked = &asked[range];
            let width = mapping.source.width() + mapping.target.width();
            let mut values = Vec::with_capacity(asked.len() * width);
            for Asked { row, earlier } in asked {
                mapping.source.lower(&row.source, &mut values);
                if let Some(target) = &row.target {
                    mapping.target.lower(target, &mut values);
                }
                for change in earlier.iter().flatten() {
                    if let Change::FirstFree(candidates) = change {
                        values.extend(candidates.iter().map(lowered::Value::from));
                    }
                }
            }
            let mut slices = Slices(&values);
            let mut changes = Vec::new();
            let mut rows = Vec::with_capacity(asked.len());
            for Asked { row, earlier } in asked {
                let source = slices.take(mapping.source.width());
                let target = row
                    .target
                    .as_ref()
                    .map(|_| slices.take(mapping.target.width()));
                rows.push(lowered::Row { source, target });
                let earlier = earlier.iter().flatten();
                changes.extend(earlier.map(|change| lower_change(change, &mut slices)));
            }
            let mut changes = Slices(&changes);
            let rows: Vec<lowered::MappingRow<'_>> = rows
                .into_iter()
                .zip(asked)
                .map(|(row, asked)| lowered::MappingRow {
                    row,
                    earlier: match asked.earlier {
                        Some(_) => changes.take(mapping.outputs.len()),
                        None => &[],
                    },
                })
                .collect();
            runtime.apply(fuel_max, context, &rows, |row, position| {
                let column = mapping.source.position(position);
                let value = column.and_then(|column| asked.get(row)?.row.source.get(column));
                value.map_or(0, value_bytes)
            })
        },
    )
}

/// Takes slices off the front of a list.
struct Slices<'a, T>(&'a [T]);

impl<'a, T> Slices<'a, T> {
    fn take(&mut self, count: usize) -> &'a [T] {
        let (slice, rest) = self.0.split_at(count);
        self.0 = rest;
        slice
    }
}

fn lower_change<'a>(
    change: &'a Change,
    candidates: &mut Slices<'a, lowered::Value<'a>>,
) -> lowered::Change<'a> {
    match change {
        Change::Keep => lowered::Change::Keep,
        Change::Clear => lowered::Change::Clear,
        Change::Set(value) => lowered::Change::Set(value.into()),
        Change::FirstFree(values) => lowered::Change::FirstFree(candidates.take(values.len())),
        Change::Refuse(reason) => lowered::Change::Refuse(reason.into()),
    }
}

fn bytes(mapping: &MappingRules, asked: &Asked<'_>) -> usize {
    let target = asked
        .row
        .target
        .as_ref()
        .map_or(0, |target| mapping.target.bytes(target));
    let earlier: usize = asked
        .earlier
        .iter()
        .flatten()
        .map(|change| change_bytes(change))
        .sum();
    mapping.source.bytes(&asked.row.source) + target + earlier
}

fn change_bytes(change: &Change) -> usize {
    match change {
        Change::Keep | Change::Clear => 0,
        Change::Set(value) => value_bytes(value),
        Change::FirstFree(values) => values.iter().map(value_bytes).sum(),
        Change::Refuse(reason) => reason.code.len() + reason.text.len(),
    }
}
