//! Starting the simulator and the command, and reading the tenants back.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value as Json;
use tempfile::TempDir;

/// Returns the `syncline` command, with nothing of the caller's environment that it reads.
pub(crate) fn syncline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.env_remove("SYNCLINE_LOG").env("NO_COLOR", "1");
    command
}

/// Two simulated tenants in a process of their own, with a project for them. Ends with the value.
pub(crate) struct Rehearsal {
    simulator: Child,
    base_url: String,
    folder: TempDir,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Rehearsal {
    /// Starts tenants with this many users that permit a hundred times Graph's requests.
    pub(crate) fn start(users: usize, seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut simulator = syncline()
            .args(["simulate", "--listen", "127.0.0.1:0", "--limits", "100"])
            .args(["--users", &users.to_string(), "--seed", &seed.to_string()])
            .arg("--project")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the simulator starts");
        let stdout = simulator.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the simulator says where it is");
        let ready: Json = serde_json::from_str(&line).expect("the ready line is JSON");
        let base_url = ready["graph"].as_str().expect("the graph root is text").to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        Self { simulator, base_url, folder, http: reqwest::Client::new(), runtime }
    }

    /// Returns the project's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a file of the project.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Changes the project file.
    pub(crate) fn edit_project(&self, edit: impl FnOnce(String) -> String) {
        let path = self.file("syncline.toml");
        let text = std::fs::read_to_string(&path).expect("the project file can be read");
        std::fs::write(&path, edit(text)).expect("the project file can be written");
    }

    /// Returns the command, in the project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = syncline();
        command.arg("-C").arg(self.folder()).args(arguments);
        command
    }

    /// Runs the command in the project to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// Runs the command, which must end with this exit code; returns its stdout.
    #[track_caller]
    pub(crate) fn expect(&self, exit_code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(exit_code),
            "{arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("stdout is UTF-8")
    }

    /// Asks a control route of the simulator, as in `GET stats`.
    pub(crate) fn control(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let url = format!("{}/_simulator/{path}", self.base_url);
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.runtime.block_on(async {
            let response = request.send().await.expect("the simulator answers");
            assert!(response.status().is_success(), "{path}: {}", response.status());
            let text = response.text().await.expect("the answer is text");
            if text.is_empty() { Json::Null } else { serde_json::from_str(&text).expect("JSON") }
        })
    }

    /// Returns everything that a tenant holds, read from outside Syncline.
    pub(crate) fn objects(&self, tenant: &str) -> Json {
        self.control("GET", &format!("tenants/{tenant}/objects"), None)
    }

    /// Returns what the simulator counted of a tenant's requests.
    pub(crate) fn stats(&self, tenant: &str) -> Json {
        self.control("GET", "stats", None)["tenants"][tenant].clone()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        self.simulator.kill().ok();
        self.simulator.wait().ok();
    }
}
