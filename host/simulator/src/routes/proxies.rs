//! What writing `mail` does to `proxyAddresses` (graph.md 2.6).

use serde_json::{Value, json};

use crate::tenant::addresses::plain;
use crate::tenant::directory::Directory;
use crate::tenant::object::Object;

/// Returns the proxy addresses after a user got a new mail address, or `None` where they stay:
/// somebody else holds the address, or the user's primary address is its external name.
pub(super) fn after_mail(directory: &Directory, user: &Object, mail: &str) -> Option<Value> {
    if is_taken(directory, mail, &user.id) {
        return None;
    }
    let present = user.texts("proxyAddresses");
    let primary_is_external = present
        .iter()
        .any(|address| address.starts_with("SMTP:") && address.contains("#EXT#"));
    if primary_is_external {
        return None;
    }
    let mut addresses = vec![format!("SMTP:{mail}")];
    for address in present {
        if plain(address) != plain(mail) {
            addresses.push(format!(
                "smtp:{}",
                &address["smtp:".len().min(address.len())..]
            ));
        }
    }
    Some(json!(addresses))
}

/// Whether an object besides this one has the address among its proxies.
pub(super) fn is_taken(directory: &Directory, address: &str, besides: &str) -> bool {
    holders(directory, address, besides).next().is_some()
}

/// Returns the live objects, besides one, that have the address among their proxies.
pub(super) fn holders<'a>(
    directory: &'a Directory,
    address: &'a str,
    besides: &'a str,
) -> impl Iterator<Item = &'a Object> {
    directory.holders(address, besides).filter(move |object| {
        object
            .texts("proxyAddresses")
            .iter()
            .any(|proxy| plain(proxy) == plain(address))
    })
}
