//! Where each layer finds its columns in a generation's rows, and where its outputs go.

use std::collections::BTreeSet;

use syncline_directory::{Apply, AttributeName, Value, schema::AttributeType};

use crate::contract::{lowered, value_bytes};

/// The rules of all layers for one kind of object.
#[derive(Debug, Default)]
pub(super) struct KindRules {
    pub(super) source_columns: Vec<AttributeName>,
    pub(super) target_columns: Vec<AttributeName>,
    /// What the layers write, sorted by attribute.
    pub(super) outputs: Vec<OutputSlot>,
    /// The layers that have rules for the kind, in the job's order.
    pub(super) layers: Vec<LayerRules>,
}

/// One attribute that is written, by the last layer that writes it.
#[derive(Debug)]
pub(super) struct OutputSlot {
    pub(super) attribute: AttributeName,
    pub(super) kind: AttributeType,
    pub(super) apply: Apply,
}

/// One layer's rules for one kind of object.
#[derive(Debug)]
pub(super) struct LayerRules {
    /// Its place among the generation's layers.
    pub(super) layer: usize,
    pub(super) source: Projection,
    pub(super) target: Projection,
    pub(super) depends_on_time: bool,
    pub(super) scoping: bool,
    /// The attributes that its keys may name, by position.
    pub(super) matching: Option<Vec<AttributeName>>,
    pub(super) mapping: Option<MappingRules>,
}

/// A layer's mapping stage for one kind of object.
#[derive(Debug)]
pub(super) struct MappingRules {
    /// For each of its outputs, the slot it goes to.
    pub(super) slots: Vec<usize>,
    /// For each of its outputs, whether an earlier layer's decision is put before it.
    pub(super) overrides: Vec<bool>,
    pub(super) gives_shape: bool,
}

impl KindRules {
    pub(super) fn match_attributes(&self) -> Vec<AttributeName> {
        let attributes = self
            .layers
            .iter()
            .filter_map(|layer| layer.matching.as_ref())
            .flatten();
        attributes
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    }

    /// Returns the layers that map, in the job's order.
    pub(super) fn mapping(&self) -> impl Iterator<Item = (&LayerRules, &MappingRules)> {
        self.layers
            .iter()
            .filter_map(|layer| Some((layer, layer.mapping.as_ref()?)))
    }
}

/// Which of a generation's columns a layer is given, in which order.
#[derive(Debug)]
pub(super) struct Projection {
    /// The positions in the generation's columns.
    positions: Vec<usize>,
    /// Whether these are all columns in order, which is so for a single layer that declares its
    /// columns sorted; its rows are gone through without looking positions up.
    is_identity: bool,
}

impl Projection {
    /// Returns the projection of these sorted columns to the wanted ones, all of which they contain.
    pub(super) fn new(columns: &[AttributeName], wanted: &[AttributeName]) -> Self {
        let positions: Vec<usize> = wanted
            .iter()
            .filter_map(|name| columns.binary_search(name).ok())
            .collect();
        let is_identity = positions.iter().copied().eq(0..columns.len());
        Self {
            positions,
            is_identity,
        }
    }

    /// Returns how many columns the layer is given.
    pub(super) fn width(&self) -> usize {
        self.positions.len()
    }

    /// Appends the layer's values of a row.
    pub(super) fn lower<'a>(&self, row: &'a [Value], values: &mut Vec<lowered::Value<'a>>) {
        if self.is_identity {
            values.extend(row.iter().map(lowered::Value::from));
        } else {
            values.extend(
                self.positions
                    .iter()
                    .map(|&position| lowered::Value::from(&row[position])),
            );
        }
    }

    /// Returns the bytes of the layer's values of a row.
    pub(super) fn bytes(&self, row: &[Value]) -> usize {
        if self.is_identity {
            row.iter().map(value_bytes).sum()
        } else {
            self.positions
                .iter()
                .map(|&position| value_bytes(&row[position]))
                .sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<AttributeName> {
        names.iter().map(AttributeName::new).collect()
    }

    #[test]
    fn a_layer_is_given_its_columns_in_its_own_order() {
        let columns = names(&["a", "b", "c"]);
        let row = [Value::text("1"), Value::Boolean(true), Value::text("333")];
        let given = |wanted: &[&str]| {
            let projection = Projection::new(&columns, &names(wanted));
            let mut values = Vec::new();
            projection.lower(&row, &mut values);
            assert_eq!(projection.width(), values.len());
            let texts = values.iter().map(|value| match value {
                lowered::Value::Text(text) => (*text).to_owned(),
                _ => "?".to_owned(),
            });
            (
                texts.collect::<Vec<_>>(),
                projection.bytes(&row),
                projection.is_identity,
            )
        };
        assert_eq!(
            given(&["c", "a"]),
            (vec!["333".to_owned(), "1".to_owned()], 4, false)
        );
        assert!(given(&["a", "b", "c"]).2);
        assert!(!given(&["a", "b"]).2);
        assert_eq!(given(&[]).0, Vec::<String>::new());
    }
}
