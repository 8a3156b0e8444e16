//! Graph's error answers: their shape (graph.md, section 9.1) and what they amount to (9.2, 3.3).

use std::fmt;

use serde_json::Value as Json;

use super::{GraphError, RequestLine};

/// An error answer of Graph's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The request.
    pub request: RequestLine,
    /// The HTTP status.
    pub status: u16,
    /// Graph's code; empty where Graph or a gateway gave none.
    pub code: String,
    /// Graph's message as it came, or the beginning of whatever came instead.
    pub message: String,
    /// Further codes with what they are about.
    pub details: Vec<Detail>,
    /// The id by which Microsoft's support finds the request.
    pub request_id: Option<String>,
}

/// A more specific code inside an error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The code, as in `ObjectConflict`.
    pub code: String,
    /// The attribute it is about.
    pub target: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} was refused with {}",
            self.request, self.status
        )?;
        if !self.code.is_empty() {
            write!(formatter, " {}", self.code)?;
        }
        let message = self.message.trim_end_matches(['.', ' ', '\r', '\n']);
        if !message.is_empty() {
            write!(formatter, ": {message}")?;
        }
        match &self.request_id {
            Some(id) => write!(formatter, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// `innerError` may nest; nobody has seen it deeper than twice.
const INNER_DEPTH_MAX: usize = 5;

impl Refusal {
    /// Reads the error answer. `body` is none where it was not JSON, `otherwise` stands in for the
    /// message then.
    pub(crate) fn read(
        request: RequestLine,
        status: u16,
        body: Option<&Json>,
        request_id: Option<String>,
        otherwise: impl FnOnce() -> String,
    ) -> Self {
        let text = |json: &Json, name| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let Some(error) = body
            .and_then(|body| body.get("error"))
            .filter(|error| error.is_object())
        else {
            let message = otherwise();
            return Self {
                request,
                status,
                code: String::new(),
                message,
                details: Vec::new(),
                request_id,
            };
        };
        let mut details: Vec<Detail> = error
            .get("details")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(|detail| {
                Some(Detail {
                    code: text(detail, "code")?,
                    target: text(detail, "target"),
                })
            })
            .collect();
        let mut inner_id = None;
        let mut inner = inner_error(error);
        for _ in 0..INNER_DEPTH_MAX {
            let Some(json) = inner else { break };
            inner_id = inner_id.or_else(|| text(json, "request-id"));
            details.extend(text(json, "code").map(|code| Detail { code, target: None }));
            inner = inner_error(json);
        }
        Self {
            request,
            status,
            code: text(error, "code").unwrap_or_default(),
            message: text(error, "message").unwrap_or_default(),
            details,
            request_id: inner_id.or(request_id),
        }
    }

    /// Returns what this answer amounts to. 401, 429 and passing 5xx are not for here: whoever
    /// sends judges them first.
    pub(crate) fn into_error(self) -> GraphError {
        let this = Box::new(self);
        if this.demands_resync() {
            return GraphError::Resync(this);
        }
        if this.status == 507 || this.has_code("Directory_QuotaExceeded") {
            return GraphError::Quota(this);
        }
        let conflict = this.says_value_is_taken();
        match this.status {
            401 => GraphError::Unauthorized(this),
            403 => GraphError::Forbidden(this),
            404 => GraphError::NotFound(this),
            409 => GraphError::Conflict(this),
            400 if conflict => GraphError::Conflict(this),
            _ => GraphError::Rejected(this),
        }
    }

    /// Whether a value was refused because another object has it (graph.md, section 2.5).
    pub(crate) fn says_value_is_taken(&self) -> bool {
        [
            "ObjectConflict",
            "ConflictingObjects",
            "Request_MultipleObjectsWithSameKeyValue",
        ]
        .iter()
        .any(|code| self.has_code(code))
    }

    /// Whether the code, or a more specific one, is this.
    pub fn has_code(&self, code: &str) -> bool {
        self.codes().any(|own| own.eq_ignore_ascii_case(code))
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.code.as_str()).chain(self.details.iter().map(|detail| &*detail.code))
    }

    /// Whether the link that was followed is too old or lost (graph.md, section 3.3), a page's as
    /// well as a round's (2.2, 9.2). Any other 400 must stay loud.
    fn demands_resync(&self) -> bool {
        if self.status == 410 {
            return true;
        }
        let lost = |code: &str| {
            let code = code.to_ascii_lowercase();
            code.contains("syncstate")
                || code.contains("resync")
                || code == "directory_expiredpagetoken"
                || code == "directorypagetokennotfoundexception"
        };
        let old_link = self.status == 400
            && self.has_code("Request_UnsupportedQuery")
            && self.message.to_ascii_lowercase().contains("deltalink");
        (400..500).contains(&self.status) && self.codes().any(lost) || old_link
    }
}

/// Live answers spell it one way, the specification the other.
fn inner_error(error: &Json) -> Option<&Json> {
    error
        .get("innerError")
        .or_else(|| error.get("innererror"))
        .filter(|inner| inner.is_object())
}

#[cfg(test)]
mod tests;
