//! `cargo xtask plugins`: builds the components that a fresh checkout runs with, or checks that they
//! are up to date.
//!
//! The components are kept in the repository, since not every toolchain can build them; each says by
//! a digest from which sources it was built.

mod digest;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use syncline_build::{CargoBuild, Toolchain, component};

pub(crate) const SUMMARY: &str =
    "build the components [--out DIR], or compare them with their sources [--check]";

/// A component of this repository.
struct Plugin {
    /// The package that it is built from.
    package: &'static str,
    /// The package's folder.
    folder: &'static str,
    /// The rules of this repository that it is built upon.
    builds_on: &'static [&'static str],
    /// Where it is kept.
    component: &'static str,
}

const PLUGINS: &[Plugin] = &[
    Plugin {
        package: "syncline-entra-default",
        folder: "plugins/entra-default",
        builds_on: &[],
        component: "plugins/entra-default.wasm",
    },
    Plugin {
        package: "contoso-merger",
        folder: "examples/contoso-merger/rule",
        builds_on: &["plugins/entra-default"],
        component: "examples/contoso-merger/plugins/contoso-merger.wasm",
    },
    Plugin {
        package: "wingtip-separation",
        folder: "examples/wingtip-separation/rule",
        builds_on: &["plugins/entra-default"],
        component: "examples/wingtip-separation/plugins/wingtip-separation.wasm",
    },
    Plugin {
        package: "tailspin-group",
        folder: "examples/tailspin-group/rule",
        builds_on: &["plugins/entra-default"],
        component: "examples/tailspin-group/plugins/tailspin-group.wasm",
    },
];

enum Order {
    Build { out: Option<PathBuf> },
    Check,
}

pub(crate) fn run(repository: &Path, arguments: Vec<String>) -> Result<()> {
    match order(&arguments)? {
        Order::Build { out } => build(repository, out.as_deref()),
        Order::Check => check(repository),
    }
}

fn order(arguments: &[String]) -> Result<Order> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(Order::Build { out: None }),
        ["--check"] => Ok(Order::Check),
        ["--out", folder] => Ok(Order::Build {
            out: Some(folder.into()),
        }),
        _ => bail!("usage: cargo xtask plugins [--check | --out DIR]"),
    }
}

#[expect(clippy::print_stdout, reason = "what the person asked for")]
fn build(repository: &Path, out: Option<&Path>) -> Result<()> {
    let toolchain = Toolchain::find()?;
    for plugin in PLUGINS {
        let path = place(repository, plugin, out)?;
        let module = toolchain.build(&CargoBuild {
            folder: repository,
            package: plugin.package,
            library: plugin.package,
            profile: "plugin",
            target_folder: &repository.join("target/guest"),
        })?;
        let digest = digest::of_sources(repository, plugin)?;
        let samples = compact(&repository.join(plugin.folder).join("samples.json"))?;
        let bytes = component::encode(&module)
            .and_then(|component| component::finish(&component, &digest, &samples))
            .with_context(|| plugin.package)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        println!(
            "{}: {} bytes, source {}",
            path.display(),
            bytes.len(),
            &digest[..12]
        );
    }
    Ok(())
}

/// Reads samples, and leaves out the blanks between them.
fn compact(samples: &Path) -> Result<Vec<u8>> {
    let name = || samples.display();
    let text = fs::read_to_string(samples).with_context(|| format!("cannot read {}", name()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", name()))?;
    let list = value
        .as_array()
        .with_context(|| format!("{} is not a list", name()))?;
    for (index, sample) in list.iter().enumerate() {
        let sound = sample["kind"].is_string()
            && sample["source"].is_object()
            && (sample["target"].is_null() || sample["target"].is_object());
        ensure!(
            sound,
            "{}: sample {index} needs a kind, a source and perhaps a target",
            name()
        );
    }
    Ok(serde_json::to_vec(&value)?)
}

/// Returns where a component goes: to its place, or under its own name into another folder.
fn place(repository: &Path, plugin: &Plugin, out: Option<&Path>) -> Result<PathBuf> {
    let kept = Path::new(plugin.component);
    Ok(match out {
        None => repository.join(kept),
        Some(folder) => folder.join(kept.file_name().context("a component is a file")?),
    })
}

#[expect(clippy::print_stdout, reason = "what the person asked for")]
fn check(repository: &Path) -> Result<()> {
    let mut stale = Vec::new();
    for plugin in PLUGINS {
        match staleness(repository, plugin)? {
            None => println!("{}: built from its source", plugin.component),
            Some(why) => stale.push(format!("{}: {why}", plugin.component)),
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nrun `cargo xtask plugins` and commit the components",
        stale.join("\n")
    );
}

/// Returns why a component does not belong to its source, if so.
fn staleness(repository: &Path, plugin: &Plugin) -> Result<Option<String>> {
    let path = repository.join(plugin.component);
    if !path.exists() {
        return Ok(Some("does not exist".to_owned()));
    }
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let source = digest::of_sources(repository, plugin)?;
    Ok(match component::digest(&bytes)? {
        Some(built) if built == source => None,
        Some(built) => Some(format!(
            "built from source {}, the source is now {}",
            built.get(..12).unwrap_or(&built),
            &source[..12]
        )),
        None => Some("does not say which source it was built from".to_owned()),
    })
}
