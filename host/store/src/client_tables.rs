//! The client's tables that generations of rules look into, so that a restart decides as before,
//! whatever became of the files meanwhile.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use syncline_directory::GenerationDigest;

use crate::{Store, StoreError, from_json, to_json};

impl Store {
    /// Remembers the tables of a generation, whose digest counts them, and forgets those of
    /// generations that are forgotten.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn remember_tables(
        &self,
        generation: &GenerationDigest,
        tables: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "DELETE FROM client_tables WHERE generation NOT IN
                 (SELECT digest FROM generation UNION SELECT digest FROM activation)",
                [],
            )?;
            if !tables.is_empty() {
                transaction.execute(
                    "INSERT OR REPLACE INTO client_tables (generation, tables) VALUES (?1, ?2)",
                    params![generation.as_str(), to_json(tables)],
                )?;
            }
            Ok(())
        })
    }

    /// Returns the tables of a remembered generation.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn tables(
        &self,
        generation: &GenerationDigest,
    ) -> Result<BTreeMap<String, BTreeMap<String, Vec<String>>>, StoreError> {
        self.connection()
            .query_row(
                "SELECT tables FROM client_tables WHERE generation = ?1",
                [generation.as_str()],
                |row| row.get::<_, String>(0),
            )
            .optional()?
            .map_or_else(|| Ok(BTreeMap::new()), |text| from_json("tables", &text))
    }
}
