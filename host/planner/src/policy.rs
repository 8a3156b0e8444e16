//! What a job says about matches, drift, and objects that leave the scope.

use serde::{Deserialize, Serialize};

/// What happens to an object that we made once its source object leaves the scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutOfScope {
    /// It stays as it is.
    Keep,
    /// Its sign-in is blocked.
    Disable,
    /// It goes to the recycle bin, where it can be restored for 30 days.
    #[default]
    SoftDelete,
}

/// What happens to an attribute that others changed in the target (law L16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// It is written again.
    Heal,
    /// It is left, silently.
    Keep,
    /// It is left and listed.
    #[default]
    Report,
}

/// What happens to a target object that matches and that we did not make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adopt {
    /// It is listed, and never invited again, changed, disabled or deleted.
    #[default]
    Report,
}

/// The job's answers to the planner's questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// For objects that left the scope.
    pub out_of_scope: OutOfScope,
    /// For attributes that others changed.
    pub drift: Drift,
    /// For matches that we did not make.
    pub adopt: Adopt,
}
