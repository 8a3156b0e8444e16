//! The last good generation of each job's rules, components included, so that a restart has it
//! whatever lies in the plugins folder.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use syncline_directory::{AttributeName, ComponentDigest, GenerationDigest, JobName, PluginName};

use crate::{Store, StoreError, from_json, to_json};

/// One layer of a remembered generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RememberedLayer {
    /// The plugin.
    pub plugin: PluginName,
    /// Its component.
    pub component: ComponentDigest,
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

impl Store {
    /// Remembers a generation as a job's active one, with the bytes of its components. Where it
    /// differs from the one before, every object of the job is decided again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn activate(
        &self,
        job: &JobName,
        generation: &RememberedGeneration,
        components: &[(ComponentDigest, &[u8])],
    ) -> Result<(), StoreError> {
        let known = self.active_generation(job)?;
        if known.is_some_and(|known| known.digest == generation.digest) {
            return Ok(());
        }
        self.transact(|transaction| {
            for (digest, bytes) in components {
                transaction.execute(
                    "INSERT OR IGNORE INTO component (digest, bytes) VALUES (?1, ?2)",
                    params![digest.as_str(), bytes],
                )?;
            }
            transaction.execute(
                "INSERT INTO generation (job, digest, layers, activated) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET digest = excluded.digest, layers = excluded.layers,
                 activated = excluded.activated",
                params![
                    job.as_str(),
                    generation.digest.as_str(),
                    to_json(&generation.layers),
                    generation.activated
                ],
            )?;
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1 WHERE job = ?1",
                [job.as_str()],
            )?;
            Ok(())
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
            .query_row(
                "SELECT digest, layers, activated FROM generation WHERE job = ?1",
                [job.as_str()],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get(2)?,
                    ))
                },
            )
            .optional()?
            .map(|(digest, layers, activated)| {
                Ok(RememberedGeneration {
                    digest: GenerationDigest::new(digest),
                    layers: from_json("generation", &layers)?,
                    activated,
                })
            })
            .transpose()
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
}
