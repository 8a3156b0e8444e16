//! Assembly: layers are configured, and contradictions between them are refused by name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use syncline_directory::{AttributeName, ObjectKind, PluginName, Reason};

use super::{
    Assembled, digest,
    layout::{
        KindRules, LayerRules, MappingRules, MatchingRules, OutputRules, OutputSlot, Projection,
    },
};
use crate::{
    call::Runtime,
    description::{Description, DescriptionError, Mapping, MappingOutput, Ruleset, Sight},
    engine::RulesEngine,
    layer::{Layer, LayerSpec},
    tables::Tables,
    untrusted,
};

/// Why layers do not make a generation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// There is no layer.
    #[error("there are no rules: a job needs at least one plugin")]
    Empty,
    /// The settings are no object.
    #[error("the settings of `{0}` must be a table of names and values")]
    SettingsShape(PluginName),
    /// The plugin refuses its settings; both texts are printable.
    #[error("`{plugin}` refuses its setting `{path}`: {message}")]
    Settings {
        /// The plugin.
        plugin: PluginName,
        /// Which setting, as in `regions[3].code`; empty for all of them.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The plugin failed while it was being configured.
    #[error("`{plugin}` cannot be configured: {}", reason.text)]
    Configure {
        /// The plugin.
        plugin: PluginName,
        /// How it failed.
        reason: Reason,
    },
    /// The plugin's description is wrong.
    #[error("`{plugin}` describes itself wrongly")]
    Description {
        /// The plugin.
        plugin: PluginName,
        /// What is wrong.
        #[source]
        error: DescriptionError,
    },
    /// Two layers write one attribute, and the job does not say that one overrides the other.
    #[error(
        "`{earlier}` and `{later}` both write `{attribute}` of {kind}s: one must leave it, or `{later}` must be told to override it"
    )]
    Conflict {
        /// The kind of object.
        kind: ObjectKind,
        /// The attribute.
        attribute: AttributeName,
        /// The layer that writes it first.
        earlier: PluginName,
        /// The layer that writes it again.
        later: PluginName,
    },
    /// A layer overrides what no earlier layer writes, or does not write it itself.
    #[error("`{plugin}` is told to override `{attribute}`, which {} does not write", if *.is_written { "any earlier plugin" } else { "it" })]
    NothingToOverride {
        /// The layer.
        plugin: PluginName,
        /// The attribute.
        attribute: AttributeName,
        /// Whether the layer itself writes it.
        is_written: bool,
    },
    /// A layer looks into a table that it is not given.
    #[error(
        "`{plugin}` looks into the table `{table}`, which the job does not give: add `{table} = \"tables/{table}.csv\"` to its `tables`"
    )]
    MissingTable {
        /// The layer.
        plugin: PluginName,
        /// The table.
        table: String,
    },
    /// No layer looks into this table.
    #[error("no plugin looks into the table `{table}`{}", known_tables(declared))]
    UnusedTable {
        /// The table.
        table: String,
        /// The tables that plugins do look into.
        declared: BTreeSet<String>,
    },
    /// Two layers give the shape of new objects.
    #[error("`{earlier}` and `{later}` both say what a new {kind} becomes: one must leave it")]
    TwoShapes {
        /// The kind of object.
        kind: ObjectKind,
        /// The first layer.
        earlier: PluginName,
        /// The second layer.
        later: PluginName,
    },
    /// No layer gives the shape of new objects.
    #[error("no plugin says what a new {kind} becomes, although `{plugin}` maps {kind}s")]
    NoShape {
        /// The kind of object.
        kind: ObjectKind,
        /// The first layer that maps the kind.
        plugin: PluginName,
    },
}

fn known_tables(declared: &BTreeSet<String>) -> String {
    match declared
        .iter()
        .map(|table| format!("`{table}`"))
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => ": they look into none; remove it".to_owned(),
        tables => format!("; they look into {}", tables.join(", ")),
    }
}

/// Whether layers are a job's, or one that is tried by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Job,
    Alone,
}

pub(super) fn assemble(
    engine: &RulesEngine,
    specs: Vec<LayerSpec>,
    tables: Tables,
    standing: Standing,
) -> Result<Assembled, ActivationError> {
    if specs.is_empty() {
        return Err(ActivationError::Empty);
    }
    let settings: Vec<String> = specs
        .iter()
        .map(|spec| digest::canonical(&spec.settings))
        .collect();
    let digest = digest::digest(&specs, &settings, &tables);
    let tables = Arc::new(tables);
    let mut layers = Vec::with_capacity(specs.len());
    let mut rulesets = BTreeMap::<ObjectKind, Vec<(usize, Ruleset)>>::new();
    for (index, (spec, settings)) in specs.iter().zip(settings).enumerate() {
        let (layer, described) = configure(engine, spec, settings, &tables)?;
        layers.push(layer);
        for ruleset in described {
            rulesets
                .entry(ruleset.kind)
                .or_default()
                .push((index, ruleset));
        }
    }
    // Which tables a job would give is not known to whoever tries a layer by itself.
    if standing == Standing::Job {
        check_tables(&layers, &tables)?;
    }
    check_overrides(&specs, &rulesets)?;
    let kinds = rulesets
        .into_iter()
        .map(|(kind, rulesets)| Ok((kind, lay_out(kind, &specs, rulesets, standing)?)))
        .collect::<Result<_, ActivationError>>()?;
    Ok(Assembled {
        digest,
        layers,
        kinds,
        standing,
    })
}

fn configure(
    engine: &RulesEngine,
    spec: &LayerSpec,
    settings: String,
    tables: &Arc<Tables>,
) -> Result<(Layer, Vec<Ruleset>), ActivationError> {
    let plugin = || spec.plugin.clone();
    if !(spec.settings.is_object() || spec.settings.is_null()) {
        return Err(ActivationError::SettingsShape(plugin()));
    }
    let mut runtime = Runtime::new(
        Arc::clone(engine.limits()),
        plugin(),
        spec.component.clone(),
        settings,
        Arc::clone(tables),
    );
    let described = runtime
        .describe()
        .map_err(|failure| ActivationError::Configure {
            plugin: plugin(),
            reason: Reason {
                text: failure.clone().sentence(),
                ..failure.reason(&spec.plugin)
            },
        })?
        .map_err(|error| ActivationError::Settings {
            plugin: plugin(),
            path: untrusted::printable(&error.path),
            message: untrusted::printable(&error.message),
        })?;
    let description =
        Description::check(described).map_err(|error| ActivationError::Description {
            plugin: plugin(),
            error,
        })?;
    runtime.declare_tables(description.tables.clone());
    let layer = Layer {
        plugin: plugin(),
        digest: spec.component.digest().clone(),
        name: description.name,
        version: description.version,
        summary: description.summary,
        kinds: description
            .rulesets
            .iter()
            .map(|ruleset| ruleset.kind)
            .collect(),
        tables: description.tables,
        declarations: description.declarations,
        runtime,
    };
    Ok((layer, description.rulesets))
}

/// A table that is missing would read as one without lines, and one that nobody looks into is most
/// likely misspelt.
fn check_tables(layers: &[Layer], tables: &Tables) -> Result<(), ActivationError> {
    let declared = || layers.iter().flat_map(|layer| &layer.tables);
    let missing = layers.iter().find_map(|layer| {
        let missing = layer
            .tables
            .iter()
            .find(|table| !tables.0.contains_key(*table));
        missing.map(|table| (layer.plugin.clone(), table.clone()))
    });
    if let Some((plugin, table)) = missing {
        return Err(ActivationError::MissingTable { plugin, table });
    }
    match tables
        .0
        .keys()
        .find(|table| !declared().any(|known| known == *table))
    {
        Some(table) => Err(ActivationError::UnusedTable {
            table: table.clone(),
            declared: declared().cloned().collect(),
        }),
        None => Ok(()),
    }
}

fn writes(ruleset: &Ruleset, attribute: &AttributeName) -> bool {
    let outputs = ruleset.mapping.iter().flat_map(|mapping| &mapping.outputs);
    outputs
        .into_iter()
        .any(|output| output.attribute == *attribute)
}

/// An override that does nothing is a misspelling, or was meant for another order of the layers.
fn check_overrides(
    specs: &[LayerSpec],
    rulesets: &BTreeMap<ObjectKind, Vec<(usize, Ruleset)>>,
) -> Result<(), ActivationError> {
    for (index, spec) in specs.iter().enumerate() {
        for attribute in &spec.overrides {
            let mut is_written = false;
            let mut has_earlier = false;
            for rulesets in rulesets.values() {
                let writers = |wanted: &dyn Fn(usize) -> bool| {
                    rulesets
                        .iter()
                        .any(|(layer, rules)| wanted(*layer) && writes(rules, attribute))
                };
                let by_itself = writers(&|layer| layer == index);
                is_written |= by_itself;
                has_earlier |= by_itself && writers(&|layer| layer < index);
            }
            if !has_earlier {
                return Err(ActivationError::NothingToOverride {
                    plugin: spec.plugin.clone(),
                    attribute: attribute.clone(),
                    is_written,
                });
            }
        }
    }
    Ok(())
}

fn lay_out(
    kind: ObjectKind,
    specs: &[LayerSpec],
    rulesets: Vec<(usize, Ruleset)>,
    standing: Standing,
) -> Result<KindRules, ActivationError> {
    let columns = |of: fn(&Ruleset) -> &Vec<AttributeName>| {
        let mut columns: Vec<AttributeName> = rulesets
            .iter()
            .flat_map(|(_, ruleset)| of(ruleset))
            .cloned()
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    };
    let mut rules = KindRules {
        source_columns: columns(|ruleset| &ruleset.reads),
        target_columns: columns(|ruleset| &ruleset.target_reads),
        outputs: slots(kind, specs, &rulesets)?,
        layers: Vec::with_capacity(rulesets.len()),
    };
    if standing == Standing::Job {
        check_shape(kind, specs, &rulesets)?;
    }
    for (layer, ruleset) in rulesets {
        let source = |sights: &[Sight]| {
            let reads = ruleset.reads.iter().zip(sights.iter().copied());
            Projection::new(&rules.source_columns, reads)
        };
        let target = |sights: &[Sight]| {
            let reads = ruleset.target_reads.iter().zip(sights.iter().copied());
            Projection::new(&rules.target_columns, reads)
        };
        let layer = LayerRules {
            layer,
            depends_on_time: ruleset.depends_on_time,
            scoping: ruleset.scoping.as_deref().map(source),
            matching: ruleset.matching.as_ref().map(|matching| MatchingRules {
                source: source(&matching.source),
                attributes: matching.attributes.clone(),
            }),
            mapping: ruleset.mapping.as_ref().map(|mapping| MappingRules {
                source: source(&mapping.source),
                target: target(&mapping.target),
                outputs: place(mapping, &rules.outputs, &specs[layer].overrides, standing),
                gives_shape: mapping.gives_shape,
            }),
        };
        rules.layers.push(layer);
    }
    Ok(rules)
}

/// Returns what the layers write, sorted by attribute; the last layer says when a wish is honoured.
fn slots(
    kind: ObjectKind,
    specs: &[LayerSpec],
    rulesets: &[(usize, Ruleset)],
) -> Result<Vec<OutputSlot>, ActivationError> {
    let mut slots = BTreeMap::<AttributeName, (usize, OutputSlot)>::new();
    for (layer, ruleset) in rulesets {
        for output in ruleset.mapping.iter().flat_map(|mapping| &mapping.outputs) {
            let attribute = output.attribute.clone();
            let slot = OutputSlot {
                attribute: attribute.clone(),
                kind: output.kind,
                apply: output.apply,
            };
            if let Some((earlier, _)) = slots.insert(attribute.clone(), (*layer, slot))
                && !specs[*layer].overrides.contains(&attribute)
            {
                return Err(ActivationError::Conflict {
                    kind,
                    attribute,
                    earlier: specs[earlier].plugin.clone(),
                    later: specs[*layer].plugin.clone(),
                });
            }
        }
    }
    Ok(slots.into_values().map(|(_, slot)| slot).collect())
}

fn check_shape(
    kind: ObjectKind,
    specs: &[LayerSpec],
    rulesets: &[(usize, Ruleset)],
) -> Result<(), ActivationError> {
    let plugin = |layer: usize| specs[layer].plugin.clone();
    let mapping: Vec<(usize, &Mapping)> = rulesets
        .iter()
        .filter_map(|(layer, ruleset)| Some((*layer, ruleset.mapping.as_ref()?)))
        .collect();
    let givers: Vec<usize> = mapping
        .iter()
        .filter(|(_, mapping)| mapping.gives_shape)
        .map(|(layer, _)| *layer)
        .collect();
    match (givers.as_slice(), mapping.first()) {
        ([earlier, later, ..], _) => Err(ActivationError::TwoShapes {
            kind,
            earlier: plugin(*earlier),
            later: plugin(*later),
        }),
        ([], Some((first, _))) => Err(ActivationError::NoShape {
            kind,
            plugin: plugin(*first),
        }),
        _ => Ok(()),
    }
}

fn place(
    mapping: &Mapping,
    slots: &[OutputSlot],
    overrides: &[AttributeName],
    standing: Standing,
) -> Vec<OutputRules> {
    let place = |output: &MappingOutput| {
        let name = &output.attribute;
        let slot = slots
            .binary_search_by(|slot| slot.attribute.cmp(name))
            .ok()?;
        Some(OutputRules {
            slot,
            // Whatever earlier layers are taken to have decided is for a lone layer to see.
            overrides: standing == Standing::Alone || overrides.contains(name),
            sources: output.sources.clone(),
        })
    };
    mapping.outputs.iter().filter_map(place).collect()
}
