//! What fuzzing begins with: good components and some that are nearly good, and answers of each form.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Folders of built components. The smallest is the rule of tests that does what its rows say.
const COMPONENTS: [&str; 2] = ["plugins", "host/rules/tests/rules/released"];

pub(crate) fn write(repository: &Path, target: &str, corpus: &Path) -> Result<()> {
    match target {
        "loader" => write_components(repository, corpus),
        _ => write_answers(corpus),
    }
}

fn write_components(repository: &Path, corpus: &Path) -> Result<()> {
    for folder in COMPONENTS {
        for path in files(&repository.join(folder), "wasm")? {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            keep(corpus, &path, &bytes)?;
        }
    }
    for path in files(&repository.join("fuzz/seeds"), "wat")? {
        let bytes = wat::parse_file(&path)?;
        keep(corpus, &path, &bytes)?;
    }
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

fn keep(corpus: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_stem().context("a file has a name")?;
    let path = corpus.join(name);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Where the guest lays out what it answers.
const START: usize = 65_536;

/// An answer: the first byte says that it is one for a row.
struct Answer(Vec<u8>);

impl Answer {
    /// A result that is a list of one element of so many bytes.
    fn list(size: usize) -> (Self, usize) {
        let mut answer = Self(vec![0; 1 + 12]);
        let element = answer.room(size);
        answer.word(4, START + element);
        answer.word(8, 1);
        (answer, element)
    }

    /// Returns where so many bytes more are.
    fn room(&mut self, size: usize) -> usize {
        let at = (self.0.len() - 1).next_multiple_of(8);
        self.0.resize(1 + at + size, 0);
        at
    }

    fn word(&mut self, at: usize, word: usize) {
        let word = u32::try_from(word).expect("seeds are small");
        self.0[1 + at..1 + at + 4].copy_from_slice(&word.to_le_bytes());
    }

    fn byte(&mut self, at: usize, byte: u8) {
        self.0[1 + at] = byte;
    }

    /// Makes a text or a list at one place that points to bytes at the end.
    fn text(&mut self, at: usize, text: &str) {
        let room = self.room(text.len());
        self.0[1 + room..].copy_from_slice(text.as_bytes());
        self.word(at, START + room);
        self.word(at + 4, text.len());
    }
}

fn write_answers(corpus: &Path) -> Result<()> {
    let mut seeds: Vec<(&str, Vec<u8>)> = Vec::new();
    let (in_scope, _) = Answer::list(20);
    seeds.push(("in-scope", in_scope.0));
    for (name, tag) in [("out-of-scope-or-skip", 1), ("hold", 2)] {
        let (mut answer, element) = Answer::list(20);
        answer.byte(element, tag);
        answer.text(element + 4, "TestCode");
        answer.text(element + 12, "because of the test");
        seeds.push((name, answer.0));
    }
    let (mut keys, element) = Answer::list(20);
    let key = keys.room(16);
    keys.word(element + 4, START + key);
    keys.word(element + 8, 1);
    keys.text(key + 4, "alice@contoso.com");
    keys.byte(key + 12, 1);
    seeds.push(("keys", keys.0));
    // Text, truth and texts; and every other change there is.
    for (name, tags) in [
        ("write-set", [2, 2, 2]),
        ("write-other", [0, 1, 3]),
        ("write-more", [4, 5, 4]),
    ] {
        let (mut answer, element) = Answer::list(20);
        answer.byte(element + 4, 1);
        answer.byte(element + 5, 2);
        let changes = answer.room(3 * 24);
        answer.word(element + 8, START + changes);
        answer.word(element + 12, 3);
        for (index, tag) in tags.into_iter().enumerate() {
            let change = changes + index * 24;
            answer.byte(change, tag);
            match (tag, index) {
                (2, 0) => {
                    answer.byte(change + 8, 1);
                    answer.text(change + 16, "Sales");
                }
                (2, 1) => {
                    answer.byte(change + 8, 2);
                    answer.byte(change + 16, 1);
                }
                (2, _) => {
                    answer.byte(change + 8, 4);
                    let texts = answer.room(8);
                    answer.word(change + 16, START + texts);
                    answer.word(change + 20, 1);
                    answer.text(texts, "alice@contoso.com");
                }
                (5, _) => {
                    answer.text(change + 8, "TestCode");
                    answer.text(change + 16, "because of the test");
                }
                _ => {}
            }
        }
        seeds.push((name, answer.0));
    }
    // A description: name, version, summary, one ruleset for users that reads and scopes.
    let mut description = Answer(vec![1; 1]);
    description.0.resize(1 + 36, 0);
    description.text(4, "test");
    description.text(12, "1");
    description.text(20, "a test");
    let ruleset = description.room(84);
    description.word(28, START + ruleset);
    description.word(32, 1);
    let reads = description.room(8);
    description.word(ruleset + 4, START + reads);
    description.word(ruleset + 8, 1);
    description.text(reads, "department");
    description.byte(ruleset + 20, 1);
    let inputs = description.room(12);
    description.word(ruleset + 24, START + inputs);
    description.word(ruleset + 28, 1);
    seeds.push(("description", description.0));
    let mut refused = Answer(vec![1; 1]);
    refused.0.resize(1 + 36, 0);
    refused.byte(0, 1);
    refused.text(4, "regions[3].code");
    refused.text(12, "is no country code");
    seeds.push(("settings-error", refused.0));
    for (name, bytes) in seeds {
        keep(corpus, Path::new(name), &bytes)?;
    }
    Ok(())
}
