//! What people ask of a job's rules. It is written down rather than done, because the process that
//! works on the project may be another one.

use rusqlite::{OptionalExtension, params};
use syncline_directory::JobName;

use crate::{Store, StoreError};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WishVerb {
    /// Let rules in.
    Activate,
    /// Go back to the good generation before the active one.
    Rollback,
}

impl WishVerb {
    /// Returns the verb.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Rollback => "rollback",
        }
    }
}

/// A wish that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesWish {
    /// Its number.
    pub number: i64,
    /// The job.
    pub job: JobName,
    /// What is asked.
    pub verb: WishVerb,
    /// The generation to let in, by the first digits of its digest; what lies in the folder where
    /// none is named.
    pub digest: Option<String>,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WishOutcome {
    /// It was done.
    Done,
    /// It asks for what there is not.
    Refused,
    /// It could not be done.
    Failed,
}

impl WishOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Store {
    /// Writes a wish down; returns its number.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn wish(
        &self,
        job: &JobName,
        verb: WishVerb,
        digest: Option<&str>,
        now: &str,
    ) -> Result<i64, StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO rules_wish (job, verb, digest, given) VALUES (?1, ?2, ?3, ?4)",
                params![job.as_str(), verb.as_str(), digest, now],
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Returns the wishes that nobody has answered, oldest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn open_wishes(&self) -> Result<Vec<RulesWish>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT number, job, verb, digest FROM rules_wish INDEXED BY rules_wish_open
             WHERE outcome IS NULL ORDER BY number",
        )?;
        let wishes = statement.query_map([], |row| {
            Ok(RulesWish {
                number: row.get(0)?,
                job: JobName::new(row.get::<_, String>(1)?),
                verb: match row.get::<_, String>(2)?.as_str() {
                    "rollback" => WishVerb::Rollback,
                    _ => WishVerb::Activate,
                },
                digest: row.get(3)?,
            })
        })?;
        Ok(wishes.collect::<Result<_, _>>()?)
    }

    /// Answers a wish.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn answer_wish(
        &self,
        number: i64,
        outcome: WishOutcome,
        answer: &str,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE rules_wish SET outcome = ?2, answer = ?3 WHERE number = ?1",
            params![number, outcome.as_str(), answer],
        )?;
        Ok(())
    }

    /// Takes an unanswered wish back; returns whether there was one to take.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn take_wish_back(&self, number: i64) -> Result<bool, StoreError> {
        let rows = self.connection().execute(
            "DELETE FROM rules_wish WHERE number = ?1 AND outcome IS NULL",
            [number],
        )?;
        Ok(rows > 0)
    }

    /// Returns what a wish came to; none while it is open.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn wish_answer(&self, number: i64) -> Result<Option<(WishOutcome, String)>, StoreError> {
        let answer: Option<(Option<String>, Option<String>)> = self
            .connection()
            .query_row(
                "SELECT outcome, answer FROM rules_wish WHERE number = ?1",
                [number],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(answer.and_then(|(outcome, answer)| {
            let outcome = match outcome?.as_str() {
                "done" => WishOutcome::Done,
                "refused" => WishOutcome::Refused,
                _ => WishOutcome::Failed,
            };
            Some((outcome, answer.unwrap_or_default()))
        }))
    }
}
