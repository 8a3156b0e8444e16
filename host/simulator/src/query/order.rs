//! `$orderby`: by which property a list is sorted, and when Graph sorts by it (graph.md 2.9).

use crate::error::GraphError;
use crate::schema::Kind;
use crate::tenant::object::Object;

/// An order of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    property: String,
    pub(crate) descending: bool,
}

impl Order {
    /// Returns the order of a text such as `displayName desc`. `advanced` says whether the caller
    /// asked for the advanced index, `filtered` whether there is a filter as well.
    pub(crate) fn parse(
        text: &str,
        kind: Kind,
        advanced: bool,
        filtered: bool,
    ) -> Result<Self, GraphError> {
        let mut words = text.split_whitespace();
        let property = words.next().unwrap_or_default().to_owned();
        let descending = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => return Err(unsupported()),
        };
        let always = match kind {
            Kind::User => matches!(&*property, "displayName" | "userPrincipalName"),
            Kind::Group => property == "displayName",
            Kind::Contact => false,
        };
        // Guess: contacts are sorted by their name in the advanced index.
        let advanced_only = matches!(&*property, "createdDateTime" | "deletedDateTime")
            || (kind == Kind::Contact && property == "displayName");
        if (always && !filtered) || (advanced && (always || advanced_only)) {
            Ok(Self {
                property,
                descending,
            })
        } else {
            Err(unsupported())
        }
    }

    /// Returns what an object is sorted by: without case, and by id where that is the same.
    pub(crate) fn key(&self, object: &Object) -> (String, String) {
        let text = object.selected(&self.property);
        let text = text.as_str().unwrap_or_default().to_lowercase();
        (text, object.id.clone())
    }
}

fn unsupported() -> GraphError {
    GraphError::unsupported_query("Sorting not supported for current query.")
}
