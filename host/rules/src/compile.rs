//! From a component's bytes to code of this machine, in bounds.
//!
//! Compiling is the one step whose cost the engine's authors do not bound: a file of a few kilobytes can
//! keep the compiler busy for minutes and take gigabytes, and they do not count that as a fault of
//! theirs (wasm-hosts.md, sections 1 and 4). The scan keeps out what is known; what it does not know
//! ends with the process that compiles, which is a child of this one with limits of its own.

mod cache;
mod confine;
mod frame;
mod load;
mod on_request;
mod parent;

use std::{path::PathBuf, thread, time::Duration};

use wasmtime::{Engine, component::Component as Compiled};

use crate::{admission::AdmissionError, engine::RulesEngine, limits::Limits, untrusted};

pub use cache::{CacheError, CompileCache};
pub use on_request::compile_on_request;

/// Where components are compiled.
#[derive(Clone, Debug)]
pub enum Compiling {
    /// In a child process for each, which ends at its limits of time and memory: for components that
    /// others wrote. The child is `program compile-rule ...`, and its `main` must hand the arguments
    /// that follow to [`compile_on_request`].
    InChild {
        /// The program: this one, so that both sides have the same engine.
        program: PathBuf,
        /// Where its work is kept.
        cache: Option<CompileCache>,
    },
    /// On a thread of this process: for components that are trusted not to burden the compiler, as in
    /// tests and measurements. Only the scan bounds it.
    InProcess,
}

/// The word that asks the program to be the child that compiles.
pub const COMPILE_COMMAND: &str = "compile-rule";

/// How much the compiler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// It optimises, which is about cubic in the size of a function.
    Optimised,
    /// It does not, which is about linear.
    Plain,
}

impl Effort {
    /// The word for it on a command line and in the name of a cached file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Optimised => "optimised",
            Self::Plain => "plain",
        }
    }

    fn time_max(self, limits: &Limits) -> Duration {
        match self {
            Self::Optimised => limits.optimise_time_max,
            Self::Plain => limits.compile_time_max,
        }
    }
}

/// Compiling needs more stack the deeper a function nests; eight times a thread's usual one serves
/// everything that the scan lets through.
const STACK: usize = 16 << 20;

/// Compiles at the effort that the scan found affordable; plainly if the compiler ran out of bounds at
/// the higher one. Returns the effort that it came to.
pub(crate) fn compile(
    rules: &RulesEngine,
    bytes: &[u8],
    effort: Effort,
) -> Result<(Compiled, Effort), AdmissionError> {
    match compile_at(rules, bytes, effort) {
        Err(AdmissionError::CompileBounds { .. }) if effort == Effort::Optimised => {
            compile_at(rules, bytes, Effort::Plain).map(|compiled| (compiled, Effort::Plain))
        }
        compiled => compiled.map(|compiled| (compiled, effort)),
    }
}

fn compile_at(
    rules: &RulesEngine,
    bytes: &[u8],
    effort: Effort,
) -> Result<Compiled, AdmissionError> {
    let engine = rules.linker(effort).engine();
    let (program, cache) = match rules.compiling() {
        Compiling::InProcess => return in_process(engine, bytes),
        Compiling::InChild { program, cache } => (program, cache),
    };
    let entry = cache
        .as_ref()
        .map(|cache| cache.entry(engine, bytes, effort));
    if let Some(compiled) = entry.as_ref().and_then(|entry| entry.load(engine)) {
        return Ok(compiled);
    }
    let code = parent::compile(program, bytes, effort, rules.limits())?;
    let compiled = load::from_child(engine, &code)?;
    if let Some(entry) = entry {
        entry.keep(&code);
    }
    Ok(compiled)
}

/// Compiles in this process; a panic of the compiler is one more reason to refuse.
fn in_process(engine: &Engine, bytes: &[u8]) -> Result<Compiled, AdmissionError> {
    match on_deep_stack(|| Compiled::from_binary(engine, bytes)) {
        Ok(compiled) => Ok(compiled),
        Err(Unmade::Refused(why)) => Err(AdmissionError::Compile(why)),
        Err(Unmade::Panicked) => Err(AdmissionError::Compile(
            "the compiler failed on it".to_owned(),
        )),
    }
}

/// Why the compiler made nothing.
enum Unmade {
    /// It does not take the component; printable.
    Refused(String),
    /// It panicked, which running out of memory can look like.
    Panicked,
}

/// Runs the compiler on a thread with a deep stack.
fn on_deep_stack<Made: Send>(
    compile: impl FnOnce() -> wasmtime::Result<Made> + Send,
) -> Result<Made, Unmade> {
    thread::scope(|scope| {
        let compiling = thread::Builder::new()
            .name("rules-compile".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, compile)
            .map_err(|error| Unmade::Refused(error.to_string()))?;
        match compiling.join() {
            Ok(made) => made.map_err(|error| {
                Unmade::Refused(untrusted::printable(&error.root_cause().to_string()))
            }),
            Err(panic) => {
                drop::<Box<dyn std::any::Any + Send>>(panic);
                Err(Unmade::Panicked)
            }
        }
    })
}

/// Says that the compiler needs more than it may have.
fn out_of_bounds(effort: Effort, limits: &Limits) -> AdmissionError {
    AdmissionError::CompileBounds {
        seconds: effort.time_max(limits).as_secs(),
        mebibytes: limits.compile_memory_max >> 20,
    }
}
