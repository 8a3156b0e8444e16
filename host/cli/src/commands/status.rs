//! `syncline status`.

use std::path::Path;

use clap::Args;
use syncline_service::Project;

use super::{Output, open_store};
use crate::{failure::End, render};

/// Show where things stand
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The job; every job where none is named
    job: Option<String>,
    /// How it is written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Status {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<End> {
        let project = Project::read(folder)?;
        let jobs = super::sync::named(&project, self.job.as_deref())?;
        let store = open_store(&project)?;
        let mut rows = Vec::new();
        for job in jobs {
            rows.push(render::JobStatus::of(&project, &job, store.as_ref())?);
        }
        render::status(&rows, self.output)?;
        Ok(End::Done)
    }
}
