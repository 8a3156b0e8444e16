//! Which properties objects have: their types, lengths, and what may be written (graph.md 2.4).
//!
//! The tables here follow Microsoft's metadata; [`judge()`] judges single values by them. What a value
//! means beside other objects, such as an address that is taken, is for the routes.

use std::borrow::Cow;

use serde_json::Value;

mod contact;
mod group;
mod invitation;
mod judge;
mod user;

pub(crate) use judge::{judge, judge_invitation};

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

    /// Whether the property is kept by another service than the directory.
    pub(crate) fn is_outside(self, name: &str) -> bool {
        self.property(name)
            .is_some_and(|property| property.access == Access::Outside)
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
            Some(Shape::Texts { .. } | Shape::Objects | Shape::Identities) => {
                Value::Array(Vec::new())
            }
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
    Number,
    Instant,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Two letters of ISO 3166.
    Country,
    Texts {
        values: usize,
        length: usize,
    },
    /// `employeeOrgData`: two texts.
    OrgData,
    /// `onPremisesExtensionAttributes`: fifteen texts, merged one by one.
    ExtensionAttributes,
    /// `identities`: each with three texts.
    Identities,
    /// `passwordProfile`: a password and two flags.
    Password,
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
    /// Kept by another service than the directory: not read here, not written by an app alone
    /// (graph.md 2.4, 3.2, 5.2).
    Outside,
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

#[cfg(test)]
mod tests;
