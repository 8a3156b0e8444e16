//! `syncline plugin inspect`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use syncline_author::inspection;

use super::{candidate, engine};
use crate::{failure::End, render};

/// Show what a component reads and writes, and which permissions that takes
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The component
    file: PathBuf,
    /// How it is written: table or json
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    #[default]
    Table,
    Json,
}

impl Inspect {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let engine = engine()?;
        let candidate = candidate(&engine, &working_folder.join(self.file))?;
        let inspection = inspection::inspect(&engine, &candidate)?;
        match self.output {
            Form::Table => render::inspected(&inspection),
            Form::Json => render::result(&serde_json::to_string_pretty(&inspection)?),
        }
        Ok(End::Done)
    }
}
