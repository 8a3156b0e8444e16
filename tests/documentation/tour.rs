//! README's tour, walked: each command is run as it stands there, and its output is the one shown.
//!
//! In a block of `console`, a line that begins with `$` is a command and the lines below it are what
//! it says; `...` stands for anything. Blocks of `console rust` build a rule and are walked where there
//! is what that takes. A block of `diff` edits the project file. Ports, times,
//! durations, hashes and ids are compared by their form only, and so is what depends on how fast
//! this machine is: the number of a run, and how much of its own writes a cycle reads back.
//!
//! With `RENEW_README=1` in the environment the test writes what is said now into README, to be looked
//! at before it is committed.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{
    files,
    markdown::{blocks, quoted, table},
    read, repository,
};
use crate::support::{normal, syncline};

/// The port of the tour's simulator.
const PORT: &str = "127.0.0.1:8787";

struct Tour {
    folder: tempfile::TempDir,
    simulator: Option<(Child, String)>,
    exit_code: i32,
}

impl Drop for Tour {
    fn drop(&mut self) {
        if let Some((simulator, _)) = &mut self.simulator {
            simulator.kill().ok();
            simulator.wait().ok();
        }
    }
}

impl Tour {
    /// Does what a line of a console block says; returns what that says.
    fn walk(&mut self, line: &str) -> String {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cargo", "run", "--release", "--", arguments @ ..] => self.run(arguments),
            ["syncline", "simulate", arguments @ ..] => self.simulate(arguments),
            ["syncline", arguments @ ..] => self.run(arguments),
            ["cp", from, to] => {
                std::fs::copy(repository().join(from), self.folder.path().join(to))
                    .unwrap_or_else(|error| panic!("{line}: {error}"));
                String::new()
            }
            ["curl", "-X", method, url, "-d", body] => self.ask(method, url, body),
            ["echo", "$?"] => self.exit_code.to_string(),
            _ => panic!("the tour does not know how to do `{line}`"),
        }
    }

    fn command(&self) -> Command {
        let mut command = syncline();
        command
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path());
        command
    }

    fn run(&mut self, arguments: &[&str]) -> String {
        let output = self
            .command()
            .args(arguments)
            .output()
            .expect("the command runs");
        self.exit_code = output.status.code().unwrap_or(-1);
        let notes = String::from_utf8_lossy(&output.stderr).into_owned();
        let notes: Vec<&str> = notes.lines().filter(|line| !is_progress(line)).collect();
        let result = String::from_utf8_lossy(&output.stdout).into_owned();
        self.shown(&format!("{}\n{result}", notes.join("\n")))
    }

    fn simulate(&mut self, arguments: &[&str]) -> String {
        let mut simulator = self
            .command()
            .args(["simulate", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let first = |stream: &mut dyn std::io::Read| {
            let mut line = String::new();
            BufReader::new(stream)
                .read_line(&mut line)
                .expect("the simulator says something");
            line
        };
        let note = first(simulator.stderr.as_mut().expect("stderr is piped"));
        let ready = first(simulator.stdout.as_mut().expect("stdout is piped"));
        let address = ready
            .split('"')
            .find_map(|text| text.strip_prefix("http://"))
            .expect("the simulator says where it is")
            .to_owned();
        self.simulator = Some((simulator, address));
        self.shown(&format!("{note}{ready}"))
    }

    /// Sends a request to the simulator; returns the body of the answer.
    fn ask(&self, method: &str, url: &str, body: &str) -> String {
        let (_, address) = self.simulator.as_ref().expect("the simulator runs");
        let path = url
            .strip_prefix("http://")
            .and_then(|url| url.strip_prefix(PORT))
            .expect("the tour asks its simulator only");
        let mut stream = TcpStream::connect(address).expect("the simulator can be reached");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the simulator listens");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the answer is text");
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .expect("the answer has a head");
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {url}: {head}");
        body.to_owned()
    }

    /// Edits the project file as a block of `diff` says.
    fn edit(&self, difference: &str) {
        let path = self.folder.path().join("rehearsal/syncline.toml");
        let part = |sign| {
            let lines: Vec<&str> = difference
                .lines()
                .filter_map(|line| line.strip_prefix(sign))
                .collect();
            lines.join("\n")
        };
        let text = read(&path);
        assert!(
            text.contains(&part('-')),
            "the project file has no such lines: {difference}"
        );
        std::fs::write(&path, text.replace(&part('-'), &part('+'))).expect("it can be written");
    }

    /// Returns what was said, as README shows it.
    fn shown(&self, said: &str) -> String {
        let said = said
            .replace(&self.folder.path().display().to_string(), "/tmp")
            .replace(env!("CARGO_BIN_EXE_syncline"), "target/release/syncline");
        match &self.simulator {
            Some((_, address)) => said.replace(address, PORT),
            None => said,
        }
    }
}

/// Progress is for whoever waits: a line a step where stderr is no terminal, a bar where it is one.
fn is_progress(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(_, step)| {
        let step = step.split(" (").next().unwrap_or_default();
        ["import source", "import target", "decide", "plan", "apply"].contains(&step)
    })
}

/// Splits a command as a shell does, as far as the tour needs it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Returns the lines of a text without what differs from run to run.
fn comparable(text: &str) -> Vec<String> {
    let text = text.replace(" ms,", " ms").replace(" s,", " s");
    normal(&text, Path::new("\0"))
        .lines()
        .map(sizes)
        .map(|line| {
            let line = line
                .split("run ")
                .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
            let line = line.collect::<Vec<_>>().join("run ");
            match line.split_once(" from the target") {
                Some((before, after)) => format!(
                    "{}N from the target{after}",
                    before.trim_end_matches(|c: char| c.is_ascii_digit())
                ),
                None => line,
            }
        })
        .map(|line| line.trim_end().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Returns a line with sizes of components and digests in full by their form: toolchains differ.
fn sizes(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for place in 0..words.len() {
        let bare = words[place].trim_end_matches(',');
        if bare == "KiB" && place > 0 {
            words[place - 1] = "N".to_owned();
        } else if bare.len() == 64 && bare.chars().all(|c| c.is_ascii_hexdigit()) {
            words[place] = "[digest]".to_owned();
        }
    }
    words.join(" ")
}

/// Whether lines are as they are shown: `...` alone stands for any lines, in a line for any text.
fn matches(shown: &[String], said: &[String]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((pattern, rest)), _) if pattern.trim() == "..." => {
            (0..=said.len()).any(|skipped| matches(rest, &said[skipped..]))
        }
        (Some((pattern, rest)), Some((line, others))) => {
            matches_line(pattern, line) && matches(rest, others)
        }
        _ => false,
    }
}

fn matches_line(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("...");
    let mut rest = match line.strip_prefix(parts.next().unwrap_or_default()) {
        Some(rest) => rest,
        None => return false,
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Returns what is said now in the place of what is shown, with as much left out.
fn renewed(shown: &str, said: &str) -> String {
    let said: Vec<&str> = said.trim().lines().collect();
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let parts: Vec<&[&str]> = shown.split(|line| line.trim() == "...").collect();
    let mut lines = Vec::new();
    let mut place = 0;
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            let again = |line: &&str| {
                part.first()
                    .is_some_and(|first| comparable(first) == comparable(line))
            };
            let resumed = said[place..]
                .iter()
                .position(again)
                .map(|lines| place + lines);
            place = resumed.unwrap_or_else(|| said.len().saturating_sub(part.len()).max(place));
            lines.push("  ...");
        }
        let end = if number + 1 == parts.len() {
            said.len()
        } else {
            (place + part.len()).min(said.len())
        };
        lines.extend(&said[place..end]);
        place = end;
    }
    let kept = |line: &str| {
        let line = comparable(line);
        shown.iter().copied().find(|shown| {
            shown.contains("...") && shown.trim() != "..." && matches(&comparable(shown), &line)
        })
    };
    let lines: Vec<&str> = lines
        .into_iter()
        .map(|line| kept(line).unwrap_or(line))
        .collect();
    lines.join("\n")
}

#[test]
#[cfg(unix)]
fn the_tour_in_the_readme_says_what_it_shows() {
    let walked = walk_blocks("console");
    assert!(
        walked >= 10,
        "the tour has {walked} steps, or its blocks are not `console`"
    );
}

#[test]
#[cfg(unix)]
#[ignore = "needs Rust for WebAssembly and crates.io; .ci/run runs it"]
fn the_tour_of_a_new_rule_says_what_it_shows() {
    assert_eq!(
        walk_blocks("console rust"),
        3,
        "a new rule takes three commands"
    );
}

/// README is one, and the two tours write into it.
static README: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Walks the blocks of this language; returns how many commands they have.
fn walk_blocks(language: &str) -> usize {
    let _one_at_a_time = README
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = repository().join("README.md");
    let readme = read(&path);
    let renew = std::env::var_os("RENEW_README").is_some();
    let mut tour = Tour {
        folder: tempfile::tempdir().expect("a temporary folder can be made"),
        simulator: None,
        exit_code: 0,
    };
    let mut walked = 0;
    let mut rest = readme.as_str();
    let mut renewed_readme = String::new();
    for block in blocks(&readme) {
        if block.language == "diff" && language == "console" {
            tour.edit(&block.text);
        }
        if block.language != language {
            continue;
        }
        for step in block.text.trim_start_matches("$ ").split("\n$ ") {
            let (command, shown) = step.split_once('\n').unwrap_or((step, ""));
            let said = tour.walk(command);
            walked += 1;
            let is_shown = matches(&comparable(shown), &comparable(&said));
            assert!(
                is_shown || renew,
                "`{command}` is shown with\n{shown}\nand said\n{said}\nRENEW_README=1 renews README"
            );
            let begin = rest.find(step).expect("a block is a part of README") + command.len();
            renewed_readme.push_str(&rest[..begin]);
            rest = &rest[begin..];
            if !is_shown {
                renewed_readme.push('\n');
                renewed_readme.push_str(&renewed(shown, &said));
                // What is shown begins with the end of the command's line.
                if !shown.trim().is_empty() {
                    rest = &rest[1 + shown.trim_end().len()..];
                }
            }
        }
    }
    renewed_readme.push_str(rest);
    if renewed_readme != readme {
        std::fs::write(&path, renewed_readme).expect("README can be written");
    }
    walked
}

#[test]
fn every_command_in_the_documents_exists() {
    let planned = not_there_yet();
    let mut named = BTreeSet::new();
    for document in files(".md") {
        for line in read(&document).lines() {
            let block = line.trim_start().strip_prefix("$ ").map(str::to_owned);
            for code in quoted(line).into_iter().chain(block) {
                named.extend(verb(&code).map(str::to_owned));
            }
        }
    }
    assert!(named.contains("sync"), "commands are found: {named:?}");
    for verb in named.difference(&planned) {
        assert!(
            exists(verb),
            "`syncline {verb}` is named in a document and does not exist"
        );
    }
}

/// Returns the verb of a `syncline` command.
fn verb(command: &str) -> Option<&str> {
    let mut words = command.strip_prefix("syncline ")?.split_whitespace();
    match words.next()? {
        "-C" => words.nth(1),
        word => Some(word),
    }
    .filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
}

/// Whether the command has this verb.
fn exists(verb: &str) -> bool {
    let output = syncline()
        .args([verb, "--help"])
        .output()
        .expect("the command runs");
    output.status.success()
}

/// Returns the commands that README names as missing; they must be.
fn not_there_yet() -> BTreeSet<String> {
    let readme = read(&repository().join("README.md"));
    let planned = verbs(&readme, "not there yet");
    for verb in &planned {
        assert!(
            !exists(verb),
            "README says that `syncline {verb}` is not there yet, and it is"
        );
    }
    planned
}

/// Returns the verbs in the first column of a table.
fn verbs(readme: &str, header: &str) -> BTreeSet<String> {
    table(readme, header)
        .iter()
        .flat_map(|row| quoted(&row[0]))
        .filter_map(|code| verb(&code).map(str::to_owned))
        .collect()
}

#[test]
fn the_table_of_commands_is_complete() {
    let readme = read(&repository().join("README.md"));
    let listed = verbs(&readme, "command");
    let help = syncline().arg("--help").output().expect("the command runs");
    let help = String::from_utf8(help.stdout).expect("help is text");
    let there: BTreeSet<String> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, there, "left: README.md; right: `syncline --help`");
}

#[test]
fn the_projects_in_documents_and_examples_are_accepted() {
    let shown = files(".md").into_iter().flat_map(|document| {
        let projects: Vec<_> = blocks(&read(&document))
            .into_iter()
            .filter(|block| block.language == "toml" && block.text.contains("[tenants."))
            .map(|block| (document.clone(), block.text))
            .collect();
        projects
    });
    let examples = files("syncline.toml").into_iter().filter(|path| {
        path.parent().and_then(Path::parent) == Some(repository().join("examples").as_path())
    });
    let examples = examples.map(|path| (path.clone(), read(&path)));
    let mut projects = 0;
    for (place, text) in shown.chain(examples) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join("syncline.toml"), text).expect("it can be written");
        let mut command = syncline();
        let output = command.arg("-C").arg(folder.path()).arg("status").output();
        let output = output.expect("the command runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", place.display());
        projects += 1;
    }
    assert!(projects >= 2, "README and an example show a project");
}
