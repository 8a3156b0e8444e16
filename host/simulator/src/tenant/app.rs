//! App registrations: who may call a tenant, and with which permissions.

use super::trust::Trust;

/// An app registration.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) trust: Trust,
    /// The application permissions it has been granted; its tokens name them.
    pub(crate) roles: Vec<String>,
}

/// What Syncline's app holds where it only reads.
pub(crate) const READER: &[&str] = &[
    "Group.Read.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "User.Read.All",
];

/// What Syncline's app holds where it also writes.
pub(crate) const WRITER: &[&str] = &[
    "Group.ReadWrite.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "User.Invite.All",
    "User.ReadWrite.All",
];

/// What an administrator's own scripts hold: everything that the simulator answers.
pub(crate) const ADMINISTRATOR: &[&str] = &[
    "Application.Read.All",
    "AuditLog.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "Directory.ReadWrite.All",
    "Domain.Read.All",
    "Group.ReadWrite.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.CrossTenantAccess",
    "RoleManagement.ReadWrite.Directory",
    "Synchronization.Read.All",
    "User.Invite.All",
    "User.ManageIdentities.All",
    "User.ReadWrite.All",
    "User-LifeCycleInfo.ReadWrite.All",
];

impl App {
    pub(crate) fn new(client_id: String, secret: String, roles: &[&str]) -> Self {
        Self {
            client_id,
            secret,
            trust: Trust::default(),
            roles: granted(roles),
        }
    }
}

/// Returns permissions as an app holds them.
pub(crate) fn granted(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}
