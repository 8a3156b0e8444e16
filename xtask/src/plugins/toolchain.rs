//! Finds what can build WebAssembly here, and has it build.
//!
//! The usual way is the toolchain's own target. Where it has none and none can be added, a
//! distribution's compiler serves that can build the standard library for it.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

const TARGET: &str = "wasm32-unknown-unknown";

const NOTHING_FOUND: &str = "no toolchain here builds wasm32-unknown-unknown; one of these helps:
  rustup target add wasm32-unknown-unknown
  apt-get install rustc-web rust-web-src lld-22    (Debian; the version of lld may differ)";

/// What builds WebAssembly here.
pub(super) enum Toolchain {
    /// The one that runs this task.
    Own { rustc: OsString },
    /// A distribution's: its compiler, and a linker of LLVM's.
    Distribution { rustc: PathBuf, linker: PathBuf },
}

/// Returns the toolchain to build with.
pub(super) fn find() -> Result<Toolchain> {
    let own = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    if print(&own, &["--print", "target-libdir", "--target", TARGET]).is_some_and(|at| at.exists())
    {
        return Ok(Toolchain::Own { rustc: own });
    }
    let rustc = PathBuf::from("/usr/bin/rustc");
    let sources = print(rustc.as_os_str(), &["--print", "sysroot"])
        .map(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml"));
    match (sources.is_some_and(|manifest| manifest.exists()), linker()) {
        (true, Some(linker)) => Ok(Toolchain::Distribution { rustc, linker }),
        _ => bail!(NOTHING_FOUND),
    }
}

/// Returns the path that a compiler prints.
fn print(rustc: &OsStr, arguments: &[&str]) -> Option<PathBuf> {
    let output = Command::new(rustc).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(text.trim()))
}

/// Returns the newest `wasm-ld-N` of the distribution.
fn linker() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/bin").ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let version = path
            .file_name()?
            .to_str()?
            .strip_prefix("wasm-ld-")?
            .parse::<u32>()
            .ok()?;
        Some((version, path))
    });
    versions.max().map(|(_, path)| path)
}

impl Toolchain {
    fn rustc(&self) -> &OsStr {
        match self {
            Self::Own { rustc } => rustc,
            Self::Distribution { rustc, .. } => rustc.as_os_str(),
        }
    }

    /// Builds a package and returns the core module.
    pub(super) fn build(&self, repository: &Path, package: &str) -> Result<Vec<u8>> {
        let target = repository.join("target/guest");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command
            .current_dir(repository)
            .args(["build", "--quiet", "--lib", "--package", package])
            .args(["--profile", "plugin", "--target", TARGET])
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags(repository, self.rustc())?);
        if let Self::Distribution { rustc, linker } = self {
            command
                .arg("-Zbuild-std=std,panic_abort")
                // The distribution's compiler is a stable one; building its own standard library
                // is what it needs an unstable flag for.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", rustc)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        let status = command.status().context("cannot run cargo")?;
        if !status.success() {
            bail!("building {package} for {TARGET} failed");
        }
        let file = format!("{}.wasm", package.replace('-', "_"));
        let module = target.join(TARGET).join("plugin").join(file);
        fs::read(&module).with_context(|| format!("cannot read {}", module.display()))
    }
}

/// How much of a component's memory is its stack. The linker's own choice is a megabyte, which the
/// host would set aside and clean for each batch.
const STACK: u32 = 256 << 10;

/// Panic messages name source files; these shall not be the paths of the machine that built.
fn flags(repository: &Path, rustc: &OsStr) -> Result<OsString> {
    let mut names = vec![(repository.to_owned(), ".")];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(env::home_dir()?.join(".cargo"))) {
        // A folder for each registry, named after it.
        for registry in fs::read_dir(home.join("registry/src"))
            .into_iter()
            .flatten()
        {
            names.push((registry?.path(), "registry"));
        }
    }
    if let Some(sysroot) = print(rustc, &["--print", "sysroot"]) {
        names.push((sysroot.join("lib/rustlib/src/rust"), "rust"));
    }
    let stack = OsString::from(format!("-Clink-arg=-zstack-size={STACK}"));
    let paths = names.into_iter().map(|(path, name)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(path);
        flag.push("=");
        flag.push(name);
        flag
    });
    Ok(std::iter::once(stack)
        .chain(paths)
        .collect::<Vec<_>>()
        .join(OsStr::new("\u{1f}")))
}
