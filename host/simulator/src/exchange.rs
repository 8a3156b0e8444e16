//! One request and its answer, apart from how they travel: alone over HTTP or inside a `$batch`.
//!
//! A call has its path in segments, with the key forms `users('x')` and `delta()` made plain, so
//! that routes match on words. Nothing here decides an answer.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::error::GraphError;
use crate::query::Query;

/// A request to Graph.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path as it was sent, version included, without the query.
    pub(crate) path: String,
    /// The decoded words of the path, after the version.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What absolute links begin with.
    pub(crate) base: String,
}

impl Call {
    /// Returns the call that a target such as `/v1.0/users?$top=5` makes.
    pub(crate) fn new(
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
        base: &str,
    ) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            segments: segments(path),
            query: Query::parse(query),
            headers,
            body,
            base: base.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns path and query as they were sent.
    pub(crate) fn target(&self) -> String {
        match self.query.raw() {
            "" => self.path.clone(),
            raw => format!("{}?{raw}", self.path),
        }
    }

    pub(crate) fn writes(&self) -> bool {
        // Some questions are too long for a GET (graph.md 8.1).
        let asks = self.segments.last().is_some_and(|last| {
            ["getByIds", "checkMemberGroups", "validateProperties"].contains(&last.as_str())
        });
        self.method != Method::GET && self.method != Method::HEAD && !asks
    }

    /// Whether the caller asked for the advanced query index (graph.md 2.9).
    pub(crate) fn eventual(&self) -> bool {
        self.header("consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
    }

    /// Returns the body as a JSON object.
    pub(crate) fn json(&self) -> Result<Map<String, Value>, GraphError> {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(GraphError::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set \
                 and payload is of valid JSON format.",
            )),
        }
    }

    /// Returns an absolute link to this call's path with another query.
    pub(crate) fn link(&self, query: &str) -> String {
        format!("{}{}?{query}", self.base, self.path)
    }

    pub(crate) fn context(&self, selection: &str) -> String {
        format!("{}/v1.0/$metadata#{selection}", self.base)
    }
}

fn segments(path: &str) -> Vec<String> {
    let mut words = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let word = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        // `users('x')` addresses by key, `delta()` calls a function without arguments.
        match word
            .strip_suffix(')')
            .and_then(|whole| whole.split_once('('))
        {
            Some((name, "")) => words.push(name.to_owned()),
            Some((name, key)) => {
                words.push(name.to_owned());
                // An alternate key names its property: `uniqueName='x'`.
                match key.split_once('=') {
                    Some((name, value)) if !key.starts_with('\'') => {
                        words.push(format!("{name}={}", unquoted(value)));
                    }
                    _ => words.push(unquoted(key)),
                }
            }
            None => words.push(word),
        }
    }
    if words.first().is_some_and(|first| first == "v1.0") {
        words.remove(0);
    }
    for word in &mut words {
        if let Some(plain) = word.strip_prefix("microsoft.graph.")
            && (plain == "delta" || plain == "restore" || plain == "getByIds")
        {
            *word = plain.to_owned();
        }
    }
    words
}

fn unquoted(key: &str) -> String {
    key.strip_prefix('\'')
        .and_then(|key| key.strip_suffix('\''))
        .unwrap_or(key)
        .replace("''", "'")
}

/// The answer to a call.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    /// Something that is not what Graph promises, with its media type.
    Other(&'static str, String),
    /// A body that breaks off, as a closed connection leaves it.
    BrokenOff,
    /// JSON of which the rest never comes.
    CutOff(String),
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Json(body),
        }
    }

    pub(crate) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Nothing,
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn keys_and_functions_become_plain_words() {
        assert_eq!(segments("/v1.0/users('a''b')"), ["users", "a'b"]);
        assert_eq!(segments("/v1.0/users/delta()"), ["users", "delta"]);
        assert_eq!(
            segments("/v1.0/users/microsoft.graph.delta"),
            ["users", "delta"]
        );
        assert_eq!(
            segments("/v1.0/users/a_b%23EXT%23@c"),
            ["users", "a_b#EXT#@c"]
        );
        assert_eq!(
            segments("/v1.0/groups(uniqueName='x')"),
            ["groups", "uniqueName=x"]
        );
    }
}
