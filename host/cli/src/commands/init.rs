//! `syncline init`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{failure::End, new_project, render};

/// Make a commented project with the default rules
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make it in; the working folder where none is named
    // Not `folder`: clap would take it for the global argument of that name, which `-C` is.
    #[arg(value_name = "DIR")]
    new_folder: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let folder = match self.new_folder {
            Some(folder) => working_folder.join(folder),
            None => working_folder.to_owned(),
        };
        let path = new_project::commented(&folder)?;
        let there = match folder == Path::new(".") {
            true => String::new(),
            false => format!("-C {} ", folder.display()),
        };
        render::result(&format!(
            "made {}\nfill in the two tenants there, then: syncline {there}plan",
            path.display(),
        ));
        Ok(End::Done)
    }
}
