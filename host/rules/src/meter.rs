//! What the calls of a layer have cost so far. It is told to people and decides nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What calls have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many calls there were.
    pub calls: u64,
    /// Of how many rows together.
    pub rows: u64,
    /// Their fuel together, without that of `configure`.
    pub fuel: u64,
    /// The most fuel that one of them took.
    pub fuel_max: u64,
    /// The most memory that an instance had, in bytes.
    pub memory_max: u64,
}

/// Counts; shared by the threads that call.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    calls: AtomicU64,
    rows: AtomicU64,
    fuel: AtomicU64,
    fuel_max: AtomicU64,
    memory_max: AtomicU64,
}

impl Meter {
    pub(crate) fn record(&self, rows: usize, fuel: u64, memory: usize) {
        self.calls.fetch_add(1, Relaxed);
        self.rows.fetch_add(rows as u64, Relaxed);
        self.fuel.fetch_add(fuel, Relaxed);
        self.fuel_max.fetch_max(fuel, Relaxed);
        self.memory_max.fetch_max(memory as u64, Relaxed);
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage {
            calls: self.calls.load(Relaxed),
            rows: self.rows.load(Relaxed),
            fuel: self.fuel.load(Relaxed),
            fuel_max: self.fuel_max.load(Relaxed),
            memory_max: self.memory_max.load(Relaxed),
        }
    }
}
