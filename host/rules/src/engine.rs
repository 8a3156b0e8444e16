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
    compile::{Compiling, Effort},
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
    compiling: Compiling,
    optimising: Linker<Guest>,
    plain: Linker<Guest>,
}

impl RulesEngine {
    /// Returns an engine with these limits, which compiles as told.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no support for the engine, or no thread is to be had.
    pub fn new(limits: Limits, compiling: Compiling) -> Result<Self, EngineError> {
        // In this process the compiler's threads have two megabytes of stack. What is small gains from
        // both cores; what is large stays on the thread that has more.
        let optimising = config(&limits, Effort::Optimised);
        let optimising = pool::engine(optimising, &limits).map_err(setup)?;
        // For what is large, hence rare; another pool would take as many addresses again.
        let mut plain = config(&limits, Effort::Plain);
        plain.parallel_compilation(false);
        let plain = Engine::new(&plain).map_err(setup)?;
        ticker::start([&optimising, &plain]).map_err(EngineError::Ticker)?;
        Ok(Self(Arc::new(Inner {
            limits: Arc::new(limits),
            compiling,
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

    pub(crate) fn compiling(&self) -> &Compiling {
        &self.0.compiling
    }

    /// Returns the linker of the engine that runs what was compiled with this effort.
    pub(crate) fn linker(&self, effort: Effort) -> &Linker<Guest> {
        match effort {
            Effort::Optimised => &self.0.optimising,
            Effort::Plain => &self.0.plain,
        }
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

/// Returns the engine of a process that only compiles, whose threads all have a deep stack. It has no
/// pool: how instances are made does not show in compiled code.
pub(crate) fn for_compiling(limits: &Limits, effort: Effort) -> wasmtime::Result<Engine> {
    Engine::new(&config(limits, effort))
}

/// Returns all that shapes compiled code, the same in the process that compiles and in the one that runs.
fn config(limits: &Limits, effort: Effort) -> Config {
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
        .cranelift_opt_level(match effort {
            Effort::Optimised => OptLevel::Speed,
            Effort::Plain => OptLevel::None,
        })
        .max_wasm_stack(limits.stack_max)
        // Registering unwind tables is quadratic for a host that loads and unloads for months.
        .native_unwind_info(false);
    config
}
