//! `syncline plan`.

use std::{path::Path, sync::Arc};

use clap::Args;
use syncline_service::{Mode, Request};

use super::{Output, open};
use crate::{failure::End, render, signals};

/// Read both tenants and show what a run would do; writes nothing to any tenant
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The job; every job where none is named
    job: Option<String>,
    /// First let rules in that wait, as `rules activate` does
    #[arg(long)]
    activate: bool,
    /// How the operations are written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Plan {
    pub(super) async fn run(self, folder: &Path) -> anyhow::Result<End> {
        let progress = Arc::new(render::Progress::new());
        let service = open(folder, &progress)?;
        let stop = signals::stop_on_signal({
            let progress = progress.clone();
            move |text| progress.note(text)
        })?;
        let mut end = End::Done;
        let request = Request {
            mode: Mode::Preview,
            cause: "plan",
            activate: self.activate,
        };
        for job in super::sync::named(service.project(), self.job.as_deref())? {
            let report = service.cycle(&job, request, &stop).await?;
            progress.clear();
            render::plan(&report, service.store(), self.output)?;
            end = end.worse(match report.trips() {
                [] => End::of(report.outcome),
                _ => End::Held,
            });
        }
        Ok(end)
    }
}
