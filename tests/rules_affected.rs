//! Changed rules have only those decided anew whom they can affect, and the plan is the one that asking
//! about everybody makes.

use std::{fs, path::Path};

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::{
    bad_input_rules::set_rules,
    rules_reload::{CONTOSO_MERGER, drop_file},
    support::{Rehearsal, Scope, department_rule, syncline},
};

/// A way to change a project's rules.
struct Change {
    name: &'static str,
    make: fn(&Rehearsal),
    /// Whether it leaves somebody alone.
    spares: bool,
}

const CHANGES: [Change; 5] = [
    Change {
        name: "another version",
        make: |rehearsal| {
            drop_file(
                &rehearsal.file("plugins/entra-default.wasm"),
                CONTOSO_MERGER,
            );
        },
        spares: true,
    },
    Change {
        name: "another setting",
        make: |rehearsal| {
            drop_file(&rehearsal.file("rules.toml"), b"nulls = \"keep\"\n");
            let layers = r#"[{ plugin = "entra-default", settings = "rules.toml" }]"#;
            rehearsal.edit_project(|text| set_rules(&text, layers));
        },
        spares: true,
    },
    Change {
        name: "a layer that changes nobody",
        make: |rehearsal| second_layer(rehearsal, Scope::Everybody),
        spares: true,
    },
    Change {
        name: "a layer with a narrower scope",
        make: |rehearsal| second_layer(rehearsal, Scope::Engineers),
        spares: true,
    },
    Change {
        name: "the merger's rules, which read other columns, with a layer",
        make: |rehearsal| {
            second_layer(rehearsal, Scope::Engineers);
            drop_file(
                &rehearsal.file("plugins/entra-default.wasm"),
                CONTOSO_MERGER,
            );
        },
        spares: true,
    },
];

fn second_layer(rehearsal: &Rehearsal, scope: Scope) {
    drop_file(
        &rehearsal.file("plugins/hostile.wasm"),
        &department_rule(scope),
    );
    let layers = r#"["entra-default", { plugin = "hostile", overrides = ["department"] }]"#;
    rehearsal.edit_project(|text| set_rules(&text, layers));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("it has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

fn store(folder: &Path) -> Connection {
    Connection::open(folder.join("state/syncline.db")).expect("the store can be opened")
}

/// Returns the plan that a project has now, and how it ends.
fn plan(folder: &Path) -> (Option<i32>, Json) {
    let output = syncline()
        .arg("-C")
        .arg(folder)
        .args(["plan", "--output", "json"])
        .output()
        .expect("the command runs");
    let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), told)
}

#[test]
fn marking_only_whom_changed_rules_affect_gives_the_plan_of_marking_everybody() {
    for seed in [1, 2] {
        for change in &CHANGES {
            let rehearsal = Rehearsal::start(40, seed);
            rehearsal.expect(0, &["sync"]);
            rehearsal.expect(0, &["sync"]);
            (change.make)(&rehearsal);
            rehearsal.expect(0, &["rules", "activate"]);

            let all = tempfile::tempdir().expect("a temporary folder can be made");
            copy(rehearsal.folder(), all.path());
            let connection = store(all.path());
            let marked: u64 = connection
                .query_row(
                    "SELECT count(*) FROM subject WHERE unplanned = 1",
                    [],
                    |row| row.get(0),
                )
                .expect("the store answers");
            let everybody = connection
                .execute("UPDATE subject SET undecided = 1, unplanned = 1", [])
                .expect("the store can be written");
            drop(connection);
            let everybody = u64::try_from(everybody).expect("a small number");
            let what = format!("{} with seed {seed}", change.name);
            if change.spares {
                assert!(marked < everybody, "{what}: {marked} of {everybody}");
            }
            let (some, everyone) = (plan(rehearsal.folder()), plan(all.path()));
            assert_eq!(some, everyone, "{what}");
            assert!(some.1["hash"].is_string(), "{what}");
        }
    }
}
