//! What an author of rules meets: a new project, a component, its tests, and how it compares.
//!
//! - [`template`]: a project that builds and passes its tests as it stands
//! - [`building`]: from a project to a component, in each language by its own tools
//! - [`samples`]: objects with what a rule should say of them, in files
//! - [`testing`]: samples, then the laws on generated objects, under a host's limits
//! - [`inspection`]: what a component reads and writes, and which permissions that takes
//! - [`measure`]: what it costs, beside the default rule
//! - [`comparison`]: what another version would change
//!
//! It runs components only as a host does, through `syncline-rules`. What is never here: a tenant, a
//! store, printing. The laws themselves are in `syncline-rules`, since admission demands them too.

pub mod building;
pub mod candidate;
pub mod comparison;
mod generated;
pub mod inspection;
pub mod measure;
pub mod permissions;
pub mod project;
pub mod samples;
pub mod template;
pub mod testing;
