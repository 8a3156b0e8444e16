//! One directory object: its properties, its links, and when each last changed.
//!
//! A version is the number of the change in the tenant's log. Properties carry their own, so that
//! a delta query can tell whether anything it tracks has changed without comparing values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::clock::graph_time;
use crate::schema::Kind;

/// A user, group or contact.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// A property that was cleared stays, as null; one that never had a value is missing.
    properties: BTreeMap<Cow<'static, str>, Slot>,
    /// Every manager there was, by the version that set it; the last is the present one.
    manager: Vec<(u64, Option<String>)>,
    pub(crate) members: Links,
    pub(crate) owners: Links,
    /// The version at which it was created or restored.
    pub(crate) appeared: u64,
    /// The version of its latest change.
    pub(crate) changed: u64,
    pub(crate) deleted: Option<Timestamp>,
    /// The version at which it last went to the recycle bin.
    pub(crate) binned: u64,
    /// Until then GET, PATCH and `$ref` do not find it.
    pub(crate) visible_from: Option<Timestamp>,
    /// Until then some property reads as it was.
    stale_until: Option<Timestamp>,
    /// Holds an administrator role: its sensitive properties are refused (graph.md 2.3).
    pub(crate) protected: bool,
}

#[derive(Clone, Debug)]
struct Slot {
    value: Value,
    version: u64,
    /// What a replica that lags still reads.
    former: Option<Box<Former>>,
}

/// A value that was replaced, and until when some still read it.
#[derive(Clone, Debug)]
struct Former {
    value: Value,
    until: Timestamp,
}

/// The links of one relation, present and past.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// Present links, by the version that added them.
    pub(crate) present: BTreeMap<String, u64>,
    /// Former links, by the version that removed them.
    pub(crate) former: BTreeMap<String, u64>,
}

impl Links {
    pub(super) fn add(&mut self, id: &str, version: u64) {
        self.former.remove(id);
        self.present.insert(id.to_owned(), version);
    }

    pub(super) fn remove(&mut self, id: &str, version: u64) -> bool {
        let present = self.present.remove(id).is_some();
        if present {
            self.former.insert(id.to_owned(), version);
        }
        present
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.present.contains_key(id)
    }
}

impl Object {
    pub(crate) fn new(id: String, kind: Kind, now: Timestamp) -> Self {
        let mut object = Self {
            id,
            kind,
            properties: BTreeMap::new(),
            manager: Vec::new(),
            members: Links::default(),
            owners: Links::default(),
            appeared: 0,
            changed: 0,
            deleted: None,
            binned: 0,
            visible_from: None,
            stale_until: None,
            protected: false,
        };
        if kind != Kind::Contact {
            object.write("createdDateTime", Value::String(graph_time(now)), 0);
        }
        object
    }

    /// Gives a property a value before the object enters the directory.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.write(name, value.into(), 0);
        self
    }

    /// Sets a property; returns false where the value was the same already.
    pub(super) fn write(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: Value,
        version: u64,
    ) -> bool {
        let name = name.into();
        match self.properties.get_mut(&name) {
            Some(slot) if slot.value == value => false,
            Some(slot) => {
                *slot = Slot {
                    value,
                    version,
                    former: None,
                };
                true
            }
            None if value.is_null() => false,
            None => {
                self.properties.insert(
                    name,
                    Slot {
                        value,
                        version,
                        former: None,
                    },
                );
                true
            }
        }
    }

    /// Lets readers see what a property was before its last change, until then.
    pub(super) fn lag(&mut self, name: &str, former: Value, until: Timestamp) {
        if let Some(slot) = self.properties.get_mut(name) {
            slot.former = Some(Box::new(Former {
                value: former,
                until,
            }));
            self.stale_until = self.stale_until.max(Some(until));
        }
    }

    /// Returns the object as a replica reads it that lags behind (graph.md 9.4).
    pub(crate) fn as_of(&self, now: Timestamp) -> Cow<'_, Self> {
        if self.stale_until.is_none_or(|until| until <= now) {
            return Cow::Borrowed(self);
        }
        let mut stale = self.clone();
        for slot in stale.properties.values_mut() {
            if let Some(former) = slot.former.take()
                && former.until > now
            {
                slot.value = former.value;
            }
        }
        Cow::Owned(stale)
    }

    /// Gives every property the version at which the object entered the directory.
    pub(super) fn enter(&mut self, version: u64) {
        for slot in self.properties.values_mut() {
            slot.version = version;
        }
        self.appeared = version;
        self.changed = version;
    }

    pub(super) fn link_manager(&mut self, manager: Option<String>, version: u64) {
        self.manager.push((version, manager));
    }

    /// Returns the value, null included, or `None` where there never was one.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).map(|slot| &slot.value)
    }

    /// Returns the property as text, where it has a value.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(Value::as_bool)
    }

    /// Returns the texts of a collection; none where it has no value.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        match self.value(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the version at which a property last changed.
    pub(crate) fn version_of(&self, name: &str) -> u64 {
        self.properties.get(name).map_or(0, |slot| slot.version)
    }

    pub(crate) fn manager(&self) -> Option<&str> {
        self.manager.last().and_then(|(_, id)| id.as_deref())
    }

    /// Returns who the manager was as of a version.
    pub(crate) fn manager_at(&self, version: u64) -> Option<&str> {
        self.manager
            .iter()
            .rev()
            .find(|(set, _)| *set <= version)
            .and_then(|(_, id)| id.as_deref())
    }

    pub(crate) fn is_live(&self) -> bool {
        self.deleted.is_none()
    }

    /// Whether reads and references find it, replication permitting.
    pub(crate) fn is_visible(&self, now: Timestamp) -> bool {
        self.is_live() && self.visible_from.is_none_or(|from| from <= now)
    }

    /// Whether it is somebody else's user, invited here.
    pub(crate) fn is_external(&self) -> bool {
        self.text("creationType") == Some("Invitation")
            || self
                .text("userPrincipalName")
                .is_some_and(|name| name.contains("#EXT#"))
    }

    /// Returns the named properties as Graph gives them when selected: null or an empty list where
    /// there is no value.
    pub(crate) fn select<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Map<String, Value> {
        names
            .into_iter()
            .map(|name| (name.to_owned(), self.selected(name)))
            .collect()
    }

    /// Returns one property as Graph gives it when selected.
    pub(crate) fn selected(&self, name: &str) -> Value {
        match name {
            "id" => Value::String(self.id.clone()),
            "deletedDateTime" => self
                .deleted
                .map_or(Value::Null, |at| Value::String(graph_time(at))),
            _ => match self.value(name) {
                Some(Value::Null) | None => self.kind.without_value(name),
                Some(Value::Object(members)) if name == "onPremisesExtensionAttributes" => {
                    let mut whole = self.kind.without_value(name);
                    for (member, value) in members {
                        whole[member] = value.clone();
                    }
                    whole
                }
                Some(value) => value.clone(),
            },
        }
    }

    /// Returns everything there is, for a look from outside.
    pub(crate) fn everything(&self) -> Map<String, Value> {
        let mut whole: Map<String, Value> = self
            .properties
            .iter()
            .map(|(name, slot)| (name.to_string(), slot.value.clone()))
            .collect();
        whole.insert("id".to_owned(), self.selected("id"));
        whole.insert(
            "deletedDateTime".to_owned(),
            self.selected("deletedDateTime"),
        );
        whole
    }
}
