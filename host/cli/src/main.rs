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
    match commands::run(arguments) {
        Ok(end) => end.into(),
        Err(error) => failure::report(&error).into(),
    }
}
