//! What rules answer: verdicts, keys, outcomes.

use super::{Reason, Row, Value};

/// Whether an object is to be kept in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    InScope,
    /// It is not.
    OutOfScope(Reason),
    /// Undecidable: the object stays as it is.
    Hold(Reason),
}

impl Verdict {
    /// Returns that the object is out of scope, and why.
    pub fn out(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self::OutOfScope(Reason::new(code, text))
    }

    /// Returns that nothing can be said about the object, and why.
    pub fn hold(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Hold(Reason::new(code, text))
    }

    /// Returns the stricter of two verdicts: hold, then out of scope, then in scope; of two equally
    /// strict ones, `self`.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        if other.strictness() > self.strictness() {
            other
        } else {
            self
        }
    }

    fn strictness(&self) -> u8 {
        match self {
            Self::InScope => 0,
            Self::OutOfScope(_) => 1,
            Self::Hold(_) => 2,
        }
    }
}

/// A value by which a source object finds its target object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// A position in the matching stage's attributes.
    pub attribute: u32,
    /// The value to look for.
    pub value: String,
    /// Lower tiers are tried first; a later one counts only where no earlier one found anything.
    pub tier: u8,
}

/// What a new object becomes in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A user who signs in with an account of the target.
    InternalMember,
    /// An external user with `userType` Member.
    ExternalMember,
    /// An external user with `userType` Guest.
    Guest,
    /// A mail contact.
    Contact,
    /// A security group.
    SecurityGroup,
    /// A Microsoft 365 group.
    UnifiedGroup,
}

/// What a rule wants of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Leave it alone.
    Keep,
    /// Remove the value.
    Clear,
    /// This value.
    Set(Value),
    /// The value of the source column at this position in the ruleset's reads, which must have one.
    Same(u32),
    /// Ranked candidates for a unique attribute; the host takes the first that is free.
    FirstFree(Vec<Value>),
    /// This one attribute cannot be decided; the rest of the object goes on.
    Refuse(Reason),
}

impl Change {
    /// Returns the wish for a value; for [`Value::Absent`] it is to clear.
    pub fn set(value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Absent => Self::Clear,
            value => Self::Set(value),
        }
    }

    /// Returns that the attribute cannot be decided, and why.
    pub fn refuse(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Refuse(Reason::new(code, text))
    }
}

/// What becomes of one object: its shape and one change an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Present exactly where the ruleset gives the shape.
    pub shape: Option<Shape>,
    /// In the order of the ruleset's outputs.
    pub changes: Vec<Change>,
}

/// What the mapping of one object came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object shall look like this.
    Write(Mapped),
    /// Nothing is to be done for this object; a linked one stays as it is.
    Skip(Reason),
    /// Undecidable: a linked object stays as it is.
    Hold(Reason),
}

/// A row on its way through the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingRow {
    /// The objects.
    pub row: Row,
    /// What earlier layers decided for the attributes that this one overrides; empty for a first
    /// layer.
    pub earlier: Vec<Change>,
}

impl From<Row> for MappingRow {
    fn from(row: Row) -> Self {
        Self {
            row,
            earlier: Vec::new(),
        }
    }
}
