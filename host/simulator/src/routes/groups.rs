//! Groups: create, read, update, delete (graph.md 5.1, 5.2).

use serde_json::{Map, Value, json};

use super::Context;
use super::members::{self, bound};
use super::user_writes::visible_from;
use super::users::{created, entity};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::schema::{Kind, judge};
use crate::tenant::directory::{FROM_START, Relation};
use crate::tenant::object::Object;

/// How many relations one request may set (graph.md 5.2).
pub(super) const RELATIONS_MAX: usize = 20;

/// Returns the group of that id, or of that `uniqueName`.
pub(super) fn find<'a>(context: &'a Context<'_>, key: &str) -> Result<&'a Object, GraphError> {
    let directory = &context.tenant.directory;
    let found = match key.strip_prefix("uniqueName=") {
        Some(name) => directory
            .listing(Kind::Group, FROM_START)
            .find(|group| group.is_live() && group.text("uniqueName") == Some(name)),
        None => directory.live(&key.to_lowercase()),
    };
    found
        .filter(|object| object.kind == Kind::Group && object.is_visible(context.now))
        .ok_or_else(|| GraphError::not_found(key))
}

pub(super) fn get(call: &Call, context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    entity(call, &find(context, key)?.as_of(context.now)).map(Reply::ok)
}

pub(super) fn create(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let body = call.json()?;
    create_from(call, context, &body)
}

fn create_from(
    call: &Call,
    context: &mut Context<'_>,
    body: &Map<String, Value>,
) -> Result<Reply, GraphError> {
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if !body.contains_key(name) {
            return Err(GraphError::bad_request(format!(
                "A value is required for property '{name}' of resource 'Group'."
            ))
            .with_detail("MissingValue", name));
        }
    }
    let values = judge(Kind::Group, body)?;
    judge_nickname(body)?;
    judge_kind(body)?;
    if let Some(name) = body.get("uniqueName").and_then(Value::as_str) {
        judge_unique_name(context, name, "")?;
    }
    let members = bound(body, "members@odata.bind")?;
    let owners = bound(body, "owners@odata.bind")?;
    if members.len() + owners.len() > RELATIONS_MAX {
        return Err(GraphError::bad_request(format!(
            "The request can add at most {RELATIONS_MAX} relationships."
        )));
    }
    members::judge_references(context, &members)?;
    members::judge_references(context, &owners)?;
    let now = context.now;
    let mut group = Object::new(context.ids.id(), Kind::Group, now).with("groupTypes", json!([]));
    group.visible_from = visible_from(context);
    let id = group.id.clone();
    let unified = is_unified(body);
    let directory = &mut context.tenant.directory;
    directory.insert(group, now);
    directory.set(&id, values, now);
    if unified {
        let nickname = body
            .get("mailNickname")
            .and_then(Value::as_str)
            .unwrap_or("group");
        let mail = free_address(context, nickname);
        context.tenant.directory.set(
            &id,
            [
                ("mail".into(), json!(mail)),
                ("proxyAddresses".into(), json!([format!("SMTP:{mail}")])),
            ],
            now,
        );
    }
    for (relation, ids) in [(Relation::Members, members), (Relation::Owners, owners)] {
        for member in ids {
            context
                .tenant
                .directory
                .add_link(&id, relation, &member, now);
        }
    }
    context.tenant.stats.groups_created += 1;
    let group = context
        .tenant
        .directory
        .get(&id)
        .ok_or_else(|| GraphError::not_found(&id))?;
    Ok(created(call, group))
}

fn is_unified(body: &Map<String, Value>) -> bool {
    matches!(body.get("groupTypes"), Some(Value::Array(types)) if types.iter().any(|kind| kind == "Unified"))
}

/// Only security groups and Microsoft 365 groups can be made here (graph.md 5.1).
fn judge_kind(body: &Map<String, Value>) -> Result<(), GraphError> {
    let mail_enabled = body.get("mailEnabled") == Some(&Value::Bool(true));
    if mail_enabled == is_unified(body) {
        return Ok(());
    }
    Err(GraphError::bad_request(
        "The service does not currently support writing mail-enabled groups. Please ensure the \
         mail-enablement property is unset and the security-enablement property is set.",
    ))
}

fn judge_nickname(body: &Map<String, Value>) -> Result<(), GraphError> {
    let Some(nickname) = body.get("mailNickname").and_then(Value::as_str) else {
        return Ok(());
    };
    if nickname.is_ascii() && !nickname.contains(|letter| "@()\\[]\";:.<>, ".contains(letter)) {
        Ok(())
    } else {
        Err(GraphError::invalid_value("mailNickname", "Group"))
    }
}

fn judge_unique_name(context: &Context<'_>, name: &str, besides: &str) -> Result<(), GraphError> {
    let taken = context
        .tenant
        .directory
        .listing(Kind::Group, FROM_START)
        .any(|group| {
            group.id != besides && group.is_live() && group.text("uniqueName") == Some(name)
        });
    if taken {
        return Err(GraphError::conflict("uniqueName"));
    }
    Ok(())
}

/// A Microsoft 365 group gets an address of its own; a number follows where it is taken.
fn free_address(context: &mut Context<'_>, nickname: &str) -> String {
    let domain = context.tenant.default_domain.clone();
    let mut address = format!("{nickname}@{domain}");
    while context
        .tenant
        .directory
        .holders(&address, "")
        .next()
        .is_some()
    {
        address = format!("{nickname}{}@{domain}", context.ids.between(1_000, 9_999));
    }
    address
}

/// Refuses groups that Graph shows and others master (graph.md 5.1, 5.3).
pub(super) fn judge_writable(context: &Context<'_>, group: &Object) -> Result<(), GraphError> {
    let manages_roles = context
        .roles
        .iter()
        .any(|role| role == "RoleManagement.ReadWrite.Directory");
    if group.flag("isAssignableToRole") == Some(true) && !manages_roles {
        return Err(GraphError::denied());
    }
    if group.flag("onPremisesSyncEnabled") == Some(true) {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync \
             objects or objects currently undergoing migration.",
        ));
    }
    let unified = group.texts("groupTypes").contains(&"Unified");
    if group.flag("mailEnabled") == Some(true) && !unified {
        return Err(GraphError::bad_request(
            "Cannot Update a mail-enabled security groups and or distribution list.",
        ));
    }
    Ok(())
}

pub(super) fn update(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let body = call.json()?;
    let group = match find(context, key) {
        Ok(group) => group,
        Err(missing) => return upsert(call, context, key, body, missing),
    };
    judge_writable(context, group)?;
    let id = group.id.clone();
    let kind_changes = |name: &str| {
        body.get(name)
            .is_some_and(|value| group.value(name).is_some_and(|present| present != value))
    };
    if kind_changes("mailEnabled") || kind_changes("isAssignableToRole") {
        return Err(GraphError::bad_request(
            "The kind of a group is fixed when it is created.",
        ));
    }
    let values = judge(Kind::Group, &body)?;
    judge_nickname(&body)?;
    if let Some(name) = body.get("uniqueName").and_then(Value::as_str) {
        judge_unique_name(context, name, &id)?;
    }
    let members = bound(&body, "members@odata.bind")?;
    members::judge_additions(context, &id, Relation::Members, &members)?;
    let owners = bound(&body, "owners@odata.bind")?;
    members::judge_additions(context, &id, Relation::Owners, &owners)?;
    let now = context.now;
    let directory = &mut context.tenant.directory;
    directory.set(&id, values, now);
    for (relation, ids) in [(Relation::Members, members), (Relation::Owners, owners)] {
        for member in ids {
            directory.add_link(&id, relation, &member, now);
        }
    }
    Ok(Reply::no_content())
}

/// `PATCH /groups(uniqueName='x')` with `Prefer: create-if-missing` makes the group.
fn upsert(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
    mut body: Map<String, Value>,
    missing: GraphError,
) -> Result<Reply, GraphError> {
    let wanted = call
        .header("prefer")
        .is_some_and(|prefer| prefer.contains("create-if-missing"));
    match key.strip_prefix("uniqueName=") {
        Some(name) if wanted => {
            body.insert("uniqueName".to_owned(), json!(name));
            create_from(call, context, &body)
        }
        _ => Err(missing),
    }
}

pub(super) fn delete(context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    let group = find(context, key)?;
    judge_writable(context, group)?;
    if group.protected {
        return Err(GraphError::denied());
    }
    let id = group.id.clone();
    context.tenant.directory.soft_delete(&id, context.now);
    Ok(Reply::no_content())
}
