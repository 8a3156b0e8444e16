//! What the host keeps for one instance of a component while it lives: its memory account, its tables,
//! its log.

use std::{collections::BTreeSet, sync::Arc};

use syncline_directory::PluginName;
use wasmtime::ResourceLimiter;

use crate::{limits::Limits, tables::Tables, untrusted};

/// The state beside an instance. An instance serves one call and is dropped with it, so nothing of one
/// batch is there in the next.
pub(crate) struct Guest {
    pub(crate) account: Account,
    pub(crate) tables: Arc<Tables>,
    /// The tables that may be looked into; none while the component has not been configured.
    pub(crate) tables_declared: Arc<BTreeSet<String>>,
    pub(crate) log: Log,
}

impl Guest {
    pub(crate) fn new(
        limits: &Limits,
        plugin: PluginName,
        tables: Arc<Tables>,
        tables_declared: Arc<BTreeSet<String>>,
    ) -> Self {
        Self {
            account: Account::new(limits),
            tables,
            tables_declared,
            log: Log {
                plugin,
                lines_left: limits.log_lines_max,
                bytes_left: limits.log_bytes_max,
                last_error: None,
            },
        }
    }
}

/// A rule wanted more memory than it may have. Growth is not merely denied: most guests would answer
/// that with an `unreachable` that says nothing.
#[derive(Debug, thiserror::Error)]
#[error("{wanted} bytes of memory are wanted, {memory_max} are permitted")]
pub(crate) struct MemoryExceeded {
    pub(crate) wanted: usize,
    pub(crate) memory_max: usize,
}

/// Counts the memory and the tables of an instance, all its parts together: the engine's own limits are
/// for each memory and each table alone.
pub(crate) struct Account {
    bytes: usize,
    memory_max: usize,
    table_elements: usize,
    table_elements_max: usize,
    instances_max: usize,
}

impl Account {
    fn new(limits: &Limits) -> Self {
        Self {
            bytes: 0,
            memory_max: limits.memory_max,
            table_elements: 0,
            table_elements_max: limits.table_elements_max,
            instances_max: usize::try_from(limits.instances_max).unwrap_or(usize::MAX),
        }
    }

    /// Returns how much memory the instance has.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl ResourceLimiter for Account {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_max {
            return Err(MemoryExceeded {
                wanted,
                memory_max: self.memory_max,
            }
            .into());
        }
        self.bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        if wanted > self.table_elements_max {
            // Most guests grow no table; one that does must live with being told no.
            return Ok(false);
        }
        self.table_elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    // A component of `wit-component` has one memory and up to three tables.
    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        4
    }
}

/// A component's log lines, passed on within a budget.
pub(crate) struct Log {
    plugin: PluginName,
    lines_left: usize,
    bytes_left: usize,
    /// The last line at level error, which after a trap is most likely the panic's message.
    pub(crate) last_error: Option<String>,
}

impl Log {
    /// Passes a line on, unless the budget of the call is used up: a rule that floods is silent, and
    /// says so once.
    pub(crate) fn write(&mut self, level: &'static str, message: &str) {
        if self.lines_left == 0 {
            return;
        }
        let message = untrusted::printable(message);
        self.lines_left -= 1;
        let Some(bytes_left) = self.bytes_left.checked_sub(message.len()) else {
            self.lines_left = 0;
            return self.silence();
        };
        self.bytes_left = bytes_left;
        tracing::debug!(plugin = self.plugin.as_str(), level, message, "rule log");
        if level == "error" {
            self.last_error = Some(message);
        }
        if self.lines_left == 0 {
            self.silence();
        }
    }

    fn silence(&self) {
        tracing::debug!(
            plugin = self.plugin.as_str(),
            "rule log is full, rest of call is dropped"
        );
    }
}
