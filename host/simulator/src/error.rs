//! Refusals in Graph's words: status, code, message and details (graph.md 9.1, 9.2).
//!
//! This knows nothing of the request it answers; ids and dates are added where the answer is sent.

use http::StatusCode;
use serde_json::{Value, json};
use thiserror::Error;

/// A refusal by Graph.
#[derive(Clone, Debug, Error)]
#[error("{status} {code}: {message}")]
pub(crate) struct GraphError {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// One entry of `error.details`.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) code: &'static str,
    pub(crate) target: String,
    pub(crate) message: String,
}

impl GraphError {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_detail(mut self, code: &'static str, target: &str) -> Self {
        let message = self.message.clone();
        self.details.push(Detail {
            code,
            target: target.to_owned(),
            message,
        });
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn unsupported_clause(property: &str, resource: &str) -> Self {
        Self::unsupported_query(format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of \
             resource '{resource}'."
        ))
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects \
                 are not present."
            ),
        )
    }

    pub(crate) fn denied() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// What another service than the directory keeps (graph.md 3.2).
    pub(crate) fn outside() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "This operation target is not yet supported.",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub(crate) fn invalid_value(property: &str, resource: &str) -> Self {
        Self::bad_request(format!(
            "Invalid value specified for property '{property}' of resource '{resource}'."
        ))
        .with_detail("InvalidValue", property)
    }

    pub(crate) fn too_long(property: &str, resource: &str) -> Self {
        Self::bad_request(format!(
            "Invalid value specified for property '{property}' of resource '{resource}'."
        ))
        .with_detail("InvalidLength", property)
    }

    pub(crate) fn conflict(property: &str) -> Self {
        Self::bad_request(format!(
            "Another object with the same value for property {property} already exists."
        ))
        .with_detail("ObjectConflict", property)
    }

    /// Returns the body, without the ids of the answer.
    pub(crate) fn body(&self, inner: Value) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if !self.details.is_empty() {
            error["details"] = self
                .details
                .iter()
                .map(|detail| {
                    json!({
                        "code": detail.code,
                        "target": detail.target,
                        "message": detail.message,
                    })
                })
                .collect();
        }
        error["innerError"] = inner;
        json!({ "error": error })
    }
}
