//! The engine: what of WebAssembly exists for rules, and the clock that interrupts them.
//!
//! Two engines compile: one optimises, one does not and serves components whose optimisation could
//! take too long. Both count fuel alike, so which one ran a rule never shows in an answer.

mod pool;
mod ticker;

use std::{fmt, sync::Arc};

use wasmtime::{Config, Engine, OptLevel, WasmFeatures, component::Linker};

use crate::{
    admission::{self, AdmissionError},
    component::Component,
    guest::Guest,
    imports,
    limits::Limits,
};

pub(crate) use pool::exhausted;
pub(crate) use ticker::ticks;

/// Why the engine could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine does not run on this machine or with these limits.
    #[error("the rules engine cannot run here")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The thread that interrupts rules could not be started.
    #[error("the rules engine's clock cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// Admits components and runs them within limits. Cheap to clone; one serves a process.
#[derive(Clone)]
pub struct RulesEngine(Arc<Inner>);

struct Inner {
    limits: Arc<Limits>,
    optimising: Linker<Guest>,
    plain: Linker<Guest>,
}

impl RulesEngine {
    /// Returns an engine with these limits.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no support for the engine, or no thread is to be had.
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let optimising = engine(&limits, OptLevel::Speed)?;
        let plain = engine(&limits, OptLevel::None)?;
        ticker::start([&optimising, &plain]).map_err(EngineError::Ticker)?;
        Ok(Self(Arc::new(Inner {
            limits: Arc::new(limits),
            optimising: imports::linker(&optimising).map_err(setup)?,
            plain: imports::linker(&plain).map_err(setup)?,
        })))
    }

    /// Returns the component that these bytes are, compiled and tried once for its interface.
    ///
    /// # Errors
    ///
    /// Says in one sentence, with a stable code, why the bytes cannot serve as a rule.
    pub fn admit(&self, bytes: &[u8]) -> Result<Component, AdmissionError> {
        admission::admit(self, bytes)
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.0.limits
    }

    /// Returns the linker of the engine that optimises.
    pub(crate) fn optimising(&self) -> &Linker<Guest> {
        &self.0.optimising
    }

    /// Returns the linker of the engine that does not.
    pub(crate) fn plain(&self) -> &Linker<Guest> {
        &self.0.plain
    }
}

impl fmt::Debug for RulesEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RulesEngine")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

fn setup(error: wasmtime::Error) -> EngineError {
    EngineError::Setup(error.into())
}

fn engine(limits: &Limits, level: OptLevel) -> Result<Engine, EngineError> {
    let mut config = Config::new();
    config
        // Almost every escape and panic of 2026 sat in what is switched off here (wasm-hosts.md,
        // section 1); a component that needs it is refused by the proposal's name.
        .gc_support(false)
        .concurrency_support(false)
        .wasm_features(
            WasmFeatures::MEMORY64
                | WasmFeatures::MULTI_MEMORY
                | WasmFeatures::RELAXED_SIMD
                | WasmFeatures::THREADS
                | WasmFeatures::TAIL_CALL
                | WasmFeatures::GC
                | WasmFeatures::FUNCTION_REFERENCES
                | WasmFeatures::EXCEPTIONS,
            false,
        )
        // The same input must stop at the same operator on every machine, hence fuel decides and the
        // clock only backs it up; and NaN must have one bit pattern. Measured with the default rules,
        // 22 columns and outputs: 5.5 us an object with both, 5.2 us with neither.
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(level)
        // Small components gain from both cores. Large ones stay on the thread that admission made
        // with a deep stack, since the pool's threads have two megabytes.
        .parallel_compilation(level == OptLevel::Speed)
        .max_wasm_stack(limits.stack_max)
        // Registering unwind tables is quadratic for a host that loads and unloads for months.
        .native_unwind_info(false);
    if level == OptLevel::Speed {
        pool::engine(config, limits).map_err(setup)
    } else {
        // For what is large, hence rare; another pool would take as many addresses again.
        Engine::new(&config).map_err(setup)
    }
}
