//! From the project file as it is written to a project: names looked up, paths made absolute,
//! defaults filled in, contradictions refused.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use syncline_directory::{AttributeName, JobName, PluginName};
use syncline_graph::{Budget, Cloud};
use syncline_planner::Policy;
use toml::Spanned;

use super::{
    Assignment, CredentialSettings, Job, OWN_IDENTITY, Place, Project, ProjectError, RuleSource,
    SecretPlace, TenantSettings,
    error::{did_you_mean, nearest},
    file::{
        CloudTable, CredentialTable, JobTable, KindTable, ProjectFile, RuleTable, ScopeWord,
        TenantTable, WriteBudgetTable,
    },
    text_or_table::TextOrTable,
};

/// The longest time between two runs; beyond a year it is a slip of the pen, and dates end.
const EVERY_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How often a job runs where the project does not say.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// A project file, for saying where in it something is wrong.
struct Page<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Page<'_> {
    fn wrong(&self, span: &Range<usize>, message: impl Into<String>) -> ProjectError {
        ProjectError::Wrong {
            place: Place::of(self.path, self.text, span),
            message: message.into(),
        }
    }
}

/// Reads a project file's text.
pub(super) fn project(folder: &Path, path: &Path, text: &str) -> Result<Project, ProjectError> {
    let page = Page { path, text };
    let file: ProjectFile = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        page.wrong(
            &span,
            explain(error.message(), text.get(span.clone()).unwrap_or_default()),
        )
    })?;
    let tenants = file
        .tenants
        .into_iter()
        .map(|(name, table)| Ok((name, tenant(&page, folder, table)?)))
        .collect::<Result<std::collections::BTreeMap<_, _>, ProjectError>>()?;
    let known: Vec<&str> = tenants.keys().map(String::as_str).collect();
    let jobs = file
        .jobs
        .into_iter()
        .map(|(name, table)| {
            let name = JobName::new(name);
            Ok((name.clone(), job(&page, folder, &known, name, table)?))
        })
        .collect::<Result<std::collections::BTreeMap<_, _>, ProjectError>>()?;
    if jobs.is_empty() {
        return Err(page.wrong(
            &(0..0),
            "there is no job; a table `[jobs.NAME]` with `source`, `target` and `rules` makes one",
        ));
    }
    let url = file.store.url;
    let store = match url.get_ref().split_once(':') {
        Some(("sqlite", path)) => folder.join(path),
        Some(("postgres" | "postgresql", _)) => {
            return Err(page.wrong(
                &url.span(),
                "PostgreSQL is not supported by this version; use \"sqlite:state/syncline.db\"",
            ));
        }
        _ => {
            return Err(page.wrong(
                &url.span(),
                "the store's url begins with `sqlite:`, as in \"sqlite:state/syncline.db\"",
            ));
        }
    };
    Ok(Project {
        folder: folder.to_owned(),
        tenants,
        jobs,
        store,
    })
}

/// Turns the parser's words into ours: an unknown name into a question, and Rust's types into what
/// people write.
fn explain(message: &str, there: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.split_whitespace().next(), quoted.split_first()) {
        (Some("unknown"), Some((wrong, known))) if !known.is_empty() => {
            let what = if message.starts_with("unknown field") {
                "key"
            } else {
                "value"
            };
            let nearest = nearest(wrong, known.iter().copied());
            return format!(
                "unknown {what} `{wrong}`{} known: {}",
                nearest.map_or_else(|| ";".to_owned(), |nearest| did_you_mean(Some(nearest))),
                known.join(", ")
            );
        }
        (Some("duplicate"), _) => {
            return format!("`{there}` stands here a second time; remove one of the two");
        }
        _ => {}
    }
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!(
            "{} stands where {} is expected",
            written(found),
            wanted(expected)
        );
    }
    message
        .replace("missing field", "missing key")
        .replace('\n', " ")
}

/// Returns what stands in the file, by the parser's name for it.
fn written(found: &str) -> String {
    let found = found.replace('`', "");
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "floating", number)) => {
            format!("the number {}", number.trim_start_matches("point "))
        }
        Some(("boolean", word)) => word.to_owned(),
        _ => match found.as_str() {
            "map" => "a table".to_owned(),
            "sequence" => "a list".to_owned(),
            _ => found,
        },
    }
}

/// Returns what should stand there, by the parser's name for it.
fn wanted(expected: &str) -> &str {
    match expected.split_whitespace().next_back() {
        _ if expected.starts_with("struct ") => "a table",
        Some("map") => "a table",
        Some("string") => "a text",
        Some("sequence") => "a list",
        Some("boolean") => "true or false",
        Some("u32" | "u64" | "usize") => "a whole number from 0",
        Some("f32" | "f64" | "point") => "a number",
        _ => expected,
    }
}

fn tenant(
    page: &Page<'_>,
    folder: &Path,
    table: TenantTable,
) -> Result<TenantSettings, ProjectError> {
    let filled_in = |text: &Spanned<String>, what: &str| {
        if text.get_ref().trim().is_empty() || text.get_ref().contains(['<', '/', ' ']) {
            return Err(page.wrong(&text.span(), format!("fill this in: {what}")));
        }
        Ok(text.get_ref().clone())
    };
    let credential = credential(page, folder, &table.credential)?;
    let tenant_id = filled_in(
        &table.tenant_id,
        "the tenant's GUID or one of its verified domains",
    )?;
    let client_id = match (&table.client_id, &credential) {
        (Some(id), _) => filled_in(id, "the application's (client) id in this tenant")?,
        (None, CredentialSettings::ManagedIdentity) => OWN_IDENTITY.to_owned(),
        (None, _) => {
            return Err(page.wrong(
                &table.tenant_id.span(),
                "missing key `client-id`: the application's (client) id in this tenant",
            ));
        }
    };
    Ok(TenantSettings {
        tenant_id,
        client_id,
        credential,
        cloud: match table.cloud {
            None => Cloud::named("global").expect("the global cloud has this name"),
            Some(cloud) => endpoints(page, &cloud)?,
        },
        budget: budget(page, table.write_budget.as_ref())?,
    })
}

/// What a credential looks like, for whoever wrote another.
const CREDENTIALS: &str = "{ secret-env = \"NAME\" }, { secret-file = \"FILE\" }, \
    { certificate = \"FILE\" }, { federated-token-file = \"FILE\" } or \"managed-identity\"";

fn credential(
    page: &Page<'_>,
    folder: &Path,
    credential: &Spanned<TextOrTable<CredentialTable>>,
) -> Result<CredentialSettings, ProjectError> {
    let wrong = |message: String| Err(page.wrong(&credential.span(), message));
    let table = match credential.get_ref() {
        TextOrTable::Text(word) if word == "managed-identity" => {
            return Ok(CredentialSettings::ManagedIdentity);
        }
        TextOrTable::Text(word) => {
            return wrong(format!("`{word}` is no credential; one is {CREDENTIALS}"));
        }
        TextOrTable::Table(table) => table,
    };
    let place = |name: &Option<String>, file: &Option<String>| match (name, file) {
        (Some(name), None) => Some(SecretPlace::Environment(name.clone())),
        (None, Some(file)) => Some(SecretPlace::File(folder.join(file))),
        _ => None,
    };
    let secret = place(&table.secret_env, &table.secret_file);
    let password = place(&table.password_env, &table.password_file);
    let ways = [
        table.secret_env.is_some() || table.secret_file.is_some(),
        table.certificate.is_some(),
        table.federated_token_file.is_some(),
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        return wrong(format!("name one credential: {CREDENTIALS}"));
    }
    if (table.password_env.is_some() || table.password_file.is_some())
        && (password.is_none() || table.certificate.is_none())
    {
        return wrong(
            "a password belongs to a PKCS#12 certificate: { certificate = \"FILE\", password-env = \
             \"NAME\" } or { certificate = \"FILE\", password-file = \"FILE\" }"
                .to_owned(),
        );
    }
    match (secret, &table.certificate, &table.federated_token_file) {
        (Some(secret), None, None) => Ok(CredentialSettings::Secret(secret)),
        (None, Some(file), None) => Ok(CredentialSettings::Certificate {
            file: folder.join(file),
            password,
        }),
        (None, None, Some(file)) => Ok(CredentialSettings::FederatedTokenFile(folder.join(file))),
        _ => wrong(format!("name one place for the secret: {CREDENTIALS}")),
    }
}

fn endpoints(
    page: &Page<'_>,
    cloud: &Spanned<TextOrTable<CloudTable>>,
) -> Result<Cloud, ProjectError> {
    match cloud.get_ref() {
        TextOrTable::Text(name) => Cloud::named(name).ok_or_else(|| {
            page.wrong(
                &cloud.span(),
                format!(
                    "unknown cloud `{name}`; known: global, usgov-l4, usgov-l5, china, or \
                     {{ graph = \"https://..\", login = \"https://..\" }}"
                ),
            )
        }),
        TextOrTable::Table(table) => Cloud::custom(&table.graph, &table.login)
            .map_err(|error| page.wrong(&cloud.span(), error.to_string())),
    }
}

fn budget(
    page: &Page<'_>,
    table: Option<&Spanned<WriteBudgetTable>>,
) -> Result<Budget, ProjectError> {
    let settings = table.map_or_else(WriteBudgetTable::default, |table| *table.get_ref());
    if let Some(table) = table
        && !(settings.writes > 0 && settings.share > 0.0 && settings.share <= 1.0)
    {
        return Err(page.wrong(
            &table.span(),
            "`writes` is at least 1, `share` is more than 0 and at most 1",
        ));
    }
    Ok(Budget {
        writes: settings.writes,
        share: settings.share,
        ..Budget::default()
    })
}

fn job(
    page: &Page<'_>,
    folder: &Path,
    tenants: &[&str],
    name: JobName,
    table: JobTable,
) -> Result<Job, ProjectError> {
    for end in [&table.source, &table.target] {
        if !tenants.contains(&end.get_ref().as_str()) {
            let nearest = nearest(end.get_ref(), tenants.iter().copied());
            return Err(page.wrong(
                &end.span(),
                format!(
                    "there is no tenant `{}`{}",
                    end.get_ref(),
                    did_you_mean(nearest)
                ),
            ));
        }
    }
    if table.source.get_ref() == table.target.get_ref() {
        return Err(page.wrong(
            &table.target.span(),
            "source and target are the same tenant",
        ));
    }
    for (kind, other) in [("groups", &table.groups), ("contacts", &table.contacts)] {
        if let Some(other) = other {
            return Err(page.wrong(
                &other.span(),
                format!("this version keeps users in step only; remove `{kind}`"),
            ));
        }
    }
    let users = table.users.ok_or_else(|| {
        page.wrong(
            &table.rules.span(),
            "the job keeps nothing in step; add `users = { scope = \"all\" }`",
        )
    })?;
    let every = match &table.every {
        None => EVERY,
        Some(every) => every
            .get_ref()
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| !duration.is_zero() && *duration <= EVERY_MAX)
            .ok_or_else(|| {
                page.wrong(
                    &every.span(),
                    "`every` is a duration, as in \"30s\", \"5m\" or \"1h\"",
                )
            })?,
    };
    if table.rules.get_ref().is_empty() {
        return Err(page.wrong(
            &table.rules.span(),
            "the job names no rules; the default ones are rules = [\"entra-default\"]",
        ));
    }
    let rules = table
        .rules
        .get_ref()
        .iter()
        .map(|rule| rule_source(page, folder, rule))
        .collect::<Result<Vec<_>, _>>()?;
    let tables = table
        .tables
        .into_iter()
        .map(|(name, file)| Ok((name, table_file(page, folder, &file)?)))
        .collect::<Result<_, ProjectError>>()?;
    Ok(Job {
        name,
        users: assignment(page, &users)?,
        source: table.source.into_inner(),
        target: table.target.into_inner(),
        every,
        rules,
        tables,
        policy: Policy {
            out_of_scope: table.out_of_scope,
            drift: table.drift,
            adopt: table.adopt,
        },
        guards: table.guards,
        activation: table.activation,
    })
}

fn assignment(page: &Page<'_>, table: &Spanned<KindTable>) -> Result<Assignment, ProjectError> {
    let KindTable {
        scope,
        groups,
        transitive,
        people,
    } = table.get_ref();
    match scope {
        ScopeWord::All if groups.is_empty() && people.is_empty() && !transitive => {
            Ok(Assignment::All)
        }
        ScopeWord::All => Err(page.wrong(
            &table.span(),
            "`groups`, `people` and `transitive` go with scope = \"assigned\"",
        )),
        ScopeWord::Assigned if groups.is_empty() && people.is_empty() => Err(page.wrong(
            &table.span(),
            "scope = \"assigned\" needs `groups` or `people`",
        )),
        ScopeWord::Assigned => Ok(Assignment::Assigned {
            groups: groups.clone(),
            transitive: *transitive,
            people: people.clone(),
        }),
    }
}

fn table_file(
    page: &Page<'_>,
    folder: &Path,
    file: &Spanned<String>,
) -> Result<PathBuf, ProjectError> {
    if file.get_ref().trim().is_empty() {
        return Err(page.wrong(
            &file.span(),
            "a table is a CSV file, as in exceptions = \"tables/exceptions.csv\"",
        ));
    }
    Ok(folder.join(file.get_ref()))
}

fn rule_source(
    page: &Page<'_>,
    folder: &Path,
    rule: &Spanned<TextOrTable<RuleTable>>,
) -> Result<RuleSource, ProjectError> {
    let (plugin, overrides, settings) = match rule.get_ref() {
        TextOrTable::Text(plugin) => (plugin.clone(), Vec::new(), None),
        TextOrTable::Table(RuleTable {
            plugin,
            overrides,
            settings,
        }) => (plugin.clone(), overrides.clone(), settings.clone()),
    };
    // A name and not a path: what a job runs lies in its own plugins folder.
    if plugin.is_empty() || plugin.contains(['/', '\\', ':']) || plugin.starts_with('.') {
        return Err(page.wrong(
            &rule.span(),
            format!("`{plugin}` is not a plugin's name; \"x\" loads plugins/x.wasm"),
        ));
    }
    Ok(RuleSource {
        component: folder.join("plugins").join(format!("{plugin}.wasm")),
        plugin: PluginName::new(plugin),
        settings: settings.map(|settings| folder.join(settings)),
        overrides: overrides.iter().map(AttributeName::new).collect(),
    })
}

#[cfg(test)]
mod tests;
