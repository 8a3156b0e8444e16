//! Samples as text: YAML that people read, and JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use syncline_directory::{Attributes, Change, Shape, Value};

use super::{
    Sample,
    expected::{Cause, Expected, Keys, Outcome, Scope},
};

/// Returns a value as JSON, as it is read back by its type.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Text(text) | Value::Reference(text) => Json::String(text.clone()),
        Value::Boolean(boolean) => Json::Bool(*boolean),
        Value::Integer(integer) => json!(integer),
        Value::Texts(texts) | Value::References(texts) => json!(texts),
    }
}

/// Returns a sample as an item of a YAML list.
pub fn sample(sample: &Sample) -> String {
    let mut text = format!(
        "- name: {}\n  kind: {}\n",
        scalar(&sample.name),
        sample.kind.as_str()
    );
    attributes(&mut text, "source", &sample.source);
    if let Some(target) = &sample.target {
        attributes(&mut text, "target", target);
    }
    if !sample.earlier.is_empty() {
        text.push_str("  earlier:\n");
        changes(&mut text, "    ", &sample.earlier);
    }
    if !sample.settings.is_null() {
        // JSON is YAML.
        writeln!(text, "  settings: {}", sample.settings).ok();
    }
    if !sample.tables.is_empty() {
        writeln!(text, "  tables: {}", json!(sample.tables)).ok();
    }
    text.push_str(&expected(&sample.expected, "  "));
    text
}

fn attributes(text: &mut String, name: &str, attributes: &Attributes) {
    let present: Vec<_> = attributes
        .iter()
        .filter(|(_, value)| !value.is_absent())
        .collect();
    if present.is_empty() {
        writeln!(text, "  {name}: {{}}").ok();
        return;
    }
    writeln!(text, "  {name}:").ok();
    for (attribute, value) in present {
        writeln!(text, "    {attribute}: {}", value_in_a_line(value)).ok();
    }
}

fn value_in_a_line(value: &Value) -> String {
    match value {
        Value::Absent => "null".to_owned(),
        Value::Text(text) | Value::Reference(text) => scalar(text),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Integer(integer) => integer.to_string(),
        Value::Texts(texts) | Value::References(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| flow_scalar(text)).collect();
            format!("[{}]", texts.join(", "))
        }
    }
}

/// Returns `expect` with what is under it, indented so; nothing where nothing is expected.
pub(super) fn expected(expected: &Expected, indent: &str) -> String {
    if expected.is_empty() {
        return String::new();
    }
    let mut text = format!("{indent}expect:\n");
    if let Some(scope) = &expected.scope {
        writeln!(text, "{indent}  scope: {}", self::scope(scope, false)).ok();
    }
    match &expected.keys {
        Some(Keys::Known(keys)) if !keys.is_empty() => {
            writeln!(text, "{indent}  keys:").ok();
            for key in keys {
                writeln!(text, "{indent}    - {}", key_in_a_line(key)).ok();
            }
        }
        Some(keys) => {
            writeln!(text, "{indent}  keys: {}", keys_in_a_line(keys, false)).ok();
        }
        None => {}
    }
    if let Some(outcome) = &expected.outcome {
        writeln!(text, "{indent}  outcome: {}", self::outcome(outcome, false)).ok();
    }
    if let Some(wishes) = &expected.changes {
        if wishes.is_empty() {
            writeln!(text, "{indent}  changes: {{}}").ok();
        } else {
            writeln!(text, "{indent}  changes:").ok();
            changes(&mut text, &format!("{indent}    "), wishes);
        }
    }
    text
}

fn changes(text: &mut String, indent: &str, changes: &syncline_rules::Earlier) {
    for (attribute, change) in changes {
        writeln!(text, "{indent}{attribute}: {}", change_in_a_line(change)).ok();
    }
}

fn change_in_a_line(change: &Change) -> String {
    match change {
        Change::Keep => "{ keep: true }".to_owned(),
        Change::Clear => "null".to_owned(),
        Change::Set(value) => value_in_a_line(value),
        Change::FirstFree(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| match value {
                    Value::Text(text) => flow_scalar(text),
                    other => value_in_a_line(other),
                })
                .collect();
            format!("{{ first-free: [{}] }}", values.join(", "))
        }
        Change::Refuse(reason) => format!("{{ refuse: {} }}", flow_scalar(&reason.code)),
    }
}

/// Returns a change as it is told where a sample fails.
pub(crate) fn change_for_people(change: &Change) -> String {
    match change {
        Change::Keep => "(kept)".to_owned(),
        Change::Clear => "(cleared)".to_owned(),
        Change::Refuse(reason) => {
            let cause = Cause::of(reason);
            format!("(refused: {})", self::cause(&cause, true))
        }
        Change::FirstFree(_) | Change::Set(_) => change_in_a_line(change),
    }
}

/// Returns a verdict in a line; `with_text` adds the sentence of its reason.
pub fn scope(scope: &Scope, with_text: bool) -> String {
    match scope {
        Scope::InScope => "in-scope".to_owned(),
        Scope::OutOfScope(cause) => worded("out-of-scope", cause, with_text),
        Scope::Hold(cause) => worded("hold", cause, with_text),
    }
}

/// Returns an outcome in a line.
pub fn outcome(outcome: &Outcome, with_text: bool) -> String {
    match outcome {
        Outcome::Write(None) => "write".to_owned(),
        Outcome::Write(Some(shape)) => format!("{{ write: {} }}", shape_word(*shape)),
        Outcome::Skip(cause) => worded("skip", cause, with_text),
        Outcome::Hold(cause) => worded("hold", cause, with_text),
    }
}

/// Returns a shape as samples spell it.
fn shape_word(shape: Shape) -> &'static str {
    match shape {
        Shape::InternalMember => "internal-member",
        Shape::ExternalMember => "external-member",
        Shape::Guest => "guest",
        Shape::Contact => "contact",
        Shape::SecurityGroup => "security-group",
        Shape::UnifiedGroup => "unified-group",
    }
}

/// Returns keys in a line.
pub fn keys_in_a_line(keys: &Keys, with_text: bool) -> String {
    match keys {
        Keys::Known(keys) => {
            let keys: Vec<String> = keys.iter().map(key_in_a_line).collect();
            format!("[{}]", keys.join(", "))
        }
        Keys::Hold(cause) => worded("hold", cause, with_text),
    }
}

fn key_in_a_line(key: &syncline_directory::MatchKey) -> String {
    format!(
        "{{ attribute: {}, value: {}, tier: {} }}",
        key.attribute,
        flow_scalar(&key.value),
        key.tier
    )
}

fn worded(word: &str, cause: &Cause, with_text: bool) -> String {
    if with_text {
        format!("{word} {}", self::cause(cause, true))
    } else {
        match &cause.text {
            Some(text) => format!(
                "{{ {word}: {{ code: {}, text: {} }} }}",
                flow_scalar(&cause.code),
                flow_scalar(text)
            ),
            None => format!("{{ {word}: {} }}", flow_scalar(&cause.code)),
        }
    }
}

fn cause(cause: &Cause, with_text: bool) -> String {
    match &cause.text {
        Some(text) if with_text => format!("{} ({text})", cause.code),
        _ => cause.code.clone(),
    }
}

/// Returns a text as a YAML scalar: plain where it cannot be taken for anything else, else quoted as
/// JSON does, which YAML reads alike.
fn scalar(text: &str) -> String {
    if is_plain(text, &[]) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Returns a text as a scalar within brackets, where commas and brackets have a meaning.
fn flow_scalar(text: &str) -> String {
    if is_plain(text, &[',', '[', ']', '{', '}']) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn is_plain(text: &str, but: &[char]) -> bool {
    let words = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan",
    ];
    text.starts_with(char::is_alphabetic)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !words.contains(&text.to_ascii_lowercase().as_str())
        && text
            .chars()
            .all(|c| (c.is_alphanumeric() || " .,_-@/'():+&#!?;=".contains(c)) && !but.contains(&c))
}

fn quoted(text: &str) -> String {
    let json = Json::String(text.to_owned()).to_string();
    // What could move what stands beside it on a terminal is written by number.
    json.chars()
        .map(|c| {
            let moves = matches!(c, '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            match moves {
                true => format!("\\u{:04x}", u32::from(c)),
                false => c.to_string(),
            }
        })
        .collect()
}

/// Returns what was said, sentences included, a line each.
pub fn said(said: &Expected, indent: &str) -> String {
    let mut lines = Vec::new();
    lines.extend(
        said.scope
            .as_ref()
            .map(|it| format!("scope: {}", scope(it, true))),
    );
    lines.extend(
        said.keys
            .as_ref()
            .map(|it| format!("keys: {}", keys_in_a_line(it, true))),
    );
    lines.extend(
        said.outcome
            .as_ref()
            .map(|it| format!("outcome: {}", outcome(it, true))),
    );
    for (attribute, change) in said.changes.iter().flatten() {
        lines.push(format!("{attribute}: {}", change_for_people(change)));
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    lines.join("\n")
}

/// Returns what is expected as JSON.
pub(super) fn expected_json(expected: &Expected) -> Json {
    let text = self::expected(expected, "");
    // It is read by the same code as any file, so the two forms cannot part.
    let value: Result<Json, _> = serde_saphyr::from_str(&text);
    value
        .ok()
        .and_then(|value| value.get("expect").cloned())
        .unwrap_or(Json::Null)
}
