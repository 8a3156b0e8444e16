//! What a tenant's administrators have settled: who may invite, and what other tenants may do.
//!
//! Administrators change it through Graph, tests through the control routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Who may invite guests (graph.md 4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AllowInvitesFrom {
    None,
    AdminsAndGuestInviters,
    AdminsGuestInvitersAndAllMembers,
    #[default]
    Everyone,
}

impl AllowInvitesFrom {
    /// Whether an app may invite: an app is no administrator, whatever its permissions.
    pub(crate) fn permits_apps(self) -> bool {
        matches!(
            self,
            Self::AdminsGuestInvitersAndAllMembers | Self::Everyone
        )
    }
}

/// The settings that a preflight looks at (graph.md section 10).
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) allow_invites_from: AllowInvitesFrom,
    /// What guests may see: the id of a role template.
    pub(crate) guest_user_role: String,
    /// What holds for tenants without a configuration of their own, and for what theirs leaves out.
    pub(crate) default: Map<String, Value>,
    /// Whether nobody has changed the default yet.
    pub(crate) is_service_default: bool,
    /// By tenant id.
    pub(crate) partners: BTreeMap<String, Partner>,
}

/// What is settled for the people of one other tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partner {
    /// By the section's name; null inherits.
    pub(crate) sections: Map<String, Value>,
    /// Whether Microsoft's own synchronization may write here; `None` where it was never set up.
    pub(crate) identity_synchronization: Option<Value>,
}

/// The sections that partner and default have in common.
pub(crate) const SECTIONS: &[&str] = &[
    "inboundTrust",
    "automaticUserConsentSettings",
    "b2bCollaborationInbound",
    "b2bCollaborationOutbound",
    "b2bDirectConnectInbound",
    "b2bDirectConnectOutbound",
    "tenantRestrictions",
];

impl Default for Policy {
    /// As a tenant is born: collaboration allowed both ways, nothing else (graph.md 10.1).
    fn default() -> Self {
        let mut default = Map::new();
        for (name, value) in [
            (
                "inboundTrust",
                json!({
                    "isMfaAccepted": false,
                    "isCompliantDeviceAccepted": false,
                    "isHybridAzureADJoinedDeviceAccepted": false,
                }),
            ),
            ("automaticUserConsentSettings", consent(false, false)),
            ("b2bCollaborationInbound", access(true)),
            ("b2bCollaborationOutbound", access(true)),
            ("b2bDirectConnectInbound", access(false)),
            ("b2bDirectConnectOutbound", access(false)),
            ("tenantRestrictions", Value::Null),
        ] {
            default.insert(name.to_owned(), value);
        }
        Self {
            allow_invites_from: AllowInvitesFrom::default(),
            guest_user_role: "10dae51f-b6af-4016-8d66-8c2a99b929b3".to_owned(),
            default,
            is_service_default: true,
            partners: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Whether people of another tenant may be invited; of a tenant that is not known by name, the
    /// default decides.
    pub(crate) fn admits(&self, tenant: Option<&str>) -> bool {
        let own = tenant
            .and_then(|tenant| self.partners.get(tenant))
            .and_then(|partner| partner.sections.get("b2bCollaborationInbound"))
            .filter(|section| !section.is_null());
        let section = own.or_else(|| self.default.get("b2bCollaborationInbound"));
        section.is_none_or(|section| section["usersAndGroups"]["accessType"] != "blocked")
    }
}

impl Partner {
    /// Returns a partner with automatic redemption, as two tenants have it that work together.
    pub(crate) fn trusted() -> Self {
        let mut partner = Self::default();
        partner.set_consent(Some(true), Some(true));
        partner
    }

    /// Sets automatic redemption; what is `None` stays.
    pub(crate) fn set_consent(&mut self, inbound: Option<bool>, outbound: Option<bool>) {
        let section = self
            .sections
            .entry("automaticUserConsentSettings")
            .or_insert_with(|| consent(false, false));
        if section.is_null() {
            *section = consent(false, false);
        }
        if let Some(inbound) = inbound {
            section["inboundAllowed"] = json!(inbound);
        }
        if let Some(outbound) = outbound {
            section["outboundAllowed"] = json!(outbound);
        }
    }

    /// Allows or blocks collaboration in a section; what the default allows is inherited.
    pub(crate) fn set_access(&mut self, section: &str, allowed: bool) {
        let value = if allowed { Value::Null } else { access(false) };
        self.sections.insert(section.to_owned(), value);
    }
}

fn consent(inbound: bool, outbound: bool) -> Value {
    json!({ "inboundAllowed": inbound, "outboundAllowed": outbound })
}

fn access(allowed: bool) -> Value {
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

/// How a delta link that is no longer good is refused (graph.md 3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reset {
    /// 410 with a Location to start over from.
    #[default]
    Gone,
    /// 400 `syncStateNotFound`, as documented for expired links.
    StateNotFound,
    /// 400 `Request_UnsupportedQuery`, as seen for expired links.
    TooOld,
}
