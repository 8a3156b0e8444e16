//! The policies a preflight reads: who may invite, and what the tenants allow each other
//! (graph.md section 10). They are changed by the control routes only.

use serde_json::{Value, json};

use super::Context;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::tenant::policy::Policy;

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    if call.method != http::Method::GET {
        return Err(GraphError::denied());
    }
    let policy = &context.tenant.policy;
    let body = match rest {
        ["authorizationPolicy"] => json!({
            "@odata.context": call.context("policies/authorizationPolicy/$entity"),
            "id": "authorizationPolicy",
            "allowInvitesFrom": policy.allow_invites_from,
            "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        }),
        ["crossTenantAccessPolicy"] => json!({
            "displayName": "CrossTenantAccessPolicy",
            "allowedCloudEndpoints": [],
        }),
        ["crossTenantAccessPolicy", "default"] => json!({
            "isServiceDefault": true,
            "automaticUserConsentSettings": { "inboundAllowed": false, "outboundAllowed": false },
            "b2bCollaborationInbound": collaboration(true),
            "b2bCollaborationOutbound": collaboration(true),
        }),
        ["crossTenantAccessPolicy", "partners", id] => partner(policy, id),
        [
            "crossTenantAccessPolicy",
            "partners",
            _,
            "identitySynchronization",
        ] => {
            let allowed = policy
                .user_sync_inbound
                .ok_or_else(|| GraphError::not_found("identitySynchronization"))?;
            json!({ "userSyncInbound": { "isSyncAllowed": allowed } })
        }
        _ => {
            return Err(GraphError::bad_request(format!(
                "Resource not found for the segment '{}'.",
                rest.join("/")
            )));
        }
    };
    Ok(Reply::ok(body))
}

/// A section that allows what the default allows is null: it is inherited.
fn partner(policy: &Policy, id: &str) -> Value {
    let section = |allowed: bool| {
        if allowed {
            Value::Null
        } else {
            collaboration(false)
        }
    };
    json!({
        "tenantId": id,
        "isServiceProvider": null,
        "isInMultiTenantOrganization": false,
        "inboundTrust": null,
        "automaticUserConsentSettings": {
            "inboundAllowed": policy.inbound_consent,
            "outboundAllowed": policy.outbound_consent,
        },
        "b2bCollaborationInbound": section(policy.b2b_inbound_allowed),
        "b2bCollaborationOutbound": section(policy.b2b_outbound_allowed),
        "b2bDirectConnectInbound": null,
        "b2bDirectConnectOutbound": null,
        "tenantRestrictions": null,
    })
}

fn collaboration(allowed: bool) -> Value {
    let access = if allowed { "allowed" } else { "blocked" };
    json!({
        "usersAndGroups": {
            "accessType": access,
            "targets": [{ "target": "AllUsers", "targetType": "user" }],
        },
        "applications": {
            "accessType": access,
            "targets": [{ "target": "AllApplications", "targetType": "application" }],
        },
    })
}
