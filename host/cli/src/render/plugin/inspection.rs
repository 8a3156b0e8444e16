//! A component, looked at.

use syncline_author::inspection::Inspection;

use super::size;
use crate::render::{aligned, named, result};

/// Tells what a component is, reads and writes.
pub(crate) fn inspected(inspection: &Inspection) {
    let Inspection {
        name,
        version,
        summary,
        ..
    } = inspection;
    result(&format!("{name} {version}: {summary}"));
    let none = |text: String| match text.is_empty() {
        true => "(none)".to_owned(),
        false => text,
    };
    let short = |names: &[String]| {
        let names = names.iter().map(|name| {
            let bare = name.rsplit('/').next().unwrap_or(name);
            bare.split('@').next().unwrap_or(bare)
        });
        none(names.collect::<Vec<_>>().join(", "))
    };
    result(&named(&[
        ("  digest", inspection.digest.clone()),
        (
            "  source",
            inspection
                .source
                .clone()
                .unwrap_or_else(|| "(not told)".to_owned()),
        ),
        ("  world", inspection.world.clone()),
        ("  size", size(inspection.size as u64)),
        ("  samples", inspection.samples.to_string()),
        ("  imports", short(&inspection.imports)),
        ("  exports", short(&inspection.exports)),
        (
            "  tables",
            none(
                inspection
                    .tables
                    .iter()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ),
        (
            "  time",
            match inspection.depends_on_time {
                true => "an answer may change as time passes".to_owned(),
                false => "no answer depends on it".to_owned(),
            },
        ),
    ]));
    for (kind, reads) in &inspection.reads {
        result(&format!("\n{kind}s"));
        let list = |names: &[syncline_directory::AttributeName]| {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            none(names.join(", "))
        };
        let mut rows = vec![("  reads", list(reads))];
        if let Some(names) = inspection.target_reads.get(kind) {
            rows.push(("  of the target", list(names)));
        }
        if let Some(inputs) = inspection.scoping.get(kind) {
            rows.push(("  scopes by", none(inputs.join(", "))));
        }
        if let Some(matching) = inspection.matching.get(kind) {
            let attributes = list(&matching.attributes);
            let inputs = none(matching.inputs.join(", "));
            rows.push(("  matches on", format!("{attributes}; from {inputs}")));
        }
        let gives_shape = match inspection.gives_shape.contains(kind) {
            true => "by this rule",
            false => "by another layer",
        };
        rows.push(("  shape given", gives_shape.to_owned()));
        result(&named(&rows));
        if let Some(writes) = inspection.writes.get(kind) {
            let rows: Vec<Vec<String>> = writes
                .iter()
                .map(|write| {
                    let apply = match write.apply {
                        syncline_directory::Apply::Always => "always",
                        syncline_directory::Apply::OnCreate => "on create",
                        syncline_directory::Apply::WhenEmpty => "when empty",
                        syncline_directory::Apply::ReportOnly => "reported only",
                    };
                    vec![
                        format!("  {}", write.attribute),
                        apply.to_owned(),
                        none(write.inputs.join(", ")),
                    ]
                })
                .collect();
            result(&aligned(&["  writes", "when", "from"], &rows));
        }
    }
    let permissions = &inspection.permissions;
    let list = |names: &std::collections::BTreeSet<&str>| {
        names.iter().copied().collect::<Vec<_>>().join(", ")
    };
    result("\npermissions of Microsoft Graph");
    result(&named(&[
        ("  source", list(&permissions.source)),
        ("  target", list(&permissions.target)),
    ]));
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for note in &permissions.notes {
        match told.iter_mut().find(|(text, _)| *text == note.text) {
            Some((_, names)) => names.push(&note.about),
            None => told.push((note.text, vec![&note.about])),
        }
    }
    for (text, names) in told {
        result(&named(&[(
            "  note",
            format!("{}: {text}", names.join(", ")),
        )]));
    }
}
