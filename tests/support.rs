//! Starting the simulator and the command, and reading the tenants back.

mod component;
pub(crate) mod graph;
mod normal;
mod process;
pub(crate) mod simulation;
mod told;

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value as Json;
use tempfile::TempDir;

pub(crate) use component::{DEPARTMENT, Scope, componentize, department_rule};
pub(crate) use normal::normal;
pub(crate) use process::Process;

/// Returns the `syncline` command, with nothing of the caller's environment that it reads.
pub(crate) fn syncline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command
        .env_remove("SYNCLINE_LOG")
        .env("NO_COLOR", "1")
        // What an author's commands keep for this user stays with the tests.
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
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
        Self::among("contoso,fabrikam", users, seed)
    }

    /// Starts tenants of these names.
    pub(crate) fn among(tenants: &str, users: usize, seed: u64) -> Self {
        // Every client wants one, also those that speak plain HTTP only; a second call changes nothing.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut simulator = syncline()
            .args(["simulate", "--listen", "127.0.0.1:0", "--limits", "100"])
            .args(["--tenants", tenants])
            .args(["--users", &users.to_string(), "--seed", &seed.to_string()])
            .arg("--project")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the simulator starts");
        let stdout = simulator.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the simulator says where it is");
        let ready: Json = serde_json::from_str(&line).expect("the ready line is JSON");
        let base_url = ready["graph"]
            .as_str()
            .expect("the graph root is text")
            .to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        Self {
            simulator,
            base_url,
            folder,
            http: reqwest::Client::new(),
            runtime,
        }
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

    /// Runs the command, which must end with this exit code and tell no secret; returns its stderr
    /// as it is the same in every run.
    #[track_caller]
    pub(crate) fn refuses(&self, exit_code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = self.checked(&output);
        assert_eq!(
            output.status.code(),
            Some(exit_code),
            "{arguments:?}: {said}"
        );
        normal(&String::from_utf8_lossy(&output.stderr), self.folder())
    }

    /// Returns all that a command wrote, which must hold no secret of the project (law L12).
    #[track_caller]
    pub(crate) fn checked(&self, output: &Output) -> String {
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        for tenant in ["contoso", "fabrikam"] {
            let secret = std::fs::read_to_string(self.file(&format!("{tenant}.secret")));
            if let Ok(secret) = secret.as_deref().map(str::trim)
                && !secret.is_empty()
            {
                assert!(!said.contains(secret), "the secret of {tenant} is told");
            }
        }
        said
    }

    /// Ends the simulator, so that nobody listens any more.
    pub(crate) fn stop_simulator(&mut self) {
        self.simulator.kill().expect("the simulator is there");
        self.simulator.wait().expect("the simulator ends");
    }

    /// Starts the command in the project, to be watched while it runs.
    pub(crate) fn start_command(&self, arguments: &[&str]) -> Process {
        Process::start(self.command(arguments))
    }

    /// Makes chosen requests to the tenants fail, from now on.
    pub(crate) fn fault(&self, fault: Json) {
        self.control("POST", "faults", Some(fault));
    }

    /// Waits until a tenant has carried out a write.
    #[track_caller]
    pub(crate) fn wait_for_writes(&self, tenant: &str) {
        let began = std::time::Instant::now();
        while self.stats(tenant)["writesSucceeded"].as_u64().unwrap_or(0) == 0 {
            assert!(
                began.elapsed().as_secs() < 120,
                "nothing is ever written to {tenant}"
            );
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Ends all faults.
    pub(crate) fn no_faults(&self) {
        self.control("DELETE", "faults", None);
    }

    /// Returns a user of a tenant whose attribute has this value.
    #[track_caller]
    pub(crate) fn user(&self, tenant: &str, attribute: &str, value: &str) -> Json {
        let objects = self.objects(tenant);
        let users = objects["users"].as_array().expect("users are a list");
        let found = users.iter().find(|user| user[attribute] == value);
        found
            .unwrap_or_else(|| panic!("{tenant} has nobody whose {attribute} is {value}"))
            .clone()
    }

    /// Changes an object as somebody in the tenant would, past Graph's rules.
    pub(crate) fn change(&self, tenant: &str, id: &str, values: Json) {
        self.control(
            "PATCH",
            &format!("tenants/{tenant}/objects/{id}"),
            Some(values),
        );
    }

    /// Returns where the tenants answer.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sends a request; returns the status and the JSON of the answer, if it has any.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (u16, Json) {
        let mut request = self
            .http
            .request(method.parse().expect("a method"), url)
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await.expect("the simulator answers");
            let status = response.status().as_u16();
            let text = response.text().await.expect("the answer is text");
            (status, serde_json::from_str(&text).unwrap_or(Json::Null))
        })
    }

    /// Asks a control route of the simulator, as in `GET stats`.
    pub(crate) fn control(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let url = format!("{}/_simulator/{path}", self.base_url);
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        self.runtime.block_on(async {
            let response = request.send().await.expect("the simulator answers");
            assert!(
                response.status().is_success(),
                "{path}: {}",
                response.status()
            );
            let text = response.text().await.expect("the answer is text");
            if text.is_empty() {
                Json::Null
            } else {
                serde_json::from_str(&text).expect("JSON")
            }
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
