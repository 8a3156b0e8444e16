//! What a rule costs, beside the default rule in the same run: a figure alone says more about the
//! machine than about the rule.

use std::time::{Duration, Instant};

use syncline_directory::ObjectKind;
use syncline_rules::{Generation, MappingRow, RulesEngine, Usage};

use crate::{
    candidate::{Candidate, CandidateError, Configuration},
    generated,
    samples::usual_context,
};

/// What one stage costs an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageCost {
    /// `scope`, `keys` or `map`.
    pub stage: &'static str,
    /// Nanoseconds an object; the best of the rounds, which is the one that was disturbed least.
    pub nanoseconds: f64,
    /// Fuel an object.
    pub fuel: f64,
}

/// What a rule costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The name that it goes by.
    pub name: String,
    /// The stages that it has.
    pub stages: Vec<StageCost>,
    /// The most memory that an instance had, in bytes.
    pub memory_max: u64,
    /// The most fuel that a call took.
    pub fuel_max: u64,
}

/// Two rules, measured in turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The kind of objects.
    pub kind: ObjectKind,
    /// How many objects each was asked about in a round.
    pub rows: usize,
    /// The rule.
    pub rule: Cost,
    /// The default rule.
    pub baseline: Cost,
}

/// How often each stage is measured.
const ROUNDS: usize = 5;
/// The same objects every time.
const SEED: u64 = 1;

/// Measures a rule and the default rule in turns, on as many objects as in most tenants.
///
/// # Errors
///
/// Where one of them does not take its default settings.
pub fn compare(
    engine: &RulesEngine,
    rule: &Candidate,
    baseline: &Candidate,
    rows: usize,
) -> Result<Comparison, CandidateError> {
    let configuration = Configuration::default();
    let ours = rule.configured(engine, &configuration)?;
    let theirs = baseline.configured(engine, &configuration)?;
    let kinds = ours.kinds();
    let kind = match kinds.first() {
        Some(first) if !kinds.contains(&ObjectKind::User) => *first,
        _ => ObjectKind::User,
    };
    let mut ours = Measuring::new(&ours, kind, rows);
    // The default rule has people only.
    let mut theirs = Measuring::new(&theirs, ObjectKind::User, rows);
    for _ in 0..ROUNDS {
        ours.round();
        theirs.round();
    }
    Ok(Comparison {
        kind,
        rows,
        rule: ours.cost(rule.plugin.as_str()),
        baseline: theirs.cost(baseline.plugin.as_str()),
    })
}

struct Measuring<'a> {
    generation: &'a Generation,
    kind: ObjectKind,
    rows: Vec<MappingRow>,
    /// The best time of each stage, and the fuel that it took.
    best: [Option<(Duration, u64)>; 3],
}

impl<'a> Measuring<'a> {
    fn new(generation: &'a Generation, kind: ObjectKind, rows: usize) -> Self {
        Self {
            generation,
            kind,
            rows: generated::usual_rows(generation, kind, SEED, rows.max(1)),
            best: [None; 3],
        }
    }

    fn usage(&self) -> Usage {
        let layers = self.generation.layers();
        layers
            .first()
            .map(|layer| layer.usage())
            .unwrap_or_default()
    }

    fn round(&mut self) {
        let context = usual_context(self.kind);
        let sources: Vec<_> = self.rows.iter().map(|row| row.source.clone()).collect();
        for (stage, best) in (0..3).zip(self.best) {
            let fuel = self.usage().fuel;
            let began = Instant::now();
            match stage {
                0 => drop(self.generation.scope(&context, &sources)),
                1 => drop(self.generation.keys(&context, &sources)),
                _ => drop(self.generation.map(&context, &self.rows)),
            }
            let took = began.elapsed();
            let fuel = self.usage().fuel - fuel;
            if fuel > 0 && best.is_none_or(|(best, _)| took < best) {
                self.best[stage] = Some((took, fuel));
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "figures for people have three digits"
    )]
    fn cost(&self, name: &str) -> Cost {
        let rows = self.rows.len() as f64;
        let stages = ["scope", "keys", "map"].into_iter().zip(self.best);
        let usage = self.usage();
        Cost {
            name: name.to_owned(),
            stages: stages
                .filter_map(|(stage, best)| {
                    let (took, fuel) = best?;
                    Some(StageCost {
                        stage,
                        nanoseconds: took.as_nanos() as f64 / rows,
                        fuel: fuel as f64 / rows,
                    })
                })
                .collect(),
            memory_max: usage.memory_max,
            fuel_max: usage.fuel_max,
        }
    }
}
