//! Two rules beside each other: what they cost, and where they differ.

use syncline_author::{
    candidate::Candidate,
    comparison::{Differences, Examples},
    measure::{Comparison, Cost, StageCost},
};

use super::size;
use crate::render::{aligned, counted, result};

/// Tells what a rule costs beside the default rules.
pub(crate) fn measured(comparison: &Comparison) {
    let Comparison {
        kind,
        rows,
        rule,
        baseline,
    } = comparison;
    result(&format!(
        "{} beside {}: {rows} {kind}s in batches, best of 5 rounds in turns",
        rule.name, baseline.name
    ));
    let of = |cost: &Cost, stage: &str| -> Option<StageCost> {
        cost.stages.iter().find(|one| one.stage == stage).copied()
    };
    let time = |cost: Option<StageCost>| {
        cost.map_or_else(
            || "-".to_owned(),
            |cost| format!("{:.2} us", cost.nanoseconds / 1e3),
        )
    };
    let fuel = |cost: Option<StageCost>| {
        cost.map_or_else(|| "-".to_owned(), |cost| format!("{:.0}", cost.fuel))
    };
    let rows: Vec<Vec<String>> = ["scope", "keys", "map"]
        .into_iter()
        .map(|stage| {
            let (ours, theirs) = (of(rule, stage), of(baseline, stage));
            let ratio = match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    format!("{:.2}", ours.nanoseconds / theirs.nanoseconds)
                }
                _ => "-".to_owned(),
            };
            vec![
                format!("  {stage}"),
                time(ours),
                time(theirs),
                ratio,
                fuel(ours),
                fuel(theirs),
            ]
        })
        .collect();
    let header = ["  an object", "time", "default", "ratio", "fuel", "default"];
    result(&aligned(&header, &rows));
    result(&format!(
        "  peak memory of a call {}, the default {}",
        size(rule.memory_max),
        size(baseline.memory_max)
    ));
    result(&format!(
        "  most fuel of a call {}, the default {}; a host permits {}",
        rule.fuel_max,
        baseline.fuel_max,
        syncline_rules::Limits::default().fuel_per_call
    ));
}

/// Tells where two rules differ.
pub(crate) fn differing(
    before: &Candidate,
    after: &Candidate,
    differences: &Differences,
    place: &str,
) {
    let named = |candidate: &Candidate| {
        format!(
            "{} ({})",
            candidate.plugin,
            candidate.component.digest().short()
        )
    };
    result(&format!("{} -> {}", named(before), named(after)));
    result(&format!(
        "{} {place}: {} the same, {} not",
        differences.objects,
        differences.same,
        differences.objects - differences.same
    ));
    for (attribute, count) in &differences.unread {
        result(&format!(
            "  {} not compared: `{attribute}` was never read; `syncline plan` reads what active rules want",
            counted(*count, "object", "objects")
        ));
    }
    let mut rows = Vec::new();
    for ((old, new), examples) in &differences.moves {
        let name = match old == new {
            true => format!("{old}, for another reason"),
            false => format!("{old} -> {new}"),
        };
        add(&mut rows, &name, "", examples);
    }
    for ((old, new), examples) in &differences.outcomes {
        add(&mut rows, &format!("{old} -> {new}"), "", examples);
    }
    add(&mut rows, "match keys", "", &differences.keys);
    for (attribute, kinds) in &differences.attributes {
        for (kind, examples) in kinds {
            add(&mut rows, attribute.as_str(), kind, examples);
        }
    }
    if !rows.is_empty() {
        result(&aligned(
            &["  what", "how", "objects", "for example"],
            &rows,
        ));
    }
}

/// Adds a row, and one for each further example.
fn add(rows: &mut Vec<Vec<String>>, what: &str, how: &str, examples: &Examples) {
    for (index, (object, before, after)) in examples.first.iter().enumerate() {
        let told = format!("{object}: {before} -> {after}");
        rows.push(match index {
            0 => vec![
                format!("  {what}"),
                how.to_owned(),
                examples.count.to_string(),
                told,
            ],
            _ => vec![String::new(), String::new(), String::new(), told],
        });
    }
}
