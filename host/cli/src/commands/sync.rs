//! `syncline sync`.

use std::{path::Path, sync::Arc};

use clap::Args;
use syncline_directory::JobName;
use syncline_service::{Mode, Project, Request};

use super::open;
use crate::{failure::End, render, signals};

/// Run one cycle
#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// The job; every job where none is named
    job: Option<String>,
    /// First let rules in that wait, as `rules activate` does
    #[arg(long)]
    activate: bool,
}

impl Sync {
    pub(super) async fn run(self, folder: &Path) -> anyhow::Result<End> {
        let progress = Arc::new(render::Progress::new());
        let service = open(folder, &progress)?;
        let stop = signals::stop_on_signal({
            let progress = progress.clone();
            move |text| progress.note(text)
        })?;
        let jobs = named(service.project(), self.job.as_deref())?;
        let request = Request {
            mode: Mode::Apply,
            cause: "sync",
            activate: self.activate,
        };
        let mut end = End::Done;
        for job in &jobs {
            match service.cycle(job, request, &stop).await {
                Ok(report) => {
                    progress.clear();
                    render::cycle(&report);
                    end = end.worse(End::of(report.outcome));
                }
                // With one job its failure is the command's; with several the others go on.
                Err(error) if jobs.len() == 1 => return Err(error.into()),
                Err(error) => {
                    progress.clear();
                    end = end.worse(crate::failure::report(&error.into()));
                }
            }
            if stop.is_asked() {
                break;
            }
        }
        Ok(end)
    }
}

/// Returns the job that is named, or every job.
pub(super) fn named(project: &Project, job: Option<&str>) -> anyhow::Result<Vec<JobName>> {
    Ok(match job {
        Some(name) => vec![project.job(Some(name))?.name.clone()],
        None => project.jobs.keys().cloned().collect(),
    })
}
