//! Puts into the binary what a new project is made of: the templates, the contract, and the crates for
//! authors, whose manifests are written out so that they stand without this workspace.
//!
//! A build script rather than a macro, because it says on which files it depends, so that a changed
//! SDK is never vendored as it was.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// The crates that are vendored, and their folders.
const CRATES: [(&str, &str); 2] = [
    ("syncline-sdk", "plugins/sdk"),
    ("syncline-entra-default", "plugins/entra-default"),
];

fn main() {
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let repository = own.ancestors().nth(2).expect("two folders deep");
    let mut code = fs::File::create(out.join("embedded.rs")).expect("OUT_DIR can be written");
    let mut list = |name: &str, files: &[(String, PathBuf)]| {
        writeln!(code, "const {name}: &[(&str, &[u8])] = &[").expect("it can be written");
        for (place, file) in files {
            writeln!(code, "({place:?}, include_bytes!({file:?})),").expect("it can be written");
        }
        writeln!(code, "];").expect("it can be written");
    };

    for language in ["rust", "javascript", "python"] {
        let mut files = Vec::new();
        collect(&own.join("templates").join(language), "", &mut files);
        list(&language.to_uppercase(), &files);
    }
    let mut contract = Vec::new();
    collect(&repository.join("wit"), "wit/", &mut contract);
    list("CONTRACT", &contract);

    let workspace = manifest(&repository.join("Cargo.toml"));
    let mut vendored = Vec::new();
    for (name, folder) in CRATES {
        let folder = repository.join(folder);
        let written = out.join(format!("{name}.toml"));
        fs::write(&written, standalone(&workspace, &folder)).expect("OUT_DIR can be written");
        vendored.push((format!("vendor/{name}/Cargo.toml"), written));
        collect(
            &folder.join("src"),
            &format!("vendor/{name}/src/"),
            &mut vendored,
        );
    }
    list("CRATES", &vendored);
}

/// Adds the files of a folder, each with its place in a project.
fn collect(folder: &Path, place: &str, files: &mut Vec<(String, PathBuf)>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("files of the repository have plain names");
        if path.is_dir() {
            collect(&path, &format!("{place}{name}/"), files);
        } else {
            files.push((format!("{place}{name}"), path));
        }
    }
}

fn manifest(path: &Path) -> Table {
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).expect("the repository has manifests");
    text.parse().expect("manifests are TOML")
}

/// Returns a crate's manifest with what it takes from the workspace written out, without what only
/// its own tests and lints need.
fn standalone(workspace: &Table, folder: &Path) -> String {
    let common = workspace["workspace"].as_table().expect("a workspace");
    let mut own = manifest(&folder.join("Cargo.toml"));
    for section in ["lints", "dev-dependencies", "lib"] {
        own.remove(section);
    }
    let package = own["package"].as_table_mut().expect("a package");
    for (key, value) in package.iter_mut() {
        if value.get("workspace").is_some() {
            *value = common["package"][key].clone();
        }
    }
    write_out(&mut own, &common["dependencies"]);
    if let Some(targets) = own.get_mut("target").and_then(Value::as_table_mut) {
        for (_, target) in targets.iter_mut() {
            let target = target.as_table_mut().expect("a target is a table");
            target.remove("dev-dependencies");
            write_out(target, &common["dependencies"]);
        }
    }
    format!("# Vendored by `syncline plugin new`.\n{own}")
}

fn write_out(holder: &mut Table, common: &Value) {
    let Some(dependencies) = holder.get_mut("dependencies").and_then(Value::as_table_mut) else {
        return;
    };
    for (name, dependency) in dependencies.iter_mut() {
        assert!(
            dependency.get("workspace").is_some()
                && dependency.as_table().is_some_and(|table| table.len() == 1),
            "{name}: a vendored crate takes its dependencies from the workspace, as they are there"
        );
        *dependency = if CRATES.iter().any(|(vendored, _)| vendored == name) {
            let path = Value::String(format!("../{name}"));
            Value::Table(Table::from_iter([("path".to_owned(), path)]))
        } else {
            common[name].clone()
        };
    }
}
