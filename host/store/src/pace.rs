//! What of a tenant's write budget is used up, so that a restart does not forget it (law L14).

use rusqlite::{OptionalExtension, params};

use crate::{Store, StoreError};

impl Store {
    /// Returns what was saved of an application's pace in a tenant.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn pace(&self, tenant: &str, client: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT state FROM pace WHERE tenant = ?1 AND client = ?2",
                params![tenant, client],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// Saves an application's pace in a tenant.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn save_pace(&self, tenant: &str, client: &str, state: &str) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO pace (tenant, client, state) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET state = excluded.state",
                params![tenant, client, state],
            )?;
            Ok(())
        })
    }
}
