//! `syncline doctor`.

use std::path::Path;

use clap::Args;
use syncline_graph::Outside;
use syncline_service::{
    Doctor as Examiner, Project,
    doctor::{Diagnosis, Severity},
};

use super::{Output, this_program};
use crate::{failure::End, render};

/// Check everything that a run needs, and say what to change; changes nothing
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The job; every job where none is named
    job: Option<String>,
    /// How the findings are written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Doctor {
    pub(super) async fn run(self, folder: &Path) -> anyhow::Result<End> {
        let project = Project::read(folder)?;
        let jobs = super::sync::named(&project, self.job.as_deref())?;
        let doctor = Examiner::open(project, Outside::real()?, this_program()?)?;
        let mut diagnoses = Vec::new();
        for job in &jobs {
            diagnoses.push(doctor.examine(job).await?);
        }
        render::diagnoses(doctor.project(), &diagnoses, self.output)?;
        Ok(diagnoses.iter().map(end).fold(End::Done, worst))
    }
}

/// Returns how a diagnosis ends the command: only what blocks a run is a failure, of the
/// configuration where it stands on this machine, else of a tenant.
fn end(diagnosis: &Diagnosis) -> End {
    match diagnosis.worst() {
        Severity::Blocks if diagnosis.is_configuration() => End::WrongUsage,
        Severity::Blocks => End::Failed,
        _ => End::Done,
    }
}

fn worst(one: End, other: End) -> End {
    one.worse(other)
}
