//! A new rule in three commands, with the tools of its language. What needs such tools is run by
//! `.ci/run`, which installs them.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::support::syncline;

fn plugin(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = syncline();
    command.arg("-C").arg(folder).arg("plugin").args(arguments);
    command
}

#[track_caller]
fn expect(exit_code: i32, output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    said
}

#[track_caller]
fn run(exit_code: i32, command: &mut Command) -> String {
    expect(exit_code, &command.output().expect("the command runs"))
}

/// Makes, builds and tests a rule in three commands.
#[track_caller]
fn in_three_commands(folder: &Path, language: &str) {
    run(0, &mut plugin(folder, &["new", "acme", "--lang", language]));
    let built = run(0, &mut plugin(folder, &["build", "acme"]));
    assert!(built.contains("next: syncline plugin test"), "{built}");
    let tested = run(0, &mut plugin(folder, &["test", "acme"]));
    assert!(tested.ends_with("as expected, 8 laws hold\n"), "{tested}");
    assert!(!tested.contains("older than its sources"), "{tested}");
}

#[test]
#[ignore = "needs Rust for WebAssembly and crates.io; .ci/run runs it"]
fn a_new_rule_in_rust_builds_and_passes_in_three_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    in_three_commands(folder.path(), "rust");
    let own = folder.path().join("acme");

    // Its own tests need no WebAssembly.
    let tests = Command::new("cargo")
        .args(["test", "--quiet"])
        .current_dir(&own)
        .env_remove("CARGO_TARGET_DIR")
        .output();
    expect(0, &tests.expect("cargo runs"));

    // A change of the sources is noticed, and one that is no rule any more is not built.
    let source = own.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).expect("the source can be read");
    std::fs::write(&source, text.replace("\"Contoso\"", "\"Kontoso\"")).expect("it can be written");
    let stale = run(0, &mut plugin(folder.path(), &["test", "acme"]));
    assert!(stale.contains("is older than its sources"), "{stale}");
    run(0, &mut plugin(folder.path(), &["build", "acme"]));
    let changed = run(1, &mut plugin(folder.path(), &["test", "acme"]));
    assert!(
        changed.contains("+  department: Kontoso Sales"),
        "{changed}"
    );
    run(0, &mut plugin(folder.path(), &["test", "acme", "--update"]));
    run(0, &mut plugin(folder.path(), &["test", "acme"]));
    std::fs::write(
        &source,
        text.replace("Verdict::InScope", "Verdict::Outside"),
    )
    .expect("it can be written");
    let broken = run(1, &mut plugin(folder.path(), &["build", "acme"]));
    assert!(broken.contains("no variant"), "{broken}");
}

#[test]
#[ignore = "needs Node.js and npm; .ci/run runs it"]
fn a_new_rule_in_javascript_builds_and_passes_in_three_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    in_three_commands(folder.path(), "js");
}

#[test]
#[ignore = "needs Python and PyPI; .ci/run runs it"]
fn a_new_rule_in_python_builds_and_passes_in_three_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    in_three_commands(folder.path(), "python");
}

#[test]
fn a_tool_that_is_missing_is_named_in_a_line_with_how_to_get_it() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (language, tool) in [("rust", "cargo"), ("js", "node"), ("python", "python3")] {
        let new = ["new", "acme", "--lang", language, language];
        run(0, &mut plugin(folder.path(), &new));
        let mut build = plugin(folder.path(), &["build", language]);
        // Cargo tells its children where it is, and this test is one.
        build
            .env("PATH", folder.path())
            .env_remove("CARGO")
            .env_remove("RUSTC");
        let output = build.output().expect("the command runs");
        expect(2, &output);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            told.starts_with(&format!("error: {tool} is not there")),
            "{told}"
        );
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
        assert!(told.contains("install"), "{told}");
    }
}

#[test]
fn a_new_rule_is_never_made_over_something_else() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let here = folder.path();
    run(0, &mut plugin(here, &["new", "acme", "--lang", "rust"]));
    for file in [
        "Cargo.toml",
        "README.md",
        ".gitignore",
        "src/lib.rs",
        "samples/people.yaml",
        "wit/rules.wit",
        "vendor/syncline-sdk/src/lib.rs",
        "vendor/syncline-entra-default/src/lib.rs",
    ] {
        assert!(here.join("acme").join(file).exists(), "{file}");
    }
    let again = run(2, &mut plugin(here, &["new", "acme", "--lang", "rust"]));
    assert!(again.contains("not empty"), "{again}");
    std::fs::create_dir(here.join("empty")).expect("a folder can be made");
    run(
        0,
        &mut plugin(here, &["new", "acme", "--lang", "rust", "empty"]),
    );
}
