//! Making a project: the commented file, the default rules, and what keeps secrets out of git.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use syncline_service::project::PROJECT_FILE;
use syncline_simulator::TenantAccess;

use crate::failure::WrongUsage;

/// Microsoft's default mapping as a component, as it lies in the repository.
pub(crate) const ENTRA_DEFAULT: &[u8] = include_bytes!("../../../plugins/entra-default.wasm");

/// The rules of the Contoso merger example.
pub(crate) const CONTOSO_MERGER: &[u8] =
    include_bytes!("../../../examples/contoso-merger/plugins/contoso-merger.wasm");

const TEMPLATE: &str = include_str!("new_project/syncline.toml");
const IGNORED: &str = include_str!("new_project/gitignore");

/// What a project of simulated tenants is made from.
pub(crate) struct Simulated<'a> {
    /// Where the tenants answer.
    pub(crate) base_url: &'a str,
    /// The source and the target, or a group of more, each of which gets the people of all others.
    pub(crate) tenants: &'a [TenantAccess],
    /// How many times Graph's writes the simulator permits.
    pub(crate) write_factor: u32,
    /// How often the job runs.
    pub(crate) every: &'a str,
    /// The name under which the default rules are used.
    pub(crate) rules: &'a str,
}

/// Makes a project to be filled in.
pub(crate) fn commented(folder: &Path) -> anyhow::Result<PathBuf> {
    write(folder, TEMPLATE, "entra-default")
}

/// Makes a project of simulated tenants, secrets included.
pub(crate) fn simulated(folder: &Path, simulated: &Simulated<'_>) -> anyhow::Result<PathBuf> {
    let base = simulated.base_url;
    let cloud = format!("cloud = {{ graph = \"{base}\", login = \"{base}\" }}");
    let head = format!(
        "# {} simulated tenants; `syncline simulate` and `syncline demo` make such a project.\n",
        if simulated.tenants.len() == 2 {
            "Two"
        } else {
            "A group of"
        }
    );
    let pairs = pairs(simulated.tenants);
    let tenants = simulated.tenants.iter().map(|tenant| {
        let budget = match pairs.iter().any(|(_, target)| target.name == tenant.name) {
            true => format!(
                "# Graph permits 3000 writes in 150 seconds; this simulator was told to permit more.\n\
                 write-budget = {{ writes = {} }}\n",
                3000 * simulated.write_factor
            ),
            false => String::new(),
        };
        format!(
            r#"
[tenants.{name}]
tenant-id = "{id}"
client-id = "{client}"
credential = {{ secret-file = "{name}.secret" }}
{cloud}
{budget}"#,
            name = tenant.name,
            id = tenant.tenant_id,
            client = tenant.client_id,
        )
    });
    let jobs = pairs.iter().map(|(source, target)| {
        format!(
            r#"
[jobs.{source}-to-{target}]
source = "{source}"
target = "{target}"
every = "{every}"
users = {{ scope = "all" }}
rules = ["{rules}"]
out-of-scope = "soft-delete"
"#,
            source = source.name,
            target = target.name,
            every = simulated.every,
            rules = simulated.rules,
        )
    });
    let text: String = std::iter::once(head).chain(tenants).chain(jobs).collect();
    let path = write(folder, &text, simulated.rules)?;
    for tenant in simulated.tenants {
        write_secret(
            &folder.join(format!("{}.secret", tenant.name)),
            &tenant.client_secret,
        )?;
    }
    Ok(path)
}

/// Returns the ways from one tenant to another: from the first to the second of two, and every way
/// among more.
fn pairs(tenants: &[TenantAccess]) -> Vec<(&TenantAccess, &TenantAccess)> {
    if let [source, target] = tenants {
        return vec![(source, target)];
    }
    let others = |source: &TenantAccess| {
        let source = source.name.clone();
        tenants.iter().filter(move |target| target.name != source)
    };
    tenants
        .iter()
        .flat_map(|source| others(source).map(move |target| (source, target)))
        .collect()
}

fn write(folder: &Path, text: &str, rules: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(PROJECT_FILE);
    if path.exists() {
        return Err(WrongUsage(format!(
            "{} is there already; name another folder, or remove it first",
            path.display()
        ))
        .into());
    }
    let plugins = folder.join("plugins");
    std::fs::create_dir_all(&plugins)
        .with_context(|| format!("cannot make the folder {}", plugins.display()))?;
    write_file(&plugins.join(format!("{rules}.wasm")), ENTRA_DEFAULT)?;
    write_file(&folder.join(".gitignore"), IGNORED.as_bytes())?;
    // Last, so that a folder with a project file is a whole project.
    write_file(&path, text.as_bytes())?;
    Ok(path)
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file that only its user can read; on Windows it inherits its folder's access list.
fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(secret.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
