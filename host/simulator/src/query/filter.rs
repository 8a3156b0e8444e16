//! `$filter`: the part of OData's language that a directory engine meets (graph.md 2.9).
//!
//! Comparisons of text ignore case, as the directory's do. What is not supported is refused by
//! name, never ignored.

use serde_json::Value;

use crate::error::GraphError;
use crate::schema::Kind;
use crate::tenant::object::Object;

mod parse;
mod support;

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A property compares with a literal.
    Property(String, Operator, Literal),
    /// Some item of a collection fits; inside, the empty path is the item itself.
    Some(String, Box<Filter>),
    /// The number of items of a collection compares with a literal.
    Count(String, Operator, Literal),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    StartsWith,
    EndsWith,
    AtLeast,
    AtMost,
    Above,
    Below,
    /// Of the provisioning log only; the directory has no such operator.
    Contains,
}

/// A value in a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Flag(bool),
    Null,
    /// A number or an instant, unquoted.
    Bare(String),
}

impl Filter {
    /// Returns the filter of a text, judged for the resource; `advanced` says whether the caller
    /// asked for the advanced index.
    pub(crate) fn parse(text: &str, kind: Kind, advanced: bool) -> Result<Self, GraphError> {
        let filter = parse::parse(text)?;
        support::judge(&filter, kind, advanced)?;
        Ok(filter)
    }

    /// Returns the ids of `id eq ..` joined by `or`, or `None` where it is anything else.
    pub(crate) fn ids(text: &str) -> Result<Option<Vec<String>>, GraphError> {
        let filter = parse::parse(text)?;
        let parts = match filter {
            Self::Any(parts) => parts,
            other => vec![other],
        };
        Ok(parts
            .into_iter()
            .map(|part| match part {
                Self::Property(name, Operator::Equal, Literal::Text(id)) if name == "id" => {
                    Some(id.to_lowercase())
                }
                _ => None,
            })
            .collect())
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(object)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(object)),
            Self::Not(part) => !part.matches(object),
            Self::Property(name, operator, literal) => {
                operator.holds(&property(object, name), literal)
            }
            Self::Some(name, part) => match object.value(name) {
                Some(Value::Array(items)) => items.iter().any(|item| part.fits(item)),
                _ => false,
            },
            Self::Count(name, operator, literal) => {
                let count = match object.value(name) {
                    Some(Value::Array(items)) => items.len(),
                    _ => 0,
                };
                operator.holds(&Value::from(count), literal)
            }
        }
    }

    /// Returns a filter of rows that are no directory objects; `permits` says which operators a
    /// property has.
    pub(crate) fn of_rows(
        text: &str,
        permits: impl Fn(&str, Operator) -> bool + Copy,
    ) -> Result<Self, GraphError> {
        fn judge(filter: &Filter, permits: impl Fn(&str, Operator) -> bool + Copy) -> bool {
            match filter {
                Filter::All(parts) | Filter::Any(parts) => {
                    parts.iter().all(|part| judge(part, permits))
                }
                Filter::Property(name, operator, _) => permits(name, *operator),
                _ => false,
            }
        }
        let filter = parse::parse(text)?;
        if judge(&filter, permits) {
            Ok(filter)
        } else {
            Err(GraphError::new(
                http::StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("Invalid filter clause: '{text}' is not supported by this resource."),
            ))
        }
    }

    /// Whether a row fits that is no directory object: compared with case.
    pub(crate) fn fits_row(&self, row: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits_row(row)),
            Self::Any(parts) => parts.iter().any(|part| part.fits_row(row)),
            Self::Property(path, operator, literal) => {
                let value = path.split('/').fold(row, |value, member| &value[member]);
                match (operator, value, literal) {
                    (Operator::Equal, Value::String(value), Literal::Text(wanted)) => {
                        value == wanted
                    }
                    (Operator::Contains, Value::String(value), Literal::Text(wanted)) => {
                        value.contains(wanted.as_str())
                    }
                    _ => operator.holds(value, literal),
                }
            }
            Self::Not(..) | Self::Some(..) | Self::Count(..) => false,
        }
    }

    /// Whether an item of a collection fits.
    fn fits(&self, item: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(item)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(item)),
            Self::Not(part) => !part.fits(item),
            Self::Property(path, operator, literal) if path.is_empty() => {
                operator.holds(item, literal)
            }
            Self::Property(path, operator, literal) => {
                operator.holds(item.get(path).unwrap_or(&Value::Null), literal)
            }
            Self::Some(..) | Self::Count(..) => false,
        }
    }

    /// Returns the addresses that a match must hold one of, or `None` where the filter does not
    /// narrow it down so: the whole listing must be read then.
    pub(crate) fn addresses(&self) -> Option<Vec<String>> {
        match self {
            Self::Any(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(Self::addresses).collect();
                all.map(|lists| lists.concat())
            }
            Self::All(parts) => parts.iter().find_map(Self::addresses),
            Self::Property(name, Operator::Equal, Literal::Text(text))
                if name == "mail" || name == "userPrincipalName" =>
            {
                Some(vec![text.clone()])
            }
            Self::Some(name, part) if name == "proxyAddresses" || name == "otherMails" => {
                part.items()
            }
            _ => None,
        }
    }
}

impl Filter {
    /// Returns the texts that an item must be one of, or `None` where it may be another.
    fn items(&self) -> Option<Vec<String>> {
        match self {
            Self::Any(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(Self::items).collect();
                all.map(|lists| lists.concat())
            }
            Self::All(parts) => parts.iter().find_map(Self::items),
            Self::Property(path, Operator::Equal, Literal::Text(text)) if path.is_empty() => {
                Some(vec![text.clone()])
            }
            _ => None,
        }
    }
}

fn property(object: &Object, path: &str) -> Value {
    match path.split_once('/') {
        Some((outer, inner)) => object
            .value(outer)
            .and_then(|whole| whole.get(inner))
            .cloned()
            .unwrap_or(Value::Null),
        None => object.selected(path),
    }
}

impl Operator {
    fn holds(self, value: &Value, literal: &Literal) -> bool {
        match (value, literal) {
            (Value::Null, Literal::Null) => self == Self::Equal,
            (Value::Bool(value), Literal::Flag(wanted)) => self == Self::Equal && value == wanted,
            (Value::String(value), Literal::Text(wanted) | Literal::Bare(wanted)) => {
                let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
                match self {
                    Self::Equal => value == wanted,
                    Self::StartsWith => value.starts_with(&wanted),
                    Self::EndsWith => value.ends_with(&wanted),
                    // Instants are written alike, so their order is that of their text.
                    Self::AtLeast => value >= wanted,
                    Self::AtMost => value <= wanted,
                    Self::Above => value > wanted,
                    Self::Below => value < wanted,
                    Self::Contains => value.contains(&wanted),
                }
            }
            (Value::Number(value), Literal::Bare(wanted)) => {
                let (Some(value), Ok(wanted)) = (value.as_i64(), wanted.parse::<i64>()) else {
                    return false;
                };
                match self {
                    Self::Equal => value == wanted,
                    Self::AtLeast => value >= wanted,
                    Self::AtMost => value <= wanted,
                    Self::Above => value > wanted,
                    Self::Below => value < wanted,
                    Self::StartsWith | Self::EndsWith | Self::Contains => false,
                }
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_quotes_and_both_joins_are_read() {
        let filter = Filter::parse(
            "mail eq 'o''neil@contoso.com' or (displayName eq 'A' and startsWith(surname,'B'))",
            Kind::User,
            false,
        )
        .unwrap();
        let Filter::Any(parts) = filter else {
            panic!("an or");
        };
        assert_eq!(
            parts[0],
            Filter::Property(
                "mail".into(),
                Operator::Equal,
                Literal::Text("o'neil@contoso.com".into())
            )
        );
        assert!(matches!(parts[1], Filter::All(_)));
    }

    #[test]
    fn negation_and_unindexed_properties_are_refused() {
        for (text, advanced) in [
            ("mail ne 'a'", false),
            ("not(mail eq 'a')", false),
            ("mail gt 'a'", true),
            (
                "mail in ('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16')",
                false,
            ),
            ("identities/any(i:i/issuer eq 'a')", false),
            ("endsWith(mail,'a')", false),
            ("aboutMe eq 'a'", true),
            ("companyName eq 'a'", false),
            ("mail eq", false),
        ] {
            let error = Filter::parse(text, Kind::User, advanced).unwrap_err();
            assert_eq!(error.status.as_u16(), 400, "{text}");
        }
        assert!(Filter::parse("companyName eq 'a'", Kind::User, true).is_ok());
    }

    #[test]
    fn fifty_ids_are_read() {
        let ids = Filter::ids("id eq 'A' or id eq 'b'").unwrap();
        assert_eq!(ids, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(Filter::ids("mail eq 'a'").unwrap(), None);
    }
}
