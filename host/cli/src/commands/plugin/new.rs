//! `syncline plugin new`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use syncline_author::template::{Language, new_project};

use super::{argument, shown};
use crate::{failure::End, render};

/// Make a project for a rule that builds and passes its tests as it stands
#[derive(Debug, Args)]
pub(crate) struct New {
    /// What the rule is called, as in contoso-merger
    name: String,
    /// What it is written in: rust, js or python
    #[arg(long, value_name = "LANGUAGE", value_enum, hide_possible_values = true)]
    lang: Lang,
    /// The folder to make it in; one of the rule's name where none is named
    #[arg(value_name = "DIR")]
    new_folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lang {
    Rust,
    #[value(alias = "javascript")]
    Js,
    Python,
}

impl New {
    pub(super) fn run(self, working_folder: &Path) -> anyhow::Result<End> {
        let own = PathBuf::from(&self.name);
        let folder = working_folder.join(self.new_folder.unwrap_or(own));
        let language = match self.lang {
            Lang::Rust => Language::Rust,
            Lang::Js => Language::JavaScript,
            Lang::Python => Language::Python,
        };
        new_project(&self.name, language, &folder)?;
        let there = argument(&folder);
        render::result(&format!(
            "made {}\nnext: syncline plugin build{there}, then: syncline plugin test{there}",
            shown(&folder)
        ));
        Ok(End::Done)
    }
}
