//! The files of a job's rules: read whole, through links that stay inside the project, and compared by
//! content.
//!
//! Who mounts a folder into a container swaps a link to change its content (`..data`), without touching
//! what lies in the folder; who copies over a network may get no events. So links are followed, and
//! what decides whether something changed is the content.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};
use syncline_rules::{FileError, Limits};

use crate::{
    RulesError,
    project::{Job, RuleSource},
};

/// What is read of a file at most: more than admission lets in, so that it can say how large it is.
const READ_MAX: u64 = 64 << 20;

/// What the content of the files of a job's rules is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<Content>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Digest([u8; 32]),
    Unreadable(std::io::ErrorKind),
}

impl Fingerprint {
    /// Reads all files of a job's rules.
    pub(crate) fn of(job: &Job) -> Self {
        Self(
            paths(job)
                .map(|path| match read(path) {
                    Ok(bytes) => Content::Digest(Sha256::digest(bytes).into()),
                    Err(error) => Content::Unreadable(error.kind()),
                })
                .collect(),
        )
    }
}

/// What the file system says of the files of a job's rules, cheaply. Where it differs, the content is
/// worth a look; where it does not, the content may differ all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamps(Vec<Option<Stamp>>);

type Stamp = (PathBuf, u64, Option<SystemTime>);

impl Stamps {
    /// Looks at all files of a job's rules.
    pub(crate) fn of(job: &Job) -> Self {
        Self(
            paths(job)
                .map(|path| {
                    let target = path.canonicalize().ok()?;
                    let metadata = target.metadata().ok()?;
                    Some((target, metadata.len(), metadata.modified().ok()))
                })
                .collect(),
        )
    }
}

/// Returns the files that a job's rules are made of.
fn paths(job: &Job) -> impl Iterator<Item = &Path> {
    let rules = job.rules.iter();
    rules
        .flat_map(|rule| [Some(rule.component.as_path()), rule.settings.as_deref()])
        .flatten()
        .chain(job.tables.values().map(PathBuf::as_path))
}

/// Reads a component's file.
pub(crate) fn component(
    project_folder: &Path,
    job: &Job,
    rule: &RuleSource,
) -> Result<Vec<u8>, RulesError> {
    let path = &rule.component;
    let unreadable = |source| RulesError::Unreadable {
        path: path.clone(),
        source,
    };
    match path.canonicalize() {
        Ok(target) => {
            let inside = project_folder.canonicalize().map_err(unreadable)?;
            if !target.starts_with(inside) {
                return Err(RulesError::Outside {
                    path: path.clone(),
                    target,
                });
            }
            syncline_rules::read_file(&target, &Limits::default()).map_err(|error| match error {
                FileError::Unreadable(source) => unreadable(source),
                FileError::Refused(source) => RulesError::Refused {
                    path: path.clone(),
                    source,
                },
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(RulesError::Missing {
            job: job.name.clone(),
            plugin: rule.plugin.clone(),
            path: path.clone(),
        }),
        Err(source) => Err(unreadable(source)),
    }
}

/// Reads a regular file whole. A pipe would be waited for, and a device never ends.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // Looked at before it is opened: opening a pipe waits for its other end.
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(READ_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
