//! The generations of each job's rules, components included, so that a restart has the last good one
//! whatever lies in the plugins folder, and people can go back to the ones before it.

mod candidate;
mod suspension;
mod wish;

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use syncline_directory::{
    AttributeName, ComponentDigest, GenerationDigest, JobName, ObjectKind, PluginName, SourceId,
};

pub use candidate::{CandidateState, StoredCandidate};
pub use suspension::Suspension;
pub use wish::{RulesWish, WishOutcome, WishVerb};

use crate::{Store, StoreError, from_json, to_json};

/// How many activations of a job are remembered; with them go the components that only they use.
const ACTIVATIONS_MAX: u32 = 50;

/// One layer of a remembered generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RememberedLayer {
    /// The plugin.
    pub plugin: PluginName,
    /// Its component.
    pub component: ComponentDigest,
    /// The name that the component gives itself.
    #[serde(default)]
    pub name: String,
    /// The version that the component gives itself.
    #[serde(default)]
    pub version: String,
    /// Its settings.
    pub settings: serde_json::Value,
    /// The attributes of earlier layers that it overrides.
    pub overrides: Vec<AttributeName>,
}

/// A remembered generation.
#[derive(Clone, Debug, PartialEq)]
pub struct RememberedGeneration {
    /// Its digest.
    pub digest: GenerationDigest,
    /// Its layers, in order.
    pub layers: Vec<RememberedLayer>,
    /// When it became active, RFC 3339.
    pub activated: String,
}

/// One time that a generation became active.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Counts activations.
    pub number: i64,
    /// What became active, and when.
    pub generation: RememberedGeneration,
    /// What let it in, as in `guarded` or `rules rollback`.
    pub cause: String,
    /// What it was found to change, as the caller spelled it; none where nothing was compared.
    pub effect: Option<serde_json::Value>,
}

/// How a generation becomes active.
#[derive(Clone, Debug)]
pub struct Entering<'a> {
    /// What lets it in.
    pub cause: &'a str,
    /// What it was found to change.
    pub effect: Option<&'a serde_json::Value>,
    /// The objects that are decided anew.
    pub marks: Marks<'a>,
    /// The generation that somebody goes back from, which is let in again by a command only.
    pub declines: Option<&'a GenerationDigest>,
}

/// Which objects of a job changed rules can affect.
#[derive(Clone, Copy, Debug)]
pub enum Marks<'a> {
    /// All of them.
    All,
    /// Those named, and those that were touched since this weighing began.
    Affected {
        /// The weighing, as [`Store::begin_weighing`] numbered it.
        weighing: i64,
        /// The kind of object.
        kind: ObjectKind,
        /// The objects, and whether their scope or keys are affected rather than only their mapping.
        objects: &'a [(SourceId, bool)],
    },
}

impl Store {
    /// Remembers a generation as a job's active one, with the bytes of its components, and marks what
    /// it can affect. What was known of a candidate or of a suspension is over.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn activate(
        &self,
        job: &JobName,
        generation: &RememberedGeneration,
        components: &[(ComponentDigest, &[u8])],
        entering: &Entering<'_>,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for (digest, bytes) in components {
                transaction.execute(
                    "INSERT OR IGNORE INTO component (digest, bytes) VALUES (?1, ?2)",
                    params![digest.as_str(), bytes],
                )?;
            }
            let (digest, layers) = (generation.digest.as_str(), to_json(&generation.layers));
            transaction.execute(
                "INSERT INTO generation (job, digest, layers, activated) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET digest = excluded.digest, layers = excluded.layers,
                 activated = excluded.activated",
                params![job.as_str(), digest, layers, generation.activated],
            )?;
            transaction.execute(
                "INSERT INTO activation (job, at, digest, layers, cause, effect)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    job.as_str(),
                    generation.activated,
                    digest,
                    layers,
                    entering.cause,
                    entering.effect.map(ToString::to_string)
                ],
            )?;
            for table in ["candidate", "suspension", "declined"] {
                transaction.execute(
                    &format!("DELETE FROM {table} WHERE job = ?1"),
                    [job.as_str()],
                )?;
            }
            if let Some(declined) = entering.declines {
                decline(transaction, job, declined)?;
            }
            mark(transaction, job, entering.marks)?;
            forget_old(transaction, job)
        })
    }

    /// Returns a job's active generation.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn active_generation(
        &self,
        job: &JobName,
    ) -> Result<Option<RememberedGeneration>, StoreError> {
        self.connection()
            .prepare_cached("SELECT digest, layers, activated FROM generation WHERE job = ?1")?
            .query_row([job.as_str()], |row| remembered(row, 0))
            .optional()?
            .map(complete)
            .transpose()
    }

    /// Returns the digest of a job's active generation, which costs next to nothing.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn active_digest(&self, job: &JobName) -> Result<Option<GenerationDigest>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT digest FROM generation WHERE job = ?1")?
            .query_row([job.as_str()], |row| {
                Ok(GenerationDigest::new(row.get::<_, String>(0)?))
            })
            .optional()?)
    }

    /// Returns the activations of a job's rules, newest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn activations(&self, job: &JobName) -> Result<Vec<Activation>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT digest, layers, at, number, cause, effect FROM activation
             WHERE job = ?1 ORDER BY number DESC",
        )?;
        let rows = statement.query_map([job.as_str()], |row| {
            Ok((
                remembered(row, 0)?,
                row.get(3)?,
                row.get(4)?,
                row.get::<_, Option<String>>(5)?,
            ))
        })?;
        rows.map(|row| {
            let (generation, number, cause, effect) = row?;
            Ok(Activation {
                number,
                generation: complete(generation)?,
                cause,
                effect: effect
                    .map(|text| from_json("effect of rules", &text))
                    .transpose()?,
            })
        })
        .collect()
    }

    /// Returns the bytes of a component that a remembered generation uses.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn component(&self, digest: &ComponentDigest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT bytes FROM component WHERE digest = ?1",
                [digest.as_str()],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// Returns the number of a new weighing of rules: what is touched from now on was not looked at.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn begin_weighing(&self) -> Result<i64, StoreError> {
        self.transact(|transaction| {
            Ok(transaction.query_row(
                "UPDATE weighing SET number = number + 1 RETURNING number",
                [],
                |row| row.get(0),
            )?)
        })
    }

    /// Returns the generation that a job's rules were taken back from, which is let in again by a
    /// command only.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn declined(&self, job: &JobName) -> Result<Option<GenerationDigest>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT digest FROM declined WHERE job = ?1",
                [job.as_str()],
                |row| Ok(GenerationDigest::new(row.get::<_, String>(0)?)),
            )
            .optional()?)
    }

    /// Forgets that rules were taken back, since something else lies in the folder now.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn forget_declined(&self, job: &JobName) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM declined WHERE job = ?1", [job.as_str()])?;
        Ok(())
    }
}

type RawGeneration = (String, String, String);

fn remembered(row: &Row<'_>, first: usize) -> rusqlite::Result<RawGeneration> {
    Ok((row.get(first)?, row.get(first + 1)?, row.get(first + 2)?))
}

fn complete(
    (digest, layers, activated): RawGeneration,
) -> Result<RememberedGeneration, StoreError> {
    Ok(RememberedGeneration {
        digest: GenerationDigest::new(digest),
        layers: from_json("generation", &layers)?,
        activated,
    })
}

fn decline(
    transaction: &Transaction<'_>,
    job: &JobName,
    digest: &GenerationDigest,
) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO declined (job, digest) VALUES (?1, ?2)",
        params![job.as_str(), digest.as_str()],
    )?;
    Ok(())
}

fn mark(transaction: &Transaction<'_>, job: &JobName, marks: Marks<'_>) -> Result<(), StoreError> {
    match marks {
        Marks::All => {
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1 WHERE job = ?1",
                [job.as_str()],
            )?;
        }
        Marks::Affected {
            weighing,
            kind,
            objects,
        } => {
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1
                 WHERE job = ?1 AND kind = ?2 AND touched >= ?3",
                params![job.as_str(), kind.as_str(), weighing],
            )?;
            let mut statement = transaction.prepare_cached(
                "UPDATE subject SET undecided = max(undecided, ?4), unplanned = 1
                 WHERE job = ?1 AND kind = ?2 AND source = ?3",
            )?;
            for (source, scope_or_keys) in objects {
                statement.execute(params![
                    job.as_str(),
                    kind.as_str(),
                    source.as_str(),
                    scope_or_keys
                ])?;
            }
        }
    }
    Ok(())
}

/// Forgets activations beyond those that are kept, and components that no generation uses any more:
/// a folder that is written all day must not fill the disk.
fn forget_old(transaction: &Transaction<'_>, job: &JobName) -> Result<(), StoreError> {
    transaction.execute(
        "DELETE FROM activation WHERE job = ?1 AND number <=
         (SELECT number FROM activation WHERE job = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        params![job.as_str(), ACTIVATIONS_MAX],
    )?;
    let mut used = BTreeSet::new();
    for table in ["activation", "generation"] {
        let mut statement = transaction.prepare(&format!("SELECT DISTINCT layers FROM {table}"))?;
        let lists = statement.query_map([], |row| row.get::<_, String>(0))?;
        for layers in lists {
            let layers: Vec<RememberedLayer> = from_json("generation", &layers?)?;
            used.extend(layers.into_iter().map(|layer| layer.component));
        }
    }
    let known: Vec<String> = transaction
        .prepare_cached("SELECT digest FROM component")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for digest in known {
        if !used.contains(&ComponentDigest::new(digest.clone())) {
            transaction.execute("DELETE FROM component WHERE digest = ?1", [digest])?;
        }
    }
    Ok(())
}
