//! The operations of a plan.

use syncline_directory::Side;
use syncline_planner::{Action, Operation};
use syncline_service::CycleReport;
use syncline_store::{PlannedOperation, Store};

use super::{aligned, cycle, plain, result};
use crate::commands::Output;

/// How many operations a table shows; other forms show everything.
const TABLE_ROWS: usize = 40;

/// Shows a plan: a summary and the first operations as a table, or every operation in another form.
pub(crate) fn plan(report: &CycleReport, store: &Store, output: Output) -> anyhow::Result<()> {
    let Some(plan) = &report.plan else {
        cycle(report);
        return Ok(());
    };
    let mut rows = Vec::new();
    let mut operations = Vec::new();
    let mut csv = csv::Writer::from_writer(std::io::stdout());
    if output == Output::Csv {
        csv.write_record(["action", "kind", "source", "object", "changes", "cause"])?;
    }
    let mut after: Option<PlannedOperation> = None;
    loop {
        let chunk = store.operations(plan.id, after.as_ref(), 500)?;
        let Some(last) = chunk.last().cloned() else {
            break;
        };
        for PlannedOperation { operation, .. } in chunk {
            match output {
                Output::Table if rows.len() < TABLE_ROWS => rows.push(vec![
                    format!("  {}", operation.action.verb()),
                    label(report, store, &operation)?,
                    changes(&operation.action),
                ]),
                Output::Table => {}
                Output::Json => operations.push(serde_json::to_value(&operation)?),
                Output::Jsonl => result(&serde_json::to_string(&operation)?),
                Output::Csv => csv.write_record([
                    operation.action.verb(),
                    operation.kind.as_str(),
                    operation.source.as_str(),
                    &plain(&label(report, store, &operation)?),
                    &plain(&changes(&operation.action)),
                    &operation.cause.code,
                ])?,
            }
        }
        after = Some(last);
    }
    csv.flush()?;
    match output {
        Output::Table => {
            cycle(report);
            if !rows.is_empty() {
                result(&aligned(&[], &rows));
            }
            let more = plan.census.operations().saturating_sub(rows.len() as u64);
            if more > 0 {
                result(&format!(
                    "  and {more} more; all of them: --output json, jsonl or csv"
                ));
            }
        }
        Output::Json => result(&serde_json::to_string_pretty(&serde_json::json!({
            "job": report.job,
            "hash": plan.hash,
            "census": plan.census,
            "guards": plan.trips,
            "operations": operations,
        }))?),
        Output::Jsonl | Output::Csv => {}
    }
    Ok(())
}

fn label(report: &CycleReport, store: &Store, operation: &Operation) -> anyhow::Result<String> {
    let source = operation.source.as_str();
    let object = store.mirrored(&report.job, Side::Source, operation.kind, source)?;
    let name = object.and_then(|object| {
        object
            .attributes
            .get("userPrincipalName")?
            .as_text()
            .map(str::to_owned)
    });
    Ok(name.unwrap_or_else(|| source.to_owned()))
}

/// Returns what an action changes, in one line.
fn changes(action: &Action) -> String {
    let mut parts = Vec::new();
    if let Action::Invite { address, .. } = action {
        parts.push(format!("as {address}"));
    }
    if let Action::Create { principal_name, .. } = action {
        parts.push(format!("as {principal_name}"));
    }
    match action.modifications() {
        Some(modifications) if action.born().is_some() => {
            parts.push(format!("{} attributes", modifications.len()));
        }
        Some(modifications) => parts.extend(modifications.iter().map(|(name, modification)| {
            format!(
                "{name}: {} -> {}",
                shown(&modification.before),
                shown(&modification.after)
            )
        })),
        None => {}
    }
    match action {
        Action::SetReference {
            attribute,
            referent,
            ..
        } => {
            parts.push(format!("{attribute} -> source object {referent}"));
        }
        Action::ClearReference { attribute, .. } => parts.push(format!("{attribute} -> (none)")),
        _ => {}
    }
    parts.join("; ")
}

fn shown(value: &syncline_directory::Value) -> String {
    if value.is_absent() {
        "(none)".to_owned()
    } else {
        format!("`{value}`")
    }
}
