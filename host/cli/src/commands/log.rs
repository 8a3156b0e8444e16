//! `syncline log`.

use std::path::Path;

use clap::Args;
use syncline_service::Project;
use syncline_store::{LogFilter, RunId};

use super::{Output, open_store};
use crate::{failure::End, render};

/// How many records a table shows where no number is named.
const TABLE_ROWS: usize = 50;

/// Show what was done to whom and why, newest first
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Of this job only
    job: Option<String>,
    /// Of this run only
    #[arg(long, value_name = "N")]
    run: Option<i64>,
    /// Of this object only: an id, a display name or a principal name
    #[arg(long)]
    object: Option<String>,
    /// With this status only: success, failure, skipped or warning
    #[arg(long, value_parser = ["success", "failure", "skipped", "warning"], hide_possible_values = true)]
    status: Option<String>,
    /// With this action only: create, update, delete, disable or other
    #[arg(
        long,
        value_parser = ["create", "update", "delete", "disable", "other"],
        hide_possible_values = true
    )]
    action: Option<String>,
    /// At most this many; a table shows 50 where no number is named, other forms everything
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How the records are written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Log {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<End> {
        let project = Project::read(folder)?;
        let job = match &self.job {
            Some(name) => Some(project.job(Some(name))?.name.clone()),
            None => None,
        };
        let filter = LogFilter {
            job,
            run: self.run.map(RunId),
            object: self.object,
            status: self.status,
            action: self.action,
        };
        let limit = self.limit.unwrap_or(if self.output == Output::Table {
            TABLE_ROWS
        } else {
            usize::MAX
        });
        let store = open_store(&project)?;
        render::log(store.as_ref(), &filter, limit, self.output)?;
        Ok(End::Done)
    }
}
