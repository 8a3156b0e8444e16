//! Faults on demand: rules that make chosen requests fail, wait or lose their answer.
//!
//! Rules are tried in order and the first that fits is used; one with `times` wears out. They are
//! set by the control routes and never come by themselves.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::error::GraphError;
use crate::exchange::{Content, Reply};

/// One rule. What it does not name it does not ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Only in this tenant, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Only where path and query contain this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path_contains: Option<String>,
    /// Only where the body contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body_contains: Option<String>,
    /// Leaves so many fitting requests alone first.
    #[serde(default)]
    pub(crate) skip: u32,
    /// Fits so many requests; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u32>,
    /// The status to answer with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// The code to answer with, where the status's usual one is not meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) body: Body,
    /// The Retry-After to send, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u32>,
    /// How long the request takes; half of it passes before the request is carried out, half after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latency_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drop: Option<Drop>,
}

/// What the body of a failure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    #[default]
    Graph,
    Html,
    Empty,
    Garbage,
}

/// How an answer gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Drop {
    /// The request is carried out, the answer is a 504.
    After,
    /// The request is carried out, and the connection breaks.
    Close,
    /// The request is carried out, and its answer breaks off in the middle of the body.
    Within,
    /// The request is not carried out, and the connection breaks.
    Before,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

/// What a request looks like to a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) tenant_name: &'a str,
    pub(crate) tenant_id: &'a str,
    pub(crate) method: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
}

impl Faults {
    /// Returns the rule that the request meets, and counts it.
    pub(crate) fn meet(&mut self, subject: Subject<'_>) -> Option<Fault> {
        for fault in &mut self.0 {
            if fault.times == Some(0) || !fault.fits(subject) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.clone());
        }
        None
    }
}

impl Fault {
    fn fits(&self, subject: Subject<'_>) -> bool {
        let tenant = self.tenant.as_deref().is_none_or(|tenant| {
            tenant.eq_ignore_ascii_case(subject.tenant_name)
                || tenant.eq_ignore_ascii_case(subject.tenant_id)
        });
        let method = self
            .method
            .as_deref()
            .is_none_or(|method| method.eq_ignore_ascii_case(subject.method));
        let path = self
            .path_contains
            .as_deref()
            .is_none_or(|part| subject.target.contains(part));
        let body = self
            .body_contains
            .as_deref()
            .is_none_or(|part| String::from_utf8_lossy(subject.body).contains(part));
        tenant && method && path && body
    }

    /// Returns the failure to answer with, where the rule names a status.
    pub(crate) fn failure(&self) -> Option<Result<Reply, GraphError>> {
        let status = StatusCode::from_u16(self.status?).ok()?;
        Some(self.shaped(status))
    }

    /// Returns the 504 that stands for a lost answer.
    pub(crate) fn lost(&self) -> Result<Reply, GraphError> {
        self.shaped(StatusCode::GATEWAY_TIMEOUT)
    }

    fn shaped(&self, status: StatusCode) -> Result<Reply, GraphError> {
        let (code, message) = usual(status);
        let mut error = GraphError::new(
            status,
            self.code.as_deref().unwrap_or(code),
            self.message.as_deref().unwrap_or(message),
        );
        if let Some(seconds) = self.retry_after {
            error = error.with_header("retry-after", seconds.to_string());
        }
        let content = match self.body {
            Body::Graph => return Err(error),
            Body::Html => Content::Other(
                "text/html",
                format!(
                    "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
                ),
            ),
            Body::Empty => Content::Nothing,
            Body::Garbage => Content::Other("application/json", "{\"error\":{\"co".to_owned()),
        };
        Ok(Reply {
            status,
            headers: error.headers,
            content,
        })
    }
}

/// Returns the code and message that usually come with a status (graph.md 9.2).
fn usual(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("Request_BadRequest", "Invalid request."),
        401 => (
            "InvalidAuthenticationToken",
            "Lifetime validation failed, the token is expired.",
        ),
        403 => (
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ),
        404 => (
            "Request_ResourceNotFound",
            "Resource does not exist or one of its queried reference-property objects are not \
             present.",
        ),
        409 => (
            "Directory_ConcurrencyViolation",
            "The object was changed by another request.",
        ),
        429 => ("TooManyRequests", "Too Many Requests"),
        503 => (
            "ServiceUnavailable",
            "The service is temporarily unavailable.",
        ),
        504 => (
            "UnknownError",
            "The gateway did not receive a response in time.",
        ),
        _ => (
            "InternalServerError",
            "An internal server error has occurred.",
        ),
    }
}
