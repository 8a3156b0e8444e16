//! `cargo xtask guests`: rules in JavaScript and Python, built and tried.
//!
//! Their components have 12 to 19 MB, so they are not kept in the repository. This builds the
//! examples' into their `plugins` folders, and new projects of both languages, as authors do: by
//! `syncline plugin`. It needs Node.js and Python, and what they bring from npm and PyPI. What crosses
//! crates is tried afterwards by the ignored tests of `tests/guests.rs`.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

pub(crate) const SUMMARY: &str = "build and try the rules in JavaScript and Python";

#[derive(Clone, Copy)]
enum Language {
    JavaScript,
    Python,
}

/// The examples' names and languages.
const EXAMPLES: [(&str, Language); 2] = [
    ("northwind-acquisition", Language::JavaScript),
    ("adatum-carve-out", Language::Python),
];

/// New projects' names and languages, and the rule that takes the place of the template's.
const NEW: [(&str, Language, Option<&str>); 4] = [
    ("new-in-javascript", Language::JavaScript, None),
    ("new-in-python", Language::Python, None),
    (
        "impure-in-javascript",
        Language::JavaScript,
        Some("tests/guests/impure/rule.mjs"),
    ),
    (
        "impure-in-python",
        Language::Python,
        Some("tests/guests/impure/rule.py"),
    ),
];

pub(crate) fn run(repository: &Path, arguments: Vec<String>) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask guests");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    call(
        repository,
        &cargo,
        &["build", "--workspace", "--bin", "syncline"],
    )?;
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
    let syncline = target
        .join("debug")
        .join(format!("syncline{}", env::consts::EXE_SUFFIX));

    let libraries = repository.join("tests/guests");
    call(&libraries, "node", &["--test"])?;
    call(&libraries, python(), &["-B", "-m", "unittest"])?;

    for (name, language) in EXAMPLES {
        let example = repository.join("examples").join(name);
        let built = make(&syncline, &example.join("rule"), name, language)?;
        let plugins = example.join("plugins");
        fs::create_dir_all(&plugins)?;
        fs::copy(&built, plugins.join(format!("{name}.wasm")))?;
    }
    let made = target.join("guests");
    for (name, language, rule) in NEW {
        let folder = made.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let lang = match language {
            Language::JavaScript => "js",
            Language::Python => "python",
        };
        fs::create_dir_all(&made)?;
        call(&made, &syncline, &["plugin", "new", name, "--lang", lang])?;
        if let Some(rule) = rule {
            replace(&repository.join(rule), &folder)?;
        }
        make(&syncline, &folder, name, language)?;
    }
    Ok(())
}

/// Puts another rule into a new project, whose own tests and samples go with the old one.
fn replace(rule: &Path, folder: &Path) -> Result<()> {
    let file = rule.file_name().context("a rule is a file")?;
    fs::copy(rule, folder.join(file))?;
    for own in ["rule.test.mjs", "test_rule.py", "samples/people.yaml"] {
        let own = folder.join(own);
        if own.exists() {
            fs::remove_file(own)?;
        }
    }
    fs::copy(
        rule.with_file_name("people.yaml"),
        folder.join("samples/people.yaml"),
    )?;
    Ok(())
}

/// Runs a project's own tests, builds its component, and tries that on its samples and the laws.
fn make(syncline: &Path, folder: &Path, name: &str, language: Language) -> Result<PathBuf> {
    match language {
        Language::JavaScript => {
            let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
            // Exactly what the lock file names, by its digests.
            call(folder, npm, &["ci", "--no-audit", "--no-fund", "--silent"])?;
            if folder.join("rule.test.mjs").exists() {
                call(folder, npm, &["test", "--silent"])?;
            }
        }
        Language::Python => {
            if folder.join("test_rule.py").exists() {
                call(folder, python(), &["-B", "-m", "unittest"])?;
            }
        }
    }
    call(folder, syncline, &["plugin", "build"])?;
    call(folder, syncline, &["plugin", "test"])?;
    Ok(folder.join("dist").join(format!("{name}.wasm")))
}

fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

#[expect(clippy::print_stdout, reason = "what the person asked for")]
fn call(folder: &Path, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<()> {
    let program = program.as_ref();
    let shown = format!("{} {}", Path::new(program).display(), arguments.join(" "));
    println!("in {}: {shown}", folder.display());
    let mut command = Command::new(program);
    // What cargo tells this program of itself would have its dependencies built anew.
    for (name, _) in env::vars_os() {
        let told = name.to_str().unwrap_or_default();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    let status = command
        .current_dir(folder)
        .args(arguments)
        .status()
        .with_context(|| format!("cannot run {shown}; it must be installed"))?;
    ensure!(status.success(), "{shown} failed in {}", folder.display());
    Ok(())
}
