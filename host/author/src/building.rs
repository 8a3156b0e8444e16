//! Building: from a project to a component that carries its samples and the digest of its sources.

mod script;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use syncline_build::{CargoBuild, ComponentError, Toolchain, ToolchainError, component};

use crate::{
    project::{Project, ProjectError},
    samples::{self, SamplesError},
    template::Language,
};

/// A component that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The digest of its sources, in hex.
    pub source_digest: String,
    /// How many samples it carries.
    pub samples: usize,
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The project cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A sample cannot be read.
    #[error(transparent)]
    Samples(#[from] SamplesError),
    /// Rust did not build it.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// A tool is not there; the text says which, and how to get it.
    #[error("{0}")]
    MissingTool(String),
    /// A tool failed; it has said why.
    #[error("`{name}` failed{said}")]
    Tool {
        /// What was run.
        name: &'static str,
        /// What it said last, on lines of its own.
        said: String,
    },
    /// What was built is no rule.
    #[error("{name} is no rule yet")]
    Component {
        /// The project.
        name: String,
        /// Why not.
        #[source]
        source: ComponentError,
    },
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BuildError {
    /// Whether a tool is missing or something is used wrongly, rather than the sources being wrong.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Project(_) | Self::Samples(_) | Self::MissingTool(_) => true,
            Self::Toolchain(error) => error.is_missing_tool(),
            Self::Tool { .. } | Self::Component { .. } | Self::File { .. } => false,
        }
    }
}

/// The most samples that travel in a component: a host tries them at every admission.
const EMBEDDED_MAX: usize = 200;

/// Builds a project's component into its `dist` folder.
///
/// # Errors
///
/// Where a tool is missing, the sources do not build, or what they build is no rule.
pub fn build(project: &Project) -> Result<Built, BuildError> {
    let samples = embedded(&project.samples())?;
    let wrong = |source| BuildError::Component {
        name: project.name.clone(),
        source,
    };
    let built = match project.language {
        Language::Rust => {
            let module = Toolchain::find()?.build(&CargoBuild {
                folder: &absolute(&project.folder)?,
                package: &project.name,
                library: &project.name,
                profile: "release",
                target_folder: &absolute(&project.folder)?.join("target"),
            })?;
            component::encode(&module).map_err(wrong)?
        }
        Language::JavaScript => script::javascript(project)?,
        Language::Python => script::python(project)?,
    };
    // Only now: a first build writes down which versions it took.
    let source_digest = project.source_digest()?;
    let json = serde_json::Value::Array(samples);
    let bytes = component::finish(&built, &source_digest, json.to_string().as_bytes());
    let bytes = bytes.map_err(wrong)?;
    let path = project.component();
    let folder = path.parent().unwrap_or(&project.folder);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, &bytes))
        .map_err(|source| BuildError::File {
            path: path.clone(),
            source,
        })?;
    Ok(Built {
        path,
        bytes,
        source_digest,
        samples: json.as_array().map_or(0, Vec::len),
    })
}

fn absolute(folder: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(folder).map_err(|source| BuildError::File {
        path: folder.to_owned(),
        source,
    })
}

/// Returns the samples that travel in the component: what the host needs of them.
fn embedded(folder: &Path) -> Result<Vec<serde_json::Value>, BuildError> {
    let files = samples::read(folder)?;
    let samples = files.iter().flat_map(|file| &file.samples);
    Ok(samples
        .take(EMBEDDED_MAX)
        .map(samples::Sample::embedded)
        .collect())
}
