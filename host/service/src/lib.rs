//! A cycle from import to log, on a schedule, with rules that reload while it runs.
//!
//! The service owns everything that touches the world and decides nothing about objects: scope,
//! keys and mapping are the rules' (through `syncline-rules`), join, plan and guard the planner's.
//! Time, randomness and HTTP come in through [`syncline_graph::Outside`], so that a whole run can be
//! simulated.
//!
//! Start with [`cycle`], one cycle in the order of its steps; [`schedule`] keeps jobs going.

mod apply;
mod credentials;
mod cycle;
mod decide;
pub mod doctor;
mod error;
mod event;
mod explain;
mod failed_inputs;
mod import;
mod lock;
mod off_thread;
mod one_line;
mod planning;
mod preview;
pub mod project;
mod record;
mod recover;
mod report;
mod rules_folder;
mod rules_settling;
mod rules_state;
mod rules_watch;
mod rules_wishes;
mod schedule;
mod scope;
mod settings_file;
mod stop;
mod suspension;
mod tables_file;
mod tenants;

use std::{path::PathBuf, sync::Arc};

use syncline_graph::Outside;
use syncline_rules::{CompileCache, Compiling, RulesEngine};
use syncline_store::Store;

pub use doctor::Doctor;
pub use error::{RulesError, ServiceError};
pub use event::{Event, Observer, Step};
pub use explain::{
    Decided, End, ExplainedLayer, ExplainedOutput, Explanation, Input, LastStanding, explain,
};
pub use lock::ProjectLock;
pub use off_thread::Abandoned;
pub use one_line::one_line;
pub use preview::{Affected, Comparison, Example, RulesPreview, compare};
pub use project::{Project, ProjectError};
pub use report::{CycleReport, Failure, Mode, Request};
pub use rules_state::{Lying, RulesState};
pub use stop::{Stop, StopSwitch};

/// Everything that cycles of a project need.
pub struct Service {
    project: Project,
    store: Arc<Store>,
    rules: rules_folder::RulesReader,
    outside: Outside,
    tenants: tenants::Tenants,
    rules_said: rules_settling::RulesSaid,
    /// Whose turn it is: a run, or a change of what runs use.
    turn: tokio::sync::Mutex<()>,
    observer: Observer,
    /// Held while this process works on the project; a doctor only looks.
    _lock: Option<ProjectLock>,
}

impl Service {
    /// Takes the project's lock and opens its store. No tenant is reached yet. Rules are
    /// compiled by children of this process, which run `program`, this one: see [`Compiling::InChild`].
    ///
    /// # Errors
    ///
    /// When another process works on the project, or the store cannot be opened.
    pub fn open(
        project: Project,
        outside: Outside,
        observer: Observer,
        program: PathBuf,
    ) -> Result<Self, ServiceError> {
        let lock = ProjectLock::take(&project.state_folder())?;
        Self::assembled(project, outside, observer, program, Some(lock))
    }

    fn assembled(
        project: Project,
        outside: Outside,
        observer: Observer,
        program: PathBuf,
        lock: Option<ProjectLock>,
    ) -> Result<Self, ServiceError> {
        let store = Arc::new(Store::open(&project.store)?);
        let rules = rules_engine(&project, program)?;
        Ok(Self {
            tenants: tenants::Tenants::default(),
            rules_said: rules_settling::RulesSaid::default(),
            turn: tokio::sync::Mutex::default(),
            rules: rules_folder::RulesReader::new(rules, &project),
            project,
            store,
            outside,
            observer,
            _lock: lock,
        })
    }

    /// Returns the project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns what is remembered.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    fn now(&self) -> String {
        self.outside.clock.now().to_string()
    }

    fn emit(&self, event: Event) {
        (self.observer)(&event);
    }
}

/// What compiled rules may take on disk, in bytes: some forty that bring an interpreter, or thousands
/// that do not.
const COMPILED_SIZE_MAX: u64 = 2 << 30;

fn rules_engine(project: &Project, program: PathBuf) -> Result<RulesEngine, ServiceError> {
    let state = project.state_folder();
    // The key lies outside the folder, so that the folder alone is worth nothing to whoever writes it.
    let cache = CompileCache::open(
        &state.join("compiled"),
        &state.join("compiled.key"),
        COMPILED_SIZE_MAX,
    );
    let cache = cache
        .inspect_err(|error| {
            tracing::warn!(reason = one_line(error), "rules are compiled at each start");
        })
        .ok();
    Ok(RulesEngine::new(
        syncline_rules::Limits::default(),
        Compiling::InChild { program, cache },
    )?)
}
