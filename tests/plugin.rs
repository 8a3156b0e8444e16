//! The author's loop on components that are built already: tested on samples and laws, inspected,
//! measured, compared. No toolchain is needed.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value as Json;

use crate::support::{Rehearsal, Scope, department_rule, normal, syncline};

/// A component of the repository.
fn component(place: &str) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let repository = repository.expect("the command's crate is two folders deep");
    repository.join(place).display().to_string()
}

fn entra_default() -> String {
    component("plugins/entra-default.wasm")
}

fn contoso_merger() -> String {
    component("examples/contoso-merger/plugins/contoso-merger.wasm")
}

fn plugin(folder: &Path, arguments: &[&str]) -> Output {
    syncline()
        .arg("-C")
        .arg(folder)
        .arg("plugin")
        .args(arguments)
        .output()
        .expect("the command runs")
}

/// Runs a verb, which must end with this exit code; returns all that it said, as it is for every build
/// of the components.
#[track_caller]
fn said(folder: &Path, exit_code: i32, arguments: &[&str]) -> String {
    let output = plugin(folder, arguments);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("it writes UTF-8");
    assert_eq!(
        output.status.code(),
        Some(exit_code),
        "{arguments:?}: {said}"
    );
    let said = said
        .replace(&entra_default(), "entra-default.wasm")
        .replace(&contoso_merger(), "contoso-merger.wasm");
    let lines: Vec<String> = normal(&said, folder)
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut kept: Vec<String> = Vec::new();
            for word in words {
                let bare = word.trim_end_matches(',');
                let is_digest = bare.len() == 64 && bare.chars().all(|c| c.is_ascii_hexdigit());
                match kept.last_mut() {
                    _ if is_digest => kept.push("[digest]".to_owned()),
                    // How large a component is differs from one toolchain to the next.
                    Some(last) if bare == "KiB" => *last = "[size]".to_owned(),
                    _ => kept.push(word.to_owned()),
                }
                if bare == "KiB" && word.ends_with(',') {
                    kept.last_mut().expect("a size").push(',');
                }
            }
            kept.join(" ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

#[test]
fn inspect_tells_what_a_component_reads_and_writes_and_which_permissions_that_takes() {
    let folder = folder();
    insta::assert_snapshot!(said(folder.path(), 0, &["inspect", &contoso_merger()]));
    let output = plugin(
        folder.path(),
        &["inspect", &entra_default(), "--output", "json"],
    );
    let json: Json = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["name"], "entra-default");
    assert_eq!(json["world"], "syncline:rules/rule@1.0.0");
    assert_eq!(json["digest"].as_str().map(str::len), Some(64));
    assert!(json["version"].is_string());
    let reads = json["reads"]["user"].as_array().expect("it reads people");
    assert!(reads.contains(&"department".into()));
    let writes = json["writes"]["user"].as_array().expect("it writes people");
    let department = writes
        .iter()
        .find(|write| write["attribute"] == "department");
    let department = department.expect("it writes departments");
    assert_eq!(department["apply"], "always");
    assert_eq!(department["inputs"], serde_json::json!(["department"]));
    let target = json["permissions"]["target"].as_array();
    let target = target.expect("permissions are a list");
    for permission in ["User.ReadWrite.All", "User.Invite.All"] {
        assert!(target.contains(&permission.into()), "{target:?}");
    }
    let source = &json["permissions"]["source"];
    assert_eq!(
        source,
        &serde_json::json!(["Organization.Read.All", "User.Read.All"])
    );
}

#[test]
fn the_bundled_rules_keep_every_law() {
    let folder = folder();
    insta::assert_snapshot!(said(folder.path(), 0, &["test", &entra_default()]));
    for seed in ["2", "3"] {
        let arguments = ["test", &contoso_merger(), "--seed", seed];
        let told = said(folder.path(), 0, &arguments);
        assert!(told.ends_with("8 laws hold"), "{told}");
    }
}

#[test]
fn the_same_seed_tries_the_same_objects() {
    let folder = folder();
    let arguments = ["test", &entra_default(), "--seed", "9", "--objects", "60"];
    let first = said(folder.path(), 0, &arguments);
    assert_eq!(first, said(folder.path(), 0, &arguments));
}

const SAMPLES: &str = "\
# People of Contoso.
- name: departments begin with the company
  kind: user
  source:
    displayName: Anna Åkesson
    mail: anna@contoso.com
    userPrincipalName: anna@contoso.com
    department: Sales
  expect:
    scope: in-scope
    # Only what matters here.
    outcome: { write: guest }
    changes:
      department: Kontoso Sales

- name: contractors come over
  kind: user
  source: { displayName: Sam, department: Contractors }
  expect:
    scope: in-scope
    keys: []

- name: with other settings contractors come over
  kind: user
  source: { displayName: Sam, department: Contractors }
  settings: { left-out: [] }
  expect: { scope: in-scope }

- name: settings that the rule refuses
  kind: user
  source: {}
  settings: { company: 7 }
  expect: { scope: in-scope }

- name: a group, for which it has nothing
  kind: group
  source: { displayName: Sales }
";

#[test]
fn samples_that_are_not_as_expected_are_shown_with_their_place_until_they_are_accepted() {
    let folder = folder();
    let file = write(folder.path(), "people.yaml", SAMPLES);
    let arguments = ["test", &contoso_merger(), "--samples", "people.yaml"];
    insta::assert_snapshot!(said(folder.path(), 1, &arguments));

    said(folder.path(), 1, &[&arguments[..], &["--update"]].concat());
    let accepted = std::fs::read_to_string(&file).expect("the file can be read");
    insta::assert_snapshot!("accepted", accepted);
    let told = said(folder.path(), 1, &arguments);
    assert!(
        told.contains("2 of 5 samples not as expected, 8 laws hold"),
        "{told}"
    );
    assert!(
        told.contains("FAILS  settings that the rule refuses (line"),
        "{told}"
    );
}

#[test]
fn samples_that_cannot_be_read_are_named_by_file_and_line() {
    let folder = folder();
    write(
        folder.path(),
        "people.yaml",
        "- kind: user\n  source:\n    departmint: Sales\n",
    );
    write(folder.path(), "empty.yaml", "# nobody\n");
    let mut told = String::new();
    for samples in ["people.yaml", "empty.yaml", "nobody.yaml"] {
        let arguments = ["test", &entra_default(), "--samples", samples];
        told += &(said(folder.path(), 2, &arguments) + "\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_no_rule_is_refused_and_what_is_not_there_is_wrong_usage() {
    let folder = folder();
    write(folder.path(), "text.wasm", "not a component");
    let mut told = String::new();
    for (code, arguments) in [
        (1, &["inspect", "text.wasm"][..]),
        (1, &["test", "text.wasm"]),
        (2, &["inspect", "missing.wasm"]),
        (2, &["test", "missing.wasm"]),
        (2, &["test"]),
        (2, &["build"]),
        (2, &["diff", "missing.wasm", "text.wasm"]),
        (2, &["new", "Not A Name", "--lang", "rust"]),
        (2, &["new", "acme", "--lang", "cobol"]),
        (2, &["new", "acme", "--lang", "rust", "."]),
    ] {
        let title = arguments.join(" ");
        let text = said(folder.path(), code, arguments);
        told += &["=== ", &title, "\n", &text, "\n"].concat();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn law_11_a_rule_that_traps_breaks_a_law_on_an_object_that_can_be_tried_again() {
    let folder = folder();
    write(
        folder.path(),
        "hostile.wasm",
        department_rule(Scope::Everybody),
    );
    write(
        folder.path(),
        "people.yaml",
        "- kind: user\n  source: { department: \"!x\", displayName: Anna }\n",
    );
    let arguments = ["test", "hostile.wasm", "--samples", "people.yaml"];
    let told = said(
        folder.path(),
        1,
        &[&arguments[..], &["--objects", "100"]].concat(),
    );
    insta::assert_snapshot!(told);

    // What is shown is a sample.
    let sample = told.split("\n- name:").nth(1).expect("an object is shown");
    let sample = sample.split("\n\n").next().unwrap_or_default();
    write(folder.path(), "again.yaml", format!("- name:{sample}\n"));
    let again = ["test", "hostile.wasm", "--input", "again.yaml"];
    let told = said(folder.path(), 1, &again);
    assert!(told.contains("RuleTrapped"), "{told}");

    // And so is what a host writes of an object that a rule failed on.
    write(
        folder.path(),
        "failure.json",
        r#"{"kind":"user","source":{"department":"!x"},"target":null,"earlier":{},
            "now":"2026-11-24T10:00:00Z","context":{"job":"a-to-b"}}"#,
    );
    let again = ["test", "hostile.wasm", "--input", "failure.json"];
    insta::assert_snapshot!("input", said(folder.path(), 1, &again));
    write(
        folder.path(),
        "fine.json",
        r#"{"kind":"user","source":{"department":"Sales"},"target":{"department":"Old"},
            "earlier":{"department":"Contoso Sales"},"now":null}"#,
    );
    let again = ["test", "hostile.wasm", "--input", "fine.json"];
    let by_name = said(folder.path(), 0, &again);
    insta::assert_snapshot!("fine_input", by_name);
    // A host lists what earlier layers decided by the layer's outputs.
    write(
        folder.path(),
        "fine.json",
        r#"{"kind":"user","source":{"department":"Sales"},"target":{"department":"Old"},
            "earlier":[{"set":"Contoso Sales"}],"now":"2026-11-24T10:00:00Z"}"#,
    );
    assert_eq!(said(folder.path(), 0, &again), by_name);
}

#[test]
fn diff_shows_what_another_version_would_change_on_samples() {
    let folder = folder();
    let arguments = ["diff", &entra_default(), &contoso_merger()];
    insta::assert_snapshot!(said(folder.path(), 0, &arguments));
    let same = said(
        folder.path(),
        0,
        &["diff", &entra_default(), &entra_default()],
    );
    assert!(same.ends_with("the same, 0 not"), "{same}");
}

#[test]
fn diff_shows_what_another_version_would_change_for_the_people_of_a_project() {
    let rehearsal = Rehearsal::start(40, 1);
    let arguments = ["diff", &entra_default(), &contoso_merger()];
    let unread = said(rehearsal.folder(), 2, &arguments);
    assert!(unread.contains("has read nothing yet"), "{unread}");
    rehearsal.expect(0, &["sync"]);
    let told = said(
        rehearsal.folder(),
        0,
        &[&arguments[..], &["--job", "contoso-to-fabrikam"]].concat(),
    );
    insta::assert_snapshot!(told);
    said(
        rehearsal.folder(),
        2,
        &[&arguments[..], &["--job", "nobody"]].concat(),
    );
}

#[test]
fn bench_measures_a_rule_beside_the_default_rules() {
    let folder = folder();
    let arguments = ["bench", &contoso_merger(), "--rows", "600"];
    let told = said(folder.path(), 0, &arguments);
    let lines: Vec<Vec<&str>> = told
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for stage in ["scope", "keys", "map"] {
        let line = lines.iter().find(|line| line[0] == stage);
        let line = line.unwrap_or_else(|| panic!("{stage} is not measured: {told}"));
        // stage, time and unit, the default's and unit, ratio, fuel, the default's
        let numbers: Vec<f64> = [1, 3, 5, 6, 7]
            .iter()
            .map(|&place| line[place].parse().expect("a number"))
            .collect();
        assert!(numbers.iter().all(|number| *number > 0.0), "{told}");
        let ratio = numbers[0] / numbers[1];
        assert!((ratio / numbers[2] - 1.0).abs() < 0.1, "{told}");
    }
    assert!(told.contains("peak memory of a call"), "{told}");
}
