//! What can be wrong with a project.

use std::{fmt, ops::Range, path::PathBuf};

use thiserror::Error;

/// A place in a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// Returns the place where a span of bytes of a file's text begins.
    pub(crate) fn of(path: &std::path::Path, text: &str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}",
            self.path.display(),
            self.line,
            self.column
        )
    }
}

/// What can be wrong with a project.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// The folder holds no project.
    #[error(
        "{} holds no syncline.toml; `syncline init` makes one, `-C DIR` names another folder",
        if *folder == std::path::Path::new(".") {
            "the working folder".to_owned()
        } else {
            folder.display().to_string()
        }
    )]
    NotFound {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file says something that cannot be.
    #[error("{place}: {message}")]
    Wrong {
        /// Where.
        place: Place,
        /// What, and what to do.
        message: String,
    },
    /// No job has this name.
    #[error(
        "there is no job `{name}`{} jobs: {known}",
        nearest.as_deref().map_or_else(|| ";".to_owned(), |nearest| did_you_mean(Some(nearest)))
    )]
    UnknownJob {
        /// The name.
        name: String,
        /// The nearest known one.
        nearest: Option<String>,
        /// The known ones.
        known: String,
    },
    /// There are several jobs.
    #[error("the project has several jobs, name one of: {known}")]
    WhichJob {
        /// The known ones.
        known: String,
    },
    /// A secret is not where the project says.
    #[error("tenant `{tenant}`: {message}")]
    Secret {
        /// The tenant's name in the project.
        tenant: String,
        /// What is missing and what to do.
        message: String,
    },
}

/// Returns the question that helps after a misspelt name.
pub(super) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(", did you mean `{nearest}`?")
    })
}

/// Returns the known name that a misspelt one most likely means.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 2)
        .min()
        .map(|(_, candidate)| candidate)
}
