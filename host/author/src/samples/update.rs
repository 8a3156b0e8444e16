//! Accepting what a rule says now: `expect` is written anew, and all else of the file stays.

use std::fs;

use serde_json::Value as Json;

use super::{Sample, SampleFile, SamplesError, expected::Expected, parse, written};

/// Returns the text of a file with what was said of its samples in the place of what was expected, or
/// nothing where that changes nothing.
pub(crate) fn updated(file: &SampleFile, said: &[Expected]) -> Option<String> {
    let mut wanted: Vec<Expected> = Vec::with_capacity(said.len());
    for (sample, said) in file.samples.iter().zip(said) {
        // What passes stays as it was written, a partial expectation included.
        let passes = !sample.expected.is_empty() && sample.expected.compare(said).is_empty();
        wanted.push(if passes {
            sample.expected.clone()
        } else {
            codes_only(said.clone())
        });
    }
    let changed: Vec<usize> = (0..wanted.len())
        .filter(|&index| wanted[index] != file.samples[index].expected)
        .collect();
    if changed.is_empty() {
        return None;
    }
    let is_wanted = |text: &String| {
        parse(text).is_ok_and(|samples| {
            samples.len() == wanted.len()
                && samples
                    .iter()
                    .zip(&wanted)
                    .all(|(sample, wanted)| sample.expected == *wanted)
        })
    };
    let ending = file.path.extension().and_then(|ending| ending.to_str());
    if ending == Some("json") {
        return Some(json(file, &changed, &wanted));
    }
    let edited = edited(file, &changed, &wanted);
    // A sample in brackets, or in another form that lines do not show, is written anew as a whole.
    Some(if is_wanted(&edited) {
        edited
    } else {
        anew(&file.samples, &wanted)
    })
}

/// Writes what was said of a file's samples into it. Returns whether that changed it.
///
/// # Errors
///
/// Where the file cannot be written.
pub(crate) fn write(file: &SampleFile, said: &[Expected]) -> Result<bool, SamplesError> {
    let Some(text) = updated(file, said) else {
        return Ok(false);
    };
    fs::write(&file.path, text).map_err(|source| SamplesError::Write {
        path: file.path.clone(),
        source,
    })?;
    Ok(true)
}

/// Leaves out the sentences of reasons: codes are what is stable.
fn codes_only(mut said: Expected) -> Expected {
    use super::expected::{Cause, Keys, Outcome, Scope};
    use syncline_directory::Change;

    fn bare(cause: &mut Cause) {
        cause.text = None;
    }
    if let Some(Scope::OutOfScope(cause) | Scope::Hold(cause)) = &mut said.scope {
        bare(cause);
    }
    if let Some(Keys::Hold(cause)) = &mut said.keys {
        bare(cause);
    }
    if let Some(Outcome::Skip(cause) | Outcome::Hold(cause)) = &mut said.outcome {
        bare(cause);
    }
    for change in said
        .changes
        .iter_mut()
        .flat_map(|changes| changes.values_mut())
    {
        if let Change::Refuse(reason) = change {
            reason.text.clear();
        }
    }
    said
}

/// Replaces the lines of `expect` in each changed sample, and leaves every other line as it is.
fn edited(file: &SampleFile, changed: &[usize], wanted: &[Expected]) -> String {
    let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
    let begins = |index: usize| {
        let line = file.samples.get(index).map(|sample| sample.line);
        line.map_or(lines.len(), |line| {
            usize::try_from(line)
                .unwrap_or(usize::MAX)
                .saturating_sub(1)
                .min(lines.len())
        })
    };
    let mut text = String::new();
    let mut done = 0;
    for &index in changed {
        let (begin, end) = (begins(index), begins(index + 1));
        // Keys of the sample stand as far in as its first one, which follows the dash.
        let first = lines.get(begin).copied().unwrap_or_default();
        let depth = first.len() - first.trim_start_matches([' ', '-']).len();
        let indent = " ".repeat(depth);
        let depth_of = |line: &str| line.len() - line.trim_start().len();
        let is_blank = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
        let found = (begin..end).find(|&line| {
            depth_of(lines[line]) == depth && lines[line].trim_start().starts_with("expect:")
        });
        // Blank lines and comments before what comes next belong to that.
        let trimmed = |mut to: usize, least: usize| {
            while to > least && is_blank(lines[to - 1]) {
                to -= 1;
            }
            to
        };
        let (from, to) = match found {
            Some(line) => {
                let after = (line + 1..end)
                    .find(|&next| !is_blank(lines[next]) && depth_of(lines[next]) <= depth);
                (line, trimmed(after.unwrap_or(end), line + 1))
            }
            None => {
                let to = trimmed(end, begin + 1);
                (to, to)
            }
        };
        text.extend(lines[done..from].iter().copied());
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&written::expected(&wanted[index], &indent));
        done = to;
    }
    text.extend(lines[done..].iter().copied());
    text
}

fn anew(samples: &[Sample], wanted: &[Expected]) -> String {
    let samples = samples.iter().zip(wanted).map(|(sample, wanted)| {
        written::sample(&Sample {
            expected: wanted.clone(),
            ..sample.clone()
        })
    });
    samples.collect::<Vec<_>>().join("\n")
}

fn json(file: &SampleFile, changed: &[usize], wanted: &[Expected]) -> String {
    let mut value: Json = serde_json::from_str(&file.text).unwrap_or(Json::Null);
    for &index in changed {
        let expect = written::expected_json(&wanted[index]);
        let sample = match &mut value {
            Json::Array(list) => list.get_mut(index),
            single => Some(single),
        };
        if let Some(Json::Object(sample)) = sample {
            sample.insert("expect".to_owned(), expect);
        }
    }
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
