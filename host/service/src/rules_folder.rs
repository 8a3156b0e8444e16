//! From the plugins folder to an active generation.
//!
//! What lies in the folder is a candidate: admitted, described with the job's settings, tried, and
//! compared with the active generation. It becomes active between two runs; whatever fails leaves
//! the last good generation active, which the store keeps (laws L9 and L11).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};
use syncline_directory::{
    ComponentDigest, GenerationDigest, JobName, ObjectKind, PluginName, Tenant,
};
use syncline_graph::Source;
use syncline_planner::guard;
use syncline_rules::{
    ActivationError, AdmissionError, Component, Context, FileError, Generation, LayerSpec, Tables,
};
use syncline_store::{Fit, RememberedGeneration, RememberedLayer};

use crate::{
    Event, RulesError, Service, ServiceError, one_line,
    planning::mapping_row,
    preview::{RulesPreview, preview},
    project::{Activation, Job, RuleSource},
    settings_file::SettingsFile,
    tables_file::{self, JobTables},
};

/// How many rows of the mirror a candidate is tried on before it becomes active.
const TRIED_ROWS: usize = 256;

/// Rules that may become active.
pub(crate) struct Candidate {
    pub(crate) generation: Generation,
    layers: Vec<RememberedLayer>,
    components: Vec<(ComponentDigest, Vec<u8>)>,
    tables: JobTables,
}

/// Components admitted or refused so far, and what was said of each job's rules last.
#[derive(Default)]
pub(crate) struct RulesMemory {
    admitted: Mutex<BTreeMap<ComponentDigest, Result<Component, AdmissionError>>>,
    said: Mutex<BTreeMap<JobName, String>>,
    /// The candidates that were weighed against an active generation and not let in.
    left_out: Mutex<BTreeMap<JobName, (GenerationDigest, GenerationDigest)>>,
}

impl RulesMemory {
    /// Whether this has not been said of the job's rules last.
    fn is_news(&self, job: &JobName, text: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(job.clone(), text.to_owned()).as_deref() != Some(text)
    }

    fn was_left_out(&self, job: &JobName, pair: &(GenerationDigest, GenerationDigest)) -> bool {
        self.left_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(job)
            == Some(pair)
    }

    fn leave_out(&self, job: &JobName, pair: (GenerationDigest, GenerationDigest)) {
        self.left_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.clone(), pair);
    }
}

/// What a job's rules are before any tenant is reached.
pub(crate) struct KnownRules {
    /// What lies in the folder, or what is wrong with it.
    pub(crate) folder: Result<Candidate, RulesError>,
    /// The last good generation.
    pub(crate) active: Option<Generation>,
}

/// Which rules a run uses.
pub(crate) struct Chosen {
    pub(crate) generation: Generation,
    /// Whether other rules lie in the folder that are not let in.
    pub(crate) others_wait: bool,
}

impl Chosen {
    fn only(generation: Generation) -> Self {
        Self {
            generation,
            others_wait: false,
        }
    }

    fn before_others(generation: Generation) -> Self {
        Self {
            generation,
            others_wait: true,
        }
    }
}

/// The two tenants of a job.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) source: Tenant,
    pub(crate) target: Tenant,
}

impl Service {
    /// Reads the rules that a job names from the plugins folder.
    pub(crate) fn folder_candidate(&self, job: &Job) -> Result<Candidate, RulesError> {
        let mut specs = Vec::new();
        let mut layers = Vec::new();
        let mut components = Vec::new();
        for rule in &job.rules {
            let bytes = self.read_component(job, rule)?;
            let component = self.admit(&bytes).map_err(|source| RulesError::Refused {
                path: rule.component.clone(),
                source,
            })?;
            let settings = match &rule.settings {
                Some(path) => SettingsFile::read(path)?.value()?,
                None => serde_json::Value::Null,
            };
            layers.push(RememberedLayer {
                plugin: rule.plugin.clone(),
                component: component.digest().clone(),
                settings: settings.clone(),
                overrides: rule.overrides.clone(),
            });
            components.push((component.digest().clone(), bytes));
            specs.push(LayerSpec {
                plugin: rule.plugin.clone(),
                component,
                settings,
                overrides: rule.overrides.clone(),
            });
        }
        let tables = tables_file::read_all(job)?;
        let generation = match self.assemble(job, specs, tables.clone()) {
            Err(RulesError::Activation {
                source:
                    ActivationError::Settings {
                        plugin,
                        path,
                        message,
                    },
                ..
            }) => return Err(refused_setting(job, plugin, path, message)),
            assembled => assembled?,
        };
        Ok(Candidate {
            generation,
            layers,
            components,
            tables,
        })
    }

    /// Returns the last good generation of a job's rules.
    fn remembered_generation(&self, job: &Job) -> Result<Option<Generation>, ServiceError> {
        let Some(remembered) = self.store.active_generation(&job.name)? else {
            return Ok(None);
        };
        let mut specs = Vec::new();
        for layer in remembered.layers {
            let Some(bytes) = self.store.component(&layer.component)? else {
                return Ok(None);
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
                Err(_) => return Ok(None),
            };
            specs.push(LayerSpec {
                plugin: layer.plugin,
                component,
                settings: layer.settings,
                overrides: layer.overrides,
            });
        }
        let tables = self.store.tables(&remembered.digest)?;
        Ok(self.assemble(job, specs, tables).ok())
    }

    fn assemble(
        &self,
        job: &Job,
        specs: Vec<LayerSpec>,
        tables: JobTables,
    ) -> Result<Generation, RulesError> {
        Generation::assemble(&self.rules, specs, Tables(tables)).map_err(|source| {
            RulesError::Activation {
                job: job.name.clone(),
                source,
            }
        })
    }

    fn read_component(&self, job: &Job, rule: &RuleSource) -> Result<Vec<u8>, RulesError> {
        let path = rule.component.clone();
        self.rules.read(&path).map_err(|error| match error {
            FileError::Unreadable(error) if error.kind() == std::io::ErrorKind::NotFound => {
                RulesError::Missing {
                    job: job.name.clone(),
                    plugin: rule.plugin.clone(),
                    path,
                }
            }
            FileError::Unreadable(source) => RulesError::Unreadable { path, source },
            FileError::Refused(source) => RulesError::Refused { path, source },
        })
    }

    fn admit(&self, bytes: &[u8]) -> Result<Component, AdmissionError> {
        let digest = ComponentDigest::new(hex::encode(Sha256::digest(bytes)));
        let mut admitted = self
            .rules_memory
            .admitted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = admitted.get(&digest) {
            return component.clone();
        }
        let component = self.rules.admit(bytes);
        // What was refused would be refused again, after as long a time.
        if !component.as_ref().is_err_and(AdmissionError::is_passing) {
            admitted.insert(digest, component.clone());
        }
        component
    }

    /// Returns the rules that a job can start with, before any tenant is reached: those in the
    /// folder, or the last good ones with what is wrong in the folder.
    pub(crate) fn known_rules(&self, job: &Job) -> Result<KnownRules, ServiceError> {
        let active = self.remembered_generation(job)?;
        // Rules that the job no longer names, or not in this order, are no substitute.
        let is_substitute = active.as_ref().is_some_and(|active| {
            let named = job.rules.iter().map(|rule| &rule.plugin);
            active.layers().iter().map(|layer| &layer.plugin).eq(named)
        });
        match self.folder_candidate(job) {
            Err(error) if !is_substitute => Err(error.into()),
            folder => Ok(KnownRules { folder, active }),
        }
    }

    /// Decides which generation a run uses. `activate` is the command that lets waiting rules in.
    pub(crate) async fn settle_rules(
        &self,
        job: &Job,
        rules: KnownRules,
        ends: &Ends,
        readers: (&Source, &Source),
        activate: bool,
    ) -> Result<Chosen, ServiceError> {
        let (candidate, active) = match (rules.folder, rules.active) {
            (Err(error), Some(active)) => {
                let reason = one_line(&error);
                if self.rules_memory.is_news(&job.name, &reason) {
                    self.emit(Event::RulesRefused {
                        job: job.name.clone(),
                        reason,
                    });
                }
                return Ok(Chosen::only(active));
            }
            (Err(error), None) => return Err(error.into()),
            (Ok(candidate), Some(active)) if candidate.generation.digest() == active.digest() => {
                return Ok(Chosen::only(active));
            }
            (Ok(candidate), active) => match active {
                // The first generation activates itself (design, section 11).
                None => {
                    self.try_rules(job, &candidate.generation, ends)?;
                    return Ok(Chosen::only(self.activate(job, candidate)?));
                }
                Some(active) => (candidate, active),
            },
        };
        self.weigh_candidate(job, candidate, active, ends, readers, activate)
            .await
    }

    /// Tries and previews a candidate against the active generation; returns the one to use.
    async fn weigh_candidate(
        &self,
        job: &Job,
        candidate: Candidate,
        active: Generation,
        ends: &Ends,
        readers: (&Source, &Source),
        activate: bool,
    ) -> Result<Chosen, ServiceError> {
        let digest = candidate.generation.digest().clone();
        let pair = (active.digest().clone(), digest.clone());
        if !activate && self.rules_memory.was_left_out(&job.name, &pair) {
            return Ok(Chosen::before_others(active));
        }
        // What the candidate reads beyond the active rules has to be there to preview it.
        let both = [&active, &candidate.generation];
        self.import_for(job, &both, Fit::AtLeast, readers).await?;
        match self.try_rules(job, &candidate.generation, ends) {
            Err(ServiceError::Rules(error)) => {
                let reason = one_line(&error);
                if self
                    .rules_memory
                    .is_news(&job.name, &format!("{digest} {reason}"))
                {
                    self.emit(Event::RulesRefused {
                        job: job.name.clone(),
                        reason,
                    });
                }
                self.rules_memory.leave_out(&job.name, pair);
                return Ok(Chosen::before_others(active));
            }
            tried => tried?,
        }
        let effect = self
            .preview_rules(job, &active, &candidate.generation, ends)
            .await?;
        let trips = guard::judge(
            &effect.census(
                self.store.live_links(&job.name)?,
                self.store.live_objects(
                    &job.name,
                    syncline_directory::Side::Source,
                    ObjectKind::User,
                )?,
            ),
            &job.guards,
        );
        let obstacle = match (activate, job.activation) {
            (true, _) | (false, Activation::Automatic) => None,
            (false, Activation::Manual) => Some("activation is manual".to_owned()),
            (false, Activation::Guarded) => trips.first().map(|trip| trip.text.clone()),
        };
        let news = self.rules_memory.is_news(&job.name, digest.as_str());
        if news || obstacle.is_none() {
            self.emit(Event::RulesPreviewed {
                job: job.name.clone(),
                generation: digest.clone(),
                preview: effect,
            });
        }
        match obstacle {
            None => Ok(Chosen::only(self.activate(job, candidate)?)),
            Some(reason) => {
                if news {
                    self.emit(Event::RulesWait {
                        job: job.name.clone(),
                        generation: digest,
                        reason,
                    });
                }
                self.rules_memory.leave_out(&job.name, pair);
                Ok(Chosen::before_others(active))
            }
        }
    }

    fn activate(&self, job: &Job, candidate: Candidate) -> Result<Generation, ServiceError> {
        let Candidate {
            generation,
            layers,
            components,
            tables,
        } = candidate;
        let components: Vec<(ComponentDigest, &[u8])> = components
            .iter()
            .map(|(digest, bytes)| (digest.clone(), bytes.as_slice()))
            .collect();
        // Before the generation that needs them, so that a kill in between leaves it nothing to miss.
        self.store.remember_tables(generation.digest(), &tables)?;
        self.store.activate(
            &job.name,
            &RememberedGeneration {
                digest: generation.digest().clone(),
                layers,
                activated: self.now(),
            },
            &components,
        )?;
        self.rules_memory
            .is_news(&job.name, generation.digest().as_str());
        self.emit(Event::RulesActivated {
            job: job.name.clone(),
            generation: generation.digest().clone(),
            layers: generation
                .layers()
                .iter()
                .map(|layer| format!("{} {}", layer.name, layer.version))
                .collect(),
        });
        Ok(generation)
    }

    /// Tries a candidate on its own samples and on rows of the mirror.
    fn try_rules(
        &self,
        job: &Job,
        generation: &Generation,
        ends: &Ends,
    ) -> Result<(), ServiceError> {
        let failed = |source| RulesError::Trial {
            job: job.name.clone(),
            source,
        };
        let context = self.rules_context(job, ends);
        generation.try_samples(&context).map_err(failed)?;
        let rows = self
            .store
            .live_subjects(&job.name, context.kind, None, TRIED_ROWS)?;
        let rows: Vec<_> = rows
            .iter()
            .filter_map(|row| mapping_row(generation, context.kind, row).ok())
            .collect();
        Ok(generation
            .try_rows(&context, context.kind, &rows)
            .map_err(failed)?)
    }

    pub(crate) fn rules_context(&self, job: &Job, ends: &Ends) -> Context {
        Context {
            job: job.name.clone(),
            kind: ObjectKind::User,
            now: self.now(),
            source: ends.source.clone(),
            target: ends.target.clone(),
        }
    }

    async fn preview_rules(
        &self,
        job: &Job,
        active: &Generation,
        candidate: &Generation,
        ends: &Ends,
    ) -> Result<RulesPreview, ServiceError> {
        let context = self.rules_context(job, ends);
        let (store, active, candidate) = (self.store.clone(), active.clone(), candidate.clone());
        crate::off_thread::blocking(move || preview(&store, &active, &candidate, &context)).await
    }
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
