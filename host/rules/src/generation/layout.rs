//! Where each layer finds its columns in a generation's rows, and where its outputs go.

use std::collections::BTreeSet;

use syncline_directory::{Apply, AttributeName, Value, schema::AttributeType};

use crate::{
    contract::{WORD, lowered, value_bytes},
    description::Sight,
};

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
    pub(super) depends_on_time: bool,
    /// What its scoping is shown.
    pub(super) scoping: Option<Projection>,
    pub(super) matching: Option<MatchingRules>,
    pub(super) mapping: Option<MappingRules>,
}

/// A layer's matching stage for one kind of object.
#[derive(Debug)]
pub(super) struct MatchingRules {
    pub(super) source: Projection,
    /// The attributes that its keys may name, by position.
    pub(super) attributes: Vec<AttributeName>,
}

/// A layer's mapping stage for one kind of object.
#[derive(Debug)]
pub(super) struct MappingRules {
    pub(super) source: Projection,
    pub(super) target: Projection,
    pub(super) outputs: Vec<OutputRules>,
    pub(super) gives_shape: bool,
}

/// One output of a layer.
#[derive(Debug)]
pub(super) struct OutputRules {
    /// The slot that it goes to.
    pub(super) slot: usize,
    /// Whether an earlier layer's decision is put before it.
    pub(super) overrides: bool,
    /// The source columns whose values it may hand on, by the layer's positions.
    pub(super) sources: Vec<u32>,
}

impl KindRules {
    pub(super) fn match_attributes(&self) -> Vec<AttributeName> {
        let attributes = self
            .layers
            .iter()
            .filter_map(|layer| layer.matching.as_ref())
            .flat_map(|matching| &matching.attributes);
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

/// Which of a generation's columns a stage is given, in which order, and what it sees of them.
#[derive(Debug)]
pub(super) struct Projection(Vec<Column>);

#[derive(Debug)]
struct Column {
    /// The position in the generation's columns.
    position: usize,
    sight: Sight,
}

impl Projection {
    /// Returns the projection of these sorted columns to the wanted ones, all of which they contain.
    pub(super) fn new<'a>(
        columns: &[AttributeName],
        wanted: impl Iterator<Item = (&'a AttributeName, Sight)>,
    ) -> Self {
        let column = |(name, sight)| {
            let position = columns.binary_search(name).ok()?;
            Some(Column { position, sight })
        };
        Self(wanted.filter_map(column).collect())
    }

    /// Returns how many columns the stage is given.
    pub(super) fn width(&self) -> usize {
        self.0.len()
    }

    /// Returns where the stage's column is among the generation's.
    pub(super) fn position(&self, column: u32) -> Option<usize> {
        let column = self.0.get(usize::try_from(column).ok()?)?;
        Some(column.position)
    }

    /// Appends what the stage sees of a row.
    pub(super) fn lower<'a>(&self, row: &'a [Value], values: &mut Vec<lowered::Value<'a>>) {
        values.extend(self.0.iter().map(|column| {
            let value = &row[column.position];
            match column.sight {
                Sight::Seen => lowered::Value::from(value),
                Sight::Unseen | Sight::Undeclared => lowered::Value::withheld(value),
            }
        }));
    }

    /// Returns the bytes of a row's values. One that the stage may hand on counts in full, so that an
    /// answer which does so has the room that the question had.
    pub(super) fn bytes(&self, row: &[Value]) -> usize {
        let bytes = self.0.iter().map(|column| match column.sight {
            Sight::Seen | Sight::Unseen => value_bytes(&row[column.position]),
            Sight::Undeclared => WORD,
        });
        bytes.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<AttributeName> {
        names.iter().map(AttributeName::new).collect()
    }

    #[test]
    fn a_stage_is_given_its_columns_in_its_own_order_and_sees_what_it_declares() {
        let columns = names(&["a", "b", "c"]);
        let row = [Value::text("1"), Value::Absent, Value::text("333")];
        let given = |wanted: &[(&str, Sight)]| {
            let names: Vec<_> = wanted
                .iter()
                .map(|(name, _)| AttributeName::new(name))
                .collect();
            let sights = wanted.iter().map(|(_, sight)| *sight);
            let projection = Projection::new(&columns, names.iter().zip(sights));
            let mut values = Vec::new();
            projection.lower(&row, &mut values);
            assert_eq!(projection.width(), values.len());
            let texts = values.iter().map(|value| match value {
                lowered::Value::Text(text) => *text,
                lowered::Value::Absent => "absent",
                lowered::Value::Withheld => "withheld",
                _ => "?",
            });
            (texts.collect::<Vec<_>>(), projection.bytes(&row))
        };
        assert_eq!(
            given(&[("c", Sight::Seen), ("a", Sight::Seen)]),
            (vec!["333", "1"], 4)
        );
        assert_eq!(
            given(&[
                ("c", Sight::Unseen),
                ("b", Sight::Unseen),
                ("a", Sight::Undeclared)
            ]),
            (vec!["withheld", "absent", "withheld"], 3 + WORD + WORD)
        );
        assert_eq!(given(&[]), (vec![], 0));
    }
}
