//! Samples as they stand in files, and what they mean.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_saphyr::Spanned;
use syncline_directory::{
    AttributeName, Attributes, Change, JobName, ObjectKind, Reason, Shape, Tenant, Value,
    schema::{self, AttributeType},
};
use syncline_rules::{Context, Earlier};

use super::{
    Sample,
    expected::{Cause, Expected, Keys, Outcome, Scope},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Option<String>,
    kind: ObjectKind,
    #[serde(default)]
    source: BTreeMap<String, Spanned<Json>>,
    #[serde(default)]
    target: Option<BTreeMap<String, Spanned<Json>>>,
    #[serde(default)]
    earlier: Option<Spanned<Json>>,
    #[serde(default)]
    now: Option<String>,
    #[serde(default)]
    context: Option<RawContext>,
    #[serde(default)]
    settings: Json,
    #[serde(default)]
    tables: Option<BTreeMap<String, BTreeMap<String, Spanned<Json>>>>,
    #[serde(default)]
    expect: Option<RawExpected>,
    /// What a host wrote beside the input of an object that a rule failed on; it is for people.
    #[serde(default, rename = "failure")]
    _failure: Option<Json>,
}

/// Either end may be left out, and so may parts of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawContext {
    job: Option<String>,
    source: Option<RawTenant>,
    target: Option<RawTenant>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct RawTenant {
    id: Option<String>,
    #[serde(alias = "displayName")]
    display_name: Option<String>,
    #[serde(alias = "initialDomain")]
    initial_domain: Option<String>,
    #[serde(alias = "defaultDomain")]
    default_domain: Option<String>,
    #[serde(alias = "verifiedDomains")]
    verified_domains: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawExpected {
    scope: Option<Spanned<Json>>,
    keys: Option<Spanned<Json>>,
    outcome: Option<Spanned<Json>>,
    changes: Option<BTreeMap<String, Spanned<Json>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    attribute: String,
    value: String,
    #[serde(default)]
    tier: u8,
}

type Problem = (u64, String);

pub(super) fn parse(text: &str) -> Result<Vec<Sample>, Problem> {
    let options = || {
        serde_saphyr::options! {
            with_snippet: false,
            // The country NO is a text, and so is the employee 007.
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
        }
    };
    let problem = |error: serde_saphyr::Error| {
        let line = error.location().map_or(1, |location| location.line());
        let said = error.to_string();
        // The place is told before the message.
        let message = said.split(" at line ").next().unwrap_or(&said);
        let message = message.trim_start_matches("error: ").lines().next();
        (line, message.unwrap_or("it cannot be read").to_owned())
    };
    let is_list = match first_token(text) {
        None => return Ok(Vec::new()),
        Some(first) => first == '-' || first == '[',
    };
    let raw: Vec<Spanned<Raw>> = if is_list {
        serde_saphyr::from_str_with_options(text, options()).map_err(problem)?
    } else {
        vec![serde_saphyr::from_str_with_options(text, options()).map_err(problem)?]
    };
    raw.into_iter()
        .enumerate()
        .map(|(index, raw)| sample(index, raw.referenced.line(), raw.value))
        .collect()
}

/// Returns the first character that is no blank, comment, or mark of a document.
fn first_token(text: &str) -> Option<char> {
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    lines
        .filter(|line| !line.starts_with('#') && !line.starts_with("---") && !line.starts_with('%'))
        .find_map(|line| line.chars().next())
}

fn sample(index: usize, line: u64, raw: Raw) -> Result<Sample, Problem> {
    let kind = raw.kind;
    let settings = raw.settings;
    if !(settings.is_null() || settings.is_object()) {
        return Err((line, "`settings` must be names and values".to_owned()));
    }
    let mut tables = BTreeMap::new();
    for (table, keys) in raw.tables.unwrap_or_default() {
        let mut rows = BTreeMap::new();
        for (key, values) in keys {
            let line = values.referenced.line();
            let values = texts(values.value).ok_or_else(|| {
                (
                    line,
                    format!("`{key}` of table `{table}` must be a text or a list of texts"),
                )
            })?;
            rows.insert(key, values);
        }
        tables.insert(table, rows);
    }
    let (mut earlier, mut earlier_listed) = (Earlier::new(), Vec::new());
    if let Some(raw) = raw.earlier {
        let line = raw.referenced.line();
        match raw.value {
            Json::Null => {}
            Json::Array(list) => earlier_listed = list,
            Json::Object(map) => {
                for (name, json) in map {
                    let change = change(target_kind(kind), &name, json);
                    let change = change.map_err(|message| (line, message))?;
                    earlier.insert(AttributeName::new(name), change);
                }
            }
            _ => return Err((line, "`earlier` wants changes by attribute".to_owned())),
        }
    }
    Ok(Sample {
        name: raw.name.unwrap_or_else(|| format!("sample {}", index + 1)),
        line,
        kind,
        source: attributes(kind, raw.source)?,
        target: raw
            .target
            .map(|target| attributes(target_kind(kind), target))
            .transpose()?,
        earlier,
        earlier_listed,
        context: context(kind, raw.now, raw.context.unwrap_or_default()),
        settings,
        tables,
        expected: expected(kind, raw.expect.unwrap_or_default())?,
    })
}

/// Contacts become users or contacts; users know every attribute that contacts have and more.
fn target_kind(kind: ObjectKind) -> ObjectKind {
    match kind {
        ObjectKind::Contact => ObjectKind::User,
        other => other,
    }
}

/// The time that samples are at where they do not say: fixed, so that results can be kept.
const NOW: &str = "2026-01-01T00:00:00Z";

fn context(kind: ObjectKind, now: Option<String>, raw: RawContext) -> Context {
    Context {
        job: JobName::new(raw.job.unwrap_or_else(|| "contoso-to-fabrikam".to_owned())),
        kind,
        now: now.unwrap_or_else(|| NOW.to_owned()),
        source: tenant("contoso", "Contoso", raw.source.unwrap_or_default()),
        target: tenant("fabrikam", "Fabrikam", raw.target.unwrap_or_default()),
    }
}

/// Returns the context of samples that say nothing of it.
pub fn usual_context(kind: ObjectKind) -> Context {
    context(kind, None, RawContext::default())
}

fn tenant(name: &str, display_name: &str, raw: RawTenant) -> Tenant {
    let initial_domain = raw
        .initial_domain
        .unwrap_or_else(|| format!("{name}.onmicrosoft.com"));
    let default_domain = raw.default_domain.unwrap_or_else(|| format!("{name}.com"));
    Tenant {
        id: raw.id.unwrap_or_else(|| match name {
            "contoso" => "11111111-1111-4111-8111-111111111111".to_owned(),
            _ => "22222222-2222-4222-8222-222222222222".to_owned(),
        }),
        display_name: raw.display_name.unwrap_or_else(|| display_name.to_owned()),
        verified_domains: raw
            .verified_domains
            .unwrap_or_else(|| vec![default_domain.clone(), initial_domain.clone()]),
        initial_domain,
        default_domain,
    }
}

fn attributes(
    kind: ObjectKind,
    raw: BTreeMap<String, Spanned<Json>>,
) -> Result<Attributes, Problem> {
    raw.into_iter()
        .map(|(name, json)| {
            let line = json.referenced.line();
            let value = value(kind, &name, json.value).map_err(|message| (line, message))?;
            Ok((AttributeName::new(name), value))
        })
        .collect()
}

/// Returns the value of an attribute, by the type that Graph gives it.
fn value(kind: ObjectKind, name: &str, json: Json) -> Result<Value, String> {
    let Some(attribute) = schema::attribute(kind, name) else {
        return Err(format!("`{name}` is not an attribute of a {kind}"));
    };
    let wrong = |json: &Json, wanted: &str| {
        let hint = match (attribute.kind, json) {
            (AttributeType::Text | AttributeType::DateTime, Json::Number(_) | Json::Bool(_)) => {
                format!("; put it in quotes: \"{json}\"")
            }
            _ => String::new(),
        };
        Err(format!("`{name}` wants {wanted}{hint}"))
    };
    Ok(match (attribute.kind, json) {
        (_, Json::Null) => Value::Absent,
        (AttributeType::Text | AttributeType::DateTime, Json::String(text)) => Value::Text(text),
        (AttributeType::Text | AttributeType::DateTime, other) => return wrong(&other, "a text"),
        (AttributeType::Boolean, Json::Bool(boolean)) => Value::Boolean(boolean),
        (AttributeType::Boolean, other) => return wrong(&other, "true or false"),
        (AttributeType::Integer, Json::Number(number)) if number.is_i64() => {
            Value::Integer(number.as_i64().unwrap_or_default())
        }
        (AttributeType::Integer, other) => return wrong(&other, "a whole number"),
        (AttributeType::Texts, other) => match texts(other) {
            Some(texts) => Value::texts(texts),
            None => return wrong(&Json::Null, "a list of texts"),
        },
        (AttributeType::Reference, Json::String(id)) => Value::Reference(id),
        (AttributeType::Reference, other) => return wrong(&other, "an object's id"),
        (AttributeType::References, other) => match texts(other) {
            Some(ids) => Value::references(ids),
            None => return wrong(&Json::Null, "a list of objects' ids"),
        },
    })
}

/// Returns a list of texts; a single text is a list of one.
fn texts(json: Json) -> Option<Vec<String>> {
    match json {
        Json::String(text) => Some(vec![text]),
        Json::Array(list) => list
            .into_iter()
            .map(|json| match json {
                Json::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// Reads changes by attribute: a value is set, null is cleared, what is not named is kept, and
/// `first-free`, `refuse` and `set` say so.
fn changes(kind: ObjectKind, raw: BTreeMap<String, Spanned<Json>>) -> Result<Earlier, Problem> {
    let kind = target_kind(kind);
    let mut changes = Earlier::new();
    for (name, json) in raw {
        let line = json.referenced.line();
        let change = change(kind, &name, json.value).map_err(|message| (line, message))?;
        changes.insert(AttributeName::new(name), change);
    }
    Ok(changes)
}

fn change(kind: ObjectKind, name: &str, json: Json) -> Result<Change, String> {
    let Json::Object(map) = json else {
        return Ok(match value(kind, name, json)? {
            Value::Absent => Change::Clear,
            value => Change::Set(value),
        });
    };
    let wrong = || {
        format!(
            "`{name}` wants a value, null to clear, or one of `set`, `first-free`, `refuse`, `keep`"
        )
    };
    let mut entries = map.into_iter();
    let (Some((word, json)), None) = (entries.next(), entries.next()) else {
        return Err(wrong());
    };
    Ok(match word.as_str() {
        "set" => Change::Set(value(kind, name, json)?),
        "keep" => Change::Keep,
        "clear" => Change::Clear,
        "refuse" => {
            let cause = cause(json).ok_or_else(wrong)?;
            Change::Refuse(Reason::new(cause.code, cause.text.unwrap_or_default()))
        }
        "first-free" => {
            let Json::Array(list) = json else {
                return Err(wrong());
            };
            let values = list.into_iter().map(|json| value(kind, name, json));
            Change::FirstFree(values.collect::<Result<_, _>>()?)
        }
        _ => return Err(wrong()),
    })
}

/// Reads changes as a host lists them, one an output of a layer, in the order of these names.
///
/// Says what is wrong, if anything.
pub(crate) fn listed_changes(
    kind: ObjectKind,
    names: &[AttributeName],
    list: &[Json],
) -> Result<Earlier, String> {
    if names.len() != list.len() {
        return Err(format!(
            "`earlier` lists {} changes, the rule has {} outputs",
            list.len(),
            names.len()
        ));
    }
    names
        .iter()
        .zip(list)
        .map(|(name, json)| {
            let change = match json.as_str() {
                Some("keep") => Change::Keep,
                Some("clear") => Change::Clear,
                _ => change(target_kind(kind), name.as_str(), json.clone())?,
            };
            Ok((name.clone(), change))
        })
        .collect()
}

/// Reads a reason: its code, or its code and text.
fn cause(json: Json) -> Option<Cause> {
    match json {
        Json::String(code) => Some(Cause { code, text: None }),
        Json::Object(mut map) => {
            let text = |json: Option<Json>| match json {
                Some(Json::String(text)) => Some(text),
                _ => None,
            };
            Some(Cause {
                code: text(map.remove("code"))?,
                text: text(map.remove("text")),
            })
        }
        _ => None,
    }
}

/// Reads `word`, or `{ word: reason }`.
fn worded(json: Json) -> Option<(String, Json)> {
    match json {
        Json::String(word) => Some((word, Json::Null)),
        Json::Object(map) => {
            let mut entries = map.into_iter();
            match (entries.next(), entries.next()) {
                (Some(entry), None) => Some(entry),
                _ => None,
            }
        }
        _ => None,
    }
}

fn expected(kind: ObjectKind, raw: RawExpected) -> Result<Expected, Problem> {
    Ok(Expected {
        scope: raw
            .scope
            .map(|scope| placed(scope, read_scope))
            .transpose()?,
        keys: raw.keys.map(|keys| placed(keys, read_keys)).transpose()?,
        outcome: raw
            .outcome
            .map(|outcome| placed(outcome, read_outcome))
            .transpose()?,
        changes: raw.changes.map(|raw| changes(kind, raw)).transpose()?,
    })
}

/// Reads a value; an error is told with its line.
fn placed<T>(raw: Spanned<Json>, read: impl FnOnce(Json) -> Option<T>) -> Result<T, Problem>
where
    T: Wanted,
{
    let line = raw.referenced.line();
    read(raw.value).ok_or_else(|| (line, T::WANTED.to_owned()))
}

/// What can be expected, in words.
trait Wanted {
    const WANTED: &'static str;
}

impl Wanted for Scope {
    const WANTED: &'static str = "`scope` wants in-scope, { out-of-scope: CODE } or { hold: CODE }";
}

impl Wanted for Keys {
    const WANTED: &'static str =
        "`keys` wants a list of { attribute: .., value: .., tier: .. }, or { hold: CODE }";
}

impl Wanted for Outcome {
    const WANTED: &'static str = "`outcome` wants write, { write: SHAPE }, { skip: CODE } or \
        { hold: CODE }; shapes are internal-member, external-member, guest, contact, security-group, \
        unified-group";
}

fn read_scope(json: Json) -> Option<Scope> {
    let (word, reason) = worded(json)?;
    Some(match word.as_str() {
        "in-scope" => Scope::InScope,
        "out-of-scope" => Scope::OutOfScope(cause(reason)?),
        "hold" => Scope::Hold(cause(reason)?),
        _ => return None,
    })
}

fn read_keys(json: Json) -> Option<Keys> {
    if let Json::Array(list) = json {
        let keys = list.into_iter().map(|json| {
            let key: RawKey = serde_json::from_value(json).ok()?;
            Some(syncline_directory::MatchKey {
                attribute: AttributeName::new(key.attribute),
                value: key.value,
                tier: key.tier,
            })
        });
        let mut keys = keys.collect::<Option<Vec<_>>>()?;
        keys.sort_by(|a, b| {
            (a.tier, &a.attribute, &a.value).cmp(&(b.tier, &b.attribute, &b.value))
        });
        return Some(Keys::Known(keys));
    }
    match worded(json)? {
        (word, reason) if word == "hold" => Some(Keys::Hold(cause(reason)?)),
        _ => None,
    }
}

fn read_outcome(json: Json) -> Option<Outcome> {
    let (word, rest) = worded(json)?;
    Some(match word.as_str() {
        "write" if rest.is_null() => Outcome::Write(None),
        "write" => {
            let shape: Shape = serde_json::from_value(rest).ok()?;
            Outcome::Write(Some(shape))
        }
        "skip" => Outcome::Skip(cause(rest)?),
        "hold" => Outcome::Hold(cause(rest)?),
        _ => return None,
    })
}
