//! The laws that rules must keep, tried on rows: each has an answer for every row, and one that depends
//! on nothing but the row, the tables and what is declared.
//!
//! Admission tries them before a generation becomes active, on samples and on mirrored objects; an
//! author tries them on objects made up to be awkward. What is tried differs, what is demanded does not.

mod idempotent;
mod undeclared;

use std::fmt;

use syncline_directory::{ObjectKind, Outcome, Reason, Value, Verdict};

use super::{
    Generation,
    evaluate::{self, Keys},
    mapping,
};
use crate::{
    codes,
    context::{Context, MappingRow},
    untrusted,
};

/// What rules must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// Every stage answers for every row, by the contract.
    Total,
    /// No row alone takes more than a call may.
    Limits,
    /// Asked twice the same, the answer is the same.
    Deterministic,
    /// Alone or among others, the answer is the same.
    Batch,
    /// In whatever order, the answer is the same.
    Order,
    /// Whatever was asked before in the same call, the answer is the same.
    History,
    /// With the target as wanted, nothing more is wanted.
    Idempotent,
    /// An answer changes only with what is declared for it, and only declared tables are looked into.
    Declared,
}

impl Law {
    /// Every law, in the order in which they are tried.
    pub const ALL: [Self; 8] = [
        Self::Total,
        Self::Limits,
        Self::Deterministic,
        Self::Batch,
        Self::Order,
        Self::History,
        Self::Idempotent,
        Self::Declared,
    ];

    /// Returns the law's name, one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Limits => "limits",
            Self::Deterministic => "deterministic",
            Self::Batch => "batch",
            Self::Order => "order",
            Self::History => "history",
            Self::Idempotent => "idempotent",
            Self::Declared => "declared",
        }
    }

    /// Returns what the law demands, in words.
    pub fn demand(self) -> &'static str {
        match self {
            Self::Total => "every object gets an answer",
            Self::Limits => "no object takes more than a call may",
            Self::Deterministic => "asked again, the answer is the same",
            Self::Batch => "alone or with others, the answer is the same",
            Self::Order => "in any order, the answer is the same",
            Self::History => "asked twice in one call, the answer is the same",
            Self::Idempotent => "with the target as wanted, no more is wanted",
            Self::Declared => "an answer depends on nothing undeclared",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How a law fared on some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The law.
    pub law: Law,
    /// How many rows it was tried on; a row that is varied counts each time.
    pub tried: u64,
    /// The first row on which it does not hold.
    pub broken: Option<Broken>,
}

/// A row on which a law does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The row's index.
    pub row: usize,
    /// The row, which may be a variation of the one at that index.
    pub asked: MappingRow,
    /// What happened, in words.
    pub what: String,
    /// The reason that the row would be held with, where it got no answer.
    pub reason: Option<Reason>,
}

/// How much is asked to find out; every call costs an instance.
#[derive(Clone, Copy, Debug)]
pub struct Thoroughness {
    /// How many rows are also asked about one by one.
    pub alone_max: usize,
    /// How many rows are varied in every column that they have.
    pub varied_max: usize,
}

impl Thoroughness {
    /// What admission takes before each activation, on hundreds of rows: tens of calls.
    pub const ADMISSION: Self = Self {
        alone_max: 16,
        varied_max: 16,
    };
    /// What an author may wait for.
    pub const AUTHOR: Self = Self {
        alone_max: 64,
        varied_max: 128,
    };
}

/// All that a generation says of one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) verdict: Result<Verdict, Reason>,
    pub(super) keys: Result<Keys, Reason>,
    pub(super) outcome: Option<Result<Outcome, Reason>>,
}

impl Answer {
    fn failure(&self) -> Option<&Reason> {
        let outcome = self
            .outcome
            .as_ref()
            .and_then(|outcome| outcome.as_ref().err());
        self.verdict
            .as_ref()
            .err()
            .or(self.keys.as_ref().err())
            .or(outcome)
    }

    /// Says in what two answers differ.
    fn difference(&self, other: &Self) -> String {
        if self.verdict != other.verdict {
            let word = |verdict: &Result<Verdict, Reason>| match verdict {
                Ok(verdict) => verdict_words(verdict),
                Err(reason) => failed_words(reason),
            };
            return format!(
                "the verdict is {}, then {}",
                word(&self.verdict),
                word(&other.verdict)
            );
        }
        if self.keys != other.keys {
            let word = |keys: &Result<Keys, Reason>| match keys {
                Ok(Ok(keys)) => {
                    let keys: Vec<_> = keys
                        .iter()
                        .map(|key| format!("{} `{}`", key.attribute, key.value))
                        .collect();
                    format!("[{}]", keys.join(", "))
                }
                Ok(Err(reason)) | Err(reason) => failed_words(reason),
            };
            return format!(
                "the keys are {}, then {}",
                word(&self.keys),
                word(&other.keys)
            );
        }
        match (&self.outcome, &other.outcome) {
            (Some(Ok(one)), Some(Ok(two))) => outcome_difference(one, two),
            (one, two) => {
                let word = |outcome: &Option<Result<Outcome, Reason>>| match outcome {
                    Some(Err(reason)) => failed_words(reason),
                    _ => "decided".to_owned(),
                };
                format!("the outcome is {}, then {}", word(one), word(two))
            }
        }
    }
}

fn failed_words(reason: &Reason) -> String {
    format!("held ({}: {})", reason.code, reason.text)
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::InScope => "in scope".to_owned(),
        Verdict::OutOfScope(reason) => format!("out of scope ({})", reason.code),
        Verdict::Hold(reason) => format!("hold ({})", reason.code),
    }
}

fn outcome_difference(one: &Outcome, two: &Outcome) -> String {
    if let (Outcome::Write(one), Outcome::Write(two)) = (one, two) {
        for (one, two) in one.outputs.iter().zip(&two.outputs) {
            if one.change != two.change {
                let attribute = &one.attribute;
                return format!(
                    "`{attribute}` is {}, then {}",
                    change_words(&one.change),
                    change_words(&two.change)
                );
            }
        }
        return format!(
            "the shape is {}, then {}",
            one.shape.as_str(),
            two.shape.as_str()
        );
    }
    let word = |outcome: &Outcome| match outcome {
        Outcome::Write(_) => "to write".to_owned(),
        Outcome::Skip(reason) => format!("to skip ({})", reason.code),
        Outcome::Hold(reason) => format!("to hold ({})", reason.code),
    };
    format!("the outcome is {}, then {}", word(one), word(two))
}

fn change_words(change: &syncline_directory::Change) -> String {
    use syncline_directory::Change;

    match change {
        Change::Keep => "kept".to_owned(),
        Change::Clear => "cleared".to_owned(),
        Change::Set(value) => format!("set to `{value}`"),
        Change::FirstFree(values) => {
            let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("the first free of {}", values.join(", "))
        }
        Change::Refuse(reason) => format!("refused ({})", reason.code),
    }
}

impl Generation {
    /// Tries every law on these rows and says how each fared. The context's kind is not looked at.
    ///
    /// A row that breaks a law is left out of those that are tried after it, so that one fault is not
    /// told several times.
    pub fn laws(
        &self,
        context: &Context,
        kind: ObjectKind,
        rows: &[MappingRow],
        thoroughness: Thoroughness,
    ) -> Vec<Finding> {
        let context = Context {
            kind,
            ..context.clone()
        };
        let mut trial = Trial {
            generation: self,
            context: &context,
            thoroughness,
            rows: rows.iter().cloned().enumerate().collect(),
            answers: self.answers(&context, rows),
        };
        let mut findings = trial.answered();
        for law in [Law::Deterministic, Law::Batch, Law::Order, Law::History] {
            findings.push(trial.same(law));
        }
        findings.push(trial.idempotent());
        let declared = trial.declared(&mut findings);
        findings.push(declared);
        findings
    }

    /// Returns all that the rules say of these rows.
    pub(super) fn answers(&self, context: &Context, rows: &[MappingRow]) -> Vec<Answer> {
        let sources: Vec<Vec<Value>> = rows.iter().map(|row| row.source.clone()).collect();
        let verdicts = evaluate::scope(&self.0, context, &sources);
        let keys = evaluate::keys(&self.0, context, &sources);
        // A kind that is only scoped or matched has no mapping to try.
        let outcomes: Vec<Option<Result<Outcome, Reason>>> = if self.maps(context.kind) {
            mapping::map(&self.0, context, rows, &[])
                .into_iter()
                .map(Some)
                .collect()
        } else {
            rows.iter().map(|_| None).collect()
        };
        verdicts
            .into_iter()
            .zip(keys)
            .zip(outcomes)
            .map(|((verdict, keys), outcome)| Answer {
                verdict,
                keys,
                outcome,
            })
            .collect()
    }
}

/// Rows under trial, each with its index and what was said of it first.
struct Trial<'a> {
    generation: &'a Generation,
    context: &'a Context,
    thoroughness: Thoroughness,
    rows: Vec<(usize, MappingRow)>,
    answers: Vec<Answer>,
}

impl Trial<'_> {
    fn ask(&self, rows: &[MappingRow]) -> Vec<Answer> {
        self.generation.answers(self.context, rows)
    }

    fn asked(&self) -> Vec<MappingRow> {
        self.rows.iter().map(|(_, row)| row.clone()).collect()
    }

    /// Leaves a row out of what is tried next.
    fn leave_out(&mut self, place: usize) {
        self.rows.remove(place);
        self.answers.remove(place);
    }

    fn broken(&self, place: usize, what: String) -> Broken {
        let (row, asked) = &self.rows[place];
        Broken {
            row: *row,
            asked: asked.clone(),
            // Values and reasons are the rule's words.
            what: untrusted::printable(&what),
            reason: None,
        }
    }

    /// Tries whether there is an answer at all, and tells rows without one by why.
    fn answered(&mut self) -> Vec<Finding> {
        let all = self.rows.len();
        let mut findings = [Law::Total, Law::Limits].map(|law| Finding {
            law,
            tried: all as u64,
            broken: None,
        });
        let mut declared = None;
        let mut place = 0;
        while place < self.rows.len() {
            let Some(reason) = self.answers[place].failure().cloned() else {
                place += 1;
                continue;
            };
            if reason.code == codes::NOT_TRIED {
                // Others had used up what a batch may cost: nothing is known of this one.
                for finding in &mut findings {
                    finding.tried -= 1;
                }
                self.leave_out(place);
                continue;
            }
            let broken = Broken {
                reason: Some(reason.clone()),
                ..self.broken(place, reason.text)
            };
            match law_of(&reason.code) {
                Law::Limits => findings[1].broken.get_or_insert(broken),
                Law::Declared => declared.get_or_insert(broken),
                _ => findings[0].broken.get_or_insert(broken),
            };
            self.leave_out(place);
        }
        if self.rows.len() != all {
            // A batch with a row that fails is split; the answers to compare with are whole batches'.
            self.answers = self.ask(&self.asked());
        }
        let mut findings = Vec::from(findings);
        if declared.is_some() {
            findings.push(Finding {
                law: Law::Declared,
                tried: all as u64,
                broken: declared,
            });
        }
        findings
    }

    /// Tries whether the answers are the same when they are asked for in another way.
    fn same(&mut self, law: Law) -> Finding {
        let rows = self.asked();
        let count = rows.len();
        // Which rows are asked about in one go, by their places.
        let goes: Vec<Vec<usize>> = match law {
            Law::Batch => {
                let step = count.div_ceil(self.thoroughness.alone_max.max(1)).max(1);
                let alone = (0..count).step_by(step).map(|place| vec![place]);
                let places: Vec<usize> = (0..count).collect();
                // No round number, so that no row has the neighbours that it had.
                alone
                    .chain(places.chunks(37).map(<[usize]>::to_vec))
                    .collect()
            }
            Law::Order => {
                let halves = (0..count).step_by(2).chain((1..count).step_by(2));
                vec![(0..count).rev().collect(), halves.collect()]
            }
            Law::History => {
                let places: Vec<usize> = (0..count).collect();
                // Both in one call, which holds 512 rows.
                places.chunks(256).map(|chunk| chunk.repeat(2)).collect()
            }
            _ => vec![(0..count).collect()],
        };
        let mut finding = Finding {
            law,
            tried: goes.iter().map(|go| go.len() as u64).sum(),
            broken: None,
        };
        let mut fails = Vec::new();
        for go in goes {
            let asked: Vec<MappingRow> = go.iter().map(|&place| rows[place].clone()).collect();
            for (place, answer) in go.into_iter().zip(self.ask(&asked)) {
                let first = &self.answers[place];
                if *first != answer {
                    let what = first.difference(&answer);
                    finding
                        .broken
                        .get_or_insert_with(|| self.broken(place, what));
                    fails.push(place);
                }
            }
        }
        fails.sort_unstable();
        fails.dedup();
        for place in fails.into_iter().rev() {
            self.leave_out(place);
        }
        finding
    }
}

/// Returns which law it breaks that a row is held with this code.
pub(super) fn law_of(code: &str) -> Law {
    match code {
        codes::TOO_EXPENSIVE
        | codes::TOO_SLOW
        | codes::TOO_MUCH_MEMORY
        | codes::ANSWER_TOO_LARGE => Law::Limits,
        codes::UNDECLARED_TABLE => Law::Declared,
        _ => Law::Total,
    }
}
