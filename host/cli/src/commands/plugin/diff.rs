//! `syncline plugin diff`.

use std::path::{Path, PathBuf};

use clap::Args;
use syncline_author::{
    candidate::{Candidate, Configuration},
    comparison::{self, Differences, Subject},
    samples,
};
use syncline_directory::{JobName, ObjectKind, ObjectState, SourceId, Value};
use syncline_rules::RulesEngine;
use syncline_service::{
    Project,
    project::{Job, PROJECT_FILE},
};
use syncline_store::SubjectRow;

use super::{candidate, engine, shown};
use crate::{
    commands::open_store,
    failure::{End, WrongUsage},
    render,
};

/// Show what another version of a rule would change
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The component as it is
    before: PathBuf,
    /// The component as it would be
    after: PathBuf,
    /// On these samples: a file, or a folder of them
    #[arg(long, value_name = "PATH", conflicts_with = "job")]
    samples: Option<PathBuf>,
    /// On what this job has read last; the project's only job where there is a project, else the samples
    /// that the components bring
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
}

/// How many objects are taken from the store at a time.
const CHUNK: usize = 512;

impl Diff {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let engine = engine()?;
        let before = candidate(&engine, &working_folder.join(&self.before))?;
        let after = candidate(&engine, &working_folder.join(&self.after))?;
        let mut differences = Differences::default();
        if let Some(path) = &self.samples {
            let files = samples::read(&working_folder.join(path))?;
            let subjects = comparison::of_samples(&files);
            if subjects.is_empty() {
                let path = shown(&working_folder.join(path));
                return Err(WrongUsage(format!("{path} has no samples")).into());
            }
            take(&engine, &mut differences, [&before, &after], &subjects)?;
            render::differing(&before, &after, &differences, "samples");
        } else if self.job.is_some() || working_folder.join(PROJECT_FILE).exists() {
            let project = Project::read(working_folder)?;
            let job = project.job(self.job.as_deref())?;
            mirrored(&engine, &project, job, [&before, &after], &mut differences)?;
            let place = format!("objects of {} as they were read last", job.name);
            render::differing(&before, &after, &differences, &place);
        } else {
            let subjects = comparison::of_components([&before.component, &after.component]);
            if subjects.is_empty() {
                return Err(WrongUsage(
                    "the components bring no samples, and there is no project here; name some with \
                     --samples PATH"
                        .to_owned(),
                )
                .into());
            }
            take(&engine, &mut differences, [&before, &after], &subjects)?;
            render::differing(&before, &after, &differences, "samples of the components");
        }
        Ok(End::Done)
    }
}

fn take(
    engine: &RulesEngine,
    differences: &mut Differences,
    [before, after]: [&Candidate; 2],
    subjects: &[Subject],
) -> anyhow::Result<()> {
    let configuration = Configuration::default();
    let before = before.configured(engine, &configuration)?;
    let after = after.configured(engine, &configuration)?;
    let context = samples::usual_context(ObjectKind::User);
    differences.take(&before, &after, &context, subjects);
    Ok(())
}

/// Compares on what a job has read, with the settings that the job gives the rule.
fn mirrored(
    engine: &RulesEngine,
    project: &Project,
    job: &Job,
    [before, after]: [&Candidate; 2],
    differences: &mut Differences,
) -> anyhow::Result<()> {
    let Some(store) = open_store(project)? else {
        return Err(WrongUsage(format!(
            "{} has read nothing yet: syncline plan, then again",
            job.name
        ))
        .into());
    };
    let configuration = Configuration {
        settings: settings(job, [before, after])?,
        ..Configuration::default()
    };
    let before = before.configured(engine, &configuration)?;
    let after = after.configured(engine, &configuration)?;
    let mut context = samples::usual_context(ObjectKind::User);
    context.job = JobName::new(job.name.as_str());
    let kind = ObjectKind::User;
    let mut last: Option<SourceId> = None;
    loop {
        let rows = store.live_subjects(&job.name, kind, last.as_ref(), CHUNK)?;
        let Some(end) = rows.last() else { break };
        last = Some(end.source.clone());
        let subjects: Vec<Subject> = rows.into_iter().map(subject).collect();
        differences.take(&before, &after, &context, &subjects);
    }
    Ok(())
}

/// Returns the settings of the job's layer that one of these would be.
fn settings(job: &Job, candidates: [&Candidate; 2]) -> anyhow::Result<serde_json::Value> {
    let is_one = |plugin: &syncline_directory::PluginName| {
        candidates
            .iter()
            .any(|candidate| candidate.plugin == *plugin)
    };
    let named = job.rules.iter().find(|rule| is_one(&rule.plugin));
    let only = match job.rules.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let Some(path) = named.or(only).and_then(|rule| rule.settings.as_ref()) else {
        return Ok(serde_json::Value::Null);
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| WrongUsage(format!("cannot read {}: {error}", path.display())))?;
    Ok(toml::from_str(&text)
        .map_err(|error| WrongUsage(format!("{}: {}", path.display(), error.message())))?)
}

fn subject(row: SubjectRow) -> Subject {
    let names = ["userPrincipalName", "displayName"].into_iter();
    let name = names
        .filter_map(|name| row.attributes.get(name).and_then(Value::as_text))
        .next()
        .unwrap_or(row.source.as_str())
        .to_owned();
    let target = row.link.and_then(|(link, held)| {
        // As a run would ask: what is gone or half made has no target yet.
        (held.state != ObjectState::Purged && !link.unfinished).then_some(held.attributes)
    });
    Subject {
        name,
        kind: ObjectKind::User,
        source: row.attributes,
        target,
        is_complete: false,
    }
}
