//! Which application permissions a request needs: the token's roles decide, route by route
//! (graph.md 2.3, 4.1, 5.3, 6.1, 10.1, 10.2, 11.1, 12.1).
//!
//! A request that no resource answers needs nothing here; its route refuses it in its own words.
//! What a permission means on a single object, such as an administrator, is for the routes.

use http::Method;
use serde_json::{Map, Value};

use crate::error::GraphError;
use crate::exchange::Call;
use crate::schema::Kind;

/// Permissions of which one is enough.
type AnyOf = &'static [&'static str];

const READ_USERS: AnyOf = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "User.ReadUpdate.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const CREATE_USERS: AnyOf = &[
    "User.Create",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const UPDATE_USERS: AnyOf = &[
    "User.ReadUpdate.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const DELETE_USERS: AnyOf = &["User.DeleteRestore.All", "User.ReadWrite.All"];
const INVITE: AnyOf = &[
    "User.Invite.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const READ_GROUPS: AnyOf = &[
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const CREATE_GROUPS: AnyOf = &[
    "Group.Create",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const WRITE_GROUPS: AnyOf = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_MEMBERS: AnyOf = &[
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const READ_CONTACTS: AnyOf = &[
    "OrgContact.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_ORGANIZATION: AnyOf = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
// Guess: the reference names no permission for domains; these are the page's.
const READ_DOMAINS: AnyOf = &[
    "Domain.Read.All",
    "Domain.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_POLICY: AnyOf = &[
    "Policy.Read.All",
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.Authorization",
];
const WRITE_CROSS_TENANT: AnyOf = &["Policy.ReadWrite.CrossTenantAccess"];
const WRITE_AUTHORIZATION: AnyOf = &["Policy.ReadWrite.Authorization"];
const READ_DIRECTORY: AnyOf = &["Directory.Read.All", "Directory.ReadWrite.All"];

/// What a user's property needs besides, or instead of, the permission to update users.
const USER_PROPERTIES: &[(&str, AnyOf)] = &[
    (
        "accountEnabled",
        &["User.EnableDisableAccount.All", "User.ReadWrite.All"],
    ),
    (
        "otherMails",
        &["User-Mail.ReadWrite.All", "User.ReadWrite.All"],
    ),
    (
        "businessPhones",
        &["User-Phone.ReadWrite.All", "User.ReadWrite.All"],
    ),
    (
        "mobilePhone",
        &["User-Phone.ReadWrite.All", "User.ReadWrite.All"],
    ),
    (
        "passwordProfile",
        &["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All"],
    ),
    ("identities", &["User.ManageIdentities.All"]),
    (
        "employeeLeaveDateTime",
        &["User-LifeCycleInfo.ReadWrite.All"],
    ),
    (
        "customSecurityAttributes",
        &["CustomSecAttributeAssignment.ReadWrite.All"],
    ),
];

/// Refuses a call that the roles do not permit.
pub(crate) fn judge(call: &Call, roles: &[String]) -> Result<(), GraphError> {
    let words: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    if (call.method == Method::PATCH) && matches!(words.as_slice(), ["users", _]) {
        return judge_update(call, roles);
    }
    let holds = required(&call.method, &words)
        .iter()
        .all(|any| holds(roles, any));
    // Adding members is all that the smaller permission is for.
    let members_only = (call.method == Method::PATCH)
        && matches!(words.as_slice(), ["groups", _])
        && call.json().is_ok_and(|body| is_members_only(&body));
    if holds || (members_only && self::holds(roles, WRITE_MEMBERS)) {
        Ok(())
    } else {
        Err(GraphError::denied())
    }
}

/// Whether these roles read objects of a kind.
pub(crate) fn reads(kind: Kind, roles: &[String]) -> bool {
    holds(
        roles,
        match kind {
            Kind::User => READ_USERS,
            Kind::Group => READ_GROUPS,
            Kind::Contact => READ_CONTACTS,
        },
    )
}

/// Whether these roles delete, restore and purge objects of a kind.
pub(crate) fn deletes(kind: Kind, roles: &[String]) -> bool {
    match kind {
        Kind::User => holds(roles, DELETE_USERS),
        Kind::Group => holds(roles, WRITE_GROUPS),
        Kind::Contact => false,
    }
}

fn holds(roles: &[String], any: AnyOf) -> bool {
    any.iter()
        .any(|wanted| roles.iter().any(|role| role == wanted))
}

fn is_members_only(body: &Map<String, Value>) -> bool {
    !body.is_empty() && body.keys().all(|name| name == "members@odata.bind")
}

/// A user's sensitive properties have permissions of their own, which are enough for them alone
/// (graph.md 2.3).
fn judge_update(call: &Call, roles: &[String]) -> Result<(), GraphError> {
    let Ok(body) = call.json() else {
        return judge_any(roles, UPDATE_USERS);
    };
    for name in body.keys() {
        let special = USER_PROPERTIES.iter().find(|(known, _)| known == name);
        judge_any(roles, special.map_or(UPDATE_USERS, |(_, any)| any))?;
    }
    Ok(())
}

fn judge_any(roles: &[String], any: AnyOf) -> Result<(), GraphError> {
    if holds(roles, any) {
        Ok(())
    } else {
        Err(GraphError::denied())
    }
}

/// Returns what a request needs: one permission of each list.
fn required(method: &Method, words: &[&str]) -> Vec<AnyOf> {
    let reads = method == Method::GET || method == Method::HEAD;
    match words {
        ["users", _, "memberOf" | "transitiveMemberOf", ..] => vec![READ_USERS, READ_GROUPS],
        ["contacts", _, "memberOf" | "transitiveMemberOf", ..] => {
            vec![READ_CONTACTS, READ_GROUPS]
        }
        ["users", ..] if reads => vec![READ_USERS],
        ["users"] if method == Method::POST => vec![CREATE_USERS],
        ["users", _] if method == Method::DELETE => vec![DELETE_USERS],
        ["users", _, "manager", ..] => vec![UPDATE_USERS],
        ["invitations"] if method == Method::POST => vec![INVITE],
        ["groups", ..] if reads => vec![READ_GROUPS],
        ["groups"] if method == Method::POST => vec![CREATE_GROUPS],
        ["groups", _] if method == Method::PATCH || method == Method::DELETE => {
            vec![WRITE_GROUPS]
        }
        ["groups", _, "members" | "owners", ..] => vec![WRITE_MEMBERS],
        ["contacts", ..] if reads => vec![READ_CONTACTS],
        // Any of the readers' permissions; each type is then shown by its own.
        ["directoryObjects", "getByIds"] => vec![&[
            "Directory.Read.All",
            "Directory.ReadWrite.All",
            "User.Read.All",
            "User.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "GroupMember.Read.All",
            "OrgContact.Read.All",
        ]],
        ["organization", ..] if reads => vec![READ_ORGANIZATION],
        ["domains", ..] if reads => vec![READ_DOMAINS],
        ["policies", "authorizationPolicy", ..] if !reads => vec![WRITE_AUTHORIZATION],
        ["policies", "crossTenantAccessPolicy", ..] if !reads => vec![WRITE_CROSS_TENANT],
        ["policies", ..] => vec![READ_POLICY],
        ["auditLogs", "provisioning", ..] => vec![&["AuditLog.Read.All"], READ_DIRECTORY],
        ["servicePrincipals", _, "synchronization", ..] if reads => {
            vec![&["Synchronization.Read.All", "Synchronization.ReadWrite.All"]]
        }
        ["servicePrincipals", ..] if reads => vec![&[
            "Application.Read.All",
            "Application.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ]],
        ["subscribedSkus"] if reads => vec![READ_ORGANIZATION],
        ["tenantRelationships", ..] if reads => {
            vec![&["CrossTenantInformation.ReadBasic.All"]]
        }
        _ => Vec::new(),
    }
}
