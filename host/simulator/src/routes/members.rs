//! Members and owners of groups (graph.md 5.3).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::groups::{RELATIONS_MAX, find, judge_writable};
use super::listing::{bookmark, next_link, page};
use super::{Context, user_writes};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::permissions;
use crate::query::{Query, unknown_selection};
use crate::schema::Kind;
use crate::tenant::directory::{Directory, FROM_START, Relation};
use crate::tenant::object::Object;

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
    relation: &str,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let links = if relation == "owners" {
        Relation::Owners
    } else {
        Relation::Members
    };
    match (call.method.as_str(), relation, rest) {
        ("GET", _, []) => list(call, context, key, relation, None),
        ("GET", _, ["microsoft.graph.user"]) => {
            list(call, context, key, relation, Some(Kind::User))
        }
        ("GET", _, ["microsoft.graph.group"]) => {
            list(call, context, key, relation, Some(Kind::Group))
        }
        ("POST", "members" | "owners", ["$ref"]) => add(call, context, key, links),
        ("DELETE", "members" | "owners", [member, "$ref"]) => remove(context, key, links, member),
        ("DELETE", "members" | "owners", [member]) => delete_object(context, key, links, member),
        ("PATCH", "members", ["$ref"]) => Err(GraphError::bad_request(
            "The request is currently not supported on the targeted entity set",
        )),
        _ => Err(GraphError::method_not_allowed()),
    }
}

/// Returns the id that an `@odata.id` ends with.
pub(super) fn reference(body: &Map<String, Value>) -> Result<String, GraphError> {
    body.get("@odata.id")
        .and_then(Value::as_str)
        .map(last_segment)
        .filter(|id| !id.is_empty())
        .ok_or_else(|| {
            GraphError::bad_request("A value is required for '@odata.id' of the reference.")
        })
}

fn last_segment(link: &str) -> String {
    let tail = link
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(link);
    let key = tail
        .split_once("('")
        .map_or(tail, |(_, key)| key.trim_end_matches("')"));
    key.to_lowercase()
}

/// Returns the ids of a bind list; none where it is not given.
pub(super) fn bound(body: &Map<String, Value>, name: &str) -> Result<Vec<String>, GraphError> {
    let Some(list) = body.get(name) else {
        return Ok(Vec::new());
    };
    let Value::Array(links) = list else {
        return Err(GraphError::invalid_value(name, "Group"));
    };
    let mut ids = Vec::with_capacity(links.len());
    for link in links {
        let Some(link) = link.as_str() else {
            return Err(GraphError::invalid_value(name, "Group"));
        };
        let id = last_segment(link);
        if ids.contains(&id) {
            return Err(GraphError::bad_request(format!(
                "Object '{id}' can only be present once as an add/remove change."
            )));
        }
        ids.push(id);
    }
    if ids.len() > RELATIONS_MAX {
        return Err(GraphError::bad_request(format!(
            "The request can add at most {RELATIONS_MAX} relationships."
        )));
    }
    Ok(ids)
}

/// Refuses where one of the objects is not there, or not yet.
pub(super) fn judge_references(context: &Context<'_>, ids: &[String]) -> Result<(), GraphError> {
    for id in ids {
        let found = context.tenant.directory.get(id);
        if !found.is_some_and(|object| object.is_visible(context.now)) {
            return Err(GraphError::not_found(id));
        }
    }
    Ok(())
}

/// Judges additions together: one that cannot be made refuses all.
pub(super) fn judge_additions(
    context: &Context<'_>,
    group: &str,
    relation: Relation,
    ids: &[String],
) -> Result<(), GraphError> {
    judge_references(context, ids)?;
    let directory = &context.tenant.directory;
    let Some(group) = directory.get(group) else {
        return Err(GraphError::not_found(group));
    };
    let (links, name) = match relation {
        Relation::Members => (&group.members, "members"),
        Relation::Owners => (&group.owners, "owners"),
    };
    if ids.iter().any(|id| links.contains(id)) {
        return Err(GraphError::bad_request(format!(
            "One or more added object references already exist for the following modified \
             properties: '{name}'."
        ))
        .with_detail("ObjectConflict", name));
    }
    let dynamic = group.texts("groupTypes").contains(&"DynamicMembership");
    if dynamic && relation == Relation::Members && !ids.is_empty() {
        return Err(GraphError::bad_request(
            "Insufficient privileges to complete the operation: the membership of a dynamic group \
             cannot be edited.",
        ));
    }
    let users_only = group.texts("groupTypes").contains(&"Unified");
    let refused = ids
        .iter()
        .filter_map(|id| directory.get(id))
        .find(|object| users_only && object.kind != Kind::User);
    match refused {
        Some(object) => Err(GraphError::bad_request(format!(
            "Invalid object type '{}' for member of a Microsoft 365 group.",
            object.kind.resource()
        ))),
        None => Ok(()),
    }
}

fn add(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
    relation: Relation,
) -> Result<Reply, GraphError> {
    let body = call.json()?;
    let group = find(context, key)?;
    judge_writable(context, group)?;
    let group = group.id.clone();
    let member = reference(&body)?;
    judge_additions(context, &group, relation, std::slice::from_ref(&member))?;
    let now = context.now;
    context
        .tenant
        .directory
        .add_link(&group, relation, &member, now);
    Ok(Reply::no_content())
}

fn remove(
    context: &mut Context<'_>,
    key: &str,
    relation: Relation,
    member: &str,
) -> Result<Reply, GraphError> {
    let group = find(context, key)?;
    judge_writable(context, group)?;
    let group = group.id.clone();
    let now = context.now;
    let member = member.to_lowercase();
    if context
        .tenant
        .directory
        .remove_link(&group, relation, &member, now)
    {
        Ok(Reply::no_content())
    } else {
        Err(GraphError::not_found(&member))
    }
}

/// Without `/$ref` it is the member itself that is deleted, not the link.
fn delete_object(
    context: &mut Context<'_>,
    key: &str,
    relation: Relation,
    member: &str,
) -> Result<Reply, GraphError> {
    let group = find(context, key)?;
    let member = member.to_lowercase();
    let links = match relation {
        Relation::Members => &group.members,
        Relation::Owners => &group.owners,
    };
    if !links.contains(&member) {
        return Err(GraphError::not_found(&member));
    }
    match context
        .tenant
        .directory
        .get(&member)
        .map(|object| object.kind)
    {
        Some(kind) if !permissions::deletes(kind, context.roles) => Err(GraphError::denied()),
        Some(Kind::User) => user_writes::delete(context, &member),
        Some(Kind::Group) => super::groups::delete(context, &member),
        _ => Err(GraphError::denied()),
    }
}

fn list(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
    relation: &str,
    kind: Option<Kind>,
) -> Result<Reply, GraphError> {
    let group = find(context, key)?;
    let top = call.query.top()?;
    let after = bookmark(call, context)?;
    let directory = &context.tenant.directory;
    let ids = match relation {
        "owners" => group.owners.present.keys().cloned().collect(),
        "transitiveMembers" => transitive(directory, &group.id),
        _ => group
            .members
            .present
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>(),
    };
    let now = context.now;
    let objects = ids
        .iter()
        .filter(|id| after.as_ref().is_none_or(|after| *id > after))
        .filter_map(|id| directory.get(id))
        .filter(|object| object.is_visible(now))
        .filter(|object| kind.is_none_or(|kind| object.kind == kind));
    let (rows, more) = page(objects, top);
    mixed(call, context, &rows, more)
}

/// Answers with objects of several types: each names its own, and what a type lacks is left out.
fn mixed(
    call: &Call,
    context: &Context<'_>,
    rows: &[&Object],
    more: Option<String>,
) -> Result<Reply, GraphError> {
    let value: Vec<Value> = rows
        .iter()
        .map(|object| typed(&object.as_of(context.now), &call.query))
        .collect::<Result<_, _>>()?;
    let mut body = json!({
        "@odata.context": call.context("directoryObjects"),
        "value": value,
    });
    if let Some(last) = more {
        body["@odata.nextLink"] = json!(next_link(call, context, &last));
    }
    Ok(Reply::ok(body))
}

pub(super) fn typed(object: &Object, query: &Query) -> Result<Value, GraphError> {
    let names = match query.select() {
        None => object
            .kind
            .default_set()
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        Some(names) => {
            let all = [Kind::User, Kind::Group, Kind::Contact];
            for name in &names {
                if all.iter().all(|kind| kind.name(name).is_none()) {
                    return Err(unknown_selection(object.kind, name));
                }
            }
            names
        }
    };
    let known = names
        .iter()
        .map(String::as_str)
        .filter(|name| object.kind.name(name).is_some());
    let mut row = object.select(known);
    row.insert("@odata.type".to_owned(), json!(object.kind.odata_type()));
    Ok(Value::Object(row))
}

/// Returns everybody in a group and in the groups inside it; groups in a ring are met once.
fn transitive(directory: &Directory, group: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![group.to_owned()];
    while let Some(id) = open.pop() {
        let Some(object) = directory.live(&id) else {
            continue;
        };
        for member in object.members.present.keys() {
            if found.insert(member.clone()) {
                open.push(member.clone());
            }
        }
    }
    found
}

/// Answers with the groups that an object is a member of: directly, or also through other groups.
pub(super) fn member_of(
    call: &Call,
    context: &mut Context<'_>,
    kind: Kind,
    key: &str,
    relation: &str,
) -> Result<Reply, GraphError> {
    let found = match kind {
        Kind::User => super::users::find(context, key)?,
        Kind::Group => find(context, key)?,
        Kind::Contact => super::users::find_contact(context, key)?,
    };
    let top = call.query.top()?;
    let after = bookmark(call, context)?;
    let directory = &context.tenant.directory;
    let mut groups = containing(directory, &found.id);
    if relation == "transitiveMemberOf" {
        let mut open: Vec<String> = groups.iter().cloned().collect();
        while let Some(id) = open.pop() {
            for outer in containing(directory, &id) {
                if groups.insert(outer.clone()) {
                    open.push(outer);
                }
            }
        }
    }
    let objects = groups
        .iter()
        .filter(|id| after.as_ref().is_none_or(|after| *id > after))
        .filter_map(|id| directory.get(id));
    let (rows, more) = page(objects, top);
    mixed(call, context, &rows, more)
}

fn containing(directory: &Directory, id: &str) -> BTreeSet<String> {
    directory
        .listing(Kind::Group, FROM_START)
        .filter(|group| group.is_live() && group.members.contains(id))
        .map(|group| group.id.clone())
        .collect()
}
