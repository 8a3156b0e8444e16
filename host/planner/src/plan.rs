//! What is to be done about one source object.
//!
//! A three-way comparison: what the source and the rules want, what the target holds, and what was
//! written last. Objects are planned one at a time and independently; what has to be seen across
//! objects (rival keys, whose target object a reference means) is handed in.

mod attributes;
mod reference;

use serde::{Deserialize, Serialize};
use syncline_directory::{
    AttributeName, Attributes, Change, GenerationDigest, ObjectKind, ObjectState, Outcome, Reason,
    RuleDecision, Shape, SourceId, TargetId, Value, Verdict, address, schema,
};

pub use reference::{ReferencePlan, ReferenceWish, Referent, plan_reference};

use crate::{
    join::Joined,
    operation::{Action, Modifications, Operation},
    policy::{OutOfScope, Policy},
    unique::{Choice, Choices},
};

/// Whether we may take from an object what we gave it (law L2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// We made it.
    Made,
}

/// What is remembered of a source object's target object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The target object.
    pub target: TargetId,
    /// Whether it is ours.
    pub ownership: Ownership,
    /// Whether we deleted it ourselves; only then is it taken out of the recycle bin again.
    pub deleted_by_us: bool,
    /// Whether the first attributes are still to be written, as after an interruption between the
    /// making of an object and its writing; what is written on creation only is written then.
    pub unfinished: bool,
    /// What we wrote last, by attribute; a name that is missing was never written.
    pub written: Attributes,
}

/// What the target's mirror holds of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whether it is there.
    pub state: ObjectState,
    /// Its attributes, as last read or written.
    pub attributes: Attributes,
}

/// Everything that the plan of one object depends on.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object.
    pub source: &'a SourceId,
    /// Whether the source object is there.
    pub source_state: ObjectState,
    /// Whether the rules and the assignment want it kept in step.
    pub verdict: &'a Verdict,
    /// The link and the linked object; none for an object without a link.
    pub link: Option<(&'a Link, &'a Held)>,
    /// What the join found for an object without a link, or whose linked object is gone for good.
    pub joined: &'a Joined,
    /// What the mapping wants; needed only for objects in scope.
    pub outcome: Option<&'a Outcome>,
    /// What became of its ranked candidates.
    pub choices: &'a Choices,
}

impl Subject<'_> {
    /// Whether it has no place in the target, or only one that we gave up and that is gone for good.
    fn is_unplaced(&self) -> bool {
        self.link
            .is_none_or(|(link, held)| held.state == ObjectState::Purged && link.deleted_by_us)
    }
}

/// The state in which an object ends a run, for filters (law L10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The target is as wanted.
    InStep,
    /// Operations are planned.
    Changing,
    /// An operation failed and will be tried again.
    Failed,
    /// Something else has to happen first.
    Waiting,
    /// The rules want nothing done, or nothing can be done.
    Skipped,
    /// Not to be kept in step.
    OutOfScope,
    /// Undecidable; it stays as it is.
    Held,
    /// A target object that we did not make matches.
    Matched,
    /// Several objects claim one place.
    Conflict,
    /// Somebody removed the target object.
    Removed,
}

impl State {
    /// Returns the state's name, as the store and people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InStep => "in-step",
            Self::Changing => "changing",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Skipped => "skipped",
            Self::OutOfScope => "out-of-scope",
            Self::Held => "held",
            Self::Matched => "matched",
            Self::Conflict => "conflict",
            Self::Removed => "removed",
        }
    }
}

/// The state in which an object ends a run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// The reason.
    pub reason: Reason,
}

impl Standing {
    /// Returns a standing with a reason of this code and text.
    pub fn new(state: State, code: &str, text: impl Into<String>) -> Self {
        Self {
            state,
            reason: Reason::new(code, text),
        }
    }

    fn because(state: State, reason: &Reason) -> Self {
        Self {
            state,
            reason: reason.clone(),
        }
    }
}

/// Something about an object that people should know and that is not an operation: a value that
/// cannot be written, an attribute that others changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The attribute, where it is about one.
    pub attribute: Option<AttributeName>,
    /// What was found.
    pub reason: Reason,
}

/// What is to be done about one object, and what should be known of it.
#[must_use = "a plan that nobody reads does nothing"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPlan {
    /// Where the object stands if the operations succeed and its references need nothing.
    pub standing: Standing,
    /// What is to be done to the object itself.
    pub operations: Vec<Operation>,
    /// Its references, to be planned once every object is.
    pub references: Vec<ReferenceWish>,
    /// What should be known.
    pub findings: Vec<Finding>,
}

impl ObjectPlan {
    fn stay(standing: Standing) -> Self {
        Self {
            standing,
            operations: Vec::new(),
            references: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// The text of a cause names the generation, so that a log tells which rules wanted a write.
fn cause(generation: &GenerationDigest, code: &str) -> Reason {
    Reason::new(code, format!("rules {}", generation.short()))
}

/// Plans one object.
pub fn plan_object(
    subject: &Subject<'_>,
    policy: Policy,
    generation: &GenerationDigest,
) -> ObjectPlan {
    let gone;
    let verdict = if subject.source_state == ObjectState::Live {
        subject.verdict
    } else {
        gone = Verdict::OutOfScope(Reason::new(
            "SourceDeleted",
            match subject.source_state {
                ObjectState::SoftDeleted => "deleted in the source, restorable for 30 days",
                _ => "deleted in the source for good",
            },
        ));
        &gone
    };
    match verdict {
        Verdict::Hold(reason) => ObjectPlan::stay(Standing::because(State::Held, reason)),
        Verdict::OutOfScope(reason) => plan_leaver(subject, reason, policy.out_of_scope),
        // What cannot be joined is not mapped: there is nothing that it could become.
        Verdict::InScope if subject.is_unplaced() && *subject.joined != Joined::New => {
            not_joined(subject.joined)
        }
        Verdict::InScope => match subject.outcome {
            Some(Outcome::Write(decision)) => plan_wanted(subject, decision, policy, generation),
            Some(Outcome::Skip(reason)) => {
                ObjectPlan::stay(Standing::because(State::Skipped, reason))
            }
            Some(Outcome::Hold(reason)) => ObjectPlan::stay(Standing::because(State::Held, reason)),
            None => ObjectPlan::stay(Standing::new(
                State::Held,
                "NotMapped",
                "the rules gave no answer for this object",
            )),
        },
    }
}

/// Plans an object that is not, or no longer, to be kept in step.
fn plan_leaver(subject: &Subject<'_>, reason: &Reason, policy: OutOfScope) -> ObjectPlan {
    let mut plan = ObjectPlan::stay(Standing::because(State::OutOfScope, reason));
    let Some((link, held)) = subject.link else {
        return plan;
    };
    if held.state != ObjectState::Live {
        return plan;
    }
    if link.deleted_by_us {
        // Edge case 40: what others took out of the recycle bin is not put back each cycle.
        plan.findings.push(Finding {
            attribute: None,
            reason: Reason::new(
                "RestoredInTarget",
                "was restored in the target by others after this job had deleted it; it is left there",
            ),
        });
        return plan;
    }
    let Ownership::Made = link.ownership;
    let target = link.target.clone();
    let action = match policy {
        OutOfScope::Keep => None,
        OutOfScope::Disable => (held.attributes.get("accountEnabled")
            != Some(&Value::Boolean(false)))
        .then_some(Action::Disable { target }),
        OutOfScope::SoftDelete => Some(Action::Delete { target }),
    };
    plan.operations.extend(action.map(|action| Operation {
        kind: subject.kind,
        source: subject.source.clone(),
        action,
        cause: reason.clone(),
    }));
    plan
}

/// Plans an object that the rules want to look like this.
fn plan_wanted(
    subject: &Subject<'_>,
    decision: &RuleDecision,
    policy: Policy,
    generation: &GenerationDigest,
) -> ObjectPlan {
    let Some((link, held)) = subject.link else {
        return plan_new(subject, decision, generation);
    };
    match (held.state, link.deleted_by_us) {
        (ObjectState::Live, _) => plan_update(subject, decision, link, held, policy, generation),
        (ObjectState::SoftDeleted, true) => {
            let mut plan = plan_update(subject, decision, link, held, policy, generation);
            let then = match plan.operations.pop().map(|operation| operation.action) {
                Some(Action::Update { modifications, .. }) => modifications,
                _ => Default::default(),
            };
            plan.operations = vec![Operation {
                kind: subject.kind,
                source: subject.source.clone(),
                action: Action::Restore {
                    target: link.target.clone(),
                    then,
                },
                cause: cause(generation, "BackInScope"),
            }];
            plan.standing = changing();
            plan
        }
        (ObjectState::Purged, true) => plan_new(subject, decision, generation),
        // Edge case 42: who removed themselves, or was removed by an administrator of the target,
        // is not dragged back.
        (ObjectState::SoftDeleted | ObjectState::Purged, false) => ObjectPlan::stay(Standing::new(
            State::Removed,
            "RemovedInTarget",
            "the target object was removed by others; restore it there to keep it in step again",
        )),
    }
}

/// Returns the plan of an object whose place in the target is taken: nothing, and why.
pub fn not_joined(joined: &Joined) -> ObjectPlan {
    ObjectPlan::stay(unjoined(joined))
}

fn changing() -> Standing {
    Standing::new(State::Changing, "Planned", "operations are planned")
}

fn unjoined(joined: &Joined) -> Standing {
    let list = |ids: Vec<&str>| ids.join(", ");
    match joined {
        Joined::New => changing(),
        Joined::Matched(target) => Standing::new(
            State::Matched,
            "MatchedNotAdopted",
            format!(
                "target object {target} matches and was not made by this job; it is left alone"
            ),
        ),
        Joined::MatchedDeleted(target) => Standing::new(
            State::Matched,
            "MatchedInRecycleBin",
            format!(
                "target object {target} in the recycle bin matches and was not made by this job; \
                 restore or purge it there"
            ),
        ),
        Joined::Ambiguous(targets) => Standing::new(
            State::Conflict,
            "DuplicateTargetEntries",
            format!(
                "several target objects match: {}",
                list(targets.iter().map(TargetId::as_str).collect())
            ),
        ),
        Joined::Contested(rivals) => Standing::new(
            State::Conflict,
            "DuplicateSourceEntries",
            format!(
                "other source objects have the same match key: {}",
                list(rivals.iter().map(SourceId::as_str).collect())
            ),
        ),
        Joined::Claimed { target, by } => Standing::new(
            State::Conflict,
            "TargetClaimed",
            format!("target object {target} belongs to source object {by}"),
        ),
        Joined::WrongKind { target, kind } => Standing::new(
            State::Conflict,
            "ObjectTypeMismatch",
            format!("the target's {kind} {target} holds the match key"),
        ),
    }
}

/// Returns the text that the rules want of an attribute.
fn wanted(subject: &Subject<'_>, decision: &RuleDecision, name: &str) -> Option<String> {
    let mut outputs = decision.outputs.iter();
    let output = outputs.find(|output| output.attribute.as_str() == name)?;
    match &output.change {
        Change::Set(Value::Text(text)) => Some(text.clone()),
        Change::FirstFree(_) => match subject.choices.get(&output.attribute) {
            Some(Choice::Value(Value::Text(text))) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the invitation that makes an external user, or why there can be none.
fn invitation(
    subject: &Subject<'_>,
    decision: &RuleDecision,
    member: bool,
) -> Result<Action, Standing> {
    let address = wanted(subject, decision, "mail").ok_or_else(|| {
        Standing::new(
            State::Skipped,
            "MissingValues",
            "the rules give no `mail`, and an external user is invited by address",
        )
    })?;
    address::check_invitable(&address).map_err(|error| {
        Standing::new(
            State::Skipped,
            "InvitationCreationFailureInvalidPropertyValue",
            error.to_string(),
        )
    })?;
    Ok(Action::Invite {
        address,
        display_name: wanted(subject, decision, "displayName"),
        member,
        then: Modifications::new(),
    })
}

/// Returns what makes an internal user, or why it cannot be made.
fn account(subject: &Subject<'_>, decision: &RuleDecision) -> Result<Action, Standing> {
    let needed = |name: &str| {
        if subject.choices.get(name) == Some(&Choice::NoneFree) {
            let text = format!("others have every `{name}` that the rules would give the account");
            return Err(Standing::new(State::Skipped, "NoneFree", text));
        }
        wanted(subject, decision, name)
            .filter(|text| schema::check(subject.kind, name, &Value::text(text)).is_ok())
            .ok_or_else(|| {
                Standing::new(
                    State::Skipped,
                    "MissingValues",
                    format!("the rules give no `{name}` that can be had, and an account needs one"),
                )
            })
    };
    Ok(Action::Create {
        principal_name: needed("userPrincipalName")?,
        mail_nickname: needed("mailNickname")?,
        display_name: needed("displayName")?,
        then: Modifications::new(),
    })
}

/// Plans the making of an object.
fn plan_new(
    subject: &Subject<'_>,
    decision: &RuleDecision,
    generation: &GenerationDigest,
) -> ObjectPlan {
    let making = match decision.shape {
        Shape::ExternalMember => invitation(subject, decision, true),
        Shape::Guest => invitation(subject, decision, false),
        Shape::InternalMember => account(subject, decision),
        other => Err(Standing::new(
            State::Skipped,
            "ShapeNotSupported",
            format!("the rules want a {}, which is not made yet", other.as_str()),
        )),
    };
    let mut action = match making {
        Ok(action) => action,
        Err(standing) => return ObjectPlan::stay(standing),
    };
    let mut born = action.born().unwrap_or_default();
    if let Action::Invite { .. } = action {
        // Graph's doing, not ours (graph.md, section 4.2).
        born.insert("accountEnabled".into(), Value::Boolean(true));
    }
    let attributes::Weighed {
        modifications,
        references,
        findings,
    } = attributes::weigh_new(subject.kind, &decision.outputs, subject.choices, &born);
    if let Action::Invite { then, .. } | Action::Create { then, .. } = &mut action {
        *then = modifications;
    }
    ObjectPlan {
        standing: changing(),
        operations: vec![Operation {
            kind: subject.kind,
            source: subject.source.clone(),
            action,
            cause: cause(generation, "NewInScope"),
        }],
        references,
        findings,
    }
}

/// Plans the changes of an object that exists.
fn plan_update(
    subject: &Subject<'_>,
    decision: &RuleDecision,
    link: &Link,
    held: &Held,
    policy: Policy,
    generation: &GenerationDigest,
) -> ObjectPlan {
    let attributes::Weighed {
        modifications,
        references,
        findings,
    } = attributes::weigh(
        subject.kind,
        &decision.outputs,
        subject.choices,
        link,
        held,
        policy.drift,
    );
    let mut plan = ObjectPlan {
        standing: Standing::new(State::InStep, "RedundantExport", "the target is as wanted"),
        operations: Vec::new(),
        references,
        findings,
    };
    if !modifications.is_empty() {
        plan.standing = changing();
        plan.operations.push(Operation {
            kind: subject.kind,
            source: subject.source.clone(),
            action: Action::Update {
                target: link.target.clone(),
                modifications,
            },
            cause: cause(generation, "ChangedInSource"),
        });
    }
    plan
}
