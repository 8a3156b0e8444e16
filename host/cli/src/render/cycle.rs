//! How a cycle went.

use std::collections::BTreeMap;

use syncline_planner::Census;
use syncline_service::CycleReport;
use syncline_store::{RunOutcome, SubjectSummary};

use super::{counted, duration, named, prose::wrapped, result, terminal::width_of_results};

/// How many failures are listed; all of them are in the log.
const FAILURES_SHOWN: usize = 10;

/// Shows how a cycle went.
pub(crate) fn cycle(report: &CycleReport) {
    result(&text(report));
}

/// Returns how a cycle went, in a few lines.
fn text(report: &CycleReport) -> String {
    let (how, more) = match report.outcome {
        RunOutcome::Done => ("done", ""),
        RunOutcome::Partial => ("finished", ", some objects failed"),
        RunOutcome::Held => ("held by a guard", ", nothing was written"),
        RunOutcome::Stopped => ("stopped", "; the next run goes on"),
        RunOutcome::Previewed => ("previewed", ", nothing was written"),
        RunOutcome::Failed | RunOutcome::Interrupted => ("failed", ""),
    };
    let took = duration(report.duration_ms);
    let mut lines = vec![format!(
        "{}: run {} {how} in {took}{more}",
        report.job, report.run.0
    )];
    let mut rows = vec![
        (
            "  read",
            format!(
                "{} from the source, {} from the target, {} decided",
                report.source_items, report.target_items, report.decided
            ),
        ),
        ("  plan", plan_line(report)),
    ];
    if report.done + report.failed > 0 {
        rows.push((
            "  wrote",
            format!("{} done, {} failed", report.done, report.failed),
        ));
    }
    rows.push(("  stand", standing_line(&report.standing)));
    lines.push(named(&rows));
    let told = lines.len();
    lines.extend(
        report
            .trips()
            .iter()
            .map(|trip| format!("  guard {}: {}", trip.code, trip.text)),
    );
    if report.outcome == RunOutcome::Held
        && let Some(hash) = report.hash()
    {
        lines.push(format!(
            "  look at it: syncline plan {0}; let it go: syncline approve {1} --by NAME",
            report.job,
            hash.short()
        ));
    }
    for failure in report.failures.iter().take(FAILURES_SHOWN) {
        lines.push(format!(
            "  failed to {} {}: {}: {}",
            failure.action,
            failure.label,
            failure.reason.code,
            failure.reason.text.trim_end_matches('.')
        ));
    }
    if report.failed > FAILURES_SHOWN as u64 {
        lines.push("  all of them: syncline log --status failure".to_owned());
    }
    if report.failed > 0 {
        lines.push("  the next run tries what failed again".to_owned());
    }
    for sentence in &mut lines[told..] {
        *sentence = wrapped(sentence, width_of_results(), 2);
    }
    lines.join("\n")
}

/// Returns what a plan would do, largest matters first.
pub(super) fn census_line(census: &Census) -> String {
    let parts = [
        (census.creates, "invited"),
        (census.restores, "restored"),
        (census.updates, "updated"),
        (census.references, "references set or cleared"),
        (census.disables, "disabled"),
        (census.deletes, "deleted"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        "nothing to do".to_owned()
    } else {
        parts.join(", ")
    }
}

fn plan_line(report: &CycleReport) -> String {
    match report.hash() {
        Some(hash) => format!("{} ({})", census_line(&report.census()), hash.short()),
        None => "not made".to_owned(),
    }
}

/// Returns where objects stand: each state with its reasons, the good ones without.
pub(super) fn standing_line(standing: &[SubjectSummary]) -> String {
    let mut states: BTreeMap<&str, (u64, Vec<String>)> = BTreeMap::new();
    for summary in standing {
        let (count, reasons) = states.entry(&summary.state).or_default();
        *count += summary.count;
        if !matches!(summary.state.as_str(), "in-step" | "changing") {
            reasons.push(format!("{} {}", summary.code, summary.count));
        }
    }
    let mut states: Vec<_> = states.into_iter().collect();
    states.sort_by_key(|(state, (count, _))| (*state != "in-step", u64::MAX - count));
    let parts: Vec<String> = states
        .into_iter()
        .map(|(state, (count, reasons))| match reasons.as_slice() {
            [] => format!("{count} {state}"),
            reasons => format!("{count} {state} ({})", reasons.join(", ")),
        })
        .collect();
    if parts.is_empty() {
        counted(0, "object", "objects")
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings_name_their_reasons_and_begin_with_what_is_in_step() {
        let summary = |state: &str, code: &str, count| SubjectSummary {
            state: state.to_owned(),
            code: code.to_owned(),
            count,
        };
        let standing = [
            summary("out-of-scope", "ExternalUserFiltered", 7),
            summary("in-step", "Written", 3),
            summary("in-step", "RedundantExport", 2),
            summary("skipped", "MissingValues", 1),
        ];
        assert_eq!(
            standing_line(&standing),
            "5 in-step, 7 out-of-scope (ExternalUserFiltered 7), 1 skipped (MissingValues 1)"
        );
    }

    #[test]
    fn a_plan_that_does_nothing_says_so() {
        assert_eq!(census_line(&Census::default()), "nothing to do");
        let census = Census {
            creates: 2,
            deletes: 1,
            ..Census::default()
        };
        assert_eq!(census_line(&census), "2 invited, 1 deleted");
    }
}
