//! Rules in JavaScript and Python: their components in the real command, against simulated tenants.
//!
//! Their components have 12 to 19 MB and are not kept. `cargo xtask guests` builds them; then
//! `cargo test --workspace --test scenarios guests -- --ignored`, as the gate does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value as Json;

use crate::support::{
    Rehearsal,
    graph::{id, text},
};

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn repository() -> &'static Path {
    let own = Path::new(REPOSITORY);
    own.ancestors()
        .find(|folder| folder.join("wit").is_dir())
        .expect("the repository has the contract")
}

/// Returns what an example and a new project both get: the library, and what makes a component.
fn vendored(language: &str) -> &'static [&'static str] {
    match language {
        "javascript" => &["syncline.mjs", "sealed.mjs", "component.mjs", "build.mjs"],
        _ => &[
            "syncline_rules.py",
            "sealed.py",
            "component.py",
            "build.py",
            "requirements.txt",
        ],
    }
}

#[test]
fn examples_carry_the_library_and_the_contract_that_a_new_project_gets() {
    for (example, language) in [
        ("northwind-acquisition", "javascript"),
        ("adatum-carve-out", "python"),
    ] {
        let rule = repository().join("examples").join(example).join("rule");
        let read = |path: &Path| {
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let template = repository().join("host/author/templates").join(language);
        for file in vendored(language) {
            assert_eq!(
                read(&rule.join(file)),
                read(&template.join(file)),
                "copy {file} of {} to {}",
                template.display(),
                rule.display()
            );
        }
        let contract = repository().join("wit/rules.wit");
        assert_eq!(
            read(&rule.join("wit/rules.wit")),
            read(&contract),
            "copy wit/rules.wit to {}",
            rule.display()
        );
    }
}

/// Puts an example's component into the place of the default rules.
fn rehearsal(example: &str, users: usize) -> Rehearsal {
    let rehearsal = Rehearsal::start(users, 7);
    let component = repository()
        .join("examples")
        .join(example)
        .join("plugins")
        .join(format!("{example}.wasm"));
    let bytes = fs::read(&component).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask guests`", component.display())
    });
    fs::write(rehearsal.file("plugins/entra-default.wasm"), bytes).expect("it can be written");
    rehearsal
}

/// Returns the people whom the rules brought over, by address.
fn brought(rehearsal: &Rehearsal) -> BTreeMap<String, Json> {
    let target = rehearsal.holdings("fabrikam");
    target
        .users
        .values()
        .filter(|user| user["creationType"] == "Invitation")
        .map(|user| {
            (
                text(user, "mail").unwrap_or_default().to_owned(),
                user.clone(),
            )
        })
        .collect()
}

/// Returns the addresses that somebody in the target has already: a match finds these people, and
/// nobody invites them again.
fn taken(rehearsal: &Rehearsal) -> BTreeSet<String> {
    let target = rehearsal.holdings("fabrikam");
    let mut taken = BTreeSet::new();
    for user in target.users.values() {
        let listed = ["otherMails", "proxyAddresses"]
            .into_iter()
            .filter_map(|name| user[name].as_array())
            .flatten()
            .filter_map(Json::as_str);
        for address in listed.chain(text(user, "mail")) {
            let address = address.rsplit(':').next().unwrap_or(address);
            taken.insert(address.to_lowercase());
        }
    }
    taken
}

/// Whether a person's address is among these.
fn is_in(taken: &BTreeSet<String>, person: &Json) -> bool {
    text(person, "mail").is_some_and(|mail| taken.contains(&mail.to_lowercase()))
}

/// Returns the people of the source whom rules can bring over: its own, with an address to invite.
fn own(rehearsal: &Rehearsal) -> Vec<Json> {
    let source = rehearsal.holdings("contoso");
    let is_own = |user: &&Json| {
        text(user, "userType").is_none_or(|kind| kind != "Guest")
            && text(user, "creationType").is_none()
            // Entra invites nobody whose address has an apostrophe.
            && text(user, "mail").is_some_and(|mail| !mail.contains('\''))
            && text(user, "userPrincipalName").is_some_and(|name| !name.contains("#EXT#"))
    };
    source.users.values().filter(is_own).cloned().collect()
}

#[test]
#[ignore = "needs the component that `cargo xtask guests` builds"]
fn a_rule_in_javascript_brings_people_over_with_the_company_that_its_table_names() {
    let rehearsal = rehearsal("northwind-acquisition", 40);
    fs::create_dir_all(rehearsal.file("tables")).expect("a folder can be made");
    let table = repository().join("examples/northwind-acquisition/tables/companies.csv");
    fs::copy(table, rehearsal.file("tables/companies.csv")).expect("a file can be copied");
    rehearsal.edit_project(|text| {
        text.replace(
            "rules = [\"entra-default\"]",
            "rules = [\"entra-default\"]\ntables = { companies = \"tables/companies.csv\" }",
        )
    });
    let before = brought(&rehearsal);
    let taken = taken(&rehearsal);
    rehearsal.expect(0, &["plan"]);
    assert_eq!(brought(&rehearsal), before, "a preview writes nothing");
    rehearsal.expect(0, &["sync"]);

    let mut brought = brought(&rehearsal);
    brought.retain(|mail, _| !before.contains_key(mail));
    let own: Vec<Json> = own(&rehearsal)
        .into_iter()
        .filter(|person| !is_in(&taken, person))
        .collect();
    assert!(own.len() > 20, "{}", own.len());
    let mut companies = BTreeMap::<&str, usize>::new();
    for person in &own {
        let mail = text(person, "mail").expect("they have one");
        let there = brought
            .get(mail)
            .unwrap_or_else(|| panic!("{mail} came over: {}", rehearsal.reason(id(person))));
        let company = match text(person, "department") {
            Some("Sales") => "Northwind Traders",
            Some("Finance") => "Northwind Services",
            Some("Engineering") => "Northwind Labs",
            Some("Logistics") => "Northwind Freight",
            _ => "Northwind",
        };
        assert_eq!(text(there, "companyName"), Some(company), "{mail}");
        assert_eq!(text(there, "city"), text(person, "city"), "{mail}");
        *companies.entry(company).or_default() += 1;
        if let Some(name) = text(person, "displayName")
            && name.encode_utf16().count() < 200
        {
            let marked = format!("{name} (Northwind)");
            assert_eq!(text(there, "displayName"), Some(marked.as_str()));
        }
    }
    assert!(companies.len() > 2, "{companies:?}");
    assert_eq!(brought.len(), own.len(), "and nobody else");
    assert_eq!(
        rehearsal.planned(),
        Vec::<Json>::new(),
        "what was wanted is there"
    );
}

#[test]
#[ignore = "needs the component that `cargo xtask guests` builds"]
fn a_rule_in_python_brings_the_departments_that_are_sold_and_holds_who_cannot_be_told() {
    let rehearsal = rehearsal("adatum-carve-out", 60);
    let before = brought(&rehearsal);
    let taken = taken(&rehearsal);
    rehearsal.expect(0, &["plan"]);
    assert_eq!(brought(&rehearsal), before, "a preview writes nothing");
    rehearsal.expect(0, &["sync"]);

    let mut brought = brought(&rehearsal);
    brought.retain(|mail, _| !before.contains_key(mail));
    let sold: Vec<Json> = own(&rehearsal)
        .into_iter()
        .filter(|user| matches!(text(user, "department"), Some("Engineering" | "Research")))
        .filter(|person| !is_in(&taken, person))
        .collect();
    assert!(!sold.is_empty());
    for person in &sold {
        let mail = text(person, "mail").expect("they have one");
        let there = brought
            .get(mail)
            .unwrap_or_else(|| panic!("{mail} came over: {}", rehearsal.reason(id(person))));
        assert_eq!(text(there, "companyName"), Some("Adatum Laboratories"));
        let number = text(person, "employeeId").map(|number| format!("A-{number}"));
        if number.as_ref().is_none_or(|number| number.len() <= 16) {
            assert_eq!(text(there, "employeeId"), number.as_deref(), "{mail}");
        }
    }
    assert_eq!(brought.len(), sold.len(), "and nobody else");
    assert_eq!(
        rehearsal.planned(),
        Vec::<Json>::new(),
        "what was wanted is there"
    );
}
