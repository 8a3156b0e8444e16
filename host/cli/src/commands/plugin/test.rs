//! `syncline plugin test`.

use std::path::{Path, PathBuf};

use clap::Args;
use syncline_author::{
    project::Project,
    samples::{self, SampleFile},
    testing::{self, Disagreement},
};

use super::{argument, candidate, engine, shown};
use crate::{
    failure::{End, WrongUsage},
    render,
};

/// Try a rule on its samples, then on the laws, under a host's limits
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The rule's project, or a component; the working folder where neither is named
    #[arg(value_name = "DIR|FILE")]
    rule: Option<PathBuf>,
    /// Samples: a file, or a folder of them; a project's own where none is named
    #[arg(long, value_name = "PATH")]
    samples: Option<PathBuf>,
    /// Ask about the objects of this file only, as a host writes those that a rule failed on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["samples", "update"])]
    input: Option<PathBuf>,
    /// Write what the rule says now into the samples
    #[arg(long)]
    update: bool,
    /// Which objects are made up for the laws; the same seed makes the same ones
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many objects of each kind are made up for the laws
    #[arg(long, value_name = "NUMBER", default_value_t = 400)]
    objects: usize,
}

impl Test {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let rule = match &self.rule {
            Some(rule) => working_folder.join(rule),
            None => working_folder.to_owned(),
        };
        let (component, project) = if rule.is_dir() {
            let project = Project::open(&rule)?;
            let component = project.component();
            if !component.exists() {
                return Err(WrongUsage(format!(
                    "{} is not built yet: syncline plugin build{}",
                    shown(&rule),
                    argument(&rule)
                ))
                .into());
            }
            (component, Some(project))
        } else {
            (rule.clone(), None)
        };
        let engine = engine()?;
        let candidate = candidate(&engine, &component)?;
        if let Some(project) = &project
            && candidate.component.source_digest() != Some(project.source_digest()?.as_str())
        {
            render::note(&format!(
                "{} is older than its sources; build it anew: syncline plugin build{}",
                shown(&component),
                argument(&rule)
            ));
        }
        let disagreement = match self.update {
            true => Disagreement::Accept,
            false => Disagreement::Tell,
        };
        if let Some(input) = &self.input {
            let files = required(&working_folder.join(input))?;
            let tested = testing::samples(&engine, &candidate, &files, Disagreement::Tell)?;
            return Ok(render::tested_input(&tested));
        }
        let files = match (&self.samples, &project) {
            (Some(path), _) => required(&working_folder.join(path))?,
            (None, Some(project)) => samples::read(&project.samples())?,
            (None, None) => samples::of_component(&candidate.component),
        };
        let tested = testing::samples(&engine, &candidate, &files, disagreement)?;
        let proof = testing::laws(&engine, &candidate, &files, self.seed, self.objects)?;
        Ok(render::tested(&candidate, &tested, &proof, self.seed))
    }
}

/// Reads samples that were named, of which there must be some.
fn required(path: &Path) -> anyhow::Result<Vec<SampleFile>> {
    let files = samples::read(path)?;
    if files.iter().all(|file| file.samples.is_empty()) {
        return Err(WrongUsage(format!(
            "{} has no samples: they are lists in .yaml, .yml or .json files",
            shown(path)
        ))
        .into());
    }
    Ok(files)
}
