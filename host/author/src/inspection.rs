//! What a component is, by its own word and by what the host sees.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use syncline_directory::{Apply, AttributeName};
use syncline_rules::{Declaration, Input, RulesEngine};

use crate::{
    candidate::{Candidate, CandidateError, Configuration},
    permissions::{self, Permissions},
};

/// A component, looked at.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The name that it gives itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it says it does.
    pub summary: String,
    /// The SHA-256 of its bytes.
    pub digest: String,
    /// The digest of its sources, as it says.
    pub source: Option<String>,
    /// The world and version of the contract that it is built for.
    pub world: String,
    /// Its size in bytes.
    pub size: usize,
    /// How many samples it brings.
    pub samples: usize,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// The attributes of source objects that it reads, by kind.
    pub reads: BTreeMap<&'static str, Vec<AttributeName>>,
    /// The attributes of target objects that it reads, by kind.
    pub target_reads: BTreeMap<&'static str, Vec<AttributeName>>,
    /// What it writes, by kind.
    pub writes: BTreeMap<&'static str, Vec<Write>>,
    /// What its verdicts depend on, by kind; none where it does not scope.
    pub scoping: BTreeMap<&'static str, Vec<String>>,
    /// By what it matches, by kind; none where it does not match.
    pub matching: BTreeMap<&'static str, Matching>,
    /// The kinds of which it says what a new object becomes.
    pub gives_shape: Vec<&'static str>,
    /// The client's tables that it looks into.
    pub tables: BTreeSet<String>,
    /// Whether an answer depends on the run's time.
    pub depends_on_time: bool,
    /// Which permissions follow.
    pub permissions: Permissions,
}

/// An attribute that is written.
#[derive(Clone, Debug, Serialize)]
pub struct Write {
    /// The attribute.
    pub attribute: AttributeName,
    /// When.
    pub apply: Apply,
    /// From what, as in `department`, `target mail`, `table regions`, `time`.
    pub inputs: Vec<String>,
}

/// How objects are matched.
#[derive(Clone, Debug, Serialize)]
pub struct Matching {
    /// The target attributes that keys name.
    pub attributes: Vec<AttributeName>,
    /// What keys depend on.
    pub inputs: Vec<String>,
}

/// Looks at a component with its default settings.
///
/// # Errors
///
/// Where it does not take its default settings or describes itself wrongly.
pub fn inspect(engine: &RulesEngine, candidate: &Candidate) -> Result<Inspection, CandidateError> {
    let generation = candidate.configured(engine, &Configuration::default())?;
    let component = &candidate.component;
    let declarations: Vec<Declaration> = generation
        .layers()
        .iter()
        .flat_map(|layer| layer.declarations.clone())
        .collect();
    let layer = &generation.layers()[0];
    let by_kind = |of: fn(&Declaration) -> Vec<AttributeName>| {
        declarations
            .iter()
            .map(|declaration| (declaration.kind.as_str(), of(declaration)))
            .collect()
    };
    let stages = || declarations.iter().map(|one| (one.kind.as_str(), one));
    Ok(Inspection {
        name: layer.name.clone(),
        version: layer.version.clone(),
        summary: layer.summary.clone(),
        digest: component.digest().to_string(),
        source: component.source_digest().map(str::to_owned),
        world: world(component.exported()),
        size: component.size(),
        samples: component.samples().len(),
        imports: component.imports().to_vec(),
        exports: component.exported().to_vec(),
        reads: by_kind(|declaration| declaration.reads.clone()),
        target_reads: by_kind(|declaration| declaration.target_reads.clone()),
        writes: stages()
            .filter_map(|(kind, one)| Some((kind, writes(one.mapping.as_ref()?))))
            .collect(),
        scoping: stages()
            .filter_map(|(kind, one)| Some((kind, words(one.scoping.as_ref()?))))
            .collect(),
        matching: stages()
            .filter_map(|(kind, one)| {
                let stage = one.matching.as_ref()?;
                let matching = Matching {
                    attributes: stage.attributes.clone(),
                    inputs: words(&stage.inputs),
                };
                Some((kind, matching))
            })
            .collect(),
        gives_shape: stages()
            .filter(|(_, one)| one.mapping.as_ref().is_some_and(|stage| stage.gives_shape))
            .map(|(kind, _)| kind)
            .collect(),
        tables: layer.tables.clone(),
        depends_on_time: declarations.iter().any(Declaration::depends_on_time),
        permissions: permissions::of(&declarations),
    })
}

fn writes(stage: &syncline_rules::MappingDeclaration) -> Vec<Write> {
    let outputs = stage.outputs.iter().map(|output| Write {
        attribute: output.attribute.clone(),
        apply: output.apply,
        inputs: words(&output.inputs),
    });
    outputs.collect()
}

fn words(inputs: &BTreeSet<Input>) -> Vec<String> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Source(name) => name.to_string(),
            Input::Target(name) => format!("target {name}"),
            Input::Table(name) => format!("table {name}"),
            Input::Time => "time".to_owned(),
        })
        .collect()
}

/// Returns the world of rules in the version that a component's exports name.
fn world(exports: &[String]) -> String {
    let found = exports.iter().find_map(|export| {
        let (interface, version) = export.split_once('@')?;
        let (package, _) = interface.split_once('/')?;
        Some(format!("{package}/rule@{version}"))
    });
    found.unwrap_or_default()
}
