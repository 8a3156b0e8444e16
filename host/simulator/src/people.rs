//! The people of the simulated tenants: their names, their lives, and a week of changes.
//!
//! Names come in several scripts, each with its Latin form beside it, since addresses are ASCII.
//! All of them are made up.

pub(crate) mod groups;
pub(crate) mod names;
pub(crate) mod person;
pub(crate) mod population;
pub(crate) mod week;
