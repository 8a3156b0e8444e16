//! What a tenant has been asked, counted.
//!
//! Tests and the demo read it back; it never changes an answer.

use std::collections::BTreeMap;

use serde::Serialize;

/// The counts of one tenant since the start.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    /// Requests by `METHOD kind`, such as `GET users/delta`; the items of a batch count one by one.
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) requests_total: u64,
    /// Answers by status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Requests that may write, whatever became of them.
    pub(crate) writes: u64,
    /// Writes that were carried out.
    pub(crate) writes_succeeded: u64,
    pub(crate) writes_in_flight: u64,
    pub(crate) writes_in_flight_most: u64,
    pub(crate) invitations: u64,
    pub(crate) invited_addresses: u64,
    pub(crate) users_created: u64,
    pub(crate) groups_created: u64,
    pub(crate) throttled: u64,
    pub(crate) delta_requests: u64,
    pub(crate) batches: u64,
    pub(crate) tokens: u64,
    pub(crate) faults: u64,
}

impl Stats {
    /// Starts counting anew; what is in flight stays in flight.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            writes_in_flight: self.writes_in_flight,
            ..Self::default()
        };
    }

    pub(crate) fn begin(&mut self, method: &str, kind: &str, writes: bool) {
        self.requests_total += 1;
        *self.requests.entry(format!("{method} {kind}")).or_default() += 1;
        if kind.ends_with("/delta") {
            self.delta_requests += 1;
        }
        if writes {
            self.writes += 1;
            self.writes_in_flight += 1;
            self.writes_in_flight_most = self.writes_in_flight_most.max(self.writes_in_flight);
        }
    }

    pub(crate) fn answered(&mut self, status: u16) {
        *self.statuses.entry(status).or_default() += 1;
        if status == 429 {
            self.throttled += 1;
        }
    }

    pub(crate) fn landed(&mut self) {
        self.writes_in_flight = self.writes_in_flight.saturating_sub(1);
    }
}

/// Returns the path with its ids left out, as the counts name it: `groups/members/$ref`.
pub(crate) fn kind_of(segments: &[String]) -> String {
    let words: Vec<&str> = segments
        .iter()
        .enumerate()
        .filter(|(index, word)| is_word(*index, word))
        .map(|(_, word)| word.as_str())
        .collect();
    words.join("/")
}

fn is_word(index: usize, word: &str) -> bool {
    const WORDS: &[&str] = &[
        "delta",
        "getByIds",
        "synchronization",
        "jobs",
        "templates",
        "provisioning",
        "manager",
        "members",
        "owners",
        "transitiveMembers",
        "memberOf",
        "$ref",
        "$count",
        "restore",
        "microsoft.graph.user",
        "microsoft.graph.group",
        "deletedItems",
        "authorizationPolicy",
        "crossTenantAccessPolicy",
        "partners",
        "default",
        "identitySynchronization",
    ];
    index == 0 || WORDS.contains(&word)
}
