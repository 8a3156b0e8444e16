//! What a component says it is, checked against what Graph knows and against itself.

use std::collections::BTreeSet;

use syncline_directory::{
    Apply, AttributeName, ObjectKind,
    schema::{self, Access, Attribute, AttributeType},
};

use crate::{contract::lifted, untrusted};

/// A checked description.
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) rulesets: Vec<Ruleset>,
    /// The tables that any stage declares.
    pub(crate) tables: BTreeSet<String>,
}

/// The rules for one kind of object.
pub(crate) struct Ruleset {
    pub(crate) kind: ObjectKind,
    pub(crate) reads: Vec<AttributeName>,
    pub(crate) target_reads: Vec<AttributeName>,
    pub(crate) scoping: bool,
    pub(crate) matching: Option<Vec<AttributeName>>,
    pub(crate) mapping: Option<Mapping>,
    pub(crate) depends_on_time: bool,
}

/// What a mapping stage writes.
pub(crate) struct Mapping {
    pub(crate) outputs: Vec<MappingOutput>,
    pub(crate) gives_shape: bool,
}

/// One attribute that a mapping stage writes.
pub(crate) struct MappingOutput {
    pub(crate) attribute: AttributeName,
    pub(crate) kind: AttributeType,
    pub(crate) apply: Apply,
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
        for ruleset in lifted.rulesets {
            let ruleset = Checking::of(&ruleset, &mut tables).ruleset(&ruleset)?;
            if rulesets.iter().any(|other| other.kind == ruleset.kind) {
                return Err(DescriptionError::TwoRulesets(ruleset.kind));
            }
            rulesets.push(ruleset);
        }
        Ok(Self {
            name: untrusted::printable(&lifted.name),
            version: untrusted::printable(&lifted.version),
            summary: untrusted::printable(&lifted.summary),
            rulesets,
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
        if let Some(scoping) = &ruleset.scoping {
            self.inputs("scoping", &scoping.inputs, false)?;
        }
        let matching = match &ruleset.matching {
            Some(matching) => {
                self.inputs("matching", &matching.inputs, false)?;
                Some(columns(kind, "matches on", &matching.attributes, target)?)
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
            scoping: ruleset.scoping.is_some(),
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
        self.inputs("mapping", &mapping.inputs, true)?;
        let mut outputs = Vec::with_capacity(names.len());
        for (attribute, output) in names.into_iter().zip(&mapping.outputs) {
            self.inputs("mapping", &output.inputs, true)?;
            let apply = Apply::from(output.apply);
            let known = target_attribute(kind, attribute.as_str());
            // What is only reported is never written, so it may be of any attribute.
            match known {
                Some(known) if known.access != Access::ReadOnly || apply == Apply::ReportOnly => {
                    outputs.push(MappingOutput {
                        attribute,
                        kind: known.kind,
                        apply,
                    });
                }
                _ => {
                    let attribute = attribute.as_str().to_owned();
                    return Err(DescriptionError::ReadOnly { attribute, kind });
                }
            }
        }
        Ok(Mapping {
            outputs,
            gives_shape: mapping.gives_shape,
        })
    }

    fn inputs(
        &mut self,
        stage: &'static str,
        inputs: &[lifted::Input],
        has_target: bool,
    ) -> Result<(), DescriptionError> {
        let kind = self.kind;
        let in_range =
            |position: u32, columns: &'static str, count: usize| match usize::try_from(position) {
                Ok(index) if index < count => Ok(()),
                _ => Err(DescriptionError::Position {
                    stage,
                    kind,
                    position,
                    columns,
                    count,
                }),
            };
        for input in inputs {
            match input {
                lifted::Input::Source(position) => {
                    in_range(*position, "source columns", self.reads)?;
                }
                lifted::Input::Target(_) if !has_target => {
                    return Err(DescriptionError::TargetInput { stage, kind });
                }
                lifted::Input::Target(position) => {
                    in_range(*position, "target columns", self.target_reads)?;
                }
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
