//! `$expand=manager`, the one expansion that is supported (graph.md 2.7).

use serde_json::{Map, Value, json};

use crate::error::GraphError;
use crate::query::{Query, selection};
use crate::schema::Kind;
use crate::tenant::directory::Directory;
use crate::tenant::object::Object;

/// The manager to be put beside a user, with these properties.
#[derive(Debug)]
pub(super) struct Expand(Vec<String>);

impl Expand {
    pub(super) fn read(query: &Query) -> Result<Option<Self>, GraphError> {
        let Some(text) = query.get("$expand") else {
            return Ok(None);
        };
        let inner = match text.trim().split_once('(') {
            None if text.trim() == "manager" => "",
            Some(("manager", rest)) => rest.trim_end_matches(')'),
            _ => {
                return Err(GraphError::unsupported_query(format!(
                    "The expansion '{text}' is not supported."
                )));
            }
        };
        // Levels are for a single user, which nobody here asks for (graph.md 2.7).
        let options = Query::parse(&inner.replace(';', "&"));
        if options.get("$levels").is_some_and(|levels| levels != "1") {
            return Err(GraphError::unsupported_query(
                "The option '$levels' is not supported on this resource.",
            ));
        }
        selection(Kind::User, &options).map(|names| Some(Self(names)))
    }

    pub(super) fn apply(
        &self,
        directory: &Directory,
        object: &Object,
        row: &mut Map<String, Value>,
    ) {
        let manager = object.manager().and_then(|id| directory.live(id));
        if let Some(manager) = manager {
            let mut whole = manager.select(self.0.iter().map(String::as_str));
            whole.insert("@odata.type".to_owned(), json!(manager.kind.odata_type()));
            row.insert("manager".to_owned(), Value::Object(whole));
        }
    }
}
