//! `syncline approve`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use syncline_service::Project;

use super::open_store;
use crate::{
    failure::{End, WrongUsage},
    render,
};

/// Let a plan go that a guard holds; its next equal run carries it out
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The plan's hash, or its first digits
    hash: String,
    /// Who approves, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// How long the approval holds, as in 2h
    #[arg(long = "for", value_name = "DURATION", default_value = "24h")]
    lasting: jiff::SignedDuration,
}

impl Approve {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<End> {
        let project = Project::read(folder)?;
        let store = open_store(&project)?
            .context("nothing has run in this project yet, so no plan is held")?;
        let now = jiff::Timestamp::now();
        let expires = now
            .checked_add(self.lasting)
            .map_err(|_| WrongUsage("`--for` reaches beyond the end of dates".to_owned()))?;
        let held = store.held_plans(&self.hash)?;
        let [(job, hash)] = held.as_slice() else {
            return Err(WrongUsage(match held.len() {
                0 => format!("no held plan's hash begins with `{}`", self.hash),
                _ => format!("several held plans' hashes begin with `{}`", self.hash),
            })
            .into());
        };
        store.approve(job, hash, &self.by, &now.to_string(), &expires.to_string())?;
        render::result(&format!(
            "plan {} of {job} is approved by {} until {expires}; `syncline sync {job}` carries it out",
            hash.short(),
            self.by
        ));
        Ok(End::Done)
    }
}
