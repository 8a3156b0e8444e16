//! Why an object is as it is.

use serde_json::Value as Json;
use syncline_directory::Reason;
use syncline_planner::{Action, Joined};
use syncline_service::{Decided, Explanation};

use super::{aligned, named, result};
use crate::commands::Output;

/// Shows why an object is as it is.
pub(crate) fn explanation(explanation: &Explanation, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => result(&serde_json::to_string_pretty(explanation)?),
        Output::Jsonl => result(&serde_json::to_string(explanation)?),
        Output::Table | Output::Csv => table(explanation),
    }
    Ok(())
}

fn table(explanation: &Explanation) {
    let source = &explanation.source;
    let mut rows = vec![
        ("  source", format!("{}, {}", source.id, source.state)),
        (
            "  target",
            match &explanation.target {
                Some(target) => format!("{}, {}", target.id, target.state),
                None => "none is linked".to_owned(),
            },
        ),
    ];
    if !explanation.assigned {
        rows.push(("  assigned", "not by the job's groups or people".to_owned()));
    }
    let suspended = match explanation.suspended {
        true => " (suspended)",
        false => "",
    };
    rows.push((
        "  rules",
        format!("{}{suspended}", explanation.generation.short()),
    ));
    rows.push(("  verdict", decided(&explanation.verdict)));
    for layer in &explanation.layers {
        let said = match (&layer.failure, &layer.verdict) {
            (Some(failure), _) => reason(failure),
            (None, Some(verdict)) => decided(verdict),
            (None, None) => "has no say in scope".to_owned(),
        };
        rows.push(("    layer", format!("{}: {said}", layer.plugin)));
    }
    for key in &explanation.keys {
        rows.push((
            "  key",
            format!("tier {}: {} = {}", key.tier, key.attribute, key.value),
        ));
    }
    rows.extend(
        explanation
            .joined
            .as_ref()
            .map(|found| ("  join", joined(found))),
    );
    rows.extend(
        explanation
            .outcome
            .as_ref()
            .map(|outcome| ("  mapping", decided(outcome))),
    );
    rows.push((
        "  stands",
        format!(
            "{}: {}",
            explanation.standing.state.as_str(),
            reason(&explanation.standing.reason)
        ),
    ));
    for finding in &explanation.findings {
        let attribute = finding
            .attribute
            .as_ref()
            .map_or_else(String::new, |name| format!("{name} "));
        rows.push((
            "  finding",
            format!("{attribute}{}", reason(&finding.reason)),
        ));
    }
    for operation in &explanation.operations {
        let then = match &operation.action {
            Action::Invite { address, .. } => format!("invite {address}"),
            other => other.verb().to_owned(),
        };
        rows.push(("  then", then));
    }
    rows.extend(explanation.last_run.as_ref().map(|last| {
        (
            "  last run",
            format!("{}: {}", last.state, reason(&last.reason)),
        )
    }));
    result(&format!("{}\n{}", explanation.label, named(&rows)));
    let rows: Vec<Vec<String>> = explanation
        .outputs
        .iter()
        .map(|output| {
            let inputs: Vec<String> = output
                .inputs
                .iter()
                .map(|input| match input.from {
                    "source" => format!("{}={}", input.name, shown(&input.value)),
                    from => format!("{from} {}={}", input.name, shown(&input.value)),
                })
                .collect();
            vec![
                format!("  {}", output.attribute),
                wanted(&output.wanted),
                shown(&output.holds),
                output
                    .written
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), shown),
                format!("{} ({})", output.layer, output.component.short()),
                output.then.clone(),
                inputs.join(", "),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = [
            "  attribute",
            "wanted",
            "held",
            "written",
            "by",
            "then",
            "from",
        ];
        result(&aligned(&header, &rows));
    }
}

fn decided(decided: &Decided) -> String {
    let by = decided
        .layer
        .as_ref()
        .map_or_else(String::new, |layer| format!(" (by {layer})"));
    match &decided.reason {
        Some(why) => format!("{}: {}{by}", decided.what, reason(why)),
        None => format!("{}{by}", decided.what),
    }
}

fn reason(reason: &Reason) -> String {
    format!("{} ({})", reason.text, reason.code)
}

fn joined(joined: &Joined) -> String {
    let list = |ids: Vec<String>| ids.join(", ");
    match joined {
        Joined::New => "nothing in the target matches".to_owned(),
        Joined::Matched(target) => format!("{target} matches, which we did not make"),
        Joined::MatchedDeleted(target) => {
            format!("{target} in the recycle bin matches, which we did not make")
        }
        Joined::Ambiguous(targets) => format!(
            "several match: {}",
            list(targets.iter().map(ToString::to_string).collect())
        ),
        Joined::Contested(sources) => format!(
            "the key is claimed by {} too",
            list(sources.iter().map(ToString::to_string).collect())
        ),
        Joined::Claimed { target, by } => format!("{target} matches and belongs to {by}"),
        Joined::WrongKind { target, kind } => format!("{target} matches and is a {kind}"),
    }
}

/// Returns a wish for people.
fn wanted(change: &Json) -> String {
    match change {
        Json::String(word) => format!("({word})"),
        Json::Object(object) => match object.iter().next() {
            Some((word, value)) if word == "set" => shown(value),
            Some((word, value)) => format!("({word} {})", shown(value)),
            None => String::new(),
        },
        other => shown(other),
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
