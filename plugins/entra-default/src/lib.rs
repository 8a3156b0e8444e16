//! Microsoft's default cross-tenant mapping as a rule.
//!
//! It is what cross-tenant synchronization does when nobody has changed its mappings: internal
//! people of the source become external members of the target. A client's own rule may build on it:
//! [`users`] returns the ruleset, whose scopes add up and whose outputs can be replaced.
//!
//! - [`people`]: the columns and the 24 mappings
//! - [`scope`]: who counts as internal
//! - [`naming`]: the `#EXT#` name that an external user gets, and how it is found again
//!
//! Two of Microsoft's mappings have no counterpart here, because Graph does not expose the
//! attributes: `alternativeSecurityIds`, on which Microsoft's service joins, is the host's table of
//! links, and `IsSoftDeleted` is the host's handling of objects that leave the scope.

pub mod naming;
pub mod people;
pub mod scope;

use serde::Deserialize;
use syncline_sdk::{Nulls, Rule, Ruleset, SettingsError};

pub use people::users;

/// Microsoft's default cross-tenant mapping.
pub struct EntraDefault;

/// What a project may set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a value that the source no longer has is cleared in the target. Microsoft's service
    /// leaves it.
    pub nulls: Nulls,
}

impl Rule for EntraDefault {
    type Settings = Settings;
    const NAME: &str = "entra-default";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const SUMMARY: &str =
        "Microsoft's default cross-tenant mapping: internal people become external members";

    fn rulesets(settings: Settings) -> Result<Vec<Ruleset>, SettingsError> {
        Ok(vec![users(&settings)])
    }
}

#[cfg(feature = "component")]
syncline_sdk::export!(EntraDefault);
