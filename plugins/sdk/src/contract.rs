//! The words that host and rule share, as plain Rust types.
//!
//! They mirror `wit/rules.wit` item by item, and the generated glue uses them as they are, so that
//! nothing is converted between the boundary and a rule. A difference between the two is a compile
//! error of the component.

mod decision;
mod description;
mod value;

pub use decision::{Change, Key, Mapped, MappingRow, Outcome, Shape, Verdict};
pub use description::{
    Apply, Dependency, Description, MappingStage, MatchingStage, OutputDescription,
    RulesetDescription, ScopingStage, SettingsError,
};
pub use value::{Context, ObjectKind, Reason, Row, Tenant, Value};
