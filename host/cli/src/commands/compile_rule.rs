//! `syncline compile-rule`: the child process in which rules are compiled. Not for people.

use std::ffi::OsString;

use crate::failure::End;

/// Compile the component on standard input; this is how syncline compiles rules
#[derive(Debug, clap::Args)]
pub(crate) struct CompileRule {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl CompileRule {
    pub(super) fn run(self) -> anyhow::Result<End> {
        syncline_rules::compile_on_request(self.arguments)?;
        Ok(End::Done)
    }
}
