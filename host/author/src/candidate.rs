//! A component under the author's eyes: admitted as a host does, and configured by itself.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use syncline_directory::PluginName;
use syncline_rules::{
    ActivationError, AdmissionError, Component, FileError, Generation, LayerSpec, Limits,
    RulesEngine, Tables, read_file,
};

/// A component's file, admitted.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called: its file's name without the ending.
    pub plugin: PluginName,
    /// What was admitted.
    pub component: Component,
}

/// What a rule is configured with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// Its settings; null for the defaults.
    pub settings: serde_json::Value,
    /// The client's tables.
    pub tables: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// Why a file cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum CandidateError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No host would admit it.
    #[error("{} is no rule that a host admits", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: AdmissionError,
    },
    /// It does not take its settings, or describes itself wrongly.
    #[error("{} cannot be used", path.display())]
    Activation {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: ActivationError,
    },
}

impl Candidate {
    /// Reads and admits a component.
    ///
    /// # Errors
    ///
    /// Where it cannot be read or no host would admit it.
    pub fn open(engine: &RulesEngine, path: &Path) -> Result<Self, CandidateError> {
        let bytes = read_file(path, &Limits::default()).map_err(|error| match error {
            FileError::Unreadable(source) => CandidateError::Read {
                path: path.to_owned(),
                source,
            },
            FileError::Refused(source) => CandidateError::Refused {
                path: path.to_owned(),
                source,
            },
        })?;
        Self::of(engine, path, &bytes)
    }

    /// Admits a component that goes by this path.
    ///
    /// # Errors
    ///
    /// Where no host would admit it.
    pub fn of(engine: &RulesEngine, path: &Path, bytes: &[u8]) -> Result<Self, CandidateError> {
        let component = engine
            .admit(bytes)
            .map_err(|source| CandidateError::Refused {
                path: path.to_owned(),
                source,
            })?;
        let name = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            path: path.to_owned(),
            plugin: PluginName::new(name.to_string_lossy()),
            component,
        })
    }

    /// Configures it by itself, whether or not it is meant to stand on other layers.
    ///
    /// # Errors
    ///
    /// Where it refuses its settings or describes itself wrongly.
    pub fn configured(
        &self,
        engine: &RulesEngine,
        configuration: &Configuration,
    ) -> Result<Generation, CandidateError> {
        let layer = LayerSpec {
            plugin: self.plugin.clone(),
            component: self.component.clone(),
            settings: configuration.settings.clone(),
            overrides: Vec::new(),
        };
        let tables = Tables(configuration.tables.clone());
        Generation::alone(engine, layer, tables).map_err(|source| CandidateError::Activation {
            path: self.path.clone(),
            source,
        })
    }
}
