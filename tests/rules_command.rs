//! `syncline rules`: which rules are active, letting others in, going back; and rules that fail on too
//! many people.

use serde_json::{Value as Json, json};

use crate::{
    bad_input_rules::set_rules,
    rules_reload::{CONTOSO_MERGER, adapted, departments, drop_file, every_second},
    support::{Rehearsal, Scope, department_rule, graph::id, normal},
};

/// Returns what `rules list` says of the only job.
fn listed(rehearsal: &Rehearsal) -> Json {
    let told = rehearsal.expect(0, &["rules", "list", "--output", "json"]);
    let told: Json = serde_json::from_str(&told).expect("the command tells JSON");
    told["value"][0].clone()
}

/// Returns what let each activation in, oldest first.
fn let_in_by(rehearsal: &Rehearsal) -> Vec<String> {
    let told = rehearsal.expect(0, &["rules", "history", "--output", "json"]);
    let told: Json = serde_json::from_str(&told).expect("the command tells JSON");
    let entries = told["value"].as_array().expect("a list of activations");
    let causes = entries.iter().rev().map(|entry| entry["letInBy"].as_str());
    causes
        .map(|cause| cause.expect("a cause is text").to_owned())
        .collect()
}

#[test]
fn rules_wait_are_let_in_are_taken_back_and_stay_back() {
    let rehearsal = Rehearsal::start(20, 1);
    let file = rehearsal.file("plugins/entra-default.wasm");
    rehearsal.edit_project(|text| text.replace("rules = ", "activation = \"manual\"\nrules = "));
    assert_eq!(listed(&rehearsal)["folder"]["state"], "new");
    rehearsal.expect(0, &["sync"]);
    let before = departments(&rehearsal);
    let mut told = rehearsal.expect(0, &["rules", "list"]);

    drop_file(&file, CONTOSO_MERGER);
    assert_eq!(listed(&rehearsal)["folder"]["state"], "new");
    rehearsal.expect(0, &["sync"]);
    let waiting = listed(&rehearsal);
    assert_eq!(waiting["folder"]["state"], "waits");
    assert!(waiting["folder"]["effect"]["changing"].as_u64() > Some(10));
    told += &rehearsal.expect(0, &["rules", "list"]);

    told += &rehearsal.refuses(2, &["rules", "activate", "0123"]);
    told += &rehearsal.refuses(2, &["rules", "activate", "merger"]);
    let digest = waiting["folder"]["digest"].as_str().expect("a digest");
    told += &rehearsal.expect(0, &["rules", "activate", &digest[..8]]);
    rehearsal.expect(0, &["sync"]);
    assert!(adapted(&departments(&rehearsal)) > 10);

    told += &rehearsal.expect(0, &["rules", "rollback"]);
    rehearsal.expect(0, &["sync"]);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(departments(&rehearsal), before, "they stay back");
    told += &rehearsal.expect(0, &["rules", "list"]);
    told += &rehearsal.refuses(2, &["rules", "rollback"]);

    // What was taken back is let in again by a command, or what changes is looked at anew.
    told += &rehearsal.expect(0, &["rules", "activate"]);
    told += &rehearsal.expect(0, &["rules", "activate"]);
    rehearsal.expect(0, &["sync"]);
    assert!(adapted(&departments(&rehearsal)) > 10);
    assert_eq!(
        let_in_by(&rehearsal),
        [
            "first",
            "rules activate",
            "rules rollback",
            "rules activate"
        ]
    );
    told += &rehearsal.expect(0, &["rules", "history"]);
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

#[test]
fn rules_that_were_taken_back_are_let_in_again_once_the_folder_changes() {
    let rehearsal = Rehearsal::start(20, 1);
    let file = rehearsal.file("plugins/entra-default.wasm");
    let good = std::fs::read(&file).expect("the rules can be read");
    rehearsal.expect(0, &["sync"]);
    drop_file(&file, CONTOSO_MERGER);
    rehearsal.expect(0, &["sync"]);
    rehearsal.expect(0, &["rules", "rollback"]);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(listed(&rehearsal)["folder"]["state"], "waits");
    drop_file(&file, &good);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(listed(&rehearsal)["folder"]["state"], "active");
    drop_file(&file, CONTOSO_MERGER);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(
        let_in_by(&rehearsal),
        ["first", "guarded", "rules rollback", "guarded"]
    );
}

#[test]
fn a_run_under_way_takes_rules_back_when_another_command_asks() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let before = departments(&rehearsal);
    drop_file(&file, CONTOSO_MERGER);
    run.says("are active: contoso-merger");
    run.says("updated (");
    run.says("done, 0 failed");
    let told = rehearsal.expect(0, &["rules", "rollback"]);
    assert!(told.contains("are active again"), "{told}");
    run.says("are active: entra-default");
    run.says("updated (");
    run.says("done, 0 failed");
    run.says(": run ");
    run.says(": run ");
    run.kill();
    assert_eq!(departments(&rehearsal), before);
}

#[test]
fn what_is_refused_and_where_is_known_after_a_restart() {
    let rehearsal = Rehearsal::start(20, 1);
    let file = rehearsal.file("plugins/entra-default.wasm");
    rehearsal.expect(0, &["sync"]);
    drop_file(&file, b"not a component");
    rehearsal.expect(0, &["sync"]);
    let mut told = rehearsal.expect(0, &["status"]);
    told += &rehearsal.expect(0, &["rules", "list"]);
    assert_eq!(listed(&rehearsal)["folder"]["step"], "admission");
    std::fs::remove_file(&file).expect("the rules can be removed");
    told += &rehearsal.expect(0, &["rules", "list"]);
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

/// A project with people whose second layer traps on departments that begin with `!`.
fn with_a_second_layer(users: usize) -> Rehearsal {
    let rehearsal = Rehearsal::start(users, 1);
    rehearsal.expect(0, &["sync"]);
    let layers = r#"["entra-default", { plugin = "hostile", overrides = ["department"] }]"#;
    rehearsal.edit_project(|text| set_rules(&text, layers));
    drop_file(
        &rehearsal.file("plugins/hostile.wasm"),
        &department_rule(Scope::Everybody),
    );
    rehearsal.expect(0, &["sync"]);
    rehearsal
}

#[test]
fn law_11_rules_that_fail_on_too_many_are_suspended_and_nobody_is_lost() {
    let rehearsal = with_a_second_layer(60);
    let before = departments(&rehearsal);
    let people = rehearsal.simple_people();
    assert!(people.len() > 20, "{}", people.len());
    for person in &people {
        rehearsal.change("contoso", id(person), json!({ "department": "!Sales" }));
    }
    let writes = rehearsal.writes("fabrikam");
    let mut told = rehearsal.refuses(1, &["sync"]);
    assert_eq!(rehearsal.writes("fabrikam"), writes, "nothing is written");
    told += &rehearsal.expect(0, &["status"]);
    // Nothing more is asked of them.
    told += &rehearsal.refuses(1, &["sync"]);
    let records = rehearsal.log(&["--status", "failure"]);
    assert_eq!(records.len(), 20, "the first failures are in the log");
    let record = &records[0];
    assert_eq!(
        record["provisioningStatusInfo"]["errorInformation"]["errorCode"],
        "RuleTrapped"
    );
    let input = record["syncline"]["failedInput"].as_str().expect("a file");
    let input = std::fs::read_to_string(input).expect("the file can be read");
    let input: Json = serde_json::from_str(&input).expect("it is JSON");
    assert_eq!(input["kind"], "user");
    assert_eq!(input["source"]["department"], "!Sales");
    assert_eq!(input["earlier"], json!([{ "set": "!Sales" }]));
    assert_eq!(input["context"]["job"], "contoso-to-fabrikam");
    assert!(input["now"].is_string());

    // The way back, and everybody is as the good rules have them.
    rehearsal.edit_project(|text| set_rules(&text, r#"["entra-default"]"#));
    rehearsal.expect(0, &["rules", "rollback"]);
    rehearsal.expect(0, &["sync"]);
    let after = departments(&rehearsal);
    assert_eq!(after.len(), before.len(), "nobody is lost");
    let changed = after.iter().filter(|text| *text == "!Sales").count();
    assert_eq!(changed, people.len());
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

#[test]
fn law_11_rules_that_fail_on_a_few_hold_those_and_say_so() {
    let rehearsal = with_a_second_layer(20);
    let person = rehearsal.simple_people().remove(0);
    rehearsal.change("contoso", id(&person), json!({ "department": "!Sales" }));
    rehearsal.expect(0, &["sync"]);
    let records = rehearsal.log(&["--status", "failure"]);
    assert_eq!(records.len(), 1);
    let input = records[0]["syncline"]["failedInput"].as_str();
    let input = std::path::Path::new(input.expect("a file"));
    assert!(input.starts_with(rehearsal.folder()), "{}", input.display());
    assert!(input.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = input.parent().expect("it lies in a folder");
        let mode = folder.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let listed = listed(&rehearsal);
    assert_eq!(listed["suspended"], Json::Null);
}

#[test]
fn an_object_is_explained_from_its_source_to_what_a_run_would_do() {
    let rehearsal = with_a_second_layer(20);
    let person = rehearsal.simple_people().remove(0);
    let name = person["userPrincipalName"].as_str().expect("a name");
    let explain = |name: &str| -> Json {
        let told = rehearsal.expect(0, &["explain", name, "--output", "json"]);
        serde_json::from_str(&told).expect("the command tells JSON")
    };
    let told = explain(name);
    assert_eq!(told["source"]["id"], person["id"]);
    assert_eq!(
        told["target"]["id"],
        rehearsal.made_for(id(&person)).as_str()
    );
    assert_eq!(told["verdict"]["what"], "in-scope");
    assert_eq!(told["standing"]["state"], "in-step");
    assert_eq!(told["lastRun"]["state"], "in-step");
    assert!(!told["keys"].as_array().expect("keys").is_empty());
    let output = |told: &Json, attribute: &str| -> Json {
        let outputs = told["outputs"].as_array().expect("outputs");
        let found = outputs
            .iter()
            .find(|output| output["attribute"] == attribute);
        found.expect("it is written").clone()
    };
    let department = output(&told, "department");
    assert_eq!(department["layer"], "hostile", "the last layer decides");
    assert_eq!(department["overrides"], json!(["entra-default"]));
    assert_eq!(department["wanted"], json!({ "set": person["department"] }));
    assert_eq!(department["holds"], person["department"]);
    assert_eq!(department["written"], person["department"]);
    assert_eq!(department["then"], "is as wanted");
    assert_eq!(
        department["inputs"],
        json!([{ "from": "source", "name": "department", "value": person["department"] }])
    );
    assert_eq!(output(&told, "givenName")["layer"], "entra-default");

    // What others changed is seen as soon as it is read, and no tenant is asked.
    let target = rehearsal.made_for(id(&person));
    rehearsal.change("fabrikam", &target, json!({ "department": "Theirs" }));
    rehearsal.expect(0, &["sync"]);
    let requests = rehearsal.stats("contoso")["requests"].clone();
    let address = person["mail"].as_str().expect("an address");
    let told = explain(address);
    assert_eq!(rehearsal.stats("contoso")["requests"], requests);
    let department = output(&told, "department");
    assert_eq!(department["holds"], "Theirs");
    let then = department["then"].as_str().expect("a sentence");
    assert!(then.starts_with("Drift: "), "{then}");

    rehearsal.change("contoso", id(&person), json!({ "department": "!Sales" }));
    rehearsal.expect(0, &["sync"]);
    let told = explain(id(&person));
    assert_eq!(told["outcome"]["what"], "hold");
    assert_eq!(told["outcome"]["layer"], "hostile");
    assert_eq!(told["outcome"]["reason"]["code"], "RuleTrapped");
    let shown = rehearsal.expect(0, &["explain", "contoso-to-fabrikam", id(&person)]);
    assert!(shown.contains("RuleTrapped"), "{shown}");
    assert!(shown.contains("by hostile"), "{shown}");
    let refused = rehearsal.refuses(2, &["explain", "nobody@contoso.com"]);
    assert!(refused.contains("knows no object"), "{refused}");
}
