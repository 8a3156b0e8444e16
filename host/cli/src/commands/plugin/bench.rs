//! `syncline plugin bench`.

use std::path::{Path, PathBuf};

use clap::Args;
use syncline_author::{candidate::Candidate, measure};

use super::{candidate, engine};
use crate::{failure::End, new_project::ENTRA_DEFAULT, render};

/// Measure what a component costs, beside the default rules in the same run
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The component
    file: PathBuf,
    /// How many objects it is asked about, five times over
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rows: u32,
}

impl Bench {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let engine = engine()?;
        let rule = candidate(&engine, &working_folder.join(self.file))?;
        let baseline = Candidate::of(&engine, Path::new("entra-default.wasm"), ENTRA_DEFAULT)?;
        let rows = usize::try_from(self.rows)?;
        render::measured(&measure::compare(&engine, &rule, &baseline, rows)?);
        Ok(End::Done)
    }
}
