//! The `syncline` command: arguments in, exit code out.
//!
//! Each verb is a module of [`commands`]; what people see is made in [`render`], and nothing else
//! prints. [`failure`] turns every error into one message and an exit code.

mod commands;
mod failure;
mod new_project;
mod render;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    render::log_to_stderr();
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(commands::run(arguments)));
    match result {
        Ok(end) => end.into(),
        Err(error) => failure::report(&error).into(),
    }
}
