//! What a tenant's administrators have settled: who may invite, and what other tenants may do.
//!
//! Graph reads it; only the control routes change it.

use serde::{Deserialize, Serialize};

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
    pub(crate) b2b_inbound_allowed: bool,
    pub(crate) b2b_outbound_allowed: bool,
    /// Automatic redemption: consent given for people of the partner.
    pub(crate) inbound_consent: bool,
    pub(crate) outbound_consent: bool,
    /// Whether Microsoft's own synchronization may write here; `None` where it was never set up.
    pub(crate) user_sync_inbound: Option<bool>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_invites_from: AllowInvitesFrom::default(),
            b2b_inbound_allowed: true,
            b2b_outbound_allowed: true,
            inbound_consent: true,
            outbound_consent: true,
            user_sync_inbound: None,
        }
    }
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
