//! What lies in the plugins folder: files become components, and components with their settings a
//! candidate. Reading and compiling blocks, so it is done off the threads that runs are on.

mod files;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};
use syncline_directory::{ComponentDigest, GenerationDigest, JobName, PluginName};
use syncline_rules::{
    ActivationError, AdmissionError, Component, Generation, Layer, LayerSpec, RulesEngine, Tables,
};
use syncline_store::{RememberedGeneration, RememberedLayer, Store};

use crate::{
    RulesError, Service, ServiceError, off_thread,
    project::{Job, Project},
    settings_file::SettingsFile,
    tables_file::{self, JobTables},
};

pub(crate) use files::{Fingerprint, Stamps, component, read};

/// How many judgements of components are kept beside those in use, so that what is put back is there at
/// once. A folder that is written all day must not fill the memory.
const JUDGED_MAX: usize = 16;

/// Rules that may become active.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) generation: Generation,
    pub(crate) layers: Vec<RememberedLayer>,
    pub(crate) components: Vec<(ComponentDigest, Arc<[u8]>)>,
    pub(crate) tables: JobTables,
}

/// Why rules in the folder cannot be used, and what of them could be read.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: Box<RulesError>,
    /// The digest of the file at fault, where there is one.
    pub(crate) digest: Option<String>,
}

impl From<RulesError> for Refusal {
    fn from(error: RulesError) -> Self {
        Self {
            error: Box::new(error),
            digest: None,
        }
    }
}

/// What a job's rules are before any tenant is reached.
pub(crate) struct KnownRules {
    /// What lies in the folder, or what is wrong with it; nothing where somebody else watches it.
    pub(crate) folder: Option<Result<Candidate, Refusal>>,
    /// The last good generation.
    pub(crate) active: Option<Generation>,
}

/// A component's digest, and what admission made of it.
type Judged = (ComponentDigest, Result<Component, AdmissionError>);

/// Reads and compiles rules. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RulesReader {
    engine: RulesEngine,
    project_folder: PathBuf,
    judged: Arc<Mutex<Vec<Judged>>>,
    current: Arc<Mutex<BTreeMap<JobName, Generation>>>,
}

impl RulesReader {
    pub(crate) fn new(engine: RulesEngine, project: &Project) -> Self {
        Self {
            engine,
            project_folder: project.folder.clone(),
            judged: Arc::default(),
            current: Arc::default(),
        }
    }

    /// Reads the rules that a job names from the plugins folder.
    pub(crate) fn candidate(&self, job: &Job) -> Result<Candidate, Refusal> {
        let mut specs = Vec::new();
        let mut components = Vec::new();
        for rule in &job.rules {
            let bytes: Arc<[u8]> = files::component(&self.project_folder, job, rule)?.into();
            let component = self.admit(&bytes).map_err(|source| Refusal {
                digest: Some(hex::encode(Sha256::digest(&bytes))),
                error: Box::new(RulesError::Refused {
                    path: rule.component.clone(),
                    source,
                }),
            })?;
            let settings = match &rule.settings {
                Some(path) => SettingsFile::read(path)?.value()?,
                None => serde_json::Value::Null,
            };
            components.push((component.digest().clone(), bytes));
            specs.push(LayerSpec {
                plugin: rule.plugin.clone(),
                component,
                settings,
                overrides: rule.overrides.clone(),
            });
        }
        let tables = tables_file::read_all(job)?;
        let generation = match self.assemble(job, specs.clone(), tables.clone()) {
            Err(RulesError::Activation {
                source:
                    ActivationError::Settings {
                        plugin,
                        path,
                        message,
                    },
                ..
            }) => return Err(refused_setting(job, plugin, path, message).into()),
            assembled => assembled?,
        };
        Ok(Candidate {
            layers: remembered(&specs, generation.layers()),
            generation,
            components,
            tables,
        })
    }

    /// Returns the last good generation of a job's rules.
    pub(crate) fn active(
        &self,
        store: &Store,
        job: &Job,
    ) -> Result<Option<Generation>, ServiceError> {
        let Some(digest) = store.active_digest(&job.name)? else {
            return Ok(None);
        };
        if let Some(known) = self.is_current(job, &digest) {
            return Ok(Some(known));
        }
        let Some(remembered) = store.active_generation(&job.name)? else {
            return Ok(None);
        };
        let Ok(Candidate { generation, .. }) = self.of_store(store, job, &remembered)? else {
            return Ok(None);
        };
        self.turn_to(job, &generation);
        Ok(Some(generation))
    }

    /// Returns a generation that the store remembers, compiled.
    pub(crate) fn of_store(
        &self,
        store: &Store,
        job: &Job,
        remembered: &RememberedGeneration,
    ) -> Result<Result<Candidate, RulesError>, ServiceError> {
        let mut specs = Vec::new();
        let mut components = Vec::new();
        for layer in &remembered.layers {
            let Some(bytes) = store.component(&layer.component)? else {
                return Ok(Err(RulesError::Forgotten {
                    job: job.name.clone(),
                    component: layer.component.clone(),
                }));
            };
            let component = match self.admit(&bytes) {
                Ok(component) => component,
                // To go on without them would let what lies in the folder in unseen.
                Err(error) if error.is_passing() => {
                    return Err(RulesError::Remembered {
                        job: job.name.clone(),
                        source: error,
                    }
                    .into());
                }
                Err(source) => {
                    return Ok(Err(RulesError::Refused {
                        path: store.path().to_owned(),
                        source,
                    }));
                }
            };
            components.push((layer.component.clone(), bytes.into()));
            specs.push(LayerSpec {
                plugin: layer.plugin.clone(),
                component,
                settings: layer.settings.clone(),
                overrides: layer.overrides.clone(),
            });
        }
        let tables = store.tables(&remembered.digest)?;
        let assembled = self.assemble(job, specs.clone(), tables.clone());
        Ok(assembled.map(|generation| Candidate {
            layers: self::remembered(&specs, generation.layers()),
            generation,
            components,
            tables,
        }))
    }

    /// Remembers the generation that a job's runs use from now on.
    pub(crate) fn turn_to(&self, job: &Job, generation: &Generation) {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.name.clone(), generation.clone());
    }

    fn is_current(&self, job: &Job, digest: &GenerationDigest) -> Option<Generation> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let known = current.get(&job.name)?;
        (known.digest() == digest).then(|| known.clone())
    }

    fn assemble(
        &self,
        job: &Job,
        specs: Vec<LayerSpec>,
        tables: JobTables,
    ) -> Result<Generation, RulesError> {
        Generation::assemble(&self.engine, specs, Tables(tables)).map_err(|source| {
            RulesError::Activation {
                job: job.name.clone(),
                source,
            }
        })
    }

    /// Compiles a component, unless it was compiled or refused lately: what was refused would be
    /// refused again, after as long a time. Nobody waits for another's compiling.
    fn admit(&self, bytes: &[u8]) -> Result<Component, AdmissionError> {
        let digest = ComponentDigest::new(hex::encode(Sha256::digest(bytes)));
        let judged = || self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut judged = judged();
            if let Some(place) = judged.iter().position(|(known, _)| *known == digest) {
                let known = judged.remove(place);
                let judgement = known.1.clone();
                judged.push(known);
                return judgement;
            }
        }
        let judgement = self.engine.admit(bytes);
        if !judgement.as_ref().is_err_and(AdmissionError::is_passing) {
            let mut judged = judged();
            judged.push((digest, judgement.clone()));
            if judged.len() > JUDGED_MAX {
                drop(judged.remove(0));
            }
        }
        judgement
    }
}

impl Service {
    /// Returns the rules that a job can start with, before any tenant is reached: those in the
    /// folder, or the last good ones with what is wrong in the folder.
    pub(crate) async fn known_rules(&self, job: &Job) -> Result<KnownRules, ServiceError> {
        let (reader, store, its_job) = (self.rules.clone(), self.store.clone(), job.clone());
        let (folder, active) = off_thread::run(move || {
            let active = reader.active(&store, &its_job);
            (reader.candidate(&its_job), active)
        })
        .await;
        let active = active?;
        // Rules that the job no longer names, or not in this order, are no substitute.
        let is_substitute = active.as_ref().is_some_and(|active| {
            let named = job.rules.iter().map(|rule| &rule.plugin);
            active.layers().iter().map(|layer| &layer.plugin).eq(named)
        });
        match folder {
            Err(refusal) if !is_substitute => Err((*refusal.error).into()),
            folder => Ok(KnownRules {
                folder: Some(folder),
                active,
            }),
        }
    }

    /// Returns the rules of a job whose folder somebody else watches.
    pub(crate) async fn watched_rules(&self, job: &Job) -> Result<KnownRules, ServiceError> {
        let (reader, store, its_job) = (self.rules.clone(), self.store.clone(), job.clone());
        match off_thread::run(move || reader.active(&store, &its_job)).await? {
            Some(active) => Ok(KnownRules {
                folder: None,
                active: Some(active),
            }),
            None => self.known_rules(job).await,
        }
    }
}

fn remembered(specs: &[LayerSpec], layers: &[Layer]) -> Vec<RememberedLayer> {
    let layers = specs.iter().zip(layers);
    layers
        .map(|(spec, layer)| RememberedLayer {
            plugin: spec.plugin.clone(),
            component: spec.component.digest().clone(),
            name: layer.name.clone(),
            version: layer.version.clone(),
            settings: spec.settings.clone(),
            overrides: spec.overrides.clone(),
        })
        .collect()
}

/// Says where in a settings file the setting stands that a plugin refuses.
fn refused_setting(job: &Job, plugin: PluginName, path: String, message: String) -> RulesError {
    let file = job
        .rules
        .iter()
        .filter(|rule| rule.plugin == plugin)
        .find_map(|rule| SettingsFile::read(rule.settings.as_deref()?).ok());
    match file {
        Some(file) => {
            let setting = if path.is_empty() {
                "these settings"
            } else {
                "the setting"
            };
            let name = if path.is_empty() {
                String::new()
            } else {
                format!(" `{path}`")
            };
            RulesError::Settings {
                place: file.place_of(&path),
                message: format!("`{plugin}` refuses {setting}{name}: {message}"),
            }
        }
        // The plugin refuses its own defaults, or the file is gone meanwhile.
        None => RulesError::Activation {
            job: job.name.clone(),
            source: ActivationError::Settings {
                plugin,
                path,
                message,
            },
        },
    }
}
