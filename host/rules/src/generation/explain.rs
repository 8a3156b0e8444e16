//! Why an object is as it is: what each layer says of it, and which layer decides each attribute.

use std::collections::BTreeSet;

use syncline_directory::{
    Apply, AttributeName, Change, ComponentDigest, MatchKey, ObjectKind, Outcome, PluginName,
    Reason, Verdict,
};

use super::{
    Generation, evaluate,
    layout::LayerRules,
    lower::{self, Asked},
    mapping,
};
use crate::{
    context::{Context, MappingRow},
    contract::lowered,
    declaration::Input,
};

/// What one layer says of one object. An `Err` means that it gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerAnswer {
    /// The layer's plugin.
    pub plugin: PluginName,
    /// Its component.
    pub component: ComponentDigest,
    /// Its verdict, where it has one.
    pub verdict: Option<Result<Verdict, Reason>>,
    /// Its match keys, where it gives any.
    pub keys: Option<Result<Vec<MatchKey>, Reason>>,
    /// What it makes of the object, where it maps.
    pub mapping: Option<LayerMapping>,
}

impl LayerAnswer {
    /// Returns the first failure of the layer, if there is one.
    pub fn failure(&self) -> Option<&Reason> {
        let verdict = self
            .verdict
            .as_ref()
            .and_then(|answer| answer.as_ref().err());
        let keys = self.keys.as_ref().and_then(|answer| answer.as_ref().err());
        let mapping = self
            .mapping
            .as_ref()
            .and_then(|mapping| mapping.outcome.as_ref().err());
        verdict.or(keys).or(mapping)
    }
}

/// What a layer was given by the ones before it, and what all of them came to with it.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerMapping {
    /// What earlier layers decided, in the order of the layer's outputs; nothing for a first layer.
    pub earlier: Vec<Change>,
    /// The outcome up to this layer.
    pub outcome: Result<Outcome, Reason>,
}

/// Which layer decides an attribute, and from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputOrigin {
    /// The attribute.
    pub attribute: AttributeName,
    /// When a wish for it is honoured.
    pub apply: Apply,
    /// The layer, by its place in [`Generation::layers`]: the last that writes the attribute, whose
    /// decision replaces the earlier ones'.
    pub layer: usize,
    /// The earlier layers that write it too.
    pub overridden: Vec<usize>,
    /// What the deciding layer declares that it depends on.
    pub inputs: BTreeSet<Input>,
}

impl Generation {
    /// Returns which layer decides each attribute that is written, by attribute.
    pub fn origins(&self, kind: ObjectKind) -> Vec<OutputOrigin> {
        let Some(rules) = self.rules(kind) else {
            return Vec::new();
        };
        let origin = |(slot, output): (usize, &super::layout::OutputSlot)| {
            let mut writers = rules.mapping().filter_map(|(layer, mapping)| {
                let writes = mapping.outputs.iter().any(|rules| rules.slot == slot);
                writes.then_some(layer.layer)
            });
            let mut layer = writers.next()?;
            let mut overridden = Vec::new();
            for later in writers {
                overridden.push(std::mem::replace(&mut layer, later));
            }
            Some(OutputOrigin {
                attribute: output.attribute.clone(),
                apply: output.apply,
                layer,
                overridden,
                inputs: self.inputs(kind, layer, &output.attribute),
            })
        };
        let slots = rules.outputs.iter().enumerate();
        slots.filter_map(origin).collect()
    }

    /// Returns what a layer declares that an attribute depends on.
    fn inputs(&self, kind: ObjectKind, layer: usize, name: &AttributeName) -> BTreeSet<Input> {
        let declared = self.0.layers[layer].declarations.iter();
        let mapping = declared
            .filter(|declaration| declaration.kind == kind)
            .find_map(|declaration| declaration.mapping.as_ref());
        let Some(mapping) = mapping else {
            return BTreeSet::new();
        };
        let outputs = mapping.outputs.iter();
        let output = outputs.filter(|output| output.attribute == *name);
        output
            .flat_map(|output| &output.inputs)
            .chain(&mapping.inputs)
            .cloned()
            .collect()
    }

    /// Returns what each layer that has rules for the context's kind says of one object, in the job's
    /// order; whatever the verdict, its mapping is asked for too.
    pub fn explain(&self, context: &Context, row: &MappingRow) -> Vec<LayerAnswer> {
        let Some(rules) = self.rules(context.kind) else {
            return Vec::new();
        };
        let mut answers: Vec<LayerAnswer> = rules
            .layers
            .iter()
            .map(|layer| self.scope_and_keys(context, layer, row))
            .collect();
        if !mapping::fits_columns(rules, row) {
            return answers;
        }
        let mut state = Ok(mapping::State::Deciding {
            shape: None,
            outputs: Vec::new(),
        });
        for (index, (layer, stage)) in rules.mapping().enumerate() {
            let runtime = &self.0.layers[layer.layer].runtime;
            let earlier = (index > 0).then(|| mapping::earlier(&state, stage));
            let given: Vec<Change> = earlier
                .iter()
                .flatten()
                .map(|change| (*change).clone())
                .collect();
            let is_open = matches!(
                state,
                Ok(mapping::State::Deciding { .. } | mapping::State::Skipped(_))
            );
            if is_open {
                let lowered = lowered::Context::new(context, layer.depends_on_time);
                let asked = [Asked { row, earlier }];
                let answer = lower::ask_mapping(runtime, lowered, stage, &asked).pop();
                drop(asked);
                let judging = mapping::Judging {
                    rules,
                    mapping: stage,
                    source: &row.source,
                };
                let taken = answer.map(|answer| judging.take(answer?, &mut state));
                if let Some(Err(failure)) = taken {
                    state = Err(evaluate::failed(&self.0, layer, failure));
                }
            }
            let place = rules
                .layers
                .iter()
                .position(|other| other.layer == layer.layer);
            if let Some(answer) = place.and_then(|place| answers.get_mut(place)) {
                answer.mapping = Some(LayerMapping {
                    earlier: given,
                    outcome: mapping::so_far(&state),
                });
            }
        }
        answers
    }

    fn scope_and_keys(
        &self,
        context: &Context,
        rules: &LayerRules,
        row: &MappingRow,
    ) -> LayerAnswer {
        let layer = &self.0.layers[rules.layer];
        let source = [row.source.as_slice()];
        let lowered = lowered::Context::new(context, rules.depends_on_time);
        let verdict = rules.scoping.as_ref().and_then(|projection| {
            let answer = lower::ask(&layer.runtime, projection, &source, |fuel_max, rows| {
                layer.runtime.decide(fuel_max, lowered, rows)
            })
            .pop()?;
            Some(
                answer
                    .map(Verdict::from)
                    .map_err(|failure| evaluate::failed(&self.0, rules, failure)),
            )
        });
        let keys = rules.matching.as_ref().and_then(|matching| {
            let answer = lower::ask(
                &layer.runtime,
                &matching.source,
                &source,
                |fuel_max, rows| layer.runtime.keys(fuel_max, lowered, rows),
            )
            .pop()?;
            Some(match answer {
                Ok(Ok(keys)) => evaluate::judge(keys, &matching.attributes)
                    .map_err(|failure| evaluate::failed(&self.0, rules, failure)),
                Ok(Err(reason)) => Err(Reason::from(reason)),
                Err(failure) => Err(evaluate::failed(&self.0, rules, failure)),
            })
        });
        LayerAnswer {
            plugin: layer.plugin.clone(),
            component: layer.digest.clone(),
            verdict,
            keys,
            mapping: None,
        }
    }
}
