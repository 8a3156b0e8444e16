//! Testing: a rule's samples, then the laws on objects made up to be awkward.

use std::path::PathBuf;

use syncline_directory::{AttributeName, Attributes, ObjectKind, Value};
use syncline_rules::{Broken, Finding, Generation, Law, MappingRow, RulesEngine, Thoroughness};

use crate::{
    candidate::{Candidate, CandidateError, Configuration},
    generated,
    samples::{
        self, Sample, SampleFile, SamplesError,
        expected::{Difference, Expected},
        listed_changes, update, usual_context,
    },
};

/// A file of samples, tried.
#[derive(Clone, Debug)]
pub struct TestedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its samples, in order.
    pub samples: Vec<TestedSample>,
    /// Whether what was said was written into it.
    pub is_updated: bool,
}

/// A sample, tried.
#[derive(Clone, Debug)]
pub struct TestedSample {
    /// What it is called.
    pub name: String,
    /// The line that it begins at.
    pub line: u64,
    /// How it went.
    pub result: SampleResult,
}

/// How a sample went.
#[derive(Clone, Debug)]
pub enum SampleResult {
    /// All is as expected.
    Passes,
    /// It was answered, and nothing is expected.
    Answered(Expected),
    /// Something is not as expected.
    Fails(Vec<Difference>),
    /// The rule cannot be asked, and why.
    NotAsked(String),
}

/// What becomes of samples that are not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// They fail.
    Tell,
    /// What the rule says is accepted, and written into their file.
    Accept,
}

/// Tries a rule on files of samples, each sample with its own settings and tables.
///
/// # Errors
///
/// Where a file cannot be written.
pub fn samples(
    engine: &RulesEngine,
    candidate: &Candidate,
    files: &[SampleFile],
    disagreement: Disagreement,
) -> Result<Vec<TestedFile>, SamplesError> {
    let mut configured: Vec<(Configuration, Result<Generation, String>)> = Vec::new();
    let mut tested = Vec::new();
    for file in files {
        let mut said = Vec::new();
        let mut results = Vec::new();
        for sample in &file.samples {
            let answer = ask(engine, candidate, sample, &mut configured);
            results.push(match &answer {
                Err(why) => SampleResult::NotAsked(why.clone()),
                Ok(said) if sample.expected.is_empty() => SampleResult::Answered(said.clone()),
                Ok(said) => match sample.expected.compare(said) {
                    differences if differences.is_empty() => SampleResult::Passes,
                    differences => SampleResult::Fails(differences),
                },
            });
            // What could not be asked stays as it is.
            said.push(answer.unwrap_or_else(|_| sample.expected.clone()));
        }
        let is_updated = disagreement == Disagreement::Accept && update::write(file, &said)?;
        if disagreement == Disagreement::Accept {
            for result in &mut results {
                if !matches!(result, SampleResult::NotAsked(_)) {
                    *result = SampleResult::Passes;
                }
            }
        }
        let samples = file.samples.iter().zip(results);
        tested.push(TestedFile {
            path: file.path.clone(),
            samples: samples
                .map(|(sample, result)| TestedSample {
                    name: sample.name.clone(),
                    line: sample.line,
                    result,
                })
                .collect(),
            is_updated,
        });
    }
    Ok(tested)
}

fn ask(
    engine: &RulesEngine,
    candidate: &Candidate,
    sample: &Sample,
    configured: &mut Vec<(Configuration, Result<Generation, String>)>,
) -> Result<Expected, String> {
    let configuration = configuration(sample);
    let known = configured.iter().position(|(one, _)| *one == configuration);
    let place = known.unwrap_or_else(|| {
        let generation = candidate.configured(engine, &configuration);
        let generation = generation.map_err(|error| in_a_line(&error));
        configured.push((configuration, generation));
        configured.len() - 1
    });
    let generation = configured[place].1.as_ref().map_err(Clone::clone)?;
    if !generation.kinds().contains(&sample.kind) {
        return Err(format!("the rule has nothing for {}s", sample.kind));
    }
    if sample.earlier_listed.is_empty() {
        return Ok(Expected::ask(generation, sample));
    }
    let declarations = generation
        .layers()
        .iter()
        .flat_map(|layer| &layer.declarations);
    let names: Vec<AttributeName> = declarations
        .filter(|declaration| declaration.kind == sample.kind)
        .filter_map(|declaration| declaration.mapping.as_ref())
        .flat_map(|stage| stage.outputs.iter().map(|output| output.attribute.clone()))
        .collect();
    let earlier = listed_changes(sample.kind, &names, &sample.earlier_listed)?;
    let sample = Sample {
        earlier,
        ..sample.clone()
    };
    Ok(Expected::ask(generation, &sample))
}

fn configuration(sample: &Sample) -> Configuration {
    Configuration {
        settings: sample.settings.clone(),
        tables: sample.tables.clone(),
    }
}

fn in_a_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}

/// How the laws fared.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How many objects they were tried on.
    pub objects: u64,
    /// Each law, once.
    pub laws: Vec<Proven>,
}

/// How one law fared.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The law.
    pub law: Law,
    /// How often it was tried.
    pub tried: u64,
    /// The first object on which it does not hold, as a sample, and what happened.
    pub broken: Option<(Sample, String)>,
}

/// Tries the laws on objects made from Graph's schema and on the samples' own, with the default
/// settings and with those that samples bring. The same seed makes the same objects.
///
/// # Errors
///
/// Where the rule does not take its default settings.
pub fn laws(
    engine: &RulesEngine,
    candidate: &Candidate,
    files: &[SampleFile],
    seed: u64,
    objects: usize,
) -> Result<Proof, CandidateError> {
    let mut proof = Proof {
        objects: 0,
        laws: Law::ALL
            .map(|law| Proven {
                law,
                tried: 0,
                broken: None,
            })
            .to_vec(),
    };
    let all = || files.iter().flat_map(|file| &file.samples);
    let mut configurations = vec![Configuration::default()];
    for configuration in all().map(configuration) {
        if !configurations.contains(&configuration) {
            configurations.push(configuration);
        }
    }
    for (index, configuration) in configurations.iter().enumerate() {
        let generation = match candidate.configured(engine, configuration) {
            // A sample whose settings are refused has failed already.
            Err(_) if index > 0 => continue,
            configured => configured?,
        };
        for kind in generation.kinds() {
            let own = all().filter(|sample| sample.kind == kind);
            let mut rows: Vec<MappingRow> = own.map(|sample| sample.row(&generation)).collect();
            rows.extend(generated::rows(&generation, kind, seed, objects));
            proof.objects += rows.len() as u64;
            let context = usual_context(kind);
            for finding in generation.laws(&context, kind, &rows, Thoroughness::AUTHOR) {
                take(&mut proof, &generation, kind, configuration, finding);
            }
        }
    }
    Ok(proof)
}

fn take(
    proof: &mut Proof,
    generation: &Generation,
    kind: ObjectKind,
    configuration: &Configuration,
    finding: Finding,
) {
    let Some(proven) = proof.laws.iter_mut().find(|one| one.law == finding.law) else {
        return;
    };
    proven.tried += finding.tried;
    let Some(broken) = finding.broken else {
        return;
    };
    if proven.broken.is_none() {
        let broken = smaller(generation, kind, finding.law, broken);
        let sample = Sample {
            name: format!("breaks the law {}", finding.law),
            line: 1,
            kind,
            source: named(generation.source_columns(kind), &broken.asked.source),
            target: broken
                .asked
                .target
                .as_ref()
                .map(|values| named(generation.target_columns(kind), values)),
            earlier: syncline_rules::Earlier::new(),
            earlier_listed: Vec::new(),
            context: usual_context(kind),
            settings: configuration.settings.clone(),
            tables: configuration.tables.clone(),
            expected: Expected::default(),
        };
        proven.broken = Some((sample, broken.what));
    }
}

fn named(columns: &[AttributeName], values: &[Value]) -> Attributes {
    columns
        .iter()
        .cloned()
        .zip(values.iter().cloned())
        .collect()
}

/// Takes values from an object as long as the law stays broken, so that what remains is what matters.
/// Laws about an object among others are left as they are.
fn smaller(generation: &Generation, kind: ObjectKind, law: Law, broken: Broken) -> Broken {
    if !matches!(law, Law::Total | Law::Limits | Law::Idempotent) {
        return broken;
    }
    let context = usual_context(kind);
    let thoroughness = Thoroughness {
        alone_max: 1,
        varied_max: 0,
    };
    let still = |row: &MappingRow| {
        let findings = generation.laws(&context, kind, std::slice::from_ref(row), thoroughness);
        let found = findings.into_iter().find(|finding| finding.law == law);
        found.and_then(|finding| finding.broken)
    };
    let Some(mut smallest) = still(&broken.asked) else {
        return broken;
    };
    // What a second look finds is the target's state after one more round; the first object is meant.
    let mut row = broken.asked.clone();
    let mut try_one = |row: &mut MappingRow, change: &dyn Fn(&mut MappingRow)| {
        let mut less = row.clone();
        change(&mut less);
        if less != *row
            && let Some(broken) = still(&less)
        {
            *row = less;
            smallest = broken;
        }
    };
    for column in 0..row.source.len() {
        try_one(&mut row, &|row| row.source[column] = Value::Absent);
    }
    try_one(&mut row, &|row| row.target = None);
    for column in 0..row.target.as_ref().map_or(0, Vec::len) {
        try_one(&mut row, &|row| {
            if let Some(value) = row
                .target
                .as_mut()
                .and_then(|target| target.get_mut(column))
            {
                *value = Value::Absent;
            }
        });
    }
    Broken {
        asked: row,
        what: smallest.what,
        ..broken
    }
}

/// Reads one input of a failed object, or any other file of samples.
///
/// # Errors
///
/// Names the file, the line and what is wrong.
pub fn input(path: &std::path::Path) -> Result<Vec<SampleFile>, SamplesError> {
    samples::read(path)
}
