//! Apply: carries out a plan, operation by operation, with no choice left to make.
//!
//! Operations go out in windows; each answer is remembered, with its log record, before the next
//! window goes out, so a stop or a kill costs at most what is in flight (law L4). A failure belongs
//! to its object; what concerns the tenant as a whole ends the run.

mod breaker;
mod objects;
mod references;

use std::{pin::pin, sync::Arc};

use futures_util::{Stream, StreamExt as _, future::join_all};
use syncline_directory::{AttributeName, Attributes, ObjectKind, Reason, Side, TargetId, Value};
use syncline_graph::{Clock, GraphError, Target, Write, WriteAction, Written};
use syncline_planner::{Action, Phase, Standing, plan::State};
use syncline_store::{
    Answer, LogRecord, OperationState, PlanId, PlannedOperation, RunId, StoredPlan,
};

use self::breaker::{BROKEN_AFTER, Breaker};
use crate::{
    Event, Service, ServiceError, Step, Stop,
    project::Job,
    record::{Named, Result as RecordResult, RunStamp},
    report::Failure,
    tenants::tenant_error,
};

/// Graph's most requests in one batch (graph.md, section 7).
const BATCH: usize = 20;

/// How many batches are under way at a time; graph.md, section 7, calls four a sane start.
const BATCHES: usize = 4;

/// How many failures a report lists; all of them are in the log.
const LISTED_FAILURES_MAX: usize = 100;

/// How carrying out a plan ended.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Operations that the target carried out.
    pub(crate) done: u64,
    /// Operations that it refused.
    pub(crate) failed: u64,
    /// The first of them.
    pub(crate) failures: Vec<Failure>,
    /// Whether it was stopped before the end.
    pub(crate) stopped: bool,
}

/// A plan being carried out.
struct Application<'a> {
    service: &'a Service,
    job: &'a Job,
    target: &'a Target,
    plan: PlanId,
    run: RunId,
    stamp: &'a RunStamp,
    stop: &'a Stop,
    applied: Applied,
    breaker: Breaker,
    /// What ends the run, found in the middle of a window.
    fatal: Option<ServiceError>,
}

/// An operation with the write that carries it out, or its next part.
struct Sending {
    planned: PlannedOperation,
    write: Write,
}

/// An operation, what the target answered to a write of it, and how long its batch took.
struct Answered {
    planned: PlannedOperation,
    answer: Result<Written, GraphError>,
    /// Where the object comes from that an invitation was answered with.
    origin: Origin,
    took_ms: u64,
}

/// Where an object comes from that the target says it has made.
enum Origin {
    /// We made it.
    Ours,
    /// Somebody else did.
    Foreign,
    /// It could not be looked up; what it is has to be found out before anything is done with it.
    Unknown(GraphError),
}

impl Service {
    /// Carries out a plan.
    pub(crate) async fn apply(
        &self,
        job: &Job,
        target: &Target,
        plan: &StoredPlan,
        run: RunId,
        stamp: &RunStamp,
        stop: &Stop,
    ) -> Result<Applied, ServiceError> {
        let mut application = Application {
            service: self,
            job,
            target,
            plan: plan.id,
            run,
            stamp,
            stop,
            applied: Applied::default(),
            breaker: Breaker::default(),
            fatal: None,
        };
        let total = plan.census.operations();
        let mut after: Option<PlannedOperation> = None;
        let mut answered = 0;
        loop {
            if stop.is_asked() {
                application.applied.stopped = true;
                break;
            }
            let mut window = self
                .store
                .operations(plan.id, after.as_ref(), BATCH * BATCHES)?;
            let Some(phase) = window.first().map(|planned| planned.phase) else {
                break;
            };
            // References wait until every object has been made; losses come last.
            window.retain(|planned| planned.phase == phase);
            after = window.last().cloned();
            answered += window.len() as u64;
            application.window(phase, window).await?;
            self.store
                .progress(run, Step::Apply.name(), answered, total)?;
            self.emit(Event::Progress {
                job: job.name.clone(),
                step: Step::Apply,
                done: answered,
                total,
            });
            if let Some(error) = application.fatal.take() {
                return Err(error);
            }
        }
        Ok(application.applied)
    }
}

impl Application<'_> {
    fn clock(&self) -> Arc<dyn Clock> {
        self.service.outside.clock.clone()
    }

    async fn window(
        &mut self,
        phase: Phase,
        window: Vec<PlannedOperation>,
    ) -> Result<(), ServiceError> {
        match phase {
            Phase::Objects => self.objects(window).await,
            Phase::References => self.references(window).await,
            Phase::Losses => self.losses(window).await,
        }
    }

    async fn losses(&mut self, window: Vec<PlannedOperation>) -> Result<(), ServiceError> {
        let steps = window
            .into_iter()
            .filter_map(|planned| {
                let kind = planned.operation.kind;
                let action = match &planned.operation.action {
                    Action::Delete { target } => WriteAction::Delete {
                        id: target.clone(),
                        kind,
                    },
                    Action::Disable { target } => WriteAction::Update {
                        id: target.clone(),
                        kind,
                        changes: blocked(),
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
            })
            .collect();
        let mut answers = pin!(send(self.target, self.clock(), self.stop, steps));
        while let Some(Answered {
            planned,
            answer,
            took_ms,
            ..
        }) = answers.next().await
        {
            match (answer, &planned.operation.action) {
                (Ok(_), Action::Delete { target }) => {
                    let target = target.clone();
                    self.done(
                        &planned,
                        &Answer::Deleted(target.clone()),
                        Some(&target),
                        None,
                        took_ms,
                    )?;
                }
                (Ok(_), Action::Disable { target }) => {
                    let target = target.clone();
                    let answer = Answer::Wrote {
                        target: target.clone(),
                        attributes: blocked(),
                    };
                    self.done(&planned, &answer, Some(&target), None, took_ms)?;
                }
                (Ok(_), _) => {}
                (Err(error), _) => self.refused(&planned, error, took_ms)?,
            }
        }
        Ok(())
    }

    /// Remembers that an operation is done.
    fn done(
        &mut self,
        planned: &PlannedOperation,
        answer: &Answer,
        target: Option<&TargetId>,
        referred: Option<&TargetId>,
        took_ms: u64,
    ) -> Result<(), ServiceError> {
        let standing = match &planned.operation.action {
            Action::Disable { .. } | Action::Delete { .. } => Standing {
                state: State::OutOfScope,
                reason: planned.operation.cause.clone(),
            },
            _ => Standing::new(State::InStep, "Written", "the target was written as wanted"),
        };
        let record = self.record(planned, target, referred, &RecordResult::Done, took_ms)?;
        self.remember(
            planned,
            answer,
            OperationState::Done,
            &standing,
            Some(&record),
        )?;
        self.breaker.done(planned.operation.action.verb());
        self.applied.done += 1;
        Ok(())
    }

    /// Remembers that the target refused an operation, or that the run cannot go on.
    fn refused(
        &mut self,
        planned: &PlannedOperation,
        error: GraphError,
        took_ms: u64,
    ) -> Result<(), ServiceError> {
        if error.stops_run() {
            // The operation stays to be done; the next run plans it again.
            self.fatal
                .get_or_insert_with(|| tenant_error(Side::Target, self.job)(error));
            return Ok(());
        }
        let reason = Reason::new(error.code(), error.message());
        let standing = Standing {
            state: State::Failed,
            reason: reason.clone(),
        };
        let operation = &planned.operation;
        if error.says_value_is_taken() {
            // Before the failure, so that a kill in between has the next plan choose another value.
            let named: Vec<&str> = error
                .refusal()
                .into_iter()
                .flat_map(|refusal| &refusal.details)
                .filter_map(|detail| detail.target.as_deref())
                .collect();
            self.service.store.refuse_claims(
                &self.job.name,
                operation.kind,
                &operation.source,
                &named,
            )?;
        }
        let target =
            self.service
                .store
                .live_target(&self.job.name, operation.kind, &operation.source)?;
        let target = target.map(|target| target.id);
        let result = RecordResult::Failed(&reason);
        let record = self.record(planned, target.as_ref(), None, &result, took_ms)?;
        self.remember(
            planned,
            &Answer::Refused,
            OperationState::Failed,
            &standing,
            Some(&record),
        )?;
        self.applied.failed += 1;
        let verb = planned.operation.action.verb();
        // A batch whose answer was lost is one mishap, not as many refusals as it has operations.
        if !error.outcome_is_unknown() && self.breaker.refused(verb, &reason.code) {
            self.fatal.get_or_insert(ServiceError::Refused {
                count: BROKEN_AFTER,
                verb,
                code: reason.code.clone(),
                message: reason.text.clone(),
            });
        }
        if self.applied.failures.len() < LISTED_FAILURES_MAX {
            let label = self.label(planned)?;
            let action = planned.operation.action.verb();
            self.applied.failures.push(Failure {
                label,
                action,
                reason,
            });
        }
        Ok(())
    }

    /// Leaves an operation that turned out not to be ours to do, or not yet; it is no failure, and
    /// the next run plans it again.
    fn leave(&self, planned: &PlannedOperation, standing: &Standing) -> Result<(), ServiceError> {
        self.remember(
            planned,
            &Answer::Refused,
            OperationState::Failed,
            standing,
            None,
        )
    }

    fn remember(
        &self,
        planned: &PlannedOperation,
        answer: &Answer,
        state: OperationState,
        standing: &Standing,
        record: Option<&LogRecord>,
    ) -> Result<(), ServiceError> {
        self.service.store.record_answer(
            &self.job.name,
            self.plan,
            planned,
            answer,
            state,
            standing,
            record.map(|record| (self.run, record)),
            &self.service.now(),
        )?;
        Ok(())
    }

    fn record(
        &self,
        planned: &PlannedOperation,
        target: Option<&TargetId>,
        referred: Option<&TargetId>,
        result: &RecordResult<'_>,
        took_ms: u64,
    ) -> Result<LogRecord, ServiceError> {
        let operation = &planned.operation;
        let attributes = self.source_attributes(operation.kind, operation.source.as_str())?;
        let object = Named {
            kind: operation.kind,
            id: &operation.source,
            attributes: &attributes,
        };
        let standing =
            self.service
                .store
                .standing(&self.job.name, operation.kind, &operation.source)?;
        let findings = standing
            .map(|standing| standing.findings)
            .unwrap_or_default();
        Ok(self.stamp.operation(
            self.service.new_id(),
            self.service.now(),
            took_ms,
            &object,
            operation,
            target,
            referred,
            &findings,
            result,
        ))
    }

    fn label(&self, planned: &PlannedOperation) -> Result<String, ServiceError> {
        let operation = &planned.operation;
        let attributes = self.source_attributes(operation.kind, operation.source.as_str())?;
        let object = Named {
            kind: operation.kind,
            id: &operation.source,
            attributes: &attributes,
        };
        Ok(object.label().to_owned())
    }

    fn source_attributes(&self, kind: ObjectKind, id: &str) -> Result<Attributes, ServiceError> {
        let store = &self.service.store;
        let object = store.mirrored(&self.job.name, Side::Source, kind, id)?;
        Ok(object.map(|object| object.attributes).unwrap_or_default())
    }
}

/// Sends writes in batches, several at a time, and hands over each answer as soon as its batch is
/// answered, so that it can be remembered while others are still on their way.
fn send<'a>(
    target: &'a Target,
    clock: Arc<dyn Clock>,
    stop: &'a Stop,
    sendings: Vec<Sending>,
) -> impl Stream<Item = Answered> + 'a {
    let mut batches: Vec<Vec<Sending>> = Vec::new();
    for sending in sendings {
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH => batch.push(sending),
            _ => batches.push(vec![sending]),
        }
    }
    futures_util::stream::iter(batches)
        // What is not sent stays to be done; the next run plans it again.
        .take_while(|_| std::future::ready(!stop.is_asked()))
        .map(move |batch| {
            let clock = clock.clone();
            async move {
                let began = clock.now();
                let (planned, writes): (Vec<_>, Vec<_>) =
                    batch.into_iter().map(|sending| (sending.planned, sending.write)).unzip();
                let answers = target.write(&writes).await;
                let took = clock.now().duration_since(began).as_millis();
                let took_ms = u64::try_from(took).unwrap_or(0);
                let began = began.to_string();
                let origins = planned.into_iter().zip(answers).map(|(planned, answer)| {
                    objects::answered(target.reader(), planned, answer, &began, took_ms)
                });
                futures_util::stream::iter(join_all(origins).await)
            }
        })
        .buffer_unordered(BATCHES)
        .flatten()
}

/// The attributes of an object whose sign-in is blocked.
fn blocked() -> Attributes {
    Attributes::from([(AttributeName::new("accountEnabled"), Value::Boolean(false))])
}
