//! What comes back from a rule, as it came: nothing here has been judged.

use syncline_directory as directory;
use wasmtime::component::{ComponentType, Lift};

use super::ObjectKind;
use crate::untrusted;

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(
    dead_code,
    reason = "made by the engine, from the discriminant that a rule answered"
)]
pub(crate) enum Apply {
    #[component(name = "always")]
    Always,
    #[component(name = "on-create")]
    OnCreate,
    #[component(name = "when-empty")]
    WhenEmpty,
    #[component(name = "report-only")]
    ReportOnly,
}

impl From<Apply> for directory::Apply {
    fn from(apply: Apply) -> Self {
        match apply {
            Apply::Always => Self::Always,
            Apply::OnCreate => Self::OnCreate,
            Apply::WhenEmpty => Self::WhenEmpty,
            Apply::ReportOnly => Self::ReportOnly,
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Input {
    #[component(name = "source")]
    Source(u32),
    #[component(name = "target")]
    Target(u32),
    #[component(name = "table")]
    Table(String),
    #[component(name = "time")]
    Time,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Output {
    pub(crate) attribute: String,
    pub(crate) apply: Apply,
    pub(crate) inputs: Vec<Input>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct ScopingStage {
    pub(crate) inputs: Vec<Input>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct MatchingStage {
    pub(crate) attributes: Vec<String>,
    pub(crate) inputs: Vec<Input>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct MappingStage {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    #[component(name = "gives-shape")]
    pub(crate) gives_shape: bool,
    pub(crate) unseen: Vec<u32>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Ruleset {
    pub(crate) kind: ObjectKind,
    pub(crate) reads: Vec<String>,
    #[component(name = "target-reads")]
    pub(crate) target_reads: Vec<String>,
    pub(crate) scoping: Option<ScopingStage>,
    pub(crate) matching: Option<MatchingStage>,
    pub(crate) mapping: Option<MappingStage>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) rulesets: Vec<Ruleset>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct SettingsError {
    pub(crate) path: String,
    pub(crate) message: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Reason {
    pub(super) code: String,
    pub(super) text: String,
}

/// The longest code that is passed on; codes are for filters, not for prose.
const CODE_LENGTH_MAX: usize = 64;

impl From<Reason> for directory::Reason {
    fn from(reason: Reason) -> Self {
        let code = if reason.code.is_empty() {
            // Law L10: a state without a reason code could not be filtered for.
            "RuleDecision".to_owned()
        } else {
            untrusted::shortened(&reason.code, CODE_LENGTH_MAX)
        };
        Self {
            code,
            text: untrusted::printable(&reason.text),
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Verdict {
    #[component(name = "in-scope")]
    InScope,
    #[component(name = "out-of-scope")]
    OutOfScope(Reason),
    #[component(name = "hold")]
    Hold(Reason),
}

/// The keys of one row, or why the row is to be held.
pub(crate) type Keys = Result<Vec<Key>, Reason>;

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Key {
    pub(crate) attribute: u32,
    pub(crate) value: String,
    pub(crate) tier: u8,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Value {
    #[component(name = "absent")]
    Absent,
    #[component(name = "text")]
    Text(String),
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "texts")]
    Texts(Vec<String>),
    #[component(name = "reference")]
    Reference(String),
    #[component(name = "references")]
    References(Vec<String>),
    /// The host's word, which a rule may not answer.
    #[component(name = "withheld")]
    Withheld,
}

impl Value {
    /// Returns the directory's value, or nothing for what is none.
    pub(crate) fn into_value(self) -> Option<directory::Value> {
        Some(match self {
            Self::Absent => directory::Value::Absent,
            Self::Text(text) => directory::Value::Text(text),
            Self::Boolean(boolean) => directory::Value::Boolean(boolean),
            Self::Integer(integer) => directory::Value::Integer(integer),
            Self::Texts(texts) => directory::Value::texts(texts),
            Self::Reference(id) => directory::Value::Reference(id),
            Self::References(ids) => directory::Value::references(ids),
            Self::Withheld => return None,
        })
    }
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(
    dead_code,
    reason = "made by the engine, from the discriminant that a rule answered"
)]
pub(crate) enum Shape {
    #[component(name = "internal-member")]
    InternalMember,
    #[component(name = "external-member")]
    ExternalMember,
    #[component(name = "guest")]
    Guest,
    #[component(name = "contact")]
    Contact,
    #[component(name = "security-group")]
    SecurityGroup,
    #[component(name = "unified-group")]
    UnifiedGroup,
}

impl From<Shape> for directory::Shape {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::InternalMember => Self::InternalMember,
            Shape::ExternalMember => Self::ExternalMember,
            Shape::Guest => Self::Guest,
            Shape::Contact => Self::Contact,
            Shape::SecurityGroup => Self::SecurityGroup,
            Shape::UnifiedGroup => Self::UnifiedGroup,
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Change {
    #[component(name = "keep")]
    Keep,
    #[component(name = "clear")]
    Clear,
    #[component(name = "set")]
    Set(Value),
    #[component(name = "same")]
    Same(u32),
    #[component(name = "first-free")]
    FirstFree(Vec<Value>),
    #[component(name = "refuse")]
    Refuse(Reason),
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Mapped {
    pub(crate) shape: Option<Shape>,
    pub(crate) changes: Vec<Change>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Outcome {
    #[component(name = "write")]
    Write(Mapped),
    #[component(name = "skip")]
    Skip(Reason),
    #[component(name = "hold")]
    Hold(Reason),
}
