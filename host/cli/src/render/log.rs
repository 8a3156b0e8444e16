//! Log records.

use serde_json::{Value as Json, json};
use syncline_store::{LogFilter, LogRecord, Store};

use super::{aligned, counted, result};
use crate::commands::Output;

/// Shows records, newest first. A project that has not run yet has none.
pub(crate) fn log(
    store: Option<&Store>,
    filter: &LogFilter,
    limit: usize,
    output: Output,
) -> anyhow::Result<()> {
    let mut taken = Vec::new();
    let mut more = false;
    if let Some(store) = store {
        store.read_log(filter, |record| {
            more = taken.len() == limit;
            if !more {
                taken.push(record);
            }
            !more
        })?;
    }
    match output {
        Output::Table => {
            let rows: Vec<Vec<String>> = taken.iter().map(row).collect();
            result(&aligned(
                &["when (UTC)", "action", "status", "object", "what"],
                &rows,
            ));
            if more {
                result("there is more: --limit N, or --output json for everything");
            }
        }
        Output::Json => {
            let records: Vec<Json> = taken.into_iter().map(|record| record.body).collect();
            result(&serde_json::to_string_pretty(&json!({ "value": records }))?);
        }
        Output::Jsonl => {
            for record in taken {
                result(&record.body.to_string());
            }
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(std::io::stdout());
            csv.write_record([
                "when", "action", "status", "source", "target", "object", "what",
            ])?;
            for record in &taken {
                csv.write_record([
                    record.at.as_str(),
                    &record.action,
                    &record.status,
                    &record.source,
                    record.target.as_deref().unwrap_or_default(),
                    &object(record),
                    &what(record),
                ])?;
            }
            csv.flush()?;
        }
    }
    Ok(())
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
