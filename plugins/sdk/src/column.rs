//! Columns: the attributes that a rule reads, by name and type.
//!
//! A rule names each column once, as a constant, and reads it by naming it among the inputs of
//! what it computes:
//!
//! ```
//! use syncline_sdk::{Column, column::Text};
//!
//! const DEPARTMENT: Column<Text> = Column::text("department");
//! ```

use std::{borrow::Cow, marker::PhantomData};

use crate::contract::Value;

/// An attribute of the source object.
pub struct Column<K> {
    pub(crate) name: Cow<'static, str>,
    kind: PhantomData<fn() -> K>,
}

/// An attribute of the target object, once the row is joined.
pub struct TargetColumn<K>(pub(crate) Column<K>);

/// What sort of values a column has, and how a rule sees them.
pub trait Kind: 'static {
    /// What a rule sees.
    type Seen<'r>;
    /// The sort's name in messages.
    const NAME: &'static str;
    /// Returns what a rule sees of a value, or nothing if the value is of another sort.
    fn see(value: &Value) -> Option<Self::Seen<'_>>;
}

impl<K> Column<K> {
    const fn new(name: Cow<'static, str>) -> Self {
        Self {
            name,
            kind: PhantomData,
        }
    }

    /// Returns a column whose name is known only once the settings are.
    pub fn named(name: impl Into<String>) -> Self {
        Self::new(Cow::Owned(name.into()))
    }

    /// Returns the column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the same attribute of the target object. It can be read only where the row may be
    /// joined already, which is in the mapping.
    pub fn in_target(self) -> TargetColumn<K> {
        TargetColumn(self)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $constructor:ident, $name:literal, $seen:ty, $value:ident => {
        $($pattern:pat => $see:expr),*
    };)*) => {$(
        $(#[$doc])*
        pub enum $kind {}

        impl Kind for $kind {
            type Seen<'r> = $seen;
            const NAME: &'static str = $name;

            fn see($value: &Value) -> Option<Self::Seen<'_>> {
                match $value {
                    $($pattern => Some($see),)*
                    _ => None,
                }
            }
        }

        impl Column<$kind> {
            #[doc = concat!("Returns a column of ", $name, ".")]
            pub const fn $constructor(name: &'static str) -> Self {
                Self::new(Cow::Borrowed(name))
            }
        }
    )*};
}

kinds! {
    /// Texts, seen as `Option<&str>`.
    Text, text, "text", Option<&'r str>, value => {
        Value::Absent => None, Value::Text(text) => Some(text.as_str())
    };
    /// Booleans, seen as `Option<bool>`.
    Boolean, boolean, "booleans", Option<bool>, value => {
        Value::Absent => None, Value::Boolean(boolean) => Some(*boolean)
    };
    /// Whole numbers, seen as `Option<i64>`.
    Integer, integer, "whole numbers", Option<i64>, value => {
        Value::Absent => None, Value::Integer(integer) => Some(*integer)
    };
    /// Sets of texts, seen as `&[String]`, empty where there is none.
    Texts, texts, "sets of texts", &'r [String], value => {
        Value::Absent => &[], Value::Texts(texts) => texts.as_slice()
    };
    /// References to another object, seen as its id in the source.
    Reference, reference, "references", Option<&'r str>, value => {
        Value::Absent => None, Value::Reference(id) => Some(id.as_str())
    };
    /// Sets of references, seen as ids in the source.
    References, references, "sets of references", &'r [String], value => {
        Value::Absent => &[], Value::References(ids) => ids.as_slice()
    };
}
