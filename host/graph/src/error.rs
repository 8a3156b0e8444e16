//! What can go wrong with Graph, told apart by what the caller does about it.
//!
//! No error holds a secret or a token, nor the query of a request, where names and addresses stand.

mod advice;
mod refusal;

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::outside::TransportError;
pub use refusal::{Detail, Refusal};

/// Why Graph did not do what was asked.
#[derive(Clone, Debug, Error)]
pub enum GraphError {
    /// The credential cannot be used, so nothing was sent.
    #[error("application {client_id} cannot ask for a token of tenant {tenant}: {problem}")]
    Credential {
        /// The tenant.
        tenant: String,
        /// The application.
        client_id: String,
        /// What is wrong with the credential, and what to do.
        problem: String,
    },
    /// The login service gave no token.
    #[error(transparent)]
    Authentication(Box<AuthenticationFailure>),
    /// Graph did not accept the token, nor a fresh one (401).
    #[error(transparent)]
    Unauthorized(Box<Refusal>),
    /// The application may not do this, or not to this object (403).
    #[error(transparent)]
    Forbidden(Box<Refusal>),
    /// There is no such object, or not yet (404).
    #[error(transparent)]
    NotFound(Box<Refusal>),
    /// The object to restore is not in the recycle bin.
    #[error("`{id}` is not in the recycle bin, so it cannot be restored")]
    NotInBin {
        /// The object's id.
        id: String,
        /// What Graph said.
        #[source]
        refusal: Box<Refusal>,
    },
    /// Another object holds the value, or another writer was at the object (409, and 400 with
    /// details that say so).
    #[error(transparent)]
    Conflict(Box<Refusal>),
    /// Graph refuses the request as it stands (400 and other 4xx).
    #[error(transparent)]
    Rejected(Box<Refusal>),
    /// The delta or page link is too old: everything must be read again (graph.md, section 3.3).
    #[error(transparent)]
    Resync(Box<Refusal>),
    /// The tenant holds as many objects as it may (`Directory_QuotaExceeded`, 507).
    #[error(transparent)]
    Quota(Box<Refusal>),
    /// Graph still throttles after every repetition, or asks for a silence too long to wait out.
    #[error(transparent)]
    Throttled(Box<Throttle>),
    /// Graph or the login service gave no answer, or only 5xx, in every try; nothing was changed
    /// that repeating would not change to the same.
    #[error(transparent)]
    Unavailable(Box<Outage>),
    /// Graph answered the batch but failed on this one request of it in every try (5xx).
    #[error(transparent)]
    Failed(Box<Refusal>),
    /// A request that must not be repeated blindly was sent, and its answer was lost: look whether
    /// it took effect before sending it again (law L7).
    #[error(transparent)]
    OutcomeUnknown(Box<Outage>),
    /// The answer is not what Graph would say.
    #[error(transparent)]
    Garbage(Box<Garbage>),
    /// A link leads to another host than the configured Graph; nothing was sent there.
    #[error("a link of tenant {tenant} leads to `{host}` instead of {graph}")]
    ForeignLink {
        /// The tenant.
        tenant: String,
        /// Where the link leads.
        host: String,
        /// The configured root.
        graph: String,
    },
    /// Graph has no such request; nothing was sent.
    #[error("{what} cannot be asked of Graph: {reason}")]
    Unsendable {
        /// What was wanted.
        what: String,
        /// Why it cannot be.
        reason: String,
    },
}

/// The variants of [`GraphError`] without what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each is documented at the variant of GraphError of its name"
)]
pub enum ErrorKind {
    Credential,
    Authentication,
    Unauthorized,
    Forbidden,
    NotFound,
    NotInBin,
    Conflict,
    Rejected,
    Resync,
    Quota,
    Throttled,
    Unavailable,
    Failed,
    OutcomeUnknown,
    Garbage,
    ForeignLink,
    Unsendable,
}

impl GraphError {
    /// Returns which variant it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Credential { .. } => ErrorKind::Credential,
            Self::Authentication(_) => ErrorKind::Authentication,
            Self::Unauthorized(_) => ErrorKind::Unauthorized,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::NotInBin { .. } => ErrorKind::NotInBin,
            Self::Conflict(_) => ErrorKind::Conflict,
            Self::Rejected(_) => ErrorKind::Rejected,
            Self::Resync(_) => ErrorKind::Resync,
            Self::Quota(_) => ErrorKind::Quota,
            Self::Throttled(_) => ErrorKind::Throttled,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Failed(_) => ErrorKind::Failed,
            Self::OutcomeUnknown(_) => ErrorKind::OutcomeUnknown,
            Self::Garbage(_) => ErrorKind::Garbage,
            Self::ForeignLink { .. } => ErrorKind::ForeignLink,
            Self::Unsendable { .. } => ErrorKind::Unsendable,
        }
    }

    /// Whether the run must stop, since the next request would meet the same; otherwise the error
    /// belongs to the object that was asked about.
    pub fn stops_run(&self) -> bool {
        match self.kind() {
            ErrorKind::Credential
            | ErrorKind::Authentication
            | ErrorKind::Unauthorized
            | ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::Garbage
            | ErrorKind::ForeignLink => true,
            ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::NotInBin
            | ErrorKind::Conflict
            | ErrorKind::Rejected
            | ErrorKind::Resync
            | ErrorKind::Quota
            | ErrorKind::Failed
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Unsendable => false,
        }
    }

    /// Whether the objects must be read again in full, since the link is lost for good.
    pub fn wants_full_read(&self) -> bool {
        self.kind() == ErrorKind::Resync
    }

    /// Whether the write may have taken effect all the same, so that it must be looked up before
    /// it is asked for again (law L7).
    pub fn outcome_is_unknown(&self) -> bool {
        self.kind() == ErrorKind::OutcomeUnknown
    }

    /// Returns what Graph answered, if it was an error answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Unauthorized(refusal)
            | Self::Forbidden(refusal)
            | Self::NotFound(refusal)
            | Self::NotInBin { refusal, .. }
            | Self::Conflict(refusal)
            | Self::Rejected(refusal)
            | Self::Resync(refusal)
            | Self::Quota(refusal)
            | Self::Failed(refusal) => Some(refusal),
            Self::Throttled(throttle) => throttle.refusal.as_ref(),
            Self::Unavailable(outage) | Self::OutcomeUnknown(outage) => match &outage.cause {
                OutageCause::Refused(refusal) => Some(refusal),
                OutageCause::Transport(_) | OutageCause::Garbage(_) => None,
            },
            Self::Credential { .. }
            | Self::Authentication(_)
            | Self::Garbage(_)
            | Self::ForeignLink { .. }
            | Self::Unsendable { .. } => None,
        }
    }

    /// Whether the target refused a value because another object has it.
    pub fn says_value_is_taken(&self) -> bool {
        self.refusal().is_some_and(Refusal::says_value_is_taken)
    }

    /// Returns the HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Authentication(failure) => Some(failure.status),
            Self::Garbage(garbage) => Some(garbage.status),
            _ => self.refusal().map(|refusal| refusal.status),
        }
    }

    /// Returns Graph's code, or the login service's as in `AADSTS7000222`; the kind's name where
    /// there is none, so that a log always has something to filter by.
    pub fn code(&self) -> String {
        if let Self::Authentication(failure) = self {
            return failure.code();
        }
        match self.refusal().map(|refusal| refusal.code.as_str()) {
            Some(code) if !code.is_empty() => code.to_owned(),
            _ => format!("{:?}", self.kind()),
        }
    }

    /// Returns Graph's own words, or what came instead of an answer.
    pub fn message(&self) -> String {
        match (self, self.refusal()) {
            (Self::Authentication(failure), _) => failure.message.clone(),
            (_, Some(refusal)) if !refusal.message.is_empty() => refusal.message.clone(),
            (Self::Unavailable(outage) | Self::OutcomeUnknown(outage), _) => {
                outage.cause.to_string()
            }
            _ => self.to_string(),
        }
    }

    /// Returns the id by which Microsoft's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Authentication(failure) => failure.trace_id.as_deref(),
            Self::Garbage(garbage) => garbage.request_id.as_deref(),
            _ => self
                .refusal()
                .and_then(|refusal| refusal.request_id.as_deref()),
        }
    }

    /// Returns one sentence on what to do about it.
    pub fn advice(&self) -> &'static str {
        advice::of(self)
    }
}

/// Which request it was, as far as it may be shown: its query, where names and addresses stand, is
/// left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// The HTTP method.
    pub method: String,
    /// The host, with its port if it is a special one.
    pub host: String,
    /// The path.
    pub path: String,
    /// The tenant, as the settings call it.
    pub tenant: String,
}

impl fmt::Display for RequestLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}{} (tenant {})",
            self.method, self.host, self.path, self.tenant
        )
    }
}

/// The login service's refusal of a token (graph.md, section 1.3).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{host} gives application {client_id} no token for tenant {tenant}: {}: {message}", self.code())]
pub struct AuthenticationFailure {
    /// The login service's host.
    pub host: String,
    /// The tenant.
    pub tenant: String,
    /// The application.
    pub client_id: String,
    /// The HTTP status.
    pub status: u16,
    /// The number of the AADSTS code.
    pub aadsts: Option<u32>,
    /// OAuth's word for it, as in `invalid_client`.
    pub error: String,
    /// The first sentence of the description.
    pub message: String,
    /// The id by which Microsoft's support finds the request.
    pub trace_id: Option<String>,
}

impl AuthenticationFailure {
    /// Returns the AADSTS code, or OAuth's word where there is none.
    pub fn code(&self) -> String {
        self.aadsts
            .map_or_else(|| self.error.clone(), |number| format!("AADSTS{number}"))
    }
}

/// Graph's throttling outlasted our patience.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{request} is throttled until {until}")]
pub struct Throttle {
    /// The request.
    pub request: RequestLine,
    /// Until when Graph asks for silence.
    pub until: Timestamp,
    /// What Graph said last, if this very request was throttled.
    pub refusal: Option<Refusal>,
}

/// There was no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{request} got no usable answer (tries: {tries})")]
pub struct Outage {
    /// The request.
    pub request: RequestLine,
    /// How often it was sent.
    pub tries: u32,
    /// How the last try ended.
    #[source]
    pub cause: OutageCause,
}

/// How a try ended without a usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutageCause {
    /// With an answer that admits a failure (5xx).
    #[error(transparent)]
    Refused(Refusal),
    /// With no answer.
    #[error(transparent)]
    Transport(TransportError),
    /// With an answer that cannot be read.
    #[error(transparent)]
    Garbage(Garbage),
}

/// An answer that is not JSON, or not of the shape that Graph promises.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{request} was answered with {status} and something that Graph would not say, {problem}: {excerpt}"
)]
pub struct Garbage {
    /// The request.
    pub request: RequestLine,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with the answer.
    pub problem: String,
    /// The first characters of the answer, escaped, in quotes.
    pub excerpt: String,
    /// The answer's request id.
    pub request_id: Option<String>,
}
