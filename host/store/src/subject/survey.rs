//! Where the objects of a job stand, for people.

use rusqlite::{OptionalExtension, params};
use syncline_directory::{JobName, ObjectKind, Reason, SourceId};
use syncline_planner::Finding;

use crate::{Store, StoreError, from_json};

/// How many objects of a job share a state and a reason code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectSummary {
    /// The state's name.
    pub state: String,
    /// The reason's code.
    pub code: String,
    /// How many objects.
    pub count: u64,
}

/// Where one object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectStanding {
    /// The state's name.
    pub state: String,
    /// Why.
    pub reason: Reason,
    /// What should be known of it.
    pub findings: Vec<Finding>,
}

impl Store {
    /// Returns how many objects of a job stand where, largest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn survey(&self, job: &JobName) -> Result<Vec<SubjectSummary>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT state, reason_code, count(*) FROM subject
             WHERE job = ?1 AND state IS NOT NULL
             GROUP BY state, reason_code ORDER BY count(*) DESC, state, reason_code",
        )?;
        let rows = statement
            .query_map([job.as_str()], |row| {
                Ok(SubjectSummary {
                    state: row.get(0)?,
                    code: row.get(1)?,
                    count: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Returns where one object stands.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn standing(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<Option<SubjectStanding>, StoreError> {
        self.connection()
            .prepare_cached(
                "SELECT state, reason_code, reason_text, findings FROM subject
                 WHERE job = ?1 AND kind = ?2 AND source = ?3 AND state IS NOT NULL",
            )?
            .query_row(
                params![job.as_str(), kind.as_str(), source.as_str()],
                |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get::<_, String>(3)?,
                    ))
                },
            )
            .optional()?
            .map(
                |(state, code, text, findings): (String, String, String, String)| {
                    Ok(SubjectStanding {
                        state,
                        reason: Reason { code, text },
                        findings: from_json("findings", &findings)?,
                    })
                },
            )
            .transpose()
    }
}
