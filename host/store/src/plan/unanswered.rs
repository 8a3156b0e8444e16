//! What a run wrote without hearing of it, because it was interrupted or the answer was lost (law L4).
//!
//! An operation that was never answered may have been carried out. Where its object now holds what it
//! was to write, it was we who wrote it, and it has to be remembered as ours: otherwise it could not be
//! cleared, restored or told from drift.

use rusqlite::{OptionalExtension as _, Transaction, params};
use syncline_directory::{AttributeName, Attributes, JobName, ObjectState, TargetId, Value};
use syncline_planner::{Action, Held, Link, Operation, operation::Modifications};

use super::{
    PlanState,
    answer::{set_deleted_by_us, wrote},
    reference::{linked, reference},
};
use crate::{Store, StoreError, from_json};

impl Store {
    /// Looks up in the target's mirror what became of the operations of the last plan that were not
    /// answered, and remembers what turned out to be written.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn settle_unanswered(&self, job: &JobName) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let plan: Option<i64> = transaction
                .query_row(
                    "SELECT max(id) FROM plan WHERE job = ?1 AND state IN (?2, ?3)",
                    params![
                        job.as_str(),
                        PlanState::Applying.as_str(),
                        PlanState::Applied.as_str()
                    ],
                    |row| row.get(0),
                )
                .optional()?
                .flatten();
            let Some(plan) = plan else { return Ok(()) };
            let operations: Vec<String> = transaction
                .prepare_cached("SELECT body FROM operation WHERE plan = ?1 AND state != 'done'")?
                .query_map([plan], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for body in operations {
                let operation: Operation = from_json("operation", &body)?;
                settle(transaction, job, &operation)?;
            }
            transaction.execute(
                "UPDATE plan SET state = ?2 WHERE id = ?1",
                params![plan, PlanState::Settled.as_str()],
            )?;
            Ok(())
        })
    }
}

fn settle(
    transaction: &Transaction<'_>,
    job: &JobName,
    operation: &Operation,
) -> Result<(), StoreError> {
    let kind = operation.kind;
    let Some((link, held)) = linked(transaction, job, kind, &operation.source)? else {
        return Ok(());
    };
    if let Action::Delete { target } = &operation.action {
        return match held.state {
            ObjectState::Live => Ok(()),
            _ => set_deleted_by_us(transaction, job, kind, target, true),
        };
    }
    let written = match &operation.action {
        Action::SetReference {
            attribute,
            referent,
            ..
        } => {
            let referent = linked(transaction, job, kind, referent)?.map(|(link, _)| link.target);
            referred(attribute, referent, &held)
        }
        Action::ClearReference { attribute, .. } => referred(attribute, None, &held),
        Action::Disable { target } => {
            let name = AttributeName::new("accountEnabled");
            let blocked = Value::Boolean(false);
            if *target == link.target && held.attributes.get(&name) == Some(&blocked) {
                Attributes::from([(name, blocked)])
            } else {
                Attributes::new()
            }
        }
        Action::Update { modifications, .. }
        | Action::Restore {
            then: modifications,
            ..
        }
        | Action::Invite {
            then: modifications,
            ..
        }
        | Action::Create {
            then: modifications,
            ..
        } => held_of(modifications, &link, &held),
        Action::Delete { .. } => Attributes::new(),
    };
    if held.state != ObjectState::Live || written.is_empty() {
        return Ok(());
    }
    wrote(transaction, job, kind, &link.target, &written)
}

/// Returns the modifications that the object holds and that are not remembered.
fn held_of(modifications: &Modifications, link: &Link, held: &Held) -> Attributes {
    modifications
        .iter()
        .filter(|(name, modification)| {
            modification.before != modification.after
                && held.attributes.get(*name) == Some(&modification.after)
                && link.written.get(*name) != Some(&modification.after)
        })
        .map(|(name, modification)| (name.clone(), modification.after.clone()))
        .collect()
}

fn referred(attribute: &AttributeName, referent: Option<TargetId>, held: &Held) -> Attributes {
    if reference(held.attributes.get(attribute)) != referent {
        return Attributes::new();
    }
    let value = referent.map_or(Value::Absent, |id| Value::Reference(id.to_string()));
    Attributes::from([(attribute.clone(), value)])
}
