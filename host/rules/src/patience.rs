//! How much failing a generation puts up with: fuel for failed calls, given back as calls succeed.
//!
//! A rule that loops on every object of a large tenant would otherwise keep a run busy for hours, a
//! second at a time. With this, failing takes at most a start's worth and as long again as what
//! succeeded; beyond it rows are asked in a hurry, and held until another run if that does not do.

use std::sync::atomic::{AtomicU64, Ordering};

/// The fuel that is left for failed calls of one layer.
#[derive(Debug)]
pub(crate) struct Patience {
    left: AtomicU64,
    max: u64,
}

impl Patience {
    pub(crate) fn new(max: u64) -> Self {
        Self {
            left: AtomicU64::new(max),
            max,
        }
    }

    /// Whether a call that takes this much fuel may fail.
    pub(crate) fn allows(&self, fuel: u64) -> bool {
        self.left.load(Ordering::Relaxed) >= fuel
    }

    /// Takes what a failed call has burnt.
    pub(crate) fn spend(&self, fuel: u64) {
        self.change(|left| left.saturating_sub(fuel));
    }

    /// Gives back what a call took that succeeded.
    pub(crate) fn regain(&self, fuel: u64) {
        self.change(|left| left.saturating_add(fuel).min(self.max));
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(change(left))
            })
            .ok();
    }
}
