//! What goes to a rule, borrowed from the rows it was asked about.

use syncline_directory as directory;
use wasmtime::component::{ComponentType, Lower};

use super::ObjectKind;

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Value<'a> {
    #[component(name = "absent")]
    Absent,
    #[component(name = "text")]
    Text(&'a str),
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "texts")]
    Texts(&'a [String]),
    #[component(name = "reference")]
    Reference(&'a str),
    #[component(name = "references")]
    References(&'a [String]),
    #[component(name = "withheld")]
    Withheld,
}

impl<'a> Value<'a> {
    /// Returns whether there is a value, and not which one.
    pub(crate) fn withheld(value: &directory::Value) -> Self {
        match value {
            directory::Value::Absent => Self::Absent,
            _ => Self::Withheld,
        }
    }
}

impl<'a> From<&'a directory::Value> for Value<'a> {
    fn from(value: &'a directory::Value) -> Self {
        match value {
            directory::Value::Absent => Self::Absent,
            directory::Value::Text(text) => Self::Text(text),
            directory::Value::Boolean(boolean) => Self::Boolean(*boolean),
            directory::Value::Integer(integer) => Self::Integer(*integer),
            directory::Value::Texts(texts) => Self::Texts(texts),
            directory::Value::Reference(id) => Self::Reference(id),
            directory::Value::References(ids) => Self::References(ids),
        }
    }
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Reason<'a> {
    code: &'a str,
    text: &'a str,
}

impl<'a> From<&'a directory::Reason> for Reason<'a> {
    fn from(reason: &'a directory::Reason) -> Self {
        Self {
            code: &reason.code,
            text: &reason.text,
        }
    }
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Tenant<'a> {
    id: &'a str,
    #[component(name = "display-name")]
    display_name: &'a str,
    #[component(name = "initial-domain")]
    initial_domain: &'a str,
    #[component(name = "default-domain")]
    default_domain: &'a str,
    #[component(name = "verified-domains")]
    verified_domains: &'a [String],
}

impl<'a> From<&'a directory::Tenant> for Tenant<'a> {
    fn from(tenant: &'a directory::Tenant) -> Self {
        Self {
            id: &tenant.id,
            display_name: &tenant.display_name,
            initial_domain: &tenant.initial_domain,
            default_domain: &tenant.default_domain,
            verified_domains: &tenant.verified_domains,
        }
    }
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Context<'a> {
    job: &'a str,
    kind: ObjectKind,
    now: Option<&'a str>,
    source: Tenant<'a>,
    target: Tenant<'a>,
}

impl<'a> Context<'a> {
    /// Returns the context as a ruleset sees it: with the time only where it declares time.
    pub(crate) fn new(context: &'a crate::Context, depends_on_time: bool) -> Self {
        Self {
            job: context.job.as_str(),
            kind: context.kind.into(),
            now: depends_on_time.then_some(context.now.as_str()),
            source: (&context.source).into(),
            target: (&context.target).into(),
        }
    }
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Row<'a> {
    pub(crate) source: &'a [Value<'a>],
    pub(crate) target: Option<&'a [Value<'a>]>,
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Change<'a> {
    #[component(name = "keep")]
    Keep,
    #[component(name = "clear")]
    Clear,
    #[component(name = "set")]
    Set(Value<'a>),
    /// A layer's own word; another layer is given the value.
    #[component(name = "same")]
    #[expect(
        dead_code,
        reason = "what an earlier layer answered so goes on as the value"
    )]
    Same(u32),
    #[component(name = "first-free")]
    FirstFree(&'a [Value<'a>]),
    #[component(name = "refuse")]
    Refuse(Reason<'a>),
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct MappingRow<'a> {
    pub(crate) row: Row<'a>,
    pub(crate) earlier: &'a [Change<'a>],
}
