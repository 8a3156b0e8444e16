//! Rules in JavaScript and Python: their own tools make the component.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::BuildError;
use crate::project::Project;

/// Runs the project's own build, which writes the component where it is told.
pub(super) fn javascript(project: &Project) -> Result<Vec<u8>, BuildError> {
    need(
        "node",
        "node is not there, which builds rules in JavaScript: install Node.js 20 or newer from https://nodejs.org",
    )?;
    if !project.folder.join("node_modules").is_dir() {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        need(
            npm,
            "npm is not there, which brings what builds rules in JavaScript: it comes with Node.js",
        )?;
        // `npm ci` refuses a lock file that was written on another system; this one keeps its versions.
        run(
            Command::new(npm)
                .args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&project.folder),
            "npm install",
        )?;
    }
    let component = made(project)?;
    run(
        Command::new("node")
            .arg("build.mjs")
            .arg(&component)
            .current_dir(&project.folder),
        "node build.mjs",
    )?;
    take(&component)
}

/// Makes a virtual environment with what the project asks for, and has `componentize-py` build.
pub(super) fn python(project: &Project) -> Result<Vec<u8>, BuildError> {
    let environment = project.folder.join(".venv");
    let scripts = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = scripts.join(if cfg!(windows) {
        "python.exe"
    } else {
        "python"
    });
    if !python.is_file() {
        let outer = if cfg!(windows) { "python" } else { "python3" };
        need(
            outer,
            "python3 is not there, which builds rules in Python: install Python 3.10 or newer from https://python.org",
        )?;
        run(
            Command::new(outer)
                .args(["-m", "venv", ".venv"])
                .current_dir(&project.folder),
            "python3 -m venv .venv",
        )?;
        run(
            Command::new(absolute(&python)?)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(["-r", "requirements.txt"])
                .current_dir(&project.folder),
            "pip install -r requirements.txt",
        )?;
    }
    let component = made(project)?;
    run(
        Command::new(absolute(&python)?)
            .arg("build.py")
            .arg(&component)
            .current_dir(&project.folder),
        "python build.py",
    )?;
    take(&component)
}

/// Returns where a tool is to write the component, as an absolute path: tools have folders of their own.
fn made(project: &Project) -> Result<PathBuf, BuildError> {
    let folder = absolute(&project.folder)?.join("dist");
    fs::create_dir_all(&folder).map_err(|source| BuildError::File {
        path: folder.clone(),
        source,
    })?;
    Ok(folder.join(format!("{}.unfinished", project.name)))
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(|source| BuildError::File {
        path: path.to_owned(),
        source,
    })
}

fn take(path: &Path) -> Result<Vec<u8>, BuildError> {
    let taken = fs::read(path).and_then(|bytes| fs::remove_file(path).map(|()| bytes));
    taken.map_err(|source| BuildError::File {
        path: path.to_owned(),
        source,
    })
}

/// Fails where a program is not on the path.
fn need(program: &str, missing: &str) -> Result<(), BuildError> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let suffix = if cfg!(windows) && !program.contains('.') {
        ".exe"
    } else {
        ""
    };
    let is_there = env::split_paths(&folders)
        .any(|folder| folder.join(format!("{program}{suffix}")).is_file());
    if is_there {
        Ok(())
    } else {
        Err(BuildError::MissingTool(missing.to_owned()))
    }
}

/// Runs a tool. What it says is told where it fails.
fn run(command: &mut Command, name: &'static str) -> Result<(), BuildError> {
    let output = command.stdin(Stdio::null()).output();
    let said = match output {
        Ok(output) if output.status.success() => return Ok(()),
        // Both streams were the tool's to speak on.
        Ok(output) => [output.stdout, output.stderr].concat(),
        Err(error) => error.to_string().into_bytes(),
    };
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES_MAX)..];
    let said = last.iter().map(|line| format!("\n  {line}")).collect();
    Err(BuildError::Tool { name, said })
}

/// The most lines of a tool that are told.
const LINES_MAX: usize = 20;
