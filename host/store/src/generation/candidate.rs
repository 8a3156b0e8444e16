//! What lies in the plugins folder beside the active generation.

use rusqlite::{OptionalExtension, params};
use syncline_directory::JobName;

use super::RememberedLayer;
use crate::{Store, StoreError, from_json, to_json};

/// What became of rules in the folder that are not active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateState {
    /// They are good, and wait for a command or a guard.
    Waits,
    /// They cannot become active.
    Refused,
}

impl CandidateState {
    /// Returns the state's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Refused => "refused",
        }
    }
}

/// Rules in the folder that are not active, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCandidate {
    /// Whether they wait or are refused.
    pub state: CandidateState,
    /// The digest of the generation, or of the file that is refused; none where there is no file.
    pub digest: Option<String>,
    /// The layers, as far as they could be read.
    pub layers: Vec<RememberedLayer>,
    /// The step at which they were refused.
    pub step: Option<String>,
    /// Why, in one line.
    pub reason: String,
    /// What they were found to change.
    pub effect: Option<serde_json::Value>,
    /// Since when it is so, RFC 3339.
    pub since: String,
}

impl StoredCandidate {
    /// Whether it says the same of the same rules, whatever the time.
    fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |candidate: &Self| Self {
            since: String::new(),
            ..candidate.clone()
        };
        timeless(self) == timeless(other)
    }
}

impl Store {
    /// Remembers what lies in the folder beside the active generation; `None` where nothing does.
    /// Returns whether that is news.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn set_candidate(
        &self,
        job: &JobName,
        candidate: Option<&StoredCandidate>,
    ) -> Result<bool, StoreError> {
        let known = self.candidate(job)?;
        let same = match (&known, candidate) {
            (None, None) => true,
            (Some(known), Some(candidate)) => known.says_the_same(candidate),
            _ => false,
        };
        if same {
            return Ok(false);
        }
        self.transact(|transaction| {
            transaction.execute("DELETE FROM candidate WHERE job = ?1", [job.as_str()])?;
            if let Some(candidate) = candidate {
                transaction.execute(
                    "INSERT INTO candidate (job, state, digest, layers, step, reason, effect, since)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        job.as_str(),
                        candidate.state.as_str(),
                        candidate.digest,
                        to_json(&candidate.layers),
                        candidate.step,
                        candidate.reason,
                        candidate.effect.as_ref().map(ToString::to_string),
                        candidate.since
                    ],
                )?;
            }
            Ok(true)
        })
    }

    /// Returns what lies in the folder beside the active generation, as far as it is known.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn candidate(&self, job: &JobName) -> Result<Option<StoredCandidate>, StoreError> {
        self.connection()
            .query_row(
                "SELECT state, digest, layers, step, reason, effect, since FROM candidate
                 WHERE job = ?1",
                [job.as_str()],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get(1)?,
                        row.get::<_, String>(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        row.get::<_, Option<String>>(5)?,
                        row.get(6)?,
                    ))
                },
            )
            .optional()?
            .map(|(state, digest, layers, step, reason, effect, since)| {
                Ok(StoredCandidate {
                    state: match state.as_str() {
                        "waits" => CandidateState::Waits,
                        _ => CandidateState::Refused,
                    },
                    digest,
                    layers: from_json("generation", &layers)?,
                    step,
                    reason,
                    effect: effect
                        .map(|text| from_json("effect of rules", &text))
                        .transpose()?,
                    since,
                })
            })
            .transpose()
    }
}
