//! Steps: one computation of a ruleset, before and after its inputs have positions.
//!
//! The columns of a ruleset are known only when all of it is, since a ruleset may be built upon
//! another one and replace parts of it. Until then a step keeps its inputs; bound, it keeps
//! positions.

use crate::{
    contract::{Dependency, Reason},
    input::{At, Input, Reads},
};

/// A computation whose inputs have positions.
pub(crate) type Step<T> = Box<dyn for<'r> Fn(&At<'r>) -> Result<T, Reason>>;

/// A computation whose inputs have none yet.
pub(crate) struct Unbound<T>(Bind<T>);

type Bind<T> = Box<dyn FnOnce(&mut Reads) -> Step<T>>;

impl<T: 'static> Unbound<T> {
    pub(crate) fn new<I: Input>(
        inputs: I,
        compute: impl for<'r> Fn(I::Seen<'r>) -> T + 'static,
    ) -> Self {
        Self(Box::new(move |reads| {
            let bound = inputs.bind(reads);
            Box::new(move |at| I::see(&bound, at).map(&compute))
        }))
    }

    pub(crate) fn bind(self, reads: &mut Reads) -> (Step<T>, Vec<Dependency>) {
        let step = (self.0)(reads);
        (step, reads.take_dependencies())
    }

    /// Binds, and adds what this step depends on to what its stage depends on.
    pub(crate) fn bind_into(self, reads: &mut Reads, stage: &mut Vec<Dependency>) -> Step<T> {
        let (step, dependencies) = self.bind(reads);
        for dependency in dependencies {
            if !stage.contains(&dependency) {
                stage.push(dependency);
            }
        }
        step
    }
}
