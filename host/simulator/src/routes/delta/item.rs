//! One object in a delta page: what of it is reported, given what the caller has seen
//! (graph.md 3.2).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::Kind;
use crate::tenant::Tenant;
use crate::tenant::directory::Directory;
use crate::tenant::object::{self, Object};

/// The reported links by relation and id, in the order they are given; true where one was removed.
pub(super) type Links = BTreeMap<(String, String), bool>;

/// What is reported of an object.
pub(super) enum Report {
    Removed(Value),
    Present { scalars: Value, links: Links },
}

/// Returns what is to be reported of an object since a version, or `None` where nothing that is
/// tracked has changed.
pub(super) fn report(
    tenant: &Tenant,
    kind: Kind,
    id: &str,
    tracked: &[String],
    since: Option<u64>,
    minimal: bool,
) -> Option<Report> {
    let directory = &tenant.directory;
    let Some(object) = directory.get(id) else {
        let purged = directory.purged(id)?;
        let news = since.is_some_and(|since| purged.since(since));
        return (purged.kind == kind && news).then(|| removed(id, "deleted"));
    };
    if object.kind != kind {
        return None;
    }
    if !object.is_live() {
        let news = since.is_none_or(|since| object.binned > since);
        return news.then(|| removed(id, "changed"));
    }
    // New to the caller, or back from the recycle bin: whole, without what never had a value.
    let seen = since.filter(|since| object.appeared <= *since);
    let links = links(directory, object, tracked, seen);
    let Some(seen) = seen else {
        return Some(Report::Present {
            scalars: whole(object, tracked, false),
            links,
        });
    };
    let changed: Vec<String> = tracked
        .iter()
        .filter(|name| object.version_of(name) > seen)
        .cloned()
        .collect();
    if changed.is_empty() && links.is_empty() {
        return None;
    }
    let names = if minimal { &changed } else { tracked };
    Some(Report::Present {
        scalars: whole(object, names, true),
        links,
    })
}

fn removed(id: &str, reason: &str) -> Report {
    Report::Removed(json!({ "id": id, "@removed": { "reason": reason } }))
}

/// Returns the named properties; those that never had a value only where they are asked for.
fn whole(object: &Object, names: &[String], unset_too: bool) -> Value {
    let mut item = Map::new();
    for name in names {
        let is_property = object.kind.name(name).is_some();
        let is_set = object.value(name).is_some();
        if is_property && name != "deletedDateTime" && (is_set || unset_too) {
            item.insert(name.clone(), object.selected(name));
        }
    }
    item.insert("id".to_owned(), json!(object.id));
    Value::Object(item)
}

fn links(directory: &Directory, object: &Object, tracked: &[String], seen: Option<u64>) -> Links {
    let mut reported = Links::new();
    for name in tracked {
        match name.as_str() {
            "manager" => manager(object, seen, &mut reported),
            "members" => many(directory, name, &object.members, seen, &mut reported),
            "owners" => many(directory, name, &object.owners, seen, &mut reported),
            _ => {}
        }
    }
    reported
}

fn manager(object: &Object, seen: Option<u64>, reported: &mut Links) {
    let present = object.manager();
    let former = seen.and_then(|seen| object.manager_at(seen));
    if seen.is_some() && present == former {
        return;
    }
    if let Some(former) = former {
        reported.insert(key("manager", former), true);
    }
    if let Some(present) = present {
        reported.insert(key("manager", present), false);
    }
}

fn many(
    directory: &Directory,
    name: &str,
    links: &object::Links,
    seen: Option<u64>,
    reported: &mut Links,
) {
    for (id, added) in &links.present {
        // A member in the recycle bin is not listed; the link is reported anew when it is back.
        let is_news = seen.is_none_or(|seen| *added > seen);
        if is_news && directory.live(id).is_some() {
            reported.insert(key(name, id), false);
        }
    }
    let Some(seen) = seen else {
        return;
    };
    for (id, removed) in &links.former {
        if *removed > seen {
            reported.insert(key(name, id), true);
        }
    }
}

fn key(relation: &str, id: &str) -> (String, String) {
    (relation.to_owned(), id.to_owned())
}

/// Returns a link as an item lists it.
pub(super) fn entry(directory: &Directory, id: &str, removed: bool) -> Value {
    let kind = directory
        .get(id)
        .map(|object| object.kind)
        .or_else(|| directory.purged(id).map(|purged| purged.kind))
        .unwrap_or(Kind::User);
    let mut entry = json!({ "@odata.type": kind.odata_type(), "id": id });
    if removed {
        entry["@removed"] = json!({ "reason": "deleted" });
    }
    entry
}
