//! Kinds and states of directory objects.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// A person's account, internal or external.
    User,
    /// A security or Microsoft 365 group.
    Group,
    /// An organizational contact.
    Contact,
}

impl ObjectKind {
    /// Returns the word for one such object, as the provisioning log spells it.
    pub fn identity_type(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
        }
    }

    /// Returns the kind's name in lower case, as the store and the rules contract spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Which end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The tenant that is only read.
    Source,
    /// The tenant that is kept in step.
    Target,
}

impl Side {
    /// Returns the side's name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether a mirrored object is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectState {
    /// In the directory.
    Live,
    /// In the recycle bin, restorable for 30 days.
    SoftDeleted,
    /// Gone for good.
    Purged,
}

impl ObjectState {
    /// Returns the state's name in lower case, as the store spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::SoftDeleted => "soft-deleted",
            Self::Purged => "purged",
        }
    }
}
