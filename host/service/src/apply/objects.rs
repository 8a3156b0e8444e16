//! Objects: made, restored, written. Making takes two rounds, an invitation or a POST and a PATCH, never in
//! one batch (design, section 11).

use std::pin::pin;

use futures_util::StreamExt as _;
use syncline_directory::{AttributeName, Attributes, TargetId};
use syncline_graph::{GraphError, Source, Write, WriteAction, Written};
use syncline_planner::{Action, Standing, operation::Modifications, plan::State};
use syncline_store::{Answer, Intent, Making, OperationState, PlannedOperation, StoreError};

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
            .filter_map(|planned| intent(planned, &started))
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
                (Action::Invite { .. } | Action::Create { .. }, answer) => {
                    self.made(&planned, answer, took_ms).await?
                }
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

    /// Takes in the answer to the making of an object; returns what is still to be written to it.
    async fn made(
        &mut self,
        planned: &PlannedOperation,
        answer: Result<Written, GraphError>,
        took_ms: u64,
    ) -> Result<Option<(TargetId, Modifications)>, ServiceError> {
        let (Some(attributes), Some(then), Some(intent)) = (
            planned.operation.action.born(),
            planned.operation.action.modifications(),
            intent(planned, &self.service.now()),
        ) else {
            return Ok(None);
        };
        let operation = &planned.operation;
        let target = match answer {
            Ok(written) => written.id,
            Err(error) if error.outcome_is_unknown() => {
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
                Ok(Some(attributes)) if !made_by(&attributes, Making::Invitation, began) => {
                    Origin::Foreign
                }
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

/// Returns what has to be remembered before an object is asked for; nothing for an operation that makes
/// none.
fn intent(planned: &PlannedOperation, started: &str) -> Option<Intent> {
    let (making, address) = match &planned.operation.action {
        Action::Invite { address, .. } => (Making::Invitation, address),
        Action::Create { principal_name, .. } => (Making::Account, principal_name),
        _ => return None,
    };
    Some(Intent {
        kind: planned.operation.kind,
        source: planned.operation.source.clone(),
        making,
        address: address.clone(),
        started: started.to_owned(),
    })
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
        Action::Create {
            principal_name,
            mail_nickname,
            display_name,
            ..
        } => WriteAction::Create {
            principal_name: principal_name.clone(),
            mail_nickname: mail_nickname.clone(),
            display_name: display_name.clone(),
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
