//! Chores of this repository: `cargo xtask TASK`.
//!
//! A task is a file of this folder with a `run`, and a line in [`TASKS`].

mod bench;
mod fuzz;
mod guests;
mod plugins;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};

/// A chore: what it is called, what it does, and how.
struct Task {
    name: &'static str,
    summary: &'static str,
    run: fn(&Path, Vec<String>) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "plugins",
        summary: plugins::SUMMARY,
        run: plugins::run,
    },
    Task {
        name: "bench",
        summary: bench::SUMMARY,
        run: bench::run,
    },
    Task {
        name: "fuzz",
        summary: fuzz::SUMMARY,
        run: fuzz::run,
    },
    Task {
        name: "guests",
        summary: guests::SUMMARY,
        run: guests::run,
    },
];

#[expect(
    clippy::print_stderr,
    reason = "a chore talks to the person who runs it"
)]
fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        let known: Vec<_> = TASKS
            .iter()
            .map(|task| format!("  {}  {}", task.name, task.summary))
            .collect();
        bail!(
            "no such task: {name:?}; the tasks are\n{}",
            known.join("\n")
        );
    };
    (task.run)(&repository()?, arguments.collect())
}

/// Returns the repository's root, wherever in it the task was started.
fn repository() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(own
        .parent()
        .context("xtask is a folder of the repository")?
        .to_owned())
}
