//! The name of an external user: `alice_contoso.com#EXT#@fabrikam.onmicrosoft.com`.

use syncline_sdk::{Change, Tenant};

/// The longest `userPrincipalName` that Graph takes.
const NAME_LENGTH_MAX: usize = 113;

/// Returns the name that a source name becomes in the target.
pub fn external_name(name: &str, target: &Tenant) -> String {
    format!("{}#EXT#@{}", name.replace('@', "_"), target.initial_domain)
}

/// Returns the change of `userPrincipalName`, which Graph never allows to be cleared.
pub fn change((name, target): (Option<&str>, &Tenant)) -> Change {
    let Some(name) = name else {
        return Change::Keep;
    };
    let name = external_name(name, target);
    let length = name.chars().count();
    if length > NAME_LENGTH_MAX {
        let text = format!("{name} has {length} characters, at most {NAME_LENGTH_MAX} are allowed");
        return Change::refuse("ValueTooLong", text);
    }
    Change::set(name)
}

/// Returns the match key of a name. A name too long to exist finds nothing.
pub fn key((name, target): (Option<&str>, &Tenant)) -> Option<String> {
    let name = external_name(name?, target);
    (name.chars().count() <= NAME_LENGTH_MAX).then_some(name)
}
