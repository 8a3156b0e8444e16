//! The recycle bin: list, get, restore and purge (graph.md 2.8).

use http::StatusCode;
use serde_json::{Value, json};

use super::Context;
use super::listing::{bookmark, next_link, page};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::permissions;
use crate::query::{filter::Filter, selection};
use crate::schema::Kind;
use crate::tenant::object::Object;

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    match (call.method.as_str(), rest) {
        ("GET", ["microsoft.graph.user"]) => list(call, context, Kind::User),
        ("GET", ["microsoft.graph.group"]) => list(call, context, Kind::Group),
        ("GET", [id] | [id, "microsoft.graph.user" | "microsoft.graph.group"]) => {
            let object = find(context, id)?;
            judge(permissions::reads(object.kind, context.roles))?;
            let mut body = represent(call, object)?;
            body["@odata.context"] = json!(call.context("directoryObjects/$entity"));
            body["@odata.type"] = json!(object.kind.odata_type());
            Ok(Reply::ok(body))
        }
        ("POST", [id, "restore"]) => restore(call, context, id),
        ("DELETE", [id]) => {
            let object = find(context, id)?;
            judge(permissions::deletes(object.kind, context.roles) && !object.protected)?;
            let id = object.id.clone();
            context.tenant.directory.purge(&id, context.now);
            Ok(Reply::no_content())
        }
        _ => Err(GraphError::method_not_allowed()),
    }
}

/// What may be done depends on what kind of object is in the bin (graph.md 2.3).
fn judge(permitted: bool) -> Result<(), GraphError> {
    if permitted {
        Ok(())
    } else {
        Err(GraphError::denied())
    }
}

fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Object, GraphError> {
    context
        .tenant
        .directory
        .get(&id.to_lowercase())
        .filter(|object| !object.is_live())
        .ok_or_else(|| GraphError::not_found(id))
}

/// Without `$select` a deleted object also says when it was deleted.
fn represent(call: &Call, object: &Object) -> Result<Value, GraphError> {
    let names = selection(object.kind, &call.query)?;
    let mut row = object.select(names.iter().map(String::as_str));
    if call.query.get("$select").is_none() {
        row.insert(
            "deletedDateTime".to_owned(),
            object.selected("deletedDateTime"),
        );
    }
    Ok(Value::Object(row))
}

fn list(call: &Call, context: &mut Context<'_>, kind: Kind) -> Result<Reply, GraphError> {
    judge(permissions::reads(kind, context.roles))?;
    let top = call.query.top()?;
    let filter = call
        .query
        .get("$filter")
        .map(|text| Filter::parse(text, kind, call.eventual()))
        .transpose()?;
    let after = bookmark(call, context)?;
    let objects = context
        .tenant
        .directory
        .listing(kind, after.as_deref())
        .filter(|object| !object.is_live())
        .filter(|object| filter.as_ref().is_none_or(|filter| filter.matches(object)));
    let (rows, more) = page(objects, top);
    let value: Vec<Value> = rows
        .into_iter()
        .map(|object| represent(call, object))
        .collect::<Result<_, _>>()?;
    let mut body = json!({ "@odata.context": call.context(kind.set()), "value": value });
    if let Some(last) = more {
        body["@odata.nextLink"] = json!(next_link(call, context, &last));
    }
    Ok(Reply::ok(body))
}

fn restore(call: &Call, context: &mut Context<'_>, id: &str) -> Result<Reply, GraphError> {
    let body = if call.body.is_empty() {
        serde_json::Map::new()
    } else {
        call.json()?
    };
    let object = find(context, id)?;
    judge(permissions::deletes(object.kind, context.roles) && !object.protected)?;
    let id = object.id.clone();
    let kind = object.kind;
    let prefix = id.replace('-', "");
    let name = body
        .get("newUserPrincipalName")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| {
            // While deleted, the name carries the id in front.
            let name = object.text("userPrincipalName")?;
            Some(name.strip_prefix(&prefix).unwrap_or(name).to_owned())
        });
    let reconciles = body
        .get("autoReconcileProxyConflict")
        .and_then(Value::as_bool)
        == Some(true);
    let proxies: Vec<String> = object
        .texts("proxyAddresses")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let directory = &mut context.tenant.directory;
    if let Some(name) = &name
        && directory.user(name).is_some()
    {
        return Err(conflict("userPrincipalName"));
    }
    let (free, taken): (Vec<String>, Vec<String>) = proxies
        .into_iter()
        .partition(|proxy| !super::proxies::is_taken(directory, proxy, &id));
    if !taken.is_empty() && !reconciles {
        return Err(conflict("proxyAddresses"));
    }
    directory.restore(&id, name, context.now);
    if !taken.is_empty() {
        directory.set(&id, [("proxyAddresses".into(), json!(free))], context.now);
    }
    let object = context
        .tenant
        .directory
        .get(&id)
        .ok_or_else(|| GraphError::not_found(&id))?;
    let mut row = object.select(kind.default_set().iter().copied());
    row.insert("@odata.type".to_owned(), json!(kind.odata_type()));
    row.insert(
        "@odata.context".to_owned(),
        json!(call.context("directoryObjects/$entity")),
    );
    Ok(Reply::ok(Value::Object(row)))
}

fn conflict(property: &str) -> GraphError {
    GraphError::new(
        StatusCode::BAD_REQUEST,
        "Request_BadRequest",
        format!("Another object with the same value for property {property} already exists."),
    )
    .with_detail("ObjectConflict", property)
}
