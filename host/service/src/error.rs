//! What can stop a cycle. What concerns one object is not here: it is data of the run.

use std::path::PathBuf;

use syncline_directory::{ComponentDigest, JobName, PluginName, Side};
use syncline_graph::{ErrorKind, GraphError};
use syncline_rules::{ActivationError, AdmissionError, EngineError, TrialError};
use syncline_store::{StoreError, Suspension};
use thiserror::Error;

use crate::project::{Place, ProjectError};

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
    /// A link leads out of the project.
    #[error(
        "{} is a link that leads out of the project, to {}; put the component itself there",
        path.display(),
        target.display()
    )]
    Outside {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A remembered generation uses a component that is remembered no more.
    #[error("job `{job}`: component {} is no longer remembered", component.short())]
    Forgotten {
        /// The job.
        job: JobName,
        /// The component.
        component: ComponentDigest,
    },
    /// The file is not a component that may run.
    #[error("{} is refused", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: AdmissionError,
    },
    /// The last good rules cannot be compiled at the moment.
    #[error("the last good rules of job `{job}` cannot be used at the moment")]
    Remembered {
        /// The job.
        job: JobName,
        /// Why.
        source: AdmissionError,
    },
    /// A settings file is not TOML, or the plugin refuses what it says.
    #[error("{place}: {message}")]
    Settings {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// A table that the job gives its rules is not there.
    #[error(
        "job `{job}` gives its rules the table `{table}`, but there is no {}; put the file there or \
         change `tables`",
        path.display()
    )]
    MissingTable {
        /// The job.
        job: JobName,
        /// The table.
        table: String,
        /// The file looked for.
        path: PathBuf,
    },
    /// A table cannot be read.
    #[error("{}{}: {message}", path.display(), line.map_or_else(String::new, |line| format!(":{line}")))]
    Table {
        /// The file.
        path: PathBuf,
        /// The line, from 1; none where it is about the whole.
        line: Option<u64>,
        /// What is wrong, and what to do.
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
    /// The rules failed on too many of the people they were previewed on.
    #[error(
        "the rules of job `{job}` failed on {failed} of the {asked} objects that they were \
         previewed on: {reason}"
    )]
    Preview {
        /// The job.
        job: JobName,
        /// How many objects they were asked about.
        asked: u64,
        /// On how many they failed.
        failed: u64,
        /// How they failed on the first.
        reason: String,
    },
}

impl RulesError {
    /// Returns the step on the way to an active generation at which the rules were refused.
    pub fn step(&self) -> &'static str {
        match self {
            Self::Missing { .. }
            | Self::Unreadable { .. }
            | Self::Outside { .. }
            | Self::Forgotten { .. }
            | Self::MissingTable { .. } => "read",
            Self::Refused { .. } | Self::Remembered { .. } => "admission",
            Self::Settings { .. } => "settings",
            Self::Table { .. } => "tables",
            Self::Activation { .. } => "assembly",
            Self::Trial { .. } => "trial",
            Self::Preview { .. } => "preview",
        }
    }
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
    /// The target refuses one kind of operation as a whole.
    #[error(
        "the first {count} operations of kind `{verb}` were all refused with {code}: {message}; the \
         run ends, the rest stays to be done"
    )]
    Refused {
        /// How many.
        count: u32,
        /// What was to be done.
        verb: &'static str,
        /// Graph's code.
        code: String,
        /// Graph's words about the last of them.
        message: String,
    },
    /// The job's memory is about other tenants.
    #[error(
        "job `{job}` remembers the {side} tenant {remembered}, but `{tenant}` is {found}; give the job \
         another name, or move the state folder away, to begin afresh with this tenant"
    )]
    OtherTenant {
        /// The job.
        job: JobName,
        /// Which side.
        side: Side,
        /// The tenant's name in the project.
        tenant: String,
        /// The tenant's id that is remembered.
        remembered: String,
        /// Its id now.
        found: String,
    },
    /// Nothing is known of the job yet.
    #[error(
        "job `{job}` has not run yet, so that nothing is known of its objects; `syncline plan {job}` reads both tenants"
    )]
    NotRun {
        /// The job.
        job: JobName,
    },
    /// An object's name does not mean one object of the source's mirror.
    #[error(
        "job `{job}` knows {} of the source whose id, principal name or address is `{object}`",
        match count {
            0 => "no object".to_owned(),
            count => format!("{count} objects"),
        }
    )]
    Object {
        /// The job.
        job: JobName,
        /// The name.
        object: String,
        /// How many objects it means.
        count: usize,
    },
    /// The job's rules failed on too many objects and are asked nothing more.
    #[error(
        "job `{}` holds everything: its rules {} are suspended, since they failed on {} of {} \
         objects: {}",
        job, suspension.digest.short(), suspension.failed, suspension.asked, suspension.reason
    )]
    RulesSuspended {
        /// The job.
        job: JobName,
        /// What is known of it.
        suspension: Box<Suspension>,
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
    /// Whether the usage or the configuration is wrong (exit code 2), so that nothing was tried. What a
    /// tenant answers, a refused secret included, is a failure of the run.
    pub fn is_configuration(&self) -> bool {
        // The machine is to blame, and no file.
        if let Self::Rules(
            RulesError::Remembered { .. }
            | RulesError::Refused {
                source: AdmissionError::Compiler(_),
                ..
            },
        ) = self
        {
            return false;
        }
        matches!(
            self,
            Self::Project(_)
                | Self::Rules(_)
                | Self::Scope { .. }
                | Self::OtherTenant { .. }
                | Self::NotRun { .. }
                | Self::Object { .. }
        )
    }

    /// Returns one sentence on what to do about it, where there is more to say than what is wrong.
    pub fn advice(&self) -> Option<&'static str> {
        let source = match self {
            Self::RulesSuspended { .. } => {
                return Some(
                    "`syncline rules rollback` goes back to the last good rules; corrected ones \
                     in the plugins folder are tried by themselves",
                );
            }
            Self::Tenant { source, .. } => source,
            _ => return None,
        };
        let path = source
            .refusal()
            .map_or("", |refusal| refusal.request.path.as_str());
        // What ends a run concerns the tenant; Graph's own advice is about one object.
        Some(match source.kind() {
            ErrorKind::Forbidden if path.contains("/groups") => {
                "grant the application `GroupMember.Read.All`, with admin consent, in this tenant"
            }
            ErrorKind::Forbidden if path.contains("/users") => {
                "grant the application `User.Read.All`, with admin consent, in this tenant"
            }
            ErrorKind::Forbidden => {
                "grant the application the permission that this request needs, with admin consent"
            }
            ErrorKind::NotFound | ErrorKind::Rejected => {
                "check that the cloud's endpoint is Graph, then run again; if it lasts, Microsoft's \
                 support finds the request by its id"
            }
            _ => source.advice(),
        })
    }
}
