//! What a service tells of its work while it works.

use std::{path::PathBuf, sync::Arc};

use syncline_directory::{GenerationDigest, JobName};
use syncline_planner::{Census, PlanHash, Trip};

use crate::{preview::RulesPreview, report::CycleReport};

/// Takes events; called from the thread that works, so it should be quick.
pub type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// A step of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading the source.
    ImportSource,
    /// Reading the target.
    ImportTarget,
    /// Asking the rules for scope and keys.
    Decide,
    /// Joining, mapping and planning.
    Plan,
    /// Writing to the target.
    Apply,
}

impl Step {
    /// Returns the step's name, as people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ImportSource => "import source",
            Self::ImportTarget => "import target",
            Self::Decide => "decide",
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A cycle began.
    RunStarted {
        /// The job.
        job: JobName,
    },
    /// A step goes on; `total` is 0 where it is not known.
    Progress {
        /// The job.
        job: JobName,
        /// The step.
        step: Step,
        /// How many objects or operations are done.
        done: u64,
        /// How many there are.
        total: u64,
    },
    /// A plan is made.
    Planned {
        /// The job.
        job: JobName,
        /// Its hash.
        hash: PlanHash,
        /// What it would do.
        census: Census,
        /// The guards that it tripped.
        trips: Vec<Trip>,
    },
    /// A cycle ended.
    RunEnded(CycleReport),
    /// A scheduled cycle could not go on.
    RunFailed {
        /// The job.
        job: JobName,
        /// Why, in one line.
        message: String,
        /// What to do about it, where that is known.
        advice: Option<&'static str>,
    },
    /// Changed rules were noticed and previewed.
    RulesPreviewed {
        /// The job.
        job: JobName,
        /// The candidate.
        generation: GenerationDigest,
        /// What they would change.
        preview: RulesPreview,
    },
    /// Rules became active; the next cycle uses them.
    RulesActivated {
        /// The job.
        job: JobName,
        /// The generation.
        generation: GenerationDigest,
        /// Name and version of each layer.
        layers: Vec<String>,
    },
    /// Changed rules are good but wait for a command, since a guard tripped or the job says so.
    RulesWait {
        /// The job.
        job: JobName,
        /// The candidate.
        generation: GenerationDigest,
        /// Why.
        reason: String,
    },
    /// Changed rules are refused; the active ones stay.
    RulesRefused {
        /// The job.
        job: JobName,
        /// Why, in one line.
        reason: String,
    },
    /// The plugins folder is watched.
    Watching {
        /// The folder.
        folder: PathBuf,
    },
}
