//! `$batch`: many requests in one (graph.md, section 7).
//!
//! The answers come in any order and are matched by id. Nothing here depends on another item of
//! the batch, so `dependsOn` is never used.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::write::Item;

/// The most requests in a batch.
pub(crate) const ITEMS_MAX: usize = 20;

/// Returns the body of a batch of these items, each with the id of its client request; an item's
/// id in the batch is its position.
pub(crate) fn encode<'a>(items: impl Iterator<Item = (&'a Item, String)>) -> Bytes {
    let requests: Vec<Json> = items
        .enumerate()
        .map(|(position, (item, client_request_id))| {
            let mut request = json!({
                "id": position.to_string(),
                "method": item.method.as_str(),
                "url": item.path,
                "headers": {"client-request-id": client_request_id},
            });
            if let Some(body) = &item.body {
                request["headers"]["Content-Type"] = json!("application/json");
                request["body"] = body.clone();
            }
            request
        })
        .collect();
    Bytes::from(json!({ "requests": requests }).to_string())
}

/// The answer to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Map<String, Json>,
    pub(crate) body: Json,
}

impl Reply {
    /// Returns a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    }
}

/// Returns the answers of a batch by the position of their items, or nothing if this is no batch's
/// answer. An item without a readable answer is missing.
pub(crate) fn decode(json: &mut Json) -> Option<BTreeMap<usize, Reply>> {
    let Some(Json::Array(responses)) = json.get_mut("responses").map(Json::take) else {
        return None;
    };
    let reply = |mut response: Json| {
        let position = match response.get("id")? {
            Json::String(id) => id.parse().ok()?,
            id => usize::try_from(id.as_u64()?).ok()?,
        };
        let status = u16::try_from(response.get("status")?.as_u64()?).ok()?;
        let headers = match response.get_mut("headers").map(Json::take) {
            Some(Json::Object(headers)) => headers,
            _ => Map::new(),
        };
        let body = response.get_mut("body").map(Json::take).unwrap_or_default();
        Some((
            position,
            Reply {
                status,
                headers,
                body,
            },
        ))
    };
    Some(responses.into_iter().filter_map(reply).collect())
}
