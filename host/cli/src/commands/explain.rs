//! `syncline explain`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use syncline_service::Project;

use super::{Output, open_store, this_program};
use crate::{
    failure::{End, WrongUsage},
    render,
};

/// Show why an object is as it is: verdict, keys, each attribute and what a run would do
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The job, which may be left out where there is one, and the object: the id, principal name or
    /// address of a source object
    #[arg(value_name = "[JOB] OBJECT", num_args = 1..=2, required = true)]
    names: Vec<String>,
    /// How it is written: table, json or jsonl
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Explain {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<End> {
        if self.output == Output::Csv {
            return Err(WrongUsage(
                "an explanation is no list: use table, json or jsonl".to_owned(),
            )
            .into());
        }
        let project = Project::read(folder)?;
        let (job, object) = match self.names.as_slice() {
            [object] => (None, object),
            [job, object] => (Some(job.as_str()), object),
            _ => return Err(WrongUsage("name a job and an object".to_owned()).into()),
        };
        let job = project.job(job)?;
        let store = open_store(&project)?.with_context(|| {
            format!(
                "nothing has run in this project yet; `syncline plan {}` reads both tenants",
                job.name
            )
        })?;
        let explanation = syncline_service::explain(
            &project,
            &store,
            job,
            object,
            jiff::Timestamp::now().to_string(),
            this_program()?,
        )?;
        render::explanation(&explanation, self.output)?;
        Ok(End::Done)
    }
}
