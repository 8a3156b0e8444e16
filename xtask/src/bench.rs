//! `cargo xtask bench`: what the sandbox costs, as a ratio to the same rules compiled natively.
//!
//! The benchmark is `host/rules/benches/mapping.rs`, which has what it measures among its dependencies;
//! this task has not, so that it is built quickly.

use std::{env, ffi::OsString, path::Path, process::Command};

use anyhow::{Context, Result, bail};

pub(crate) const SUMMARY: &str = "time a mapping call through the sandbox and natively [ROUNDS]";

pub(crate) fn run(repository: &Path, arguments: Vec<String>) -> Result<()> {
    match &arguments[..] {
        [] => {}
        [rounds] if rounds.parse::<u32>().is_ok_and(|rounds| rounds > 0) => {}
        _ => bail!("usage: cargo xtask bench [ROUNDS]"),
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let status = Command::new(cargo)
        .current_dir(repository)
        .args(["bench", "--quiet", "--package", "syncline-rules"])
        .args(["--bench", "mapping", "--"])
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}
