//! From the sources of a rule to a component: the toolchain that builds WebAssembly here, what makes
//! a component of its module, and the sections that say where a component came from.
//!
//! The one way for the rules of this repository (`cargo xtask plugins`) and for those of an author
//! (`syncline plugin build`). Nothing here runs a component or knows what a rule says; that is
//! `syncline-rules`. Start with [`Toolchain`] and [`component`].

pub mod component;
mod digest;
mod toolchain;

pub use component::ComponentError;
pub use digest::source_digest;
pub use toolchain::{CargoBuild, Toolchain, ToolchainError};
