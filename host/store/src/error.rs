//! What can go wrong with the store.

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong with the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("cannot open the store {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version.
    #[error(
        "the store {} has schema version {found}, this program knows up to {known}; use the newer \
         program, or restore the file from before the upgrade",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// A stored text does not have its form.
    #[error("the store holds a damaged {what}")]
    Damaged {
        /// What kind of text.
        what: &'static str,
        /// How it is damaged.
        source: serde_json::Error,
    },
    /// The operation would link one object twice (law L1).
    #[error(
        "source object {source_object} and target object {target} cannot be linked: one of them has another link"
    )]
    SecondLink {
        /// The source object.
        source_object: String,
        /// The target object.
        target: String,
    },
    /// SQLite failed.
    #[error("the store failed")]
    Database(#[from] rusqlite::Error),
}
