//! Delta queries (graph.md section 3): rounds of pages, each round ending in a link to the next.
//!
//! All of a round's state travels in its links, so they can be used again. A round reports what
//! the tenant was when it began; what changes meanwhile is for the next. An incremental round walks
//! the change log and costs what changed.

use serde_json::{Value, json};

use super::Context;
use crate::clock::later;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::{filter::Filter, unknown_selection};
use crate::schema::Kind;
use crate::tenant::Tenant;

mod item;
mod pages;
mod round;

use round::{Cursor, Round};

/// How many ids a delta query can be narrowed to.
const FILTERED_IDS_MAX: usize = 50;

pub(super) fn answer(
    call: &Call,
    context: &mut Context<'_>,
    kind: Kind,
) -> Result<Reply, GraphError> {
    for option in ["$top", "$orderby", "$search", "$expand", "$skip"] {
        if call.query.get(option).is_some() {
            return Err(GraphError::unsupported_query(format!(
                "The query option '{option}' is not supported with change tracking."
            )));
        }
    }
    let until = visible_version(context);
    let round = match (call.query.get("$skiptoken"), call.query.get("$deltatoken")) {
        (Some(token), _) => {
            if call.query.get("$select").is_some() {
                return Err(GraphError::bad_request(
                    "$select cannot be given together with $skiptoken.",
                ));
            }
            round::open(call, context, kind, token)?
        }
        (None, Some("latest")) => {
            let mut round = first(call, context, kind)?;
            round.since = Some(until);
            round.until = until;
            return Ok(last_page(call, context, &round, Vec::new()));
        }
        (None, None | Some("")) => Round {
            until,
            ..first(call, context, kind)?
        },
        (None, Some(token)) => {
            let mut round = round::open(call, context, kind, token)?;
            if call.query.get("$select").is_some() {
                round.select = tracked(call, kind)?;
            }
            round.until = until.max(round.since.unwrap_or(0));
            round
        }
    };
    if context.tenant.delta.starts_empty && round.cursor == Cursor::Start {
        let opened = Round {
            cursor: Cursor::Opened,
            ..round
        };
        return Ok(page(call, context, &opened, Vec::new()));
    }
    if context.sky.empties_page() {
        return Ok(page(call, context, &round, Vec::new()));
    }
    let minimal = call
        .header("prefer")
        .is_some_and(|prefer| prefer.contains("return=minimal"));
    let (mut items, cursor) = pages::collect(context.tenant, &round, kind, minimal);
    if context.sky.weather.repeats > 0 {
        let mut again = pages::earlier(context.tenant, &round, kind, minimal);
        again.extend(items.iter().cloned());
        again.retain(|_| context.sky.repeats());
        items.extend(again);
    }
    context.sky.shuffle(&mut items);
    let reply = match cursor {
        Some(cursor) => {
            let next = Round { cursor, ..round };
            page(call, context, &next, items)
        }
        None => last_page(call, context, &round, items),
    };
    Ok(if minimal {
        reply.with_header("preference-applied", "return=minimal")
    } else {
        reply
    })
}

/// Changes become visible to delta after the tenant's lag.
fn visible_version(context: &Context<'_>) -> u64 {
    let lag_s = context.tenant.delta.lag_s;
    if lag_s == 0 {
        return context.tenant.directory.version();
    }
    let then = later(
        context.now,
        jiff::SignedDuration::from_secs(-i64::from(lag_s)),
    );
    context.tenant.directory.version_at(then)
}

fn first(call: &Call, context: &Context<'_>, kind: Kind) -> Result<Round, GraphError> {
    let ids = match call.query.get("$filter") {
        None => Vec::new(),
        Some(text) => Filter::ids(text)?.ok_or_else(|| {
            GraphError::unsupported_query(
                "Change tracking supports only filters of the form id eq '...' or id eq '...'.",
            )
        })?,
    };
    if ids.len() > FILTERED_IDS_MAX {
        return Err(GraphError::unsupported_query(format!(
            "Too many child clauses specified in search filter expression containing 'OR' \
             operators: {}. Max allowed: {FILTERED_IDS_MAX}.",
            ids.len()
        )));
    }
    Ok(Round {
        set: kind.set().to_owned(),
        tenant: context.tenant.id.clone(),
        generation: context.tenant.delta_generation,
        issued: context.now.as_second(),
        select: tracked(call, kind)?,
        ids,
        since: None,
        before: None,
        until: 0,
        cursor: Cursor::Start,
    })
}

/// Returns the properties and relations that the caller tracks.
fn tracked(call: &Call, kind: Kind) -> Result<Vec<String>, GraphError> {
    let Some(names) = call.query.select() else {
        let mut names: Vec<String> = kind
            .default_set()
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        // Groups report their members unasked, users not their managers.
        if kind == Kind::Group {
            names.push("members".to_owned());
        }
        return Ok(names);
    };
    for name in &names {
        if kind.name(name).is_none() && !kind.relations().contains(&name.as_str()) {
            return Err(unknown_selection(kind, name));
        }
        // Tracked is what the directory itself keeps, these two excepted (graph.md 3.2).
        if kind.is_outside(name)
            || matches!(
                &**name,
                "licenseAssignmentStates" | "customSecurityAttributes"
            )
        {
            return Err(GraphError::outside());
        }
    }
    Ok(names)
}

fn page(call: &Call, context: &Context<'_>, round: &Round, items: Vec<Value>) -> Reply {
    let token = context.seal.close(&round.issued_at(context.now));
    respond(
        call,
        items,
        "@odata.nextLink",
        &format!("$skiptoken={token}"),
    )
}

fn last_page(call: &Call, context: &Context<'_>, round: &Round, items: Vec<Value>) -> Reply {
    let next = Round {
        since: Some(round.until),
        before: round.since,
        until: 0,
        cursor: Cursor::Start,
        ..round.issued_at(context.now)
    };
    let token = context.seal.close(&next);
    respond(
        call,
        items,
        "@odata.deltaLink",
        &format!("$deltatoken={token}"),
    )
}

fn respond(call: &Call, items: Vec<Value>, link: &str, query: &str) -> Reply {
    let set = call.segments.first().map_or("", String::as_str);
    Reply::ok(json!({
        "@odata.context": call.context(set),
        "value": items,
        link: call.link(query),
    }))
}

/// Returns the version after which a round reports; replays go one round further back.
fn reported_since(tenant: &Tenant, round: &Round) -> Option<u64> {
    match (round.since, round.before) {
        (Some(_), Some(before)) if tenant.delta.replays => Some(before),
        (since, _) => since,
    }
}
