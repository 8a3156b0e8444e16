//! What Syncline remembers: mirrors of both tenants, decisions, links and what was written last,
//! plans, runs, the log, and the last good generation of rules. One SQLite file in the project.
//!
//! Invariants the tables themselves keep: a source object has at most one link, and so has a target
//! object (law L1); a delta link is saved in the transaction of the last page that it covers (law
//! L4). Nothing here knows HTTP or rules, and nothing holds a population in memory: what is large is
//! read in chunks by key.
//!
//! Methods block for as long as SQLite does; callers with much to do call them off the async
//! threads.

mod claim;
mod client_tables;
mod error;
mod generation;
mod link;
mod log;
mod mirror;
mod pace;
mod plan;
mod run;
mod schema;
mod subject;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use rusqlite::Connection;

pub use claim::{Claim, ClaimState, Claimant};
pub use error::StoreError;
pub use generation::{
    Activation, CandidateState, Entering, Marks, RememberedGeneration, RememberedLayer, RulesWish,
    StoredCandidate, Suspension, WishOutcome, WishVerb,
};
pub use link::{Intent, LinkRow, Making};
pub use log::{LogFilter, LogRecord};
pub use mirror::{
    Fit, Listing, MemberChange, Mirror, MirrorObject, MirrorProgress, PageChange, PageItem,
    PageNext,
};
pub use plan::{
    Answer, LiveTarget, OperationState, PlanId, PlanState, PlannedOperation, ReferenceRow,
    StoredPlan,
};
pub use run::{Run, RunEnd, RunId, RunOutcome};
pub use subject::{
    Considered, Nesting, ScopeRow, Settled, StoredVerdict, SubjectRow, SubjectStanding,
    SubjectSummary,
};

/// The project's memory. Cheap to share behind an `Arc`.
pub struct Store {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl Store {
    /// Opens the store at this path, making or migrating it as needed.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is not a store, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::prepare(connection, path)
    }

    fn prepare(mut connection: Connection, path: &Path) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        connection
            .busy_timeout(std::time::Duration::from_secs(30))
            .map_err(open)?;
        // A killed process must lose nothing that was said to be saved (law L4); a second process
        // may read while one writes.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            )
            .map_err(open)?;
        schema::migrate(&mut connection, path)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            connection: Mutex::new(connection),
            path: path.to_owned(),
        })
    }

    /// Returns where the store lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held has rolled its transaction back; the connection is sound.
        self.connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs `work` in one transaction: all of it is remembered, or none.
    fn transact<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let answer = work(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }
}

/// Text of a value that the store keeps as JSON.
fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("stored types hold only strings, numbers and string maps")
}

/// The value of a JSON text that the store wrote.
fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Damaged { what, source })
}
