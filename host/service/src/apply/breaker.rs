//! Ends a run whose operations of one kind all fail alike from the start: a policy that was withdrawn
//! or a permission that was never given is one message, not one for each object (edge case 39).

use std::collections::BTreeMap;

/// How many operations of one kind have to fail with one code, none having succeeded. Small enough to
/// spare the tenant a storm, large enough not to take a few odd objects for the whole.
pub(super) const BROKEN_AFTER: u32 = 20;

/// What has been answered so far, by kind of operation.
#[derive(Debug, Default)]
pub(super) struct Breaker(BTreeMap<&'static str, Tally>);

#[derive(Debug, Default)]
struct Tally {
    succeeded: bool,
    code: String,
    refused: u32,
}

impl Breaker {
    /// Takes in a success; the kind of operation works.
    pub(super) fn done(&mut self, verb: &'static str) {
        self.0.entry(verb).or_default().succeeded = true;
    }

    /// Takes in a refusal; returns whether the run should end.
    pub(super) fn refused(&mut self, verb: &'static str, code: &str) -> bool {
        let tally = self.0.entry(verb).or_default();
        if tally.code != code {
            tally.code = code.to_owned();
            tally.refused = 0;
        }
        tally.refused += 1;
        !tally.succeeded && tally.refused >= BROKEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_39_the_same_refusal_from_the_start_ends_the_run() {
        let mut breaker = Breaker::default();
        assert!((1..BROKEN_AFTER).all(|_| !breaker.refused("invite", "Forbidden")));
        assert!(breaker.refused("invite", "Forbidden"));
    }

    #[test]
    fn one_success_or_another_reason_shows_that_it_is_not_the_whole() {
        let mut breaker = Breaker::default();
        breaker.done("invite");
        assert!((0..100).all(|_| !breaker.refused("invite", "Forbidden")));
        let codes = ["A", "B"].into_iter().cycle().take(100);
        assert!(
            codes
                .into_iter()
                .all(|code| !breaker.refused("update", code))
        );
    }
}
