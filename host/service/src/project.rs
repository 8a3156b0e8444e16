//! A project: one folder per client, with `syncline.toml`, rules in `plugins/` and memory in
//! `state/`. Reading it needs no network; what is wrong in it is said with file, line and column.

mod error;
mod file;
mod resolve;
mod text_or_table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use syncline_directory::{AttributeName, JobName, PluginName};
use syncline_graph::{Budget, Cloud};
use syncline_planner::{GuardLimits, Policy};

pub use error::{Place, ProjectError};
pub use file::Activation;

/// The name of the project file.
pub const PROJECT_FILE: &str = "syncline.toml";

/// A project, read and checked.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// The tenants, by the name that the project gives them.
    pub tenants: BTreeMap<String, TenantSettings>,
    /// The jobs.
    pub jobs: BTreeMap<JobName, Job>,
    /// The store's file.
    pub store: PathBuf,
}

/// How a tenant is reached.
#[derive(Clone, Debug)]
pub struct TenantSettings {
    /// The tenant's GUID or one of its verified domains.
    pub tenant_id: String,
    /// The application's id; of a managed identity that has none, [`OWN_IDENTITY`].
    pub client_id: String,
    /// How it proves that it is itself.
    pub credential: CredentialSettings,
    /// The endpoints.
    pub cloud: Cloud,
    /// What the tenant permits and how much of it is used.
    pub budget: Budget,
}

/// What stands for the client id where a managed identity is the machine's or service's own.
pub const OWN_IDENTITY: &str = "managed-identity";

/// How an application proves that it is itself; never the secret or key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSettings {
    /// A client secret.
    Secret(SecretPlace),
    /// A certificate with its private key.
    Certificate {
        /// A PEM or PKCS#12 file.
        file: PathBuf,
        /// The password of a PKCS#12 file.
        password: Option<SecretPlace>,
    },
    /// A file in which another identity provider puts its tokens.
    FederatedTokenFile(PathBuf),
    /// The identity that Azure gives to this machine or service.
    ManagedIdentity,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In an environment variable.
    Environment(String),
    /// In a file.
    File(PathBuf),
}

/// One direction, from a source tenant to a target tenant.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's name.
    pub name: JobName,
    /// The source, by its name in the project.
    pub source: String,
    /// The target, by its name in the project.
    pub target: String,
    /// How often it runs.
    pub every: Duration,
    /// Which users are considered.
    pub users: Assignment,
    /// Its rules, in order.
    pub rules: Vec<RuleSource>,
    /// The client's own tables that its rules may look into: CSV files by the table's name.
    pub tables: BTreeMap<String, PathBuf>,
    /// What happens to matches, drift and leavers.
    pub policy: Policy,
    /// What a plan may do.
    pub guards: GuardLimits,
    /// When changed rules become active.
    pub activation: Activation,
}

/// Which objects are considered before the rules are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// All of them.
    All,
    /// Members of groups, and people by name.
    Assigned {
        /// Groups by id or display name.
        groups: Vec<String>,
        /// Whether members of member groups count.
        transitive: bool,
        /// People by principal name or id.
        people: Vec<String>,
    },
}

/// A layer of a job's rules, as the project names it.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSource {
    /// The plugin.
    pub plugin: PluginName,
    /// The component's file.
    pub component: PathBuf,
    /// Its settings' file.
    pub settings: Option<PathBuf>,
    /// The attributes of earlier layers that it overrides.
    pub overrides: Vec<AttributeName>,
}

impl Project {
    /// Reads the project in a folder.
    ///
    /// # Errors
    ///
    /// Says what is wrong, where, and what to do.
    pub fn read(folder: &Path) -> Result<Self, ProjectError> {
        let path = folder.join(PROJECT_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProjectError::NotFound {
                    folder: folder.to_owned(),
                });
            }
            Err(source) => return Err(ProjectError::Unreadable { path, source }),
        };
        resolve::project(folder, &path, &text)
    }

    /// Returns the folder that rules are dropped into.
    pub fn plugins_folder(&self) -> PathBuf {
        self.folder.join("plugins")
    }

    /// Returns the folder of what is remembered.
    pub fn state_folder(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Returns the job of this name, or the only one where no name is given.
    ///
    /// # Errors
    ///
    /// When there is no such job, or several and none is named.
    pub fn job(&self, name: Option<&str>) -> Result<&Job, ProjectError> {
        match name {
            Some(name) => self.jobs.get(&JobName::new(name)).ok_or_else(|| {
                let names = self.jobs.keys().map(JobName::as_str);
                ProjectError::UnknownJob {
                    name: name.to_owned(),
                    nearest: error::nearest(name, names.clone()).map(str::to_owned),
                    known: names.collect::<Vec<_>>().join(", "),
                }
            }),
            None => {
                let mut jobs = self.jobs.values();
                match (jobs.next(), jobs.next()) {
                    (Some(only), None) => Ok(only),
                    _ => Err(ProjectError::WhichJob {
                        known: self
                            .jobs
                            .keys()
                            .map(JobName::as_str)
                            .collect::<Vec<_>>()
                            .join(", "),
                    }),
                }
            }
        }
    }
}
