//! New projects: a rule that builds and passes its tests as it stands, with all that it needs beside it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// What a rule is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the crate for authors.
    Rust,
    /// JavaScript, by `componentize-js`.
    JavaScript,
    /// Python, by `componentize-py`.
    Python,
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The name cannot be a rule's.
    #[error(
        "`{0}` cannot be the name of a rule: lower-case letters, digits and single hyphens, a letter \
         first, at most {NAME_LENGTH_MAX} characters and no word of a language, as in `contoso-merger`"
    )]
    Name(String),
    /// Something is there already.
    #[error("{} is there already and not empty; name another folder", .0.display())]
    NotEmpty(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A name becomes a file, a package and a word in `syncline.toml`.
const NAME_LENGTH_MAX: usize = 64;

/// What cargo or Windows keeps for itself, or would be confused with what is vendored.
const RESERVED: [&str; 57] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "aux",
    "await",
    "become",
    "box",
    "break",
    "build",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "prn",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "type",
    "use",
    "where",
    "while",
];

/// Makes a project for a rule of this name in a folder that is empty or not there yet.
///
/// # Errors
///
/// Where the name cannot be one, the folder is not empty, or cannot be written.
pub fn new_project(name: &str, language: Language, folder: &Path) -> Result<(), NewError> {
    if !is_name(name) {
        return Err(NewError::Name(name.to_owned()));
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(NewError::NotEmpty(folder.to_owned()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            let path = folder.to_owned();
            return Err(NewError::Write { path, source });
        }
    }
    let (own, vendored) = match language {
        Language::Rust => (RUST, CRATES),
        Language::JavaScript => (JAVASCRIPT, &[][..]),
        Language::Python => (PYTHON, &[][..]),
    };
    for (place, bytes) in vendored.iter().chain(CONTRACT) {
        write(folder, place, bytes)?;
    }
    for (place, bytes) in own {
        // Under its own name it would be obeyed in Syncline's repository.
        let place = place
            .replace("gitignore", ".gitignore")
            .replace("..git", ".git");
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text
                    .replace("{{name}}", name)
                    .replace("{{version}}", env!("CARGO_PKG_VERSION"));
                write(folder, &place, text.as_bytes())?;
            }
            Err(_) => write(folder, &place, bytes)?,
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_LENGTH_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with("syncline-")
        && !RESERVED.contains(&name)
}

fn write(folder: &Path, place: &str, bytes: &[u8]) -> Result<(), NewError> {
    let path = place
        .split('/')
        .fold(folder.to_owned(), |path, part| path.join(part));
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, bytes))
        .map_err(|source| NewError::Write {
            path: path.clone(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_a_package_and_a_word_of_the_project() {
        for name in ["acme", "contoso-merger", "a1", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "Acme",
            "1a",
            "a--b",
            "a-",
            "-a",
            "a b",
            "a/b",
            "..",
            "a_b",
            "å",
            "test",
            "con",
            "syncline-sdk",
            &"a".repeat(65),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_vendored_stands_without_this_workspace() {
        let folder = tempfile::tempdir().unwrap();
        new_project("acme", Language::Rust, folder.path()).unwrap();
        let read = |place: &str| fs::read_to_string(folder.path().join(place)).unwrap();
        for manifest in [
            "Cargo.toml",
            "vendor/syncline-sdk/Cargo.toml",
            "vendor/syncline-entra-default/Cargo.toml",
        ] {
            let text = read(manifest);
            assert!(!text.contains("workspace = true"), "{manifest}: {text}");
            text.parse::<toml::Table>().unwrap();
        }
        assert!(read("Cargo.toml").contains("name = \"acme\""));
        assert!(read(".gitignore").contains("/target"));
        assert!(read("wit/rules.wit").contains("world rule"));
        let again = new_project("acme", Language::Rust, folder.path());
        assert!(matches!(again, Err(NewError::NotEmpty(_))));
    }

    #[test]
    fn nothing_of_a_template_is_left_to_be_filled_in() {
        for language in [Language::Rust, Language::JavaScript, Language::Python] {
            let folder = tempfile::tempdir().unwrap();
            new_project("acme", language, folder.path()).unwrap();
            let mut folders = vec![folder.path().to_owned()];
            while let Some(next) = folders.pop() {
                for entry in fs::read_dir(next).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else if let Ok(text) = fs::read_to_string(&path) {
                        assert!(!text.contains("{{name}}"), "{}", path.display());
                        assert!(!text.contains("{{version}}"), "{}", path.display());
                    }
                }
            }
        }
    }
}
