//! An answer depends on what is declared for it and on nothing else: what makes it safe to ask again
//! only about rows whose declared inputs changed (law L8).

use std::collections::BTreeSet;

use syncline_directory::{AttributeName, Outcome, Value};

use super::{Answer, Broken, Finding, Law, Trial, change_words};
use crate::{
    context::{Context, MappingRow},
    declaration::{Declaration, Input},
};

/// What the layers declare together for the kind under trial.
struct Declared {
    scoping: BTreeSet<Input>,
    matching: BTreeSet<Input>,
    /// What the outcome and the shape depend on: all inputs of the mapping.
    outcome: BTreeSet<Input>,
    declarations: Vec<Declaration>,
}

/// One row with one input changed.
struct Varied {
    place: usize,
    input: Input,
    row: MappingRow,
}

impl Trial<'_> {
    /// Changes one input at a time and tells whether anything changed that does not declare it. Takes
    /// in what earlier findings know of this law.
    pub(super) fn declared(&mut self, findings: &mut Vec<Finding>) -> Finding {
        let known = findings
            .iter()
            .position(|finding| finding.law == Law::Declared)
            .map(|place| findings.remove(place));
        let mut finding = known.unwrap_or(Finding {
            law: Law::Declared,
            tried: 0,
            broken: None,
        });
        let declared = self.declarations();
        let varied = self.varied();
        let rows: Vec<MappingRow> = varied.iter().map(|varied| varied.row.clone()).collect();
        finding.tried += rows.len() as u64;
        for (varied, answer) in varied.iter().zip(self.ask(&rows)) {
            let first = &self.answers[varied.place];
            if let Some(what) = undeclared(&declared, &varied.input, first, &answer) {
                finding.broken.get_or_insert_with(|| Broken {
                    asked: varied.row.clone(),
                    ..self.broken(varied.place, what)
                });
            }
        }
        if finding.broken.is_none() {
            self.later(&declared, &mut finding);
        }
        finding
    }

    fn declarations(&self) -> Declared {
        let layers = self.generation.layers().iter();
        let declarations: Vec<Declaration> = layers
            .flat_map(|layer| &layer.declarations)
            .filter(|declaration| declaration.kind == self.context.kind)
            .cloned()
            .collect();
        let mut declared = Declared {
            scoping: BTreeSet::new(),
            matching: BTreeSet::new(),
            outcome: BTreeSet::new(),
            declarations: Vec::new(),
        };
        for declaration in &declarations {
            declared
                .scoping
                .extend(declaration.scoping.iter().flatten().cloned());
            let matching = declaration.matching.iter();
            declared
                .matching
                .extend(matching.flat_map(|stage| stage.inputs.iter().cloned()));
            if let Some(stage) = &declaration.mapping {
                declared.outcome.extend(stage.inputs.iter().cloned());
                let outputs = stage.outputs.iter();
                declared
                    .outcome
                    .extend(outputs.flat_map(|output| output.inputs.iter().cloned()));
            }
        }
        declared.declarations = declarations;
        declared
    }

    /// Returns rows with one value taken from another row.
    fn varied(&self) -> Vec<Varied> {
        let sources = self.generation.source_columns(self.context.kind);
        let targets = self.generation.target_columns(self.context.kind);
        let step = self
            .rows
            .len()
            .div_ceil(self.thoroughness.varied_max.max(1))
            .max(1);
        let mut varied = Vec::new();
        for place in (0..self.rows.len()).step_by(step) {
            let (_, row) = &self.rows[place];
            for (column, name) in sources.iter().enumerate() {
                let other = self.other(place, |other| other.source.get(column));
                if let Some(value) = other {
                    let mut row = row.clone();
                    row.source[column] = value;
                    let input = Input::Source(name.clone());
                    varied.push(Varied { place, input, row });
                }
            }
            let joined = targets.iter().enumerate().filter(|_| row.target.is_some());
            for (column, name) in joined {
                let other = self.other(place, |other| other.target.as_ref()?.get(column));
                if let (Some(value), Some(mut target)) = (other, row.target.clone()) {
                    target[column] = value;
                    let row = MappingRow {
                        source: row.source.clone(),
                        target: Some(target),
                    };
                    let input = Input::Target(name.clone());
                    varied.push(Varied { place, input, row });
                }
            }
        }
        varied
    }

    /// Returns the next row's value that is another than this row's.
    fn other<'t>(
        &'t self,
        place: usize,
        value: impl Fn(&'t MappingRow) -> Option<&'t Value>,
    ) -> Option<Value> {
        let own = value(&self.rows[place].1)?;
        let count = self.rows.len();
        (1..count)
            .filter_map(|ahead| value(&self.rows[(place + ahead) % count].1))
            .find(|other| *other != own)
            .cloned()
    }

    /// Asks at another time, and tells whether anything changed that does not declare it.
    fn later(&self, declared: &Declared, finding: &mut Finding) {
        if !self.generation.depends_on_time(self.context.kind) {
            // Then no layer is told the time.
            return;
        }
        let context = Context {
            now: "2031-02-03T04:05:06Z".to_owned(),
            ..self.context.clone()
        };
        let answers = self.generation.answers(&context, &self.asked());
        finding.tried += answers.len() as u64;
        for (place, (first, answer)) in self.answers.iter().zip(&answers).enumerate() {
            if let Some(what) = undeclared(declared, &Input::Time, first, answer) {
                finding
                    .broken
                    .get_or_insert_with(|| self.broken(place, what));
            }
        }
    }
}

/// Says what changed with an input that it does not declare. An answer that is missing is another
/// law's.
fn undeclared(
    declared: &Declared,
    input: &Input,
    first: &Answer,
    answer: &Answer,
) -> Option<String> {
    let name = match input {
        Input::Source(name) => format!("the source's `{name}`"),
        Input::Target(name) => format!("the target's `{name}`"),
        Input::Table(name) => format!("the table `{name}`"),
        Input::Time => "the time".to_owned(),
    };
    let changed = |what: String| {
        Some(format!(
            "{what} changed with {name}, which is not declared for it"
        ))
    };
    if let (Ok(one), Ok(two)) = (&first.verdict, &answer.verdict)
        && one != two
        && !declared.scoping.contains(input)
    {
        return changed("the verdict".to_owned());
    }
    if let (Ok(one), Ok(two)) = (&first.keys, &answer.keys)
        && one != two
        && !declared.matching.contains(input)
    {
        return changed("the match keys".to_owned());
    }
    let (Some(Ok(one)), Some(Ok(two))) = (&first.outcome, &answer.outcome) else {
        return None;
    };
    match (one, two) {
        (Outcome::Write(one), Outcome::Write(two)) => {
            for (one, two) in one.outputs.iter().zip(&two.outputs) {
                if one.change != two.change
                    && !declared.for_output(&one.attribute).any(|own| own == input)
                {
                    let (attribute, one, two) = (
                        &one.attribute,
                        change_words(&one.change),
                        change_words(&two.change),
                    );
                    return changed(format!("`{attribute}` ({one}, then {two})"));
                }
            }
            if one.shape != two.shape && !declared.outcome.contains(input) {
                return changed("the shape".to_owned());
            }
            None
        }
        (one, two) if one != two && !declared.outcome.contains(input) => {
            changed("the outcome".to_owned())
        }
        _ => None,
    }
}

impl Declared {
    /// Returns the inputs of an output, of all layers that write it.
    fn for_output<'d>(&'d self, attribute: &'d AttributeName) -> impl Iterator<Item = &'d Input> {
        let stages = self
            .declarations
            .iter()
            .filter_map(|one| one.mapping.as_ref());
        stages
            .flat_map(|stage| &stage.outputs)
            .filter(move |output| output.attribute == *attribute)
            .flat_map(|output| &output.inputs)
    }
}
