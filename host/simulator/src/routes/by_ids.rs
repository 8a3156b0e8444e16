//! `directoryObjects/getByIds`: objects of any type by their ids.

use serde_json::{Value, json};

use super::{Context, members::typed};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::permissions;
use crate::schema::Kind;

/// How many ids one request may name. Guess, from the page of the request.
const IDS_MAX: usize = 1_000;

pub(super) fn answer(call: &Call, context: &Context<'_>) -> Result<Reply, GraphError> {
    let body = call.json()?;
    let texts = |name: &str| -> Option<Vec<&str>> {
        match body.get(name) {
            Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
            _ => None,
        }
    };
    let ids = texts("ids").ok_or_else(|| {
        GraphError::bad_request("A value is required for parameter 'ids' of getByIds.")
    })?;
    if ids.len() > IDS_MAX {
        return Err(GraphError::bad_request(format!(
            "The number of ids exceeds the maximum of {IDS_MAX}."
        )));
    }
    let types = texts("types").unwrap_or_default();
    let kind_of = |name: &str| match name.to_ascii_lowercase().as_str() {
        "user" => Some(Kind::User),
        "group" => Some(Kind::Group),
        "orgcontact" => Some(Kind::Contact),
        _ => None,
    };
    let kinds: Vec<Kind> = types.iter().filter_map(|name| kind_of(name)).collect();
    let value: Vec<Value> = ids
        .iter()
        .filter_map(|id| context.tenant.directory.live(&id.to_lowercase()))
        .filter(|object| object.is_visible(context.now))
        .filter(|object| types.is_empty() || kinds.contains(&object.kind))
        .map(|object| {
            // Of a type that the caller may not read there is the id alone (graph.md 5.3).
            if permissions::reads(object.kind, context.roles) {
                typed(&object.as_of(context.now), &call.query)
            } else {
                Ok(json!({ "@odata.type": object.kind.odata_type(), "id": object.id }))
            }
        })
        .collect::<Result<_, _>>()?;
    Ok(Reply::ok(json!({
        "@odata.context": call.context("directoryObjects"),
        "value": value,
    })))
}
