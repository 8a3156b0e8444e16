//! A command that keeps running while a test watches what it says.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

/// How long a line is waited for: far longer than anything takes, so that only what never happens
/// meets it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running command; what it writes to stdout and stderr arrives line by line. Killed with the
/// value.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Process {
    /// Starts a command.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let (sender, lines) = channel();
        pass_on(
            child.stdout.take().expect("stdout is piped"),
            sender.clone(),
        );
        pass_on(child.stderr.take().expect("stderr is piped"), sender);
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Waits for the next line that holds this text, and returns it.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("never said `{text}`, but:\n{}", self.said.join("\n"));
            };
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns everything that was said so far.
    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Sends a signal by its name, as in `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success(), "the process is there");
    }

    /// Kills the process, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the process is there");
        self.child.wait().expect("the process ends");
    }

    /// Waits for the end; returns the exit code and everything that was said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        // The channel closes when both ends are closed, which is when the process has ended.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push(line);
        }
        let status = self.child.wait().expect("the process ends");
        (status.code(), self.said.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn pass_on(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
}
