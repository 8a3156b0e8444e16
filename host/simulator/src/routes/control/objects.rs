//! Objects as they are, past Graph's rules: to look at, and to change by somebody else's hand.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ControlError;
use crate::exchange::Reply;
use crate::schema::Kind;
use crate::tenant::Tenant;
use crate::tenant::object::Object;

/// Returns everything there is of an object.
pub(super) fn whole(object: &Object) -> Value {
    let mut row = object.everything();
    row.insert("deleted".to_owned(), json!(!object.is_live()));
    if object.kind == Kind::User {
        row.insert("managerId".to_owned(), json!(object.manager()));
        row.insert("protected".to_owned(), json!(object.protected));
    }
    if object.kind == Kind::Group {
        row.insert("members".to_owned(), keys(&object.members.present));
        row.insert("owners".to_owned(), keys(&object.owners.present));
    }
    Value::Object(row)
}

fn keys(links: &std::collections::BTreeMap<String, u64>) -> Value {
    links.keys().cloned().map(Value::String).collect()
}

/// Adds an object with these properties; they are not judged.
pub(super) fn add(
    tenant: &mut Tenant,
    kind: Kind,
    id: String,
    body: Map<String, Value>,
    now: Timestamp,
) -> Result<Reply, ControlError> {
    tenant
        .directory
        .insert(Object::new(id.clone(), kind, now), now);
    set(tenant, &id, body, now)
}

/// Sets properties, those included that Graph does not let anybody write; `protected` makes a user
/// a holder of an administrator role.
pub(super) fn set(
    tenant: &mut Tenant,
    id: &str,
    mut body: Map<String, Value>,
    now: Timestamp,
) -> Result<Reply, ControlError> {
    let key = id.to_lowercase();
    let directory = &mut tenant.directory;
    let found = directory.get(&key).or_else(|| directory.user(id));
    let Some((key, kind)) = found.map(|object| (object.id.clone(), object.kind)) else {
        return Err(ControlError::UnknownObject(id.to_owned()));
    };
    if let Some(protected) = body.remove("protected").and_then(|flag| flag.as_bool()) {
        directory.alter(&key, |object| object.protected = protected);
    }
    if let Some(manager) = body.remove("managerId") {
        directory.set_manager(&key, manager.as_str(), now);
    }
    let values: Vec<_> = body
        .into_iter()
        .filter_map(|(name, value)| Some((kind.name(&name)?, value)))
        .collect();
    directory.set(&key, values, now);
    let object = directory
        .get(&key)
        .ok_or_else(|| ControlError::UnknownObject(id.to_owned()))?;
    Ok(Reply::ok(whole(object)))
}

/// Removes an object for good, without a stay in the recycle bin.
pub(super) fn remove(tenant: &mut Tenant, id: &str, now: Timestamp) -> Result<Reply, ControlError> {
    let key = id.to_lowercase();
    if tenant.directory.get(&key).is_none() {
        return Err(ControlError::UnknownObject(id.to_owned()));
    }
    tenant.directory.purge(&key, now);
    Ok(Reply::no_content())
}
