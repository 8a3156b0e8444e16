//! What a component says it is, checked against what Graph knows and against itself.

use std::collections::BTreeSet;

use syncline_directory::{
    Apply, AttributeName, ObjectKind,
    schema::{self, Access, Attribute, AttributeType},
};

use crate::{contract::lifted, declaration::Declaration, untrusted};

/// A checked description.
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) rulesets: Vec<Ruleset>,
    pub(crate) declarations: Vec<Declaration>,
    /// The tables that any stage declares.
    pub(crate) tables: BTreeSet<String>,
}

/// The rules for one kind of object.
pub(crate) struct Ruleset {
    pub(crate) kind: ObjectKind,
    pub(crate) reads: Vec<AttributeName>,
    pub(crate) target_reads: Vec<AttributeName>,
    /// What the scoping stage sees of each of `reads`.
    pub(crate) scoping: Option<Vec<Sight>>,
    pub(crate) matching: Option<Matching>,
    pub(crate) mapping: Option<Mapping>,
    pub(crate) depends_on_time: bool,
}

/// What a stage is shown of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Its values.
    Seen,
    /// Whether it has a value, which the stage may hand on.
    Unseen,
    /// Whether it has a value: the stage does not declare the column among its inputs.
    Undeclared,
}

/// How keys are given.
pub(crate) struct Matching {
    pub(crate) attributes: Vec<AttributeName>,
    /// What the stage sees of each of `reads`.
    pub(crate) source: Vec<Sight>,
}

/// What a mapping stage writes.
pub(crate) struct Mapping {
    pub(crate) outputs: Vec<MappingOutput>,
    pub(crate) gives_shape: bool,
    /// What the stage sees of each of `reads`.
    pub(crate) source: Vec<Sight>,
    /// What the stage sees of each of `target_reads`.
    pub(crate) target: Vec<Sight>,
}

/// One attribute that a mapping stage writes.
pub(crate) struct MappingOutput {
    pub(crate) attribute: AttributeName,
    pub(crate) kind: AttributeType,
    pub(crate) apply: Apply,
    /// The source columns that it depends on, by position in `reads`.
    pub(crate) sources: Vec<u32>,
}

/// What is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// There are two rulesets for a kind.
    #[error("it has two rulesets for {0}s")]
    TwoRulesets(ObjectKind),
    /// An attribute is unknown; the name is printable.
    #[error("it {used} `{attribute}`, which is not an attribute of a {kind}")]
    UnknownAttribute {
        /// How the attribute is used.
        used: &'static str,
        /// The name.
        attribute: String,
        /// The kind of object.
        kind: ObjectKind,
    },
    /// An attribute that cannot be written is to be written.
    #[error("it writes `{attribute}` of {kind}s, which cannot be written through Graph")]
    ReadOnly {
        /// The name.
        attribute: String,
        /// The kind of object.
        kind: ObjectKind,
    },
    /// An attribute is named twice in one list.
    #[error("it {used} `{attribute}` of {kind}s twice")]
    Duplicate {
        /// How the attribute is used.
        used: &'static str,
        /// The name.
        attribute: String,
        /// The kind of object.
        kind: ObjectKind,
    },
    /// An input names a position that is not there.
    #[error(
        "its {stage} for {kind}s declares input {position} of its {columns}, there are {count}"
    )]
    Position {
        /// The stage.
        stage: &'static str,
        /// The kind of object.
        kind: ObjectKind,
        /// The position.
        position: u32,
        /// Which columns.
        columns: &'static str,
        /// How many there are.
        count: usize,
    },
    /// Scoping or matching declares a target column.
    #[error(
        "its {stage} for {kind}s declares an input of the target, which that stage is not given"
    )]
    TargetInput {
        /// The stage.
        stage: &'static str,
        /// The kind of object.
        kind: ObjectKind,
    },
}

impl Description {
    /// Checks what a component said.
    pub(crate) fn check(lifted: lifted::Description) -> Result<Self, DescriptionError> {
        let mut tables = BTreeSet::new();
        let mut rulesets: Vec<Ruleset> = Vec::new();
        let mut declarations = Vec::new();
        for ruleset in lifted.rulesets {
            let declared = ruleset;
            let ruleset = Checking::of(&declared, &mut tables).ruleset(&declared)?;
            if rulesets.iter().any(|other| other.kind == ruleset.kind) {
                return Err(DescriptionError::TwoRulesets(ruleset.kind));
            }
            rulesets.push(ruleset);
            declarations.push(Declaration::of(&declared));
        }
        Ok(Self {
            name: untrusted::printable(&lifted.name),
            version: untrusted::printable(&lifted.version),
            summary: untrusted::printable(&lifted.summary),
            rulesets,
            declarations,
            tables,
        })
    }
}

struct Checking<'a> {
    kind: ObjectKind,
    reads: usize,
    target_reads: usize,
    tables: &'a mut BTreeSet<String>,
    depends_on_time: bool,
}

impl<'a> Checking<'a> {
    fn of(ruleset: &lifted::Ruleset, tables: &'a mut BTreeSet<String>) -> Self {
        Self {
            kind: ruleset.kind.into(),
            reads: ruleset.reads.len(),
            target_reads: ruleset.target_reads.len(),
            tables,
            depends_on_time: false,
        }
    }

    fn ruleset(mut self, ruleset: &lifted::Ruleset) -> Result<Ruleset, DescriptionError> {
        let kind = self.kind;
        let source = |name: &str| schema::attribute(kind, name);
        let target = |name: &str| target_attribute(kind, name);
        let reads = columns(kind, "reads", &ruleset.reads, source)?;
        let target_reads = columns(kind, "reads of the target", &ruleset.target_reads, target)?;
        let scoping = match &ruleset.scoping {
            Some(scoping) => {
                let mut source = vec![Sight::Undeclared; self.reads];
                self.inputs("scoping", &scoping.inputs, &mut source, None)?;
                Some(source)
            }
            None => None,
        };
        let matching = match &ruleset.matching {
            Some(matching) => {
                let mut source = vec![Sight::Undeclared; self.reads];
                self.inputs("matching", &matching.inputs, &mut source, None)?;
                Some(Matching {
                    attributes: columns(kind, "matches on", &matching.attributes, target)?,
                    source,
                })
            }
            None => None,
        };
        let mapping = match &ruleset.mapping {
            Some(mapping) => Some(self.mapping(mapping)?),
            None => None,
        };
        Ok(Ruleset {
            kind,
            reads,
            target_reads,
            scoping,
            matching,
            mapping,
            depends_on_time: self.depends_on_time,
        })
    }

    fn mapping(&mut self, mapping: &lifted::MappingStage) -> Result<Mapping, DescriptionError> {
        let names: Vec<String> = mapping
            .outputs
            .iter()
            .map(|output| output.attribute.clone())
            .collect();
        let kind = self.kind;
        let names = columns(kind, "writes", &names, |name| target_attribute(kind, name))?;
        let mut source = vec![Sight::Undeclared; self.reads];
        let mut target = vec![Sight::Undeclared; self.target_reads];
        self.inputs("mapping", &mapping.inputs, &mut source, Some(&mut target))?;
        let mut outputs = Vec::with_capacity(names.len());
        for (attribute, output) in names.into_iter().zip(&mapping.outputs) {
            self.inputs("mapping", &output.inputs, &mut source, Some(&mut target))?;
            let inputs = output.inputs.iter().chain(&mapping.inputs);
            let sources = inputs.filter_map(|input| match input {
                lifted::Input::Source(position) => Some(*position),
                _ => None,
            });
            let apply = Apply::from(output.apply);
            let known = target_attribute(kind, attribute.as_str());
            // What is only reported is never written, so it may be of any attribute.
            match known {
                Some(known) if known.access != Access::ReadOnly || apply == Apply::ReportOnly => {
                    outputs.push(MappingOutput {
                        attribute,
                        kind: known.kind,
                        apply,
                        sources: sources.collect(),
                    });
                }
                _ => {
                    let attribute = attribute.as_str().to_owned();
                    return Err(DescriptionError::ReadOnly { attribute, kind });
                }
            }
        }
        for &position in &mapping.unseen {
            let sight = self.column("mapping", position, "source columns", &mut source)?;
            if *sight == Sight::Seen {
                *sight = Sight::Unseen;
            }
        }
        Ok(Mapping {
            outputs,
            gives_shape: mapping.gives_shape,
            source,
            target,
        })
    }

    /// Finds what a stage sees of a column.
    fn column<'c>(
        &self,
        stage: &'static str,
        position: u32,
        columns: &'static str,
        sights: &'c mut [Sight],
    ) -> Result<&'c mut Sight, DescriptionError> {
        let count = sights.len();
        let index = usize::try_from(position).unwrap_or(usize::MAX);
        sights.get_mut(index).ok_or(DescriptionError::Position {
            stage,
            kind: self.kind,
            position,
            columns,
            count,
        })
    }

    /// Checks what a stage declares, and notes which columns it sees. Before the join there are no
    /// target columns.
    fn inputs(
        &mut self,
        stage: &'static str,
        inputs: &[lifted::Input],
        source: &mut [Sight],
        mut target: Option<&mut [Sight]>,
    ) -> Result<(), DescriptionError> {
        let kind = self.kind;
        for input in inputs {
            match input {
                lifted::Input::Source(position) => {
                    *self.column(stage, *position, "source columns", source)? = Sight::Seen;
                }
                lifted::Input::Target(position) => match &mut target {
                    Some(target) => {
                        *self.column(stage, *position, "target columns", target)? = Sight::Seen;
                    }
                    None => return Err(DescriptionError::TargetInput { stage, kind }),
                },
                lifted::Input::Table(table) => {
                    self.tables.insert(table.clone());
                }
                lifted::Input::Time => self.depends_on_time = true,
            }
        }
        Ok(())
    }
}

/// Returns what Graph says of an attribute of the target object. A contact of the source becomes a
/// contact or an external user, and Graph can only write the user, so either's attributes will do.
fn target_attribute(kind: ObjectKind, name: &str) -> Option<Attribute> {
    match kind {
        ObjectKind::Contact => schema::attribute(ObjectKind::User, name)
            .or_else(|| schema::attribute(ObjectKind::Contact, name)),
        ObjectKind::User | ObjectKind::Group => schema::attribute(kind, name),
    }
}

fn columns(
    kind: ObjectKind,
    used: &'static str,
    names: &[String],
    known: impl Fn(&str) -> Option<Attribute>,
) -> Result<Vec<AttributeName>, DescriptionError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if known(name).is_none() {
            let attribute = untrusted::printable(name);
            return Err(DescriptionError::UnknownAttribute {
                used,
                attribute,
                kind,
            });
        }
        if !seen.insert(name.as_str()) {
            return Err(DescriptionError::Duplicate {
                used,
                attribute: name.clone(),
                kind,
            });
        }
    }
    Ok(names.iter().map(AttributeName::new).collect())
}
