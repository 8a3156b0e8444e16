//! Rulesets: all that a rule decides about one kind of object.
//!
//! A ruleset is put together from computations, each with its inputs. A stage to which nothing was
//! added is not declared, and the host never asks for it. A ruleset that a library returns can be
//! built upon: scopes add up, an output replaces the one of the same attribute.

use crate::{
    contract::{ObjectKind, Reason, Shape, Verdict},
    input::Input,
    output::Output,
    step::Unbound,
};

/// All that a rule decides about one kind of object.
pub struct Ruleset {
    pub(crate) kind: ObjectKind,
    pub(crate) scopes: Vec<Unbound<Verdict>>,
    pub(crate) keys: Vec<KeySource>,
    pub(crate) gates: Vec<Gate<Unbound<Option<Reason>>>>,
    pub(crate) shape: Option<Unbound<Shape>>,
    pub(crate) outputs: Vec<Output>,
}

/// Where keys of one tier for one attribute come from.
pub(crate) struct KeySource {
    pub(crate) tier: u8,
    pub(crate) attribute: String,
    pub(crate) values: Unbound<Vec<String>>,
}

/// What stands before the outputs.
pub(crate) enum Gate<S> {
    Skip(S),
    Hold(S),
}

impl Ruleset {
    /// Returns a ruleset that decides nothing yet.
    pub const fn of(kind: ObjectKind) -> Self {
        Self {
            kind,
            scopes: Vec::new(),
            keys: Vec::new(),
            gates: Vec::new(),
            shape: None,
            outputs: Vec::new(),
        }
    }

    /// Decides scope. Of several such verdicts about an object the strictest counts.
    #[must_use]
    pub fn scope<I: Input>(
        mut self,
        inputs: I,
        verdict: impl for<'r> Fn(I::Seen<'r>) -> Verdict + 'static,
    ) -> Self {
        const {
            assert!(
                !I::AFTER_JOIN,
                "scope is decided before the target object is known"
            )
        }
        self.scopes.push(Unbound::new(inputs, verdict));
        self
    }

    /// Gives match keys of one tier for one target attribute; `mail` stands for every address of an
    /// object. Lower tiers are tried first. An `Option<String>` serves for one key, a `Vec` for
    /// several.
    #[must_use]
    pub fn key<I: Input, K: IntoIterator<Item = String>>(
        mut self,
        tier: u8,
        attribute: impl Into<String>,
        inputs: I,
        keys: impl for<'r> Fn(I::Seen<'r>) -> K + 'static,
    ) -> Self {
        const {
            assert!(
                !I::AFTER_JOIN,
                "keys are given before the target object is known"
            )
        }
        let values = Unbound::new(inputs, move |seen: I::Seen<'_>| {
            keys(seen).into_iter().collect()
        });
        self.keys.push(KeySource {
            tier,
            attribute: attribute.into(),
            values,
        });
        self
    }

    /// Takes back all match keys, those of a ruleset that this one builds upon.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        self.keys.clear();
        self
    }

    /// Skips an object where there is a reason to: nothing is done for it.
    #[must_use]
    pub fn skip<I: Input>(
        mut self,
        inputs: I,
        reason: impl for<'r> Fn(I::Seen<'r>) -> Option<Reason> + 'static,
    ) -> Self {
        self.gates.push(Gate::Skip(Unbound::new(inputs, reason)));
        self
    }

    /// Holds an object where there is a reason to: it cannot be decided and stays as it is.
    #[must_use]
    pub fn hold<I: Input>(
        mut self,
        inputs: I,
        reason: impl for<'r> Fn(I::Seen<'r>) -> Option<Reason> + 'static,
    ) -> Self {
        self.gates.push(Gate::Hold(Unbound::new(inputs, reason)));
        self
    }

    /// Makes every new object of this shape.
    #[must_use]
    pub fn shape(self, shape: Shape) -> Self {
        self.shape_from((), move |()| shape)
    }

    /// Decides what a new object becomes.
    #[must_use]
    pub fn shape_from<I: Input>(
        mut self,
        inputs: I,
        shape: impl for<'r> Fn(I::Seen<'r>) -> Shape + 'static,
    ) -> Self {
        self.shape = Some(Unbound::new(inputs, shape));
        self
    }

    /// Takes back the shape, for a layer above another one that gives it.
    #[must_use]
    pub fn without_shape(mut self) -> Self {
        self.shape = None;
        self
    }

    /// Writes an attribute, in place of an earlier output of the same attribute.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        match self
            .outputs
            .iter_mut()
            .find(|known| known.attribute == output.attribute)
        {
            Some(known) => *known = output,
            None => self.outputs.push(output),
        }
        self
    }

    /// Writes several attributes.
    #[must_use]
    pub fn outputs(self, outputs: impl IntoIterator<Item = Output>) -> Self {
        outputs.into_iter().fold(self, Self::output)
    }

    /// Takes back an output.
    #[must_use]
    pub fn without_output(mut self, attribute: &str) -> Self {
        self.outputs.retain(|output| output.attribute != attribute);
        self
    }
}
