//! References between objects, set and cleared once both ends exist. Which target object a source
//! object means is looked up now, since this very run may have made it.

use std::pin::pin;

use futures_util::StreamExt as _;
use syncline_graph::{Write, WriteAction};
use syncline_planner::{Action, Standing, plan::State};
use syncline_store::{Answer, LiveTarget, PlannedOperation};

use super::{Answered, Application, Sending, send};
use crate::{ServiceError, recover::LAG};

impl Application<'_> {
    pub(super) async fn references(
        &mut self,
        window: Vec<PlannedOperation>,
    ) -> Result<(), ServiceError> {
        let mut steps = Vec::new();
        let store = &self.service.store;
        for planned in window {
            let operation = &planned.operation;
            let target = store.live_target(&self.job.name, operation.kind, &operation.source)?;
            let mut fresh = target
                .as_ref()
                .is_some_and(|target| self.is_fresh(&target.made));
            let (attribute, referent) = match &operation.action {
                Action::SetReference {
                    attribute,
                    referent,
                    ..
                } => {
                    let referent = store.live_target(&self.job.name, operation.kind, referent)?;
                    let Some(referent) = referent else {
                        self.wait(&planned, "the object referred to was not made")?;
                        continue;
                    };
                    fresh |= self.is_fresh(&referent.made);
                    (attribute.clone(), Some(referent.id))
                }
                Action::ClearReference { attribute, .. } => (attribute.clone(), None),
                _ => continue,
            };
            let Some(LiveTarget { id, .. }) = target else {
                self.wait(&planned, "the object itself was not made")?;
                continue;
            };
            let action = match referent {
                Some(referent) => WriteAction::SetReference {
                    id,
                    attribute,
                    referent,
                },
                None => WriteAction::ClearReference { id, attribute },
            };
            steps.push(Sending {
                planned,
                write: Write { action, fresh },
            });
        }
        let mut answers = pin!(send(self.target, self.clock(), self.stop, steps));
        while let Some(Answered {
            planned,
            answer,
            took_ms,
            ..
        }) = answers.next().await
        {
            let operation = &planned.operation;
            let (attribute, referent) = match &operation.action {
                Action::SetReference {
                    attribute,
                    referent,
                    ..
                } => {
                    let target = store.live_target(&self.job.name, operation.kind, referent)?;
                    (attribute, target.map(|target| target.id))
                }
                Action::ClearReference { attribute, .. } => (attribute, None),
                _ => continue,
            };
            match answer {
                Ok(written) => {
                    let answer = Answer::Referred {
                        target: written.id.clone(),
                        attribute: attribute.clone(),
                        referent: referent.clone(),
                    };
                    self.done(
                        &planned,
                        &answer,
                        Some(&written.id),
                        referent.as_ref(),
                        took_ms,
                    )?;
                }
                Err(error) => self.refused(&planned, error, took_ms)?,
            }
        }
        Ok(())
    }

    /// Leaves a reference whose other end is missing.
    fn wait(&self, planned: &PlannedOperation, text: &str) -> Result<(), ServiceError> {
        self.leave(
            planned,
            &Standing::new(State::Waiting, "ReferenceNotYetResolved", text),
        )
    }

    /// Whether an object was made so lately that not every replica may show it (graph.md, section
    /// 9.4).
    fn is_fresh(&self, made: &str) -> bool {
        let age = |made| self.service.outside.clock.now().duration_since(made);
        made.parse().is_ok_and(|made| age(made) < LAG)
    }
}
