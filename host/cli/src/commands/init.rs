//! `syncline init`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{failure::End, new_project, render};

/// Make a commented project with the default rules
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make it in; the working folder where none is named
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let folder = match self.folder {
            Some(folder) => working_folder.join(folder),
            None => working_folder.to_owned(),
        };
        let path = new_project::commented(&folder)?;
        render::result(&format!(
            "made {}\nfill in the two tenants there, then: syncline -C {} plan",
            path.display(),
            folder.display()
        ));
        Ok(End::Done)
    }
}
