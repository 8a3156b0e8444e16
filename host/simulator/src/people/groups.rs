//! The groups that people are in.

use jiff::Timestamp;
use serde_json::json;

use super::person::DEPARTMENTS;
use crate::schema::Kind;
use crate::seed::Generator;
use crate::tenant::directory::{Directory, FROM_START, Relation};
use crate::tenant::object::Object;

/// Everybody who works here, directly.
pub(crate) const ALL_STAFF: &str = "All staff";
/// Everybody through the groups of the departments.
pub(crate) const EVERYONE: &str = "Everyone";

/// Makes the groups and puts the people in.
pub(super) fn make(
    directory: &mut Directory,
    chance: &mut Generator,
    domain: &str,
    now: Timestamp,
) {
    let people: Vec<(String, String)> = directory
        .listing(Kind::User, FROM_START)
        .filter(|user| !user.is_external() && user.is_live())
        .map(|user| {
            let department = user.text("department").unwrap_or_default();
            (user.id.clone(), department.to_owned())
        })
        .collect();
    let staff = add(directory, security(chance, ALL_STAFF, "allstaff", now), now);
    for (id, _) in &people {
        directory.add_link(&staff, Relation::Members, id, now);
    }
    let mut departments = Vec::new();
    for (name, _) in DEPARTMENTS {
        let nickname: String = name
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let group = add(directory, security(chance, name, &nickname, now), now);
        for (id, _) in people.iter().filter(|(_, department)| department == name) {
            directory.add_link(&group, Relation::Members, id, now);
        }
        departments.push(group);
    }
    let everyone = add(directory, security(chance, EVERYONE, "everyone", now), now);
    for group in &departments {
        directory.add_link(&everyone, Relation::Members, group, now);
    }
    mail_enabled(directory, chance, &people, domain, now);
}

fn security(chance: &mut Generator, name: &str, nickname: &str, now: Timestamp) -> Object {
    Object::new(chance.id(), Kind::Group, now)
        .with("displayName", name)
        .with("description", format!("{name}, kept by the service desk"))
        .with("mailEnabled", false)
        .with("mailNickname", nickname)
        .with("securityEnabled", true)
        .with("groupTypes", json!([]))
}

fn add(directory: &mut Directory, group: Object, now: Timestamp) -> String {
    let id = group.id.clone();
    directory.insert(group, now);
    id
}

/// One Microsoft 365 group, and one distribution list that Graph shows and never writes.
fn mail_enabled(
    directory: &mut Directory,
    chance: &mut Generator,
    people: &[(String, String)],
    domain: &str,
    now: Timestamp,
) {
    for (name, nickname, types, security) in [
        ("Launch team", "launch", json!(["Unified"]), false),
        ("News list", "news", json!([]), false),
    ] {
        let address = format!("{nickname}@{domain}");
        let group = Object::new(chance.id(), Kind::Group, now)
            .with("displayName", name)
            .with("mailEnabled", true)
            .with("mailNickname", nickname)
            .with("securityEnabled", security)
            .with("groupTypes", types)
            .with("mail", address.clone())
            .with("proxyAddresses", json!([format!("SMTP:{address}")]));
        let id = add(directory, group, now);
        for (member, _) in people.iter().take(5) {
            directory.add_link(&id, Relation::Members, member, now);
        }
    }
}
