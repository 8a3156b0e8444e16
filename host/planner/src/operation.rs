//! Operations: what is to be written, as data that leaves no choice to whoever carries it out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncline_directory::{
    AttributeName, Attributes, ObjectKind, Reason, SourceId, TargetId, Value,
};

/// An attribute's value before and after; [`Value::Absent`] after clears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modification {
    /// What the target held when the plan was made.
    pub before: Value,
    /// What it will hold.
    pub after: Value,
}

/// Modifications of one object, by attribute.
pub type Modifications = BTreeMap<AttributeName, Modification>;

/// What is done to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make an external user by invitation without mail, then write the rest of its attributes.
    Invite {
        /// The address invited.
        address: String,
        /// The name given with the invitation.
        display_name: Option<String>,
        /// Whether the user becomes a member rather than a guest.
        member: bool,
        /// What is written once the user exists; `before` is absent.
        then: Modifications,
    },
    /// Make an internal user with its sign-in blocked and a password that nobody knows, then write the
    /// rest of its attributes.
    Create {
        /// The name to sign in with.
        principal_name: String,
        /// Exchange's alias.
        mail_nickname: String,
        /// The name that people see.
        display_name: String,
        /// What is written once the user exists; `before` is absent.
        then: Modifications,
    },
    /// Take an object out of the recycle bin, then write what has changed since.
    Restore {
        /// The object.
        target: TargetId,
        /// What is written once the object is back.
        then: Modifications,
    },
    /// Write attributes.
    Update {
        /// The object.
        target: TargetId,
        /// The attributes.
        modifications: Modifications,
    },
    /// Let an attribute refer to the target object that belongs to a source object. Either may be
    /// made by this very plan, hence by source id.
    SetReference {
        /// The attribute, as in `manager`.
        attribute: AttributeName,
        /// The target object referred to before.
        before: Option<TargetId>,
        /// The source object whose target object is referred to.
        referent: SourceId,
    },
    /// Remove a reference that we set.
    ClearReference {
        /// The attribute.
        attribute: AttributeName,
        /// The target object referred to before.
        before: TargetId,
    },
    /// Block sign-in.
    Disable {
        /// The object.
        target: TargetId,
    },
    /// Put into the recycle bin.
    Delete {
        /// The object.
        target: TargetId,
    },
}

/// When in a plan an operation comes: objects, then references between them, then losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Objects are made and written.
    Objects,
    /// References are set and cleared, once both ends exist (edge case 15).
    References,
    /// Objects are disabled and deleted.
    Losses,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Objects, Self::References, Self::Losses];

    /// Returns the phase's place in the order.
    pub fn rank(self) -> u8 {
        match self {
            Self::Objects => 0,
            Self::References => 1,
            Self::Losses => 2,
        }
    }
}

impl Action {
    /// Returns when in a plan the action comes.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Invite { .. }
            | Self::Create { .. }
            | Self::Restore { .. }
            | Self::Update { .. } => Phase::Objects,
            Self::SetReference { .. } | Self::ClearReference { .. } => Phase::References,
            Self::Disable { .. } | Self::Delete { .. } => Phase::Losses,
        }
    }

    /// Returns the action's name, as people read it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Invite { .. } => "invite",
            Self::Create { .. } => "create",
            Self::Restore { .. } => "restore",
            Self::Update { .. } => "update",
            Self::SetReference { .. } => "set reference",
            Self::ClearReference { .. } => "clear reference",
            Self::Disable { .. } => "disable",
            Self::Delete { .. } => "delete",
        }
    }

    /// Returns the provisioning log's word for the action (graph.md, section 11.2).
    pub fn provisioning_action(&self) -> &'static str {
        match self {
            Self::Invite { .. } | Self::Create { .. } => "create",
            Self::Restore { .. }
            | Self::Update { .. }
            | Self::SetReference { .. }
            | Self::ClearReference { .. } => "update",
            Self::Disable { .. } => "disable",
            Self::Delete { .. } => "delete",
        }
    }

    /// Returns what the making of an object writes by itself; nothing for an action that makes none.
    pub fn born(&self) -> Option<Attributes> {
        let text = |name: &str, value: &str| (AttributeName::new(name), Value::text(value));
        match self {
            Self::Invite {
                address,
                display_name,
                member,
                ..
            } => {
                let user_type = if *member { "Member" } else { "Guest" };
                let mut born =
                    Attributes::from([text("mail", address), text("userType", user_type)]);
                born.extend(display_name.iter().map(|name| text("displayName", name)));
                Some(born)
            }
            Self::Create {
                principal_name,
                mail_nickname,
                display_name,
                ..
            } => Some(Attributes::from([
                (AttributeName::new("accountEnabled"), Value::Boolean(false)),
                text("displayName", display_name),
                text("mailNickname", mail_nickname),
                text("userPrincipalName", principal_name),
                text("userType", "Member"),
            ])),
            _ => None,
        }
    }

    /// Returns the attributes that the action writes, with their values before and after.
    pub fn modifications(&self) -> Option<&Modifications> {
        match self {
            Self::Invite { then, .. } | Self::Create { then, .. } | Self::Restore { then, .. } => {
                Some(then)
            }
            Self::Update { modifications, .. } => Some(modifications),
            Self::SetReference { .. }
            | Self::ClearReference { .. }
            | Self::Disable { .. }
            | Self::Delete { .. } => None,
        }
    }
}

/// One operation of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object that caused it.
    pub source: SourceId,
    /// What is done.
    pub action: Action,
    /// Why.
    pub cause: Reason,
}
