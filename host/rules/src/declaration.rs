//! What a component declares, by name: for people, for permissions, and for the law that nothing
//! depends on what is not declared.

use std::collections::BTreeSet;

use syncline_directory::{Apply, AttributeName, ObjectKind};

use crate::{contract::lifted, untrusted};

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// An attribute of the source object.
    Source(AttributeName),
    /// An attribute of the target object.
    Target(AttributeName),
    /// A table of the client's.
    Table(String),
    /// The run's time.
    Time,
}

/// What a component declares for one kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The kind.
    pub kind: ObjectKind,
    /// The attributes of the source object that it is given, in its order.
    pub reads: Vec<AttributeName>,
    /// The attributes of the target object that it is given, in its order.
    pub target_reads: Vec<AttributeName>,
    /// What its verdicts depend on, if it scopes.
    pub scoping: Option<BTreeSet<Input>>,
    /// Its match keys, if it matches.
    pub matching: Option<MatchingDeclaration>,
    /// Its mapping, if it maps.
    pub mapping: Option<MappingDeclaration>,
}

/// What a matching stage declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchingDeclaration {
    /// The target attributes that its keys may name.
    pub attributes: Vec<AttributeName>,
    /// What its keys depend on.
    pub inputs: BTreeSet<Input>,
}

/// What a mapping stage declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingDeclaration {
    /// What the outcome itself and the shape depend on, beyond the inputs of the outputs.
    pub inputs: BTreeSet<Input>,
    /// What it writes, in its order.
    pub outputs: Vec<OutputDeclaration>,
    /// Whether it says what a new object becomes.
    pub gives_shape: bool,
}

/// One attribute that a mapping stage writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDeclaration {
    /// The attribute.
    pub attribute: AttributeName,
    /// When a wish for it is honoured.
    pub apply: Apply,
    /// What it depends on.
    pub inputs: BTreeSet<Input>,
}

impl Declaration {
    /// Returns a ruleset's declaration by name. Its positions have been checked; one that leads
    /// nowhere would be left out.
    pub(crate) fn of(ruleset: &lifted::Ruleset) -> Self {
        let names = |names: &[String]| names.iter().map(AttributeName::new).collect::<Vec<_>>();
        let inputs = |inputs: &[lifted::Input]| {
            inputs
                .iter()
                .filter_map(|input| by_name(ruleset, input))
                .collect::<BTreeSet<_>>()
        };
        Self {
            kind: ruleset.kind.into(),
            reads: names(&ruleset.reads),
            target_reads: names(&ruleset.target_reads),
            scoping: ruleset.scoping.as_ref().map(|stage| inputs(&stage.inputs)),
            matching: ruleset.matching.as_ref().map(|stage| MatchingDeclaration {
                attributes: names(&stage.attributes),
                inputs: inputs(&stage.inputs),
            }),
            mapping: ruleset.mapping.as_ref().map(|stage| MappingDeclaration {
                inputs: inputs(&stage.inputs),
                outputs: stage
                    .outputs
                    .iter()
                    .map(|output| OutputDeclaration {
                        attribute: AttributeName::new(&output.attribute),
                        apply: output.apply.into(),
                        inputs: inputs(&output.inputs),
                    })
                    .collect(),
                gives_shape: stage.gives_shape,
            }),
        }
    }

    /// Whether any answer depends on the run's time.
    pub fn depends_on_time(&self) -> bool {
        self.inputs().any(|input| *input == Input::Time)
    }

    /// Returns the tables that any answer depends on.
    pub fn tables(&self) -> BTreeSet<&str> {
        self.inputs()
            .filter_map(|input| match input {
                Input::Table(table) => Some(table.as_str()),
                _ => None,
            })
            .collect()
    }

    fn inputs(&self) -> impl Iterator<Item = &Input> {
        let matching = self.matching.iter().flat_map(|stage| &stage.inputs);
        let mapping = self.mapping.iter().flat_map(|stage| {
            let outputs = stage.outputs.iter().flat_map(|output| &output.inputs);
            stage.inputs.iter().chain(outputs)
        });
        self.scoping.iter().flatten().chain(matching).chain(mapping)
    }
}

fn by_name(ruleset: &lifted::Ruleset, input: &lifted::Input) -> Option<Input> {
    let name = |names: &[String], position: u32| {
        let name = names.get(usize::try_from(position).ok()?)?;
        Some(AttributeName::new(name))
    };
    Some(match input {
        lifted::Input::Source(position) => Input::Source(name(&ruleset.reads, *position)?),
        lifted::Input::Target(position) => Input::Target(name(&ruleset.target_reads, *position)?),
        lifted::Input::Table(table) => Input::Table(untrusted::printable(table)),
        lifted::Input::Time => Input::Time,
    })
}
