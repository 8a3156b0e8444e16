//! The words that every part of Syncline speaks.
//!
//! Plain data about directories: which tenant, which object, which attribute has which value, what
//! Graph permits to be written, and what a rule decided. Nothing here performs I/O, knows the time,
//! or runs asynchronously, so that the same types serve the service, a property test and a browser.
//!
//! Start with [`value::Value`] and [`decision`].

pub mod address;
pub mod attribute;
pub mod decision;
pub mod identity;
pub mod object;
pub mod schema;
pub mod tenant;
pub mod value;

pub use attribute::{AttributeName, Attributes};
pub use decision::{
    Apply, Change, MatchKey, Outcome, Output, Reason, RuleDecision, Shape, Verdict,
};
pub use identity::{ComponentDigest, GenerationDigest, JobName, PluginName, SourceId, TargetId};
pub use object::{ObjectKind, ObjectState, Side};
pub use tenant::Tenant;
pub use value::Value;
