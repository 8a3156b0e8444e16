//! What people see. Results go to stdout, everything else to stderr; meaning is never in colour
//! alone. Nothing outside this module prints.

mod cycle;
mod doctor;
mod explanation;
mod log;
mod plan;
mod plugin;
mod progress;
mod prose;
mod rules;
mod rules_state;
mod status;
mod table;
mod terminal;

use std::io::{IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;

pub(crate) use cycle::cycle;
pub(crate) use doctor::diagnoses;
pub(crate) use explanation::explanation;
pub(crate) use log::{log, log_excerpt};
pub(crate) use plan::plan;
pub(crate) use plugin::{differing, inspected, measured, size, tested, tested_input};
pub(crate) use progress::Progress;
pub(crate) use rules::{activated, previewed};
pub(crate) use rules_state::{rules_history, rules_list};
pub(crate) use status::{JobStatus, status};
pub(crate) use table::{aligned, named, plain};

/// Writes a result to stdout.
pub(crate) fn result(text: &str) {
    // A reader that has gone away, as `head` does, is no error of ours.
    writeln!(std::io::stdout(), "{text}").ok();
}

/// Writes a result in sentences to stdout.
pub(crate) fn say(text: &str) {
    result(&prose::wrapped(text, terminal::width_of_results(), 2));
}

/// Tells something in passing, on stderr.
pub(crate) fn note(text: &str) {
    let text = prose::wrapped(text, terminal::width_of_notes(), 2);
    writeln!(std::io::stderr(), "{text}").ok();
}

/// Tells an error with its causes, on stderr, and what to do where that is known.
pub(crate) fn error(error: &anyhow::Error, advice: Option<&str>) {
    note(&format!(
        "error: {}",
        syncline_service::one_line(error.as_ref())
    ));
    if let Some(advice) = advice {
        note(&format!("hint: {advice}"));
    }
}

/// Sends the program's own log to stderr; `SYNCLINE_LOG` says how much of it.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("SYNCLINE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color())
        .with_target(false)
        .init();
}

/// Whether colour is unwanted (no-color.org).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Returns a time to the second, as people read it.
pub(crate) fn second(time: &str) -> String {
    format!("{} UTC", time.get(..19).unwrap_or(time).replace('T', " "))
}

/// Returns a number and a noun that agrees with it.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns a duration as people say it.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
    }
}
