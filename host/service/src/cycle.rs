//! One cycle of one job, in the order of its steps: import, scope and keys, join, map, plan, guard,
//! apply, log. A preview is everything before apply, and is given no client that can write.

use sha2::{Digest as _, Sha256};
use syncline_directory::{JobName, ObjectKind, Side};
use syncline_graph::{Source, Target};
use syncline_planner::{Standing, plan::State};
use syncline_rules::Generation;
use syncline_store::{Fit, Making, PlanState, RunEnd, RunId, RunOutcome, StoredPlan, Suspension};
use tokio::time::Instant;

use crate::{
    Event, Service, ServiceError, Step, Stop, decide,
    failed_inputs::FailedInputs,
    off_thread::blocking,
    one_line,
    planning::{Planned, Planning},
    project::Job,
    record::{Named, RunStamp, new_id},
    report::{CycleReport, Mode, Request},
    rules_folder::KnownRules,
    rules_settling::{Chosen, Ends, Letting},
    suspension::Tally,
};

/// The clients of a cycle: only one that may write holds a [`Target`].
enum TargetEnd {
    Reader(Source),
    Writer(Target),
}

impl TargetEnd {
    fn reader(&self) -> &Source {
        match self {
            Self::Reader(reader) => reader,
            Self::Writer(target) => target.reader(),
        }
    }
}

impl Service {
    /// Runs one cycle of a job.
    ///
    /// # Errors
    ///
    /// When the cycle cannot begin or go on. What concerns one object is in the report.
    pub async fn cycle(
        &self,
        job: &JobName,
        request: Request<'_>,
        stop: &Stop,
    ) -> Result<CycleReport, ServiceError> {
        let _turn = self.turn.lock().await;
        self.grant_wishes().await?;
        self.cycle_of(job, request, stop, false).await
    }

    /// Runs one cycle of a job. The caller has the turn, and says whether the folder is watched, so
    /// that nobody need look into it.
    pub(crate) async fn cycle_of(
        &self,
        job: &JobName,
        request: Request<'_>,
        stop: &Stop,
        watched: bool,
    ) -> Result<CycleReport, ServiceError> {
        let job = &self.project.jobs[job];
        // In this order: file (read before), components, credentials, network.
        let rules = if watched {
            self.watched_rules(job).await?
        } else {
            self.known_rules(job).await?
        };
        let source = self.reader(&job.source)?;
        let target = match request.mode {
            Mode::Preview => TargetEnd::Reader(self.reader(&job.target)?),
            Mode::Apply => TargetEnd::Writer(self.writer(&job.target)?),
        };
        let began = Instant::now();
        let cycle = self.new_id();
        let run = self
            .store
            .begin_run(&job.name, request.cause, &cycle, &self.now())?;
        self.emit(Event::RunStarted {
            job: job.name.clone(),
        });
        let mut report = CycleReport {
            job: job.name.clone(),
            run,
            mode: request.mode,
            outcome: RunOutcome::Stopped,
            source_items: 0,
            target_items: 0,
            decided: 0,
            plan: None,
            done: 0,
            failed: 0,
            failures: Vec::new(),
            standing: Vec::new(),
            duration_ms: 0,
        };
        let steps = Steps {
            service: self,
            job,
            run,
            cycle,
            request,
            stop,
        };
        let result = steps.walk(rules, &source, &target, &mut report).await;
        let message = result.as_ref().err().map(|error| one_line(error));
        if result.is_err() {
            report.outcome = RunOutcome::Failed;
        }
        self.store.end_run(
            run,
            &self.now(),
            &RunEnd {
                outcome: report.outcome,
                message,
                census: report.plan.as_ref().map(|plan| plan.census),
                plan: report.hash().map(ToString::to_string),
            },
        )?;
        result?;
        report.standing = self.store.survey(&job.name)?;
        report.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.emit(Event::RunEnded(report.clone()));
        Ok(report)
    }

    /// Returns a new identifier for a log record or a cycle.
    pub(crate) fn new_id(&self) -> String {
        new_id(&*self.outside.randomness)
    }
}

/// A digest of what a job's plans depend on beside rules and objects: its settings, and the tenants'
/// names and domains, which rules read (edge case 29).
fn settings_digest(job: &Job, ends: &Ends) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!(
        "{:?} {:?} {:?} {:?}",
        job.users, job.policy, ends.source, ends.target
    ));
    hex::encode(hasher.finalize())
}

/// The steps of one cycle.
struct Steps<'a> {
    service: &'a Service,
    job: &'a Job,
    run: RunId,
    cycle: String,
    request: Request<'a>,
    stop: &'a Stop,
}

impl Steps<'_> {
    async fn walk(
        &self,
        rules: KnownRules,
        source: &Source,
        target: &TargetEnd,
        report: &mut CycleReport,
    ) -> Result<(), ServiceError> {
        self.turn_to(Step::ImportSource)?;
        let reading = async {
            let (ends, chosen) = self.prepare(rules, source, target).await?;
            let readers = (source, target.reader());
            // While other rules wait, what they read is read too, and not listed anew each cycle.
            let fit = if chosen.others_wait {
                Fit::AtLeast
            } else {
                Fit::Exact
            };
            let generation = chosen.generation;
            let read = self
                .service
                .import_for(self.job, &[&generation], fit, readers)
                .await?;
            Ok::<_, ServiceError>((ends, generation, read))
        };
        // Reading is remembered page by page, so it can be dropped anywhere.
        let (ends, generation, read) = tokio::select! {
            biased;
            () = asked(self.stop) => return Ok(()),
            read = reading => read?,
        };
        (report.source_items, report.target_items) = read;
        let stamp = RunStamp {
            job: self.job.name.to_string(),
            cycle: self.cycle.clone(),
            source: ends.source.clone(),
            target: ends.target.clone(),
            generation: generation.digest().to_string(),
        };
        if let TargetEnd::Writer(target) = target {
            self.service.recover(self.job, target).await?;
            self.service.store.settle_unanswered(&self.job.name)?;
            self.announce(&stamp)?;
        }
        if generation.depends_on_time(ObjectKind::User) {
            self.service.store.mark_all_undecided(&self.job.name)?;
        }
        self.service
            .check_suspension(self.job, generation.digest())?;
        let failed_inputs = FailedInputs::of(
            &self.service.project.state_folder(),
            generation.digest().short(),
        );
        self.turn_to(Step::Decide)?;
        let (decided, tally) = self.decide(&generation, &ends, &failed_inputs).await?;
        report.decided = decided;
        if tally.is_too_much() {
            return Err(self.suspend(&generation, &stamp, &failed_inputs, tally)?);
        }
        self.turn_to(Step::Plan)?;
        let planned = self
            .plan(generation.clone(), &ends, &stamp, &failed_inputs)
            .await?;
        let plan = match planned {
            Planned::Plan(plan) => plan,
            Planned::TooManyFailures(tally) => {
                return Err(self.suspend(&generation, &stamp, &failed_inputs, tally)?);
            }
        };
        report.plan = Some(plan.clone());
        self.service.emit(Event::Planned {
            job: self.job.name.clone(),
            hash: plan.hash.clone(),
            census: plan.census,
            trips: plan.trips.clone(),
        });
        let held = !plan.trips.is_empty() && !self.is_approved(&plan)?;
        let target = match target {
            _ if held => {
                report.outcome = RunOutcome::Held;
                return Ok(());
            }
            TargetEnd::Reader(_) => {
                report.outcome = RunOutcome::Previewed;
                return Ok(());
            }
            TargetEnd::Writer(target) => target,
        };
        // An approval is for one time: what it let go is not let go again.
        self.service
            .store
            .spend_approval(&self.job.name, &plan.hash)?;
        self.service
            .store
            .set_plan_state(plan.id, PlanState::Applying)?;
        let applied = self
            .service
            .apply(self.job, target, &plan, self.run, &stamp, self.stop)
            .await?;
        report.done = applied.done;
        report.failed = applied.failed;
        report.failures = applied.failures;
        report.outcome = match (applied.stopped, applied.failed) {
            (true, _) => RunOutcome::Stopped,
            (false, 0) => RunOutcome::Done,
            (false, _) => RunOutcome::Partial,
        };
        if !applied.stopped {
            self.service
                .store
                .set_plan_state(plan.id, PlanState::Applied)?;
        }
        Ok(())
    }

    /// Tells `status` in another terminal what the run is at.
    fn turn_to(&self, step: Step) -> Result<(), ServiceError> {
        Ok(self.service.store.progress(self.run, step.name(), 0, 0)?)
    }

    /// Finds out who the tenants are and which rules the run uses.
    async fn prepare(
        &self,
        rules: KnownRules,
        source: &Source,
        target: &TargetEnd,
    ) -> Result<(Ends, Chosen), ServiceError> {
        let service = self.service;
        let job = self.job;
        let ends = Ends::read(job, source, target.reader()).await?;
        self.check_tenants(&ends)?;
        service
            .store
            .describe_tenants(&job.name, &ends.source, &ends.target)?;
        service
            .store
            .settle_settings(&job.name, &settings_digest(job, &ends))?;
        let readers = (source, target.reader());
        let letting = match self.request.activate {
            true => Letting::ByCommand("sync --activate"),
            false => Letting::AsTheJobSays,
        };
        let chosen = service
            .settle_rules(job, rules, &ends, readers, letting)
            .await?;
        service
            .store
            .run_uses(self.run, chosen.generation.digest().as_str())?;
        Ok((ends, chosen))
    }

    /// Refuses to apply what is remembered of one tenant to another: every object of the old one would
    /// read as gone (law L2).
    fn check_tenants(&self, ends: &Ends) -> Result<(), ServiceError> {
        let job = self.job;
        let (source, target) =
            self.service
                .store
                .pin_tenants(&job.name, &ends.source.id, &ends.target.id)?;
        let sides = [
            (Side::Source, &job.source, source, &ends.source.id),
            (Side::Target, &job.target, target, &ends.target.id),
        ];
        for (side, tenant, remembered, found) in sides {
            if remembered != *found {
                return Err(ServiceError::OtherTenant {
                    job: job.name.clone(),
                    side,
                    tenant: tenant.clone(),
                    remembered,
                    found: found.clone(),
                });
            }
        }
        Ok(())
    }

    /// Tells the log of objects that an interrupted run made.
    fn announce(&self, stamp: &RunStamp) -> Result<(), ServiceError> {
        let store = &self.service.store;
        let kind = ObjectKind::User;
        for row in store.unannounced(&self.job.name, kind)? {
            let attributes = store
                .mirrored(&self.job.name, Side::Source, kind, row.source.as_str())?
                .map(|object| object.attributes)
                .unwrap_or_default();
            let object = Named {
                kind,
                id: &row.source,
                attributes: &attributes,
            };
            let record = stamp.recovered(
                self.service.new_id(),
                self.service.now(),
                &object,
                &row.link.target,
                &row.link.written,
            );
            store.announce(&self.job.name, kind, &row.source, self.run, &record)?;
        }
        Ok(())
    }

    /// Suspends rules that failed on too many objects, and tells the log of the first of those; returns
    /// what ends the run.
    fn suspend(
        &self,
        generation: &Generation,
        stamp: &RunStamp,
        failed_inputs: &FailedInputs,
        tally: Tally,
    ) -> Result<ServiceError, ServiceError> {
        let service = self.service;
        let kind = ObjectKind::User;
        let mut records = Vec::new();
        for (source, reason) in &tally.failures {
            let object =
                service
                    .store
                    .mirrored(&self.job.name, Side::Source, kind, source.as_str())?;
            let attributes = object.map(|object| object.attributes).unwrap_or_default();
            let object = Named {
                kind,
                id: source,
                attributes: &attributes,
            };
            records.push(stamp.standing(
                service.new_id(),
                service.now(),
                &object,
                None,
                &Standing {
                    state: State::Held,
                    reason: reason.clone(),
                },
                &[],
                failed_inputs.of_object(source),
            ));
        }
        service.store.record(&self.job.name, self.run, &records)?;
        let suspension = Suspension {
            digest: generation.digest().clone(),
            at: service.now(),
            asked: tally.asked,
            failed: tally.failed,
            reason: tally.first_reason(),
            inputs: failed_inputs
                .folder()
                .map(|folder| folder.display().to_string()),
        };
        service.store.suspend(&self.job.name, &suspension)?;
        Ok(ServiceError::RulesSuspended {
            job: self.job.name.clone(),
            suspension: Box::new(suspension),
        })
    }

    async fn decide(
        &self,
        generation: &Generation,
        ends: &Ends,
        failed_inputs: &FailedInputs,
    ) -> Result<(u64, Tally), ServiceError> {
        let service = self.service;
        let context = service.rules_context(self.job, ends);
        let (store, generation) = (service.store.clone(), generation.clone());
        let assignment = self.job.users.clone();
        let progress = self.progress(Step::Decide);
        let inputs = failed_inputs.clone();
        blocking(move || {
            decide::decide(
                &store,
                &generation,
                &context,
                &assignment,
                &inputs,
                progress,
            )
        })
        .await
    }

    async fn plan(
        &self,
        generation: Generation,
        ends: &Ends,
        stamp: &RunStamp,
        failed_inputs: &FailedInputs,
    ) -> Result<Planned, ServiceError> {
        let service = self.service;
        let context = service.rules_context(self.job, ends);
        let store = service.store.clone();
        let (job, run, mode, stamp) =
            (self.job.clone(), self.run, self.request.mode, stamp.clone());
        let now = service.now();
        let randomness = service.outside.randomness.clone();
        let unanswered = service
            .store
            .intents(&self.job.name)?
            .into_iter()
            .filter(|intent| intent.making == Making::Account)
            .map(|intent| intent.source)
            .collect();
        let progress = self.progress(Step::Plan);
        let failed_inputs = failed_inputs.clone();
        blocking(move || {
            let planning = Planning {
                job: &job.name,
                run,
                generation: &generation,
                policy: job.policy,
                guards: &job.guards,
                assignment: &job.users,
                mode,
                stamp: &stamp,
                failed_inputs: &failed_inputs,
                unanswered,
                now,
            };
            planning.plan(&store, &context, || new_id(&*randomness), progress)
        })
        .await
    }

    fn progress(&self, step: Step) -> impl FnMut(u64) + Send + 'static {
        let (observer, job) = (self.service.observer.clone(), self.job.name.clone());
        move |done| {
            observer(&Event::Progress {
                job: job.clone(),
                step,
                done,
                total: 0,
            })
        }
    }

    /// Whether somebody approved exactly this plan and the approval has not expired (law L13).
    fn is_approved(&self, plan: &StoredPlan) -> Result<bool, ServiceError> {
        let expires = self.service.store.approval(&self.job.name, &plan.hash)?;
        let now = self.service.outside.clock.now();
        Ok(expires
            .and_then(|expires| expires.parse::<jiff::Timestamp>().ok())
            .is_some_and(|expires| now < expires))
    }
}

async fn asked(stop: &Stop) {
    stop.clone().asked().await;
}
