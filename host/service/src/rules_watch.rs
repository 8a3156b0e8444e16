//! Watching for changed rules while runs go on. What changed is read, compiled, tried and compared
//! beside the run that is under way, and let in between two runs.
//!
//! Events only say when to look; what decides is the content. Where there are none (a network folder,
//! a link whose target is swapped elsewhere) the files are looked at every few seconds all the same.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use notify::{RecursiveMode, Watcher as _};
use syncline_directory::JobName;
use syncline_store::Fit;
use tokio::sync::mpsc;

use crate::{
    Event, Service, ServiceError, off_thread, one_line,
    project::Job,
    rules_folder::{Candidate, Fingerprint, Stamps},
    rules_settling::{Ends, Letting},
};

/// How long the plugins folder has to be quiet before it is read: a copy in progress is not a file.
const QUIET: Duration = Duration::from_millis(300);

/// The longest that a restless folder is waited for.
const RESTLESS_MAX: Duration = Duration::from_secs(10);

/// How long rules that are refused are left time to become good ones before that is told: a copy that
/// pauses looks like a broken file.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is asked for files that changed without an event, and for what people wish.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many such looks are at what the file system says of the files, between two at their content.
const CHEAP_LOOKS: u32 = 15;

/// What tells that something may have changed.
pub(crate) struct Watch {
    _watcher: notify::RecommendedWatcher,
    events: mpsc::UnboundedReceiver<()>,
    seen: BTreeMap<JobName, Seen>,
}

/// What was seen of a job's files.
struct Seen {
    stamps: Stamps,
    fingerprint: Fingerprint,
    /// Whether they could not be taken up, for a reason that may pass.
    unsettled: bool,
}

impl Seen {
    fn of(job: &Job) -> Self {
        Self {
            stamps: Stamps::of(job),
            fingerprint: Fingerprint::of(job),
            unsettled: false,
        }
    }
}

impl Service {
    /// Watches the folders rather than their files, since a file that is replaced is another file.
    pub(crate) async fn watch(&self) -> Result<Watch, ServiceError> {
        let (sender, events) = mpsc::unbounded_channel();
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
            // table, and the files are looked at every few seconds all the same.
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
        let jobs = self.project.jobs.clone();
        let seen = off_thread::run(move || {
            jobs.iter()
                .map(|(name, job)| (name.clone(), Seen::of(job)))
                .collect()
        });
        Ok(Watch {
            _watcher: watcher,
            events,
            seen: seen.await,
        })
    }

    /// Takes up changed rules and wishes, for ever.
    pub(crate) async fn keep_rules(&self, mut watch: Watch) -> ServiceError {
        let mut looks = 0_u32;
        loop {
            let told = tokio::select! {
                biased;
                Some(()) = watch.events.recv() => true,
                () = self.outside.clock.sleep(LOOK_EVERY) => false,
            };
            if told {
                self.settle_down(&mut watch.events).await;
            } else if let Err(error) = self.take_wishes().await {
                return error;
            }
            looks = looks.wrapping_add(1);
            let at_content = told || looks.is_multiple_of(CHEAP_LOOKS);
            for job in self.project.jobs.values() {
                if !self.has_changed(job, &mut watch, at_content).await {
                    continue;
                }
                let taken_up = self.take_up(job, &mut watch).await;
                if let Some(seen) = watch.seen.get_mut(&job.name) {
                    seen.unsettled = taken_up.is_err();
                }
                if let Err(error) = taken_up {
                    // Trouble with a tenant is told when the job's next run meets it.
                    tracing::warn!(
                        job = job.name.as_str(),
                        error = one_line(&error),
                        "changed rules could not be looked at"
                    );
                }
            }
        }
    }

    async fn take_wishes(&self) -> Result<(), ServiceError> {
        if self.store.open_wishes()?.is_empty() {
            return Ok(());
        }
        let _between_runs = self.turn.lock().await;
        self.grant_wishes().await
    }

    /// Whether the content of a job's files may differ from what was seen.
    async fn has_changed(&self, job: &Job, watch: &mut Watch, at_content: bool) -> bool {
        let its_job = job.clone();
        let stamps = off_thread::run(move || Stamps::of(&its_job)).await;
        let seen = watch.seen.get_mut(&job.name);
        let moved =
            seen.is_none_or(|seen| std::mem::replace(&mut seen.stamps, stamps.clone()) != stamps);
        if !moved && !at_content {
            return false;
        }
        let fingerprint = fingerprint(job).await;
        watch
            .seen
            .get(&job.name)
            .is_none_or(|seen| seen.unsettled || seen.fingerprint != fingerprint)
    }

    /// Takes up what lies in the folder now, once it rests.
    async fn take_up(&self, job: &Job, watch: &mut Watch) -> Result<(), ServiceError> {
        let (fingerprint, rules) = loop {
            let before = self.rest(job, watch).await;
            let rules = self.known_rules(job).await?;
            // What was compiled is not what rested, or is half of something: it is looked at again.
            if !matches!(rules.folder, Some(Ok(_))) {
                self.outside.clock.sleep(GRACE).await;
            }
            if fingerprint(job).await == before {
                break (before, rules);
            }
        };
        if let Some(seen) = watch.seen.get_mut(&job.name) {
            seen.fingerprint = fingerprint;
        }
        let Some(active) = rules.active else {
            return Ok(());
        };
        match rules.folder {
            Some(Ok(candidate)) => self.take_up_candidate(job, candidate, active).await,
            Some(Err(refusal)) => self.refuse(job, &refusal),
            None => Ok(()),
        }
    }

    async fn take_up_candidate(
        &self,
        job: &Job,
        candidate: Candidate,
        active: syncline_rules::Generation,
    ) -> Result<(), ServiceError> {
        let letting = Letting::AsTheJobSays;
        if self
            .needs_no_weighing(job, &candidate, &active, letting)?
            .is_some()
        {
            return Ok(());
        }
        let both = [&active, &candidate.generation];
        if let Some(ends) = self.known_ends(job)?
            && self.covers(job, &both)?
        {
            let weighed = self.weigh(job, &candidate, &active, &ends).await?;
            let _between_runs = self.turn.lock().await;
            if self.store.active_digest(&job.name)?.as_ref() == Some(active.digest()) {
                self.let_in(job, &candidate, active, &ends, weighed, letting)?;
                return Ok(());
            }
        }
        // Columns that were never read are read first, and no run may read meanwhile.
        let _between_runs = self.turn.lock().await;
        let source = self.reader(&job.source)?;
        let target = self.reader(&job.target)?;
        let ends = Ends::read(job, &source, &target).await?;
        let Some(active) = self.watched_rules(job).await?.active else {
            return Ok(());
        };
        let both = [&active, &candidate.generation];
        self.import_for(job, &both, Fit::AtLeast, (&source, &target))
            .await?;
        let weighed = self.weigh(job, &candidate, &active, &ends).await?;
        self.let_in(job, &candidate, active, &ends, weighed, letting)?;
        Ok(())
    }

    /// Waits until two reads of a job's files in a row are equal; returns what they read.
    async fn rest(&self, job: &Job, watch: &mut Watch) -> Fingerprint {
        let resting = async {
            let mut before = fingerprint(job).await;
            loop {
                self.outside.clock.sleep(QUIET).await;
                while watch.events.try_recv().is_ok() {}
                let now = fingerprint(job).await;
                if now == before {
                    return now;
                }
                before = now;
            }
        };
        tokio::select! {
            biased;
            rested = resting => rested,
            () = self.outside.clock.sleep(RESTLESS_MAX) => fingerprint(job).await,
        }
    }

    /// Waits until the folder is quiet, but not for ever: a folder that never is must not keep changed
    /// rules out.
    async fn settle_down(&self, events: &mut mpsc::UnboundedReceiver<()>) {
        let quiet = async {
            loop {
                tokio::select! {
                    biased;
                    Some(()) = events.recv() => {}
                    () = self.outside.clock.sleep(QUIET) => break,
                }
            }
        };
        tokio::select! {
            () = quiet => {}
            () = self.outside.clock.sleep(RESTLESS_MAX) => {}
        }
    }
}

async fn fingerprint(job: &Job) -> Fingerprint {
    let job = job.clone();
    off_thread::run(move || Fingerprint::of(&job)).await
}
