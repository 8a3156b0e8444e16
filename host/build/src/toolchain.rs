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

const TARGET: &str = "wasm32-unknown-unknown";

/// Why Rust could not be built to WebAssembly.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// There is no Rust.
    #[error("cargo is not there, which builds rules in Rust: install it from https://rustup.rs")]
    NoCargo,
    /// There is Rust, and none that builds WebAssembly.
    #[error(
        "no Rust here builds {TARGET}: `rustup target add {TARGET}` adds it, or on Debian `apt-get \
         install rustc-web rust-web-src lld-22` (the version of lld may differ)"
    )]
    NoTarget,
    /// Cargo could not be run.
    #[error("cargo cannot be run")]
    Run(#[source] std::io::Error),
    /// The sources do not build; cargo has said why.
    #[error("building {name} for {TARGET} failed")]
    Failed {
        /// What was built.
        name: String,
    },
    /// What was built is not where cargo puts it.
    #[error("what was built is not to be found: {path}", path = path.display())]
    Module {
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: std::io::Error,
    },
}

impl ToolchainError {
    /// Whether a tool is missing, rather than something wrong with what it was to build.
    pub fn is_missing_tool(&self) -> bool {
        matches!(self, Self::NoCargo | Self::NoTarget)
    }
}

/// What builds WebAssembly here.
#[derive(Debug)]
pub struct Toolchain(Kind);

#[derive(Debug)]
enum Kind {
    /// The one that cargo uses anyway.
    Own { rustc: OsString },
    /// A distribution's: its compiler, and a linker of LLVM's.
    Distribution { rustc: PathBuf, linker: PathBuf },
}

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub struct CargoBuild<'a> {
    /// The folder to run cargo in. Its path does not show in what is built.
    pub folder: &'a Path,
    /// The package.
    pub package: &'a str,
    /// The name of its library.
    pub library: &'a str,
    /// The profile.
    pub profile: &'a str,
    /// Where cargo keeps what it builds.
    pub target_folder: &'a Path,
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
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
    /// Returns the toolchain to build with.
    ///
    /// # Errors
    ///
    /// Says what is missing, and how to get it.
    pub fn find() -> Result<Self, ToolchainError> {
        if Command::new(cargo()).arg("--version").output().is_err() {
            return Err(ToolchainError::NoCargo);
        }
        let own = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let libraries = print(&own, &["--print", "target-libdir", "--target", TARGET]);
        if libraries.is_some_and(|folder| folder.exists()) {
            return Ok(Self(Kind::Own { rustc: own }));
        }
        let rustc = PathBuf::from("/usr/bin/rustc");
        let sources = print(rustc.as_os_str(), &["--print", "sysroot"])
            .map(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml"));
        match (sources.is_some_and(|manifest| manifest.exists()), linker()) {
            (true, Some(linker)) => Ok(Self(Kind::Distribution { rustc, linker })),
            _ => Err(ToolchainError::NoTarget),
        }
    }

    fn rustc(&self) -> &OsStr {
        match &self.0 {
            Kind::Own { rustc } => rustc,
            Kind::Distribution { rustc, .. } => rustc.as_os_str(),
        }
    }

    /// Builds a library and returns the core module. What cargo has to say goes to stderr.
    ///
    /// # Errors
    ///
    /// Where cargo cannot be run or does not build it.
    pub fn build(&self, build: &CargoBuild<'_>) -> Result<Vec<u8>, ToolchainError> {
        let mut command = Command::new(cargo());
        command
            .current_dir(build.folder)
            .args(["build", "--quiet", "--lib", "--package", build.package])
            .args(["--profile", build.profile, "--target", TARGET])
            // What is said there would be taken for a result of ours.
            .stdout(std::process::Stdio::null())
            .env("CARGO_TARGET_DIR", build.target_folder)
            .env("CARGO_ENCODED_RUSTFLAGS", flags(build.folder, self.rustc()));
        if let Kind::Distribution { rustc, linker } = &self.0 {
            command
                .arg("-Zbuild-std=std,panic_abort")
                // The distribution's compiler is a stable one; building its own standard library
                // is what it needs an unstable flag for.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", rustc)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        let status = command.status().map_err(ToolchainError::Run)?;
        if !status.success() {
            return Err(ToolchainError::Failed {
                name: build.package.to_owned(),
            });
        }
        let file = format!("{}.wasm", build.library.replace('-', "_"));
        let path = build
            .target_folder
            .join(TARGET)
            .join(build.profile)
            .join(file);
        fs::read(&path).map_err(|source| ToolchainError::Module { path, source })
    }
}

/// How much of a component's memory is its stack. The linker's own choice is a megabyte, which the
/// host would set aside and clean for each batch.
const STACK: u32 = 256 << 10;

/// Panic messages name source files; these shall not be the paths of the machine that built.
fn flags(folder: &Path, rustc: &OsStr) -> OsString {
    let mut names = vec![(folder.to_owned(), ".")];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(env::home_dir()?.join(".cargo"))) {
        // A folder for each registry, named after it.
        let registries = fs::read_dir(home.join("registry/src"));
        let registries = registries.into_iter().flatten().flatten();
        names.extend(registries.map(|registry| (registry.path(), "registry")));
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
    std::iter::once(stack)
        .chain(paths)
        .collect::<Vec<_>>()
        .join(OsStr::new("\u{1f}"))
}
