//! `syncline plugin build`.

use std::path::{Path, PathBuf};

use clap::Args;
use syncline_author::{building, candidate::Candidate, project::Project};

use super::{argument, engine, shown};
use crate::{failure::End, render};

/// Build a rule's component
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The rule's project; the working folder where none is named
    #[arg(value_name = "DIR")]
    project: Option<PathBuf>,
}

impl Build {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let folder = match self.project {
            Some(folder) => working_folder.join(folder),
            None => working_folder.to_owned(),
        };
        let project = Project::open(&folder)?;
        let built = building::build(&project)?;
        // What no host would take is better known here than there.
        let candidate = Candidate::of(&engine()?, &built.path, &built.bytes)?;
        render::result(&format!(
            "built {}: {}, {}, digest {}\nnext: syncline plugin test{}",
            shown(&built.path),
            render::size(built.bytes.len() as u64),
            render::counted(built.samples as u64, "sample", "samples"),
            candidate.component.digest().short(),
            argument(&folder)
        ));
        Ok(End::Done)
    }
}
