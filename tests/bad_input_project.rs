//! A project file that is wrong: one message with file, line and column, exit code 2, and nothing
//! lost.

use std::{fmt::Write as _, path::Path};

use crate::support::{Rehearsal, normal, syncline};

/// Edits of the good project file, and what each of them is about.
const WRONG: [(&str, &str, &str); 22] = [
    ("malformed", "source = \"contoso\"", "source = \"contoso"),
    ("unknown key", "every =", "evry ="),
    (
        "unknown table",
        "[jobs.contoso-to-fabrikam]",
        "[job.contoso-to-fabrikam]",
    ),
    ("missing key", "target = \"fabrikam\"\n", ""),
    ("two of one key", "every =", "every = \"1m\"\nevery ="),
    (
        "wrong type",
        "users = { scope = \"all\" }",
        "users = \"all\"",
    ),
    ("number for a text", "every = \"1m\"", "every = 5"),
    (
        "text for a list",
        "rules = [\"entra-default\"]",
        "rules = \"entra-default\"",
    ),
    (
        "text for a number",
        "[jobs.",
        "[jobs.contoso-to-fabrikam.guards]\nmax-deletes = \"many\"\n\n[jobs.",
    ),
    (
        "negative number",
        "[jobs.",
        "[jobs.contoso-to-fabrikam.guards]\nmax-deletes = -1\n\n[jobs.",
    ),
    (
        "unknown guard",
        "[jobs.",
        "[jobs.contoso-to-fabrikam.guards]\nmax-delete = 5\n\n[jobs.",
    ),
    (
        "wrong value",
        "out-of-scope = \"soft-delete\"",
        "out-of-scope = \"soft-delet\"",
    ),
    (
        "wrong duration",
        "every = \"1m\"",
        "every = \"1 fortnight\"",
    ),
    ("no duration", "every = \"1m\"", "every = \"-5m\""),
    (
        "unknown tenant",
        "source = \"contoso\"",
        "source = \"contosso\"",
    ),
    (
        "same tenant",
        "target = \"fabrikam\"",
        "target = \"contoso\"",
    ),
    (
        "assigned to nobody",
        "scope = \"all\"",
        "scope = \"assigned\"",
    ),
    (
        "a path for a rule",
        "[\"entra-default\"]",
        "[\"../entra-default\"]",
    ),
    ("no rules", "[\"entra-default\"]", "[]"),
    (
        "two places of a secret",
        "{ secret-file = \"contoso.secret\" }",
        "{ secret-file = \"a\", secret-env = \"B\" }",
    ),
    (
        "kinds of later",
        "users = ",
        "contacts = { scope = \"all\" }\nusers = ",
    ),
    (
        "postgres",
        "[jobs.",
        "[store]\nurl = \"postgres://localhost/syncline\"\n\n[jobs.",
    ),
];

#[test]
fn what_is_wrong_in_the_project_file_is_said_with_its_place() {
    let rehearsal = Rehearsal::start(12, 1);
    let path = rehearsal.file("syncline.toml");
    let good = std::fs::read_to_string(&path).expect("the project file can be read");
    let mut told = String::new();
    for (what, right, wrong) in WRONG {
        assert!(good.contains(right), "the good file has `{right}`");
        rehearsal.edit_project(|good| good.replacen(right, wrong, 1));
        let message = rehearsal.refuses(2, &["sync"]);
        assert_eq!(
            rehearsal.refuses(2, &["status"]),
            message,
            "one message for every verb"
        );
        writeln!(
            told,
            "{what}\n  {}",
            message.trim_end().replace('\n', "\n  ")
        )
        .expect("texts can be written");
        std::fs::write(&path, &good).expect("the project file can be written");
    }
    insta::assert_snapshot!(told);
    let asked = &rehearsal.stats("contoso")["requests"];
    assert_eq!(
        *asked,
        serde_json::json!({}),
        "no tenant was asked for anything"
    );
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn a_folder_without_a_project_says_how_to_make_one() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut told = String::new();
    for verb in ["plan", "sync", "run", "status", "log"] {
        let message = in_folder(folder.path(), 2, &[verb]);
        writeln!(told, "{verb}: {}", message.trim_end()).expect("texts can be written");
    }
    insta::assert_snapshot!(told);
    assert!(
        !folder.path().join("state").exists(),
        "nothing is left behind"
    );
}

#[test]
fn a_new_project_asks_to_be_filled_in_where_it_is_to_be_filled_in() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = syncline()
        .arg("-C")
        .arg(folder.path())
        .arg("init")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    let mut told = String::new();
    let path = folder.path().join("syncline.toml");
    for value in [
        "contoso.onmicrosoft.com",
        "6babcaad-604b-40ac-a9d7-9fd97c0b779f",
    ] {
        told += &in_folder(folder.path(), 2, &["plan"]);
        let text = std::fs::read_to_string(&path).expect("the project file can be read");
        let begin = text.find("\"<").expect("there is more to fill in");
        let end = begin + text[begin..].find(">\"").expect("the place ends") + 2;
        let text = format!("{}\"{value}\"{}", &text[..begin], &text[end..]);
        std::fs::write(&path, text).expect("the project file can be written");
    }
    told += &in_folder(folder.path(), 2, &["plan"]);
    insta::assert_snapshot!(told);
}

#[test]
fn a_job_that_is_not_there_names_the_nearest() {
    let rehearsal = Rehearsal::start(12, 1);
    let mut told = String::new();
    for verb in ["plan", "sync", "status", "log"] {
        told += &rehearsal.refuses(2, &[verb, "contoso-to-fabricam"]);
    }
    insta::assert_snapshot!(told);
}

/// Runs the command in a folder; returns what it wrote to stderr.
#[track_caller]
fn in_folder(folder: &Path, exit_code: i32, arguments: &[&str]) -> String {
    let output = syncline()
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .expect("it runs");
    let stderr = normal(&String::from_utf8_lossy(&output.stderr), folder);
    assert_eq!(output.status.code(), Some(exit_code), "{stderr}");
    assert!(output.stdout.is_empty(), "errors go to stderr");
    stderr
}
