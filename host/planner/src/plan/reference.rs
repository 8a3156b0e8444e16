//! References as late-bound edges: set when both ends exist, cleared when the source clears, and
//! never in the way of making the objects themselves (edge cases 14 and 15).

use serde::{Deserialize, Serialize};
use syncline_directory::{AttributeName, GenerationDigest, ObjectKind, Reason, SourceId, TargetId};

use super::{Finding, cause};
use crate::{
    operation::{Action, Operation},
    policy::Drift,
};

/// What the rules want of one reference attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceWish {
    /// The attribute, as in `manager`.
    pub attribute: AttributeName,
    /// The source object to refer to, or none to refer to nothing.
    pub referent: Option<SourceId>,
}

impl ReferenceWish {
    pub(super) fn set(attribute: &AttributeName, referent: SourceId) -> Self {
        Self {
            attribute: attribute.clone(),
            referent: Some(referent),
        }
    }

    pub(super) fn clear(attribute: &AttributeName) -> Self {
        Self {
            attribute: attribute.clone(),
            referent: None,
        }
    }
}

/// What is known of the object that a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// Its live target object.
    Linked(TargetId),
    /// This plan makes or restores its target object.
    Planned,
    /// It has none.
    Missing,
}

/// What is to be done about one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferencePlan {
    /// It is as wanted.
    InStep,
    /// It is to be written.
    Write(Operation),
    /// The object referred to has no target object yet.
    Waiting(Finding),
    /// Others changed it.
    Drifted(Finding),
}

/// Plans one reference of an object whose target object exists or is made by this plan. `holds` is
/// what the target refers to now, `written` what we last let it refer to.
#[expect(
    clippy::too_many_arguments,
    reason = "the three ways, each handed in by name"
)]
pub fn plan_reference(
    kind: ObjectKind,
    source: &SourceId,
    wish: &ReferenceWish,
    referent: &Referent,
    holds: Option<&TargetId>,
    written: Option<&TargetId>,
    drift: Drift,
    generation: &GenerationDigest,
) -> ReferencePlan {
    let write = |action| {
        ReferencePlan::Write(Operation {
            kind,
            source: source.clone(),
            action,
            cause: cause(generation, "ChangedInSource"),
        })
    };
    let attribute = wish.attribute.clone();
    let Some(wanted) = &wish.referent else {
        return match holds {
            Some(before) if written == Some(before) => write(Action::ClearReference {
                attribute,
                before: before.clone(),
            }),
            _ => ReferencePlan::InStep,
        };
    };
    match referent {
        Referent::Missing => ReferencePlan::Waiting(Finding {
            attribute: Some(attribute),
            reason: Reason::new(
                "ReferenceNotYetResolved",
                format!("source object {wanted} has no object in the target; set when it has one"),
            ),
        }),
        Referent::Linked(target) if holds == Some(target) => ReferencePlan::InStep,
        Referent::Linked(target) if written == Some(target) && drift != Drift::Heal => {
            if drift == Drift::Keep {
                return ReferencePlan::InStep;
            }
            ReferencePlan::Drifted(Finding {
                attribute: Some(attribute),
                reason: Reason::new(
                    "Drift",
                    match holds {
                        Some(holds) => format!("was changed by others to {holds}"),
                        None => "was removed by others".to_owned(),
                    },
                ),
            })
        }
        Referent::Linked(_) | Referent::Planned => write(Action::SetReference {
            attribute,
            before: holds.cloned(),
            referent: wanted.clone(),
        }),
    }
}
