//! Rules that are dropped into the folder while `syncline run` works.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::{Value as Json, json};

use crate::{
    bad_input_rules::set_rules,
    support::{Process, Rehearsal, Scope, department_rule, normal},
};

/// The rules of the Contoso merger example: another version of what the default rules do.
pub(crate) const CONTOSO_MERGER: &[u8] =
    include_bytes!("../examples/contoso-merger/plugins/contoso-merger.wasm");

/// A project whose job runs every second, and its rules' file.
pub(crate) fn every_second(users: usize, seed: u64) -> (Rehearsal, PathBuf) {
    let rehearsal = Rehearsal::start(users, seed);
    rehearsal.edit_project(|text| text.replace("every = \"1m\"", "every = \"1s\""));
    let file = rehearsal.file("plugins/entra-default.wasm");
    (rehearsal, file)
}

/// Puts a file into a folder as a copy does that is wise: whole, under its name.
pub(crate) fn drop_file(path: &std::path::Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).expect("a file can be written");
    std::fs::rename(&beside, path).expect("a file can be moved");
}

/// Returns the departments of the invited people in the target, sorted.
pub(crate) fn departments(rehearsal: &Rehearsal) -> Vec<String> {
    let target = rehearsal.objects("fabrikam");
    let users = target["users"].as_array().expect("users are a list");
    let mut departments: Vec<String> = users
        .iter()
        .filter(|user| user["creationType"] == "Invitation")
        .filter_map(|user| Some(user["department"].as_str()?.to_owned()))
        .collect();
    departments.sort();
    departments
}

/// Returns how many departments are as the example's rules have them. Some are too long for it.
pub(crate) fn adapted(departments: &[String]) -> usize {
    departments
        .iter()
        .filter(|department| department.starts_with("Contoso "))
        .count()
}

/// Waits for the end of a run that read everything anew by these rules.
fn next_run(run: &mut Process) {
    // The first may have begun before what the test waits for.
    run.says(": run ");
    run.says(": run ");
}

#[test]
fn rules_that_are_dropped_in_are_previewed_activated_and_used_by_the_next_run() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let before = departments(&rehearsal);
    drop_file(&file, CONTOSO_MERGER);
    let mut told = run.says("changed rules") + "\n";
    told += &run.says("are active: contoso-merger");
    run.says("updated (");
    run.says("done, 0 failed");
    let after = departments(&rehearsal);
    assert_eq!(after.len(), before.len(), "nobody is made or lost");
    assert_eq!(adapted(&before), 0, "{before:?}");
    assert!(adapted(&after) > 10, "{after:?}");
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

#[test]
fn rules_that_are_broken_are_refused_and_the_old_ones_stay_also_after_a_restart() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let held = departments(&rehearsal);
    drop_file(&file, b"not a component");
    let mut told = run.says("refused") + "\n";
    next_run(&mut run);
    let said = run.said();
    assert_eq!(
        said.matches("are refused").count(),
        1,
        "it is said once:\n{said}"
    );
    run.kill();

    let mut run = rehearsal.start_command(&["run"]);
    told += &(run.says("refused") + "\n");
    run.says("nothing to do");
    run.kill();

    std::fs::remove_file(&file).expect("the rules can be removed");
    let mut run = rehearsal.start_command(&["run"]);
    told += &(run.says("refused") + "\n");
    run.says("nothing to do");
    assert_eq!(departments(&rehearsal), held);

    // A good file in its place is let in at once.
    drop_file(&file, CONTOSO_MERGER);
    run.says("are active: contoso-merger");
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

#[test]
fn rules_that_are_removed_while_it_runs_leave_the_old_ones_active() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    std::fs::remove_file(&file).expect("the rules can be removed");
    let told = run.says("refused");
    next_run(&mut run);
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
}

#[test]
fn manual_activation_waits_for_a_command_and_says_which() {
    let (rehearsal, file) = every_second(20, 1);
    rehearsal.edit_project(|text| text.replace("rules = ", "activation = \"manual\"\nrules = "));
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let before = departments(&rehearsal);
    drop_file(&file, CONTOSO_MERGER);
    run.says("changed rules");
    let told = run.says("wait");
    next_run(&mut run);
    assert_eq!(
        departments(&rehearsal),
        before,
        "nothing is changed by rules that wait"
    );
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));
    run.kill();

    // A run by hand does not let them in either, unless it is told to.
    rehearsal.expect(0, &["sync"]);
    assert_eq!(departments(&rehearsal), before);
    rehearsal.expect(0, &["sync", "--activate"]);
    assert!(adapted(&departments(&rehearsal)) > 10);
}

#[test]
fn law_13_guarded_activation_waits_where_most_people_would_be_lost_and_the_plan_is_held_too() {
    let (rehearsal, _) = every_second(60, 1);
    let layers = r#"["entra-default", { plugin = "hostile", overrides = ["department"] }]"#;
    rehearsal.edit_project(|text| set_rules(&text, layers));
    let file = rehearsal.file("plugins/hostile.wasm");
    drop_file(&file, &department_rule(Scope::Everybody));
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let before = departments(&rehearsal);
    drop_file(&file, &department_rule(Scope::Engineers));
    let mut told = run.says("changed rules") + "\n";
    told += &(run.says("wait") + "\n");
    next_run(&mut run);
    run.kill();
    assert_eq!(departments(&rehearsal), before, "nobody is lost");

    let held = rehearsal.expect(3, &["sync", "--activate"]);
    // How many runs there were before is a matter of time.
    let (how, why) = held.split_once('\n').expect("it says why");
    assert!(how.contains("held by a guard in "), "{how}");
    told += why;
    assert_eq!(departments(&rehearsal), before, "nobody is lost");
    insta::assert_snapshot!(normal(&told, rehearsal.folder()));

    // The way back is as easy.
    drop_file(&file, &department_rule(Scope::Everybody));
    rehearsal.expect(0, &["sync"]);
    assert_eq!(departments(&rehearsal), before);
}

#[test]
fn changed_settings_are_noticed_as_changed_rules_are() {
    let (rehearsal, _) = every_second(20, 1);
    let settings = rehearsal.file("rules.toml");
    drop_file(&settings, b"nulls = \"clear\"\n");
    let layers = r#"[{ plugin = "entra-default", settings = "rules.toml" }]"#;
    rehearsal.edit_project(|text| set_rules(&text, layers));
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    drop_file(&settings, b"nulls = \"sometimes\"\n");
    assert!(
        run.says("refused").contains("rules.toml:1:1: "),
        "{}",
        run.said()
    );
    drop_file(&settings, b"nulls = \"keep\"\n");
    run.says("are active");
}

/// Stops `run` in the middle of its writes; what it was asked to write is written by the next run.
#[cfg(unix)]
#[track_caller]
fn stops(signal: &str) {
    let rehearsal = Rehearsal::start(300, 1);
    rehearsal.fault(
        serde_json::json!({ "tenant": "fabrikam", "path_contains": "$batch", "latency_ms": 300 }),
    );
    let run = rehearsal.start_command(&["run"]);
    rehearsal.wait_for_writes("fabrikam");
    run.signal(signal);
    let (code, said) = run.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("stopped; the next run goes on"), "{said}");
    rehearsal.no_faults();
    let made = rehearsal.stats("fabrikam")["users"]
        .as_u64()
        .expect("users are counted");
    rehearsal.expect(0, &["sync"]);
    let then = rehearsal.stats("fabrikam")["users"]
        .as_u64()
        .expect("users are counted");
    assert!(
        then > made,
        "it was stopped before the end: {made}, then {then}"
    );
    let log = rehearsal.expect(0, &["log", "--action", "create", "--output", "json"]);
    let log: serde_json::Value = serde_json::from_str(&log).expect("the log is JSON");
    let mut sources: Vec<_> = log["value"]
        .as_array()
        .expect("records are a list")
        .iter()
        .map(|record| &record["sourceIdentity"]["id"])
        .collect();
    let all = sources.len();
    sources.sort_by_key(|id| id.to_string());
    sources.dedup();
    assert_eq!(sources.len(), all, "everybody is made once");
}

#[cfg(unix)]
#[test]
fn law_04_sigterm_ends_run_between_two_writes() {
    stops("TERM");
}

#[cfg(unix)]
#[test]
fn law_04_ctrl_c_ends_run_between_two_writes() {
    stops("INT");
}

#[test]
fn law_09_rules_that_are_replaced_during_a_run_are_the_next_runs() {
    let (rehearsal, file) = every_second(120, 9);
    rehearsal
        .fault(json!({ "tenant": "fabrikam", "path_contains": "invitations", "latency_ms": 200 }));
    let first = rehearsal.start_command(&["sync"]);
    rehearsal.wait_for_writes("fabrikam");
    drop_file(&file, CONTOSO_MERGER);
    let (exit_code, told) = first.end();
    assert_eq!(exit_code, Some(0), "{told}");
    rehearsal.no_faults();
    assert_eq!(
        adapted(&departments(&rehearsal)),
        0,
        "all of the run by the rules it began with"
    );
    let generations = |records: Vec<Json>| -> BTreeSet<String> {
        let named = records
            .iter()
            .map(|record| record["syncline"]["generation"].to_string());
        named.collect()
    };
    assert_eq!(generations(rehearsal.log(&["--run", "1"])).len(), 1);
    rehearsal.expect(0, &["sync"]);
    assert!(
        adapted(&departments(&rehearsal)) > 100,
        "all of the next by the new ones"
    );
    assert_eq!(generations(rehearsal.log(&["--run", "2"])).len(), 1);
    assert_eq!(generations(rehearsal.log(&[])).len(), 2);
}
