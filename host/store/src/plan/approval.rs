//! Held plans and their approvals: for one hash, by somebody, until some time (law L13).

use rusqlite::{OptionalExtension, params};
use syncline_directory::JobName;
use syncline_planner::PlanHash;

use crate::{Store, StoreError};

impl Store {
    /// Returns the plans whose last judgement was a hold and whose hash begins with these digits.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn held_plans(&self, prefix: &str) -> Result<Vec<(JobName, PlanHash)>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT job, hash FROM plan
             WHERE state IN ('held', 'previewed') AND trips != '[]'
             AND substr(hash, 1, length(?1)) = ?1
             AND id IN (SELECT max(id) FROM plan WHERE hash IS NOT NULL GROUP BY job)
             ORDER BY job",
        )?;
        let rows = statement
            .query_map([prefix], |row| {
                Ok((
                    JobName::new(row.get::<_, String>(0)?),
                    PlanHash::new(row.get::<_, String>(1)?),
                ))
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Remembers that somebody approved exactly this plan, until when.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn approve(
        &self,
        job: &JobName,
        hash: &PlanHash,
        approver: &str,
        now: &str,
        expires: &str,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO approval (job, hash, approver, given, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET approver = excluded.approver, given = excluded.given,
                 expires = excluded.expires",
                params![job.as_str(), hash.as_str(), approver, now, expires],
            )?;
            Ok(())
        })
    }

    /// Takes an approval back, since its plan is being carried out.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn spend_approval(&self, job: &JobName, hash: &PlanHash) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "DELETE FROM approval WHERE job = ?1 AND hash = ?2",
                params![job.as_str(), hash.as_str()],
            )?;
            Ok(())
        })
    }

    /// Returns when the approval of a plan expires, if somebody approved it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn approval(&self, job: &JobName, hash: &PlanHash) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT expires FROM approval WHERE job = ?1 AND hash = ?2",
                params![job.as_str(), hash.as_str()],
                |row| row.get(0),
            )
            .optional()?)
    }
}
