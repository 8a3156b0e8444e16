//! Keeping jobs going: each on its schedule, rules reloaded between runs, until asked to stop.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use jiff::Timestamp;
use notify::{RecursiveMode, Watcher as _};
use syncline_directory::{JobName, Side};
use tokio::sync::mpsc;

use crate::{
    Event, Service, ServiceError, Stop, one_line,
    report::{Mode, Request},
    rules_folder::Ends,
    tenants::tenant_error,
};

/// How long the plugins folder has to be quiet before it is read: a copy in progress is not a file.
const QUIET: Duration = Duration::from_millis(300);

/// The longest that a restless folder is waited for.
const RESTLESS_MAX: Duration = Duration::from_secs(10);

impl Service {
    /// Runs every job on its schedule until asked to stop.
    ///
    /// # Errors
    ///
    /// When a job cannot start at all, or the plugins folder cannot be watched. A cycle that fails is
    /// told to the observer and tried again at its next time.
    pub async fn run(&self, mut stop: Stop) -> Result<(), ServiceError> {
        for job in self.project.jobs.values() {
            self.known_rules(job)?;
        }
        let (_watcher, mut changes) = self.watch()?;
        let mut due: BTreeMap<JobName, Timestamp> = self
            .project
            .jobs
            .keys()
            .map(|name| (name.clone(), self.outside.clock.now()))
            .collect();
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
                Some(()) = changes.recv() => {
                    let looking = async {
                        self.settle_down(&mut changes).await;
                        self.reload().await;
                    };
                    tokio::select! {
                        biased;
                        () = stop.asked() => break,
                        () = looking => {}
                    }
                }
                () = self.outside.clock.sleep(wait) => {
                    let request =
                        Request { mode: Mode::Apply, cause: "schedule", activate: false };
                    if let Err(error) = self.cycle(&job, request, &stop).await {
                        let message = one_line(&error);
                        let advice = error.advice();
                        self.emit(Event::RunFailed { job: job.clone(), message, advice });
                    }
                    let every = self.project.jobs[&job].every;
                    due.insert(job, self.outside.clock.now() + every);
                }
            }
        }
        Ok(())
    }

    /// Watches the folder rather than its files, since a file that is replaced is another file.
    fn watch(
        &self,
    ) -> Result<(notify::RecommendedWatcher, mpsc::UnboundedReceiver<()>), ServiceError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let failed = |folder: PathBuf| move |source| ServiceError::Watch { folder, source };
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading a file is no change; anything else, an error included, is worth a look.
                if !matches!(&event, Ok(event) if event.kind.is_access()) {
                    // The receiver is gone only when the service stops.
                    let _ = sender.send(());
                }
            })
            .map_err(failed(self.project.plugins_folder()))?;
        let mut folders = vec![self.project.plugins_folder()];
        for job in self.project.jobs.values() {
            for rule in &job.rules {
                let parent = rule.settings.as_deref().and_then(|path| path.parent());
                folders.extend(parent.map(PathBuf::from));
            }
            // A table's folder that is not there is no reason not to run: the last good rules have its
            // table, and each run looks again.
            let folders_of_tables = job.tables.values().filter_map(|path| path.parent());
            folders.extend(
                folders_of_tables
                    .filter(|folder| folder.is_dir())
                    .map(PathBuf::from),
            );
        }
        folders.sort();
        folders.dedup();
        // A job can run on its last good rules without the folder, and the next file dropped needs it.
        let plugins = self.project.plugins_folder();
        std::fs::create_dir_all(&plugins).map_err(|source| ServiceError::State {
            folder: plugins,
            source,
        })?;
        for folder in folders {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .map_err(failed(folder.clone()))?;
            self.emit(Event::Watching { folder });
        }
        Ok((watcher, receiver))
    }

    /// Waits until the folder is quiet, but not for ever: a folder that never is must not starve the
    /// jobs.
    async fn settle_down(&self, changes: &mut mpsc::UnboundedReceiver<()>) {
        let quiet = async {
            loop {
                tokio::select! {
                    biased;
                    Some(()) = changes.recv() => {}
                    () = self.outside.clock.sleep(QUIET) => break,
                }
            }
        };
        tokio::select! {
            () = quiet => {}
            () = self.outside.clock.sleep(RESTLESS_MAX) => {}
        }
    }

    /// Looks at the rules of every job again. Trouble with a tenant is told when its next run meets
    /// it.
    async fn reload(&self) {
        for job in self.project.jobs.values() {
            if let Err(error) = self.reload_job(&job.name).await {
                tracing::warn!(
                    job = job.name.as_str(),
                    error = one_line(&error),
                    "changed rules could not be looked at"
                );
            }
        }
    }

    async fn reload_job(&self, name: &JobName) -> Result<(), ServiceError> {
        let job = &self.project.jobs[name];
        let rules = self.known_rules(job)?;
        if let (Ok(candidate), Some(active)) = (&rules.folder, &rules.active)
            && candidate.generation.digest() == active.digest()
        {
            return Ok(());
        }
        let source = self.reader(&job.source)?;
        let target = self.reader(&job.target)?;
        let ends = Ends {
            source: source
                .tenant()
                .await
                .map_err(tenant_error(Side::Source, job))?,
            target: target
                .tenant()
                .await
                .map_err(tenant_error(Side::Target, job))?,
        };
        self.settle_rules(job, rules, &ends, (&source, &target), false)
            .await?;
        Ok(())
    }
}
