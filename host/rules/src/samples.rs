//! The objects that a component brings along to be tried on before it becomes active.

use std::collections::BTreeMap;

use serde::Deserialize;
use syncline_directory::{
    AttributeName, Attributes, ObjectKind, Value,
    schema::{self, AttributeType},
};

use crate::untrusted;

/// The most samples that a component may bring; they are run at every admission.
const SAMPLES_MAX: usize = 1_000;

/// One object to try a rule on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object's attributes; what is not named is absent.
    pub source: Attributes,
    /// The target object's, if it is joined.
    pub target: Option<Attributes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: ObjectKind,
    source: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    target: Option<BTreeMap<String, serde_json::Value>>,
}

/// Reads samples from a JSON array.
///
/// # Errors
///
/// Says in printable words which sample cannot be read, and why.
pub(crate) fn parse(json: &[u8]) -> Result<Vec<Sample>, String> {
    let raw: Vec<Raw> =
        serde_json::from_slice(json).map_err(|error| untrusted::printable(&error.to_string()))?;
    if raw.len() > SAMPLES_MAX {
        return Err(format!(
            "there are {}, at most {SAMPLES_MAX} are permitted",
            raw.len()
        ));
    }
    raw.into_iter()
        .enumerate()
        .map(|(index, raw)| {
            let read = |attributes: BTreeMap<String, serde_json::Value>| {
                attributes
                    .into_iter()
                    .map(|(name, json)| read_attribute(raw.kind, &name, json))
                    .collect::<Result<Attributes, String>>()
                    .map_err(|error| format!("sample {index}: {error}"))
            };
            let source = read(raw.source)?;
            Ok(Sample {
                kind: raw.kind,
                source,
                target: raw.target.map(read).transpose()?,
            })
        })
        .collect()
}

fn read_attribute(
    kind: ObjectKind,
    name: &str,
    json: serde_json::Value,
) -> Result<(AttributeName, Value), String> {
    let attribute = schema::attribute(kind, name).ok_or_else(|| {
        format!(
            "`{}` is not an attribute of a {kind}",
            untrusted::printable(name)
        )
    })?;
    let value = read_value(attribute.kind, json)
        .ok_or_else(|| format!("`{name}` has a value of another type"))?;
    Ok((AttributeName::new(name), value))
}

fn read_value(kind: AttributeType, json: serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;

    let texts = |array: Vec<Json>| {
        array
            .into_iter()
            .map(|json| match json {
                Json::String(text) => Some(text),
                _ => None,
            })
            .collect::<Option<Vec<String>>>()
    };
    Some(match (kind, json) {
        (_, Json::Null) => Value::Absent,
        (AttributeType::Text | AttributeType::DateTime, Json::String(text)) => Value::Text(text),
        (AttributeType::Boolean, Json::Bool(boolean)) => Value::Boolean(boolean),
        (AttributeType::Integer, Json::Number(number)) => Value::Integer(number.as_i64()?),
        (AttributeType::Texts, Json::Array(array)) => Value::texts(texts(array)?),
        (AttributeType::Reference, Json::String(id)) => Value::Reference(id),
        (AttributeType::References, Json::Array(array)) => Value::references(texts(array)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_by_the_types_that_graph_knows() {
        let samples = parse(
            br#"[{"kind":"user","source":{"department":"Sales","manager":"b1","accountEnabled":true,
                 "businessPhones":["1"],"mail":null},"target":{"displayName":"A"}},
                 {"kind":"group","source":{}}]"#,
        )
        .unwrap();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0].source["manager"], Value::Reference("b1".into()));
        assert_eq!(samples[0].source["businessPhones"], Value::texts(["1"]));
        assert_eq!(samples[0].source["mail"], Value::Absent);
        assert_eq!(samples[1].target, None);
    }

    #[test]
    fn a_sample_that_graph_could_not_have_is_named() {
        let error = |json: &str| parse(json.as_bytes()).unwrap_err();
        assert_eq!(
            error(r#"[{"kind":"user","source":{}},{"kind":"user","source":{"departmint":"x"}}]"#),
            "sample 1: `departmint` is not an attribute of a user"
        );
        assert_eq!(
            error(r#"[{"kind":"user","source":{"department":7}}]"#),
            "sample 0: `department` has a value of another type"
        );
        assert!(!error("[").is_empty());
    }
}
