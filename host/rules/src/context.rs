//! What a call is about: the job, the kind of object, the tenants, and the rows.

use syncline_directory::{JobName, ObjectKind, Tenant, Value};

/// What is the same for every row of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The job.
    pub job: JobName,
    /// The kind of the rows' objects.
    pub kind: ObjectKind,
    /// The run's time as RFC 3339 in UTC; it reaches only rulesets that declare time.
    pub now: String,
    /// The tenant that is read.
    pub source: Tenant,
    /// The tenant that is kept in step.
    pub target: Tenant,
}

/// One object to map: its source values in the order of the generation's source columns and, once it
/// is joined, its target object's in the order of the target columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// The source object's values.
    pub source: Vec<Value>,
    /// The target object's values.
    pub target: Option<Vec<Value>>,
}
