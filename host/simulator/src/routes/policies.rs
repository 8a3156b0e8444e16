//! Policies: who may invite, and what the tenants allow each other (graph.md section 10).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Context;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::tenant::policy::{AllowInvitesFrom, Partner, Policy, SECTIONS};

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let method = call.method.as_str();
    match rest {
        ["authorizationPolicy"] => match method {
            "GET" => Ok(Reply::ok(authorization(call, &context.tenant.policy))),
            "PATCH" => set_authorization(&mut context.tenant.policy, &call.json()?),
            _ => Err(GraphError::method_not_allowed()),
        },
        ["crossTenantAccessPolicy"] if method == "GET" => Ok(Reply::ok(json!({
            "@odata.context": call.context("policies/crossTenantAccessPolicy/$entity"),
            "displayName": "CrossTenantAccessPolicy",
            "allowedCloudEndpoints": [],
        }))),
        ["crossTenantAccessPolicy", "default"] => {
            let policy = &mut context.tenant.policy;
            match method {
                "GET" => {
                    let mut body = policy.default.clone();
                    body.insert(
                        "isServiceDefault".to_owned(),
                        json!(policy.is_service_default),
                    );
                    Ok(Reply::ok(Value::Object(body)))
                }
                "PATCH" => {
                    let sections = sections(&call.json()?, &[])?;
                    policy.default.extend(sections);
                    policy.is_service_default = false;
                    Ok(Reply::no_content())
                }
                _ => Err(GraphError::method_not_allowed()),
            }
        }
        ["crossTenantAccessPolicy", "partners"] => match method {
            "GET" => {
                let partners = &context.tenant.policy.partners;
                let value: Vec<Value> = partners.iter().map(|(id, one)| shown(id, one)).collect();
                Ok(Reply::ok(json!({
                    "@odata.context": call.context("policies/crossTenantAccessPolicy/partners"),
                    "value": value,
                })))
            }
            "POST" => add_partner(&mut context.tenant.policy, &call.json()?),
            _ => Err(GraphError::method_not_allowed()),
        },
        ["crossTenantAccessPolicy", "partners", id] => {
            partner(call, &mut context.tenant.policy, &id.to_lowercase())
        }
        [
            "crossTenantAccessPolicy",
            "partners",
            id,
            "identitySynchronization",
        ] => synchronization(call, &mut context.tenant.policy, &id.to_lowercase()),
        ["crossTenantAccessPolicy"] => Err(GraphError::method_not_allowed()),
        _ => Err(GraphError::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            format!("Resource not found for the segment '{}'.", rest.join("/")),
        )),
    }
}

fn authorization(call: &Call, policy: &Policy) -> Value {
    json!({
        "@odata.context": call.context("policies/authorizationPolicy/$entity"),
        "id": "authorizationPolicy",
        "allowInvitesFrom": policy.allow_invites_from,
        "guestUserRoleId": policy.guest_user_role,
    })
}

fn set_authorization(policy: &mut Policy, body: &Map<String, Value>) -> Result<Reply, GraphError> {
    let invalid = |name: &str| GraphError::invalid_value(name, "AuthorizationPolicy");
    let mut changed = policy.clone();
    for (name, value) in body {
        match name.as_str() {
            "allowInvitesFrom" => {
                changed.allow_invites_from =
                    serde_json::from_value::<AllowInvitesFrom>(value.clone())
                        .map_err(|_| invalid(name))?;
            }
            "guestUserRoleId" => {
                let role = value.as_str().ok_or_else(|| invalid(name))?;
                role.clone_into(&mut changed.guest_user_role);
            }
            _ if name.contains("@odata.") => {}
            _ => return Err(unknown(name, "authorizationPolicy")),
        }
    }
    *policy = changed;
    Ok(Reply::no_content())
}

/// Returns the sections of a body; `besides` are the names that it may have as well.
///
/// Guess: the words for names that are unknown and values that do not fit.
fn sections(body: &Map<String, Value>, besides: &[&str]) -> Result<Map<String, Value>, GraphError> {
    let mut sections = Map::new();
    for (name, value) in body {
        if name.contains("@odata.") || besides.contains(&name.as_str()) {
            continue;
        }
        if !SECTIONS.contains(&name.as_str()) {
            return Err(unknown(name, "crossTenantAccessPolicyConfigurationPartner"));
        }
        let fits = match value {
            Value::Null => true,
            Value::Object(members) => members.values().all(|member| match name.as_str() {
                "inboundTrust" | "automaticUserConsentSettings" => {
                    member.is_boolean() || member.is_null()
                }
                _ => member.is_null() || is_target(member),
            }),
            _ => false,
        };
        if !fits {
            return Err(GraphError::invalid_value(name, "CrossTenantAccessPolicy"));
        }
        sections.insert(name.clone(), value.clone());
    }
    Ok(sections)
}

/// Whether a value is an access type with targets (graph.md 10.1).
fn is_target(value: &Value) -> bool {
    let access = value["accessType"].as_str();
    let targets = value["targets"].as_array();
    matches!(access, Some("allowed" | "blocked"))
        && targets.is_some_and(|targets| {
            targets.iter().all(|target| {
                let kind = target["targetType"].as_str();
                matches!(kind, Some("user" | "group" | "application"))
                    && target["target"].is_string()
            })
        })
}

fn unknown(name: &str, of: &str) -> GraphError {
    GraphError::new(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        format!(
            "The property '{name}' does not exist on type 'microsoft.graph.{of}'. Make sure to \
             only use property names that are defined by the type."
        ),
    )
}

fn shown(id: &str, partner: &Partner) -> Value {
    let mut body = Map::new();
    body.insert("tenantId".to_owned(), json!(id));
    for name in ["isServiceProvider", "isInMultiTenantOrganization"] {
        let value = partner.sections.get(name).cloned();
        let usual = if name == "isServiceProvider" {
            Value::Null
        } else {
            json!(false)
        };
        body.insert(name.to_owned(), value.unwrap_or(usual));
    }
    for name in SECTIONS {
        let value = partner.sections.get(*name).cloned().unwrap_or(Value::Null);
        body.insert((*name).to_owned(), value);
    }
    Value::Object(body)
}

/// A second one for the same key (graph.md 9.2).
fn conflicting() -> GraphError {
    GraphError::new(
        StatusCode::CONFLICT,
        "Request_MultipleObjectsWithSameKeyValue",
        "A conflicting object with one or more of the specified property values is present in the \
         directory.",
    )
    .with_detail("ConflictingObjects", "tenantId")
}

fn add_partner(policy: &mut Policy, body: &Map<String, Value>) -> Result<Reply, GraphError> {
    let invalid = || GraphError::invalid_value("tenantId", "CrossTenantAccessPolicy");
    let id = body
        .get("tenantId")
        .and_then(Value::as_str)
        .ok_or_else(invalid)?;
    let id = uuid::Uuid::parse_str(id)
        .map_err(|_| invalid())?
        .to_string();
    let sections = sections(body, &["tenantId", "isServiceProvider"])?;
    if policy.partners.contains_key(&id) {
        return Err(conflicting());
    }
    let partner = Partner {
        sections,
        identity_synchronization: None,
    };
    let body = shown(&id, &partner);
    policy.partners.insert(id, partner);
    Ok(Reply::created(body))
}

fn partner(call: &Call, policy: &mut Policy, id: &str) -> Result<Reply, GraphError> {
    let Some(partner) = policy.partners.get_mut(id) else {
        return Err(GraphError::not_found(id));
    };
    match call.method.as_str() {
        "GET" => Ok(Reply::ok(shown(id, partner))),
        "PATCH" => {
            partner
                .sections
                .extend(sections(&call.json()?, &["isServiceProvider"])?);
            Ok(Reply::no_content())
        }
        // Guess: the status and words; that it must go first is in graph.md 10.1.
        "DELETE" if partner.identity_synchronization.is_some() => Err(GraphError::bad_request(
            "The partner has an identity synchronization policy, which must be deleted first.",
        )),
        "DELETE" => {
            policy.partners.remove(id);
            Ok(Reply::no_content())
        }
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn synchronization(call: &Call, policy: &mut Policy, id: &str) -> Result<Reply, GraphError> {
    let Some(partner) = policy.partners.get_mut(id) else {
        return Err(GraphError::not_found(id));
    };
    let present = &mut partner.identity_synchronization;
    match (call.method.as_str(), present.is_some()) {
        ("GET", _) => present
            .clone()
            .map(Reply::ok)
            .ok_or_else(|| GraphError::not_found("identitySynchronization")),
        ("PUT", true) => Err(conflicting()),
        ("PUT", false) | ("PATCH", true) => {
            let body = call.json()?;
            let allowed = body
                .get("userSyncInbound")
                .and_then(|section| section.get("isSyncAllowed"))
                .and_then(Value::as_bool)
                .ok_or_else(|| {
                    GraphError::invalid_value("userSyncInbound", "CrossTenantIdentitySyncPolicy")
                })?;
            let name = body.get("displayName").cloned();
            let name = name.or_else(|| {
                present
                    .as_ref()
                    .map(|present| present["displayName"].clone())
            });
            *present = Some(json!({
                "tenantId": id,
                "displayName": name,
                "userSyncInbound": { "isSyncAllowed": allowed },
            }));
            Ok(Reply::no_content())
        }
        ("DELETE", true) => {
            *present = None;
            Ok(Reply::no_content())
        }
        ("PATCH" | "DELETE", false) => Err(GraphError::not_found("identitySynchronization")),
        _ => Err(GraphError::method_not_allowed()),
    }
}
