//! What is remembered cannot be used: another process works on it, it is newer, it is no store, or
//! the folder cannot be written.

use serde_json::json;

use crate::support::Rehearsal;

#[test]
fn one_process_at_a_time_works_on_a_project_and_the_lock_dies_with_it() {
    let rehearsal = Rehearsal::start(12, 1);
    // It waits for its first answer for longer than the test takes.
    let fault = json!({ "tenant": "contoso", "path_contains": "delta", "latency_ms": 600_000 });
    rehearsal.fault(fault);
    let mut first = rehearsal.start_command(&["run"]);
    first.says("watching");
    let mut told = String::new();
    for verb in ["plan", "sync", "run"] {
        told += &rehearsal.refuses(1, &[verb]);
    }
    insta::assert_snapshot!(told);
    // Looking is not working.
    rehearsal.expect(0, &["status"]);
    rehearsal.expect(0, &["log"]);
    first.kill();
    rehearsal.no_faults();
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let rehearsal = Rehearsal::start(12, 1);
    rehearsal.expect(0, &["sync"]);
    // Returns the version that it had.
    let set_version = |version: i64| -> i64 {
        let connection = rusqlite::Connection::open(rehearsal.file("state/syncline.db"))
            .expect("the store can be opened");
        let before: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .expect("it has a version");
        connection
            .pragma_update(None, "user_version", version)
            .expect("it can have another");
        before
    };
    let current = set_version(99);
    let mut told = String::new();
    for verb in ["plan", "sync", "run", "status", "log"] {
        told += &rehearsal.refuses(1, &[verb]);
    }
    insta::assert_snapshot!(told);
    set_version(current);
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn a_file_that_is_no_store_is_said_to_be_none() {
    let rehearsal = Rehearsal::start(12, 1);
    let store = rehearsal.file("state/syncline.db");
    std::fs::create_dir(rehearsal.file("state")).expect("a folder can be made");
    std::fs::write(
        &store,
        "not a store, but longer than a header would be\n".repeat(9),
    )
    .expect("a file can be written");
    let mut told = String::new();
    for verb in ["sync", "status"] {
        told += &rehearsal.refuses(1, &[verb]);
    }
    insta::assert_snapshot!(told);
    std::fs::remove_file(&store).expect("the file can be removed");
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let rehearsal = Rehearsal::start(12, 1);
    // A file in its place refuses every user, the administrator included.
    std::fs::write(rehearsal.file("state"), "").expect("a file can be written");
    let mut told = String::new();
    for verb in ["plan", "sync", "run"] {
        told += &rehearsal.refuses(1, &[verb]);
    }
    insta::assert_snapshot!(told);
    assert_eq!(
        rehearsal.stats("contoso")["requests"],
        json!({}),
        "nobody was asked for anything"
    );
    std::fs::remove_file(rehearsal.file("state")).expect("the file can be removed");
    rehearsal.expect(0, &["sync"]);
}
