//! Generations that failed on too many objects.

use rusqlite::{OptionalExtension, params};
use syncline_directory::{GenerationDigest, JobName};

use crate::{Store, StoreError};

/// That a generation is asked nothing more, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The generation.
    pub digest: GenerationDigest,
    /// When it was suspended, RFC 3339.
    pub at: String,
    /// How many objects it had been asked about.
    pub asked: u64,
    /// On how many of them it failed.
    pub failed: u64,
    /// How it failed on the first of them.
    pub reason: String,
    /// The folder with what it failed on, where that could be kept.
    pub inputs: Option<String>,
}

impl Store {
    /// Remembers that a job's active generation is suspended. It ends when another becomes active.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn suspend(&self, job: &JobName, suspension: &Suspension) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO suspension (job, digest, at, asked, failed, reason, inputs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET digest = excluded.digest, at = excluded.at,
             asked = excluded.asked, failed = excluded.failed, reason = excluded.reason,
             inputs = excluded.inputs",
            params![
                job.as_str(),
                suspension.digest.as_str(),
                suspension.at,
                suspension.asked,
                suspension.failed,
                suspension.reason,
                suspension.inputs
            ],
        )?;
        Ok(())
    }

    /// Returns whether a job's active generation is suspended, and why.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn suspension(&self, job: &JobName) -> Result<Option<Suspension>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT digest, at, asked, failed, reason, inputs FROM suspension WHERE job = ?1",
                [job.as_str()],
                |row| {
                    Ok(Suspension {
                        digest: GenerationDigest::new(row.get::<_, String>(0)?),
                        at: row.get(1)?,
                        asked: row.get(2)?,
                        failed: row.get(3)?,
                        reason: row.get(4)?,
                        inputs: row.get(5)?,
                    })
                },
            )
            .optional()?)
    }
}
