//! The same rule on the author's machine, without a sandbox: for tests, and as the other side of
//! benchmarks.
//!
//! The rows are the ones that a component is given, owned as there, and the code that decides about
//! them is the same; what is missing is the boundary and its limits.

#[cfg(not(target_family = "wasm"))]
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use crate::{
    contract::{Context, Key, MappingRow, Outcome, Reason, Row, SettingsError, Verdict},
    program::Program,
    rule::Rule,
};

/// Returns a rule with its settings, a JSON object or nothing.
///
/// # Errors
///
/// Where the settings are wrong.
pub fn configure<R: Rule>(settings: &str) -> Result<Program, SettingsError> {
    Program::configure::<R>(settings)
}

/// Decides scope, one verdict a row.
///
/// # Errors
///
/// Where the rule declares nothing for the kind of the rows.
pub fn scope(rule: &Program, context: &Context, rows: &[Row]) -> Result<Vec<Verdict>, Reason> {
    rule.decide(context, rows)
}

/// Gives match keys, a list a row.
///
/// # Errors
///
/// Where the rule declares nothing for the kind of the rows.
pub fn keys(
    rule: &Program,
    context: &Context,
    rows: &[Row],
) -> Result<Vec<Result<Vec<Key>, Reason>>, Reason> {
    rule.keys(context, rows)
}

/// Maps attributes, one outcome a row. What is only copied is named by its column, as for a host.
///
/// # Errors
///
/// Where the rule maps nothing for the kind of the rows.
pub fn map(rule: &Program, context: &Context, rows: &[MappingRow]) -> Result<Vec<Outcome>, Reason> {
    rule.apply(context, rows)
}

/// A client's tables: by table name, then by key.
#[cfg(not(target_family = "wasm"))]
pub type Tables = BTreeMap<String, HashMap<String, Vec<String>>>;

#[cfg(not(target_family = "wasm"))]
thread_local! {
    static TABLES: RefCell<Tables> = const { RefCell::new(Tables::new()) };
}

/// Sets the tables that rules find on this thread, and returns those that they found before.
#[cfg(not(target_family = "wasm"))]
pub fn set_tables(tables: Tables) -> Tables {
    TABLES.replace(tables)
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn lookup(table: &str, key: &str) -> Option<Vec<String>> {
    TABLES.with_borrow(|tables| tables.get(table)?.get(key).cloned())
}
