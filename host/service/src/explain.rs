//! Why an object is as it is: what the mirrors hold, what the active rules say layer by layer, and what
//! would be done about it now. It reads the store and asks the active rules; no tenant is reached and
//! nothing is written.

mod explanation;

use std::path::PathBuf;

use syncline_directory::{
    Apply, AttributeName, Attributes, Change, MatchKey, ObjectKind, ObjectState, Outcome, Reason,
    SourceId, Value, Verdict,
};
use syncline_planner::{Finding, Modification, Operation, Policy, Subject, plan::plan_object};
use syncline_rules::{Generation, Input as Declared, LayerAnswer, MappingRow, OutputOrigin};
use syncline_store::{Store, SubjectRow};

use crate::{
    ServiceError,
    decide::positional,
    failed_inputs::{change, plain},
    planning::{self, mapping_row},
    project::{Assignment, Job, Project},
    record::Named,
    rules_engine,
    rules_folder::RulesReader,
    rules_settling::{Ends, context},
};

pub use explanation::{
    Decided, End, ExplainedLayer, ExplainedOutput, Explanation, Input, LastStanding,
};

/// Explains an object of a job: an id, a principal name or an address of the source. Rules are compiled
/// by `program`, as [`crate::Service::open`] has it.
///
/// # Errors
///
/// When the job has not run yet, or the source's mirror has no such object or several.
pub fn explain(
    project: &Project,
    store: &Store,
    job: &Job,
    object: &str,
    now: String,
    program: PathBuf,
) -> Result<Explanation, ServiceError> {
    let not_run = || ServiceError::NotRun {
        job: job.name.clone(),
    };
    let (source, target) = store.tenants(&job.name)?.ok_or_else(not_run)?;
    let reader = RulesReader::new(rules_engine(project, program)?, project);
    let remembered = store.active_generation(&job.name)?.ok_or_else(not_run)?;
    let candidate = reader.of_store(store, job, &remembered)?;
    let generation = candidate?.generation;
    let kind = ObjectKind::User;
    let found = store.find_source(&job.name, kind, object)?;
    let [id] = found.as_slice() else {
        return Err(ServiceError::Object {
            job: job.name.clone(),
            object: object.to_owned(),
            count: found.len(),
        });
    };
    let row = store
        .subject(&job.name, kind, id)?
        .ok_or_else(|| ServiceError::Object {
            job: job.name.clone(),
            object: object.to_owned(),
            count: 0,
        })?;
    let suspended = store
        .suspension(&job.name)?
        .is_some_and(|suspension| suspension.digest == *generation.digest());
    let explaining = Explaining {
        store,
        job,
        generation: &generation,
        context: context(job, &Ends { source, target }, now),
        kind,
    };
    explaining.explain(row, suspended)
}

struct Explaining<'a> {
    store: &'a Store,
    job: &'a Job,
    generation: &'a Generation,
    context: syncline_rules::Context,
    kind: ObjectKind,
}

impl Explaining<'_> {
    fn explain(&self, mut row: SubjectRow, suspended: bool) -> Result<Explanation, ServiceError> {
        let (store, job, kind) = (self.store, self.job, self.kind);
        let assigned =
            job.users == Assignment::All || store.is_assigned(&job.name, kind, &row.source)?;
        let columns = self.generation.source_columns(kind);
        let asked = positional(columns, &row.attributes);
        let is_asked = row.state == ObjectState::Live && assigned;
        let (verdict, keys) = match &asked {
            _ if !is_asked => (self.unasked(&row), Vec::new()),
            Err(reason) => (Verdict::Hold(reason.clone()), Vec::new()),
            Ok(values) => self.scope_and_keys(values),
        };
        // What is decided now, which may be other than what the last run decided.
        row.verdict = verdict.clone();
        let joined = planning::joined(store, &job.name, kind, &row)?;
        let outcome = planning::map(
            self.generation,
            &self.context,
            std::iter::once((&row, &verdict)),
            |_| joined.clone(),
        )
        .pop()
        .flatten();
        let choices = planning::choices(store, &job.name, kind, &row, outcome.as_ref())?;
        let layers = match (is_asked, self.whole_row(&row)) {
            (true, Some(asked)) => self.generation.explain(&self.context, &asked),
            _ => Vec::new(),
        };
        let subject = Subject {
            kind,
            source: &row.source,
            source_state: row.state,
            verdict: &verdict,
            link: row.link.as_ref().map(|(link, held)| (link, held)),
            joined: &joined,
            outcome: outcome.as_ref(),
            choices: &choices,
        };
        let plan = plan_object(&subject, job.policy, self.generation.digest());
        let outputs = self.outputs(&row, outcome.as_ref(), &plan.operations, &plan.findings)?;
        let named = Named {
            kind,
            id: &row.source,
            attributes: &row.attributes,
        };
        Ok(Explanation {
            job: job.name.clone(),
            kind,
            label: named.label().to_owned(),
            generation: self.generation.digest().clone(),
            suspended,
            source: End {
                id: row.source.clone(),
                state: state_name(row.state),
                attributes: attributes(&row.attributes),
            },
            target: row.link.as_ref().map(|(link, held)| End {
                id: link.target.clone(),
                state: state_name(held.state),
                attributes: attributes(&held.attributes),
            }),
            assigned,
            verdict: decided_verdict(&verdict, &layers),
            layers: layers.iter().map(explained_layer).collect(),
            keys,
            joined: row.link.is_none().then_some(joined),
            outcome: outcome
                .as_ref()
                .map(|outcome| decided_outcome(outcome, &layers)),
            outputs,
            standing: plan.standing,
            findings: plan.findings,
            operations: plan.operations,
            last_run: store
                .standing(&job.name, kind, &row.source)?
                .map(Into::into),
        })
    }

    fn unasked(&self, row: &SubjectRow) -> Verdict {
        let (code, text) = match row.state {
            ObjectState::Live => (
                "NotEffectivelyEntitled",
                "not assigned by the job's groups or people",
            ),
            _ => ("SourceDeleted", "deleted in the source"),
        };
        Verdict::OutOfScope(Reason::new(code, text))
    }

    fn scope_and_keys(&self, values: &[Value]) -> (Verdict, Vec<MatchKey>) {
        let rows = [values.to_vec()];
        let verdict = self.generation.scope(&self.context, &rows).pop();
        match verdict {
            Some(Verdict::InScope) => match self.generation.keys(&self.context, &rows).pop() {
                Some(Ok(keys)) => (Verdict::InScope, keys),
                Some(Err(reason)) => (Verdict::Hold(reason), Vec::new()),
                None => (Verdict::InScope, Vec::new()),
            },
            Some(verdict) => (verdict, Vec::new()),
            None => (Verdict::InScope, Vec::new()),
        }
    }

    /// Returns the object as the layers see it, with its target where that was read.
    fn whole_row(&self, row: &SubjectRow) -> Option<MappingRow> {
        let without_target = || {
            let columns = self.generation.source_columns(self.kind);
            let source = positional(columns, &row.attributes).ok()?;
            Some(MappingRow {
                source,
                target: None,
            })
        };
        mapping_row(self.generation, self.kind, row)
            .ok()
            .or_else(without_target)
    }

    fn outputs(
        &self,
        row: &SubjectRow,
        outcome: Option<&Outcome>,
        operations: &[Operation],
        findings: &[Finding],
    ) -> Result<Vec<ExplainedOutput>, ServiceError> {
        let Some(Outcome::Write(decision)) = outcome else {
            return Ok(Vec::new());
        };
        let origins = self.generation.origins(self.kind);
        let mut outputs = Vec::new();
        for output in &decision.outputs {
            let Some(origin) = origins
                .iter()
                .find(|origin| origin.attribute == output.attribute)
            else {
                continue;
            };
            let layer = &self.generation.layers()[origin.layer];
            let layers = self.generation.layers();
            let link = row.link.as_ref();
            let held = link.and_then(|(_, held)| held.attributes.get(&output.attribute));
            let written = link.and_then(|(link, _)| link.written.get(&output.attribute));
            let weighed = Weighed {
                change: &output.change,
                apply: output.apply,
                is_linked: link.is_some_and(|(link, _)| !link.unfinished),
                held,
                written,
                policy: self.job.policy,
            };
            outputs.push(ExplainedOutput {
                attribute: output.attribute.clone(),
                wanted: change(&output.change),
                apply: output.apply,
                layer: layer.plugin.clone(),
                component: layer.digest.clone(),
                overrides: origin
                    .overridden
                    .iter()
                    .map(|layer| layers[*layer].plugin.clone())
                    .collect(),
                inputs: self.inputs(row, origin)?,
                holds: held.map_or(serde_json::Value::Null, plain),
                written: written.map(plain),
                then: weighed.then(
                    modification(operations, &output.attribute),
                    findings
                        .iter()
                        .find(|finding| finding.attribute.as_ref() == Some(&output.attribute)),
                    self.reference(&output.change)?,
                ),
            });
        }
        Ok(outputs)
    }

    fn inputs(&self, row: &SubjectRow, origin: &OutputOrigin) -> Result<Vec<Input>, ServiceError> {
        let held = row.link.as_ref().map(|(_, held)| &held.attributes);
        let value = |attributes: Option<&Attributes>, name: &AttributeName| {
            attributes
                .and_then(|attributes| attributes.get(name))
                .map_or(serde_json::Value::Null, plain)
        };
        let mut inputs = Vec::new();
        for input in &origin.inputs {
            let (from, name, value) = match input {
                Declared::Source(name) => {
                    ("source", name.as_str(), value(Some(&row.attributes), name))
                }
                Declared::Target(name) => ("target", name.as_str(), value(held, name)),
                Declared::Table(table) => {
                    // Which keys a rule looks up is its own affair.
                    let tables = self.store.tables(self.generation.digest())?;
                    let rows = tables.get(table).map(|rows| rows.len());
                    ("table", table.as_str(), rows.into())
                }
                Declared::Time => ("time", "now", self.context.now.clone().into()),
            };
            inputs.push(Input {
                from,
                name: name.to_owned(),
                value,
            });
        }
        Ok(inputs)
    }

    /// Returns what a reference means in the target, for people.
    fn reference(&self, change: &Change) -> Result<Option<String>, ServiceError> {
        let Change::Set(Value::Reference(id)) = change else {
            return Ok(None);
        };
        let referent = SourceId::new(id.clone());
        let link = self.store.link(&self.job.name, self.kind, &referent)?;
        Ok(Some(match link {
            Some(link) => format!("refers to {}, the target object of {id}", link.target),
            None => format!("waits for {id}, which has no target object"),
        }))
    }
}

/// One attribute, weighed.
struct Weighed<'a> {
    change: &'a Change,
    apply: Apply,
    is_linked: bool,
    held: Option<&'a Value>,
    written: Option<&'a Value>,
    policy: Policy,
}

impl Weighed<'_> {
    /// Returns what a run would do about it now, or why nothing.
    fn then(
        &self,
        modification: Option<&Modification>,
        finding: Option<&Finding>,
        reference: Option<String>,
    ) -> String {
        let holds = self.held.cloned().unwrap_or_default();
        if let Some(Modification { before, after }) = modification {
            return match after.is_absent() {
                true => format!("is cleared (was `{before}`)"),
                false => format!("is written: `{before}` -> `{after}`"),
            };
        }
        if let Some(finding) = finding {
            return format!("{}: {}", finding.reason.code, finding.reason.text);
        }
        match self.change {
            Change::Keep => "is left alone: the rules say so".to_owned(),
            Change::Refuse(reason) => format!("{}: {}", reason.code, reason.text),
            _ if self.apply == Apply::OnCreate && self.is_linked => {
                "is left alone: it is written only when the object is made".to_owned()
            }
            Change::Clear if self.written.is_none() => {
                "is left alone: what we did not write is not cleared".to_owned()
            }
            Change::Clear => "has no value, as wanted".to_owned(),
            Change::Set(value) if *value == holds => "is as wanted".to_owned(),
            Change::Set(_) if self.apply == Apply::WhenEmpty && !holds.is_absent() => {
                "is left alone: it has a value already".to_owned()
            }
            Change::Set(Value::Reference(_)) => reference.unwrap_or_default(),
            Change::Set(value) if self.written == Some(value) => format!(
                "is left alone: others changed it, and the job's drift is {:?}",
                self.policy.drift
            )
            .to_lowercase(),
            Change::Set(_) => "is left alone with the object".to_owned(),
            Change::FirstFree(_) => "the first of these that is free".to_owned(),
        }
    }
}

fn modification<'a>(
    operations: &'a [Operation],
    attribute: &AttributeName,
) -> Option<&'a Modification> {
    operations
        .iter()
        .filter_map(|operation| operation.action.modifications())
        .find_map(|modifications| modifications.get(attribute))
}

fn state_name(state: ObjectState) -> &'static str {
    match state {
        ObjectState::Live => "live",
        ObjectState::SoftDeleted => "in the recycle bin",
        ObjectState::Purged => "gone",
    }
}

fn attributes(attributes: &Attributes) -> serde_json::Value {
    let present = attributes.iter().filter(|(_, value)| !value.is_absent());
    serde_json::Value::Object(
        present
            .map(|(name, value)| (name.to_string(), plain(value)))
            .collect(),
    )
}

fn verdict_word(verdict: &Verdict) -> (&'static str, Option<Reason>) {
    match verdict {
        Verdict::InScope => ("in-scope", None),
        Verdict::OutOfScope(reason) => ("out-of-scope", Some(reason.clone())),
        Verdict::Hold(reason) => ("hold", Some(reason.clone())),
    }
}

fn decided_verdict(verdict: &Verdict, layers: &[LayerAnswer]) -> Decided {
    let (what, reason) = verdict_word(verdict);
    // Of what is equally strict, the first layer's word counts.
    let layer = layers.iter().find(|layer| match &layer.verdict {
        Some(Ok(said)) => said == verdict,
        Some(Err(failed)) => reason.as_ref() == Some(failed),
        None => match &layer.keys {
            Some(Err(failed)) => reason.as_ref() == Some(failed),
            _ => false,
        },
    });
    Decided {
        what,
        reason,
        layer: layer.map(|layer| layer.plugin.clone()),
    }
}

fn decided_outcome(outcome: &Outcome, layers: &[LayerAnswer]) -> Decided {
    let (what, reason) = match outcome {
        Outcome::Write(_) => ("write", None),
        Outcome::Skip(reason) => ("skip", Some(reason.clone())),
        Outcome::Hold(reason) => ("hold", Some(reason.clone())),
    };
    let layer = reason.as_ref().and_then(|reason| {
        layers.iter().find(|layer| {
            layer
                .mapping
                .as_ref()
                .is_some_and(|mapping| match &mapping.outcome {
                    Ok(Outcome::Skip(said) | Outcome::Hold(said)) | Err(said) => said == reason,
                    Ok(Outcome::Write(_)) => false,
                })
        })
    });
    Decided {
        what,
        reason,
        layer: layer.map(|layer| layer.plugin.clone()),
    }
}

fn explained_layer(answer: &LayerAnswer) -> ExplainedLayer {
    let verdict = match &answer.verdict {
        Some(Ok(verdict)) => {
            let (what, reason) = verdict_word(verdict);
            Some(Decided {
                what,
                reason,
                layer: None,
            })
        }
        _ => None,
    };
    ExplainedLayer {
        plugin: answer.plugin.clone(),
        component: answer.component.clone(),
        verdict,
        failure: answer.failure().cloned(),
    }
}
