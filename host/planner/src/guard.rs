//! Guards judge a finished plan. They never edit it: a tripped guard holds the whole plan until
//! somebody approves its hash or the cause is gone (laws L2 and L13, edge cases 31 and 32).

use serde::{Deserialize, Serialize};

/// A plan with at most this many losses is a handful and trips no percentage.
const HANDFUL: u64 = 10;

/// What a job permits a plan to do.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct GuardLimits {
    /// The most objects that one plan may delete or disable.
    pub max_deletes: u64,
    /// The largest part of the job's live links that one plan may delete or disable, in percent;
    /// counted from the eleventh loss on.
    pub max_delete_percent: f64,
}

impl Default for GuardLimits {
    /// Microsoft's threshold for accidental deletions (graph.md, section 13.4), and one in ten.
    fn default() -> Self {
        Self {
            max_deletes: 500,
            max_delete_percent: 10.0,
        }
    }
}

/// What a plan would do, and what it rests on, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Census {
    /// Objects made by the plan.
    pub creates: u64,
    /// Objects taken out of the recycle bin.
    pub restores: u64,
    /// Objects whose attributes are written.
    pub updates: u64,
    /// References set and cleared.
    pub references: u64,
    /// Objects whose sign-in is blocked.
    pub disables: u64,
    /// Objects deleted.
    pub deletes: u64,
    /// The job's live links before the plan.
    pub live_links: u64,
    /// Live objects in the source's mirror, or those that the job assigns; counted, like the live
    /// links, only where the plan has losses.
    pub source_objects: u64,
}

impl Census {
    /// Returns how many objects lose something that people would miss.
    pub fn losses(&self) -> u64 {
        self.disables + self.deletes
    }

    /// Returns how many operations the plan has.
    pub fn operations(&self) -> u64 {
        self.creates + self.restores + self.updates + self.references + self.losses()
    }
}

/// A guard that a plan tripped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// A stable code.
    pub code: String,
    /// What is the matter, in one sentence without a final period.
    pub text: String,
}

impl Trip {
    fn new(code: &str, text: String) -> Self {
        Self {
            code: code.to_owned(),
            text,
        }
    }
}

/// Judges a plan. No trips means that it may run.
pub fn judge(census: &Census, limits: &GuardLimits) -> Vec<Trip> {
    let mut trips = Vec::new();
    let losses = census.losses();
    if census.source_objects == 0 && census.live_links > 0 && losses > 0 {
        trips.push(Trip::new(
            "EmptySource",
            format!(
                "the source lists or assigns nobody at all, while {} are linked",
                census.live_links
            ),
        ));
    }
    if losses > limits.max_deletes {
        trips.push(Trip::new(
            "TooManyDeletes",
            format!(
                "{losses} objects would be deleted or disabled, at most {} may be (max-deletes)",
                limits.max_deletes
            ),
        ));
    }
    let percent = percentage(losses, census.live_links);
    if losses > HANDFUL && percent > limits.max_delete_percent {
        trips.push(Trip::new(
            "TooLargePartDeleted",
            format!(
                "{losses} of {} linked objects ({percent:.1} %) would be deleted or disabled, at \
                 most {} % may be (max-delete-percent)",
                census.live_links, limits.max_delete_percent
            ),
        ));
    }
    trips
}

fn percentage(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "object counts are far below 2^52"
    )]
    let percent = part as f64 * 100.0 / whole as f64;
    percent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(census: Census) -> Vec<String> {
        judge(&census, &GuardLimits::default())
            .into_iter()
            .map(|trip| trip.code)
            .collect()
    }

    #[test]
    fn a_first_cycle_and_a_handful_of_leavers_trip_nothing() {
        assert!(
            codes(Census {
                creates: 50_000,
                source_objects: 50_000,
                ..Census::default()
            })
            .is_empty()
        );
        let handful = Census {
            deletes: 10,
            live_links: 20,
            source_objects: 10,
            ..Census::default()
        };
        assert!(codes(handful).is_empty());
    }

    #[test]
    fn law_02_an_empty_source_deletes_nothing() {
        let census = Census {
            deletes: 3,
            live_links: 3,
            ..Census::default()
        };
        assert_eq!(codes(census), ["EmptySource"]);
    }

    #[test]
    fn deletes_and_disables_count_together_and_the_limit_itself_is_permitted() {
        let census = |deletes, disables| Census {
            deletes,
            disables,
            live_links: 100_000,
            source_objects: 99_000,
            ..Census::default()
        };
        assert!(codes(census(400, 100)).is_empty());
        assert_eq!(codes(census(400, 101)), ["TooManyDeletes"]);
    }

    #[test]
    fn a_large_part_of_the_links_trips() {
        let census = Census {
            deletes: 11,
            live_links: 100,
            source_objects: 90,
            ..Census::default()
        };
        assert_eq!(codes(census), ["TooLargePartDeleted"]);
    }
}
