//! What can stop a cycle. What concerns one object is not here: it is data of the run.

use std::path::PathBuf;

use syncline_directory::{JobName, PluginName, Side};
use syncline_graph::GraphError;
use syncline_rules::{ActivationError, AdmissionError, EngineError, TrialError};
use syncline_store::StoreError;
use thiserror::Error;

use crate::project::ProjectError;

/// What is wrong with a job's rules.
#[derive(Debug, Error)]
pub enum RulesError {
    /// There is no component where the job expects one.
    #[error(
        "job `{job}` names the rules `{plugin}`, but there is no {}; put the component there or \
         change `rules`",
        path.display()
    )]
    Missing {
        /// The job.
        job: JobName,
        /// The plugin.
        plugin: PluginName,
        /// The file looked for.
        path: PathBuf,
    },
    /// A file of the rules cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a component that may run.
    #[error("{} is refused", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: AdmissionError,
    },
    /// A settings file is not TOML.
    #[error("{}: {message}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The layers do not make a generation.
    #[error("the rules of job `{job}` cannot be used")]
    Activation {
        /// The job.
        job: JobName,
        /// Why.
        source: ActivationError,
    },
    /// The rules failed their trial.
    #[error("the rules of job `{job}` failed their trial")]
    Trial {
        /// The job.
        job: JobName,
        /// Why.
        source: TrialError,
    },
}

/// What can stop a cycle.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The project is wrong.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The rules are wrong.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The engine for rules cannot start on this machine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A name in the scope does not mean one object of the source.
    #[error("job `{job}`: {message}")]
    Scope {
        /// The job.
        job: JobName,
        /// What is wrong and what to do.
        message: String,
    },
    /// Another process works on the project.
    #[error(
        "another syncline works on this project (it holds {}); wait for it or stop it",
        folder.join("syncline.lock").display()
    )]
    Locked {
        /// The state folder.
        folder: PathBuf,
    },
    /// The state folder cannot be used.
    #[error("cannot use the folder {}", folder.display())]
    State {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A tenant cannot be read or written.
    #[error("{side} tenant `{tenant}`")]
    Tenant {
        /// Which side of the job.
        side: Side,
        /// The tenant's name in the project.
        tenant: String,
        /// Why.
        source: GraphError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugins folder cannot be watched.
    #[error("cannot watch {}", folder.display())]
    Watch {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: notify::Error,
    },
}

impl ServiceError {
    /// Whether the usage or the configuration is wrong, rather than the world (exit code 2).
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Project(_) | Self::Rules(_) | Self::Scope { .. })
    }
}
