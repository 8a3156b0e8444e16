//! The log: one record per object and run, in the shape of Graph's `provisioningObjectSummary`.

use rusqlite::{Transaction, params};
use syncline_directory::JobName;

use crate::{Store, StoreError, from_json, run::RunId, to_json};

/// A record of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// When it happened, RFC 3339.
    pub at: String,
    /// The source object's id.
    pub source: String,
    /// The target object's id, where there is one.
    pub target: Option<String>,
    /// `create`, `update`, `delete`, `disable` or `other`.
    pub action: String,
    /// `success`, `failure`, `skipped` or `warning`.
    pub status: String,
    /// The record in Graph's shape.
    pub body: serde_json::Value,
}

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Of this job only.
    pub job: Option<JobName>,
    /// Of this run only.
    pub run: Option<RunId>,
    /// Whose source or target id, or source or target display name or principal name, is this.
    pub object: Option<String>,
    /// With this status only.
    pub status: Option<String>,
    /// With this action only.
    pub action: Option<String>,
}

impl Store {
    /// Adds records to the log.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn record(
        &self,
        job: &JobName,
        run: RunId,
        records: &[LogRecord],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for record in records {
                insert(transaction, job, run, record)?;
            }
            Ok(())
        })
    }

    /// Hands records to `take`, newest first, until it returns false or there are no more.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn read_log(
        &self,
        filter: &LogFilter,
        mut take: impl FnMut(LogRecord) -> bool,
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT at, source, target, action, status, body FROM log
             WHERE (?1 IS NULL OR job = ?1) AND (?2 IS NULL OR run = ?2)
             AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR action = ?4)
             AND (?5 IS NULL OR source = ?5 OR target = ?5
                  OR body ->> '$.sourceIdentity.displayName' = ?5
                  OR body ->> '$.sourceIdentity.details.UserPrincipalName' = ?5
                  OR body ->> '$.targetIdentity.displayName' = ?5)
             ORDER BY number DESC",
        )?;
        let mut rows = statement.query(params![
            filter.job.as_ref().map(JobName::as_str),
            filter.run.map(|run| run.0),
            filter.status,
            filter.action,
            filter.object,
        ])?;
        while let Some(row) = rows.next()? {
            let record = LogRecord {
                at: row.get(0)?,
                source: row.get(1)?,
                target: row.get(2)?,
                action: row.get(3)?,
                status: row.get(4)?,
                body: from_json("log record", &row.get::<_, String>(5)?)?,
            };
            if !take(record) {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    job: &JobName,
    run: RunId,
    record: &LogRecord,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO log (run, job, at, source, target, action, status, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            run.0,
            job.as_str(),
            record.at,
            record.source,
            record.target,
            record.action,
            record.status,
            to_json(&record.body)
        ])?;
    Ok(())
}
