//! Join, plan and guard: what is to be done, worked out from what is remembered.
//!
//! Everything here is a pure function of its arguments. There is no clock, no I/O, no async and no
//! way to call a rule or a tenant; the crate's dependencies are asserted by a test. The service
//! reads what these functions need from the store, object by object, and writes their answers back,
//! so a population is never held in memory.
//!
//! - [`join`] finds the target object of a source object, or names why there is none.
//! - [`plan`] weighs what the rules want, what the target holds and what was written last.
//! - [`unique`] chooses among ranked candidates for a value that nobody else may have.
//! - [`guard`] judges a finished plan and never edits it.

pub mod guard;
pub mod hash;
pub mod join;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod unique;

pub use guard::{Census, GuardLimits, Trip};
pub use hash::{PlanHash, PlanHasher};
pub use join::{Candidate, Joined, Tier};
pub use operation::{Action, Modification, Operation, Phase};
pub use plan::{Finding, Held, Link, ObjectPlan, Ownership, ReferenceWish, Standing, Subject};
pub use policy::{Adopt, Drift, OutOfScope, Policy};
pub use unique::{Choice, Choices};
