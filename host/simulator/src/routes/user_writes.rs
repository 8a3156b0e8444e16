//! Users, written: POST, PATCH and DELETE (graph.md 2.4 to 2.8).

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use super::users::{created, find};
use super::{Context, proxies};
use crate::clock::seconds_later;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::schema::{Kind, judge};
use crate::tenant::Tenant;
use crate::tenant::object::Object;

/// Refused on a user who holds an administrator role, unless the app outranks it; ours never does.
const SENSITIVE: &[&str] = &[
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "passwordProfile",
    "userPrincipalName",
];

pub(super) fn create(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let body = call.json()?;
    for name in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "userPrincipalName",
        "passwordProfile",
    ] {
        if !body.contains_key(name) {
            return Err(GraphError::bad_request(format!(
                "A value is required for property '{name}' of resource 'User'."
            ))
            .with_detail("MissingValue", name));
        }
    }
    let values = judge(Kind::User, &body)?;
    if let Some(name) = text_of(&values, "userPrincipalName") {
        judge_principal_name(context.tenant, name, "")?;
    }
    let mut user =
        Object::new(context.ids.id(), Kind::User, context.now).with("userType", "Member");
    user.visible_from = visible_from(context);
    let id = user.id.clone();
    let directory = &mut context.tenant.directory;
    directory.insert(user, context.now);
    let values = with_side_effects(context.tenant, &id, values)?;
    context.tenant.directory.set(&id, values, context.now);
    context.tenant.stats.users_created += 1;
    let user = context
        .tenant
        .directory
        .get(&id)
        .ok_or_else(|| GraphError::not_found(&id))?;
    Ok(created(call, user))
}

/// Returns when a fresh object can be found, where replication lags.
pub(super) fn visible_from(context: &Context<'_>) -> Option<jiff::Timestamp> {
    let lag_s = context.tenant.replication_lag_s;
    (lag_s > 0).then(|| seconds_later(context.now, lag_s.into()))
}

pub(super) fn update(
    call: &Call,
    context: &mut Context<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let body = call.json()?;
    let user = find(context, key)?;
    let id = user.id.clone();
    judge_ownership(user, &body)?;
    let values = judge(Kind::User, &body)?;
    if let Some(name) = text_of(&values, "userPrincipalName") {
        judge_principal_name(context.tenant, name, &id)?;
    }
    let values = with_side_effects(context.tenant, &id, values)?;
    context.tenant.directory.set(&id, values, context.now);
    Ok(Reply::no_content())
}

pub(super) fn delete(context: &mut Context<'_>, key: &str) -> Result<Reply, GraphError> {
    let user = find(context, key)?;
    if user.protected {
        return Err(GraphError::denied());
    }
    let id = user.id.clone();
    context.tenant.directory.soft_delete(&id, context.now);
    Ok(Reply::no_content())
}

/// Refuses what somebody else owns on this user (graph.md 2.3, 14.1, 14.2).
fn judge_ownership(user: &Object, body: &Map<String, Value>) -> Result<(), GraphError> {
    if user.protected && body.keys().any(|name| SENSITIVE.contains(&name.as_str())) {
        return Err(GraphError::denied());
    }
    let synced = user.flag("onPremisesSyncEnabled");
    if synced == Some(true) && body.keys().any(|name| name != "usageLocation") {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync \
             objects or objects currently undergoing migration.",
        ));
    }
    let has_mailbox = matches!(user.value("assignedPlans"), Some(Value::Array(plans))
        if plans.iter().any(|plan| plan["service"] == "exchange"
            && plan["capabilityStatus"] == "Enabled"));
    let external = ["mail", "showInAddressList"];
    let touches_mailbox = body.keys().any(|name| external.contains(&name.as_str()));
    let touches_attributes = body.contains_key("onPremisesExtensionAttributes");
    if (has_mailbox && touches_mailbox) || (synced.is_some() && touches_attributes) {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for objects that have originated within an \
             external service.",
        ));
    }
    Ok(())
}

fn text_of<'a>(values: &'a [(Cow<'static, str>, Value)], name: &str) -> Option<&'a str> {
    values
        .iter()
        .find(|(known, _)| known == name)
        .and_then(|(_, value)| value.as_str())
}

/// Refuses a name with letters, a domain or a holder that Entra does not permit (graph.md 2.4).
fn judge_principal_name(tenant: &Tenant, name: &str, besides: &str) -> Result<(), GraphError> {
    let invalid = || GraphError::invalid_value("userPrincipalName", "User");
    let (local, domain) = name.rsplit_once('@').ok_or_else(invalid)?;
    let permitted = |letter: char| letter.is_ascii_alphanumeric() || "'.-_!#^~".contains(letter);
    if local.is_empty() || local.len() > 64 || domain.len() > 48 || !local.chars().all(permitted) {
        return Err(invalid());
    }
    if !tenant.has_verified(domain) {
        return Err(GraphError::new(
            StatusCode::BAD_REQUEST,
            "Request_BadRequest",
            "The domain portion of the userPrincipalName property is invalid. You must use one of \
             the verified domain names in your organization.",
        )
        .with_detail("InvalidValue", "userPrincipalName"));
    }
    match tenant.directory.user(name) {
        Some(holder) if holder.id != besides => Err(GraphError::conflict("userPrincipalName")),
        _ => Ok(()),
    }
}

/// Adds what a write changes besides what it names: proxies follow mail, members of a complex value
/// are merged or made null.
fn with_side_effects(
    tenant: &Tenant,
    id: &str,
    values: Vec<(Cow<'static, str>, Value)>,
) -> Result<Vec<(Cow<'static, str>, Value)>, GraphError> {
    let Some(user) = tenant.directory.get(id) else {
        return Err(GraphError::not_found(id));
    };
    let mut whole = Vec::with_capacity(values.len() + 1);
    for (name, value) in values {
        match (&*name, value) {
            ("mail", Value::String(mail)) => {
                if !mail.is_ascii() || !mail.contains('@') {
                    return Err(GraphError::invalid_value("mail", "User"));
                }
                if user.text("mail") != Some(&mail)
                    && let Some(addresses) = proxies::after_mail(&tenant.directory, user, &mail)
                {
                    whole.push((Cow::Borrowed("proxyAddresses"), addresses));
                }
                whole.push((name, Value::String(mail)));
            }
            // Merged member by member, unlike employeeOrgData, where what is left out is cleared.
            ("onPremisesExtensionAttributes", Value::Object(members)) => {
                let mut merged = match user.value("onPremisesExtensionAttributes") {
                    Some(Value::Object(present)) => present.clone(),
                    _ => Map::new(),
                };
                merged.extend(
                    members
                        .into_iter()
                        .filter(|(member, _)| !member.starts_with('@')),
                );
                whole.push((name, Value::Object(merged)));
            }
            ("employeeOrgData", Value::Object(mut members)) => {
                let complete: Map<String, Value> = ["division", "costCenter"]
                    .into_iter()
                    .map(|member| {
                        let value = members.remove(member).unwrap_or(Value::Null);
                        (member.to_owned(), value)
                    })
                    .collect();
                whole.push((name, Value::Object(complete)));
            }
            (_, value) => whole.push((name, value)),
        }
    }
    Ok(whole)
}
