//! Unique values: which of a rule's ranked candidates an object gets.
//!
//! The rule ranks, the host arbitrates. An object that holds a listed candidate keeps it, so that a
//! name is never passed on while its bearer lives and a plan comes to rest (law L6). Else it gets the
//! first that is free. What is free is handed in: it takes the target with its recycle bin, the plan so
//! far, and what the target has refused to this object before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncline_directory::{AttributeName, ObjectKind, Value, address, schema};

/// What became of the ranked candidates for one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// The object has this value, or gets it.
    Value(Value),
    /// Every candidate belongs to somebody else.
    NoneFree,
    /// Nobody could say who holds a value of this attribute.
    NotArbitrated,
}

/// The choices for one object, by attribute.
pub type Choices = BTreeMap<AttributeName, Choice>;

/// Addresses and the names that people sign in with are one namespace: mail is delivered by both, and
/// an address that is somebody else's principal name leads to the wrong person (graph.md, section 13).
const ADDRESSES: &[&str] = &["mail", "userPrincipalName"];

/// Returns the indexed attributes among which a value of this attribute has to be unique: `mail` stands
/// for every address of an object. Nothing for an attribute whose holders are not known.
pub fn namespace(attribute: &str) -> Option<&'static [&'static str]> {
    match attribute {
        "mail" | "userPrincipalName" => Some(ADDRESSES),
        "mailNickname" => Some(&["mailNickname"]),
        "employeeId" => Some(&["employeeId"]),
        "displayName" => Some(&["displayName"]),
        "onPremisesImmutableId" => Some(&["onPremisesImmutableId"]),
        _ => None,
    }
}

/// Returns the form in which two values are one: case makes no difference.
pub fn comparable(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(address::comparable(text)),
        _ => None,
    }
}

/// Chooses among ranked candidates for an attribute of an object that holds `holds`. `is_free` tells
/// of a value in comparable form whether nobody but this object has it. A candidate that the attribute
/// could not hold is passed over.
///
/// # Errors
///
/// Whatever `is_free` fails with.
pub fn choose<E>(
    kind: ObjectKind,
    attribute: &AttributeName,
    candidates: &[Value],
    holds: &Value,
    mut is_free: impl FnMut(&str) -> Result<bool, E>,
) -> Result<Choice, E> {
    let held = comparable(holds);
    if held.is_some() && candidates.iter().any(|value| comparable(value) == held) {
        return Ok(Choice::Value(holds.clone()));
    }
    for candidate in candidates {
        let Some(compared) = comparable(candidate).filter(|text| !text.is_empty()) else {
            continue;
        };
        let fits = schema::check(kind, attribute.as_str(), candidate).is_ok();
        if fits && is_free(&compared)? {
            return Ok(Choice::Value(candidate.clone()));
        }
    }
    Ok(Choice::NoneFree)
}
