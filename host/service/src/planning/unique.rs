//! Who gets which of the ranked candidates that rules give for a value that is to be unique.
//!
//! Objects are asked in the store's order, so that the same memory gives the same choices (law L5).
//! What one object is given in a plan is claimed before the next is asked; the claims of a chunk are
//! kept here and reach the store with it.

use std::collections::BTreeSet;

use syncline_directory::{AttributeName, Change, JobName, ObjectKind, ObjectState, Outcome, Value};
use syncline_planner::{
    Choice, Choices, Operation,
    unique::{choose, comparable, namespace},
};
use syncline_store::{Claim, ClaimState, Claimant, Store, StoreError, SubjectRow};

/// The values that the objects of a chunk have been given so far, by attribute.
#[derive(Default)]
pub(super) struct ChunkClaims(BTreeSet<(AttributeName, String)>);

impl ChunkClaims {
    /// Chooses for one object.
    pub(super) fn choose(
        &self,
        store: &Store,
        job: &JobName,
        kind: ObjectKind,
        row: &SubjectRow,
        outcome: Option<&Outcome>,
    ) -> Result<Choices, StoreError> {
        let held = row
            .link
            .as_ref()
            .filter(|(_, held)| held.state != ObjectState::Purged);
        let claimant = Claimant {
            job,
            kind,
            source: &row.source,
            target: held.map(|(link, _)| &link.target),
        };
        let mut choices = Choices::new();
        for (attribute, candidates) in ranked(outcome) {
            let holds = held
                .and_then(|(_, held)| held.attributes.get(attribute))
                .unwrap_or(&Value::Absent);
            let choice = match namespace(attribute.as_str()) {
                None => Choice::NotArbitrated,
                Some(namespace) => choose(kind, attribute, candidates, holds, |value| {
                    Ok::<_, StoreError>(
                        !self.has_given(namespace, value)
                            && store.is_free(claimant, namespace, value)?,
                    )
                })?,
            };
            choices.insert(attribute.clone(), choice);
        }
        Ok(choices)
    }

    fn has_given(&self, namespace: &[&str], value: &str) -> bool {
        namespace.iter().any(|name| {
            self.0
                .contains(&(AttributeName::new(name), value.to_owned()))
        })
    }

    /// Claims what the operations of an object write of its choices, and remembers what it would have.
    pub(super) fn claim(
        &mut self,
        outcome: Option<&Outcome>,
        choices: &Choices,
        operations: &[Operation],
    ) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (attribute, choice) in choices {
            match choice {
                Choice::Value(value) if operations.iter().any(|o| writes(o, attribute, value)) => {
                    claims.extend(comparable(value).map(|value| Claim {
                        attribute: attribute.clone(),
                        value,
                        state: ClaimState::Chosen,
                    }));
                }
                Choice::NoneFree => claims.extend(wanted(outcome, attribute)),
                Choice::Value(_) | Choice::NotArbitrated => {}
            }
        }
        self.0.extend(
            claims
                .iter()
                .filter(|claim| claim.state == ClaimState::Chosen)
                .map(|claim| (claim.attribute.clone(), claim.value.clone())),
        );
        claims
    }
}

/// Returns the ranked candidates that an outcome has.
fn ranked(outcome: Option<&Outcome>) -> impl Iterator<Item = (&AttributeName, &Vec<Value>)> {
    let outputs = match outcome {
        Some(Outcome::Write(decision)) => decision.outputs.as_slice(),
        _ => &[],
    };
    outputs.iter().filter_map(|output| match &output.change {
        Change::FirstFree(candidates) => Some((&output.attribute, candidates)),
        _ => None,
    })
}

/// Returns claims to all candidates for an attribute, wherever others may hold them.
fn wanted(outcome: Option<&Outcome>, attribute: &AttributeName) -> Vec<Claim> {
    let names = namespace(attribute.as_str()).unwrap_or_default();
    ranked(outcome)
        .filter(|(name, _)| *name == attribute)
        .flat_map(|(_, candidates)| candidates)
        .filter_map(comparable)
        .flat_map(|value| {
            names.iter().map(move |name| Claim {
                attribute: AttributeName::new(name),
                value: value.clone(),
                state: ClaimState::Wanted,
            })
        })
        .collect()
}

fn writes(operation: &Operation, attribute: &AttributeName, value: &Value) -> bool {
    let born = operation.action.born();
    let is_born = born.is_some_and(|born| born.get(attribute) == Some(value));
    let modifications = operation.action.modifications();
    is_born || modifications.is_some_and(|written| written.contains_key(attribute))
}
