//! Objects: made, restored, written. Making takes two rounds, an invitation and a PATCH, never in
//! one batch (design, section 11).

use std::pin::pin;

use futures_util::StreamExt as _;
use syncline_directory::{AttributeName, Attributes, TargetId, Value};
use syncline_graph::{GraphError, Source, Write, WriteAction, Written};
use syncline_planner::{Action, Standing, operation::Modifications, plan::State};
use syncline_store::{Answer, Intent, OperationState, PlannedOperation, StoreError};

use super::{Answered, Application, Origin, Sending, send};
use crate::{
    ServiceError,
    recover::{MADE_COLUMNS, made_by},
};

impl Application<'_> {
    pub(super) async fn objects(
        &mut self,
        window: Vec<PlannedOperation>,
    ) -> Result<(), ServiceError> {
        let started = self.service.now();
        let intents: Vec<Intent> = window
            .iter()
            .filter_map(|planned| match &planned.operation.action {
                Action::Invite { address, .. } => Some(Intent {
                    kind: planned.operation.kind,
                    source: planned.operation.source.clone(),
                    address: address.clone(),
                    started: started.clone(),
                }),
                _ => None,
            })
            .collect();
        // Before it is sent, so that a lost answer is looked up and not sent again (law L7).
        self.service.store.intend(&self.job.name, &intents)?;
        let first = window.into_iter().filter_map(first_step).collect();
        let mut second = Vec::new();
        let mut answers = pin!(send(self.target, self.clock(), self.stop, first));
        while let Some(Answered {
            planned,
            answer,
            origin,
            took_ms,
        }) = answers.next().await
        {
            let answer = match (answer, origin) {
                (Ok(written), Origin::Foreign) => {
                    self.found_foreign(&planned, &written.id)?;
                    continue;
                }
                // The intent stays; the next run finds out before it plans.
                (Ok(_), Origin::Unknown(error)) => {
                    self.refused(&planned, error, took_ms)?;
                    continue;
                }
                (answer, _) => answer,
            };
            let then = match (&planned.operation.action, answer) {
                (Action::Invite { .. }, answer) => self.invited(&planned, answer, took_ms).await?,
                (Action::Restore { target, then }, Ok(_)) => {
                    let target = target.clone();
                    let answer = Answer::Restored(target.clone());
                    self.part_done(&planned, &answer, &target, then.is_empty(), took_ms)?;
                    Some((target, then.clone()))
                }
                (
                    Action::Update {
                        target,
                        modifications,
                    },
                    Ok(_),
                ) => {
                    let target = target.clone();
                    let attributes = after(modifications);
                    let answer = Answer::Wrote {
                        target: target.clone(),
                        attributes,
                    };
                    self.done(&planned, &answer, Some(&target), None, took_ms)?;
                    None
                }
                (_, Ok(_)) => None,
                (_, Err(error)) => {
                    self.refused(&planned, error, took_ms)?;
                    None
                }
            };
            if let Some((id, then)) = then.filter(|(_, then)| !then.is_empty()) {
                let kind = planned.operation.kind;
                let action = WriteAction::Update {
                    id,
                    kind,
                    changes: after(&then),
                };
                second.push(Sending {
                    planned,
                    write: Write {
                        action,
                        fresh: true,
                    },
                });
            }
        }
        let mut answers = pin!(send(self.target, self.clock(), self.stop, second));
        while let Some(Answered {
            planned,
            answer,
            took_ms,
            ..
        }) = answers.next().await
        {
            match answer {
                Ok(Written { id, .. }) => {
                    let attributes = planned
                        .operation
                        .action
                        .modifications()
                        .map(after)
                        .unwrap_or_default();
                    let answer = Answer::Wrote {
                        target: id.clone(),
                        attributes,
                    };
                    self.done(&planned, &answer, Some(&id), None, took_ms)?;
                }
                Err(error) => self.refused(&planned, error, took_ms)?,
            }
        }
        Ok(())
    }

    /// Takes in the answer to an invitation; returns what is still to be written to the new object.
    async fn invited(
        &mut self,
        planned: &PlannedOperation,
        answer: Result<Written, GraphError>,
        took_ms: u64,
    ) -> Result<Option<(TargetId, Modifications)>, ServiceError> {
        let Action::Invite {
            address,
            display_name,
            member,
            then,
        } = &planned.operation.action
        else {
            return Ok(None);
        };
        let operation = &planned.operation;
        let target = match answer {
            Ok(written) => written.id,
            Err(error) if error.outcome_is_unknown() => {
                let intent = Intent {
                    kind: operation.kind,
                    source: operation.source.clone(),
                    address: address.clone(),
                    started: self.service.now(),
                };
                match self
                    .service
                    .find_made(self.job, self.target.reader(), &intent)
                    .await?
                {
                    Some((id, _)) => id,
                    // The intent stays; the next run looks again before it plans.
                    None => {
                        self.refused(planned, error, took_ms)?;
                        return Ok(None);
                    }
                }
            }
            Err(error) => {
                if !error.stops_run() {
                    self.service.store.forget_intent(
                        &self.job.name,
                        operation.kind,
                        &operation.source,
                    )?;
                }
                self.refused(planned, error, took_ms)?;
                return Ok(None);
            }
        };
        let attributes = born(address, display_name.as_deref(), *member);
        let answer = Answer::Made {
            target: target.clone(),
            attributes,
        };
        let then = then.clone();
        match self.part_done(planned, &answer, &target, then.is_empty(), took_ms) {
            // It belongs to another source object; that is this object's trouble, not the run's.
            Err(ServiceError::Store(StoreError::SecondLink { .. })) => {
                self.found_foreign(planned, &target)?;
                Ok(None)
            }
            recorded => recorded.map(|()| Some((target, then))),
        }
    }

    /// Leaves an object that an invitation was answered with and that we did not make (law L2).
    fn found_foreign(
        &mut self,
        planned: &PlannedOperation,
        target: &TargetId,
    ) -> Result<(), ServiceError> {
        let operation = &planned.operation;
        let store = &self.service.store;
        store.forget_intent(&self.job.name, operation.kind, &operation.source)?;
        let standing = Standing::new(
            State::Matched,
            "MatchedNotAdopted",
            format!(
                "the invitation was answered with target object {target}, which this job did not \
                 make; it is left alone"
            ),
        );
        self.leave(planned, &standing)
    }

    /// Remembers the first of two parts of an operation, or all of it where there is no second.
    fn part_done(
        &mut self,
        planned: &PlannedOperation,
        answer: &Answer,
        target: &TargetId,
        whole: bool,
        took_ms: u64,
    ) -> Result<(), ServiceError> {
        if whole {
            return self.done(planned, answer, Some(target), None, took_ms);
        }
        let standing = Standing::new(State::Changing, "Planned", "operations are planned");
        self.remember(planned, answer, OperationState::Waiting, &standing, None)
    }
}

/// Looks where the object comes from that an invitation was answered with. One that cannot be seen yet
/// is new: who was there before can be seen.
pub(super) async fn answered(
    reader: &Source,
    planned: PlannedOperation,
    answer: Result<Written, GraphError>,
    began: &str,
    took_ms: u64,
) -> Answered {
    let origin = match (&planned.operation.action, &answer) {
        (Action::Invite { .. }, Ok(written)) => {
            let columns = MADE_COLUMNS.map(AttributeName::new);
            match reader.user(written.id.as_str(), &columns).await {
                Ok(Some(attributes)) if !made_by(&attributes, began) => Origin::Foreign,
                Ok(_) => Origin::Ours,
                Err(error) => Origin::Unknown(error),
            }
        }
        _ => Origin::Ours,
    };
    Answered {
        planned,
        answer,
        origin,
        took_ms,
    }
}

fn first_step(planned: PlannedOperation) -> Option<Sending> {
    let kind = planned.operation.kind;
    let action = match &planned.operation.action {
        Action::Invite {
            address,
            display_name,
            member,
            ..
        } => WriteAction::Invite {
            address: address.clone(),
            display_name: display_name.clone(),
            member: *member,
        },
        Action::Restore { target, .. } => WriteAction::Restore { id: target.clone() },
        Action::Update {
            target,
            modifications,
        } => WriteAction::Update {
            id: target.clone(),
            kind,
            changes: after(modifications),
        },
        _ => return None,
    };
    Some(Sending {
        planned,
        write: Write {
            action,
            fresh: false,
        },
    })
}

fn after(modifications: &Modifications) -> Attributes {
    modifications
        .iter()
        .map(|(name, modification)| (name.clone(), modification.after.clone()))
        .collect()
}

/// What an invitation writes.
fn born(address: &str, display_name: Option<&str>, member: bool) -> Attributes {
    let mut attributes = Attributes::from([
        (AttributeName::new("mail"), Value::text(address)),
        (
            AttributeName::new("userType"),
            Value::text(if member { "Member" } else { "Guest" }),
        ),
    ]);
    if let Some(name) = display_name {
        attributes.insert(AttributeName::new("displayName"), Value::text(name));
    }
    attributes
}
