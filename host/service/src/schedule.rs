//! Keeping jobs going: each on its schedule, changed rules taken up between runs, until asked to stop.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use syncline_directory::JobName;

use crate::{
    Event, Service, ServiceError, Stop, one_line,
    report::{Mode, Request},
};

impl Service {
    /// Runs every job on its schedule until asked to stop.
    ///
    /// # Errors
    ///
    /// When a job cannot start at all, or the plugins folder cannot be watched. A cycle that fails is
    /// told to the observer and tried again at its next time.
    pub async fn run(&self, stop: Stop) -> Result<(), ServiceError> {
        for job in self.project.jobs.values() {
            self.known_rules(job).await?;
        }
        let watch = self.watch().await?;
        tokio::select! {
            biased;
            () = self.keep_jobs(stop) => Ok(()),
            error = self.keep_rules(watch) => Err(error),
        }
    }

    async fn keep_jobs(&self, mut stop: Stop) {
        let mut due: BTreeMap<JobName, Timestamp> = self
            .project
            .jobs
            .keys()
            .map(|name| (name.clone(), self.outside.clock.now()))
            .collect();
        // What was dropped while nobody watched is the first run's to find.
        let mut begun: BTreeSet<JobName> = BTreeSet::new();
        while !stop.is_asked() {
            let Some((job, at)) = due
                .iter()
                .min_by_key(|(_, at)| **at)
                .map(|(job, at)| (job.clone(), *at))
            else {
                break;
            };
            let wait = at.duration_since(self.outside.clock.now());
            let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
            tokio::select! {
                biased;
                () = stop.asked() => break,
                () = self.outside.clock.sleep(wait) => {}
            }
            let turn = tokio::select! {
                biased;
                () = stop.asked() => break,
                turn = self.turn.lock() => turn,
            };
            let request = Request {
                mode: Mode::Apply,
                cause: "schedule",
                activate: false,
            };
            let watched = !begun.insert(job.clone());
            if let Err(error) = self.cycle_of(&job, request, &stop, watched).await {
                let message = one_line(&error);
                let advice = error.advice();
                self.emit(Event::RunFailed {
                    job: job.clone(),
                    message,
                    advice,
                });
            }
            drop(turn);
            let every = self.project.jobs[&job].every;
            due.insert(job, self.outside.clock.now() + every);
        }
    }
}
