//! Single users and contacts, read.

use serde_json::{Value, json};

use super::{Context, expand::Expand};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::selection;
use crate::schema::Kind;
use crate::tenant::object::Object;

/// Returns the user of that id or name, where replication lets it be seen.
pub(super) fn find<'a>(context: &'a Context<'_>, key: &str) -> Result<&'a Object, GraphError> {
    context
        .tenant
        .directory
        .user(key)
        .filter(|user| user.is_visible(context.now))
        .ok_or_else(|| GraphError::not_found(key))
}

pub(super) fn get(call: &Call, context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    let expand = Expand::read(&call.query)?;
    let user = find(context, key)?;
    let mut body = entity(call, &user.as_of(context.now))?;
    if let (Some(expand), Value::Object(row)) = (expand, &mut body) {
        expand.apply(&context.tenant.directory, user, row);
    }
    Ok(Reply::ok(body))
}

pub(super) fn get_contact(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    entity(call, find_contact(context, key)?).map(Reply::ok)
}

/// Returns the contact of that id.
pub(super) fn find_contact<'a>(
    context: &'a Context<'_>,
    key: &str,
) -> Result<&'a Object, GraphError> {
    context
        .tenant
        .directory
        .live(&key.to_lowercase())
        .filter(|object| object.kind == Kind::Contact)
        .ok_or_else(|| GraphError::not_found(key))
}

/// Returns one object as a GET gives it.
pub(super) fn entity(call: &Call, object: &Object) -> Result<Value, GraphError> {
    let names = selection(object.kind, &call.query)?;
    let set = object.kind.set();
    let context = match call.query.get("$select") {
        Some(select) => call.context(&format!("{set}({select})/$entity")),
        None => call.context(&format!("{set}/$entity")),
    };
    let mut row = object.select(names.iter().map(String::as_str));
    row.insert("@odata.context".to_owned(), json!(context));
    Ok(Value::Object(row))
}

/// Returns an object with its default properties, as a create answers.
pub(super) fn created(call: &Call, object: &Object) -> Reply {
    let set = object.kind.set();
    let mut row = object.select(object.kind.default_set().iter().copied());
    row.insert(
        "@odata.context".to_owned(),
        json!(call.context(&format!("{set}/$entity"))),
    );
    let location = format!("{}/v1.0/{set}/{}", call.base, object.id);
    Reply::created(Value::Object(row)).with_header("location", location)
}
