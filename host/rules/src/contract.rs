//! The rules contract, `wit/rules.wit`, as types that cross the boundary.
//!
//! Written by hand rather than generated: what goes to a rule borrows the rows, and what comes back
//! is moved into the directory's own values, so each text is copied once each way.

pub(crate) mod lifted;
pub(crate) mod lowered;
mod measure;

use syncline_directory as directory;
use wasmtime::component::{ComponentType, Lift, Lower};

pub(crate) use measure::{Measure, WORD, value_bytes};

/// The package that every interface belongs to.
pub(crate) const PACKAGE: &str = "syncline:rules";
/// The version of the contract that this host offers. It serves every version of the same major one,
/// which differ in what they add and never in a type (`docs/contract.md`).
pub(crate) const VERSION: &str = "1.0.0";

/// The client's tables.
pub(crate) const TABLES: &str = "syncline:rules/tables@1.0.0";
/// The log.
pub(crate) const LOG: &str = "syncline:rules/log@1.0.0";
/// What the rule is.
pub(crate) const MANIFEST: &str = "syncline:rules/manifest@1.0.0";
/// Who is in scope.
pub(crate) const SCOPING: &str = "syncline:rules/scoping@1.0.0";
/// Who matches whom.
pub(crate) const MATCHING: &str = "syncline:rules/matching@1.0.0";
/// What each attribute becomes.
pub(crate) const MAPPING: &str = "syncline:rules/mapping@1.0.0";

/// The interfaces that a rule may import; `types` holds no functions.
pub(crate) const IMPORTS: [&str; 3] = ["tables", "log", "types"];
/// The functions of those interfaces.
pub(crate) const FUNCTIONS: [(&str, &str); 2] = [("tables", "lookup"), ("log", "write")];
/// The interfaces that a rule must export.
pub(crate) const EXPORTS: [&str; 4] = ["manifest", "scoping", "matching", "mapping"];

/// What kind of object the rows of a call are; crosses both ways.
#[derive(Clone, Copy, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum ObjectKind {
    #[component(name = "user")]
    User,
    #[component(name = "group")]
    Group,
    #[component(name = "contact")]
    Contact,
}

impl From<ObjectKind> for directory::ObjectKind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::User => Self::User,
            ObjectKind::Group => Self::Group,
            ObjectKind::Contact => Self::Contact,
        }
    }
}

impl From<directory::ObjectKind> for ObjectKind {
    fn from(kind: directory::ObjectKind) -> Self {
        match kind {
            directory::ObjectKind::User => Self::User,
            directory::ObjectKind::Group => Self::Group,
            directory::ObjectKind::Contact => Self::Contact,
        }
    }
}
