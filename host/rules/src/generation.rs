//! Generations: the layers of a job, configured and consistent, answering for rows.
//!
//! A generation never changes. A run pins one from start to end, so no object of it sees two versions
//! of a rule (law L9), and a new one replaces it between two runs.

mod assemble;
mod digest;
mod evaluate;
mod explain;
mod laws;
mod layout;
mod lower;
mod mapping;
mod shared;
mod trial;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use syncline_directory::{
    AttributeName, Change, GenerationDigest, MatchKey, ObjectKind, Outcome, Reason, Value, Verdict,
};

use crate::{
    context::{Context, MappingRow},
    engine::RulesEngine,
    layer::{Layer, LayerSpec},
    tables::Tables,
};

pub use assemble::ActivationError;
use assemble::Standing;
pub use explain::{LayerAnswer, LayerMapping, OutputOrigin};
pub use laws::{Broken, Finding, Law, Thoroughness};
use layout::KindRules;
pub use shared::Shared;
pub use trial::TrialError;

/// What layers before a lone one are taken to have decided for a row, by attribute.
pub type Earlier = BTreeMap<AttributeName, Change>;

/// The configured layers of a job. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Generation(Arc<Assembled>);

#[derive(Debug)]
struct Assembled {
    digest: GenerationDigest,
    layers: Vec<Layer>,
    kinds: BTreeMap<ObjectKind, KindRules>,
    standing: Standing,
}

impl Generation {
    /// Configures these layers and checks that they fit what Graph knows and each other.
    ///
    /// # Errors
    ///
    /// Names the plugin, or both plugins, and what is wrong.
    pub fn assemble(
        engine: &RulesEngine,
        layers: Vec<LayerSpec>,
        tables: Tables,
    ) -> Result<Self, ActivationError> {
        assemble::assemble(engine, layers, tables, Standing::Job)
            .map(|assembled| Self(Arc::new(assembled)))
    }

    /// Configures one layer to be tried by itself, although it may be meant to stand on others: it
    /// need not give a shape, and is told what earlier layers decided by [`Self::map_after`].
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn alone(
        engine: &RulesEngine,
        layer: LayerSpec,
        tables: Tables,
    ) -> Result<Self, ActivationError> {
        assemble::assemble(engine, vec![layer], tables, Standing::Alone)
            .map(|assembled| Self(Arc::new(assembled)))
    }

    /// Returns the digest over components, settings, overrides and tables.
    pub fn digest(&self) -> &GenerationDigest {
        &self.0.digest
    }

    /// Returns the layers in the job's order.
    pub fn layers(&self) -> &[Layer] {
        &self.0.layers
    }

    /// Returns the kinds of object that any layer has rules for.
    pub fn kinds(&self) -> BTreeSet<ObjectKind> {
        self.0.kinds.keys().copied().collect()
    }

    /// Returns the source attributes that the layers read, sorted: the order in which rows are given.
    pub fn source_columns(&self, kind: ObjectKind) -> &[AttributeName] {
        self.rules(kind).map_or(&[], |rules| &rules.source_columns)
    }

    /// Returns the target attributes that the layers read, sorted: the order in which rows are given.
    pub fn target_columns(&self, kind: ObjectKind) -> &[AttributeName] {
        self.rules(kind).map_or(&[], |rules| &rules.target_columns)
    }

    /// Returns the target attributes that match keys may name, sorted.
    pub fn match_attributes(&self, kind: ObjectKind) -> Vec<AttributeName> {
        self.rules(kind)
            .map(KindRules::match_attributes)
            .unwrap_or_default()
    }

    /// Returns the target attributes that the layers write, sorted.
    pub fn writes(&self, kind: ObjectKind) -> Vec<AttributeName> {
        let outputs = self
            .rules(kind)
            .map(|rules| rules.outputs.iter())
            .into_iter()
            .flatten();
        outputs.map(|output| output.attribute.clone()).collect()
    }

    /// Whether an answer for this kind depends on the run's time, so that rows must be asked about
    /// again although nothing changed.
    pub fn depends_on_time(&self, kind: ObjectKind) -> bool {
        self.rules(kind)
            .is_some_and(|rules| rules.layers.iter().any(|layer| layer.depends_on_time))
    }

    /// Returns a verdict a row, in order: the strictest of the layers'.
    pub fn scope(&self, context: &Context, rows: &[Vec<Value>]) -> Vec<Verdict> {
        let answers = evaluate::scope(&self.0, context, rows);
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(Verdict::Hold))
            .collect()
    }

    /// Returns the match keys of each row, in order: those of all layers, by tier, attribute and value.
    /// A row whose keys are not known in full is held with the reason: fewer keys could lead to another
    /// object, and none would mean that nothing can match.
    pub fn keys(
        &self,
        context: &Context,
        rows: &[Vec<Value>],
    ) -> Vec<Result<Vec<MatchKey>, Reason>> {
        evaluate::keys(&self.0, context, rows)
            .into_iter()
            .map(Result::flatten)
            .collect()
    }

    /// Returns an outcome a row, in order: that of the layers one after the other.
    pub fn map(&self, context: &Context, rows: &[MappingRow]) -> Vec<Outcome> {
        self.map_after(context, rows, &[])
    }

    /// Returns an outcome a row, as [`Self::map`], for a lone layer that is told what earlier layers
    /// decided for each row; rows beyond those are without earlier decisions.
    pub fn map_after(
        &self,
        context: &Context,
        rows: &[MappingRow],
        earlier: &[Earlier],
    ) -> Vec<Outcome> {
        let answers = mapping::map(&self.0, context, rows, earlier);
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(Outcome::Hold))
            .collect()
    }

    /// Whether a layer maps this kind.
    pub fn maps(&self, kind: ObjectKind) -> bool {
        self.rules(kind)
            .is_some_and(|rules| rules.mapping().next().is_some())
    }

    /// Whether a layer says what a new object of this kind becomes.
    pub fn gives_shape(&self, kind: ObjectKind) -> bool {
        self.rules(kind)
            .is_some_and(|rules| rules.mapping().any(|(_, mapping)| mapping.gives_shape))
    }

    fn rules(&self, kind: ObjectKind) -> Option<&KindRules> {
        self.0.kinds.get(&kind)
    }
}
