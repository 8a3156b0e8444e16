//! The command as people and scripts meet it: help, wrong usage, lists in every form, a look from a
//! second terminal, the demo.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value as Json, json};

use crate::support::{Rehearsal, normal, syncline};

/// Every verb.
const VERBS: [&[&str]; 16] = [
    &["demo"],
    &["init"],
    &["plan"],
    &["sync"],
    &["run"],
    &["approve"],
    &["status"],
    &["log"],
    &["plugin"],
    &["plugin", "new"],
    &["plugin", "build"],
    &["plugin", "test"],
    &["plugin", "inspect"],
    &["plugin", "bench"],
    &["plugin", "diff"],
    &["simulate"],
];

/// Runs the command anywhere; returns its exit code, stdout and stderr.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = syncline()
        .args(arguments)
        .output()
        .expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Returns a text under what it is the text of.
fn titled(title: &str, text: &str) -> String {
    format!("=== {title}\n{text}")
}

#[test]
fn help_says_what_every_verb_does() {
    let (code, whole, stderr) = run(&["--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let mut told = whole;
    for verb in VERBS {
        let (code, help, _) = run(&[verb, &["--help"]].concat());
        let verb = verb.join(" ");
        assert_eq!(code, Some(0), "{verb}");
        told += &titled(&verb, &help);
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{verb}: {line}");
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn wrong_usage_ends_with_2_and_helps_on() {
    let mut told = String::new();
    for arguments in [
        &[][..],
        &["snyc"],
        &["sync", "--activat"],
        &["sync", "one", "two"],
        &["plan", "--output", "xml"],
        &["approve", "abc"],
        &["approve", "abc", "--by", "Ann", "--for", "soon"],
        &["demo", "--users", "5"],
        &["log", "--limit", "many"],
        &["log", "--status", "faliure"],
        &["simulate", "--listen", "nowhere"],
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        // Without a verb the whole help comes, which is in another test.
        let stderr = if arguments.is_empty() {
            "the help\n"
        } else {
            &stderr
        };
        told += &titled(&arguments.join(" "), stderr);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_new_project_is_made_here_or_there_and_never_over_another() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let init = |working: &Path, arguments: &[&str]| {
        let output = syncline()
            .current_dir(working)
            .args(arguments)
            .output()
            .expect("the command runs");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            normal(&String::from_utf8_lossy(&text), folder.path()),
        )
    };
    let mut told = String::new();
    let here = folder.path().join("here");
    std::fs::create_dir(&here).expect("a folder can be made");
    for (working, arguments, code, made) in [
        (here.as_path(), &["init"][..], 0, "here"),
        (here.as_path(), &["init"], 2, "here"),
        (folder.path(), &["init", "there"], 0, "there"),
        (folder.path(), &["init", "there"], 2, "there"),
        (folder.path(), &["-C", "deep/down", "init"], 0, "deep/down"),
        (folder.path(), &["-C", "deep", "init", "er"], 0, "deep/er"),
    ] {
        let (ended, text) = init(working, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {text}");
        told += &titled(&arguments.join(" "), &text);
        for file in ["syncline.toml", "plugins/entra-default.wasm", ".gitignore"] {
            assert!(
                folder.path().join(made).join(file).exists(),
                "{made}/{file}"
            );
        }
        assert!(
            !folder.path().join(made).join("state").exists(),
            "it has not run yet"
        );
    }
    insta::assert_snapshot!(told);
}

#[test]
fn before_its_first_run_a_project_has_nothing_to_tell() {
    let rehearsal = Rehearsal::start(12, 1);
    let mut told = String::new();
    for arguments in [
        &["status"][..],
        &["status", "--output", "json"],
        &["status", "--output", "csv"],
        &["log"],
        &["log", "--output", "json"],
        &["log", "--output", "jsonl"],
        &["log", "--output", "csv"],
    ] {
        told += &titled(&arguments.join(" "), &rehearsal.expect(0, arguments));
    }
    insta::assert_snapshot!(told);
    assert!(
        !rehearsal.file("state").exists(),
        "looking leaves nothing behind"
    );
}

#[test]
fn a_plan_comes_in_every_form_and_stdout_holds_nothing_else() {
    let rehearsal = Rehearsal::start(30, 1);
    let whole: Json = serde_json::from_str(&rehearsal.expect(0, &["plan", "--output", "json"]))
        .expect("the plan is JSON");
    let operations = whole["operations"]
        .as_array()
        .expect("operations are a list");
    assert!(operations.len() > 20, "{} operations", operations.len());
    assert_eq!(whole["job"], "contoso-to-fabrikam");
    assert_eq!(whole["guards"], json!([]));
    let lines = rehearsal.expect(0, &["plan", "--output", "jsonl"]);
    let lines: Vec<Json> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(&lines, operations, "the same operations, a line each");
    let csv = rehearsal.expect(0, &["plan", "--output", "csv"]);
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(csv.headers().expect("there is a header").len(), 6);
    let records: Vec<_> = csv
        .records()
        .collect::<Result<_, _>>()
        .expect("the plan is CSV");
    assert_eq!(records.len(), operations.len());
    let table = rehearsal.expect(0, &["plan"]);
    insta::assert_snapshot!(
        normal(&table, rehearsal.folder())
            .lines()
            .take(8)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// What Graph's types have, by path: every member, and of which kind (graph.md, section 11.2).
fn check_shape(record: &Json) {
    let members = |json: &Json, expected: &[&str], what: &str| {
        let found: BTreeSet<&str> = json
            .as_object()
            .expect(what)
            .keys()
            .map(String::as_str)
            .collect();
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(found, expected, "{what}");
    };
    let text = |json: &Json, what: &str| {
        assert!(json.is_string(), "{what} is text: {json}");
    };
    let one_of = |json: &Json, words: &[&str]| {
        let word = json.as_str().unwrap_or_default();
        assert!(words.contains(&word), "{json} is one of {words:?}");
    };
    members(
        record,
        &[
            "id",
            "activityDateTime",
            "tenantId",
            "jobId",
            "cycleId",
            "changeId",
            "provisioningAction",
            "durationInMilliseconds",
            "initiatedBy",
            "servicePrincipal",
            "sourceSystem",
            "targetSystem",
            "sourceIdentity",
            "targetIdentity",
            "provisioningStatusInfo",
            "provisioningSteps",
            "modifiedProperties",
            "syncline",
        ],
        "a summary",
    );
    for name in ["id", "tenantId", "jobId", "cycleId", "changeId"] {
        text(&record[name], name);
    }
    let at = record["activityDateTime"].as_str().expect("a time is text");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at} is a time");
    one_of(
        &record["provisioningAction"],
        &["other", "create", "delete", "disable", "update"],
    );
    assert!(
        record["durationInMilliseconds"].is_u64(),
        "a duration is a whole number"
    );
    members(
        &record["initiatedBy"],
        &["id", "displayName", "initiatorType"],
        "an initiator",
    );
    one_of(
        &record["initiatedBy"]["initiatorType"],
        &["user", "application", "system"],
    );
    members(
        &record["servicePrincipal"],
        &["id", "displayName"],
        "a service principal",
    );
    for system in ["sourceSystem", "targetSystem"] {
        members(&record[system], &["id", "displayName", "details"], system);
        assert!(record[system]["details"].is_object(), "{system}");
    }
    for identity in ["sourceIdentity", "targetIdentity"] {
        members(
            &record[identity],
            &["id", "displayName", "identityType", "details"],
            identity,
        );
        assert_eq!(record[identity]["identityType"], "User");
    }
    let status = &record["provisioningStatusInfo"];
    members(status, &["status", "errorInformation"], "a status");
    one_of(
        &status["status"],
        &["success", "failure", "skipped", "warning"],
    );
    let information = &status["errorInformation"];
    if status["status"] == "success" {
        assert!(
            information.is_null(),
            "a success has no error: {information}"
        );
    } else {
        members(
            information,
            &[
                "additionalDetails",
                "errorCategory",
                "errorCode",
                "reason",
                "recommendedAction",
            ],
            "an error",
        );
        one_of(
            &information["errorCategory"],
            &["failure", "nonServiceFailure", "success"],
        );
        text(&information["errorCode"], "a code");
        text(&information["reason"], "a reason");
    }
    for step in record["provisioningSteps"]
        .as_array()
        .expect("steps are a list")
    {
        members(
            step,
            &[
                "name",
                "provisioningStepType",
                "status",
                "description",
                "details",
            ],
            "a step",
        );
        one_of(
            &step["provisioningStepType"],
            &[
                "import",
                "scoping",
                "matching",
                "processing",
                "referenceResolution",
                "export",
            ],
        );
        one_of(
            &step["status"],
            &["success", "failure", "skipped", "warning"],
        );
        for (name, value) in step["details"].as_object().expect("details are an object") {
            text(value, name);
        }
    }
    for property in record["modifiedProperties"]
        .as_array()
        .expect("properties are a list")
    {
        members(
            property,
            &["displayName", "oldValue", "newValue"],
            "a property",
        );
        text(&property["displayName"], "a property's name");
        for value in [&property["oldValue"], &property["newValue"]] {
            assert!(
                value.is_null() || value.is_string(),
                "values are text: {value}"
            );
        }
    }
}

#[test]
fn the_log_has_the_shape_of_graphs_and_comes_in_every_form() {
    let rehearsal = Rehearsal::start(60, 1);
    rehearsal.expect(0, &["sync"]);
    rehearsal.control("POST", "tenants/contoso/week", Some(json!({ "seed": 5 })));
    rehearsal.fault(json!({ "tenant": "fabrikam", "method": "PATCH", "status": 400, "times": 1 }));
    rehearsal.expect(4, &["sync"]);
    let whole: Json = serde_json::from_str(&rehearsal.expect(0, &["log", "--output", "json"]))
        .expect("the log is JSON");
    assert_eq!(
        whole.as_object().expect("it is an object").len(),
        1,
        "`value` and nothing else"
    );
    let records = whole["value"].as_array().expect("`value` is a list");
    let mut kinds = BTreeSet::new();
    for record in records {
        check_shape(record);
        kinds.insert(format!(
            "{} {}",
            record["provisioningAction"].as_str().unwrap_or_default(),
            record["provisioningStatusInfo"]["status"]
                .as_str()
                .unwrap_or_default()
        ));
    }
    for kind in [
        "create success",
        "update success",
        "update failure",
        "other skipped",
    ] {
        assert!(kinds.contains(kind), "there is one of `{kind}`: {kinds:?}");
    }
    let times: Vec<&str> = records
        .iter()
        .filter_map(|record| record["activityDateTime"].as_str())
        .collect();
    assert!(
        times.is_sorted_by(|newer, older| newer >= older),
        "newest first"
    );
    let ids: BTreeSet<&str> = records
        .iter()
        .filter_map(|record| record["id"].as_str())
        .collect();
    assert_eq!(ids.len(), records.len(), "each record has its own id");

    let lines = rehearsal.expect(0, &["log", "--output", "jsonl"]);
    assert_eq!(lines.lines().count(), records.len());
    let csv = rehearsal.expect(0, &["log", "--output", "csv"]);
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<_> = csv
        .records()
        .collect::<Result<_, _>>()
        .expect("the log is CSV");
    assert_eq!(rows.len(), records.len());
    let few = rehearsal.expect(0, &["log", "--limit", "3"]);
    assert_eq!(
        few.lines().count(),
        5,
        "a header, three records, and that there is more:\n{few}"
    );
    let creates = rehearsal.expect(0, &["log", "--action", "create", "--output", "jsonl"]);
    assert!(
        creates
            .lines()
            .all(|line| line.contains(r#""provisioningAction":"create""#))
    );
}

#[test]
fn a_second_terminal_sees_how_far_a_run_is() {
    let rehearsal = Rehearsal::start(300, 1);
    rehearsal.fault(json!({ "tenant": "fabrikam", "path_contains": "$batch", "latency_ms": 400 }));
    let sync = rehearsal.start_command(&["sync"]);
    rehearsal.wait_for_writes("fabrikam");
    let (told, run) = loop {
        let told = rehearsal.expect(0, &["status"]);
        let status: Json =
            serde_json::from_str(&rehearsal.expect(0, &["status", "--output", "json"]))
                .expect("the status is JSON");
        let run = status["value"][0]["lastRun"].clone();
        assert_eq!(
            run["running"], true,
            "it must be seen before it ends: {run}"
        );
        if run["done"].as_u64() > Some(0) {
            break (told, run);
        }
    };
    assert!(told.contains("run 1 goes on since "), "{told}");
    assert_eq!(run["phase"], "apply");
    assert!(run["total"].as_u64() > run["done"].as_u64(), "{run}");
    assert!(run["perSecond"].as_f64() > Some(0.0), "{run}");
    assert!(run["secondsLeft"].as_u64() > Some(0), "{run}");
    sync.kill();
    let told = rehearsal.expect(0, &["status"]);
    assert!(
        told.contains("run 1 was interrupted in apply at "),
        "{told}"
    );
    rehearsal.no_faults();
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn in_a_pipe_progress_is_a_few_plain_lines() {
    let rehearsal = Rehearsal::start(12, 1);
    let output = rehearsal.run(&["sync"]);
    let stderr = normal(&String::from_utf8_lossy(&output.stderr), rehearsal.folder());
    let stdout = normal(&String::from_utf8_lossy(&output.stdout), rehearsal.folder());
    insta::assert_snapshot!(format!("stdout\n{stdout}stderr\n{stderr}"));
}

#[test]
fn the_demo_tells_its_story_and_leaves_a_project_that_can_be_looked_at() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let project = folder.path().join("demo");
    let at = project.to_str().expect("the path is UTF-8");
    let (code, story, progress) = run(&["demo", "--users", "60", "--dir", at]);
    assert_eq!(code, Some(0), "{progress}");
    let mut after = story.as_str();
    for expected in [
        "Two simulated tenants answer as Microsoft Graph does",
        "1. First cycle",
        "run 1 done",
        "2. A week passes in contoso",
        "run 2 done",
        "copied contoso-merger.wasm from outside the service",
        "are active: contoso-merger",
        "4. A broken file is put in their place",
        "refused, the active rules stay: ",
        "5. The log",
        "create, success: ",
        "in step: ",
        "state/syncline.db",
        " status",
        " log",
    ] {
        let place = after.find(expected);
        let place = place.unwrap_or_else(|| panic!("`{expected}` comes after that:\n{story}"));
        after = &after[place + expected.len()..];
    }
    assert!(
        progress.lines().count() <= 12,
        "few lines of progress:\n{progress}"
    );
    assert!(
        !story.contains('\u{1b}') && !progress.contains('\u{1b}'),
        "plain text in a pipe"
    );
    for verb in ["status", "log"] {
        let (code, stdout, stderr) = run(&["-C", at, verb]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{verb}");
        assert!(stdout.lines().count() > 3, "{stdout}");
    }
    let (code, _, stderr) = run(&["demo", "--dir", at]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("holds a project already; name another folder"),
        "{stderr}"
    );
}
