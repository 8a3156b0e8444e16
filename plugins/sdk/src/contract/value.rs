//! Values, rows and what surrounds them.

/// What sort of object a ruleset decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A mail contact.
    Contact,
}

impl ObjectKind {
    /// Returns the kind's name as columns and settings spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
        }
    }
}

/// One attribute value of one object. Multi-values are sets, in code-point order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Null, missing, or an empty collection: Graph makes no difference.
    #[default]
    Absent,
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A set of texts.
    Texts(Vec<String>),
    /// Another object of the source tenant, by id; the host turns it into the target's.
    Reference(String),
    /// Several such objects.
    References(Vec<String>),
    /// There is a value, and what is asked has not declared to look at it. Only the host says so.
    Withheld,
}

impl Value {
    /// Returns whether there is no value.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns what sort of value this is, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Text(_) => "a text",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Texts(_) => "a set of texts",
            Self::Reference(_) => "a reference",
            Self::References(_) => "a set of references",
            Self::Withheld => "withheld",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<Vec<String>> for Value {
    /// Makes a set: sorted, each text once, and absent when there is none.
    fn from(texts: Vec<String>) -> Self {
        if texts.is_empty() {
            return Self::Absent;
        }
        // In order already, which most are, it stays as it is. The general sort of a list would be
        // a tenth of a small component.
        if texts.is_sorted_by(|one, next| one < next) {
            return Self::Texts(texts);
        }
        let mut set: Vec<String> = Vec::with_capacity(texts.len());
        for text in texts {
            if let Err(place) = set.binary_search(&text) {
                set.insert(place, text);
            }
        }
        Self::Texts(set)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// Why a rule decided as it did: a stable code for filters, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable code in the provisioning log's style, as in `ExternalUserFiltered`.
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

/// A tenant as rules may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// The `*.onmicrosoft.com` domain, the suffix of `#EXT#` names.
    pub initial_domain: String,
    /// The domain of new users.
    pub default_domain: String,
    /// Every domain that is proven to be the tenant's.
    pub verified_domains: Vec<String>,
}

/// What is the same for every row of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The job's name.
    pub job: String,
    /// The kind of the rows.
    pub kind: ObjectKind,
    /// Not for rules to read: who needs the time names [`Now`](crate::Now) among its inputs.
    pub(crate) now: Option<String>,
    /// Where the rows come from.
    pub source: Tenant,
    /// Where they go.
    pub target: Tenant,
}

impl Context {
    /// Returns a context without a time.
    pub fn new(job: impl Into<String>, kind: ObjectKind, source: Tenant, target: Tenant) -> Self {
        Self {
            job: job.into(),
            kind,
            now: None,
            source,
            target,
        }
    }

    /// Returns the same context at this time, RFC 3339 in UTC.
    #[must_use]
    pub fn at(self, now: impl Into<String>) -> Self {
        Self {
            now: Some(now.into()),
            ..self
        }
    }
}

/// One source object and, once it is joined, its target object; values stand by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// In the order of the ruleset's reads.
    pub source: Vec<Value>,
    /// In the order of the ruleset's target reads.
    pub target: Option<Vec<Value>>,
}
