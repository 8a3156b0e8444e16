//! What rules decide: verdicts, match keys, outcomes. The host weighs these; it never makes them.

use serde::{Deserialize, Serialize};

use crate::{attribute::AttributeName, value::Value};

/// Why something was decided: a stable code to filter by, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// A stable code in the provisioning log's style, as in `NotEffectivelyEntitled`.
    pub code: String,
    /// One sentence for people, without a final period.
    pub text: String,
}

impl Reason {
    /// Returns a reason of this code and text.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            text: text.into(),
        }
    }
}

/// Whether an object is to be kept in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    InScope,
    /// It is not; what happens to its linked object is the job's `out-of-scope`.
    OutOfScope(Reason),
    /// The rule could not decide; the object stays as it is (law L11: failing closed).
    Hold(Reason),
}

impl Verdict {
    /// Returns the stricter of two verdicts: hold, then out of scope, then in scope; of two equally
    /// strict ones, `self`.
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MatchKey {
    /// The target attribute; `mail` stands for every address of an object.
    pub attribute: AttributeName,
    /// The value to look for, as the rule gave it.
    pub value: String,
    /// Lower tiers are tried first.
    pub tier: u8,
}

/// What a new object becomes in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

impl Shape {
    /// Returns the shape's name as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InternalMember => "internal member",
            Self::ExternalMember => "external member",
            Self::Guest => "guest",
            Self::Contact => "contact",
            Self::SecurityGroup => "security group",
            Self::UnifiedGroup => "Microsoft 365 group",
        }
    }
}

/// When a wish for an attribute is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apply {
    /// On every change.
    Always,
    /// Only when the object is made.
    OnCreate,
    /// Only while the target has no value.
    WhenEmpty,
    /// Never written, only reported.
    ReportOnly,
}

/// What a rule wants of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Leave it alone.
    Keep,
    /// Remove the value that we wrote.
    Clear,
    /// This value.
    Set(Value),
    /// The first of these that is free in the target.
    FirstFree(Vec<Value>),
    /// This attribute could not be decided; the rest of the object goes on.
    Refuse(Reason),
}

/// One attribute that a generation writes, and what the rules want of it for one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The target attribute.
    pub attribute: AttributeName,
    /// When the wish is honoured.
    pub apply: Apply,
    /// The wish.
    pub change: Change,
}

/// What the mapping of one object came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The object shall look like this.
    Write(RuleDecision),
    /// Nothing is to be done; a linked object stays as it is.
    Skip(Reason),
    /// The rule could not decide; a linked object stays as it is.
    Hold(Reason),
}

/// What the rules want of one object: its shape if it must be made, and its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDecision {
    /// What a new object becomes.
    pub shape: Shape,
    /// One output an attribute, in code-point order of the attribute names.
    pub outputs: Vec<Output>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_verdict_wins_and_the_first_of_equals_keeps_its_reason() {
        let out = Verdict::OutOfScope(Reason::new("A", "first"));
        let also_out = Verdict::OutOfScope(Reason::new("B", "second"));
        let hold = Verdict::Hold(Reason::new("C", "third"));
        assert_eq!(Verdict::InScope.stricter(out.clone()), out);
        assert_eq!(out.clone().stricter(also_out), out);
        assert_eq!(out.stricter(hold.clone()), hold);
    }
}
