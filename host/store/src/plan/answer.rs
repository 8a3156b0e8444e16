//! What the target's answers change in what is remembered: link, last written values, mirror,
//! operation and standing, in one transaction, so that a kill leaves either all of it or none.

use rusqlite::{Transaction, params};
use syncline_directory::{
    AttributeName, Attributes, JobName, ObjectKind, ObjectState, TargetId, Value,
};
use syncline_planner::{Finding, Phase, Standing};

use super::{OperationState, PlanId, PlannedOperation};
use crate::{
    LogRecord, RunId, Store, StoreError, claim, link, log,
    mirror::{Extent, Landing},
    subject::spelled,
    to_json,
};

/// What the target answered to (a part of) an operation.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It made an object with these attributes.
    Made {
        /// The new object.
        target: TargetId,
        /// What it holds by our doing.
        attributes: Attributes,
    },
    /// It wrote these attributes.
    Wrote {
        /// The object.
        target: TargetId,
        /// What it holds by our doing.
        attributes: Attributes,
    },
    /// It lets an attribute refer to an object, or to none.
    Referred {
        /// The object.
        target: TargetId,
        /// The attribute.
        attribute: AttributeName,
        /// The object referred to.
        referent: Option<TargetId>,
    },
    /// It put the object into the recycle bin.
    Deleted(TargetId),
    /// It took the object out of the recycle bin.
    Restored(TargetId),
    /// It refused; the standing says why.
    Refused,
}

impl Store {
    /// Remembers an answer to an operation. `state` is what became of the operation as a whole, and
    /// `standing` where its object stands if nothing else is left to do for it; `record` is what the
    /// log is told.
    ///
    /// # Errors
    ///
    /// When the store fails, or the answer would link an object twice.
    #[expect(
        clippy::too_many_arguments,
        reason = "what one transaction has to hold together"
    )]
    pub fn record_answer(
        &self,
        job: &JobName,
        plan: PlanId,
        planned: &PlannedOperation,
        answer: &Answer,
        state: OperationState,
        standing: &Standing,
        record: Option<(RunId, &LogRecord)>,
        now: &str,
    ) -> Result<(), StoreError> {
        let kind = planned.operation.kind;
        let source = &planned.operation.source;
        self.transact(|transaction| {
            match answer {
                Answer::Made { target, attributes } => {
                    link::make(transaction, job, kind, source, target, attributes, now)?;
                    Landing::target(transaction, job, kind)?.settle(
                        transaction,
                        target.as_str(),
                        ObjectState::Live,
                        attributes,
                        Extent::Part,
                    )?;
                }
                Answer::Wrote { target, attributes } => {
                    wrote(transaction, job, kind, target, attributes)?;
                }
                Answer::Referred {
                    target,
                    attribute,
                    referent,
                } => {
                    let value = referent
                        .as_ref()
                        .map_or(Value::Absent, |id| Value::Reference(id.to_string()));
                    let attributes = Attributes::from([(attribute.clone(), value)]);
                    wrote(transaction, job, kind, target, &attributes)?;
                }
                Answer::Deleted(target) => {
                    set_deleted_by_us(transaction, job, kind, target, true)?;
                    Landing::target(transaction, job, kind)?.settle(
                        transaction,
                        target.as_str(),
                        ObjectState::SoftDeleted,
                        &Attributes::new(),
                        Extent::Part,
                    )?;
                }
                Answer::Restored(target) => {
                    set_deleted_by_us(transaction, job, kind, target, false)?;
                    Landing::target(transaction, job, kind)?.settle(
                        transaction,
                        target.as_str(),
                        ObjectState::Live,
                        &Attributes::new(),
                        Extent::Part,
                    )?;
                }
                Answer::Refused => {}
            }
            transaction
                .prepare_cached(
                    "UPDATE operation SET state = ?6
                     WHERE plan = ?1 AND phase = ?2 AND kind = ?3 AND source = ?4
                     AND sequence = ?5",
                )?
                .execute(params![
                    plan.0,
                    planned.phase.rank(),
                    kind.as_str(),
                    source.as_str(),
                    planned.sequence,
                    state.as_str()
                ])?;
            if state == OperationState::Done && planned.phase == Phase::Objects {
                link::finish(transaction, job, kind, source)?;
            }
            if let Some((run, record)) = record {
                log::insert(transaction, job, run, record)?;
                if record.action == "create" && record.status == "success" {
                    link::announce(transaction, job, kind, source)?;
                }
            }
            stand(transaction, job, plan, planned, state, standing)
        })
    }
}

/// Settles the object's standing: a failure at once, a success once nothing of it is left to do.
fn stand(
    transaction: &Transaction<'_>,
    job: &JobName,
    plan: PlanId,
    planned: &PlannedOperation,
    state: OperationState,
    standing: &Standing,
) -> Result<(), StoreError> {
    let kind = planned.operation.kind.as_str();
    let source = planned.operation.source.as_str();
    let unfinished = transaction
        .prepare_cached(
            "SELECT 1 FROM operation WHERE plan = ?1 AND kind = ?2 AND source = ?3
             AND state != 'done'",
        )?
        .exists(params![plan.0, kind, source])?;
    let settled = state == OperationState::Done && !unfinished;
    if !settled && state != OperationState::Failed {
        return Ok(());
    }
    // The record of what was done has told the log of all that is known of the object.
    let logged = if settled {
        let findings: String = transaction
            .prepare_cached(
                "SELECT findings FROM subject WHERE job = ?1 AND kind = ?2 AND source = ?3",
            )?
            .query_row(params![job.as_str(), kind, source], |row| row.get(0))?;
        let findings: Vec<Finding> = crate::from_json("findings", &findings)?;
        Some(spelled(standing, &findings))
    } else {
        None
    };
    if settled {
        claim::settle(transaction, job, kind, source)?;
    }
    transaction
        .prepare_cached(
            "UPDATE subject SET state = ?4, reason_code = ?5, reason_text = ?6, unplanned = ?7,
             logged = ?8 WHERE job = ?1 AND kind = ?2 AND source = ?3",
        )?
        .execute(params![
            job.as_str(),
            kind,
            source,
            standing.state.as_str(),
            standing.reason.code,
            standing.reason.text,
            !settled,
            logged
        ])?;
    Ok(())
}

/// Remembers attributes as written last and as held. The mirror is told at once rather than by the
/// next delta, which may lag (graph.md, section 9.4).
pub(super) fn wrote(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    target: &TargetId,
    attributes: &Attributes,
) -> Result<(), StoreError> {
    let owner = params![job.as_str(), kind.as_str(), target.as_str()];
    let known: String = transaction
        .prepare_cached("SELECT written FROM link WHERE job = ?1 AND kind = ?2 AND target = ?3")?
        .query_row(owner, |row| row.get(0))?;
    let mut written: Attributes = crate::from_json("last written values", &known)?;
    for (name, value) in attributes {
        // A cleared attribute is no longer ours to clear.
        if value.is_absent() {
            written.remove(name);
        } else {
            written.insert(name.clone(), value.clone());
        }
    }
    transaction
        .prepare_cached(
            "UPDATE link SET written = ?4 WHERE job = ?1 AND kind = ?2 AND target = ?3",
        )?
        .execute(params![
            job.as_str(),
            kind.as_str(),
            target.as_str(),
            to_json(&written)
        ])?;
    Landing::target(transaction, job, kind)?.settle(
        transaction,
        target.as_str(),
        ObjectState::Live,
        attributes,
        Extent::Part,
    )
}

pub(super) fn set_deleted_by_us(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    target: &TargetId,
    deleted: bool,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE link SET deleted_by_us = ?4 WHERE job = ?1 AND kind = ?2 AND target = ?3",
        )?
        .execute(params![
            job.as_str(),
            kind.as_str(),
            target.as_str(),
            deleted
        ])?;
    Ok(())
}
