//! Lists of users, groups and contacts: `$select`, `$filter`, `$top` and pages (graph.md 2.2, 2.9).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, expand::Expand};
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::{filter::Filter, order::Order, search::Search, selection};
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

/// What of a listing is wanted, and in which order.
#[derive(Debug)]
struct Wanted {
    filter: Option<Filter>,
    search: Option<Search>,
    order: Option<Order>,
    /// Whether it goes to the advanced index (graph.md 2.9).
    advanced: bool,
}

impl Wanted {
    fn read(call: &Call, kind: Kind) -> Result<Self, GraphError> {
        call.query.judge()?;
        let search = call
            .query
            .get("$search")
            .map(|text| {
                if !call.eventual() {
                    return Err(GraphError::unsupported_query(
                        "Request with $search query parameter only works through MSGraph with a \
                         special request header: 'ConsistencyLevel: eventual'",
                    ));
                }
                Search::parse(text, kind)
            })
            .transpose()?;
        let advanced = call.eventual() && (call.query.wants_count() || search.is_some());
        if advanced && call.query.get("$expand").is_some() {
            return Err(GraphError::unsupported_query(
                "$expand is not supported together with advanced query parameters.",
            ));
        }
        let filter = call
            .query
            .get("$filter")
            .map(|text| Filter::parse(text, kind, advanced))
            .transpose()?;
        let order = call
            .query
            .get("$orderby")
            .map(|text| Order::parse(text, kind, advanced, filter.is_some()))
            .transpose()?;
        Ok(Self {
            filter,
            search,
            order,
            advanced,
        })
    }

    fn fits(&self, object: &Object) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.matches(object))
            && self
                .search
                .as_ref()
                .is_none_or(|search| search.matches(object))
    }
}

pub(super) fn list(
    call: &Call,
    context: &mut Context<'_>,
    kind: Kind,
) -> Result<Reply, GraphError> {
    let names = selection(kind, &call.query)?;
    let top = call.query.top()?;
    let wanted = Wanted::read(call, kind)?;
    let expand = Expand::read(&call.query)?;
    let after = bookmark(call, context)?;
    let now = context.now;
    let directory = &context.tenant.directory;
    let omitted = &context.tenant.omitted;
    let fits = |object: &&Object| {
        object.is_visible(now) && !omitted.contains(&object.id) && wanted.fits(&object.as_of(now))
    };
    let candidates = wanted.filter.as_ref().and_then(Filter::addresses);
    let (rows, more) = match (&wanted.order, &candidates) {
        (Some(order), _) => sorted(
            directory.listing(kind, FROM_START).filter(fits),
            order,
            after.as_deref(),
            top,
        ),
        // Few can match: those the address index names.
        (None, Some(addresses)) => {
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
        (None, None) => page(directory.listing(kind, after.as_deref()).filter(fits), top),
    };
    let value: Vec<Value> = rows
        .iter()
        .map(|object| {
            let mut row = object.as_of(now).select(names.iter().map(String::as_str));
            if let Some(expand) = &expand {
                expand.apply(directory, object, &mut row);
            }
            Value::Object(row)
        })
        .collect();
    let mut body = json!({ "@odata.context": context_of(call, kind), "value": value });
    // Without the header the count is ignored in silence; with it, the first page has it.
    if wanted.advanced && call.query.wants_count() && after.is_none() {
        let count = directory.listing(kind, FROM_START).filter(fits).count();
        body["@odata.count"] = json!(count);
    }
    if let Some(last) = more {
        body["@odata.nextLink"] = json!(next_link(call, context, &last));
    }
    Ok(Reply::ok(body))
}

/// Returns a page of objects in another order than that of their ids. Where it ended is the key of
/// its last object.
fn sorted<'a>(
    objects: impl Iterator<Item = &'a Object>,
    order: &Order,
    after: Option<&str>,
    top: usize,
) -> (Vec<&'a Object>, Option<String>) {
    type Key = (String, String);
    let after: Option<Key> = after
        .and_then(|after| after.rsplit_once('\n'))
        .map(|(text, id)| (text.to_owned(), id.to_owned()));
    // No more is kept than a page needs, however many there are.
    let mut first: std::collections::BTreeMap<Key, &Object> = std::collections::BTreeMap::new();
    for object in objects {
        let key = order.key(object);
        let comes_after = after.as_ref().is_none_or(|after| {
            if order.descending {
                key < *after
            } else {
                key > *after
            }
        });
        if comes_after {
            first.insert(key, object);
            if first.len() > top + 1 {
                if order.descending {
                    first.pop_first();
                } else {
                    first.pop_last();
                }
            }
        }
    }
    let mut rows: Vec<(Key, &Object)> = first.into_iter().collect();
    if order.descending {
        rows.reverse();
    }
    let more = rows.len() > top;
    rows.truncate(top);
    let last = rows
        .last()
        .filter(|_| more)
        .map(|((text, id), _)| format!("{text}\n{id}"));
    (rows.into_iter().map(|(_, object)| object).collect(), last)
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
    // The segment is an advanced query by itself (graph.md 2.9).
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
