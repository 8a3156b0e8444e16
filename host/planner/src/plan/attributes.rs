//! Attributes, weighed one by one: what is wanted, what is held, what was written last.

use syncline_directory::{
    Apply, AttributeName, Attributes, Change, ObjectKind, Output, Reason, SourceId, Value, schema,
};

use super::{Finding, Held, Link, reference::ReferenceWish};
use crate::{
    operation::{Modification, Modifications},
    policy::Drift,
    unique::{Choice, Choices},
};

/// What the attributes of one object come to.
#[derive(Default)]
pub(super) struct Weighed {
    pub(super) modifications: Modifications,
    pub(super) references: Vec<ReferenceWish>,
    pub(super) findings: Vec<Finding>,
}

impl Weighed {
    fn find(&mut self, attribute: &AttributeName, code: &str, text: String) {
        self.findings.push(Finding {
            attribute: Some(attribute.clone()),
            reason: Reason::new(code, text),
        });
    }

    fn modify(&mut self, attribute: &AttributeName, before: &Value, after: Value) {
        let before = before.clone();
        self.modifications
            .insert(attribute.clone(), Modification { before, after });
    }
}

/// Weighs the attributes of an object that is being made: everything wanted is written, except what
/// its making has written already.
pub(super) fn weigh_new(
    kind: ObjectKind,
    outputs: &[Output],
    choices: &Choices,
    born: &Attributes,
) -> Weighed {
    let mut weighed = Weighed::default();
    for output in outputs {
        let attribute = &output.attribute;
        let Some(wish) = admissible(kind, output, choices, &mut weighed) else {
            continue;
        };
        match wish {
            Wish::Set(value) if output.apply == Apply::ReportOnly => {
                weighed.find(attribute, "ReportOnly", format!("would become `{value}`"));
            }
            Wish::Set(Value::Reference(referent)) => {
                weighed
                    .references
                    .push(ReferenceWish::set(attribute, SourceId::new(referent)));
            }
            Wish::Set(value) if born.get(attribute) != Some(value) => {
                weighed.modify(attribute, &Value::Absent, value.clone());
            }
            Wish::Set(_) | Wish::Clear => {}
        }
    }
    weighed
}

/// Weighs the attributes of an object that exists.
pub(super) fn weigh(
    kind: ObjectKind,
    outputs: &[Output],
    choices: &Choices,
    link: &Link,
    held: &Held,
    drift: Drift,
) -> Weighed {
    let mut weighed = Weighed::default();
    for output in outputs {
        if output.apply == Apply::OnCreate && !link.unfinished {
            continue;
        }
        let attribute = &output.attribute;
        let Some(wish) = admissible(kind, output, choices, &mut weighed) else {
            continue;
        };
        if is_reference(kind, attribute) {
            weigh_reference(&mut weighed, output, &wish, held);
            continue;
        }
        let holds = held.attributes.get(attribute).unwrap_or(&Value::Absent);
        let written = link.written.get(attribute);
        let after = match wish {
            Wish::Set(value) => value,
            // Only what we wrote is cleared (design, section 11: clearing).
            Wish::Clear if written.is_none() => continue,
            Wish::Clear => &Value::Absent,
        };
        if holds == after || (output.apply == Apply::WhenEmpty && !holds.is_absent()) {
            continue;
        }
        if let Some(obstacle) = obstacle(attribute, held) {
            weighed.find(attribute, obstacle.0, obstacle.1.to_owned());
            continue;
        }
        if output.apply == Apply::ReportOnly {
            weighed.find(
                attribute,
                "ReportOnly",
                format!("is `{holds}`, would become `{after}`"),
            );
            continue;
        }
        let theirs = written.is_some_and(|written| written == after);
        if blocks_sign_in(attribute, holds, written) {
            // Law L16: a block on sign-in that we did not set is never undone by accident.
            weighed.find(
                attribute,
                "SignInBlockedInTarget",
                "sign-in was blocked in the target by others; it stays blocked".to_owned(),
            );
        } else if !theirs || drift == Drift::Heal {
            weighed.modify(attribute, holds, after.clone());
        } else if drift == Drift::Report {
            weighed.find(
                attribute,
                "Drift",
                format!("was changed by others to `{holds}`, the rules want `{after}`"),
            );
        }
    }
    complete(&mut weighed, held);
    weighed
}

/// The members of a complex property that Graph replaces as a whole: one that is left out becomes
/// null (graph.md, section 2.4).
const WRITTEN_TOGETHER: [&str; 2] = ["employeeOrgData/costCenter", "employeeOrgData/division"];

/// Adds what is held of a member that has to be written beside another.
fn complete(weighed: &mut Weighed, held: &Held) {
    let is_written = |name: &&str| weighed.modifications.contains_key(*name);
    if !WRITTEN_TOGETHER.iter().any(is_written) {
        return;
    }
    for name in WRITTEN_TOGETHER.map(AttributeName::new) {
        if !weighed.modifications.contains_key(&name) {
            let holds = held.attributes.get(&name).cloned().unwrap_or_default();
            weighed.modify(&name, &holds, holds.clone());
        }
    }
}

/// Weighs a reference as far as its object tells; what it means is known only once every object is
/// planned.
fn weigh_reference(weighed: &mut Weighed, output: &Output, wish: &Wish<'_>, held: &Held) {
    let attribute = &output.attribute;
    let holds = held.attributes.get(attribute).unwrap_or(&Value::Absent);
    let wish = match wish {
        Wish::Set(Value::Reference(referent)) => {
            ReferenceWish::set(attribute, SourceId::new(referent))
        }
        Wish::Set(_) => return,
        Wish::Clear => ReferenceWish::clear(attribute),
    };
    if let Some((code, text)) = obstacle(attribute, held) {
        weighed.find(attribute, code, text.to_owned());
    } else if output.apply == Apply::ReportOnly {
        let wanted = wish.referent.as_ref().map_or("nothing", SourceId::as_str);
        weighed.find(
            attribute,
            "ReportOnly",
            format!("would refer to what belongs to source object {wanted}"),
        );
    } else if output.apply != Apply::WhenEmpty || holds.is_absent() {
        weighed.references.push(wish);
    }
}

enum Wish<'a> {
    Set(&'a Value),
    Clear,
}

/// Returns what is wanted of an attribute, unless nothing is or it could not stand there.
fn admissible<'a>(
    kind: ObjectKind,
    output: &'a Output,
    choices: &'a Choices,
    weighed: &mut Weighed,
) -> Option<Wish<'a>> {
    let attribute = &output.attribute;
    let (wish, value) = match &output.change {
        Change::Keep => return None,
        Change::Clear | Change::Set(Value::Absent) => (Wish::Clear, &Value::Absent),
        Change::Set(value) => (Wish::Set(value), value),
        Change::FirstFree(candidates) => match choices.get(attribute) {
            Some(Choice::Value(value)) => (Wish::Set(value), value),
            Some(Choice::NoneFree) => {
                weighed.find(attribute, "NoneFree", none_free(candidates));
                return None;
            }
            Some(Choice::NotArbitrated) | None => {
                weighed.find(
                    attribute,
                    "NotArbitrated",
                    "cannot be chosen by `first-free`: who holds which value of it is not known; it \
                     is kept"
                        .to_owned(),
                );
                return None;
            }
        },
        Change::Refuse(reason) => {
            weighed.findings.push(Finding {
                attribute: Some(attribute.clone()),
                reason: reason.clone(),
            });
            return None;
        }
    };
    match schema::check(kind, attribute.as_str(), value) {
        Ok(()) => Some(wish),
        Err(error) => {
            weighed.find(
                attribute,
                "SchemaPropertyCanOnlyAcceptValue",
                error.to_string(),
            );
            None
        }
    }
}

/// How many candidates are told that were not free.
const TOLD_CANDIDATES_MAX: usize = 3;

fn none_free(candidates: &[Value]) -> String {
    let told: Vec<String> = candidates
        .iter()
        .take(TOLD_CANDIDATES_MAX)
        .map(|candidate| format!("`{candidate}`"))
        .collect();
    let more = match candidates.len().checked_sub(told.len()) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {more} more"),
    };
    format!(
        "is kept: others have all that the rules would give it, {}{more}",
        told.join(", ")
    )
}

fn is_reference(kind: ObjectKind, attribute: &AttributeName) -> bool {
    schema::attribute(kind, attribute.as_str()).is_some_and(|attribute| attribute.is_reference())
}

fn blocks_sign_in(attribute: &AttributeName, holds: &Value, written: Option<&Value>) -> bool {
    attribute.as_str() == "accountEnabled"
        && *holds == Value::Boolean(false)
        && written != Some(&Value::Boolean(false))
}

/// Returns why an attribute of this very object cannot be written (graph.md, section 14).
fn obstacle(attribute: &AttributeName, held: &Held) -> Option<(&'static str, &'static str)> {
    if held.attributes.get("onPremisesSyncEnabled") == Some(&Value::Boolean(true)) {
        return Some((
            "AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises",
            "the target object is mastered on-premises",
        ));
    }
    let exchange = matches!(held.attributes.get("assignedPlans"),
        Some(Value::Texts(plans)) if plans.iter().any(|plan| plan == "exchange/Enabled"));
    (exchange && matches!(attribute.as_str(), "mail" | "showInAddressList")).then_some((
        "AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService",
        "Exchange owns this attribute of the target object",
    ))
}
