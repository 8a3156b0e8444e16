//! The trial of a generation before it becomes active: on rows of the mirror and on its components'
//! own samples it must answer for every row, and answer the same whenever and however it is asked.

use syncline_directory::{Attributes, ObjectKind, Reason, Value};

use super::{Finding, Generation, Law, Thoroughness};
use crate::context::{Context, MappingRow};

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// A layer gave no answer for a row.
    #[error("{kind} {row} of the trial got no answer: {}", reason.text)]
    Failed {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
        /// What happened.
        reason: Reason,
    },
    /// Asked twice the same, the rules answered differently for a row.
    #[error("{kind} {row} of the trial got two different answers to one question")]
    NotDeterministic {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
    },
    /// The answer for a row depends on the rows around it or on their order.
    #[error("the answer for {kind} {row} of the trial depends on the other objects of its batch")]
    DependsOnBatch {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
    },
    /// The rules want more of a target that is as they wanted it, or depend on what they do not
    /// declare.
    #[error("{kind} {row} of the trial breaks a law: {what}")]
    Unlawful {
        /// The kind of object.
        kind: ObjectKind,
        /// The row's index.
        row: usize,
        /// What happened; printable.
        what: String,
    },
}

impl TrialError {
    fn of(kind: ObjectKind, finding: Finding) -> Option<Self> {
        let broken = finding.broken?;
        let row = broken.row;
        Some(match (finding.law, broken.reason) {
            (_, Some(reason)) => Self::Failed { kind, row, reason },
            (Law::Deterministic, None) => Self::NotDeterministic { kind, row },
            (Law::Batch | Law::Order | Law::History, None) => Self::DependsOnBatch { kind, row },
            (_, None) => Self::Unlawful {
                kind,
                row,
                what: broken.what,
            },
        })
    }
}

impl Generation {
    /// Tries the laws on these rows (see [`Law`]). The context's kind is not looked at.
    ///
    /// # Errors
    ///
    /// Names the first row that fails, and how.
    pub fn try_rows(
        &self,
        context: &Context,
        kind: ObjectKind,
        rows: &[MappingRow],
    ) -> Result<(), TrialError> {
        let findings = self.laws(context, kind, rows, Thoroughness::ADMISSION);
        let mut broken = findings
            .into_iter()
            .filter_map(|finding| TrialError::of(kind, finding));
        broken.next().map_or(Ok(()), Err)
    }

    /// Tries every stage on the samples that the components bring along, as [`Self::try_rows`] does.
    ///
    /// # Errors
    ///
    /// Names the first sample that fails, counted among all samples of its kind.
    pub fn try_samples(&self, context: &Context) -> Result<(), TrialError> {
        for kind in self.kinds() {
            let layers = self.layers().iter();
            let samples = layers.flat_map(|layer| layer.component().samples());
            let rows: Vec<MappingRow> = samples
                .filter(|sample| sample.kind == kind)
                .map(|sample| MappingRow {
                    source: values(self.source_columns(kind), &sample.source),
                    target: sample
                        .target
                        .as_ref()
                        .map(|target| values(self.target_columns(kind), target)),
                })
                .collect();
            self.try_rows(context, kind, &rows)?;
        }
        Ok(())
    }
}

fn values(columns: &[syncline_directory::AttributeName], attributes: &Attributes) -> Vec<Value> {
    columns
        .iter()
        .map(|name| attributes.get(name).cloned().unwrap_or_default())
        .collect()
}
