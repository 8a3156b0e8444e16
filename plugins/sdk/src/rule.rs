//! The trait that an author implements.

use serde::de::DeserializeOwned;

use crate::{contract::SettingsError, ruleset::Ruleset};

/// A rule: a name, settings, and a ruleset for each kind of object that it decides about.
pub trait Rule {
    /// What the project may set, as a JSON object. Its default is what counts without settings.
    ///
    /// Use `#[serde(default, deny_unknown_fields)]`, so that a misspelt key is an error rather than
    /// a default.
    type Settings: DeserializeOwned + Default;

    /// The rule's name.
    const NAME: &'static str;
    /// The rule's version, mostly `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence for people.
    const SUMMARY: &'static str;

    /// Returns what the rule decides, by these settings.
    ///
    /// # Errors
    ///
    /// Where a setting is wrong in a way that its type does not tell.
    fn rulesets(settings: Self::Settings) -> Result<Vec<Ruleset>, SettingsError>;
}
