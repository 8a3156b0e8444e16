//! The query of a request: `$select`, `$top`, `$filter` and what pages need.
//!
//! It reads options; whether an option is supported by a resource is for the routes.

use crate::error::GraphError;
use crate::schema::Kind;

pub(crate) mod filter;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod search;

/// The options of a request, in the order they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    raw: String,
}

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes())
            .map(|(name, value)| {
                let name = name.to_ascii_lowercase();
                // The dollar is optional in OData 4.01; Graph takes both spellings.
                let known = [
                    "select", "top", "filter", "count", "expand", "orderby", "search", "skip",
                ];
                let name = if known.contains(&name.as_str()) {
                    format!("${name}")
                } else {
                    name
                };
                (name, value.into_owned())
            })
            .collect();
        Self {
            pairs,
            raw: raw.to_owned(),
        }
    }

    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the names of `$select`, as they were sent.
    pub(crate) fn select(&self) -> Option<Vec<String>> {
        let select = self.get("$select")?;
        let mut names: Vec<String> = Vec::new();
        for name in select
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            // A path into a complex value selects the whole of it.
            let name = name.split('/').next().unwrap_or(name);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        (!names.is_empty()).then_some(names)
    }

    /// Returns `$top`, or the default page.
    pub(crate) fn top(&self) -> Result<usize, GraphError> {
        let Some(top) = self.get("$top") else {
            return Ok(100);
        };
        match top.parse::<usize>() {
            Ok(top @ 1..=999) => Ok(top),
            Ok(_) => Err(GraphError::bad_request(
                "Invalid page size specified: '".to_owned()
                    + top
                    + "'. Must be between 1 and 999 inclusive.",
            )),
            Err(_) => Err(GraphError::new(
                http::StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("Invalid value '{top}' for $top query option found."),
            )),
        }
    }

    /// Refuses options that Graph's directory has not: `$skip`, and what nobody knows.
    ///
    /// Guess: the words; that paging by `$skip` is not there is in graph.md 2.2 between the lines.
    pub(crate) fn judge(&self) -> Result<(), GraphError> {
        const KNOWN: &[&str] = &[
            "$select",
            "$top",
            "$filter",
            "$count",
            "$expand",
            "$orderby",
            "$search",
            "$skiptoken",
            "$deltatoken",
            "$format",
        ];
        for (name, _) in &self.pairs {
            if name.starts_with('$') && !KNOWN.contains(&name.as_str()) {
                return Err(GraphError::new(
                    http::StatusCode::BAD_REQUEST,
                    "BadRequest",
                    format!("The query parameter '{name}' is not supported."),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn wants_count(&self) -> bool {
        self.get("$count")
            .is_some_and(|count| count.eq_ignore_ascii_case("true"))
    }

    /// Returns the query as it was sent without its page token, to go into the next link.
    pub(crate) fn without_page(&self) -> String {
        self.raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter(|pair| {
                let name = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
                !name.ends_with("skiptoken")
            })
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// Returns the selected names as the schema spells them; without `$select`, the default set.
pub(crate) fn selection(kind: Kind, query: &Query) -> Result<Vec<String>, GraphError> {
    let Some(names) = query.select() else {
        return Ok(kind
            .default_set()
            .iter()
            .map(|name| (*name).to_owned())
            .collect());
    };
    for name in &names {
        if kind.name(name).is_none() {
            return Err(unknown_selection(kind, name));
        }
        if kind.is_outside(name) {
            return Err(GraphError::outside());
        }
    }
    Ok(names)
}

pub(crate) fn unknown_selection(kind: Kind, name: &str) -> GraphError {
    let of = kind.odata_type().trim_start_matches('#');
    GraphError::new(
        http::StatusCode::BAD_REQUEST,
        "BadRequest",
        format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on \
             type '{of}'."
        ),
    )
}
