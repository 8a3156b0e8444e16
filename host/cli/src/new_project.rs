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
    /// The source and the target.
    pub(crate) tenants: &'a [TenantAccess; 2],
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
    let [source, target] = simulated.tenants;
    let base = simulated.base_url;
    let cloud = format!("cloud = {{ graph = \"{base}\", login = \"{base}\" }}");
    let writes = 3000 * simulated.write_factor;
    let text = format!(
        r#"# Two simulated tenants; `syncline simulate` and `syncline demo` make such a project.

[tenants.{source}]
tenant-id = "{source_tenant}"
client-id = "{source_client}"
credential = {{ secret-file = "{source}.secret" }}
{cloud}

[tenants.{target}]
tenant-id = "{target_tenant}"
client-id = "{target_client}"
credential = {{ secret-file = "{target}.secret" }}
{cloud}
# Graph permits 3000 writes in 150 seconds; this simulator was told to permit more.
write-budget = {{ writes = {writes} }}

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
        source_tenant = source.tenant_id,
        source_client = source.client_id,
        target_tenant = target.tenant_id,
        target_client = target.client_id,
        every = simulated.every,
        rules = simulated.rules,
    );
    let path = write(folder, &text, simulated.rules)?;
    for tenant in [source, target] {
        write_secret(
            &folder.join(format!("{}.secret", tenant.name)),
            &tenant.client_secret,
        )?;
    }
    Ok(path)
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
