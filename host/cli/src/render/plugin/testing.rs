//! Samples and laws: what holds in a line, what does not with all that it takes to see why.

use syncline_author::{
    candidate::Candidate,
    samples::{
        expected::{Difference, Expected},
        written,
    },
    testing::{Proof, SampleResult, TestedFile, TestedSample},
};

use super::size;
use crate::{
    failure::End,
    render::{counted, named, result, say},
};

/// Tells how a rule's samples and laws fared; returns how that ends the command.
pub(crate) fn tested(candidate: &Candidate, files: &[TestedFile], proof: &Proof, seed: u64) -> End {
    let component = &candidate.component;
    result(&format!(
        "{}: {}, digest {}",
        candidate.plugin,
        size(component.size() as u64),
        component.digest().short()
    ));
    for file in files {
        result(&shown(&file.path));
        for sample in &file.samples {
            tell_sample(sample);
        }
        if file.is_updated {
            result("  written: what the rule says now");
        }
    }
    result(&format!(
        "laws, on {} (seed {seed})",
        counted(proof.objects, "object", "objects")
    ));
    for proven in &proof.laws {
        let word = match proven.broken {
            None => "holds",
            Some(_) => "BROKEN",
        };
        result(&format!(
            "  {word:<6}  {:<13}  {:>6}  {}",
            proven.law.name(),
            proven.tried,
            proven.law.demand()
        ));
    }
    for proven in &proof.laws {
        if let Some((sample, what)) = &proven.broken {
            result("");
            result(&named(&[
                ("broken", format!("{}: {}", proven.law, proven.law.demand())),
                (
                    "on",
                    "the object below, which can stand in a file of samples".to_owned(),
                ),
                ("what", what.clone()),
            ]));
            result(written::sample(sample).trim_end());
        }
    }
    let samples: Vec<&TestedSample> = files.iter().flat_map(|file| &file.samples).collect();
    let failed = samples
        .iter()
        .filter(|sample| fails(&sample.result))
        .count();
    let open = samples
        .iter()
        .filter(|sample| matches!(sample.result, SampleResult::Answered(_)))
        .count();
    let broken = proof.laws.iter().filter(|law| law.broken.is_some()).count();
    let told = |count: usize, all: usize, one: &str, many: &str, good: &str, bad: &str| match count
    {
        0 => format!("{} {good}", counted(all as u64, one, many)),
        count => format!("{count} of {} {bad}", counted(all as u64, one, many)),
    };
    let mut last = format!(
        "{}, {}",
        told(
            failed,
            samples.len(),
            "sample",
            "samples",
            "as expected",
            "not as expected"
        ),
        told(broken, proof.laws.len(), "law", "laws", "hold", "broken")
    );
    if failed == 0 && open > 0 {
        // Those that travel in a component say nothing of what is expected.
        let hint = match files.iter().any(|file| file.path.exists()) {
            true => format!(" ({open} without `expect`; --update writes what is said)"),
            false => String::new(),
        };
        last = format!(
            "{} answered{hint}, {}",
            counted(samples.len() as u64, "sample", "samples"),
            told(broken, proof.laws.len(), "law", "laws", "hold", "broken")
        );
    }
    result("");
    say(&last);
    match failed + broken {
        0 => End::Done,
        _ => End::Failed,
    }
}

/// Tells what a rule says of objects that it failed on elsewhere; returns how that ends the command.
pub(crate) fn tested_input(files: &[TestedFile]) -> End {
    let mut end = End::Done;
    for file in files {
        result(&shown(&file.path));
        for sample in &file.samples {
            tell_sample(sample);
            if let SampleResult::Answered(said) = &sample.result {
                result(&written::said(said, "    "));
            }
            if fails(&sample.result) {
                end = End::Failed;
            }
        }
    }
    end
}

/// Returns a path without the dot of the working folder.
fn shown(path: &std::path::Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// Whether a sample speaks against the rule.
fn fails(result: &SampleResult) -> bool {
    match result {
        SampleResult::Passes => false,
        SampleResult::Answered(said) => said.failure().is_some(),
        SampleResult::Fails(_) | SampleResult::NotAsked(_) => true,
    }
}

fn tell_sample(sample: &TestedSample) {
    let (name, line) = (&sample.name, sample.line);
    match &sample.result {
        SampleResult::Passes => result(&format!("  ok     {name}")),
        SampleResult::Answered(said) => match said.failure() {
            Some(reason) => result(&named(&[(
                "  FAILS",
                format!("{name} (line {line}): {reason}"),
            )])),
            None => result(&named(&[(
                "  said ",
                format!("{name}: {}", in_short(said)),
            )])),
        },
        SampleResult::NotAsked(why) => {
            result(&named(&[(
                "  FAILS",
                format!("{name} (line {line}): {why}"),
            )]));
        }
        SampleResult::Fails(differences) => {
            result(&format!("  FAILS  {name} (line {line})"));
            for difference in differences {
                let Difference {
                    about,
                    expected,
                    said,
                } = difference;
                result(&named(&[
                    ("         -", format!("{about}: {expected}")),
                    ("         +", format!("{about}: {said}")),
                ]));
            }
        }
    }
}

/// Returns what was said in a few words.
fn in_short(said: &Expected) -> String {
    let changes = said.changes.as_ref().map(|changes| changes.len() as u64);
    let mut words = Vec::new();
    words.extend(said.scope.as_ref().map(|scope| written::scope(scope, true)));
    words.extend(
        said.outcome
            .as_ref()
            .map(|outcome| written::outcome(outcome, true)),
    );
    words.extend(changes.map(|count| counted(count, "change", "changes")));
    words.join(", ")
}
