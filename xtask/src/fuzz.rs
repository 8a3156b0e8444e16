//! `cargo xtask fuzz`: hostile bytes for the boundary to rules, for as long as it is told.
//!
//! The targets are in `fuzz/`, a workspace of its own, since everything below them is built to watch
//! what it executes. That needs a pass of the compiler which every toolchain has, and no sanitizer.

mod seeds;

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

pub(crate) const SUMMARY: &str = "throw bytes at the boundary to rules [--seconds N] [TARGET]";

/// A target, and the longest input that it is given.
const TARGETS: [(&str, usize); 2] = [("loader", 128 << 10), ("answers", 4 << 10)];

/// The pass that makes a program tell which ways it takes, as `cargo-fuzz` asks for it.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";

pub(crate) fn run(repository: &Path, arguments: Vec<String>) -> Result<()> {
    let request = Request::of(&arguments)
        .context("usage: cargo xtask fuzz [--seconds N] [loader|answers]")?;
    let programs = build(repository)?;
    for (target, length_max) in TARGETS {
        if request.target.as_deref().is_none_or(|only| only == target) {
            fuzz(repository, &programs, target, length_max, request.seconds)?;
        }
    }
    Ok(())
}

struct Request {
    seconds: u32,
    target: Option<String>,
}

impl Request {
    fn of(arguments: &[String]) -> Option<Self> {
        let mut request = Self {
            seconds: 60,
            target: None,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--seconds" {
                request.seconds = rest.next()?.parse().ok().filter(|&seconds| seconds > 0)?;
            } else {
                let known = TARGETS.iter().find(|(target, _)| target == argument)?;
                request.target = Some(known.0.to_owned());
            }
        }
        Some(request)
    }
}

/// Builds the targets; returns the folder that they are in.
fn build(repository: &Path) -> Result<PathBuf> {
    let host = host()?;
    let folder = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository.join("target"), PathBuf::from)
        .join("fuzz");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    // With a target named, the flags are not for build scripts and macros.
    let status = Command::new(cargo)
        .current_dir(repository.join("fuzz"))
        .args(["build", "--quiet", "--release", "--bins", "--locked"])
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the targets cannot be built");
    }
    Ok(folder.join(host).join("release"))
}

/// Returns the name of this platform as the compiler has it.
fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc)
        .arg("-vV")
        .output()
        .context("cannot run rustc")?;
    let said = String::from_utf8(output.stdout).context("rustc says what is no text")?;
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say which platform this is")
}

fn fuzz(
    repository: &Path,
    programs: &Path,
    target: &str,
    length_max: usize,
    seconds: u32,
) -> Result<()> {
    let folder = repository.join("fuzz");
    let corpus = folder.join("corpus").join(target);
    let artifacts = folder.join("artifacts").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    seeds::write(repository, target, &corpus)?;
    let status = Command::new(programs.join(target))
        .arg(&corpus)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={length_max}"))
        // One input may take no longer, on a busy machine, and no more memory.
        .args(["-timeout=30", "-rss_limit_mb=3072"])
        .args(["-print_final_stats=1", "-verbosity=0", "-close_fd_mask=1"])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .status()
        .with_context(|| format!("cannot run {target}"))?;
    if !status.success() {
        bail!(
            "{target} found something; what it was given lies in {}",
            artifacts.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(words: &[&str]) -> Option<(u32, Option<String>)> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Request::of(&words).map(|request| (request.seconds, request.target))
    }

    #[test]
    fn a_target_and_a_time_can_be_named_and_nothing_else() {
        assert_eq!(request(&[]), Some((60, None)));
        assert_eq!(request(&["--seconds", "5"]), Some((5, None)));
        assert_eq!(
            request(&["answers", "--seconds", "5"]),
            Some((5, Some("answers".to_owned())))
        );
        assert_eq!(request(&["--seconds"]), None);
        assert_eq!(request(&["--seconds", "0"]), None);
        assert_eq!(request(&["other"]), None);
    }
}
