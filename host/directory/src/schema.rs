//! What Graph says of each attribute: its type, its longest value, whether an application may write
//! it and whether null clears it.
//!
//! Types are those of Graph's v1.0 metadata; lengths and writability are from graph.md, section 2.4
//! (users), 5 (groups) and 6.1 (contacts).

mod contact;
mod group;
mod user;

use crate::object::ObjectKind;

/// The type of an attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    Text,
    /// Text in Graph's date form.
    DateTime,
    /// A truth value.
    Boolean,
    /// A whole number.
    Integer,
    /// A set of texts.
    Texts,
    /// A navigation property to one directory object.
    Reference,
    /// A navigation property to many directory objects.
    References,
}

/// Whether an application may write an attribute of a cloud-managed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Graph computes it or another service owns it.
    ReadOnly,
    /// Writable; null, or an empty list, clears it.
    Clearable,
    /// Writable, but never without a value.
    Required,
}

/// What Graph says of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name in Graph's spelling.
    pub name: &'static str,
    /// The type of its value.
    pub kind: AttributeType,
    /// The longest text, or the longest member of a collection, in UTF-16 code units; none where no
    /// limit is known.
    pub length_max: Option<usize>,
    /// The most values that a collection holds, where it is known.
    pub count_max: Option<usize>,
    /// Whether it can be written.
    pub access: Access,
}

impl Attribute {
    const fn new(
        name: &'static str,
        kind: AttributeType,
        length_max: Option<usize>,
        access: Access,
    ) -> Self {
        Self {
            name,
            kind,
            length_max,
            count_max: None,
            access,
        }
    }

    const fn at_most(self, count_max: usize) -> Self {
        Self {
            count_max: Some(count_max),
            ..self
        }
    }

    /// Whether it is a navigation property.
    pub fn is_reference(&self) -> bool {
        matches!(
            self.kind,
            AttributeType::Reference | AttributeType::References
        )
    }
}

/// The longest and only kind of directory extension that is text (graph.md, section 2.4).
const EXTENSION: Attribute = Attribute::new(
    "extension_*",
    AttributeType::Text,
    Some(256),
    Access::Clearable,
);

/// Returns what Graph says of an attribute of this kind of object, or nothing if there is no such
/// attribute. Directory extensions (`extension_<app>_<name>`) of users and groups are text.
pub fn attribute(kind: ObjectKind, name: &str) -> Option<Attribute> {
    attributes(kind)
        .iter()
        .find(|attribute| attribute.name == name)
        .copied()
        .or_else(|| {
            (kind != ObjectKind::Contact && name.starts_with("extension_")).then_some(EXTENSION)
        })
}

/// Returns every attribute of this kind of object that Syncline knows.
pub fn attributes(kind: ObjectKind) -> &'static [Attribute] {
    match kind {
        ObjectKind::User => user::ATTRIBUTES,
        ObjectKind::Group => group::ATTRIBUTES,
        ObjectKind::Contact => contact::ATTRIBUTES,
    }
}

/// The attributes that are read whatever the rules declare, because joining and judging what can be
/// written need them.
pub fn always_read(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => &[
            "accountEnabled",
            "assignedPlans",
            "creationType",
            "displayName",
            "externalUserState",
            "mail",
            "onPremisesSyncEnabled",
            "otherMails",
            "proxyAddresses",
            "userPrincipalName",
            "userType",
        ],
        ObjectKind::Group => &[
            "displayName",
            "mail",
            "onPremisesSyncEnabled",
            "proxyAddresses",
        ],
        ObjectKind::Contact => &[
            "displayName",
            "mail",
            "onPremisesSyncEnabled",
            "proxyAddresses",
        ],
    }
}

/// Why a value cannot stand in an attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// No such attribute.
    #[error("`{attribute}` is not an attribute of a {kind}")]
    Unknown {
        /// The name.
        attribute: String,
        /// The kind of object.
        kind: ObjectKind,
    },
    /// Graph computes it.
    #[error("`{0}` cannot be written through Graph")]
    ReadOnly(String),
    /// It must have a value.
    #[error("`{0}` cannot be cleared")]
    Required(String),
    /// An empty text, which Graph refuses: null clears.
    #[error("`{0}` cannot be an empty text")]
    Empty(String),
    /// The value has another type.
    #[error("`{attribute}` wants {wanted}")]
    Type {
        /// The attribute.
        attribute: String,
        /// What it wants, in words.
        wanted: &'static str,
    },
    /// The value is longer than Graph permits.
    #[error("`{attribute}` holds at most {length_max} characters, this value has {length}")]
    TooLong {
        /// The attribute.
        attribute: String,
        /// The value's length in UTF-16 code units.
        length: usize,
        /// The longest that is permitted.
        length_max: usize,
    },
    /// The collection has more values than Graph permits.
    #[error("`{attribute}` holds at most {count_max} values, these are {count}")]
    TooMany {
        /// The attribute.
        attribute: String,
        /// How many values there are.
        count: usize,
        /// How many are permitted.
        count_max: usize,
    },
}

/// Checks that Graph would take this value for this attribute ([`crate::Value::Absent`] clears it).
///
/// # Errors
///
/// Says what Graph would refuse.
pub fn check(kind: ObjectKind, name: &str, value: &crate::Value) -> Result<(), ValueError> {
    use crate::Value;

    let attribute = attribute(kind, name).ok_or_else(|| ValueError::Unknown {
        attribute: name.to_owned(),
        kind,
    })?;
    match attribute.access {
        Access::ReadOnly => return Err(ValueError::ReadOnly(name.to_owned())),
        Access::Required if value.is_absent() => {
            return Err(ValueError::Required(name.to_owned()));
        }
        Access::Required | Access::Clearable => {}
    }
    let wanted = |wanted| {
        Err(ValueError::Type {
            attribute: name.to_owned(),
            wanted,
        })
    };
    match (attribute.kind, value) {
        (_, Value::Absent)
        | (AttributeType::Boolean, Value::Boolean(_))
        | (AttributeType::Integer, Value::Integer(_))
        | (AttributeType::Reference, Value::Reference(_))
        | (AttributeType::References, Value::References(_)) => Ok(()),
        (AttributeType::Text | AttributeType::DateTime, Value::Text(text)) => {
            check_text(&attribute, name, text)
        }
        (AttributeType::Texts, Value::Texts(texts)) => {
            if let Some(count_max) = attribute.count_max
                && texts.len() > count_max
            {
                return Err(ValueError::TooMany {
                    attribute: name.to_owned(),
                    count: texts.len(),
                    count_max,
                });
            }
            texts
                .iter()
                .try_for_each(|text| check_text(&attribute, name, text))
        }
        (AttributeType::Text, _) => wanted("text"),
        (AttributeType::DateTime, _) => wanted("a date as text"),
        (AttributeType::Boolean, _) => wanted("true or false"),
        (AttributeType::Integer, _) => wanted("a whole number"),
        (AttributeType::Texts, _) => wanted("a list of texts"),
        (AttributeType::Reference, _) => wanted("a reference to one object"),
        (AttributeType::References, _) => wanted("references to objects"),
    }
}

fn check_text(attribute: &Attribute, name: &str, text: &str) -> Result<(), ValueError> {
    if text.is_empty() {
        return Err(ValueError::Empty(name.to_owned()));
    }
    let length = text.encode_utf16().count();
    match attribute.length_max {
        Some(length_max) if length > length_max => Err(ValueError::TooLong {
            attribute: name.to_owned(),
            length,
            length_max,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_value_is_judged_as_graph_would() {
        let judge = |name, value| check(ObjectKind::User, name, &value);
        assert_eq!(judge("department", Value::text("Sales")), Ok(()));
        assert_eq!(judge("department", Value::Absent), Ok(()));
        assert_eq!(
            judge("department", Value::text("x".repeat(65))),
            Err(ValueError::TooLong {
                attribute: "department".into(),
                length: 65,
                length_max: 64
            })
        );
        assert_eq!(
            judge("department", Value::text("")),
            Err(ValueError::Empty("department".into()))
        );
        assert_eq!(
            judge("displayName", Value::Absent),
            Err(ValueError::Required("displayName".into()))
        );
        assert_eq!(
            judge("proxyAddresses", Value::texts(["smtp:a@b"])),
            Err(ValueError::ReadOnly("proxyAddresses".into()))
        );
        assert!(judge("businessPhones", Value::texts(["1", "2"])).is_err());
        assert!(judge("accountEnabled", Value::text("true")).is_err());
        assert!(judge("departmint", Value::text("Sales")).is_err());
    }

    #[test]
    fn the_attribute_tables_are_sorted_and_know_what_is_always_read() {
        for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
            assert!(
                attributes(kind).is_sorted_by(|a, b| a.name < b.name),
                "{kind}"
            );
            assert!(
                always_read(kind)
                    .iter()
                    .all(|name| attribute(kind, name).is_some()),
                "{kind}"
            );
        }
    }
}
