//! One person: from drawn facts to a user object.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::names::{CULTURES, Culture, IRELAND, Name};
use crate::schema::Kind;
use crate::seed::Generator;
use crate::tenant::object::Object;

/// The departments, each with the title of who works there.
pub(crate) const DEPARTMENTS: &[(&str, &str)] = &[
    ("Sales", "Account Executive"),
    ("Engineering", "Engineer"),
    ("Finance", "Controller"),
    ("Human Resources", "People Partner"),
    ("Legal", "Counsel"),
    ("Marketing", "Campaign Manager"),
    ("Operations", "Planner"),
    ("Research & Development", "Scientist"),
];

/// Makes people of one tenant, no two of them with one address.
#[derive(Debug)]
pub(crate) struct Maker {
    pub(crate) chance: Generator,
    domain: String,
    initial_domain: String,
    company: String,
    taken: BTreeSet<String>,
    made: usize,
}

/// What is particular about a person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    pub(crate) without_mail: bool,
    pub(crate) disabled: bool,
    /// Keeps the apostrophe of the name in its addresses.
    pub(crate) apostrophe: bool,
    /// Has values as long as they can be.
    pub(crate) longest: bool,
    /// Has only what a user must have.
    pub(crate) bare: bool,
}

impl Maker {
    pub(crate) fn new(chance: Generator, name: &str, made: usize) -> Self {
        let mut letters = name.chars();
        let company = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default();
        Self {
            chance,
            domain: format!("{name}.com"),
            initial_domain: format!("{name}.onmicrosoft.com"),
            company,
            taken: BTreeSet::new(),
            made,
        }
    }

    /// Marks local parts of addresses as taken.
    pub(crate) fn reserve(&mut self, locals: impl IntoIterator<Item = String>) {
        self.taken.extend(locals);
    }

    /// Returns a local part that nobody has.
    pub(crate) fn local_part(&mut self, given: &str, surname: &str) -> String {
        let wanted = format!("{given}.{surname}");
        let mut local = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(local.clone()) {
            local = format!("{wanted}{number}");
            number += 1;
        }
        local
    }

    pub(crate) fn person(&mut self, traits: Traits, now: Timestamp) -> Object {
        self.made += 1;
        let culture = if traits.apostrophe {
            &CULTURES[IRELAND]
        } else {
            self.chance.pick(CULTURES)
        };
        let (given, surname) = if traits.apostrophe {
            (*self.chance.pick(culture.given), ("O'Neil", "o'neil"))
        } else {
            culture.draw(&mut self.chance)
        };
        let local = self.local_part(given.1, surname.1);
        let name = culture.display(given.0, surname.0);
        let mut user = Object::new(self.chance.id(), Kind::User, now)
            .with("accountEnabled", !traits.disabled)
            .with("displayName", name)
            .with("givenName", given.0)
            .with("surname", surname.0)
            .with("userPrincipalName", format!("{local}@{}", self.domain))
            .with("mailNickname", local.replace('\'', ""))
            .with("userType", "Member");
        if !traits.without_mail {
            user = user.with("mail", format!("{local}@{}", self.domain)).with(
                "proxyAddresses",
                json!([
                    format!("SMTP:{local}@{}", self.domain),
                    format!("smtp:{local}@{}", self.initial_domain),
                ]),
            );
        }
        if traits.bare {
            return user;
        }
        let user = self.at_work(user, culture);
        if traits.longest {
            return at_their_longest(user, given, surname);
        }
        user
    }

    fn at_work(&mut self, user: Object, culture: &Culture) -> Object {
        let (department, title) = *self.chance.pick(DEPARTMENTS);
        let (city, state, postal_code, street) = *self.chance.pick(culture.places);
        let floor = self.chance.between(1, 12);
        let extension = self.chance.between(1_000, 9_999);
        let mobile = self.chance.between(100_000, 999_999);
        let mut user = user
            .with("department", department)
            .with("jobTitle", title)
            .with("companyName", self.company.clone())
            .with("employeeId", format!("E{:06}", self.made))
            .with("employeeType", "Employee")
            .with("officeLocation", format!("{city} / {floor}"))
            .with("streetAddress", street)
            .with("city", city)
            .with("state", state)
            .with("postalCode", postal_code)
            .with("country", culture.country)
            .with("usageLocation", culture.usage_location)
            .with("preferredLanguage", culture.language)
            .with(
                "businessPhones",
                json!([format!("{} {extension}", culture.dial)]),
            );
        // Not everybody has everything.
        if !self.made.is_multiple_of(3) {
            user = user.with("mobilePhone", format!("{} {mobile}", culture.dial));
        }
        if self.made.is_multiple_of(4) {
            let center = self.chance.between(100, 999);
            user = user
                .with(
                    "onPremisesExtensionAttributes",
                    json!({ "extensionAttribute1": format!("CC-{center}"),
                            "extensionAttribute15": "Contoso wide" }),
                )
                .with(
                    "employeeOrgData",
                    json!({ "division": department, "costCenter": format!("CC-{center}") }),
                );
        }
        if self.made.is_multiple_of(5) {
            user = user.with("faxNumber", format!("{} {}", culture.dial, extension + 1));
        }
        user
    }
}

/// Returns the person with the values that the longest attributes can hold (graph.md 2.4).
fn at_their_longest(user: Object, given: Name, surname: Name) -> Object {
    let fill = |start: &str, length: usize| -> String {
        let start: Vec<char> = format!("{start} ").chars().collect();
        start.iter().copied().cycle().take(length).collect()
    };
    // The last letter must not be a space, which a directory would trim.
    let full = |start: &str, length: usize| {
        let mut text = fill(start, length - 1);
        text.push('.');
        text
    };
    user.with(
        "displayName",
        full(&format!("{} {}", given.1, surname.1), 256),
    )
    .with("givenName", full(given.1, 64))
    .with("surname", full(surname.1, 64))
    .with("jobTitle", full("Principal Advisor for Everything", 128))
    .with("department", full("Department of Long Names", 64))
    .with("companyName", full("Contoso Holdings", 64))
    .with(
        "streetAddress",
        full("Long Street, Building and Staircase", 1_024),
    )
    .with("city", full("Llanfairpwllgwyngyll", 128))
    .with("state", full("Somewhere", 128))
    .with("officeLocation", full("Tower", 128))
    .with("employeeId", "E123456789012345")
}
