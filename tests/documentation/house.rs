//! The house: crates and their arrows as ARCHITECTURE.md lists them, and the few rules of tidiness
//! that no lint knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    files,
    markdown::{quoted, table},
    read, repository,
};

/// The most lines of a source file. Beyond it a module has more than one subject.
const LINES_MAX: usize = 800;

/// What a crate of the repository depends on.
#[derive(Default)]
struct Crate {
    ours: BTreeSet<String>,
    ours_for_tests: BTreeSet<String>,
    manifest: String,
}

/// Returns the crates of the workspace by name.
fn crates() -> BTreeMap<String, Crate> {
    let root = repository();
    let members = read(&root.join("Cargo.toml"));
    let members = members
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .expect("the workspace has members")
        .0
        .to_owned();
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for folder in members.split('"').skip(1).step_by(2) {
        let manifest = read(&root.join(folder).join("Cargo.toml"));
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = \""))
            .expect("a crate has a name")
            .trim_end_matches('"')
            .to_owned();
        crates.insert(
            name,
            Crate {
                manifest,
                ..Crate::default()
            },
        );
    }
    let names: BTreeSet<String> = crates.keys().cloned().collect();
    for member in crates.values_mut() {
        let mut section = "";
        for line in member.manifest.lines() {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']);
                continue;
            }
            let dependency = line
                .split(['.', ' ', '='])
                .next()
                .unwrap_or_default()
                .to_owned();
            match section {
                _ if !names.contains(&dependency) => {}
                "dependencies" => drop(member.ours.insert(dependency)),
                "dev-dependencies" => drop(member.ours_for_tests.insert(dependency)),
                _ => {}
            }
        }
    }
    crates
}

#[test]
fn the_arrows_between_crates_are_those_that_are_listed() {
    let architecture = read(&repository().join("ARCHITECTURE.md"));
    let listed: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> =
        table(&architecture, "crate")
            .iter()
            .map(|row| {
                let names = |cell: usize| quoted(&row[cell]).into_iter().collect();
                (quoted(&row[0]).remove(0), (names(1), names(2)))
            })
            .collect();
    let found: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = crates()
        .into_iter()
        .map(|(name, member)| (name, (member.ours, member.ours_for_tests)))
        .collect();
    assert_eq!(listed, found, "left: ARCHITECTURE.md; right: the manifests");
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace() {
    for (name, member) in crates() {
        assert!(
            member.manifest.contains("[lints]\nworkspace = true"),
            "{name} does not say `[lints] workspace = true`, so no lint of the workspace holds in it"
        );
    }
}

/// Returns the source files of the repository.
fn sources() -> Vec<PathBuf> {
    files(".rs")
}

fn name(path: &Path) -> String {
    path.strip_prefix(repository())
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn every_module_says_what_it_is_and_has_one_subject() {
    for path in sources() {
        let text = read(&path);
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{} has {lines} lines, at most {LINES_MAX}",
            name(&path)
        );
        // A module's tests stand beside it and are about it.
        if path.file_name().is_some_and(|file| file != "tests.rs") {
            assert!(
                text.starts_with("//!"),
                "{} does not begin with what it is",
                name(&path)
            );
        }
    }
}

#[test]
fn laws_are_kept_where_it_is_said_that_they_are() {
    let root = repository();
    let architecture = read(&root.join("ARCHITECTURE.md"));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources() {
        let place = name(&path).replace('\\', "/");
        let place = match place.split('/').collect::<Vec<_>>()[..] {
            ["tests", ..] => "tests".to_owned(),
            ["host" | "plugins", room, ..] => room.to_owned(),
            _ => continue,
        };
        for line in read(&path).lines() {
            let test = line.trim_start().trim_start_matches("async ");
            if let Some(rest) = test.strip_prefix("fn law_") {
                let number = rest.get(..2).unwrap_or_default();
                let law = format!("L{}", number.trim_start_matches('0'));
                found.entry(law).or_default().insert(place.clone());
            }
        }
    }
    let rows = table(&architecture, "law");
    assert_eq!(rows.len(), 16, "there are sixteen laws");
    for row in rows {
        let law = row[0].split(' ').next().unwrap_or_default();
        let listed: BTreeSet<String> = quoted(row.last().expect("a row has cells"))
            .into_iter()
            .collect();
        let kept = found.get(law).cloned().unwrap_or_default();
        assert!(
            listed.is_subset(&kept) && (kept.is_empty() || !listed.is_empty()),
            "{law}: ARCHITECTURE.md names tests in {listed:?}, and they are in {kept:?}"
        );
    }
}
