//! Whether the target holds what the rules say, no more and no less, at every step of a client's
//! life: the first cycle, a week of changes, a change of rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Value as Json, json};

use crate::{
    schema::{DefaultMapping, Wanted},
    support::{
        Rehearsal,
        graph::{Holdings, id, manager, text},
    },
};

/// What an independent reader expects, step by step.
struct Expectation<'a> {
    mapping: DefaultMapping,
    adapt: fn(&Json, Option<&Json>, &mut Wanted),
    rehearsal: &'a Rehearsal,
    /// Source users by the target user that was made for them.
    made: BTreeMap<String, String>,
    /// The target before Syncline touched it, byte for byte.
    untouched: BTreeMap<String, String>,
    before: Holdings,
}

impl<'a> Expectation<'a> {
    fn begin(rehearsal: &'a Rehearsal) -> Self {
        Self {
            mapping: DefaultMapping::read(),
            adapt: |_, _, _| {},
            rehearsal,
            made: BTreeMap::new(),
            untouched: raw_users(rehearsal),
            before: rehearsal.holdings("fabrikam"),
        }
    }

    /// Reads both tenants and compares the target with what the source demands.
    #[track_caller]
    fn check(&mut self, step: &str) {
        let source = self.rehearsal.holdings("contoso");
        let target = self.rehearsal.holdings("fabrikam");
        let mut wrong = String::new();

        let foreign: BTreeMap<String, String> = raw_users(self.rehearsal)
            .into_iter()
            .filter(|(id, _)| self.untouched.contains_key(id))
            .collect();
        assert!(
            foreign == self.untouched,
            "{step}: what is not ours has been touched"
        );

        let wanted = self.wanted_people(&source);
        for person in &wanted {
            let mail = text(person, "mail").expect("who is invited has an address");
            self.made
                .entry(id(person).to_owned())
                .or_insert_with(|| id(target.with_mail(mail)).to_owned());
        }
        for person in &wanted {
            self.compare(person, &target, &mut wrong);
        }

        let wanted: BTreeSet<&str> = wanted.iter().map(|person| id(person)).collect();
        let mut expected: BTreeSet<&str> = self.untouched.keys().map(String::as_str).collect();
        for (person, made) in &self.made {
            if wanted.contains(person.as_str()) {
                expected.insert(made);
            } else if !target.recycled.contains_key(made) {
                writeln!(
                    wrong,
                    "{person} has left, but {made} is not in the recycle bin"
                )
                .expect("writing to a string");
            }
        }
        for surplus in target
            .users
            .keys()
            .filter(|id| !expected.contains(id.as_str()))
        {
            writeln!(wrong, "nobody asked for {surplus}").expect("writing to a string");
        }
        assert!(wrong.is_empty(), "{step}:\n{wrong}");
        self.before = target;
    }

    /// Returns the source's people who shall be in the target.
    fn wanted_people<'s>(&self, source: &'s Holdings) -> Vec<&'s Json> {
        let internal: Vec<&Json> = source
            .users
            .values()
            .filter(|user| {
                let name = text(user, "userPrincipalName").unwrap_or_default();
                text(user, "userType") != Some("Guest")
                    && text(user, "creationType") != Some("Invitation")
                    && !name.contains("#EXT#")
            })
            .collect();
        let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
        for mail in internal.iter().filter_map(|user| text(user, "mail")) {
            *holders.entry(mail).or_default() += 1;
        }
        let foreign_mails: BTreeSet<&str> = self
            .untouched
            .keys()
            .filter_map(|id| self.before.users.get(id))
            .filter_map(|user| text(user, "mail"))
            .collect();
        internal
            .into_iter()
            .filter(|user| {
                text(user, "mail").is_some_and(|mail| {
                    let free = holders[mail] == 1 && !foreign_mails.contains(mail);
                    self.made.contains_key(id(user)) || (free && !mail.contains('\''))
                })
            })
            .collect()
    }

    fn compare(&self, person: &Json, target: &Holdings, wrong: &mut String) {
        let made = &self.made[id(person)];
        let Some(found) = target.users.get(made) else {
            writeln!(
                wrong,
                "{} is not in the target",
                person["userPrincipalName"]
            )
            .expect("writing to a string");
            return;
        };
        let before = self.before.users.get(made);
        let mut wanted = self
            .mapping
            .evaluate(person, before, &target.initial_domain);
        (self.adapt)(person, before, &mut wanted);
        for (attribute, value) in &wanted {
            if found[attribute] != *value {
                writeln!(
                    wrong,
                    "{attribute} of {} is {}, not {value}",
                    person["userPrincipalName"], found[attribute]
                )
                .expect("writing to a string");
            }
        }
        // A superior who has nobody in the target clears nothing: a rule said to set (law L3).
        let superior = manager(person).and_then(|superior| match self.made.get(superior) {
            Some(superior) => Some(superior.as_str()),
            None => before
                .and_then(manager)
                .filter(|kept| target.users.contains_key(*kept)),
        });
        if manager(found) != superior {
            writeln!(
                wrong,
                "manager of {} is {:?}, not {superior:?}",
                person["userPrincipalName"],
                manager(found)
            )
            .expect("writing to a string");
        }
    }
}

/// Returns every user of the target as the simulator keeps it, by id.
fn raw_users(rehearsal: &Rehearsal) -> BTreeMap<String, String> {
    let objects = rehearsal.objects("fabrikam");
    let users = objects["users"].as_array().expect("a list of users").iter();
    users
        .map(|user| (id(user).to_owned(), user.to_string()))
        .collect()
}

/// What the rule of the Contoso merger changes, as its README says.
fn as_the_merger_says(person: &Json, before: Option<&Json>, wanted: &mut Wanted) {
    if let Some(department) = text(person, "department") {
        let department = format!("Contoso {department}");
        if department.chars().count() <= 64 {
            wanted.insert("department".to_owned(), json!(department));
        } else {
            // Refused, which is not cleared: what is there stays.
            let kept = before
                .map(|before| before["department"].clone())
                .unwrap_or_default();
            wanted.insert("department".to_owned(), kept);
        }
    }
    wanted.insert("companyName".to_owned(), json!("Contoso"));
    let mut attributes = serde_json::Map::new();
    for number in 1..=15 {
        attributes.insert(format!("extensionAttribute{number}"), Json::Null);
    }
    attributes["extensionAttribute1"] = json!("contoso-merger");
    wanted.insert(
        "onPremisesExtensionAttributes".to_owned(),
        Json::Object(attributes),
    );
}

#[test]
fn target_holds_exactly_what_the_rules_say() {
    let rehearsal = Rehearsal::start(2_000, 11);
    let mut expectation = Expectation::begin(&rehearsal);

    rehearsal.expect(0, &["sync"]);
    expectation.check("after the first cycle");

    let week = rehearsal.control("POST", "tenants/contoso/week", Some(json!({ "seed": 1 })));
    assert!(
        !week["left"]
            .as_array()
            .expect("a list of leavers")
            .is_empty()
    );
    rehearsal.expect(0, &["sync"]);
    expectation.check("after a week");

    let merger = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/contoso-merger/plugins/contoso-merger.wasm"
    );
    std::fs::copy(merger, rehearsal.file("plugins/entra-default.wasm")).expect("rules are copied");
    rehearsal.expect(0, &["sync"]);
    expectation.adapt = as_the_merger_says;
    expectation.check("after the change of rules");

    let stats = rehearsal.stats("fabrikam");
    assert_eq!(
        stats["invitations"], stats["invitedAddresses"],
        "nobody is invited twice"
    );
}
