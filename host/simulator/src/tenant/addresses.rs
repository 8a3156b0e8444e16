//! Who holds which address: the index that uniqueness, invitations and filters ask.
//!
//! Compared without case and without the `smtp:` of a proxy address. Deleted objects are in it too;
//! whoever asks decides whether they count.

use std::collections::{BTreeMap, BTreeSet};

use super::object::Object;

/// Objects by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses(BTreeMap<String, BTreeSet<String>>);

/// Returns an address as the index has it.
pub(crate) fn plain(address: &str) -> String {
    let lower = address.to_lowercase();
    match lower.strip_prefix("smtp:") {
        Some(plain) => plain.to_owned(),
        None => lower,
    }
}

impl Addresses {
    pub(super) fn enter(&mut self, object: &Object) {
        for address in of(object) {
            self.0.entry(address).or_default().insert(object.id.clone());
        }
    }

    pub(super) fn leave(&mut self, object: &Object) {
        for address in of(object) {
            if let Some(holders) = self.0.get_mut(&address) {
                holders.remove(&object.id);
                if holders.is_empty() {
                    self.0.remove(&address);
                }
            }
        }
    }

    /// Returns the ids of those who have the address anywhere, in order.
    pub(crate) fn holders(&self, address: &str) -> Vec<String> {
        self.0
            .get(&plain(address))
            .map(|holders| holders.iter().cloned().collect())
            .unwrap_or_default()
    }
}

/// Whether a change of this property moves the object in the index.
pub(super) fn is_address(name: &str) -> bool {
    matches!(
        name,
        "mail" | "userPrincipalName" | "proxyAddresses" | "otherMails"
    )
}

fn of(object: &Object) -> BTreeSet<String> {
    let single = ["mail", "userPrincipalName"]
        .into_iter()
        .filter_map(|name| object.text(name));
    let many = ["proxyAddresses", "otherMails"]
        .into_iter()
        .flat_map(|name| object.texts(name));
    single.chain(many).map(plain).collect()
}
