//! What two generations have in common: rules are pure, so what is the same need not be asked again.

use syncline_directory::ObjectKind;

use super::{Generation, layout::LayerRules};

/// Which stages two generations have in common for a kind of object: they answer alike for the same
/// row at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Scope.
    pub scoping: bool,
    /// Match keys.
    pub matching: bool,
    /// Mapping.
    pub mapping: bool,
}

impl Generation {
    /// Returns which stages this generation has in common with another: those whose layers have the
    /// same component, settings, overrides and declared tables, in the same order.
    pub fn shared_with(&self, other: &Self, kind: ObjectKind) -> Shared {
        let same = |has: fn(&LayerRules) -> bool| {
            let (ours, theirs) = (self.stage(kind, has), other.stage(kind, has));
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(&theirs)
                    .all(|(ours, theirs)| self.is_same_layer(ours, other, theirs))
        };
        Shared {
            scoping: same(|layer| layer.scoping.is_some()),
            matching: same(|layer| layer.matching.is_some()),
            mapping: same(|layer| layer.mapping.is_some()),
        }
    }

    fn stage(&self, kind: ObjectKind, has: fn(&LayerRules) -> bool) -> Vec<&LayerRules> {
        self.rules(kind).map_or_else(Vec::new, |rules| {
            rules.layers.iter().filter(|layer| has(layer)).collect()
        })
    }

    fn is_same_layer(&self, ours: &LayerRules, other: &Self, theirs: &LayerRules) -> bool {
        let overrides = |layer: &LayerRules| {
            layer.mapping.as_ref().map(|mapping| {
                let outputs = mapping.outputs.iter();
                outputs
                    .map(|output| output.overrides)
                    .collect::<Vec<bool>>()
            })
        };
        let (our_layer, their_layer) = (&self.0.layers[ours.layer], &other.0.layers[theirs.layer]);
        our_layer.digest == their_layer.digest
            && our_layer.runtime.answers_alike(&their_layer.runtime)
            && overrides(ours) == overrides(theirs)
    }
}
