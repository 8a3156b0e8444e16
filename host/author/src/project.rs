//! A rule's project: its folder, what it is written in, its sources.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::template::Language;

/// The folder of a rule.
#[derive(Clone, Debug)]
pub struct Project {
    /// Where it is.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// Its name: that of the component's file.
    pub name: String,
}

/// Why a folder is no project of a rule.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is nothing to tell it by.
    #[error(
        "{} is no project of a rule: it has no Cargo.toml, package.json or pyproject.toml; `syncline \
         plugin new` makes one", .0.display()
    )]
    None(PathBuf),
    /// What tells its name cannot be read.
    #[error("{}: {message}", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder of it cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What tells a project and its name, by language; the name is the last of these words.
const METADATA: [(&str, Language, &[&str]); 3] = [
    ("Cargo.toml", Language::Rust, &["package", "name"]),
    ("package.json", Language::JavaScript, &["name"]),
    ("pyproject.toml", Language::Python, &["project", "name"]),
];

/// Folders whose content is made from the sources, or is brought by the tools.
const MADE: [&str; 6] = [
    "target",
    "dist",
    "node_modules",
    "__pycache__",
    "venv",
    "wit_world",
];

impl Project {
    /// Returns the project in this folder.
    ///
    /// # Errors
    ///
    /// Where there is none, or what names it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, ProjectError> {
        let found = METADATA
            .iter()
            .find(|(file, ..)| folder.join(file).is_file());
        let Some((file, language, words)) = found else {
            return Err(ProjectError::None(folder.to_owned()));
        };
        let path = folder.join(file);
        let text = fs::read_to_string(&path).map_err(|source| ProjectError::Read {
            path: path.clone(),
            source,
        })?;
        let metadata = |message: String| ProjectError::Metadata {
            path: path.clone(),
            message,
        };
        let value: serde_json::Value = if file.ends_with(".json") {
            serde_json::from_str(&text).map_err(|error| metadata(error.to_string()))?
        } else {
            toml::from_str(&text).map_err(|error| metadata(error.message().to_owned()))?
        };
        let name = words.iter().try_fold(&value, |value, word| value.get(word));
        let name = name
            .and_then(serde_json::Value::as_str)
            .ok_or_else(|| metadata(format!("it has no `{}`", words.join("."))))?;
        Ok(Self {
            folder: folder.to_owned(),
            language: *language,
            name: name.to_owned(),
        })
    }

    /// Returns where its component is built to.
    pub fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.name))
    }

    /// Returns where its samples are.
    pub fn samples(&self) -> PathBuf {
        self.folder.join("samples")
    }

    /// Returns the digest of its sources: of all files but those that are made from them or are
    /// hidden.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read.
    pub fn source_digest(&self) -> Result<String, ProjectError> {
        let mut sources = Vec::new();
        collect(&self.folder, "", &mut sources)?;
        Ok(syncline_build::source_digest(sources))
    }
}

fn collect(
    folder: &Path,
    place: &str,
    sources: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), ProjectError> {
    let unread = |path: &Path, source| ProjectError::Read {
        path: path.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(|error| unread(folder, error))? {
        let entry = entry.map_err(|error| unread(folder, error))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || MADE.contains(&name.as_ref()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{place}{name}/"), sources)?;
        } else if name.as_ref() != "Cargo.lock" || place.is_empty() {
            let mut bytes = fs::read(&path).map_err(|error| unread(&path, error))?;
            // A checkout on Windows has other line ends, and the same sources.
            if let Ok(text) = std::str::from_utf8(&bytes)
                && text.contains("\r\n")
            {
                bytes = text.replace("\r\n", "\n").into_bytes();
            }
            sources.push((format!("{place}{name}"), bytes));
        }
    }
    Ok(())
}
