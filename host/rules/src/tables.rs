//! The client's own tables, which rules may look into.

use std::collections::BTreeMap;

/// Tables by name; each maps a key to a list of values. Fixed for a generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables(pub BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Tables {
    /// Returns the values of this key in this table.
    pub fn lookup(&self, table: &str, key: &str) -> Option<&[String]> {
        self.0.get(table)?.get(key).map(Vec::as_slice)
    }
}
