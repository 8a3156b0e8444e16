//! Attribute values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One attribute value of one object.
///
/// Multi-values are sets: sorted by code point and without duplicates; build them with
/// [`Value::texts`] and [`Value::references`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Null, missing, or an empty collection: Graph makes no difference.
    #[default]
    Absent,
    /// Text; dates and times are text in Graph's form.
    Text(String),
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A set of texts.
    Texts(Vec<String>),
    /// Another object of the same tenant, by id.
    Reference(String),
    /// A set of other objects of the same tenant, by id.
    References(Vec<String>),
}

impl Value {
    /// Returns a text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns the set of these texts, or [`Value::Absent`] for none.
    pub fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        match sorted(texts) {
            set if set.is_empty() => Self::Absent,
            set => Self::Texts(set),
        }
    }

    /// Returns the set of these object ids, or [`Value::Absent`] for none.
    pub fn references(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        match sorted(ids) {
            set if set.is_empty() => Self::Absent,
            set => Self::References(set),
        }
    }

    /// Returns the text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is no value.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns the value with its sets sorted and without duplicates, empty sets as absent; what a
    /// rule or a listing handed over may be neither.
    pub fn normalized(self) -> Self {
        match self {
            Self::Texts(texts) => Self::texts(texts),
            Self::References(ids) => Self::references(ids),
            other => other,
        }
    }
}

fn sorted(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut set: Vec<String> = texts.into_iter().map(Into::into).collect();
    // Rust compares strings by bytes, which for UTF-8 is code-point order.
    set.sort_unstable();
    set.dedup();
    set
}

/// Shows the value as the provisioning log does: plain text, collections joined by commas, nothing
/// for absent (graph.md, section 11.2).
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Text(text) | Self::Reference(text) => formatter.write_str(text),
            Self::Boolean(true) => formatter.write_str("True"),
            Self::Boolean(false) => formatter.write_str("False"),
            Self::Integer(integer) => write!(formatter, "{integer}"),
            Self::Texts(texts) | Self::References(texts) => formatter.write_str(&texts.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sorted_by_code_point_and_holds_each_value_once() {
        assert_eq!(
            Value::texts(["b", "Z", "ä", "b"]),
            Value::Texts(vec!["Z".into(), "b".into(), "ä".into()])
        );
    }

    #[test]
    fn an_empty_collection_is_absent() {
        assert_eq!(Value::texts(Vec::<String>::new()), Value::Absent);
        assert_eq!(Value::References(Vec::new()).normalized(), Value::Absent);
    }
}
