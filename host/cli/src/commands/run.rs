//! `syncline run`.

use std::{path::Path, sync::Arc};

use clap::Args;

use super::open;
use crate::{failure::End, render, signals};

/// Keep every job on its schedule and reload rules, until stopped
#[derive(Debug, Args)]
pub(crate) struct Run {}

impl Run {
    pub(super) async fn run(self, folder: &Path) -> anyhow::Result<End> {
        let progress = Arc::new(render::Progress::telling_everything());
        let service = open(folder, &progress)?;
        let stop = signals::stop_on_signal({
            let progress = progress.clone();
            move |text| progress.note(text)
        })?;
        service.run(stop).await?;
        progress.clear();
        render::note("stopped; the next run goes on where this one was");
        Ok(End::Done)
    }
}
