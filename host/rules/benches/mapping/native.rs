//! The default rules without a sandbox, in the place of the generation.

use std::error::Error;

use syncline_directory::{
    Apply, AttributeName, Change, Outcome, Output, Reason, RuleDecision, Shape, Tenant, Value,
};
use syncline_entra_default::EntraDefault;
use syncline_rules::{Context, Generation, MappingRow};
use syncline_sdk::{Program, contract, native};

use crate::KIND;

/// The rules without a sandbox, in the place of the generation.
pub(crate) struct Native {
    program: Program,
    context: contract::Context,
    /// For each column of the rule, its place in the host's rows, and whether the rules look at it.
    columns: Vec<(usize, bool)>,
    /// What the host's outcomes look like, and for each output of the rule, its place in them.
    outputs: Vec<Output>,
    slots: Vec<usize>,
}

/// Returns for each column that the default rules read, its place among the columns in order of their
/// names, and whether the mapping looks at its values.
pub(crate) fn columns() -> Result<Vec<(usize, bool)>, Box<dyn Error>> {
    let program = native::configure::<EntraDefault>("").map_err(|error| error.message)?;
    let rules = rules(&program)?;
    let stage = rules.mapping.as_ref().ok_or("they map nothing")?;
    let mut sorted: Vec<&String> = rules.reads.iter().collect();
    sorted.sort_unstable();
    let column = |(position, name): (u32, &String)| {
        let outputs = stage.outputs.iter().flat_map(|output| &output.inputs);
        let mut inputs = outputs.chain(&stage.inputs);
        let declared = inputs.any(|input| *input == contract::Dependency::Source(position));
        let place = sorted
            .binary_search(&name)
            .map_err(|_| "a column is missing")?;
        Ok((place, declared && !stage.unseen.contains(&position)))
    };
    (0..).zip(&rules.reads).map(column).collect()
}

fn rules(program: &Program) -> Result<&contract::RulesetDescription, Box<dyn Error>> {
    let mut rulesets = program.description().rulesets.iter();
    let rules = rulesets.find(|rules| rules.kind == contract::ObjectKind::User);
    rules.ok_or_else(|| "the default rules have none for users".into())
}

impl Native {
    pub(crate) fn new(generation: &Generation, context: &Context) -> Result<Self, Box<dyn Error>> {
        let program = native::configure::<EntraDefault>("").map_err(|error| error.message)?;
        let rules = rules(&program)?;
        let stage = rules.mapping.as_ref().ok_or("they map nothing")?;
        let place = |names: &[AttributeName], name: &str| {
            let place = names.iter().position(|known| known.as_str() == name);
            place.ok_or_else(|| format!("the generation does not know {name}"))
        };
        let writes = generation.writes(KIND);
        let slots = stage
            .outputs
            .iter()
            .map(|output| place(&writes, &output.attribute));
        let slots: Vec<usize> = slots.collect::<Result<_, _>>()?;
        let mut outputs: Vec<Output> = writes
            .iter()
            .map(|attribute| Output {
                attribute: attribute.clone(),
                apply: Apply::Always,
                change: Change::Keep,
            })
            .collect();
        for (output, &slot) in stage.outputs.iter().zip(&slots) {
            if output.apply == contract::Apply::OnCreate {
                outputs[slot].apply = Apply::OnCreate;
            }
        }
        let tenant = |tenant: &Tenant| contract::Tenant {
            id: tenant.id.clone(),
            display_name: tenant.display_name.clone(),
            initial_domain: tenant.initial_domain.clone(),
            default_domain: tenant.default_domain.clone(),
            verified_domains: tenant.verified_domains.clone(),
        };
        let context = contract::Context::new(
            context.job.as_str(),
            contract::ObjectKind::User,
            tenant(&context.source),
            tenant(&context.target),
        );
        Ok(Self {
            program,
            context,
            columns: columns()?,
            outputs,
            slots,
        })
    }

    /// Returns a row that the rules may keep, with all values or with those that they look at.
    pub(crate) fn owned(&self, row: &MappingRow, seen_only: bool) -> contract::MappingRow {
        let value = |&(column, seen): &(usize, bool)| match &row.source[column] {
            Value::Absent => contract::Value::Absent,
            _ if seen_only && !seen => contract::Value::Withheld,
            Value::Text(text) => contract::Value::Text(text.clone()),
            Value::Boolean(boolean) => contract::Value::Boolean(*boolean),
            Value::Integer(integer) => contract::Value::Integer(*integer),
            Value::Texts(texts) => contract::Value::Texts(texts.clone()),
            Value::Reference(id) => contract::Value::Reference(id.clone()),
            Value::References(ids) => contract::Value::References(ids.clone()),
        };
        contract::MappingRow {
            row: contract::Row {
                source: self.columns.iter().map(value).collect(),
                target: row.target.as_ref().map(|_| Vec::new()),
            },
            earlier: Vec::new(),
        }
    }

    /// Asks the rules.
    fn answer(&self, rows: &[contract::MappingRow]) -> Result<Vec<contract::Outcome>, String> {
        native::map(&self.program, &self.context, rows).map_err(|reason| reason.text)
    }

    /// Does what the generation does.
    pub(crate) fn map(&self, rows: &[MappingRow]) -> Result<Vec<Outcome>, String> {
        let owned: Vec<_> = rows.iter().map(|row| self.owned(row, true)).collect();
        let outcomes = self.answer(&owned)?.into_iter().zip(rows);
        Ok(outcomes
            .map(|(outcome, row)| {
                self.outcome(outcome, |position| {
                    row.source[self.columns[position].0].clone()
                })
            })
            .collect())
    }

    /// Does the same, with outcomes made of what the rows have.
    pub(crate) fn map_moved(
        &self,
        rows: &mut [contract::MappingRow],
    ) -> Result<Vec<Outcome>, String> {
        let outcomes = self.answer(rows)?.into_iter().zip(rows);
        Ok(outcomes
            .map(|(outcome, row)| {
                let source = &mut row.row.source;
                self.outcome(outcome, |position| {
                    host_value(std::mem::take(&mut source[position]))
                })
            })
            .collect())
    }

    fn outcome(&self, outcome: contract::Outcome, mut same: impl FnMut(usize) -> Value) -> Outcome {
        let mapped = match outcome {
            contract::Outcome::Write(mapped) => mapped,
            contract::Outcome::Skip(reason) => return Outcome::Skip(host_reason(reason)),
            contract::Outcome::Hold(reason) => return Outcome::Hold(host_reason(reason)),
        };
        let mut outputs = self.outputs.clone();
        for (change, &slot) in mapped.changes.into_iter().zip(&self.slots) {
            outputs[slot].change = match change {
                contract::Change::Keep => Change::Keep,
                contract::Change::Clear => Change::Clear,
                contract::Change::Set(value) => Change::Set(host_value(value)),
                contract::Change::Same(position) => Change::Set(same(position as usize)),
                contract::Change::FirstFree(values) => {
                    Change::FirstFree(values.into_iter().map(host_value).collect())
                }
                contract::Change::Refuse(reason) => Change::Refuse(host_reason(reason)),
            };
        }
        let shape = match mapped.shape {
            Some(contract::Shape::ExternalMember) => Shape::ExternalMember,
            _ => Shape::Guest,
        };
        Outcome::Write(RuleDecision { shape, outputs })
    }
}

fn host_reason(reason: contract::Reason) -> Reason {
    Reason::new(reason.code, reason.text)
}

fn host_value(value: contract::Value) -> Value {
    match value {
        contract::Value::Absent | contract::Value::Withheld => Value::Absent,
        contract::Value::Text(text) => Value::Text(text),
        contract::Value::Boolean(boolean) => Value::Boolean(boolean),
        contract::Value::Integer(integer) => Value::Integer(integer),
        contract::Value::Texts(texts) => Value::texts(texts),
        contract::Value::Reference(id) => Value::Reference(id),
        contract::Value::References(ids) => Value::references(ids),
    }
}
