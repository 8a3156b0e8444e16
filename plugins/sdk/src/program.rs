//! A rule at work: its rulesets with positions in place of names.

pub(crate) mod mapping;
#[cfg(test)]
mod tests;

use crate::{
    contract::{
        Context, Dependency, Description, Key, MappingRow, MatchingStage, ObjectKind, Outcome,
        Reason, Row, RulesetDescription, ScopingStage, SettingsError, Verdict,
    },
    input::{At, Reads},
    rule::Rule,
    ruleset::{KeySource, Ruleset},
    settings,
    step::Step,
};
use mapping::Mapping;

/// A rule with its settings, ready to decide.
pub struct Program {
    description: Description,
    parts: Vec<Part>,
}

/// What decides about one kind of object.
pub(crate) struct Part {
    kind: ObjectKind,
    scopes: Vec<Step<Verdict>>,
    keys: Vec<KeyStep>,
    mapping: Option<Mapping>,
}

struct KeyStep {
    tier: u8,
    attribute: u32,
    values: Step<Vec<String>>,
}

impl Program {
    /// Returns the rule as its settings make it.
    pub(crate) fn configure<R: Rule>(settings: &str) -> Result<Self, SettingsError> {
        let rulesets = R::rulesets(settings::read(settings)?)?;
        let (descriptions, parts) = rulesets.into_iter().map(Part::bind).unzip();
        let description = Description {
            name: R::NAME.to_owned(),
            version: R::VERSION.to_owned(),
            summary: R::SUMMARY.to_owned(),
            rulesets: descriptions,
        };
        Ok(Self { description, parts })
    }

    /// Returns what the rule says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Moves out what the rule says of itself, which is asked for once in a component.
    #[cfg(target_family = "wasm")]
    pub(crate) fn take_description(&mut self) -> Description {
        let empty = Description {
            name: String::new(),
            version: String::new(),
            summary: String::new(),
            rulesets: Vec::new(),
        };
        std::mem::replace(&mut self.description, empty)
    }

    pub(crate) fn decide(&self, context: &Context, rows: &[Row]) -> Result<Vec<Verdict>, Reason> {
        let part = self.part(context)?;
        Ok(rows.iter().map(|row| part.verdict(context, row)).collect())
    }

    pub(crate) fn keys(
        &self,
        context: &Context,
        rows: &[Row],
    ) -> Result<Vec<Result<Vec<Key>, Reason>>, Reason> {
        let part = self.part(context)?;
        Ok(rows.iter().map(|row| part.keys(context, row)).collect())
    }

    pub(crate) fn apply(
        &self,
        context: &Context,
        rows: &[MappingRow],
    ) -> Result<Vec<Outcome>, Reason> {
        let mapping = self.mapping(context)?;
        Ok(rows.iter().map(|row| mapping.apply(context, row)).collect())
    }

    /// Returns how objects of the kind are mapped.
    pub(crate) fn mapping(&self, context: &Context) -> Result<&Mapping, Reason> {
        let mapping = self.part(context)?.mapping.as_ref();
        mapping.ok_or_else(|| undeclared(context))
    }

    /// Returns what decides about objects of the kind.
    pub(crate) fn part(&self, context: &Context) -> Result<&Part, Reason> {
        let found = self.parts.iter().find(|part| part.kind == context.kind);
        found.ok_or_else(|| undeclared(context))
    }
}

#[cold]
fn undeclared(context: &Context) -> Reason {
    let kind = context.kind.as_str();
    Reason::new(
        "UndeclaredStage",
        format!("the rule does not declare this stage for a {kind}"),
    )
}

/// Rows come to scope and keys without a target.
fn before_join<'r>(context: &'r Context, row: &'r Row) -> At<'r> {
    At {
        context,
        source: &row.source,
        target: None,
        earlier: None,
    }
}

impl Part {
    pub(crate) fn verdict(&self, context: &Context, row: &Row) -> Verdict {
        let at = before_join(context, row);
        let mut verdict = Verdict::InScope;
        for scope in &self.scopes {
            verdict = verdict.stricter(scope(&at).unwrap_or_else(Verdict::Hold));
        }
        verdict
    }

    pub(crate) fn keys(&self, context: &Context, row: &Row) -> Result<Vec<Key>, Reason> {
        let at = before_join(context, row);
        let mut keys = Vec::with_capacity(self.keys.len());
        for &KeyStep {
            tier,
            attribute,
            ref values,
        } in &self.keys
        {
            for value in values(&at)? {
                keys.push(Key {
                    attribute,
                    value,
                    tier,
                });
            }
        }
        Ok(keys)
    }

    /// Gives every input its position, and writes down what each stage depends on.
    fn bind(ruleset: Ruleset) -> (RulesetDescription, Self) {
        let Ruleset {
            kind,
            scopes,
            keys,
            gates,
            shape,
            outputs,
        } = ruleset;
        let mut reads = Reads::default();

        let mut inputs = Vec::new();
        let scopes: Vec<_> = scopes
            .into_iter()
            .map(|scope| scope.bind_into(&mut reads, &mut inputs))
            .collect();
        let scoping = (!scopes.is_empty()).then_some(ScopingStage { inputs });

        let (matching, keys) = bind_keys(keys, &mut reads);
        let (stage, mapping) = Mapping::bind(gates, shape, outputs, &mut reads).unzip();

        let Reads { source, target, .. } = reads;
        let description = RulesetDescription {
            kind,
            reads: source,
            target_reads: target,
            scoping,
            matching,
            mapping: stage,
        };
        (
            description,
            Self {
                kind,
                scopes,
                keys,
                mapping,
            },
        )
    }
}

fn bind_keys(keys: Vec<KeySource>, reads: &mut Reads) -> (Option<MatchingStage>, Vec<KeyStep>) {
    let mut attributes = Vec::<String>::new();
    let mut inputs: Vec<Dependency> = Vec::new();
    let mut steps = Vec::new();
    for KeySource {
        tier,
        attribute,
        values,
    } in keys
    {
        let values = values.bind_into(reads, &mut inputs);
        let attribute = crate::input::position(&mut attributes, &attribute);
        steps.push(KeyStep {
            tier,
            attribute,
            values,
        });
    }
    let stage = (!steps.is_empty()).then_some(MatchingStage { attributes, inputs });
    (stage, steps)
}
