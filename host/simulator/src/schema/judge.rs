//! Judges the values of a write body, each on its own (graph.md 2.4).
//!
//! Guess throughout: the `details` codes, and that a value of the wrong JSON type is refused in the
//! words for a wrong value. The reference has the status, the code and the message of wrong values.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use super::{Access, Kind, Property, Shape, invitation, user};
use crate::error::GraphError;

/// How many directory extensions an object holds at most (graph.md 2.4).
const EXTENSIONS_MAX: usize = 100;

/// Returns the values of a write body in the schema's names, each judged on its own.
///
/// `@odata.type` annotations are dropped; what has side effects is left to the caller.
pub(crate) fn judge(
    kind: Kind,
    body: &Map<String, Value>,
) -> Result<Vec<(Cow<'static, str>, Value)>, GraphError> {
    let mut values = Vec::new();
    let mut extensions = 0;
    for (name, value) in body {
        if name.contains("@odata.") {
            continue;
        }
        let Some(known) = kind.name(name) else {
            return Err(GraphError::bad_request(format!(
                "Property '{name}' does not exist as a declared property or extension property."
            )));
        };
        let Some(property) = kind.property(&known) else {
            extensions += 1;
            if extensions > EXTENSIONS_MAX {
                return Err(GraphError::bad_request(format!(
                    "An object can hold at most {EXTENSIONS_MAX} extension values."
                )));
            }
            judge_extension(kind.resource(), name, value)?;
            values.push((known, value.clone()));
            continue;
        };
        judge_access(property)?;
        judge_value(kind.resource(), property, value)?;
        if property.access != Access::WriteOnly {
            values.push((known, value.clone()));
        }
    }
    Ok(values)
}

/// Judges the body of an invitation, which is no open type: a name it does not know is refused in
/// the words of OData (guess).
pub(crate) fn judge_invitation(body: &Map<String, Value>) -> Result<(), GraphError> {
    for (name, value) in body {
        if name.contains("@odata.") {
            continue;
        }
        let known = invitation::PROPERTIES
            .iter()
            .find(|property| property.name == name);
        let Some(property) = known else {
            return Err(GraphError::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                format!(
                    "The property '{name}' does not exist on type 'microsoft.graph.invitation'. \
                     Make sure to only use property names that are defined by the type."
                ),
            ));
        };
        judge_access(property)?;
        judge_value("Invitation", property, value)?;
    }
    Ok(())
}

fn judge_access(property: &Property) -> Result<(), GraphError> {
    let name = property.name;
    match property.access {
        Access::ReadOnly => Err(GraphError::bad_request(format!(
            "Property '{name}' is read-only and cannot be set."
        ))
        .with_detail("ReadOnly", name)),
        // Only people write these, each in a request of its own (graph.md 2.4, 5.2).
        Access::Outside => Err(GraphError::denied()),
        _ => Ok(()),
    }
}

fn judge_extension(resource: &str, name: &str, value: &Value) -> Result<(), GraphError> {
    match value {
        Value::String(text) => judge_text(resource, name, text, 256),
        Value::Array(_) | Value::Object(_) => Err(GraphError::invalid_value(name, resource)),
        _ => Ok(()),
    }
}

fn judge_value(resource: &str, property: &Property, value: &Value) -> Result<(), GraphError> {
    let name = property.name;
    let refused = || Err(GraphError::invalid_value(name, resource));
    match (property.shape, value) {
        (Shape::Texts { .. } | Shape::Objects, Value::Null) => refused(),
        (_, Value::Null) if property.access == Access::Required => refused(),
        (_, Value::Null) => Ok(()),
        (Shape::Text(length), Value::String(text)) => judge_text(resource, name, text, length),
        (Shape::Flag, Value::Bool(_)) => Ok(()),
        (Shape::Number, Value::Number(number)) if number.is_i64() => Ok(()),
        (Shape::Instant, Value::String(text)) if text.parse::<jiff::Timestamp>().is_ok() => Ok(()),
        (Shape::OneOf(words), Value::String(text)) if words.contains(&text.as_str()) => Ok(()),
        (Shape::Country, Value::String(text))
            if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            Ok(())
        }
        (Shape::Texts { values, length }, Value::Array(items)) => {
            if items.len() > values {
                return refused();
            }
            for item in items {
                let Value::String(text) = item else {
                    return refused();
                };
                judge_text(resource, name, text, length)?;
            }
            Ok(())
        }
        (Shape::OrgData, Value::Object(members)) => {
            judge_members(resource, name, members, |member| {
                matches!(member, "division" | "costCenter").then_some(Member::Text(256))
            })
        }
        (Shape::ExtensionAttributes, Value::Object(members)) => {
            judge_members(resource, name, members, |member| {
                user::is_extension_attribute(member).then_some(Member::Text(1_024))
            })
        }
        (Shape::Password, Value::Object(members)) => {
            judge_members(resource, name, members, |member| match member {
                "password" => Some(Member::Text(256)),
                "forceChangePasswordNextSignIn" | "forceChangePasswordNextSignInWithMfa" => {
                    Some(Member::Flag)
                }
                _ => None,
            })
        }
        (Shape::Identities, Value::Array(items)) => items.iter().try_for_each(|item| {
            let Value::Object(members) = item else {
                return refused();
            };
            judge_members(resource, name, members, |member| {
                matches!(member, "signInType" | "issuer" | "issuerAssignedId")
                    .then_some(Member::Text(512))
            })
        }),
        (Shape::Object, Value::Object(_)) | (Shape::Objects, Value::Array(_)) => Ok(()),
        _ => refused(),
    }
}

/// What a member of a complex value holds.
enum Member {
    Text(usize),
    Flag,
}

fn judge_members(
    resource: &str,
    name: &str,
    members: &Map<String, Value>,
    shape: impl Fn(&str) -> Option<Member>,
) -> Result<(), GraphError> {
    for (member, value) in members {
        if member.starts_with('@') {
            continue;
        }
        let Some(shape) = shape(member) else {
            return Err(GraphError::bad_request(format!(
                "Property '{member}' does not exist on type of property '{name}'."
            )));
        };
        match (shape, value) {
            (_, Value::Null) | (Member::Flag, Value::Bool(_)) => {}
            (Member::Text(length), Value::String(text)) => {
                judge_text(resource, name, text, length)?;
            }
            _ => return Err(GraphError::invalid_value(name, resource)),
        }
    }
    Ok(())
}

/// Empty text is refused wherever it comes; null clears (graph.md 2.4).
fn judge_text(resource: &str, name: &str, text: &str, length: usize) -> Result<(), GraphError> {
    if text.is_empty() {
        return Err(GraphError::invalid_value(name, resource));
    }
    if text.encode_utf16().count() > length {
        return Err(GraphError::too_long(name, resource));
    }
    Ok(())
}
