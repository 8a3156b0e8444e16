//! The control routes under `/_simulator/`: what no real tenant has.
//!
//! They need no token, look past Graph's rules, and are how a test or a demonstration turns the
//! simulator's knobs.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::clock::graph_time;
use crate::exchange::{Call, Reply};
use crate::fault::Fault;
use crate::people::week;
use crate::scenario::ScenarioError;
use crate::schema::Kind;
use crate::seed::Generator;
use crate::simulator::Simulator;
use crate::tenant::Tenant;
use crate::tenant::directory::FROM_START;
use crate::tenant::object::Object;
use crate::tenant::synchronization::Health;

pub(crate) mod behaviour;
mod objects;

/// Why a control request was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("there is no such control route")]
    UnknownRoute,
    #[error("there is no tenant '{0}'")]
    UnknownTenant(String),
    #[error("there is no object '{0}'")]
    UnknownObject(String),
    #[error("a certificate cannot be read; it is to be PEM")]
    Certificate,
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error("the body does not fit: {0}")]
    Body(#[from] serde_json::Error),
}

pub(crate) fn answer(simulator: &Simulator, call: &Call, words: &[&str]) -> Reply {
    match route(simulator, call, words) {
        Ok(reply) => reply,
        Err(error) => {
            let status = match error {
                ControlError::Body(_) | ControlError::Certificate => StatusCode::BAD_REQUEST,
                _ => StatusCode::NOT_FOUND,
            };
            Reply::json(status, json!({ "error": error.to_string() }))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Week {
    #[serde(default)]
    seed: u64,
}

/// Microsoft's own synchronization, to be found by who looks for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSynchronization {
    /// The other tenant, by id or domain.
    target: String,
    #[serde(default)]
    health: Health,
    /// How many users its log tells of.
    #[serde(default = "ten")]
    logged: usize,
}

fn ten() -> usize {
    10
}

fn synchronize(
    tenant: &mut Tenant,
    asked: &NewSynchronization,
    ids: &mut Generator,
    now: Timestamp,
) -> Result<Reply, ControlError> {
    let unknown = || ControlError::UnknownTenant(asked.target.clone());
    let target = tenant
        .neighbours
        .iter()
        .find(|known| {
            known.id == asked.target
                || known.default_domain == asked.target
                || known.initial_domain == asked.target
        })
        .ok_or_else(unknown)?;
    let users: Vec<&Object> = tenant
        .directory
        .listing(Kind::User, FROM_START)
        .filter(|user| user.is_live() && !user.is_external())
        .take(asked.logged)
        .collect();
    let made = &mut tenant.synchronization;
    made.add(&tenant.id, target, &users, asked.health, ids, now);
    Ok(Reply::no_content())
}

fn route(simulator: &Simulator, call: &Call, words: &[&str]) -> Result<Reply, ControlError> {
    match (call.method.as_str(), words) {
        ("GET", ["stats"]) => Ok(Reply::ok(stats(simulator)?)),
        ("DELETE", ["stats"]) => {
            for tenant in &mut simulator.state().tenants {
                tenant.stats.reset();
                tenant.invited.clear();
            }
            Ok(Reply::no_content())
        }
        ("GET", ["tenants"]) => Ok(Reply::ok(json!({
            "tenants": simulator.tenants(),
            "administrators": simulator.administrators(),
        }))),
        ("GET", ["faults"]) => Ok(Reply::ok(serde_json::to_value(
            &simulator.state().faults.0,
        )?)),
        ("POST", ["faults"]) => {
            let faults = faults(&call.body)?;
            let mut state = simulator.state();
            state.faults.0.extend(faults);
            let total = state.faults.0.len();
            Ok(Reply::ok(json!({ "faults": total })))
        }
        ("DELETE", ["faults"]) => {
            simulator.state().faults.0.clear();
            Ok(Reply::no_content())
        }
        ("GET", ["weather"]) => Ok(Reply::ok(serde_json::to_value(
            simulator.state().sky.weather,
        )?)),
        ("POST", ["scenario"]) => {
            simulator.play(body(call)?)?;
            Ok(Reply::no_content())
        }
        ("GET", ["clock"]) => Ok(Reply::ok(now(simulator))),
        ("POST", ["clock"]) => {
            let advance: Advance = body(call)?;
            simulator.advance(advance.advance_seconds);
            Ok(Reply::ok(now(simulator)))
        }
        (method, ["tenants", word, rest @ ..]) => {
            let at = simulator.now();
            let mut state = simulator.state();
            let index = state
                .tenant_index(word)
                .ok_or_else(|| ControlError::UnknownTenant((*word).to_owned()))?;
            let state = &mut *state;
            let tenant = &mut state.tenants[index];
            match (method, rest) {
                ("GET", ["objects"]) => Ok(Reply::ok(objects(tenant))),
                ("POST", ["week"]) => {
                    let asked: Week = body(call)?;
                    let changes = week::pass(tenant, asked.seed, at);
                    Ok(Reply::ok(serde_json::to_value(changes)?))
                }
                ("GET", ["behaviour"]) => Ok(Reply::ok(behaviour::read(tenant))),
                ("POST" | "PATCH", ["behaviour"]) => {
                    behaviour::change(tenant, body(call)?)?;
                    Ok(Reply::ok(behaviour::read(tenant)))
                }
                ("POST", ["expire-delta"]) => {
                    behaviour::expire_delta(tenant, &body(call)?);
                    Ok(Reply::no_content())
                }
                ("POST", ["synchronization"]) => {
                    let asked: NewSynchronization = body(call)?;
                    synchronize(tenant, &asked, &mut state.ids, at)
                }
                ("POST", ["contacts"]) => {
                    let id = state.ids.id();
                    objects::add(tenant, Kind::Contact, id, body(call)?, at)
                }
                ("PATCH", ["objects", id]) => objects::set(tenant, id, body(call)?, at),
                ("DELETE", ["objects", id]) => objects::remove(tenant, id, at),
                _ => Err(ControlError::UnknownRoute),
            }
        }
        _ => Err(ControlError::UnknownRoute),
    }
}

fn now(simulator: &Simulator) -> Value {
    json!({ "now": graph_time(simulator.now()) })
}

/// Reads a body; an empty one is an empty object.
fn body<T: DeserializeOwned>(call: &Call) -> Result<T, ControlError> {
    let bytes: &[u8] = if call.body.is_empty() {
        b"{}"
    } else {
        &call.body
    };
    Ok(serde_json::from_slice(bytes)?)
}

/// One rule, a list of rules, or `{"rules":[..]}`.
fn faults(bytes: &[u8]) -> Result<Vec<Fault>, ControlError> {
    let mut value: Value = serde_json::from_slice(bytes)?;
    if let Some(rules) = value.get_mut("rules") {
        value = rules.take();
    }
    if value.is_object() {
        value = Value::Array(vec![value]);
    }
    Ok(serde_json::from_value(value)?)
}

fn stats(simulator: &Simulator) -> Result<Value, ControlError> {
    let state = simulator.state();
    let mut tenants = BTreeMap::new();
    for tenant in &state.tenants {
        let mut counts = serde_json::to_value(&tenant.stats)?;
        counts["id"] = json!(tenant.id);
        counts["users"] = json!(live(tenant, Kind::User));
        counts["groups"] = json!(live(tenant, Kind::Group));
        tenants.insert(tenant.name.clone(), counts);
    }
    Ok(json!({ "tenants": tenants }))
}

fn live(tenant: &Tenant, kind: Kind) -> usize {
    let listing = tenant.directory.listing(kind, FROM_START);
    listing.filter(|object| object.is_live()).count()
}

fn objects(tenant: &Tenant) -> Value {
    let rows = |kind: Kind| -> Vec<Value> {
        let listing = tenant.directory.listing(kind, FROM_START);
        listing.map(objects::whole).collect()
    };
    let mut whole = Map::new();
    whole.insert("tenantId".to_owned(), json!(tenant.id));
    whole.insert("name".to_owned(), json!(tenant.name));
    whole.insert("users".to_owned(), Value::Array(rows(Kind::User)));
    whole.insert("groups".to_owned(), Value::Array(rows(Kind::Group)));
    whole.insert("contacts".to_owned(), Value::Array(rows(Kind::Contact)));
    Value::Object(whole)
}
