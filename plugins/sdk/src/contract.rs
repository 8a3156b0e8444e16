//! The words that host and rule share, as plain Rust types.
//!
//! They mirror `wit/rules.wit` item by item, and a component reads and writes them as they are, so
//! that nothing is converted between the boundary and a rule. A difference between the two fails a
//! test.

mod decision;
mod description;
mod value;

pub use decision::{Change, Key, Mapped, MappingRow, Outcome, Shape, Verdict};
pub use description::{
    Apply, Dependency, Description, MappingStage, MatchingStage, OutputDescription,
    RulesetDescription, ScopingStage, SettingsError,
};
pub use value::{Context, ObjectKind, Reason, Row, Tenant, Value};
