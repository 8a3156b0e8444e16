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
    let domain = |name: &str, is_initial: bool| {
        json!({
            "id": name,
            "isDefault": !is_initial,
            "isInitial": is_initial,
            "isVerified": true,
            "authenticationType": "Managed",
        })
    };
    Ok(Reply::ok(json!({
        "@odata.context": call.context("domains"),
        "value": [domain(&tenant.default_domain, false), domain(&tenant.initial_domain, true)],
    })))
}
