//! Rules that are missing, broken or hostile: before the first good ones the run refuses; after
//! them it goes on with those; a rule that fails on one object costs only that object a hold.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::support::{Rehearsal, Scope, department_rule};

/// The start of an ELF file.
const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";

/// Files that are no rules, with what they are.
fn misfits(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let component = |text: &str| wat::parse_str(text).expect("the text is a component");
    vec![
        ("empty", Vec::new()),
        ("text", b"(component)\n".to_vec()),
        ("ELF", ELF.to_vec()),
        ("bytes", vec![0xfe; 64]),
        ("core module", component("(module)")),
        ("empty component", component("(component)")),
        ("truncated", good[..good.len() / 2].to_vec()),
        (
            "WASI",
            component(
                r#"(component
                  (import "wasi:cli/environment@0.2.6" (instance
                    (export "initial-cwd" (func (result (option string)))))))"#,
            ),
        ),
        ("too large", vec![0; (32 << 20) + 1]),
    ]
}

#[test]
fn a_file_that_is_no_rule_is_refused_and_the_last_good_rules_go_on() {
    let rehearsal = Rehearsal::start(12, 1);
    let file = rehearsal.file("plugins/entra-default.wasm");
    let good = std::fs::read(&file).expect("the rules can be read");
    let mut told = String::new();
    let misfits = misfits(&good);
    for (what, bytes) in &misfits {
        std::fs::write(&file, bytes).expect("the rules can be written");
        let message = rehearsal.refuses(2, &["sync"]);
        // Where a file is cut off depends on what the rules were built to.
        let message = message
            .split(" (at offset")
            .next()
            .unwrap_or_default()
            .trim_end();
        writeln!(told, "{what}\n  {message}").expect("texts can be written");
    }
    assert_eq!(
        rehearsal.stats("contoso")["requests"],
        json!({}),
        "nobody was asked for anything"
    );
    std::fs::write(&file, &good).expect("the rules can be written");
    rehearsal.expect(0, &["sync"]);
    let made = rehearsal.objects("fabrikam");

    for (what, bytes) in &misfits {
        std::fs::write(&file, bytes).expect("the rules can be written");
        let message = rehearsal.refuses(0, &["sync"]);
        assert!(
            message.contains("changed rules are refused, the active ones stay"),
            "{what}: {message}"
        );
    }
    std::fs::remove_file(&file).expect("the rules can be removed");
    let message = rehearsal.refuses(0, &["sync"]);
    write!(told, "afterwards\n{message}").expect("texts can be written");
    assert_eq!(
        rehearsal.objects("fabrikam"),
        made,
        "nothing was written, nothing was lost"
    );
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_missing_is_looked_for_in_the_order_file_components_credentials_network() {
    let rehearsal = Rehearsal::start(12, 1);
    let component = rehearsal.file("plugins/entra-default.wasm");
    let hidden = rehearsal.file("entra-default.wasm");
    let secret = rehearsal.file("contoso.secret");
    let project = rehearsal.file("syncline.toml");
    let good = std::fs::read_to_string(&project).expect("the project file can be read");
    // Everything is wrong at once: the file, the component, the secret, the tenant.
    std::fs::rename(&component, &hidden).expect("the rules can be moved");
    let value = std::fs::read_to_string(&secret).expect("the secret can be read");
    std::fs::remove_file(&secret).expect("the secret can be removed");
    let id = good
        .split('"')
        .nth(1)
        .expect("the first text is the tenant's id")
        .to_owned();
    let other = good.replace(&id, "11111111-2222-3333-4444-555555555555");
    std::fs::write(&project, other.replace("every =", "evry =")).expect("it can be written");

    let mut told = String::new();
    for verb in ["plan", "sync", "run"] {
        told += &rehearsal.refuses(2, &[verb]);
    }
    std::fs::write(&project, other).expect("the project file can be written");
    for verb in ["plan", "sync", "run"] {
        told += &rehearsal.refuses(2, &[verb]);
    }
    std::fs::rename(&hidden, &component).expect("the rules can be moved");
    told += &rehearsal.refuses(2, &["sync"]);
    assert_eq!(
        rehearsal.stats("contoso")["requests"],
        json!({}),
        "nobody was asked for anything"
    );
    std::fs::write(&secret, value).expect("the secret can be written");
    // What the network answers is a failure, and no longer wrong usage.
    told += &rehearsal.refuses(1, &["sync"]);
    insta::assert_snapshot!(told);
    std::fs::write(&project, good).expect("the project file can be written");
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn settings_that_cannot_be_used_name_the_file_and_the_key() {
    let rehearsal = Rehearsal::start(12, 1);
    rehearsal.edit_project(|text| {
        text.replace(
            "[\"entra-default\"]",
            "[{ plugin = \"entra-default\", settings = \"settings.toml\" }]",
        )
    });
    let settings = rehearsal.file("settings.toml");
    let mut told = rehearsal.refuses(2, &["sync"]);
    for text in [
        "nulls = \"clear",
        "nulls = \"sometimes\"\n",
        "nulls = 5\n",
        "nuls = \"keep\"\n",
    ] {
        std::fs::write(&settings, text).expect("the settings can be written");
        // How the plugin words it is the plugin's matter.
        let message = rehearsal.refuses(2, &["sync"]);
        let ours = message
            .split_once("`: ")
            .map_or(message.as_str(), |(ours, _)| ours);
        told.push_str(ours.trim_end());
        told.push('\n');
    }
    insta::assert_snapshot!(told);
    assert_eq!(
        rehearsal.stats("contoso")["requests"],
        json!({}),
        "nobody was asked for anything"
    );
    std::fs::write(&settings, "nulls = \"keep\"\n").expect("the settings can be written");
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn layers_that_contradict_each_other_are_refused_by_name() {
    let rehearsal = Rehearsal::start(12, 1);
    std::fs::write(
        rehearsal.file("plugins/hostile.wasm"),
        department_rule(Scope::Everybody),
    )
    .expect("the rules can be written");
    let mut told = String::new();
    for rules in [
        r#"["entra-default", "hostile"]"#,
        r#"["entra-default", { plugin = "hostile", overrides = ["jobTitle"] }]"#,
        r#"["hostile"]"#,
    ] {
        rehearsal.edit_project(|text| set_rules(&text, rules));
        told += &rehearsal.refuses(2, &["sync"]);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn law_11_a_rule_that_traps_on_one_object_costs_only_that_object_a_hold() {
    let rehearsal = Rehearsal::start(20, 1);
    std::fs::write(
        rehearsal.file("plugins/hostile.wasm"),
        department_rule(Scope::Everybody),
    )
    .expect("the rules can be written");
    rehearsal.edit_project(|text| {
        set_rules(
            &text,
            r#"["entra-default", { plugin = "hostile", overrides = ["department"] }]"#,
        )
    });
    rehearsal.expect(0, &["sync"]);

    // Three people with departments that the rule fails on, each changed in another way too, and one
    // who is well.
    let made: Vec<Json> = linked(&rehearsal).into_iter().take(4).collect();
    for (person, department) in made
        .iter()
        .zip(["!traps", "~never ends", "^takes it all", "Fine"])
    {
        let id = person["id"].as_str().expect("ids are text");
        let values = json!({ "department": department, "jobTitle": "Changed" });
        rehearsal.change("contoso", id, values);
    }
    let before = rehearsal.objects("fabrikam");
    rehearsal.expect(0, &["sync"]);

    for (place, person) in made.iter().enumerate() {
        let held = counterpart(&before, person);
        let now = counterpart(&rehearsal.objects("fabrikam"), person);
        if place < 3 {
            assert_eq!(
                now, held,
                "an object that the rule failed on stays as it is"
            );
        } else {
            assert_eq!(now["department"], "Fine");
            assert_eq!(now["jobTitle"], "Changed");
        }
    }
    let standing = rehearsal.expect(0, &["status", "--output", "json"]);
    let standing: Json = serde_json::from_str(&standing).expect("the status is JSON");
    let held: Vec<&Json> = standing["value"][0]["standing"]
        .as_array()
        .expect("standings are a list")
        .iter()
        .filter(|row| row["state"] == "held")
        .collect();
    let count: u64 = held.iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(count, 3, "each of them is held with a reason: {held:?}");
    let log = rehearsal.expect(0, &["log", "--status", "failure", "--output", "csv"]);
    insta::assert_snapshot!(reasons(&log));

    // Once the cause is gone, they are kept in step again.
    for person in &made[..3] {
        let id = person["id"].as_str().expect("ids are text");
        rehearsal.change("contoso", id, json!({ "department": "Well again" }));
    }
    rehearsal.expect(0, &["sync"]);
    for person in &made[..3] {
        let now = counterpart(&rehearsal.objects("fabrikam"), person);
        assert_eq!(now["department"], "Well again");
        assert_eq!(now["jobTitle"], "Changed");
    }
}

/// Returns the project file with other rules.
pub(crate) fn set_rules(text: &str, rules: &str) -> String {
    let begin = text.find("rules = ").expect("the job has rules");
    let end = begin + text[begin..].find('\n').expect("the line ends");
    format!("{}rules = {rules}{}", &text[..begin], &text[end..])
}

/// Returns the people of the source who have a counterpart in the target.
fn linked(rehearsal: &Rehearsal) -> Vec<Json> {
    let target = rehearsal.objects("fabrikam");
    let source = rehearsal.objects("contoso");
    let users = source["users"].as_array().expect("users are a list");
    let has_counterpart = |user: &&Json| find(&target, user).is_some();
    users.iter().filter(has_counterpart).cloned().collect()
}

fn find<'a>(target: &'a Json, person: &Json) -> Option<&'a Json> {
    let users = target["users"].as_array()?;
    users
        .iter()
        // Whom the job did not make has no department of ours.
        .find(|user| user["mail"] == person["mail"] && user["department"] == person["department"])
}

/// Returns the person of the target with the same address, whatever else they are.
#[track_caller]
fn counterpart(target: &Json, person: &Json) -> Json {
    let users = target["users"].as_array().expect("users are a list");
    let found = users.iter().find(|user| user["mail"] == person["mail"]);
    found.expect("the person has a counterpart").clone()
}

/// Returns what log records as CSV say, sorted, without what is no hold of ours.
fn reasons(log: &str) -> String {
    let mut records = csv::Reader::from_reader(log.as_bytes());
    let mut reasons: Vec<String> = records
        .records()
        .map(|record| {
            record
                .expect("the log is CSV")
                .iter()
                .next_back()
                .unwrap_or("")
                .to_owned()
        })
        .filter(|reason| !reason.contains("Duplicate") && !reason.contains("Matched"))
        .collect();
    reasons.sort_unstable();
    reasons.join("\n")
}
