//! Two rules beside each other: what they cost, and where they differ.

use syncline_author::{
    candidate::Candidate,
    comparison::{Differences, Examples},
    measure::{Comparison, Cost, StageCost},
};

use super::size;
use crate::render::{aligned, counted, named, result, say};

/// Tells what a rule costs beside the default rules.
pub(crate) fn measured(comparison: &Comparison) {
    let Comparison {
        kind,
        rows,
        rule,
        baseline,
    } = comparison;
    say(&format!(
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
    say(&format!(
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
    let called = |candidate: &Candidate| {
        format!(
            "{} ({})",
            candidate.plugin,
            candidate.component.digest().short()
        )
    };
    say(&format!("{} -> {}", called(before), called(after)));
    say(&format!(
        "{} {place}: {} the same, {} not",
        differences.objects,
        differences.same,
        differences.objects - differences.same
    ));
    for (attribute, count) in &differences.unread {
        say(&format!(
            "  {} not compared: `{attribute}` was never read; `syncline plan` reads what active rules want",
            counted(*count, "object", "objects")
        ));
    }
    for ((old, new), examples) in &differences.moves {
        match old == new {
            true => tell(&format!("{old}, for another reason"), examples),
            false => tell(&format!("{old} -> {new}"), examples),
        }
    }
    for ((old, new), examples) in &differences.outcomes {
        tell(&format!("{old} -> {new}"), examples);
    }
    if differences.keys.count > 0 {
        tell("other match keys", &differences.keys);
    }
    for (attribute, kinds) in &differences.attributes {
        for (kind, examples) in kinds {
            tell(&format!("{attribute}: {kind}"), examples);
        }
    }
}

/// Tells how many objects something happens to, and shows some of them.
fn tell(what: &str, examples: &Examples) {
    let count = counted(examples.count, "object", "objects");
    say(&format!("\n  {what} ({count})"));
    for (object, before, after) in &examples.first {
        result(&named(&[("   ", format!("{object}: {before} -> {after}"))]));
    }
    let more = examples.count - examples.first.len() as u64;
    if more > 0 {
        result(&format!("     and {more} more"));
    }
}
