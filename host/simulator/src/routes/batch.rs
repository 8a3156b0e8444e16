//! `$batch`: up to twenty requests in one (graph.md section 7).
//!
//! Each item is a request of its own: counted, throttled and failed alone. Items that do not wait
//! for one another run in an order of chance, and the answers come in another.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::error::GraphError;
use crate::exchange::{Call, Content, Reply};
use crate::service::Caller;
use crate::simulator::Simulator;

/// How many requests a batch holds at most.
const ITEMS_MAX: usize = 20;

struct Item {
    id: String,
    call: Call,
    depends_on: Option<String>,
}

pub(crate) async fn answer(
    simulator: &Simulator,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, GraphError> {
    if call.method != Method::POST {
        return Err(GraphError::method_not_allowed());
    }
    let items = read(call)?;
    simulator.state().tenants[caller.tenant].stats.batches += 1;
    let order: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    let mut answered: BTreeMap<String, Reply> = BTreeMap::new();
    let mut waiting = items;
    while !waiting.is_empty() {
        let (mut ready, later): (Vec<Item>, Vec<Item>) = waiting.into_iter().partition(|item| {
            item.depends_on
                .as_ref()
                .is_none_or(|id| answered.contains_key(id))
        });
        if ready.is_empty() {
            return Err(invalid("The dependencies of the batch run in a ring."));
        }
        waiting = later;
        simulator.state().chance.shuffle(&mut ready);
        let replies = join_all(
            ready
                .iter()
                .map(|item| run(simulator, caller, item, &answered)),
        )
        .await;
        for (item, reply) in ready.into_iter().zip(replies) {
            answered.insert(item.id, reply);
        }
    }
    let mut responses: Vec<Value> = order
        .into_iter()
        .filter_map(|id| {
            let reply = answered.remove(&id)?;
            Some(response(&id, reply))
        })
        .collect();
    simulator.state().chance.shuffle(&mut responses);
    Ok(Reply::ok(json!({ "responses": responses })))
}

async fn run(
    simulator: &Simulator,
    caller: &Caller,
    item: &Item,
    answered: &BTreeMap<String, Reply>,
) -> Reply {
    let failed = item
        .depends_on
        .as_ref()
        .and_then(|id| answered.get(id))
        .is_some_and(|reply| !reply.status.is_success());
    if failed {
        return Reply::json(
            StatusCode::FAILED_DEPENDENCY,
            json!({ "error": {
                "code": "FailedDependency",
                "message": "One or more dependencies of this request failed.",
            } }),
        );
    }
    // Boxed: a batch is carried out as a call, which may be a batch.
    Box::pin(simulator.process(caller, &item.call)).await
}

fn invalid(message: &str) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}

fn read(call: &Call) -> Result<Vec<Item>, GraphError> {
    let body = call.json()?;
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(invalid("Invalid batch payload format."));
    };
    if requests.len() > ITEMS_MAX {
        return Err(invalid(
            "Number of batch request steps exceeds the maximum value of 20.",
        ));
    }
    let items: Vec<Item> = requests
        .iter()
        .map(|request| item(call, request))
        .collect::<Result<_, _>>()?;
    let mut ids = BTreeSet::new();
    for item in &items {
        if !ids.insert(item.id.clone()) {
            return Err(invalid(&format!("Duplicate request id '{}'.", item.id)));
        }
    }
    for item in &items {
        if let Some(id) = &item.depends_on
            && !ids.contains(id)
        {
            return Err(invalid(&format!("Unknown dependsOn id '{id}'.")));
        }
    }
    judge_pattern(&items)?;
    Ok(items)
}

/// Either nobody waits, or all wait for the one before, or all for the same one (graph.md 7).
fn judge_pattern(items: &[Item]) -> Result<(), GraphError> {
    let waits: Vec<Option<&str>> = items
        .iter()
        .map(|item| item.depends_on.as_deref())
        .collect();
    let nobody = waits.iter().all(Option::is_none);
    let chain = items
        .windows(2)
        .all(|pair| pair[1].depends_on.as_deref() == Some(&pair[0].id));
    let targets: BTreeSet<&str> = waits.iter().flatten().copied().collect();
    let star = targets.len() == 1
        && items
            .iter()
            .all(|item| item.depends_on.is_some() != targets.contains(item.id.as_str()));
    if nobody || chain || star {
        Ok(())
    } else {
        Err(invalid(
            "The dependsOn pattern is not supported: requests are parallel, serial or all depend \
             on the same request.",
        ))
    }
}

fn item(call: &Call, request: &Value) -> Result<Item, GraphError> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let id = match request.get("id") {
        Some(Value::String(id)) if !id.is_empty() => id.to_lowercase(),
        _ => return Err(invalid("Every request needs an id.")),
    };
    let (Some(method), Some(url)) = (text("method"), text("url")) else {
        return Err(invalid("Every request needs a method and a url."));
    };
    if url.contains("://") {
        return Err(invalid("The url of a request is relative."));
    }
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
        .map_err(|_| invalid("Unknown method."))?;
    let mut headers = HeaderMap::new();
    if let Some(Value::Object(given)) = request.get("headers") {
        for (name, value) in given {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.insert(name, value);
            }
        }
    }
    let body = request.get("body").unwrap_or(&Value::Null);
    if !body.is_null() && !headers.contains_key("content-type") {
        return Err(invalid(
            "Write request body was specified without a Content-Type header.",
        ));
    }
    let body = match body {
        Value::Null => Bytes::new(),
        // What is not JSON comes in base64.
        Value::String(text) => Bytes::from(STANDARD.decode(text).unwrap_or_default()),
        other => Bytes::from(other.to_string()),
    };
    let depends_on = match request.get("dependsOn") {
        None | Some(Value::Null) => None,
        Some(Value::Array(ids)) if ids.is_empty() => None,
        Some(Value::Array(ids)) if ids.len() == 1 => ids[0].as_str().map(str::to_lowercase),
        Some(_) => return Err(invalid("A request can depend on one other request only.")),
    };
    let target = format!("/v1.0/{}", url.trim_start_matches('/'));
    Ok(Item {
        id,
        call: Call::new(method, &target, headers, body, &call.base),
        depends_on,
    })
}

fn response(id: &str, reply: Reply) -> Value {
    let mut headers: Map<String, Value> = reply
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-ms-ags-diagnostic")
        .map(|(name, value)| (spelled(name).to_owned(), json!(value)))
        .collect();
    let mut whole = json!({ "id": id, "status": reply.status.as_u16() });
    match reply.content {
        Content::Nothing => {}
        Content::Json(body) => {
            headers.insert("Content-Type".to_owned(), json!("application/json"));
            whole["body"] = body;
        }
        Content::Other(kind, text) => {
            headers.insert("Content-Type".to_owned(), json!(kind));
            whole["body"] = json!(STANDARD.encode(text));
        }
        // A connection cannot break inside an envelope; the item times out instead.
        Content::BrokenOff | Content::CutOff(_) => whole["status"] = json!(504),
    }
    whole["headers"] = Value::Object(headers);
    whole
}

/// Inside an envelope, header names are written out as people do.
fn spelled(name: &str) -> &str {
    match name {
        "retry-after" => "Retry-After",
        "location" => "Location",
        "preference-applied" => "Preference-Applied",
        other => other,
    }
}
