//! The middle is pure: planning needs no clock, network, disk or sandbox.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// What brings a clock, a network, a disk or a sandbox.
const IMPURE: [&str; 5] = ["tokio", "reqwest", "hyper", "wasmtime", "rusqlite"];

/// Crates by name, with the crates that they need to run.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--locked",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Json = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let list = |json: &Json| json.as_array().expect("a list").clone();
    let word = |json: &Json| json.as_str().expect("a text").to_owned();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .map(|package| (word(&package["id"]), word(&package["name"])))
        .collect();
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let needs = dependencies
            .entry(names[&word(&node["id"])].clone())
            .or_default();
        for dependency in list(&node["deps"]) {
            // A kind of null is a normal dependency, neither for tests nor for building.
            if list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null())
            {
                needs.insert(names[&word(&dependency["pkg"])].clone());
            }
        }
    }
    dependencies
}

#[test]
fn planner_and_directory_need_no_runtime_network_disk_or_sandbox() {
    let dependencies = dependencies();
    for pure in ["syncline-planner", "syncline-directory"] {
        let mut reached = BTreeSet::from([pure.to_owned()]);
        let mut open = vec![pure.to_owned()];
        while let Some(name) = open.pop() {
            for needed in &dependencies[&name] {
                if reached.insert(needed.clone()) {
                    open.push(needed.clone());
                }
            }
        }
        for impure in IMPURE {
            assert!(!reached.contains(impure), "{pure} must not need {impure}");
        }
    }
}
