//! A user's manager (graph.md 2.7).

use serde_json::{Value, json};

use super::users::{entity, find, find_contact};
use super::{Context, members::reference};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::schema::Kind;
use crate::tenant::object::Object;

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    match (call.method.as_str(), rest) {
        ("GET", []) => get(call, context, key),
        ("GET", ["$ref"]) => {
            let user = find(context, key)?;
            let manager = user
                .manager()
                .and_then(|id| context.tenant.directory.live(id))
                .ok_or_else(|| GraphError::not_found("manager"))?;
            Ok(Reply::ok(json!({
                "@odata.context": call.context("$ref"),
                "@odata.id": format!("{}/v1.0/directoryObjects/{}", call.base, manager.id),
            })))
        }
        ("PUT", ["$ref"]) => put(call, context, key),
        ("DELETE", ["$ref"]) => {
            let user = find(context, key)?;
            if user.manager().is_none() {
                return Err(GraphError::not_found("manager"));
            }
            let id = user.id.clone();
            context.tenant.directory.set_manager(&id, None, context.now);
            Ok(Reply::no_content())
        }
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn get(call: &Call, context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    of(call, context, find(context, key)?)
}

/// A contact's manager, which is read only (graph.md 6.1).
pub(super) fn of_contact(
    call: &Call,
    context: &Context<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    of(call, context, find_contact(context, key)?)
}

fn of(call: &Call, context: &Context<'_>, object: &Object) -> Result<Reply, GraphError> {
    let manager = object
        .manager()
        .and_then(|id| context.tenant.directory.live(id))
        .ok_or_else(|| GraphError::not_found("manager"))?;
    let mut body = entity(call, manager)?;
    if let Value::Object(row) = &mut body {
        row.insert("@odata.type".to_owned(), json!(manager.kind.odata_type()));
    }
    Ok(Reply::ok(body))
}

fn put(call: &Call, context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    let body = call.json()?;
    let user = find(context, key)?.id.clone();
    let target = reference(&body)?;
    let now = context.now;
    let manager = context
        .tenant
        .directory
        .get(&target)
        .filter(|object| object.is_visible(now) && object.kind != Kind::Group)
        .ok_or_else(|| GraphError::not_found(&target))?;
    if manager.id == user {
        return Err(GraphError::bad_request("A user cannot be its own manager."));
    }
    let manager = manager.id.clone();
    context
        .tenant
        .directory
        .set_manager(&user, Some(&manager), now);
    Ok(Reply::no_content())
}
