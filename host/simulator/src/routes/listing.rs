//! Lists of users, groups and contacts: `$select`, `$filter`, `$top` and pages (graph.md 2.2, 2.9).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, expand::Expand};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::{filter::Filter, selection};
use crate::schema::Kind;
use crate::tenant::directory::FROM_START;
use crate::tenant::object::Object;

/// Where a page ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bookmark {
    pub(super) after: String,
}

/// Returns where the caller left off, or `None` on a first page.
pub(super) fn bookmark(call: &Call, context: &Context<'_>) -> Result<Option<String>, GraphError> {
    let Some(token) = call.query.get("$skiptoken") else {
        return Ok(None);
    };
    match context.seal.open::<Bookmark>(token) {
        Some(bookmark) => Ok(Some(bookmark.after)),
        None => Err(GraphError::new(
            StatusCode::BAD_REQUEST,
            "DirectoryPageTokenNotFoundException",
            "The specified page token value has expired and can no longer be included in your \
             request.",
        )),
    }
}

/// Returns the link to the page after an id.
pub(super) fn next_link(call: &Call, context: &Context<'_>, after: &str) -> String {
    let token = context.seal.close(&Bookmark {
        after: after.to_owned(),
    });
    let query = call.query.without_page();
    if query.is_empty() {
        call.link(&format!("$skiptoken={token}"))
    } else {
        call.link(&format!("{query}&$skiptoken={token}"))
    }
}

/// Returns one page of a sequence, and the id it ended at where more follows.
pub(super) fn page<'a>(
    objects: impl Iterator<Item = &'a Object>,
    top: usize,
) -> (Vec<&'a Object>, Option<String>) {
    let mut rows: Vec<&Object> = objects.take(top + 1).collect();
    let more = rows.len() > top;
    rows.truncate(top);
    let after = rows.last().filter(|_| more).map(|last| last.id.clone());
    (rows, after)
}

fn advanced(call: &Call) -> bool {
    call.eventual() && call.query.wants_count()
}

fn filter(call: &Call, kind: Kind) -> Result<Option<Filter>, GraphError> {
    if call.query.get("$search").is_some() {
        return Err(GraphError::unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special \
             request header: 'ConsistencyLevel: eventual'",
        ));
    }
    if call.query.get("$orderby").is_some() {
        return Err(GraphError::unsupported_query(
            "Sorting not supported for current query.",
        ));
    }
    call.query
        .get("$filter")
        .map(|text| Filter::parse(text, kind, advanced(call)))
        .transpose()
}

pub(super) fn list(
    call: &Call,
    context: &mut Context<'_>,
    kind: Kind,
) -> Result<Reply, GraphError> {
    let names = selection(kind, &call.query)?;
    let top = call.query.top()?;
    let filter = filter(call, kind)?;
    let expand = Expand::read(&call.query)?;
    let after = bookmark(call, context)?;
    let now = context.now;
    let directory = &context.tenant.directory;
    let omitted = &context.tenant.omitted;
    let fits = |object: &&Object| {
        object.is_visible(now)
            && !omitted.contains(&object.id)
            && filter.as_ref().is_none_or(|filter| filter.matches(object))
    };
    let candidates = filter.as_ref().and_then(Filter::addresses);
    let (rows, more) = match &candidates {
        // Few can match: those the address index names.
        Some(addresses) => {
            let ids: std::collections::BTreeSet<String> = addresses
                .iter()
                .flat_map(|address| directory.addresses.holders(address))
                .filter(|id| after.as_ref().is_none_or(|after| id > after))
                .collect();
            let found: Vec<&Object> = ids
                .iter()
                .filter_map(|id| directory.get(id))
                .filter(|object| object.kind == kind)
                .filter(fits)
                .collect();
            page(found.into_iter(), top)
        }
        None => page(directory.listing(kind, after.as_deref()).filter(fits), top),
    };
    let value: Vec<Value> = rows
        .iter()
        .map(|object| {
            let mut row = object.select(names.iter().map(String::as_str));
            if let Some(expand) = &expand {
                expand.apply(directory, object, &mut row);
            }
            Value::Object(row)
        })
        .collect();
    let mut body = json!({ "@odata.context": context_of(call, kind), "value": value });
    // Without the header the count is ignored in silence; with it, the first page has it.
    if advanced(call) && after.is_none() {
        let count = directory.listing(kind, FROM_START).filter(fits).count();
        body["@odata.count"] = json!(count);
    }
    if let Some(last) = more {
        body["@odata.nextLink"] = json!(next_link(call, context, &last));
    }
    Ok(Reply::ok(body))
}

pub(super) fn context_of(call: &Call, kind: Kind) -> String {
    match call.query.get("$select") {
        Some(select) => call.context(&format!("{}({select})", kind.set())),
        None => call.context(kind.set()),
    }
}

pub(super) fn count(
    call: &Call,
    context: &mut Context<'_>,
    set: &str,
) -> Result<Reply, GraphError> {
    if !call.eventual() {
        return Err(GraphError::bad_request(
            "$count is not currently supported.",
        ));
    }
    let kind = match set {
        "users" => Kind::User,
        "groups" => Kind::Group,
        _ => Kind::Contact,
    };
    let filter = call
        .query
        .get("$filter")
        .map(|text| Filter::parse(text, kind, true))
        .transpose()?;
    let count = context
        .tenant
        .directory
        .listing(kind, FROM_START)
        .filter(|object| object.is_live())
        .filter(|object| filter.as_ref().is_none_or(|filter| filter.matches(object)))
        .count();
    Ok(Reply {
        status: StatusCode::OK,
        headers: Vec::new(),
        content: crate::exchange::Content::Other("text/plain", count.to_string()),
    })
}
