//! The mapping stage, which is where the time goes: every row of a run, every attribute of a row.

use crate::{
    contract::{
        Change, Context, Dependency, Mapped, MappingRow, MappingStage, Outcome, OutputDescription,
        Reason, Shape, Value,
    },
    input::{At, Reads},
    output::{Absent, Output, Wish},
    ruleset::Gate,
    step::{Step, Unbound},
};

/// How rows become outcomes.
pub(crate) struct Mapping {
    gates: Vec<Gate<Step<Option<Reason>>>>,
    shape: Option<Step<Shape>>,
    pub(crate) wishes: Vec<BoundWish>,
    /// The positions of the source columns that are looked at rather than only copied.
    #[cfg_attr(
        not(target_family = "wasm"),
        expect(dead_code, reason = "rows are whole where there is no boundary")
    )]
    pub(crate) seen: Vec<u32>,
}

/// How one output becomes a change.
pub(crate) enum BoundWish {
    Copy { position: u32, absent: Absent },
    Constant(Change),
    Computed(Step<Change>),
}

impl Mapping {
    /// Gives every input its position; nothing where there is nothing to map.
    pub(crate) fn bind(
        gates: Vec<Gate<Unbound<Option<Reason>>>>,
        shape: Option<Unbound<Shape>>,
        outputs: Vec<Output>,
        reads: &mut Reads,
    ) -> Option<(MappingStage, Self)> {
        if gates.is_empty() && shape.is_none() && outputs.is_empty() {
            return None;
        }
        let mut inputs = Vec::new();
        let gates = gates
            .into_iter()
            .map(|gate| match gate {
                Gate::Skip(step) => Gate::Skip(step.bind_into(reads, &mut inputs)),
                Gate::Hold(step) => Gate::Hold(step.bind_into(reads, &mut inputs)),
            })
            .collect();
        let shape = shape.map(|shape| shape.bind_into(reads, &mut inputs));
        let gives_shape = shape.is_some();

        let (outputs, wishes): (Vec<_>, Vec<_>) = outputs
            .into_iter()
            .map(|output| bind_output(output, reads))
            .unzip();
        let computed = outputs
            .iter()
            .zip(&wishes)
            .filter(|(_, wish)| matches!(wish, BoundWish::Computed(_)));
        let mut seen = Vec::new();
        for input in inputs
            .iter()
            .chain(computed.flat_map(|(output, _)| &output.inputs))
        {
            if let Dependency::Source(position) = input
                && !seen.contains(position)
            {
                seen.push(*position);
            }
        }
        let mut unseen = Vec::new();
        for wish in &wishes {
            if let BoundWish::Copy { position, .. } = wish
                && !seen.contains(position)
                && !unseen.contains(position)
            {
                unseen.push(*position);
            }
        }
        let stage = MappingStage {
            inputs,
            outputs,
            gives_shape,
            unseen,
        };
        Some((
            stage,
            Self {
                gates,
                shape,
                wishes,
                seen,
            },
        ))
    }

    /// Returns what becomes of one row.
    pub(crate) fn apply(&self, context: &Context, row: &MappingRow) -> Outcome {
        let shape = match self.shape(context, row) {
            Ok(shape) => shape,
            Err(outcome) => return outcome,
        };
        let joined = row.row.target.is_some();
        let mut changes = Vec::with_capacity(self.wishes.len());
        for (index, wish) in self.wishes.iter().enumerate() {
            changes.push(match wish {
                BoundWish::Copy { position, absent } => {
                    match row.row.source.get(*position as usize) {
                        Some(Value::Absent) => absent.change(joined),
                        Some(_) => Change::Same(*position),
                        None => Change::Refuse(missing(*position)),
                    }
                }
                BoundWish::Constant(change) => change.clone(),
                BoundWish::Computed(step) => computed(step, context, row, index),
            });
        }
        Outcome::Write(Mapped { shape, changes })
    }

    /// Returns the shape of what is written, or the outcome if nothing is.
    #[inline(always)]
    pub(crate) fn shape(
        &self,
        context: &Context,
        row: &MappingRow,
    ) -> Result<Option<Shape>, Outcome> {
        let at = At {
            context,
            source: &row.row.source,
            target: row.row.target.as_deref(),
            earlier: None,
        };
        if let Some(outcome) = self.stopped(&at) {
            return Err(outcome);
        }
        let shape = self.shape.as_ref().map(|shape| shape(&at)).transpose();
        shape.map_err(Outcome::Hold)
    }

    /// Returns the outcome of the first gate that does not let the row pass.
    fn stopped(&self, at: &At<'_>) -> Option<Outcome> {
        self.gates.iter().find_map(|gate| {
            let (Gate::Skip(step) | Gate::Hold(step)) = gate;
            match (step(at), gate) {
                (Ok(None), _) => None,
                (Ok(Some(reason)), Gate::Skip(_)) => Some(Outcome::Skip(reason)),
                (Ok(Some(reason)) | Err(reason), _) => Some(Outcome::Hold(reason)),
            }
        })
    }
}

/// Returns the change of one output.
pub(crate) fn computed(
    step: &Step<Change>,
    context: &Context,
    row: &MappingRow,
    index: usize,
) -> Change {
    let at = At {
        context,
        source: &row.row.source,
        target: row.row.target.as_deref(),
        earlier: row.earlier.get(index),
    };
    step(&at).unwrap_or_else(Change::Refuse)
}

#[cold]
pub(crate) fn missing(position: u32) -> Reason {
    Reason::new("ColumnMissing", format!("the row has no column {position}"))
}

fn bind_output(output: Output, reads: &mut Reads) -> (OutputDescription, BoundWish) {
    let Output {
        attribute,
        apply,
        wish,
    } = output;
    let (wish, inputs) = match wish {
        Wish::Copy { column, absent } => (
            BoundWish::Copy {
                position: reads.source(column).position,
                absent,
            },
            reads.take_dependencies(),
        ),
        Wish::Constant(value) => (BoundWish::Constant(Change::set(value)), Vec::new()),
        Wish::Computed(step) => {
            let (step, inputs) = step.bind(reads);
            (BoundWish::Computed(step), inputs)
        }
    };
    (
        OutputDescription {
            attribute,
            apply,
            inputs,
        },
        wish,
    )
}
