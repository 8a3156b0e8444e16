//! Runs: one cycle of one job, and how it went.

use rusqlite::{OptionalExtension, Row, params};
use syncline_directory::{JobName, Tenant};
use syncline_planner::Census;

use crate::{Store, StoreError, from_json, to_json};

/// Identifies a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(pub i64);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// Everything planned was done, or there was nothing to do.
    Done,
    /// Some objects failed; they will be tried again.
    Partial,
    /// A guard holds the plan; nothing was written.
    Held,
    /// It could not go on.
    Failed,
    /// It was asked to stop; the next run goes on.
    Stopped,
    /// It was a preview.
    Previewed,
    /// The process ended under it; the next run goes on.
    Interrupted,
}

impl RunOutcome {
    /// Returns the outcome's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Previewed => "previewed",
            Self::Interrupted => "interrupted",
        }
    }

    fn parse(text: &str) -> Self {
        [
            Self::Done,
            Self::Partial,
            Self::Held,
            Self::Failed,
            Self::Stopped,
            Self::Previewed,
        ]
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
        .unwrap_or(Self::Interrupted)
    }
}

/// What is known when a run ends.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// How it ended.
    pub outcome: RunOutcome,
    /// What people should read of it, where there is more to say than the outcome.
    pub message: Option<String>,
    /// What its plan would do or did.
    pub census: Option<Census>,
    /// The hash of its plan.
    pub plan: Option<String>,
}

/// A run as remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its identifier.
    pub id: RunId,
    /// The job.
    pub job: JobName,
    /// What set it off.
    pub cause: String,
    /// The `cycleId` of its log records.
    pub cycle: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// When it ended; none while it runs.
    pub ended: Option<String>,
    /// What it is doing, or did last.
    pub phase: String,
    /// How much of the phase is done.
    pub done: u64,
    /// How much there is to do in the phase; 0 where it is not known.
    pub total: u64,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// What people should read of it.
    pub message: Option<String>,
    /// The generation of rules that it used.
    pub generation: Option<String>,
    /// The hash of its plan.
    pub plan: Option<String>,
    /// What its plan would do or did.
    pub census: Option<Census>,
}

const COLUMNS: &str = "id, job, cause, cycle, started, ended, phase, done, total, outcome, message,
    generation, plan, census";

type RawRun = (Run, Option<String>);

fn read(row: &Row<'_>) -> rusqlite::Result<RawRun> {
    Ok((
        Run {
            id: RunId(row.get(0)?),
            job: JobName::new(row.get::<_, String>(1)?),
            cause: row.get(2)?,
            cycle: row.get(3)?,
            started: row.get(4)?,
            ended: row.get(5)?,
            phase: row.get(6)?,
            done: row.get(7)?,
            total: row.get(8)?,
            outcome: row
                .get::<_, Option<String>>(9)?
                .map(|text| RunOutcome::parse(&text)),
            message: row.get(10)?,
            generation: row.get(11)?,
            plan: row.get(12)?,
            census: None,
        },
        row.get(13)?,
    ))
}

fn complete((mut run, census): RawRun) -> Result<Run, StoreError> {
    run.census = census.map(|text| from_json("census", &text)).transpose()?;
    Ok(run)
}

impl Store {
    /// Begins a run. Runs of the job that never ended are interrupted ones; the caller holds the
    /// project's lock, so none of them can still be alive.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn begin_run(
        &self,
        job: &JobName,
        cause: &str,
        cycle: &str,
        now: &str,
    ) -> Result<RunId, StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE run SET ended = ?2, outcome = ?3 WHERE job = ?1 AND ended IS NULL",
                params![job.as_str(), now, RunOutcome::Interrupted.as_str()],
            )?;
            transaction.execute(
                "INSERT INTO run (job, cause, cycle, started, phase) VALUES (?1, ?2, ?3, ?4, 'start')",
                params![job.as_str(), cause, cycle, now],
            )?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Remembers which two tenants a job's memory is about, or returns the ones that are remembered.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn pin_tenants(
        &self,
        job: &JobName,
        source: &str,
        target: &str,
    ) -> Result<(String, String), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO job_tenants (job, source, target) VALUES (?1, ?2, ?3)",
                params![job.as_str(), source, target],
            )?;
            let pinned = transaction.query_row(
                "SELECT source, target FROM job_tenants WHERE job = ?1",
                [job.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok(pinned)
        })
    }

    /// Remembers what a job's two tenants call themselves.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn describe_tenants(
        &self,
        job: &JobName,
        source: &Tenant,
        target: &Tenant,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE job_tenants SET described = ?2 WHERE job = ?1 AND described IS NOT ?2",
            params![job.as_str(), to_json(&(source, target))],
        )?;
        Ok(())
    }

    /// Returns what a job's two tenants called themselves last, source first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn tenants(&self, job: &JobName) -> Result<Option<(Tenant, Tenant)>, StoreError> {
        let described: Option<Option<String>> = self
            .connection()
            .query_row(
                "SELECT described FROM job_tenants WHERE job = ?1",
                [job.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        described
            .flatten()
            .map(|text| from_json("description of tenants", &text))
            .transpose()
    }

    /// Remembers how far a run has come, for `status` in another terminal.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn progress(
        &self,
        run: RunId,
        phase: &str,
        done: u64,
        total: u64,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction
                .prepare_cached("UPDATE run SET phase = ?2, done = ?3, total = ?4 WHERE id = ?1")?
                .execute(params![run.0, phase, done, total])?;
            Ok(())
        })
    }

    /// Remembers which generation of rules a run uses.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn run_uses(&self, run: RunId, generation: &str) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE run SET generation = ?2 WHERE id = ?1",
                params![run.0, generation],
            )?;
            Ok(())
        })
    }

    /// Ends a run.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn end_run(&self, run: RunId, now: &str, end: &RunEnd) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE run SET ended = ?2, outcome = ?3, message = ?4, census = ?5, plan = ?6
                 WHERE id = ?1",
                params![
                    run.0,
                    now,
                    end.outcome.as_str(),
                    end.message,
                    end.census.as_ref().map(to_json),
                    end.plan
                ],
            )?;
            Ok(())
        })
    }

    /// Returns the last runs of a job, newest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn runs(&self, job: &JobName, count: usize) -> Result<Vec<Run>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM run WHERE job = ?1 ORDER BY id DESC LIMIT ?2"
        ))?;
        statement
            .query_map(params![job.as_str(), count], read)?
            .map(|row| complete(row?))
            .collect()
    }
}
