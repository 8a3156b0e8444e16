//! Rules that fail on too many objects are asked nothing more: the job holds everything and plans no
//! loss, and the last good rules are offered.

use syncline_directory::{Reason, SourceId};
use syncline_rules::codes;

/// Rules may fail on so many objects of a cycle, whatever part of all that is: they are held one by
/// one, and each is told of.
const FAILURES_PERMITTED: u64 = 20;

/// Beyond that, rules may fail on this part of the objects they were asked about, in percent.
const FAILED_PERCENT_MAX: u64 = 5;

/// How many failures are remembered one by one.
const EXAMPLES_MAX: usize = 20;

/// On how many objects rules failed. What says more of the moment than of the object (the clock, a
/// batch whose neighbours used up its fuel) counts on neither side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: u64,
    pub(crate) failed: u64,
    /// The first of them.
    pub(crate) failures: Vec<(SourceId, Reason)>,
}

impl Tally {
    /// Counts an object that the rules were asked about, and how they failed on it.
    pub(crate) fn count(&mut self, source: &SourceId, failure: Option<&Reason>) {
        match failure {
            Some(reason) if codes::is_passing(&reason.code) => {}
            Some(reason) => {
                self.asked += 1;
                self.failed += 1;
                if self.failures.len() < EXAMPLES_MAX {
                    self.failures.push((source.clone(), reason.clone()));
                }
            }
            None => self.asked += 1,
        }
    }

    /// Adds what another tally counted.
    pub(crate) fn join(&mut self, other: Self) {
        self.asked += other.asked;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.failures.truncate(EXAMPLES_MAX);
    }

    /// Whether the rules fail on too many objects to go on with them.
    pub(crate) fn is_too_much(&self) -> bool {
        self.failed > FAILURES_PERMITTED && self.failed * 100 > self.asked * FAILED_PERCENT_MAX
    }

    /// Returns how the rules failed on the first object.
    pub(crate) fn first_reason(&self) -> String {
        let first = self.failures.first();
        first.map_or_else(String::new, |(_, reason)| reason.text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(asked: u64, failed: u64) -> Tally {
        let mut tally = Tally::default();
        let reason = Reason::new(codes::TRAPPED, "trapped");
        for number in 0..asked {
            let failure = (number < failed).then_some(&reason);
            tally.count(&SourceId::new(number.to_string()), failure);
        }
        tally
    }

    #[test]
    fn twenty_failures_are_borne_and_more_only_where_they_are_few_among_many() {
        assert!(!tally(20, 20).is_too_much());
        assert!(tally(21, 21).is_too_much());
        assert!(tally(419, 21).is_too_much());
        assert!(!tally(420, 21).is_too_much());
        assert!(!tally(1_000, 50).is_too_much());
        assert!(tally(1_000, 51).is_too_much());
        assert_eq!(tally(1_000, 51).failures.len(), EXAMPLES_MAX);
    }

    #[test]
    fn what_the_clock_or_the_neighbours_did_counts_on_neither_side() {
        let mut tally = tally(21, 20);
        for code in [codes::TOO_SLOW, codes::NOT_TRIED] {
            let reason = Reason::new(code, "");
            for number in 0..1_000 {
                tally.count(&SourceId::new(number.to_string()), Some(&reason));
            }
        }
        assert_eq!((tally.asked, tally.failed), (21, 20));
        assert!(!tally.is_too_much());
    }
}
