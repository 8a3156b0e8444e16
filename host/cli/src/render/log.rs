//! Log records.

use std::io::Write as _;

use serde_json::Value as Json;
use syncline_store::{LogFilter, LogRecord, Store};

use super::{aligned, counted, plain, result};
use crate::commands::Output;

/// Shows records, newest first. A project that has not run yet has none. Only a table is laid out as
/// a whole; the other forms are written record by record, however many there are.
pub(crate) fn log(
    store: Option<&Store>,
    filter: &LogFilter,
    limit: usize,
    output: Output,
) -> anyhow::Result<()> {
    match write(store, filter, limit, output) {
        // A reader that has gone away, as `head` does, is no error of ours.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        written => written,
    }
}

fn write(
    store: Option<&Store>,
    filter: &LogFilter,
    limit: usize,
    output: Output,
) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match output {
        Output::Table => {
            let mut rows = Vec::new();
            let more = each(store, filter, limit, |record| {
                rows.push(row(record));
                Ok(())
            })?;
            result(&aligned(
                &["when (UTC)", "action", "status", "object", "what"],
                &rows,
            ));
            if more {
                result("there is more: --limit N, or --output json for everything");
            }
        }
        Output::Json => {
            write!(out, "{{\n  \"value\": [")?;
            let mut separator = "";
            each(store, filter, limit, |record| {
                write!(out, "{separator}\n{:#}", record.body)?;
                separator = ",";
                Ok(())
            })?;
            let end = if separator.is_empty() { "" } else { "\n  " };
            writeln!(out, "{end}]\n}}")?;
        }
        Output::Jsonl => {
            each(store, filter, limit, |record| {
                Ok(writeln!(out, "{}", record.body)?)
            })?;
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record([
                "when", "action", "status", "source", "target", "object", "what",
            ])?;
            each(store, filter, limit, |record| {
                Ok(csv.write_record([
                    record.at.as_str(),
                    &record.action,
                    &record.status,
                    &record.source,
                    record.target.as_deref().unwrap_or_default(),
                    &plain(&object(record)),
                    &plain(&what(record)),
                ])?)
            })?;
            csv.flush()?;
            return Ok(());
        }
    }
    out.flush()?;
    Ok(())
}

/// Hands over up to `limit` records; returns whether there are more.
fn each(
    store: Option<&Store>,
    filter: &LogFilter,
    limit: usize,
    mut take: impl FnMut(&LogRecord) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    let Some(store) = store else { return Ok(false) };
    let mut taken = 0;
    let mut more = false;
    let mut outcome = Ok(());
    store.read_log(filter, |record| {
        more = taken == limit;
        if more {
            return false;
        }
        taken += 1;
        outcome = take(&record);
        outcome.is_ok()
    })?;
    outcome.map(|()| more)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error
        .chain()
        .any(|cause| cause.downcast_ref().is_some_and(closed))
}

/// Shows the newest records of a kind, without a header; nothing where there are none. Returns how
/// many there are.
pub(crate) fn log_excerpt(store: &Store, filter: &LogFilter, count: usize) -> anyhow::Result<u64> {
    let mut rows = Vec::new();
    let mut total = 0_u64;
    store.read_log(filter, |record| {
        total += 1;
        if rows.len() < count {
            rows.push(vec![format!("  {}", object(&record)), what(&record)]);
        }
        true
    })?;
    if total > 0 {
        let action = filter.action.as_deref().map(|action| format!("{action}, "));
        let status = filter.status.as_deref().unwrap_or("any status");
        let count = counted(total, "record", "records");
        result(&format!("{}{status}: {count}", action.unwrap_or_default()));
        result(&aligned(&[], &rows));
    }
    Ok(total)
}

fn row(record: &LogRecord) -> Vec<String> {
    vec![
        record.at.get(..19).unwrap_or(&record.at).replace('T', " "),
        record.action.clone(),
        record.status.clone(),
        object(record),
        what(record),
    ]
}

fn text<'a>(body: &'a Json, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer)
        .and_then(Json::as_str)
        .filter(|text| !text.is_empty())
}

fn object(record: &LogRecord) -> String {
    [
        "/sourceIdentity/details/UserPrincipalName",
        "/sourceIdentity/displayName",
        "/sourceIdentity/id",
    ]
    .into_iter()
    .find_map(|pointer| text(&record.body, pointer))
    .unwrap_or_default()
    .to_owned()
}

/// Returns what a record says beyond who and what kind of action: the reason, or what was changed.
fn what(record: &LogRecord) -> String {
    let information = "/provisioningStatusInfo/errorInformation";
    if let Some(code) = text(&record.body, &format!("{information}/errorCode")) {
        let reason = text(&record.body, &format!("{information}/reason")).unwrap_or_default();
        return format!("{code}: {}", reason.trim_end_matches('.'));
    }
    let modified: Vec<&Json> = record
        .body
        .pointer("/modifiedProperties")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .collect();
    match modified.as_slice() {
        [] => String::new(),
        few if few.len() <= 3 => {
            let parts: Vec<String> = few.iter().map(|property| change(property)).collect();
            parts.join("; ")
        }
        [first, ..] => format!("{}; {} more properties", change(first), modified.len() - 1),
    }
}

fn change(property: &Json) -> String {
    let name = text(property, "/displayName").unwrap_or_default();
    match (text(property, "/oldValue"), text(property, "/newValue")) {
        (None, Some(new)) => format!("{name}: `{new}`"),
        (Some(old), Some(new)) => format!("{name}: `{old}` -> `{new}`"),
        (Some(old), None) => format!("{name}: `{old}` -> (none)"),
        (None, None) => name.to_owned(),
    }
}
