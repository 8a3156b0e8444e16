//! What the documents say is so: their commands exist and give the output that is shown, their links
//! lead somewhere, and the house has the arrows and the tests that ARCHITECTURE.md lists.

mod house;
mod markdown;
mod tour;

use std::path::{Path, PathBuf};

/// Returns the repository's root.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the command's crate is two folders deep")
        .to_owned()
}

/// Returns the text of a file of the repository, with the line ends of Unix.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}

/// Returns every file of the repository whose name ends so, in order, without what is built.
fn files(ending: &str) -> Vec<PathBuf> {
    let root = repository();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("an entry can be read").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                let built = folder == root && (name.starts_with("target") || name == ".git")
                    // What tools of other languages bring into the examples.
                    || matches!(name.as_ref(), "node_modules" | ".venv" | "dist");
                if !built {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
