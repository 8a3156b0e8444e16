//! Everything that a run of a job needs, looked at before one: credentials, permissions, the policies
//! of both tenants, the clock, and whoever else keeps the same tenants in step.
//!
//! A doctor only reads. It looks on after it found something, so that one visit shows all there is.

mod finding;
mod pair;
mod permissions;
mod tenant;

use std::{path::PathBuf, sync::Arc};

use syncline_directory::{JobName, ObjectKind, Side};
use syncline_graph::Outside;
use syncline_rules::Generation;

pub use finding::{Check, Diagnosis, Finding, Severity};

use crate::{Project, ProjectLock, Service, ServiceError, one_line, project::Job};

/// Looks at the jobs of a project. Unlike a [`Service`] it can be had while another process works on
/// the project, and it can run no cycle.
pub struct Doctor(Service);

impl Doctor {
    /// Opens a project for looking. No tenant is reached yet. `program` is this one, as for
    /// [`Service::open`].
    ///
    /// # Errors
    ///
    /// When the store cannot be opened.
    pub fn open(
        project: Project,
        outside: Outside,
        program: PathBuf,
    ) -> Result<Self, ServiceError> {
        let lock = match ProjectLock::take(&project.state_folder()) {
            Ok(lock) => Some(lock),
            Err(ServiceError::Locked { .. }) => None,
            Err(error) => return Err(error),
        };
        Service::assembled(project, outside, Arc::new(|_| ()), program, lock).map(Self)
    }

    /// Returns the project.
    pub fn project(&self) -> &Project {
        &self.0.project
    }

    /// Looks at everything that a run of a job needs.
    ///
    /// # Errors
    ///
    /// When this machine fails, as where the store cannot be read. What is wrong with project,
    /// rules and tenants is a finding.
    pub async fn examine(&self, job: &JobName) -> Result<Diagnosis, ServiceError> {
        let service = &self.0;
        let job = &service.project.jobs[job];
        let mut findings = Vec::new();
        let generation = rules(service, job, &mut findings);
        let generation = generation.as_ref();
        // Side by side: one that does not answer is waited for half a minute.
        let (source, target) = futures_util::future::try_join(
            tenant::examine(service, job, Side::Source, generation),
            tenant::examine(service, job, Side::Target, generation),
        )
        .await?;
        findings.extend(source.findings);
        findings.extend(target.findings);
        let (source, target) = (source.seen, target.seen);
        pair::examine(source.as_ref(), target.as_ref(), &mut findings).await;
        Ok(Diagnosis {
            job: job.name.clone(),
            findings,
        })
    }
}

fn rules(service: &Service, job: &Job, findings: &mut Vec<Finding>) -> Option<Generation> {
    match service.rules.candidate(job) {
        Ok(candidate) => {
            let generation = candidate.generation;
            let text = format!(
                "they read {} attributes of the source's people and write {} of the target's",
                generation.source_columns(ObjectKind::User).len(),
                generation.writes(ObjectKind::User).len()
            );
            findings.push(Finding::of_job(Check::Rules, Severity::Ok, text));
            Some(generation)
        }
        Err(refusal) => {
            let text = one_line(&refusal.error);
            let finding = Finding::of_job(Check::Rules, Severity::Blocks, text);
            let fix =
                "mend what is named; the last good rules stay in use until then, if there are any";
            findings.push(finding.fix(fix).local());
            None
        }
    }
}
