//! Writes: what can be asked of a target tenant, and the requests that ask it.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value as Json, json};
use syncline_directory::{AttributeName, ObjectKind, TargetId, Value};

use crate::{columns, error::GraphError, outside::Randomness, url};

/// One write to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What to do.
    pub action: WriteAction,
    /// Whether the object was made minutes ago: a 404 is then taken for lag and the write repeated
    /// for about a minute (graph.md, section 9.4).
    pub fresh: bool,
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteAction {
    /// Makes an external user by invitation, without a mail (graph.md, section 4).
    Invite {
        /// The invited address.
        address: String,
        /// The display name; Graph takes the local part of the address without it.
        display_name: Option<String>,
        /// Whether `userType` becomes Member; else Guest.
        member: bool,
    },
    /// Makes an internal user whose sign-in is blocked. It gets a password that nobody is told, and
    /// that has to be changed at the first sign-in (graph.md, section 2.5).
    Create {
        /// The name to sign in with.
        principal_name: String,
        /// Exchange's alias.
        mail_nickname: String,
        /// The display name.
        display_name: String,
    },
    /// Changes attributes, and only these.
    Update {
        /// The object.
        id: TargetId,
        /// Its kind.
        kind: ObjectKind,
        /// The new values; [`Value::Absent`] clears.
        changes: BTreeMap<AttributeName, Value>,
    },
    /// Points a user's reference at an object.
    SetReference {
        /// The user.
        id: TargetId,
        /// The reference: `manager`.
        attribute: AttributeName,
        /// The user it shall point at.
        referent: TargetId,
    },
    /// Empties a user's reference; that it is empty already is success.
    ClearReference {
        /// The user.
        id: TargetId,
        /// The reference: `manager`.
        attribute: AttributeName,
    },
    /// Moves an object to the recycle bin; that it is gone already is success.
    Delete {
        /// The object.
        id: TargetId,
        /// Its kind.
        kind: ObjectKind,
    },
    /// Brings an object back from the recycle bin.
    Restore {
        /// The object.
        id: TargetId,
    },
}

/// A write that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The object; of an invitation, the one that it made or found.
    pub id: TargetId,
    /// The id by which Microsoft's support finds the request.
    pub request_id: String,
}

/// Where an invited person arrives (graph.md, section 4.1); it is required.
const REDIRECT: &str = "https://myapps.microsoft.com";

/// A write as an item of a batch.
/// Its body may hold a password, so it has no way to be printed (law L12).
#[derive(Clone)]
pub(crate) struct Item {
    /// What must not occur twice in a batch.
    pub(crate) object: String,
    pub(crate) method: Method,
    /// Path below `/v1.0`.
    pub(crate) path: String,
    pub(crate) body: Option<Json>,
    pub(crate) fresh: bool,
    pub(crate) effect: Effect,
}

/// How an item's answer is to be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It makes an object, whose id is in the answer.
    Makes,
    /// It brings this object back; asked twice, the second fails.
    Restores(TargetId),
    /// It says how this object shall be.
    Sets(TargetId),
    /// It takes something away; not to find it is success.
    Removes(TargetId),
}

impl Effect {
    /// Whether sending it twice is the same as sending it once.
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(self, Self::Sets(_) | Self::Removes(_))
    }
}

impl Item {
    /// Returns the request of a write to the Graph at this root.
    pub(crate) fn of(
        write: &Write,
        root: &str,
        randomness: &dyn Randomness,
    ) -> Result<Self, GraphError> {
        let (method, path, body, effect) = match &write.action {
            WriteAction::Invite {
                address,
                display_name,
                member,
            } => {
                let mut body = json!({
                    "invitedUserEmailAddress": address,
                    "inviteRedirectUrl": REDIRECT,
                    "invitedUserType": if *member { "Member" } else { "Guest" },
                    "sendInvitationMessage": false,
                });
                if let Some(name) = display_name {
                    body["invitedUserDisplayName"] = json!(name);
                }
                (
                    Method::POST,
                    "/invitations".to_owned(),
                    Some(body),
                    Effect::Makes,
                )
            }
            WriteAction::Create {
                principal_name,
                mail_nickname,
                display_name,
            } => (
                Method::POST,
                "/users".to_owned(),
                Some(json!({
                    "accountEnabled": false,
                    "displayName": display_name,
                    "mailNickname": mail_nickname,
                    "userPrincipalName": principal_name,
                    "passwordProfile": {
                        "forceChangePasswordNextSignIn": true,
                        "password": password(randomness),
                    },
                })),
                Effect::Makes,
            ),
            WriteAction::Update { id, kind, changes } => {
                let path = object_path(*kind, id)?;
                let body = columns::patch(*kind, changes)
                    .map_err(|reason| unsendable(format!("a change of {kind} {id}"), reason))?;
                (Method::PATCH, path, Some(body), Effect::Sets(id.clone()))
            }
            WriteAction::SetReference {
                id,
                attribute,
                referent,
            } => {
                let referent = url::escape(referent.as_str());
                let body = json!({"@odata.id": format!("{root}/v1.0/users/{referent}")});
                (
                    Method::PUT,
                    reference(id, attribute)?,
                    Some(body),
                    Effect::Sets(id.clone()),
                )
            }
            WriteAction::ClearReference { id, attribute } => (
                Method::DELETE,
                reference(id, attribute)?,
                None,
                Effect::Removes(id.clone()),
            ),
            WriteAction::Delete { id, kind } => (
                Method::DELETE,
                object_path(*kind, id)?,
                None,
                Effect::Removes(id.clone()),
            ),
            WriteAction::Restore { id } => {
                let path = format!("/directory/deletedItems/{}/restore", segment(id)?);
                (Method::POST, path, None, Effect::Restores(id.clone()))
            }
        };
        let object = match &write.action {
            WriteAction::Invite { address, .. } => address.to_lowercase(),
            WriteAction::Create { principal_name, .. } => principal_name.to_lowercase(),
            WriteAction::Update { id, .. }
            | WriteAction::SetReference { id, .. }
            | WriteAction::ClearReference { id, .. }
            | WriteAction::Delete { id, .. }
            | WriteAction::Restore { id } => id.as_str().to_lowercase(),
        };
        Ok(Self {
            object,
            method,
            path,
            body,
            fresh: write.fresh,
            effect,
        })
    }
}

/// Returns a password of 128 random bits with letters of both cases, digits and a sign, as Entra's
/// policies may demand. Nobody learns it: whoever lets the person in sets another one.
fn password(randomness: &dyn Randomness) -> String {
    format!(
        "Aa-{:016x}{:016x}",
        randomness.next_u64(),
        randomness.next_u64()
    )
}

fn object_path(kind: ObjectKind, id: &TargetId) -> Result<String, GraphError> {
    match kind {
        ObjectKind::User | ObjectKind::Group => {
            Ok(format!("/{}/{}", columns::collection(kind), segment(id)?))
        }
        // Exchange masters them (graph.md, section 6.1).
        ObjectKind::Contact => Err(unsendable(
            format!("a write to contact {id}"),
            "Graph only reads contacts",
        )),
    }
}

/// The path ends in `/$ref`, always: without it, DELETE removes the object that is referred to
/// (graph.md, section 5.3).
fn reference(id: &TargetId, attribute: &AttributeName) -> Result<String, GraphError> {
    if attribute.as_str() != "manager" {
        let what = format!("a write to the reference `{attribute}` of user {id}");
        return Err(unsendable(
            what,
            "`manager` is the only reference to one object",
        ));
    }
    Ok(format!("/users/{}/manager/$ref", segment(id)?))
}

/// An empty id would make a path to the collection.
fn segment(id: &TargetId) -> Result<String, GraphError> {
    match url::escape(id.as_str()) {
        id if id.is_empty() => Err(unsendable(
            "a write to an object without id".to_owned(),
            "the id is empty",
        )),
        id => Ok(id),
    }
}

fn unsendable(what: String, reason: impl Into<String>) -> GraphError {
    GraphError::Unsendable {
        what,
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
