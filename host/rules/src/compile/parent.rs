//! The side of compiling that waits: starts the child, gives it the component, and ends it in time.

use std::{
    io::{self, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{
    COMPILE_COMMAND, Effort,
    frame::{self, Answer},
    out_of_bounds,
};
use crate::{admission::AdmissionError, limits::Limits, untrusted};

/// Compiled code that a child of this process sent.
pub(super) struct CodeFromChild(Vec<u8>);

impl CodeFromChild {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

pub(super) fn compile(
    program: &Path,
    bytes: &[u8],
    effort: Effort,
    limits: &Limits,
) -> Result<CodeFromChild, AdmissionError> {
    let mut child = start(program, effort, limits)
        .map(Running)
        .map_err(|error| AdmissionError::Compiler(untrusted::printable(&error.to_string())))?;
    match ask(
        &mut child.0,
        bytes,
        effort.time_max(limits),
        limits.compiled_size_max,
    ) {
        Heard::Answer(Answer::Code(code)) => Ok(CodeFromChild(code)),
        Heard::Answer(Answer::Refused(why)) => {
            Err(AdmissionError::Compile(untrusted::printable(&why)))
        }
        Heard::TooLate => Err(out_of_bounds(effort, limits)),
        Heard::Nonsense(status) => Err(match status.and_then(|status| status.code()) {
            Some(code @ 0..=127) => AdmissionError::Compiler(format!(
                "it ended with exit code {code} and without an answer"
            )),
            // By a signal, or what stands for one on Windows: its own limit of time, or running out
            // of memory or stack, which ends a process there and then.
            _ => out_of_bounds(effort, limits),
        }),
    }
}

/// What came from a child.
enum Heard {
    Answer(Answer),
    /// Something else, or nothing; how it ended then, if it did.
    Nonsense(Option<ExitStatus>),
    /// Nothing in time; it has been ended.
    TooLate,
}

/// A child that is ended and waited for whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start(program: &Path, effort: Effort, limits: &Limits) -> io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg(COMPILE_COMMAND)
        .arg(effort.word())
        .arg(limits.compile_memory_max.to_string())
        .arg(effort.time_max(limits).as_secs().max(1).to_string())
        // Nothing of the environment is the compiler's business, least of all secrets (law L12).
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // Windows finds its own libraries by this.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "syncline");
    command.spawn()
}

/// Gives the child the component and waits for its answer.
fn ask(child: &mut Child, bytes: &[u8], time_max: Duration, content_max: usize) -> Heard {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Heard::Nonsense(None);
    };
    let (answers, answered) = mpsc::channel();
    thread::scope(|scope| {
        // Both end when the child does, and it has ended or is ended below.
        scope.spawn(move || {
            // A child that ended needs no more input.
            input.write_all(bytes).ok();
        });
        scope.spawn(move || {
            answers.send(frame::read(output, content_max).ok()).ok();
        });
        match answered.recv_timeout(time_max) {
            Ok(Some(answer)) => Heard::Answer(answer),
            Ok(None) => {
                let status = ended(child);
                child.kill().ok();
                Heard::Nonsense(status)
            }
            Err(_) => {
                child.kill().ok();
                Heard::TooLate
            }
        }
    })
}

/// Waits a moment for the end of a child whose output has ended.
fn ended(child: &mut Child) -> Option<ExitStatus> {
    for _ in 0..100 {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}
