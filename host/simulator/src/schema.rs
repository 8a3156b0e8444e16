//! Which properties objects have: their types, lengths, and what may be written (graph.md 2.4).
//!
//! This judges single values. What a value means beside other objects, such as an address that is
//! taken, is for the routes.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::GraphError;

mod contact;
mod group;
mod user;

/// A kind of directory object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    User,
    Group,
    Contact,
}

impl Kind {
    /// Returns the type's name as an `@odata.type`.
    pub(crate) fn odata_type(self) -> &'static str {
        match self {
            Self::User => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
            Self::Contact => "#microsoft.graph.orgContact",
        }
    }

    /// Returns the name that messages use.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
        }
    }

    /// Returns the name of the entity set.
    pub(crate) fn set(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::Contact => "contacts",
        }
    }

    fn properties(self) -> &'static [Property] {
        match self {
            Self::User => user::PROPERTIES,
            Self::Group => group::PROPERTIES,
            Self::Contact => contact::PROPERTIES,
        }
    }

    /// Returns the properties of an answer without `$select`.
    pub(crate) fn default_set(self) -> &'static [&'static str] {
        match self {
            Self::User => user::DEFAULT_SET,
            Self::Group => group::DEFAULT_SET,
            Self::Contact => contact::DEFAULT_SET,
        }
    }

    /// Returns the relations that a delta query tracks without `$select`.
    pub(crate) fn relations(self) -> &'static [&'static str] {
        match self {
            Self::User | Self::Contact => &["manager"],
            Self::Group => &["members", "owners"],
        }
    }

    pub(crate) fn property(self, name: &str) -> Option<&'static Property> {
        self.properties()
            .iter()
            .find(|property| property.name == name)
    }

    /// Returns the name as the schema spells it, or `None` where the type has no such property.
    pub(crate) fn name(self, name: &str) -> Option<Cow<'static, str>> {
        if let Some(property) = self.property(name) {
            return Some(Cow::Borrowed(property.name));
        }
        is_directory_extension(name).then(|| Cow::Owned(name.to_owned()))
    }

    /// Returns what a property without a value reads as when it is selected.
    pub(crate) fn without_value(self, name: &str) -> Value {
        match self.property(name).map(|property| property.shape) {
            Some(Shape::Texts { .. } | Shape::Objects) => Value::Array(Vec::new()),
            Some(Shape::ExtensionAttributes) => user::extension_attributes(),
            _ => Value::Null,
        }
    }
}

/// A property of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) access: Access,
}

/// What a property holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Text of so many UTF-16 units at most.
    Text(usize),
    Flag,
    Instant,
    Texts {
        values: usize,
        length: usize,
    },
    /// `employeeOrgData`: two texts.
    OrgData,
    /// `onPremisesExtensionAttributes`: fifteen texts, merged one by one.
    ExtensionAttributes,
    /// Accepted as it is.
    Object,
    Objects,
}

/// Whether a property can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    /// Written, and cleared with null.
    Clearable,
    /// Written, never null.
    Required,
    /// Accepted at create or PATCH, never stored.
    WriteOnly,
}

const fn property(name: &'static str, shape: Shape, access: Access) -> Property {
    Property {
        name,
        shape,
        access,
    }
}

/// `extension_{appId without hyphens}_{name}`.
fn is_directory_extension(name: &str) -> bool {
    name.strip_prefix("extension_")
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(app, tail)| {
            app.len() == 32 && app.bytes().all(|byte| byte.is_ascii_hexdigit()) && !tail.is_empty()
        })
}

/// Returns the values of a write body in the schema's names, each judged on its own.
///
/// `@odata.type` annotations are dropped; what has side effects is left to the caller.
pub(crate) fn judge(
    kind: Kind,
    body: &Map<String, Value>,
) -> Result<Vec<(Cow<'static, str>, Value)>, GraphError> {
    let mut values = Vec::new();
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
            judge_extension(kind, name, value)?;
            values.push((known, value.clone()));
            continue;
        };
        if property.access == Access::ReadOnly {
            return Err(GraphError::bad_request(format!(
                "Property '{name}' is read-only and cannot be set."
            ))
            .with_detail("ReadOnly", name));
        }
        judge_value(kind, property, value)?;
        if property.access != Access::WriteOnly {
            values.push((known, value.clone()));
        }
    }
    Ok(values)
}

fn judge_extension(kind: Kind, name: &str, value: &Value) -> Result<(), GraphError> {
    match value {
        Value::String(text) => judge_text(kind, name, text, 256),
        Value::Array(_) | Value::Object(_) => Err(GraphError::invalid_value(name, kind.resource())),
        _ => Ok(()),
    }
}

fn judge_value(kind: Kind, property: &Property, value: &Value) -> Result<(), GraphError> {
    let name = property.name;
    let refused = || Err(GraphError::invalid_value(name, kind.resource()));
    match (property.shape, value) {
        (Shape::Texts { .. } | Shape::Objects, Value::Null) => refused(),
        (_, Value::Null) if property.access == Access::Required => refused(),
        (_, Value::Null) => Ok(()),
        (Shape::Text(length), Value::String(text)) => judge_text(kind, name, text, length),
        (Shape::Flag, Value::Bool(_)) => Ok(()),
        (Shape::Instant, Value::String(text)) if text.parse::<jiff::Timestamp>().is_ok() => Ok(()),
        (Shape::Texts { values, length }, Value::Array(items)) => {
            if items.len() > values {
                return refused();
            }
            for item in items {
                let Value::String(text) = item else {
                    return refused();
                };
                judge_text(kind, name, text, length)?;
            }
            Ok(())
        }
        (Shape::OrgData, Value::Object(members)) => judge_members(kind, name, members, |member| {
            matches!(member, "division" | "costCenter").then_some(256)
        }),
        (Shape::ExtensionAttributes, Value::Object(members)) => {
            judge_members(kind, name, members, |member| {
                user::is_extension_attribute(member).then_some(1_024)
            })
        }
        (Shape::Object, Value::Object(_)) | (Shape::Objects, Value::Array(_)) => Ok(()),
        _ => refused(),
    }
}

fn judge_members(
    kind: Kind,
    name: &str,
    members: &Map<String, Value>,
    length: impl Fn(&str) -> Option<usize>,
) -> Result<(), GraphError> {
    for (member, value) in members {
        if member.starts_with('@') {
            continue;
        }
        let Some(length) = length(member) else {
            return Err(GraphError::bad_request(format!(
                "Property '{member}' does not exist on type of property '{name}'."
            )));
        };
        match value {
            Value::Null => {}
            Value::String(text) => judge_text(kind, name, text, length)?,
            _ => return Err(GraphError::invalid_value(name, kind.resource())),
        }
    }
    Ok(())
}

/// Empty text is refused wherever it comes; null clears (graph.md 2.4).
fn judge_text(kind: Kind, name: &str, text: &str, length: usize) -> Result<(), GraphError> {
    if text.is_empty() {
        return Err(GraphError::invalid_value(name, kind.resource()));
    }
    if text.encode_utf16().count() > length {
        return Err(GraphError::too_long(name, kind.resource()));
    }
    Ok(())
}
