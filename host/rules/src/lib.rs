//! Rule components: admitted, limited, called, and assembled into what a run uses.
//!
//! A file goes through [`RulesEngine::admit`] and becomes a [`Component`]: its size, format,
//! interface and cost of compiling are judged before the engine sees it. The components of a job
//! become a [`Generation`] with their settings and tables: each is configured, its description is
//! checked against what Graph knows, and layers that contradict each other are refused by name.
//! [`Generation::scope`], [`Generation::keys`] and [`Generation::map`] then answer for rows.
//!
//! What is never here: a clock, a file, a network, or an answer that is missing. A rule that traps,
//! runs out of fuel, time or memory, or answers nonsense costs the rows that it failed on a hold with
//! one of the [`codes`], and never reads as out of scope or clear (law L11).

mod admission;
mod batch;
mod call;
pub mod codes;
mod compile;
mod component;
mod context;
mod contract;
mod declaration;
mod description;
mod engine;
mod failure;
mod generation;
mod guest;
mod imports;
mod layer;
mod limits;
mod meter;
mod patience;
mod samples;
mod tables;
mod untrusted;

pub use admission::{AdmissionError, FileError, Format, read_file};
pub use compile::{COMPILE_COMMAND, CacheError, CompileCache, Compiling, compile_on_request};
pub use component::Component;
pub use context::{Context, MappingRow};
pub use declaration::{
    Declaration, Input, MappingDeclaration, MatchingDeclaration, OutputDeclaration,
};
pub use description::DescriptionError;
pub use engine::{EngineError, RulesEngine};
pub use generation::{
    ActivationError, Broken, Earlier, Finding, Generation, Law, LayerAnswer, LayerMapping,
    OutputOrigin, Shared, Thoroughness, TrialError,
};
pub use layer::{Layer, LayerSpec};
pub use limits::Limits;
pub use meter::Usage;
pub use samples::Sample;
pub use tables::Tables;
