//! What single precautions of the engine cost: a call with and without each.
//!
//! The host has no switch for them, so this is an engine of the benchmark's own, set up as the host's
//! is but for what is asked about, with generated bindings. Its calls are slower than the host's, which
//! has bindings made for borrowed rows; what counts are the differences.

use std::{error::Error, time::Duration};

use syncline_directory::{Tenant, Value};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    component::{Component, HasSelf, Linker},
};

use crate::report::timed;

mod contract {
    wasmtime::component::bindgen!({ path: "../../wit", world: "rule" });
}

use contract::{
    Rule,
    exports::syncline::rules::mapping::MappingRow,
    syncline::rules::{log, tables, types},
};

/// What an engine is set up with.
#[derive(Clone, Copy)]
pub(crate) struct Precautions {
    /// Whether instances come from a pool of memory, rather than from fresh memory each.
    pub(crate) pool: bool,
    /// Whether fuel is counted.
    pub(crate) fuel: bool,
    /// Whether the clock can interrupt.
    pub(crate) epochs: bool,
}

/// The default rules in an engine with these precautions.
pub(crate) struct Bare {
    precautions: Precautions,
    engine: Engine,
    rules: contract::RulePre<Nothing>,
    context: types::Context,
    rows: Vec<MappingRow>,
}

/// The tables and the log of a rule that uses neither.
struct Nothing;

impl tables::Host for Nothing {
    fn lookup(&mut self, _table: String, _key: String) -> Option<Vec<String>> {
        None
    }
}

impl log::Host for Nothing {
    fn write(&mut self, _level: log::Level, _message: String) {}
}

impl types::Host for Nothing {}

impl Bare {
    /// Sets the engine up with a component and rows, by the component's columns.
    pub(crate) fn new(
        precautions: Precautions,
        component: &[u8],
        context: &syncline_rules::Context,
        rows: impl Iterator<Item = Vec<types::Value>>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut config = Config::new();
        config
            .gc_support(false)
            .concurrency_support(false)
            .consume_fuel(precautions.fuel)
            .epoch_interruption(precautions.epochs)
            .cranelift_nan_canonicalization(true)
            .native_unwind_info(false);
        if precautions.pool {
            let mut pool = PoolingAllocationConfig::new();
            pool.max_component_instance_size(64 << 20)
                .max_core_instance_size(64 << 20)
                .max_tables_per_module(16)
                .max_memories_per_module(4)
                .linear_memory_keep_resident(2 << 20)
                .table_keep_resident(64 << 10);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = Engine::new(&config)?;
        let component = Component::from_binary(&engine, component)?;
        let mut linker = Linker::new(&engine);
        Rule::add_to_linker::<_, HasSelf<_>>(&mut linker, |nothing: &mut Nothing| nothing)?;
        let rules = contract::RulePre::new(linker.instantiate_pre(&component)?)?;
        let tenant = |tenant: &Tenant| types::Tenant {
            id: tenant.id.clone(),
            display_name: tenant.display_name.clone(),
            initial_domain: tenant.initial_domain.clone(),
            default_domain: tenant.default_domain.clone(),
            verified_domains: tenant.verified_domains.clone(),
        };
        let rows = rows.map(|source| MappingRow {
            row: types::Row {
                source,
                target: None,
            },
            earlier: Vec::new(),
        });
        Ok(Self {
            precautions,
            engine,
            rules,
            context: types::Context {
                job: context.job.as_str().to_owned(),
                kind: types::ObjectKind::User,
                now: None,
                source: tenant(&context.source),
                target: tenant(&context.target),
            },
            rows: rows.collect(),
        })
    }

    /// Makes an instance, has it map the rows and drops it, and adds the time that this takes.
    pub(crate) fn map(&self, time: &mut Duration) -> Result<(), Box<dyn Error>> {
        let mut result = Ok(());
        timed(time, || {
            result = self.map_once();
        });
        result
    }

    fn map_once(&self) -> Result<(), Box<dyn Error>> {
        let mut store = Store::new(&self.engine, Nothing);
        if self.precautions.fuel {
            store.set_fuel(1_000_000_000)?;
        }
        if self.precautions.epochs {
            store.set_epoch_deadline(1_000);
        }
        let rule = self.rules.instantiate(&mut store)?;
        let manifest = rule.syncline_rules_manifest();
        let configured = manifest.call_configure(&mut store, "")?;
        configured.map_err(|error| error.message)?;
        let mapping = rule.syncline_rules_mapping();
        let answered = mapping.call_apply(&mut store, &self.context, &self.rows)?;
        let outcomes = answered.map_err(|reason| reason.text)?;
        if outcomes.len() == self.rows.len() {
            Ok(())
        } else {
            Err("not every row was answered".into())
        }
    }
}

/// Returns a value as a component is shown it.
pub(crate) fn shown(value: &Value, seen: bool) -> types::Value {
    match value {
        Value::Absent => types::Value::Absent,
        _ if !seen => types::Value::Withheld,
        Value::Text(text) => types::Value::Text(text.clone()),
        Value::Boolean(boolean) => types::Value::Boolean(*boolean),
        Value::Integer(integer) => types::Value::Integer(*integer),
        Value::Texts(texts) => types::Value::Texts(texts.clone()),
        Value::Reference(id) => types::Value::Reference(id.clone()),
        Value::References(ids) => types::Value::References(ids.clone()),
    }
}
