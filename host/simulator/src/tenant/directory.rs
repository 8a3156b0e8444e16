//! The objects of a tenant and the log of their changes.
//!
//! Every change takes the next version; an index from version to object lets a delta query walk
//! what changed since, whatever the size of the tenant. Nothing here judges whether a change is
//! permitted.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use serde_json::Value;

use super::addresses::{Addresses, is_address};
use super::object::Object;
use crate::clock::seconds_later;
use crate::schema::Kind;

/// Where a listing starts that is read whole.
pub(crate) const FROM_START: Option<&str> = None;

/// How long a deleted object can be restored.
const RECYCLE_BIN_S: u64 = 30 * 24 * 3_600;

/// All objects, the deleted included.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    version: u64,
    /// When each version was made; the first entry is version 1.
    made: Vec<Timestamp>,
    objects: BTreeMap<String, Object>,
    kinds: BTreeMap<Kind, BTreeSet<String>>,
    /// Each object, or what is left of it, by its latest version.
    latest: BTreeMap<u64, String>,
    purged: BTreeMap<String, Purged>,
    /// The recycle bin, the oldest first.
    bin: BTreeSet<(Timestamp, String)>,
    pub(crate) addresses: Addresses,
    /// For how many seconds a change of a property is not read, by name; `*` stands for all others.
    pub(crate) property_lag_s: BTreeMap<String, u32>,
}

/// What is remembered of an object that is gone for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purged {
    pub(crate) kind: Kind,
    version: u64,
}

/// A relation from an object to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Members,
    Owners,
}

impl Directory {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Returns the last version that was made no later than then.
    pub(crate) fn version_at(&self, then: Timestamp) -> u64 {
        u64::try_from(self.made.partition_point(|made| *made <= then)).unwrap_or(u64::MAX)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(id)
    }

    pub(crate) fn live(&self, id: &str) -> Option<&Object> {
        self.get(id).filter(|object| object.is_live())
    }

    pub(crate) fn purged(&self, id: &str) -> Option<Purged> {
        self.purged.get(id).copied()
    }

    /// Returns the objects of a kind by id, those after `after`, the deleted included.
    pub(crate) fn listing(
        &self,
        kind: Kind,
        after: Option<impl AsRef<str>>,
    ) -> impl Iterator<Item = &Object> {
        let from = after
            .as_ref()
            .map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_ref()));
        self.kinds
            .get(&kind)
            .map(|ids| ids.range::<str, _>((from, Bound::Unbounded)))
            .into_iter()
            .flatten()
            .filter_map(|id| self.objects.get(id))
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.kinds.get(&kind).map_or(0, BTreeSet::len)
    }

    /// Returns what changed last after `after` and up to `until`, by version.
    pub(crate) fn changed(&self, after: u64, until: u64) -> impl Iterator<Item = (u64, &str)> {
        // An empty range must not be asked for: its bounds would cross.
        let until = until.max(after);
        self.latest
            .range((
                Bound::Excluded(after),
                Bound::Included(until.saturating_add(1)),
            ))
            .filter(move |(version, _)| **version <= until)
            .map(|(version, id)| (*version, id.as_str()))
    }

    /// Returns the live users or groups that hold an address, besides one.
    pub(crate) fn holders<'a>(
        &'a self,
        address: &str,
        besides: &'a str,
    ) -> impl Iterator<Item = &'a Object> {
        self.addresses
            .holders(address)
            .into_iter()
            .filter(move |id| id != besides)
            .filter_map(|id| self.objects.get(&id))
            .filter(|object| object.is_live())
    }

    /// Returns the live user of that id or user principal name.
    pub(crate) fn user(&self, key: &str) -> Option<&Object> {
        if let Some(object) = self.live(&key.to_lowercase()) {
            return (object.kind == Kind::User).then_some(object);
        }
        self.holders(key, "").find(|object| {
            object.kind == Kind::User
                && object
                    .text("userPrincipalName")
                    .is_some_and(|name| name.eq_ignore_ascii_case(key))
        })
    }

    pub(crate) fn insert(&mut self, mut object: Object, now: Timestamp) {
        let version = self.next_version(now);
        object.enter(version);
        self.latest.insert(version, object.id.clone());
        self.kinds
            .entry(object.kind)
            .or_default()
            .insert(object.id.clone());
        self.addresses.enter(&object);
        self.objects.insert(object.id.clone(), object);
    }

    /// Sets properties; what already has its value stays unchanged and makes no version.
    pub(crate) fn set(
        &mut self,
        id: &str,
        values: impl IntoIterator<Item = (Cow<'static, str>, Value)>,
        now: Timestamp,
    ) {
        let Some(object) = self.objects.get_mut(id) else {
            return;
        };
        let version = self.version + 1;
        let mut changed = false;
        for (name, value) in values {
            if object.value(&name) == Some(&value) {
                continue;
            }
            let lag_s = self
                .property_lag_s
                .get(&*name)
                .or_else(|| self.property_lag_s.get("*"))
                .copied()
                .unwrap_or(0);
            let former = (lag_s > 0).then(|| (name.clone(), object.value(&name).cloned()));
            if is_address(&name) {
                self.addresses.leave(object);
                changed |= object.write(name, value, version);
                self.addresses.enter(object);
            } else {
                changed |= object.write(name, value, version);
            }
            if let Some((name, former)) = former {
                let until = seconds_later(now, lag_s.into());
                object.lag(&name, former.unwrap_or(Value::Null), until);
            }
        }
        if changed {
            self.touch(id, now);
        }
    }

    pub(crate) fn set_manager(&mut self, id: &str, manager: Option<&str>, now: Timestamp) {
        let version = self.version + 1;
        let Some(object) = self.objects.get_mut(id) else {
            return;
        };
        if object.manager() == manager {
            return;
        }
        object.link_manager(manager.map(str::to_owned), version);
        self.touch(id, now);
    }

    pub(crate) fn add_link(&mut self, id: &str, relation: Relation, to: &str, now: Timestamp) {
        let version = self.version + 1;
        if let Some(object) = self.objects.get_mut(id) {
            links(object, relation).add(to, version);
            self.touch(id, now);
        }
    }

    /// Removes a link; returns false where there was none.
    pub(crate) fn remove_link(
        &mut self,
        id: &str,
        relation: Relation,
        to: &str,
        now: Timestamp,
    ) -> bool {
        let version = self.version + 1;
        let removed = self
            .objects
            .get_mut(id)
            .is_some_and(|object| links(object, relation).remove(to, version));
        if removed {
            self.touch(id, now);
        }
        removed
    }

    /// Puts an object into the recycle bin. A user's principal name is freed: it gets the id as a
    /// prefix until the restore (graph.md 2.8). Links stay as they are.
    pub(crate) fn soft_delete(&mut self, id: &str, now: Timestamp) {
        let Some(object) = self.objects.get_mut(id) else {
            return;
        };
        let version = self.version + 1;
        self.addresses.leave(object);
        object.deleted = Some(now);
        object.binned = version;
        self.bin.insert((now, id.to_owned()));
        if let Some(name) = object.text("userPrincipalName") {
            let freed = format!("{}{name}", id.replace('-', ""));
            object.write("userPrincipalName", Value::String(freed), version);
        }
        self.addresses.enter(object);
        self.touch(id, now);
    }

    /// Takes an object out of the recycle bin, under the name it had or another.
    pub(crate) fn restore(&mut self, id: &str, name: Option<String>, now: Timestamp) {
        let Some(object) = self.objects.get_mut(id) else {
            return;
        };
        let version = self.version + 1;
        self.addresses.leave(object);
        if let Some(deleted) = object.deleted.take() {
            self.bin.remove(&(deleted, id.to_owned()));
        }
        object.appeared = version;
        if let Some(name) = name {
            object.write("userPrincipalName", Value::String(name), version);
        }
        self.addresses.enter(object);
        self.touch(id, now);
        // The groups it never left report it anew, for those who read them in the meantime.
        let groups: Vec<String> = self
            .listing(Kind::Group, FROM_START)
            .filter(|group| group.members.contains(id))
            .map(|group| group.id.clone())
            .collect();
        for group in groups {
            self.add_link(&group, Relation::Members, id, now);
        }
    }

    /// Removes an object for good, and every link to it.
    pub(crate) fn purge(&mut self, id: &str, now: Timestamp) {
        let Some(object) = self.objects.remove(id) else {
            return;
        };
        self.addresses.leave(&object);
        if let Some(deleted) = object.deleted {
            self.bin.remove(&(deleted, id.to_owned()));
        }
        self.latest.remove(&object.changed);
        if let Some(ids) = self.kinds.get_mut(&object.kind) {
            ids.remove(id);
        }
        let version = self.next_version(now);
        self.latest.insert(version, id.to_owned());
        self.purged.insert(
            id.to_owned(),
            Purged {
                kind: object.kind,
                version,
            },
        );
        let (managed, linked): (Vec<String>, Vec<String>) = {
            let managed = self
                .objects
                .values()
                .filter(|other| other.manager() == Some(id));
            let linked = self
                .objects
                .values()
                .filter(|other| other.members.contains(id) || other.owners.contains(id));
            (
                managed.map(|other| other.id.clone()).collect(),
                linked.map(|other| other.id.clone()).collect(),
            )
        };
        for other in managed {
            self.set_manager(&other, None, now);
        }
        for other in linked {
            self.remove_link(&other, Relation::Members, id, now);
            self.remove_link(&other, Relation::Owners, id, now);
        }
    }

    /// Purges what has been in the recycle bin for 30 days (graph.md 2.8).
    pub(crate) fn purge_expired(&mut self, now: Timestamp) {
        while let Some((deleted, id)) = self.bin.first().cloned() {
            if seconds_later(deleted, RECYCLE_BIN_S) > now {
                return;
            }
            self.purge(&id, now);
        }
    }

    /// Changes what is not a property: replication and protection.
    pub(crate) fn alter(&mut self, id: &str, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.objects.get_mut(id) {
            change(object);
        }
    }

    fn next_version(&mut self, now: Timestamp) -> u64 {
        self.version += 1;
        // Kept in order even where the machine's clock was set back.
        let made = self.made.last().map_or(now, |last| now.max(*last));
        self.made.push(made);
        self.version
    }

    fn touch(&mut self, id: &str, now: Timestamp) {
        let version = self.next_version(now);
        if let Some(object) = self.objects.get_mut(id) {
            self.latest.remove(&object.changed);
            object.changed = version;
            self.latest.insert(version, id.to_owned());
        }
    }
}

impl Purged {
    /// Whether it went after that version.
    pub(crate) fn since(self, version: u64) -> bool {
        self.version > version
    }
}

fn links(object: &mut Object, relation: Relation) -> &mut super::object::Links {
    match relation {
        Relation::Members => &mut object.members,
        Relation::Owners => &mut object.owners,
    }
}
