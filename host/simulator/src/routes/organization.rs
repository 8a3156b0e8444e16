//! The organization and its domains (graph.md 10.2).

use serde_json::{Value, json};

use super::Context;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::tenant::Tenant;

pub(super) fn list(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let whole = organization(context.tenant);
    let row = match call.query.select() {
        None => whole,
        Some(names) => Value::Object(
            names
                .into_iter()
                .map(|name| {
                    let value = whole.get(&name).cloned().unwrap_or(Value::Null);
                    (name, value)
                })
                .collect(),
        ),
    };
    Ok(Reply::ok(json!({
        "@odata.context": call.context("organization"),
        "value": [row],
    })))
}

fn organization(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "tenantType": "AAD",
        "countryLetterCode": "US",
        "onPremisesSyncEnabled": null,
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": true,
                "isInitial": false,
                "name": tenant.default_domain,
                "type": "Managed",
            },
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": false,
                "isInitial": true,
                "name": tenant.initial_domain,
                "type": "Managed",
            },
        ],
    })
}

pub(super) fn domains(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let tenant = &context.tenant;
    let value = [&tenant.default_domain, &tenant.initial_domain].map(|name| shown(tenant, name));
    Ok(Reply::ok(json!({
        "@odata.context": call.context("domains"),
        "value": value,
    })))
}

pub(super) fn domain(
    call: &Call,
    context: &mut Context<'_>,
    name: &str,
) -> Result<Reply, GraphError> {
    let tenant = &context.tenant;
    if !tenant.has_verified(name) {
        return Err(GraphError::not_found(name));
    }
    let mut body = shown(tenant, &name.to_lowercase());
    body["@odata.context"] = json!(call.context("domains/$entity"));
    Ok(Reply::ok(body))
}

fn shown(tenant: &Tenant, name: &str) -> Value {
    json!({
        "id": name,
        "authenticationType": "Managed",
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": name == tenant.default_domain,
        "isInitial": name == tenant.initial_domain,
        "isRoot": true,
        "isVerified": true,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        "state": null,
    })
}

/// Another tenant by its id, as a preflight looks it up (graph.md 10.2).
pub(super) fn find_tenant(
    call: &Call,
    context: &Context<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let id = key.strip_prefix("tenantId=").unwrap_or(key);
    let found = context
        .tenant
        .neighbours
        .iter()
        .find(|known| known.id.eq_ignore_ascii_case(id));
    let known = found.ok_or_else(|| GraphError::not_found(id))?;
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.tenantInformation"),
        "tenantId": known.id,
        "displayName": known.display_name,
        "federationBrandName": null,
        "defaultDomainName": known.default_domain,
    })))
}

/// What the tenant has bought: one licence of the premium directory (graph.md 10.2).
pub(super) fn skus(call: &Call) -> Reply {
    Reply::ok(json!({
        "@odata.context": call.context("subscribedSkus"),
        "value": [{
            "skuPartNumber": "AAD_PREMIUM",
            "skuId": "078d2b04-f1bd-4111-bbd4-b4b1b354cef4",
            "capabilityStatus": "Enabled",
            "appliesTo": "User",
            "consumedUnits": 0,
            "prepaidUnits": { "enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0 },
            "servicePlans": [],
        }],
    }))
}
