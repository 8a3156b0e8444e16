//! `$search`: words in names (graph.md 2.9).
//!
//! It needs `ConsistencyLevel: eventual` alone. Guess, from the page of advanced queries: display
//! names and descriptions are searched word by word, each by its beginning; other texts by theirs.

use crate::error::GraphError;
use crate::schema::Kind;
use crate::tenant::object::Object;

/// Clauses joined by AND of clauses joined by OR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search(Vec<Vec<(String, String)>>);

const SEARCHED: &[&str] = &[
    "displayName",
    "description",
    "mail",
    "mailNickname",
    "userPrincipalName",
    "givenName",
    "surname",
];

impl Search {
    /// Returns the search of a text such as `"displayName:ann" OR "mail:ann"`.
    pub(crate) fn parse(text: &str, kind: Kind) -> Result<Self, GraphError> {
        let mut all = vec![Vec::new()];
        let mut rest = text.trim();
        loop {
            let (clause, after) = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split_once('"'))
                .ok_or_else(|| invalid(text))?;
            let (property, value) = clause.split_once(':').ok_or_else(|| invalid(text))?;
            if !SEARCHED.contains(&property) || kind.property(property).is_none() {
                return Err(GraphError::unsupported_query(format!(
                    "Unsupported property '{property}' in $search clause of resource '{}'.",
                    kind.resource()
                )));
            }
            let group = all.last_mut().expect("there is one from the start");
            group.push((property.to_owned(), value.to_lowercase()));
            rest = after.trim_start();
            if rest.is_empty() {
                return Ok(Self(all));
            }
            if let Some(after) = rest.strip_prefix("AND ") {
                all.push(Vec::new());
                rest = after.trim_start();
            } else if let Some(after) = rest.strip_prefix("OR ") {
                rest = after.trim_start();
            } else {
                return Err(invalid(text));
            }
        }
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|any| {
            any.iter()
                .any(|(property, value)| found(object, property, value))
        })
    }
}

fn found(object: &Object, property: &str, value: &str) -> bool {
    let Some(text) = object.text(property) else {
        return false;
    };
    let text = text.to_lowercase();
    if !matches!(property, "displayName" | "description") {
        return text.starts_with(value);
    }
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let present = words(&text);
    words(value)
        .iter()
        .all(|wanted| present.iter().any(|word| word.starts_with(wanted)))
}

fn invalid(text: &str) -> GraphError {
    GraphError::new(
        http::StatusCode::BAD_REQUEST,
        "BadRequest",
        format!("Syntax error in $search: '{text}'. Clauses are \"property:value\"."),
    )
}
