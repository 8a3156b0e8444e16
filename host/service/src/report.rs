//! What a caller asks of a cycle, and how it went.

use syncline_directory::{JobName, Reason};
use syncline_planner::{Census, PlanHash, Trip};
use syncline_store::{RunId, RunOutcome, StoredPlan, SubjectSummary};

/// Whether a cycle may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It plans and writes nothing to any tenant.
    Preview,
    /// It plans and carries the plan out.
    Apply,
}

/// What a caller asks of a cycle.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Whether it may write.
    pub mode: Mode,
    /// What set it off, for the record.
    pub cause: &'a str,
    /// Whether rules that wait for a command become active.
    pub activate: bool,
}

/// An operation that the target refused.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What people recognise the object by.
    pub label: String,
    /// What was to be done.
    pub action: &'static str,
    /// Why it was refused.
    pub reason: Reason,
}

/// How a cycle went.
#[derive(Clone, Debug)]
pub struct CycleReport {
    /// The job.
    pub job: JobName,
    /// The run.
    pub run: RunId,
    /// Whether it could write.
    pub mode: Mode,
    /// How it ended.
    pub outcome: RunOutcome,
    /// How many items the source's pages held.
    pub source_items: u64,
    /// How many items the target's pages held.
    pub target_items: u64,
    /// How many objects the rules were asked about.
    pub decided: u64,
    /// The plan, where it came to one.
    pub plan: Option<StoredPlan>,
    /// Operations that the target carried out.
    pub done: u64,
    /// Operations that the target refused.
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<Failure>,
    /// Where all objects of the job stand now.
    pub standing: Vec<SubjectSummary>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl CycleReport {
    /// Returns what the plan would do or did.
    pub fn census(&self) -> Census {
        self.plan
            .as_ref()
            .map(|plan| plan.census)
            .unwrap_or_default()
    }

    /// Returns the plan's hash.
    pub fn hash(&self) -> Option<&PlanHash> {
        self.plan.as_ref().map(|plan| &plan.hash)
    }

    /// Returns the guards that the plan tripped.
    pub fn trips(&self) -> &[Trip] {
        self.plan.as_ref().map_or(&[], |plan| &plan.trips)
    }
}
