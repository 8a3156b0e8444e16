//! The digest of a component's sources.
//!
//! It covers what a change of which can change the component: the plugin, the rules it builds upon,
//! the SDK, the contract, and the build profile. It is the same on every system: paths are relative
//! with slashes, in order, and line ends are those of Unix.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use syncline_build::source_digest;

use super::Plugin;

/// Returns the digest of a plugin's sources, in hex.
pub(super) fn of_sources(repository: &Path, plugin: &Plugin) -> Result<String> {
    let mut files = Vec::new();
    let crates = [plugin.folder, "plugins/sdk"]
        .into_iter()
        .chain(plugin.builds_on.iter().copied());
    for folder in crates {
        files.push(repository.join(folder).join("Cargo.toml"));
        collect(&repository.join(folder).join("src"), &mut files)?;
    }
    files.push(repository.join(plugin.folder).join("samples.json"));
    collect(&repository.join("wit"), &mut files)?;

    let mut sources = Vec::new();
    for file in files {
        sources.push((name(repository, &file)?, read(&file)?.into_bytes()));
    }
    let manifest = read(&repository.join("Cargo.toml"))?;
    sources.push(("Cargo.toml".to_owned(), profile(&manifest).into_bytes()));
    Ok(source_digest(sources))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()));
    for entry in entries? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns a file's name below the repository, with slashes.
fn name(repository: &Path, file: &Path) -> Result<String> {
    let parts: Option<Vec<_>> = file
        .strip_prefix(repository)?
        .iter()
        .map(|part| part.to_str())
        .collect();
    Ok(parts
        .with_context(|| format!("{} is not text", file.display()))?
        .join("/"))
}

fn read(file: &Path) -> Result<String> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.replace("\r\n", "\n"))
}

/// Returns the lines of the build profile and its tables, without comments and blank lines.
fn profile(manifest: &str) -> String {
    let mut inside = false;
    let settings = manifest.lines().map(str::trim).filter(|line| {
        if line.starts_with('[') {
            inside = *line == "[profile.plugin]" || line.starts_with("[profile.plugin.");
        }
        inside && !line.is_empty() && !line.starts_with('#')
    });
    settings.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGIN: Plugin = Plugin {
        package: "acme",
        folder: "plugins/acme",
        builds_on: &[],
        component: "plugins/acme.wasm",
    };

    const FILES: [(&str, &str); 7] = [
        (
            "Cargo.toml",
            "[workspace]\n[profile.plugin]\n# why\nlto = true\n\n[profile.dev]\n",
        ),
        ("plugins/acme/Cargo.toml", "[package]\n"),
        ("plugins/acme/src/lib.rs", "mod a;\n"),
        ("plugins/acme/samples.json", "[]\n"),
        ("plugins/sdk/Cargo.toml", "[package]\n"),
        ("plugins/sdk/src/lib.rs", "//! SDK\n"),
        ("wit/rules.wit", "package a:b;\n"),
    ];

    /// Returns the digest of a repository in which one file has another text.
    fn digest_with(changed: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, original) in FILES {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, if name == changed { text } else { original }).unwrap();
        }
        of_sources(folder.path(), &PLUGIN).unwrap()
    }

    #[test]
    fn every_source_counts() {
        let original = digest_with("", "");
        assert_eq!(original, digest_with("", ""));
        for (name, text) in FILES.into_iter().skip(1) {
            assert_ne!(original, digest_with(name, &format!("{text}\n")), "{name}");
        }
    }

    #[test]
    fn line_ends_and_other_profiles_do_not_count() {
        let original = digest_with("", "");
        assert_eq!(
            original,
            digest_with("plugins/acme/src/lib.rs", "mod a;\r\n")
        );
        let profiles =
            "[workspace]\r\n[profile.plugin]\r\nlto = true\r\n[profile.dev]\r\ndebug = 1\r\n";
        assert_eq!(original, digest_with("Cargo.toml", profiles));
        for profiles in [
            "[profile.plugin]\nlto = false\n",
            "[profile.plugin]\nlto = true\n[profile.plugin.package.\"*\"]\nopt-level = 3\n",
        ] {
            assert_ne!(original, digest_with("Cargo.toml", profiles));
        }
    }
}
