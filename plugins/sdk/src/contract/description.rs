//! What a rule says of itself. The SDK derives all of it; authors read it in tests.

use super::ObjectKind;

/// When a wish for an attribute is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Something that an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// A position in the ruleset's reads.
    Source(u32),
    /// A position in the ruleset's target reads.
    Target(u32),
    /// A table by name.
    Table(String),
    /// The time of the run.
    Time,
}

/// One attribute that a ruleset writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDescription {
    /// The target attribute.
    pub attribute: String,
    /// When the wish is honoured.
    pub apply: Apply,
    /// What the wish depends on.
    pub inputs: Vec<Dependency>,
}

/// That a ruleset decides scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopingStage {
    /// What verdicts depend on.
    pub inputs: Vec<Dependency>,
}

/// That a ruleset gives match keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchingStage {
    /// The target attributes that keys name by position.
    pub attributes: Vec<String>,
    /// What keys depend on.
    pub inputs: Vec<Dependency>,
}

/// That a ruleset maps attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingStage {
    /// What skipping, holding and the shape depend on.
    pub inputs: Vec<Dependency>,
    /// What is written, in the order of changes.
    pub outputs: Vec<OutputDescription>,
    /// Whether this ruleset decides the shape of new objects.
    pub gives_shape: bool,
    /// The source columns that are copied and not looked at, by position. The host does not show
    /// their values.
    pub unseen: Vec<u32>,
}

/// What a rule reads and writes for one kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetDescription {
    /// The kind.
    pub kind: ObjectKind,
    /// The source attributes, in the order of a row's values.
    pub reads: Vec<String>,
    /// The target attributes, likewise.
    pub target_reads: Vec<String>,
    /// Present where scope is decided.
    pub scoping: Option<ScopingStage>,
    /// Present where match keys are given.
    pub matching: Option<MatchingStage>,
    /// Present where attributes are mapped.
    pub mapping: Option<MappingStage>,
}

/// What a rule is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The rule's name.
    pub name: String,
    /// The rule's version.
    pub version: String,
    /// One sentence for people.
    pub summary: String,
    /// One a kind of object.
    pub rulesets: Vec<RulesetDescription>,
}

/// Which setting is wrong and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// As in `nulls` or `regions[3].code`; empty for the settings as a whole.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl SettingsError {
    /// Returns an error at this path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}
