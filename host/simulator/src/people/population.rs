//! The tenants as they are at the start.

use jiff::Timestamp;
use serde_json::json;

use super::groups;
use super::person::{Maker, Traits};
use crate::clock::{graph_time, later};
use crate::schema::Kind;
use crate::seed::Generator;
use crate::settings::Settings;
use crate::tenant::app::{ADMINISTRATOR, App, READER, WRITER};
use crate::tenant::directory::{Directory, FROM_START};
use crate::tenant::object::Object;
use crate::tenant::policy::Partner;
use crate::tenant::{Neighbour, Tenant};

/// How many people report to one manager.
const REPORTS: usize = 7;

/// Returns the tenants by the names in the settings. The first is the largest; the others have people
/// of their own, and know one of the first.
pub(crate) fn tenants(settings: &Settings, seed: &Generator, now: Timestamp) -> Vec<Tenant> {
    // The population is a month old, so that nothing in it looks fresh.
    let then = later(now, jiff::SignedDuration::from_hours(-24 * 31));
    let is_group = settings.tenants.len() > 2;
    let mut tenants: Vec<Tenant> = Vec::with_capacity(settings.tenants.len());
    for name in &settings.tenants {
        match tenants.first() {
            None => {
                let mut first = tenant(name, is_group, settings, seed);
                fill_source(&mut first, settings.users, seed, then);
                tenants.push(first);
            }
            Some(first) => {
                let own = settings.users / if is_group { 4 } else { 20 } + 3;
                let mut other = tenant(name, true, settings, seed);
                fill_target(&mut other, own, &first.directory, seed, then);
                tenants.push(other);
            }
        }
    }
    introduce(&mut tenants);
    tenants
}

/// Makes every tenant know every other, and trust it.
fn introduce(tenants: &mut [Tenant]) {
    let all: Vec<Neighbour> = tenants
        .iter()
        .map(|tenant| Neighbour {
            id: tenant.id.clone(),
            display_name: tenant.display_name.clone(),
            default_domain: tenant.default_domain.clone(),
            initial_domain: tenant.initial_domain.clone(),
        })
        .collect();
    for tenant in tenants {
        for other in all.iter().filter(|other| other.id != tenant.id) {
            let partners = &mut tenant.policy.partners;
            partners.insert(other.id.clone(), Partner::trusted());
            tenant.neighbours.push(other.clone());
        }
    }
}

fn tenant(name: &str, writes: bool, settings: &Settings, seed: &Generator) -> Tenant {
    let mut chance = seed.branch(name);
    let id = chance.id();
    let mut app = |roles| App::new(chance.id(), chance.opaque(2), roles);
    let apps = vec![
        app(if writes { WRITER } else { READER }),
        app(ADMINISTRATOR),
    ];
    let mut tenant = Tenant::new(name, id, apps, settings.limits);
    tenant.delta = settings.delta;
    tenant.replication_lag_s = settings.replication_lag_s;
    tenant
}

/// Guests among so many users: one in fifty, and at least one where there are ten.
fn guests_among(users: usize) -> usize {
    users / 50 + usize::from(users >= 10)
}

fn fill_source(tenant: &mut Tenant, users: usize, seed: &Generator, now: Timestamp) {
    let name = tenant.name.clone();
    let mut maker = Maker::new(seed.branch(&format!("{name} people")), &name, 0);
    let guests = guests_among(users).min(users);
    let people = users - guests;
    let mut ids: Vec<String> = Vec::with_capacity(people);
    for index in 0..people {
        let traits = Traits {
            disabled: index % 33 == 32,
            without_mail: index % 70 == 13,
            apostrophe: index % 60 == 17,
            longest: index % 500 == 11,
            bare: index % 40 == 21,
        };
        let person = maker.person(traits, now);
        ids.push(person.id.clone());
        tenant.directory.insert(person, now);
    }
    // A tree: the first person has no manager, and each manages a handful.
    for (index, id) in ids.iter().enumerate().skip(1) {
        let manager = &ids[(index - 1) / REPORTS];
        tenant.directory.set_manager(id, Some(manager), now);
    }
    if users >= 100 {
        share_mail(&mut tenant.directory, &ids, now);
    }
    for index in 0..guests {
        let address = format!("partner{}@adatum.com", index + 1);
        let guest = external(&mut maker.chance, tenant, &address, "Guest", now);
        tenant.directory.insert(guest, now);
    }
    let mut chance = seed.branch(&format!("{name} groups"));
    let domain = tenant.default_domain.clone();
    groups::make(&mut tenant.directory, &mut chance, &domain, now);
}

/// Gives one person another's mail, as a badly kept directory has it; the proxy address stays with
/// whom it belongs to.
fn share_mail(directory: &mut Directory, ids: &[String], now: Timestamp) {
    let (Some(owner), Some(other)) = (ids.get(40), ids.get(41)) else {
        return;
    };
    let Some(mail) = directory
        .get(owner)
        .and_then(|user| user.value("mail"))
        .cloned()
    else {
        return;
    };
    directory.set(
        other,
        [("mail".into(), mail), ("proxyAddresses".into(), json!([]))],
        now,
    );
}

/// Returns an external user as an accepted invitation leaves it.
fn external(
    chance: &mut Generator,
    tenant: &Tenant,
    address: &str,
    user_type: &'static str,
    now: Timestamp,
) -> Object {
    let nickname = format!("{}#EXT#", address.replace('@', "_"));
    let local = address.split('@').next().unwrap_or(address);
    Object::new(chance.id(), Kind::User, now)
        .with("accountEnabled", true)
        .with("displayName", local)
        .with(
            "userPrincipalName",
            format!("{nickname}@{}", tenant.initial_domain),
        )
        .with("mailNickname", nickname)
        .with("mail", address)
        .with("otherMails", json!([address]))
        .with("proxyAddresses", json!([format!("SMTP:{address}")]))
        .with("userType", user_type)
        .with("creationType", "Invitation")
        .with("externalUserState", "Accepted")
        .with("externalUserStateChangeDateTime", graph_time(now))
        .with("showInAddressList", false)
}

fn fill_target(
    tenant: &mut Tenant,
    people: usize,
    source: &Directory,
    seed: &Generator,
    now: Timestamp,
) {
    let name = tenant.name.clone();
    let mut maker = Maker::new(seed.branch(&format!("{name} people")), &name, 0);
    let mut ids: Vec<String> = Vec::with_capacity(people);
    for index in 0..people {
        let traits = Traits {
            disabled: index % 33 == 32,
            ..Traits::default()
        };
        let person = maker.person(traits, now);
        ids.push(person.id.clone());
        tenant.directory.insert(person, now);
    }
    for (index, id) in ids.iter().enumerate().skip(1) {
        let manager = &ids[(index - 1) / REPORTS];
        tenant.directory.set_manager(id, Some(manager), now);
    }
    // Somebody of the first tenant was invited by hand long ago.
    let known = source
        .listing(Kind::User, FROM_START)
        .filter(|user| !user.is_external() && user.flag("accountEnabled") == Some(true))
        .filter_map(|user| user.text("mail"))
        .find(|mail| !mail.contains('\'') && source.holders(mail, "").count() == 1);
    if let Some(mail) = known {
        let guest = external(&mut maker.chance, tenant, mail, "Guest", now);
        tenant.directory.insert(guest, now);
    }
    // And a guest of somebody else's was deleted a while ago.
    let former = external(&mut maker.chance, tenant, "former@adatum.com", "Guest", now);
    let id = former.id.clone();
    tenant.directory.insert(former, now);
    // Deleted ten days before the start: still in the recycle bin for twenty.
    let deleted = later(now, jiff::SignedDuration::from_hours(24 * 21));
    tenant.directory.soft_delete(&id, deleted);
    let mut chance = seed.branch(&format!("{name} groups"));
    let domain = tenant.default_domain.clone();
    groups::make(&mut tenant.directory, &mut chance, &domain, deleted);
}
