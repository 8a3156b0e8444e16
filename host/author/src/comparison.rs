//! What a new version of a rule would change, in numbers and examples, on samples or on what a project
//! has mirrored.

use std::collections::{BTreeMap, BTreeSet};

use syncline_directory::{
    AttributeName, Attributes, Change, MatchKey, ObjectKind, Outcome, Reason, Value, Verdict,
};
use syncline_rules::{Context, Generation, MappingRow};

use crate::samples::{self, SampleFile, written};

/// One object to compare on.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What people recognise it by.
    pub name: String,
    /// Its kind.
    pub kind: ObjectKind,
    /// The source object.
    pub source: Attributes,
    /// The target object, if it is joined.
    pub target: Option<Attributes>,
    /// Whether an attribute that is not named is absent; else it was never read.
    pub is_complete: bool,
}

/// How two rules differ.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    /// How many objects both were asked about.
    pub objects: u64,
    /// How many of them fare the same.
    pub same: u64,
    /// How many objects could not be compared, by the attribute that was never read.
    pub unread: BTreeMap<AttributeName, u64>,
    /// Objects that change between in scope, out of scope and held.
    pub moves: BTreeMap<(String, String), Examples>,
    /// Objects in scope whose match keys change.
    pub keys: Examples,
    /// Objects in scope that change between written, skipped and held, or in shape.
    pub outcomes: BTreeMap<(String, String), Examples>,
    /// Attributes, by what becomes of them.
    pub attributes: BTreeMap<AttributeName, BTreeMap<&'static str, Examples>>,
}

/// How often something occurs, and the first few times.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// How often.
    pub count: u64,
    /// The object, what it is before, and after.
    pub first: Vec<(String, String, String)>,
}

/// How many examples are kept of each thing.
const EXAMPLES_MAX: usize = 3;

impl Examples {
    fn add(&mut self, object: &str, before: String, after: String) {
        self.count += 1;
        if self.first.len() < EXAMPLES_MAX {
            self.first.push((object.to_owned(), before, after));
        }
    }
}

/// Returns the objects of files of samples.
pub fn of_samples(files: &[SampleFile]) -> Vec<Subject> {
    let samples = files.iter().flat_map(|file| &file.samples);
    samples
        .map(|sample| Subject {
            name: sample.name.clone(),
            kind: sample.kind,
            source: sample.source.clone(),
            target: sample.target.clone(),
            is_complete: true,
        })
        .collect()
}

/// Returns the objects that components bring along, each once.
pub fn of_components<'c>(
    components: impl IntoIterator<Item = &'c syncline_rules::Component>,
) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for sample in components
        .into_iter()
        .flat_map(|component| component.samples())
    {
        let is_known = subjects.iter().any(|subject| {
            (subject.kind, &subject.source, &subject.target)
                == (sample.kind, &sample.source, &sample.target)
        });
        if !is_known {
            subjects.push(Subject {
                name: label(&sample.source, subjects.len() + 1),
                kind: sample.kind,
                source: sample.source.clone(),
                target: sample.target.clone(),
                is_complete: true,
            });
        }
    }
    subjects
}

/// Returns what an object is recognised by.
fn label(source: &Attributes, number: usize) -> String {
    let names = ["userPrincipalName", "mail", "displayName"].into_iter();
    let found = names.filter_map(|name| source.get(name)?.as_text()).next();
    found.map_or_else(|| format!("sample {number}"), str::to_owned)
}

impl Differences {
    /// Asks two rules about more objects and takes in how they differ.
    pub fn take(
        &mut self,
        before: &Generation,
        after: &Generation,
        context: &Context,
        subjects: &[Subject],
    ) {
        let kinds: BTreeSet<ObjectKind> = subjects.iter().map(|subject| subject.kind).collect();
        for kind in kinds {
            let context = Context {
                kind,
                ..context.clone()
            };
            let mut asked = Vec::new();
            for subject in subjects.iter().filter(|subject| subject.kind == kind) {
                match unread(subject, [before, after]) {
                    Some(column) => *self.unread.entry(column).or_default() += 1,
                    None => asked.push(subject),
                }
            }
            let one = judge(before, &context, &asked);
            let two = judge(after, &context, &asked);
            for (subject, (one, two)) in asked.iter().zip(one.into_iter().zip(two)) {
                self.objects += 1;
                if one == two {
                    self.same += 1;
                } else {
                    self.compare(&subject.name, &one, &two);
                }
            }
        }
    }

    fn compare(&mut self, name: &str, one: &Judged, two: &Judged) {
        let words = (verdict_word(&one.verdict), verdict_word(&two.verdict));
        if words.0 != words.1 || one.verdict != Verdict::InScope {
            if one.verdict != two.verdict {
                let reasons = (reason_of(&one.verdict), reason_of(&two.verdict));
                self.moves
                    .entry((words.0.to_owned(), words.1.to_owned()))
                    .or_default()
                    .add(name, reasons.0, reasons.1);
            }
            return;
        }
        if one.keys != two.keys {
            self.keys
                .add(name, keys_word(&one.keys), keys_word(&two.keys));
        }
        let (Some(old), Some(new)) = (&one.outcome, &two.outcome) else {
            return;
        };
        let words = (outcome_word(old), outcome_word(new));
        if words.0 != words.1 {
            self.outcomes.entry(words).or_default().add(
                name,
                outcome_reason(old),
                outcome_reason(new),
            );
        }
        if let (Outcome::Write(old), Outcome::Write(new)) = (old, new) {
            let outputs = |decision: &syncline_directory::RuleDecision| {
                let outputs = decision.outputs.iter();
                let wishes =
                    outputs.map(|output| (output.attribute.clone(), output.change.clone()));
                wishes.collect::<BTreeMap<_, _>>()
            };
            let (old, new) = (outputs(old), outputs(new));
            let names: BTreeSet<&AttributeName> = old.keys().chain(new.keys()).collect();
            for attribute in names {
                let old = old.get(attribute).unwrap_or(&Change::Keep);
                let new = new.get(attribute).unwrap_or(&Change::Keep);
                if old != new {
                    self.attributes
                        .entry(attribute.clone())
                        .or_default()
                        .entry(kind_of_change(old, new))
                        .or_default()
                        .add(
                            name,
                            written::change_for_people(old),
                            written::change_for_people(new),
                        );
                }
            }
        }
    }
}

/// All that a rule says of an object, as a host would ask.
#[derive(PartialEq)]
struct Judged {
    verdict: Verdict,
    keys: Option<Result<Vec<MatchKey>, Reason>>,
    outcome: Option<Outcome>,
}

fn judge(generation: &Generation, context: &Context, subjects: &[&Subject]) -> Vec<Judged> {
    let rows: Vec<MappingRow> = subjects
        .iter()
        .map(|subject| {
            samples::row(
                generation,
                subject.kind,
                &subject.source,
                subject.target.as_ref(),
            )
        })
        .collect();
    let sources: Vec<Vec<Value>> = rows.iter().map(|row| row.source.clone()).collect();
    let verdicts = generation.scope(context, &sources);
    let inside: Vec<usize> = (0..rows.len())
        .filter(|&place| verdicts[place] == Verdict::InScope)
        .collect();
    let mut judged: Vec<Judged> = verdicts
        .into_iter()
        .map(|verdict| Judged {
            verdict,
            keys: None,
            outcome: None,
        })
        .collect();
    let inside_sources: Vec<_> = inside.iter().map(|&place| sources[place].clone()).collect();
    for (&place, keys) in inside.iter().zip(generation.keys(context, &inside_sources)) {
        judged[place].keys = Some(keys);
    }
    if generation.maps(context.kind) {
        let inside_rows: Vec<_> = inside.iter().map(|&place| rows[place].clone()).collect();
        for (&place, outcome) in inside.iter().zip(generation.map(context, &inside_rows)) {
            judged[place].outcome = Some(outcome);
        }
    }
    judged
}

/// Returns an attribute that one of the rules reads and nobody has read of this object.
fn unread(subject: &Subject, generations: [&Generation; 2]) -> Option<AttributeName> {
    if subject.is_complete {
        return None;
    }
    generations.into_iter().find_map(|generation| {
        let missing = |columns: &[AttributeName], attributes: &Attributes| {
            let missing = columns.iter().find(|name| !attributes.contains_key(*name));
            missing.cloned()
        };
        missing(generation.source_columns(subject.kind), &subject.source).or_else(|| {
            let target = subject.target.as_ref()?;
            missing(generation.target_columns(subject.kind), target)
        })
    })
}

fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::InScope => "in scope",
        Verdict::OutOfScope(_) => "out of scope",
        Verdict::Hold(_) => "held",
    }
}

fn reason_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::InScope => "in scope".to_owned(),
        Verdict::OutOfScope(reason) | Verdict::Hold(reason) => reason.code.clone(),
    }
}

fn keys_word(keys: &Option<Result<Vec<MatchKey>, Reason>>) -> String {
    match keys {
        Some(Ok(keys)) => {
            let keys: Vec<_> = keys
                .iter()
                .map(|key| format!("{} {}", key.attribute, key.value))
                .collect();
            format!("[{}]", keys.join(", "))
        }
        Some(Err(reason)) => format!("held ({})", reason.code),
        None => "(none)".to_owned(),
    }
}

fn outcome_word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Write(decision) => format!("written as {}", decision.shape.as_str()),
        Outcome::Skip(_) => "skipped".to_owned(),
        Outcome::Hold(_) => "held".to_owned(),
    }
}

fn outcome_reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Write(decision) => decision.shape.as_str().to_owned(),
        Outcome::Skip(reason) | Outcome::Hold(reason) => reason.code.clone(),
    }
}

/// Returns what becomes of an attribute, in words.
fn kind_of_change(before: &Change, after: &Change) -> &'static str {
    match (before, after) {
        (Change::Set(_), Change::Set(_)) => "another value",
        (_, Change::Refuse(_)) => "now refused",
        (Change::Refuse(_), _) => "no longer refused",
        (_, Change::Clear) => "now cleared",
        (_, Change::Keep) => "now kept",
        (_, Change::Set(_)) => "now set",
        (_, Change::FirstFree(_)) => "other candidates",
    }
}
