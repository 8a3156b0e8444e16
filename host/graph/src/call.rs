//! One request to Graph, and the answer to it.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value as Json;

use crate::{
    error::{Garbage, GraphError, Refusal, RequestLine},
    pace::Cost,
    token::Token,
};

/// A request as it will be sent, as often as needed.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The whole address.
    pub(crate) url: String,
    /// What errors show of the request.
    pub(crate) line: RequestLine,
    pub(crate) body: Option<Bytes>,
    /// Whether it gives way to other requests when Graph is short (graph.md, section 8.3).
    pub(crate) bulk: bool,
    pub(crate) cost: Cost,
    pub(crate) repeat: Repeat,
}

/// When a request may be sent again without looking what became of it (graph.md, section 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Whenever it got no answer: it reads, or it says how things shall be.
    Freely,
    /// Only where it certainly was not carried out.
    WhenRefused,
}

/// An answer, with what is needed to report it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The token that the request carried.
    pub(crate) token: Token,
}

/// How much of an unexpected answer an error shows, in characters: enough to know a proxy by.
const EXCERPT_LENGTH_MAX: usize = 120;

impl Answer {
    pub(crate) fn request_id(&self) -> Option<String> {
        Some(self.headers.get("request-id")?.to_str().ok()?.to_owned())
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self, line: &RequestLine) -> Result<Json, GraphError> {
        serde_json::from_slice(&self.body)
            .map_err(|_| self.garbage(line, "which is not JSON").into_error())
    }

    pub(crate) fn refusal(&self, line: &RequestLine) -> Refusal {
        let text = self
            .token
            .secret
            .scrub(&String::from_utf8_lossy(&self.body));
        let body = serde_json::from_str(&text).ok();
        let request_id = self.request_id();
        Refusal::read(
            line.clone(),
            self.status.as_u16(),
            body.as_ref(),
            request_id,
            || excerpt(&text),
        )
    }

    pub(crate) fn garbage(&self, line: &RequestLine, problem: impl Into<String>) -> Garbage {
        let text = self
            .token
            .secret
            .scrub(&String::from_utf8_lossy(&self.body));
        Garbage {
            request: line.clone(),
            status: self.status.as_u16(),
            problem: problem.into(),
            excerpt: excerpt(&text),
            request_id: self.request_id(),
        }
    }
}

impl Garbage {
    pub(crate) fn into_error(self) -> GraphError {
        GraphError::Garbage(Box::new(self))
    }
}

/// Returns the beginning of a text, escaped so that it stays on one line and harms no terminal.
pub(crate) fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let beginning: String = text.chars().take(EXCERPT_LENGTH_MAX).collect();
    format!("\"{}\"", beginning.escape_debug())
}
