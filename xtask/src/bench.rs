//! `cargo xtask bench`: what the sandbox costs, as a ratio to the same rules compiled natively; and
//! `cargo xtask bench reload`: how long changed rules take from the folder to being active.
//!
//! The benchmarks are `host/rules/benches/mapping` and `host/service/benches/reload`, which have what they measure among their dependencies;
//! this task has not, so that it is built quickly. With `--compare` the same mapping goes through other
//! sandboxes as well, by `tests/benchmarks`, a workspace of its own.

use std::{env, ffi::OsString, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use syncline_build::{CargoBuild, Toolchain};

pub(crate) const SUMMARY: &str = "time a mapping call, sandboxed and natively [--compare] [ROUNDS] [FILE.wasm ...], or a reload: reload [PEOPLE]";

const USAGE: &str = "usage: cargo xtask bench [--compare] [ROUNDS] [FILE.wasm ...]\n       cargo xtask bench reload [PEOPLE]";

pub(crate) fn run(repository: &Path, arguments: Vec<String>) -> Result<()> {
    match arguments.split_first() {
        Some((word, people)) if word == "reload" => reload(repository, people),
        _ => mapping(repository, arguments),
    }
}

fn reload(repository: &Path, people: &[String]) -> Result<()> {
    if people.len() > 1 || people.iter().any(|people| !is_count(people)) {
        bail!(USAGE);
    }
    let mut benchmark = cargo();
    benchmark
        .current_dir(repository)
        .args(["bench", "--quiet", "--package", "syncline-service"])
        .args(["--bench", "reload", "--"])
        .args(people);
    succeed(benchmark)
}

fn is_count(word: &str) -> bool {
    word.parse::<u32>().is_ok_and(|count| count > 0)
}

fn mapping(repository: &Path, arguments: Vec<String>) -> Result<()> {
    // A separator may stand before files, as cargo has it.
    let words = arguments.into_iter().filter(|word| word != "--");
    let (options, words): (Vec<_>, Vec<_>) = words.partition(|word| word == "--compare");
    let (files, rounds): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|word| word.ends_with(".wasm"));
    match &rounds[..] {
        [] => {}
        [rounds] if is_count(rounds) => {}
        _ => bail!(USAGE),
    }
    let here = env::current_dir().context("there is no working directory")?;
    let figures = repository.join("target/benchmark-figures.json");
    let mut benchmark = cargo();
    benchmark
        .current_dir(repository)
        .args(["bench", "--quiet", "--package", "syncline-rules"])
        .args(["--bench", "mapping", "--", "--figures"])
        .arg(&figures)
        .args(&rounds)
        // Cargo runs a benchmark in the folder of its package.
        .args(files.iter().map(|file| here.join(file)));
    succeed(benchmark)?;
    if options.is_empty() {
        Ok(())
    } else {
        compare(repository, &figures, &rounds)
    }
}

/// Runs the mapping through other sandboxes, and prints all of it as one table.
fn compare(repository: &Path, figures: &Path, rounds: &[String]) -> Result<()> {
    let folder = repository.join("tests/benchmarks");
    let package = "syncline-benchmarks-guest";
    let module = Toolchain::find()?.build(&CargoBuild {
        folder: &folder,
        package,
        library: package,
        profile: "plugin",
        target_folder: &repository.join("target/guest"),
    })?;
    let guest = repository.join("target/benchmark-guest.wasm");
    fs::write(&guest, module).with_context(|| format!("cannot write {}", guest.display()))?;
    let mut comparison = cargo();
    comparison
        .current_dir(&folder)
        .args(["run", "--quiet", "--release", "--locked"])
        .env("CARGO_TARGET_DIR", repository.join("target/comparison"))
        .arg("--")
        .args([&guest, figures])
        .args(rounds);
    succeed(comparison)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

fn succeed(mut command: Command) -> Result<()> {
    let status = command.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}
