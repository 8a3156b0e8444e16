//! The tables, and how older stores become current ones. Migrations go forward only.

use std::path::Path;

use rusqlite::Connection;

use crate::StoreError;

/// One script a version; the store's version is how many have run.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
];

/// Brings the store to the current version.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let open = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // A reader beside a writing process must not wait for the write lock.
    if version(connection).map_err(open)? == known {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(open)?;
    let found = version(&transaction).map_err(open)?;
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for script in &MIGRATIONS[done..] {
        transaction.execute_batch(script).map_err(open)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(open)?;
    transaction.commit().map_err(open)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
