//! `syncline plugin`: what an author of rules does, a verb a module.

mod bench;
mod build;
mod compiled;
mod diff;
mod inspect;
mod new;
mod test;

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use syncline_author::candidate::Candidate;
use syncline_rules::{Compiling, Limits, RulesEngine};

use crate::failure::End;

/// Write, build, test and compare rules
#[derive(Debug, Args)]
pub(crate) struct Plugin {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    Inspect(inspect::Inspect),
    Bench(bench::Bench),
    Diff(diff::Diff),
}

impl Plugin {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<End> {
        match self.verb {
            Verb::New(new) => new.run(folder),
            Verb::Build(build) => build.run(folder),
            Verb::Test(test) => test.run(folder),
            Verb::Inspect(inspect) => inspect.run(folder),
            Verb::Bench(bench) => bench.run(folder),
            Verb::Diff(diff) => diff.run(folder),
        }
    }
}

/// Returns an engine with the limits of a host.
fn engine() -> anyhow::Result<RulesEngine> {
    let compiling = Compiling::InChild {
        program: super::this_program()?,
        cache: compiled::cache(),
    };
    RulesEngine::new(Limits::default(), compiling).context("rules cannot be run here")
}

/// Returns a component, admitted as a host does.
fn candidate(engine: &RulesEngine, path: &Path) -> anyhow::Result<Candidate> {
    Ok(Candidate::open(engine, path)?)
}

/// Returns a path as it is shown: without the dot of the working folder.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// Returns a path as an argument of a next command, with a blank before it; nothing for the folder that
/// commands work on anyway.
fn argument(path: &Path) -> String {
    match shown(path).as_str() {
        "" => String::new(),
        path if path.contains(' ') => format!(" \"{path}\""),
        path => format!(" {path}"),
    }
}
