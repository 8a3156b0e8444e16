//! One page of a round: which objects are next, and where the page ends.

use serde_json::Value;

use super::item::{Links, Report, entry, report};
use super::reported_since;
use super::round::{Cursor, Round};
use crate::schema::Kind;
use crate::tenant::Tenant;
use crate::tenant::directory::Directory;

/// Returns the items of the next page, and where it ended if the round goes on.
pub(super) fn collect(
    tenant: &Tenant,
    round: &Round,
    kind: Kind,
    minimal: bool,
) -> (Vec<Value>, Option<Cursor>) {
    let (at, within) = match &round.cursor {
        Cursor::Within {
            at,
            object,
            relation,
            link,
        } => (
            (**at).clone(),
            Some((object.as_str(), relation.as_str(), link.as_str())),
        ),
        other => (other.clone(), None),
    };
    let mut page = Page {
        items: Vec::new(),
        size: tenant.delta.page_size.max(1),
        links_left: tenant.delta.members_per_page.max(1),
        at,
        end: None,
    };
    let since = reported_since(tenant, round);
    let candidates = candidates(tenant, round, kind, since, &page.at);
    for (position, id) in candidates {
        if page.items.len() >= page.size || page.links_left == 0 {
            page.end = Some(page.at.clone());
            break;
        }
        let wanted = !tenant.omitted.contains(id)
            && (round.ids.is_empty() || round.ids.iter().any(|known| known == id));
        let found = wanted
            .then(|| report(tenant, kind, id, &round.select, since, minimal))
            .flatten();
        match found {
            None => page.at = position,
            Some(Report::Removed(item)) => {
                page.items.push(item);
                page.at = position;
            }
            Some(Report::Present { scalars, mut links }) => {
                if let Some((object, relation, link)) = within
                    && object == id
                {
                    links.retain(|(name, to), _| (name.as_str(), to.as_str()) > (relation, link));
                }
                if !page.add(&tenant.directory, id, scalars, links, position) {
                    break;
                }
            }
        }
    }
    (page.items, page.end)
}

/// How many objects of earlier pages are looked at for one to come again.
const EARLIER_MAX: usize = 64;

/// Returns some of what earlier pages of the round have reported, as it is reported now.
///
/// An object with links is left out: the parts of a large group are in the tokens of its own pages.
pub(super) fn earlier(tenant: &Tenant, round: &Round, kind: Kind, minimal: bool) -> Vec<Value> {
    let since = reported_since(tenant, round);
    let is_earlier = |position: &Cursor| match (position, &round.cursor) {
        (Cursor::Object(id), Cursor::Object(reached)) => id <= reached,
        (Cursor::Version(version), Cursor::Version(reached)) => version <= reached,
        _ => false,
    };
    candidates(tenant, round, kind, since, &Cursor::Start)
        .take(EARLIER_MAX)
        .take_while(|(position, _)| is_earlier(position))
        .filter(|(_, id)| !tenant.omitted.contains(*id))
        .filter(|(_, id)| round.ids.is_empty() || round.ids.iter().any(|known| known == id))
        .filter_map(|(_, id)| report(tenant, kind, id, &round.select, since, minimal))
        .filter_map(|report| match report {
            Report::Removed(item) => Some(item),
            Report::Present { scalars, links } => links.is_empty().then_some(scalars),
        })
        .collect()
}

struct Page {
    items: Vec<Value>,
    size: usize,
    links_left: usize,
    /// Everything up to here is in this page or an earlier one.
    at: Cursor,
    end: Option<Cursor>,
}

impl Page {
    /// Adds an object with as many of its links as fit; returns false where some are left over.
    /// The object then comes again in the next page, with the same scalars (graph.md 3.2).
    fn add(
        &mut self,
        directory: &Directory,
        id: &str,
        mut scalars: Value,
        links: Links,
        position: Cursor,
    ) -> bool {
        let total = links.len();
        let mut last = None;
        for ((relation, to), removed) in links.into_iter().take(self.links_left) {
            let item = scalars.as_object_mut().expect("an item is an object");
            let list = item
                .entry(format!("{relation}@delta"))
                .or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut()
                .expect("no property is named like a relation")
                .push(entry(directory, &to, removed));
            last = Some((relation, to));
        }
        let taken = total.min(self.links_left);
        self.links_left -= taken;
        self.items.push(scalars);
        match last.filter(|_| taken < total) {
            None => {
                self.at = position;
                true
            }
            Some((relation, link)) => {
                self.end = Some(Cursor::Within {
                    at: Box::new(self.at.clone()),
                    object: id.to_owned(),
                    relation,
                    link,
                });
                false
            }
        }
    }
}

/// Returns the objects that may belong into the rest of the round, each with its position.
fn candidates<'a>(
    tenant: &'a Tenant,
    round: &Round,
    kind: Kind,
    since: Option<u64>,
    at: &Cursor,
) -> Box<dyn Iterator<Item = (Cursor, &'a str)> + 'a> {
    let Some(since) = since else {
        // A narrowed first round looks only at what it is narrowed to.
        let after = match at {
            Cursor::Object(id) => Some(id.clone()),
            _ => None,
        };
        return if round.ids.is_empty() {
            Box::new(all(tenant, kind, after))
        } else {
            Box::new(named(tenant, kind, round.ids.clone(), after))
        };
    };
    let after = match at {
        Cursor::Version(version) => *version,
        _ => since,
    };
    Box::new(
        tenant
            .directory
            .changed(after, round.until)
            .map(|(version, id)| (Cursor::Version(version), id)),
    )
}

fn all(tenant: &Tenant, kind: Kind, after: Option<String>) -> impl Iterator<Item = (Cursor, &str)> {
    tenant
        .directory
        .listing(kind, after)
        .map(|object| (Cursor::Object(object.id.clone()), object.id.as_str()))
}

fn named(
    tenant: &Tenant,
    kind: Kind,
    mut ids: Vec<String>,
    after: Option<String>,
) -> impl Iterator<Item = (Cursor, &str)> {
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .filter(move |id| after.as_ref().is_none_or(|after| id > after))
        .filter_map(|id| tenant.directory.get(&id))
        .filter(move |object| object.kind == kind)
        .map(|object| (Cursor::Object(object.id.clone()), object.id.as_str()))
}
