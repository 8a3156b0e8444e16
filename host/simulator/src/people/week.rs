//! A week in the life of a tenant: who came, who left, who changed.
//!
//! It writes as the tenant's own administrators would, past Graph. The same seed on the same
//! tenant gives the same week.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::groups::ALL_STAFF;
use super::person::{DEPARTMENTS, Maker, Traits};
use crate::schema::Kind;
use crate::seed::Generator;
use crate::tenant::Tenant;
use crate::tenant::directory::{FROM_START, Relation};

/// What a week changed, person by person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Joined, and were put into the groups of all staff and of their department.
    pub hired: Vec<Person>,
    /// Left: their users are in the recycle bin.
    pub left: Vec<Person>,
    /// Have another surname and display name.
    pub renamed: Vec<Person>,
    /// Of the renamed, have another mail address and user principal name too.
    pub readdressed: Vec<Person>,
    /// Work in another department, and are in its group.
    pub moved: Vec<Person>,
    /// Report to another manager.
    pub reassigned: Vec<Person>,
    /// May no longer sign in.
    pub disabled: Vec<Person>,
    /// Have no office location any more.
    pub cleared: Vec<Person>,
}

/// Somebody in a list of changes, as they are after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The object id.
    pub id: String,
    /// The display name.
    pub display_name: String,
    /// The user principal name.
    pub user_principal_name: String,
}

impl Changes {
    /// Returns how many people were touched, each counted once.
    #[must_use]
    pub fn people(&self) -> usize {
        let lists = [
            &self.hired,
            &self.left,
            &self.renamed,
            &self.moved,
            &self.reassigned,
            &self.disabled,
            &self.cleared,
        ];
        let ids: BTreeSet<&str> = lists
            .into_iter()
            .flatten()
            .map(|person| person.id.as_str())
            .collect();
        ids.len()
    }
}

/// Lets a week pass in a tenant.
pub(crate) fn pass(tenant: &mut Tenant, seed: u64, now: Timestamp) -> Changes {
    let mut chance = Generator::new(seed).branch("week");
    let mut people: Vec<String> = tenant
        .directory
        .listing(Kind::User, FROM_START)
        .filter(|user| user.is_live() && !user.is_external())
        .filter(|user| user.flag("accountEnabled") == Some(true) && user.text("mail").is_some())
        .filter(|user| user.text("officeLocation").is_some())
        .map(|user| user.id.clone())
        .collect();
    chance.shuffle(&mut people);
    // Each is touched in one way at most, so that a report of the week reads plainly.
    let mut people = people.into_iter();
    let few = (people.len() / 100).clamp(1, 20);
    let mut week = Week {
        tenant,
        chance,
        now,
        changes: Changes::default(),
    };
    let mut next = |count: usize| -> Vec<String> { people.by_ref().take(count).collect() };
    let (leavers, renamed, moved) = (next(few), next(2), next(few + 1));
    let (reassigned, disabled, cleared) = (next(1), next(1), next(1));
    week.hire(few + 2);
    week.rename(&renamed);
    week.relocate(&moved);
    week.reassign(&reassigned);
    week.disable(&disabled);
    week.clear(&cleared);
    week.leave(&leavers);
    week.changes
}

struct Week<'a> {
    tenant: &'a mut Tenant,
    chance: Generator,
    now: Timestamp,
    changes: Changes,
}

impl Week<'_> {
    fn person(&self, id: &str) -> Option<Person> {
        let user = self.tenant.directory.get(id)?;
        Some(Person {
            id: user.id.clone(),
            display_name: user.text("displayName").unwrap_or_default().to_owned(),
            user_principal_name: user
                .text("userPrincipalName")
                .unwrap_or_default()
                .to_owned(),
        })
    }

    fn set(&mut self, id: &str, values: Vec<(&'static str, Value)>) {
        let values = values.into_iter().map(|(name, value)| (name.into(), value));
        self.tenant.directory.set(id, values, self.now);
    }

    fn group(&self, name: &str) -> Option<String> {
        self.tenant
            .directory
            .listing(Kind::Group, FROM_START)
            .find(|group| group.is_live() && group.text("displayName") == Some(name))
            .map(|group| group.id.clone())
    }

    fn join(&mut self, group: &str, id: &str) {
        if let Some(group) = self.group(group) {
            let now = self.now;
            self.tenant
                .directory
                .add_link(&group, Relation::Members, id, now);
        }
    }

    /// Returns a maker that knows which local parts are taken.
    fn maker(&mut self) -> Maker {
        let number = self.tenant.directory.count(Kind::User);
        let mut maker = Maker::new(self.chance.branch("people"), &self.tenant.name, number);
        let locals = self
            .tenant
            .directory
            .listing(Kind::User, FROM_START)
            .flat_map(|user| [user.text("userPrincipalName"), user.text("mail")])
            .flatten()
            .filter_map(|address| address.split('@').next())
            .map(str::to_owned);
        maker.reserve(locals);
        maker
    }

    fn hire(&mut self, count: usize) {
        // A generator that has moved on, or two weeks would hire the same people.
        self.chance.next();
        let mut maker = self.maker();
        let managers: Vec<String> = self
            .tenant
            .directory
            .listing(Kind::User, FROM_START)
            .filter(|user| user.is_live() && !user.is_external())
            .map(|user| user.id.clone())
            .collect();
        for _ in 0..count {
            let person = maker.person(Traits::default(), self.now);
            let id = person.id.clone();
            let department = person.text("department").unwrap_or_default().to_owned();
            self.tenant.directory.insert(person, self.now);
            if !managers.is_empty() {
                let manager = self.chance.pick(&managers).clone();
                self.tenant
                    .directory
                    .set_manager(&id, Some(&manager), self.now);
            }
            self.join(ALL_STAFF, &id);
            self.join(&department, &id);
            let person = self.person(&id);
            self.changes.hired.extend(person);
        }
    }

    /// A new surname; the first of them gets new addresses too.
    fn rename(&mut self, ids: &[String]) {
        let mut maker = self.maker();
        for (index, id) in ids.iter().enumerate() {
            let Some(user) = self.tenant.directory.get(id) else {
                continue;
            };
            let given = user.text("givenName").unwrap_or("Alex").to_owned();
            let local = user
                .text("mail")
                .and_then(|mail| mail.split(['.', '@']).next())
                .unwrap_or("alex")
                .to_owned();
            let mut proxies: Vec<String> = user
                .texts("proxyAddresses")
                .into_iter()
                .map(|address| address.replace("SMTP:", "smtp:"))
                .collect();
            let names = [
                ("Ashdown-Keller", "ashdown-keller"),
                ("Brandvold", "brandvold"),
            ];
            let (surname, ascii) = names[index % names.len()];
            let mut values = vec![
                ("surname", json!(surname)),
                ("displayName", json!(format!("{given} {surname}"))),
            ];
            if index == 0 {
                let local = maker.local_part(&local, ascii);
                let address = format!("{local}@{}", self.tenant.default_domain);
                proxies.insert(0, format!("SMTP:{address}"));
                values.push(("mail", json!(address)));
                values.push(("userPrincipalName", json!(address)));
                values.push(("mailNickname", json!(local)));
                values.push(("proxyAddresses", json!(proxies)));
            }
            self.set(id, values);
            let person = self.person(id);
            if index == 0 {
                self.changes.readdressed.extend(person.clone());
            }
            self.changes.renamed.extend(person);
        }
    }

    fn relocate(&mut self, ids: &[String]) {
        for id in ids {
            let former = self
                .tenant
                .directory
                .get(id)
                .and_then(|user| user.text("department"))
                .unwrap_or_default()
                .to_owned();
            let others: Vec<_> = DEPARTMENTS
                .iter()
                .filter(|(name, _)| *name != former)
                .collect();
            let (name, title) = **self.chance.pick(&others);
            self.set(
                id,
                vec![("department", json!(name)), ("jobTitle", json!(title))],
            );
            if let Some(group) = self.group(&former) {
                let now = self.now;
                self.tenant
                    .directory
                    .remove_link(&group, Relation::Members, id, now);
            }
            self.join(name, id);
            let person = self.person(id);
            self.changes.moved.extend(person);
        }
    }

    fn reassign(&mut self, ids: &[String]) {
        for id in ids {
            // Anybody else, as long as it is a change and not a ring of two.
            let other = self
                .tenant
                .directory
                .listing(Kind::User, FROM_START)
                .filter(|user| user.is_live() && !user.is_external() && user.id != *id)
                .find(|user| {
                    let present = self
                        .tenant
                        .directory
                        .get(id)
                        .and_then(|user| user.manager());
                    present != Some(user.id.as_str()) && user.manager() != Some(id.as_str())
                })
                .map(|user| user.id.clone());
            let Some(manager) = other else {
                continue;
            };
            self.tenant
                .directory
                .set_manager(id, Some(&manager), self.now);
            let person = self.person(id);
            self.changes.reassigned.extend(person);
        }
    }

    fn disable(&mut self, ids: &[String]) {
        for id in ids {
            self.set(id, vec![("accountEnabled", json!(false))]);
            let person = self.person(id);
            self.changes.disabled.extend(person);
        }
    }

    fn clear(&mut self, ids: &[String]) {
        for id in ids {
            self.set(id, vec![("officeLocation", Value::Null)]);
            let person = self.person(id);
            self.changes.cleared.extend(person);
        }
    }

    fn leave(&mut self, ids: &[String]) {
        for id in ids {
            let person = self.person(id);
            self.changes.left.extend(person);
            self.tenant.directory.soft_delete(id, self.now);
        }
    }
}
