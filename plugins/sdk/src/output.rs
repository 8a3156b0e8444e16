//! Outputs: what a rule writes, one target attribute each.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    column::{Column, Kind},
    contract::{Apply, Change, Value},
    input::Input,
    step::Unbound,
};

/// One target attribute and how its value comes about.
pub struct Output {
    pub(crate) attribute: String,
    pub(crate) apply: Apply,
    pub(crate) wish: Wish,
}

pub(crate) enum Wish {
    Copy {
        column: Cow<'static, str>,
        absent: Absent,
    },
    Constant(Value),
    Computed(Unbound<Change>),
}

/// Returns an output that takes over a column, by default under the column's own name.
pub fn copy<K: Kind>(column: Column<K>, absent: impl Into<Absent>) -> Output {
    copy_named(column.name, absent.into())
}

fn copy_named(column: Cow<'static, str>, absent: Absent) -> Output {
    let wish = Wish::Copy {
        column: column.clone(),
        absent,
    };
    Output::new(column.into_owned(), wish)
}

/// Returns an output that is the same for every object.
pub fn constant(attribute: impl Into<String>, value: impl Into<Value>) -> Output {
    Output::new(attribute.into(), Wish::Constant(value.into()))
}

/// Returns an output that is computed from these inputs, and from nothing else.
pub fn compute<I: Input>(
    attribute: impl Into<String>,
    inputs: I,
    compute: impl for<'r> Fn(I::Seen<'r>) -> Change + 'static,
) -> Output {
    let wish = Wish::Computed(Unbound::new(inputs, compute));
    Output::new(attribute.into(), wish)
}

impl Output {
    fn new(attribute: String, wish: Wish) -> Self {
        Self {
            attribute,
            apply: Apply::Always,
            wish,
        }
    }

    /// Writes another attribute than the one that is copied.
    #[must_use]
    pub fn to(self, attribute: impl Into<String>) -> Self {
        Self {
            attribute: attribute.into(),
            ..self
        }
    }

    /// Writes only when the object is made.
    #[must_use]
    pub fn on_create(self) -> Self {
        Self {
            apply: Apply::OnCreate,
            ..self
        }
    }

    /// Writes only while the target has no value.
    #[must_use]
    pub fn when_empty(self) -> Self {
        Self {
            apply: Apply::WhenEmpty,
            ..self
        }
    }

    /// Never writes, only reports.
    #[must_use]
    pub fn report_only(self) -> Self {
        Self {
            apply: Apply::ReportOnly,
            ..self
        }
    }

    /// Returns the target attribute.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }
}

/// What a copy asks for where the source has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// That the target has none either.
    Clear,
    /// That the target keeps what it has.
    Keep,
    /// That a new object has this value, and an existing one keeps what it has.
    DefaultOnCreate(Value),
}

impl Absent {
    /// Returns a default for new objects.
    pub fn default_on_create(value: impl Into<Value>) -> Self {
        Self::DefaultOnCreate(value.into())
    }

    pub(crate) fn change(&self, joined: bool) -> Change {
        match self {
            Self::Clear => Change::Clear,
            Self::DefaultOnCreate(value) if !joined => Change::set(value.clone()),
            Self::Keep | Self::DefaultOnCreate(_) => Change::Keep,
        }
    }
}

/// The setting `nulls`: whether a value that the source no longer has is cleared in the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nulls {
    /// It is.
    #[default]
    Clear,
    /// It stays, which is Microsoft's way.
    Keep,
}

impl Nulls {
    /// Returns the change for a value that the source does not have.
    pub fn change(self) -> Change {
        match self {
            Self::Clear => Change::Clear,
            Self::Keep => Change::Keep,
        }
    }
}

impl From<Nulls> for Absent {
    fn from(nulls: Nulls) -> Self {
        match nulls {
            Nulls::Clear => Self::Clear,
            Nulls::Keep => Self::Keep,
        }
    }
}
