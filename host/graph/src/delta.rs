//! Delta rounds, page by page (graph.md, section 3).
//!
//! A page is translated as it stands: nothing is merged here, and nothing is concluded from what a
//! page does not hold. That is for whoever keeps the mirror.

use serde_json::Value as Json;
use syncline_directory::{AttributeName, Attributes, ObjectKind, ObjectState, Value};

use crate::{columns, url};

/// The most objects that a delta round may be narrowed to (graph.md, section 3.1).
pub const IDS_MAX: usize = 50;

/// Where a page is read from.
#[derive(Clone, Copy, Debug)]
pub enum DeltaStart<'a> {
    /// The first page of a first round.
    Full {
        /// The kind of object.
        kind: ObjectKind,
        /// What to read and track; a member of a complex property stands for all of it.
        columns: &'a [AttributeName],
        /// The only objects to read, at most [`IDS_MAX`]; none means all.
        ids: &'a [String],
    },
    /// The page that an earlier page's [`DeltaNext`] names.
    Link(&'a str, ObjectKind),
}

/// One page of a delta round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaPage {
    /// What the page holds, in its order; an object may occur several times in a round.
    pub items: Vec<DeltaItem>,
    /// How the round goes on.
    pub next: DeltaNext,
}

/// How a round goes on after a page.
///
/// Both links are Graph's, with a fragment of ours behind `#` that names the columns and whether
/// it is the first round. A fragment never travels; keep the link whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaNext {
    /// With the page at this link, even if this one was empty.
    Page(String),
    /// It is complete; the next round starts at this link.
    Complete(String),
}

/// One object on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaItem {
    /// The object's id.
    pub id: String,
    /// What the page says of it.
    pub change: DeltaChange,
}

/// What a page says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaChange {
    /// It is there.
    Present {
        /// Attributes by name; one that is missing was not reported. In a first round every column
        /// is there, `Absent` where it never had a value; in later rounds an object that is new has
        /// its never-set columns missing, and everybody has `manager` missing unless it changed.
        attributes: Attributes,
        /// Members added or removed, a slice of them where a group spans pages.
        members: Vec<MemberChange>,
    },
    /// It is not; unknown objects are reported too, even in a first round.
    Removed {
        /// [`ObjectState::SoftDeleted`] or [`ObjectState::Purged`].
        state: ObjectState,
    },
}

/// A member that joined or left a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The member's id.
    pub id: String,
    /// Its kind, if it is one of ours and not a device, say.
    pub kind: Option<ObjectKind>,
    /// Whether it joined, or was there in a first round; else it left.
    pub added: bool,
}

/// What a round tracks, carried along in its links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) kind: ObjectKind,
    /// Nothing for a link that did not come from here: then what an item carries is read.
    columns: Option<Vec<AttributeName>>,
    first: bool,
}

const FIRST: &str = "syncline-first:";
const LATER: &str = "syncline-later:";

impl Round {
    pub(crate) fn first(kind: ObjectKind, columns: &[AttributeName]) -> Self {
        Self {
            kind,
            columns: Some(columns.to_vec()),
            first: true,
        }
    }

    /// Splits a link into Graph's part and what it says of the round.
    pub(crate) fn of_link(kind: ObjectKind, link: &str) -> (&str, Self) {
        let (address, fragment) = link.split_once('#').unwrap_or((link, ""));
        let (names, first) = match (fragment.strip_prefix(FIRST), fragment.strip_prefix(LATER)) {
            (Some(names), _) => (Some(names), true),
            (None, names) => (names, false),
        };
        let columns = names.map(|names| {
            names
                .split(',')
                .filter(|name| !name.is_empty())
                .map(AttributeName::new)
                .collect()
        });
        (
            address,
            Self {
                kind,
                columns,
                first,
            },
        )
    }

    fn link(&self, address: &str, mark: &str) -> String {
        let address = address.split('#').next().unwrap_or_default();
        match &self.columns {
            None => address.to_owned(),
            Some(columns) => {
                let names: Vec<&str> = columns.iter().map(AttributeName::as_str).collect();
                format!("{address}#{mark}{}", names.join(","))
            }
        }
    }

    /// Translates a page, or says what is wrong with it.
    pub(crate) fn page(&self, json: &Json) -> Result<DeltaPage, &'static str> {
        let items = json
            .get("value")
            .and_then(Json::as_array)
            .ok_or("which has no `value`")?;
        let items = items
            .iter()
            .map(|item| self.item(item))
            .collect::<Result<_, _>>()?;
        let link = |name| json.get(name).and_then(Json::as_str);
        let next = match (link("@odata.nextLink"), link("@odata.deltaLink")) {
            (Some(address), None) => {
                DeltaNext::Page(self.link(address, if self.first { FIRST } else { LATER }))
            }
            (None, Some(address)) => DeltaNext::Complete(self.link(address, LATER)),
            // A page without either would make an unfinished listing look complete (law L2).
            (None, None) => return Err("which has neither nextLink nor deltaLink"),
            (Some(_), Some(_)) => return Err("which has both nextLink and deltaLink"),
        };
        Ok(DeltaPage { items, next })
    }

    fn item(&self, item: &Json) -> Result<DeltaItem, &'static str> {
        let id = item
            .get("id")
            .and_then(Json::as_str)
            .ok_or("which has an item without `id`")?;
        let change = match item.get("@removed") {
            Some(removed) => DeltaChange::Removed {
                state: removed_state(removed),
            },
            None => DeltaChange::Present {
                attributes: self.attributes(item),
                members: relation(item, "members@delta")?,
            },
        };
        Ok(DeltaItem {
            id: id.to_owned(),
            change,
        })
    }

    fn attributes(&self, item: &Json) -> Attributes {
        let columns = self.columns.as_deref();
        let mut attributes = columns::read_present(self.kind, columns, item);
        // A slice of a group or a lone reference could come without its scalars, which then are
        // elsewhere in the round and not absent.
        let slice = attributes.is_empty() && relation_names(item).next().is_some();
        if let Some(columns) = columns.filter(|_| self.first && !slice) {
            attributes = columns::read_all(self.kind, columns, item);
            let tracks_manager = columns.iter().any(|name| name.as_str() == MANAGER);
            if tracks_manager {
                attributes.insert(AttributeName::new(MANAGER), Value::Absent);
            }
        }
        if let Some(entries) = item.get("manager@delta").and_then(Json::as_array) {
            // A change of manager may be told as one removed and one added, in any order.
            let added = entries.iter().find(|entry| entry.get("@removed").is_none());
            let manager = added
                .and_then(|entry| entry.get("id"))
                .and_then(Json::as_str);
            let manager = manager.map_or(Value::Absent, |id| Value::Reference(id.to_owned()));
            attributes.insert(AttributeName::new(MANAGER), manager);
        }
        attributes
    }
}

const MANAGER: &str = "manager";

fn relation_names(item: &Json) -> impl Iterator<Item = &String> {
    item.as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .filter(|name| name.ends_with("@delta"))
}

/// A purge is stated; anything else can be restored.
fn removed_state(removed: &Json) -> ObjectState {
    match removed.get("reason").and_then(Json::as_str) {
        Some("deleted") => ObjectState::Purged,
        _ => ObjectState::SoftDeleted,
    }
}

fn relation(item: &Json, name: &str) -> Result<Vec<MemberChange>, &'static str> {
    let entries = item.get(name).and_then(Json::as_array);
    let change = |entry: &Json| {
        let id = entry
            .get("id")
            .and_then(Json::as_str)
            .ok_or("which has a member without `id`")?;
        let kind = match entry.get("@odata.type").and_then(Json::as_str) {
            Some("#microsoft.graph.user") => Some(ObjectKind::User),
            Some("#microsoft.graph.group") => Some(ObjectKind::Group),
            Some("#microsoft.graph.orgContact") => Some(ObjectKind::Contact),
            _ => None,
        };
        Ok(MemberChange {
            id: id.to_owned(),
            kind,
            added: entry.get("@removed").is_none(),
        })
    };
    entries.into_iter().flatten().map(change).collect()
}

/// Returns path and query, below `/v1.0`, of the first page of a first round.
pub(crate) fn first_page(kind: ObjectKind, columns: &[AttributeName], ids: &[String]) -> String {
    let select = columns::select_tracked(kind, columns);
    let mut path = format!("/{}/delta?$select={select}", columns::collection(kind));
    if !ids.is_empty() {
        let each: Vec<String> = ids
            .iter()
            .map(|id| format!("id eq {}", url::literal(id)))
            .collect();
        path.push_str("&$filter=");
        path.push_str(&url::escape_option(&each.join(" or ")));
    }
    path
}

#[cfg(test)]
mod tests;
