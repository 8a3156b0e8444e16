//! `syncline.toml` as it is written; [`super::resolve`] turns it into a project.

use std::collections::BTreeMap;

use serde::Deserialize;
use syncline_planner::{Adopt, Drift, GuardLimits, OutOfScope};
use toml::Spanned;

use super::text_or_table::TextOrTable;

/// When a changed rule file becomes active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Once it has been admitted and tried.
    Automatic,
    /// Once it has been admitted and tried, and its preview trips no guard.
    #[default]
    Guarded,
    /// On command.
    Manual,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ProjectFile {
    #[serde(default)]
    pub(super) tenants: BTreeMap<String, TenantTable>,
    #[serde(default)]
    pub(super) jobs: BTreeMap<String, JobTable>,
    #[serde(default)]
    pub(super) store: StoreTable,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct TenantTable {
    pub(super) tenant_id: Spanned<String>,
    /// Left out only with a managed identity that is the machine's or service's own.
    pub(super) client_id: Option<Spanned<String>>,
    pub(super) credential: Spanned<TextOrTable<CredentialTable>>,
    #[serde(default)]
    pub(super) cloud: Option<Spanned<TextOrTable<CloudTable>>>,
    #[serde(default)]
    pub(super) write_budget: Option<Spanned<WriteBudgetTable>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CredentialTable {
    pub(super) secret_env: Option<String>,
    pub(super) secret_file: Option<String>,
    pub(super) certificate: Option<String>,
    /// Of a PKCS#12 certificate.
    pub(super) password_env: Option<String>,
    pub(super) password_file: Option<String>,
    pub(super) federated_token_file: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CloudTable {
    pub(super) graph: String,
    pub(super) login: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct WriteBudgetTable {
    /// How many writes the tenant permits in 150 seconds.
    pub(super) writes: u32,
    /// The part of it that this project uses.
    pub(super) share: f64,
}

impl Default for WriteBudgetTable {
    /// What Graph publishes (graph.md, section 8.1), and the design's share of it.
    fn default() -> Self {
        Self {
            writes: 3000,
            share: 0.7,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct JobTable {
    pub(super) source: Spanned<String>,
    pub(super) target: Spanned<String>,
    pub(super) every: Option<Spanned<String>>,
    pub(super) users: Option<Spanned<KindTable>>,
    pub(super) groups: Option<Spanned<KindTable>>,
    pub(super) contacts: Option<Spanned<KindTable>>,
    pub(super) rules: Spanned<Vec<Spanned<TextOrTable<RuleTable>>>>,
    #[serde(default)]
    pub(super) tables: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) out_of_scope: OutOfScope,
    #[serde(default)]
    pub(super) drift: Drift,
    #[serde(default)]
    pub(super) adopt: Adopt,
    #[serde(default)]
    pub(super) activation: Activation,
    #[serde(default)]
    pub(super) guards: GuardLimits,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScopeWord {
    All,
    Assigned,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct KindTable {
    pub(super) scope: ScopeWord,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) transitive: bool,
    #[serde(default)]
    pub(super) people: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RuleTable {
    pub(super) plugin: String,
    #[serde(default)]
    pub(super) overrides: Vec<String>,
    pub(super) settings: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(super) struct StoreTable {
    pub(super) url: Spanned<String>,
}

impl Default for StoreTable {
    fn default() -> Self {
        Self {
            url: Spanned::new(0..0, "sqlite:state/syncline.db".to_owned()),
        }
    }
}
