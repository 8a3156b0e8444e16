//! Attribute names as Graph spells them, and a bag of attributes.

use std::{borrow::Borrow, collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// The name of an attribute in Graph's spelling; a member of a complex property is written with a
/// slash, as in `onPremisesExtensionAttributes/extensionAttribute1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeName(Arc<str>);

impl AttributeName {
    /// Returns the name of this text, taken as it is.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the property that `$select` must name to read this attribute: the part before a
    /// slash.
    pub fn property(&self) -> &str {
        self.0.split('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for AttributeName {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Borrow<str> for AttributeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Attribute values of one object, by name. A name that is missing was not read, which is not the
/// same as [`Value::Absent`].
pub type Attributes = BTreeMap<AttributeName, Value>;
