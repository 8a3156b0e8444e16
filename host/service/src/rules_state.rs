//! Where a job's rules stand, for people: told from the store and a look at the folder, without
//! compiling anything, reaching a tenant, or the project's lock.

use sha2::{Digest as _, Sha256};
use syncline_directory::GenerationDigest;
use syncline_store::{
    CandidateState, RememberedGeneration, RememberedLayer, Store, StoreError, StoredCandidate,
    Suspension,
};

use crate::{
    one_line,
    project::{Job, Project},
    rules_folder::component,
    settings_file::SettingsFile,
    tables_file::{self, JobTables},
};

/// Where a job's rules stand.
#[derive(Clone, Debug)]
pub struct RulesState {
    /// The generation that runs use; none before the first run.
    pub active: Option<RememberedGeneration>,
    /// Whether it is suspended.
    pub suspension: Option<Suspension>,
    /// The generation that somebody went back from.
    pub declined: Option<GenerationDigest>,
    /// What lies in the folder.
    pub folder: Lying,
}

/// What lies in the plugins folder.
#[derive(Clone, Debug)]
pub enum Lying {
    /// What is active.
    Active,
    /// Rules that were looked at, and wait or are refused.
    Known(StoredCandidate),
    /// Rules that nobody has looked at yet.
    New,
    /// Something that is missing or cannot be read; why, in one line.
    Unreadable(String),
}

impl RulesState {
    /// Looks where a job's rules stand.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn of(project: &Project, job: &Job, store: Option<&Store>) -> Result<Self, StoreError> {
        let lying = layers(project, job);
        let Some(store) = store else {
            return Ok(Self {
                active: None,
                suspension: None,
                declined: None,
                folder: match lying {
                    Ok(_) => Lying::New,
                    Err(reason) => Lying::Unreadable(reason),
                },
            });
        };
        let active = store.active_generation(&job.name)?;
        let suspension = store.suspension(&job.name)?.filter(|suspension| {
            active
                .as_ref()
                .is_some_and(|active| active.digest == suspension.digest)
        });
        let candidate = store.candidate(&job.name)?;
        let tables = match &active {
            Some(active) => store.tables(&active.digest)?,
            None => JobTables::new(),
        };
        let is_active = |layers: &[RememberedLayer]| {
            active
                .as_ref()
                .is_some_and(|active| alike(&active.layers, layers))
                && tables_file::read_all(job).is_ok_and(|lying| lying == tables)
        };
        let folder = match lying {
            Err(reason) => Lying::Unreadable(reason),
            Ok(layers) if is_active(&layers) => Lying::Active,
            Ok(layers) => match candidate {
                Some(candidate) if is_about(&candidate, &layers) => Lying::Known(candidate),
                _ => Lying::New,
            },
        };
        Ok(Self {
            active,
            suspension,
            declined: store.declined(&job.name)?,
            folder,
        })
    }
}

/// Reads what a job's layers are now.
fn layers(project: &Project, job: &Job) -> Result<Vec<RememberedLayer>, String> {
    job.rules
        .iter()
        .map(|rule| {
            let bytes = component(&project.folder, job, rule).map_err(|error| one_line(&error))?;
            let settings = match &rule.settings {
                Some(path) => SettingsFile::read(path)
                    .and_then(|file| file.value())
                    .map_err(|error| one_line(&error))?,
                None => serde_json::Value::Null,
            };
            Ok(RememberedLayer {
                plugin: rule.plugin.clone(),
                component: syncline_directory::ComponentDigest::new(hex::encode(Sha256::digest(
                    bytes,
                ))),
                name: String::new(),
                version: String::new(),
                settings,
                overrides: rule.overrides.clone(),
            })
        })
        .collect()
}

fn alike(ours: &[RememberedLayer], theirs: &[RememberedLayer]) -> bool {
    let what = |layer: &RememberedLayer| {
        let RememberedLayer {
            plugin,
            component,
            settings,
            overrides,
            ..
        } = layer.clone();
        (plugin, component, settings.to_string(), overrides)
    };
    ours.iter().map(what).eq(theirs.iter().map(what))
}

/// Whether a candidate was made of these layers. A refused file is known by its digest alone.
fn is_about(candidate: &StoredCandidate, layers: &[RememberedLayer]) -> bool {
    match candidate.state {
        CandidateState::Waits => alike(&candidate.layers, layers),
        CandidateState::Refused if !candidate.layers.is_empty() => alike(&candidate.layers, layers),
        CandidateState::Refused => candidate.digest.as_ref().is_none_or(|digest| {
            layers
                .iter()
                .any(|layer| layer.component.as_str() == digest)
        }),
    }
}
