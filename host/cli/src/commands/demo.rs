//! `syncline demo`: the main job on two simulated tenants, with what any real job would use.

mod story;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::{failure::End, failure::WrongUsage};

/// Show the main job on two simulated tenants
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// How many users the source has
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    users: u32,
    /// What the tenants are made from: the same seed makes the same tenants
    #[arg(long, value_name = "S", default_value_t = 7)]
    seed: u64,
    /// Where to leave the project; a new folder for temporary files where none is named
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<End> {
        let folder = match self.dir {
            Some(folder) if folder.join("syncline.toml").exists() => {
                return Err(WrongUsage(format!(
                    "{} holds a project already; name another folder",
                    folder.display()
                ))
                .into());
            }
            Some(folder) => folder,
            None => new_folder().context("cannot make a folder for temporary files")?,
        };
        story::tell(&folder, self.users, self.seed).await
    }
}

/// Makes a folder that stays when the demo is over.
fn new_folder() -> std::io::Result<PathBuf> {
    let base = std::env::temp_dir();
    for number in 1.. {
        let folder = base.join(format!("syncline-demo-{number}"));
        match std::fs::create_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(folder),
        }
    }
    Ok(base)
}
