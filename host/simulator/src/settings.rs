//! How a simulator is set up: its size, its seed, its limits and its temper.
//!
//! Everything here is fixed at the start. What can change while it runs is under the control
//! routes.

use jiff::Timestamp;

use crate::weather::Weather;

/// What a simulator is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The tenants' names, the first tenant's first. Of two, Syncline's app may only read the first; of
    /// more, it may read and write all of them.
    pub tenants: Vec<String>,
    /// How many users the source tenant holds, its few guests included.
    pub users: usize,
    /// The seed of all names, ids, shuffles and latencies.
    pub seed: u64,
    /// What the tenants permit before they answer 429.
    pub limits: Limits,
    /// Where the clock starts; with `None` it is the machine's clock. A fixed start advances with
    /// tokio's timer.
    pub start: Option<Timestamp>,
    /// How long a request takes, drawn for each; with `None` it takes no time.
    pub latency: Option<Latency>,
    /// How delta queries behave.
    pub delta: DeltaBehaviour,
    /// Which faults come by themselves.
    pub weather: Weather,
    /// For how many seconds a fresh object answers 404 to GET, PATCH and `$ref`.
    pub replication_lag_s: u32,
    /// The life of an access token, drawn between the two, in seconds.
    pub token_life_s: (u32, u32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tenants: ["contoso", "fabrikam"].map(str::to_owned).to_vec(),
            users: 200,
            seed: 7,
            limits: Limits::default(),
            start: None,
            latency: None,
            delta: DeltaBehaviour::default(),
            weather: Weather::default(),
            replication_lag_s: 0,
            // Between 60 and 90 minutes, as Entra draws it (graph.md 1.3).
            token_life_s: (3_600, 5_400),
        }
    }
}

/// The span that a request's duration is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The shortest, in milliseconds.
    pub shortest_ms: u32,
    /// The longest, in milliseconds.
    pub longest_ms: u32,
}

/// What one app may do in one tenant before it is throttled; the defaults are Graph's published
/// numbers (graph.md 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Writes of one app in a tenant, per window.
    pub writes_per_window: u32,
    /// The window of an app's writes, in seconds.
    pub write_window_s: u32,
    /// Writes of all apps in a tenant, per window.
    pub tenant_writes_per_window: u32,
    /// The window of the tenant's writes, in seconds.
    pub tenant_write_window_s: u32,
    /// Resource units per window in a tenant of fewer than 50 users.
    pub resource_units_small: u32,
    /// Resource units per window in a tenant of 50 to 500 users.
    pub resource_units_medium: u32,
    /// Resource units per window in a tenant of more than 500 users.
    pub resource_units_large: u32,
    /// The window of the resource units, in seconds.
    pub resource_unit_window_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            writes_per_window: 3_000,
            write_window_s: 150,
            tenant_writes_per_window: 18_000,
            tenant_write_window_s: 300,
            resource_units_small: 3_500,
            resource_units_medium: 5_000,
            resource_units_large: 8_000,
            resource_unit_window_s: 10,
        }
    }
}

impl Limits {
    /// Returns these limits so many times as wide, for a demonstration that should not take hours.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self {
            writes_per_window: self.writes_per_window.saturating_mul(factor),
            tenant_writes_per_window: self.tenant_writes_per_window.saturating_mul(factor),
            resource_units_small: self.resource_units_small.saturating_mul(factor),
            resource_units_medium: self.resource_units_medium.saturating_mul(factor),
            resource_units_large: self.resource_units_large.saturating_mul(factor),
            ..self
        }
    }

    /// Returns limits that nobody reaches.
    #[must_use]
    pub fn none() -> Self {
        Self::default().times(1_000_000)
    }
}

/// How delta queries behave (graph.md section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaBehaviour {
    /// How many objects a page holds at most.
    pub page_size: usize,
    /// How many members a page of groups holds at most; a larger group goes on in the next page.
    pub members_per_page: usize,
    /// The life of a link, in seconds.
    pub token_life_s: u32,
    /// How many seconds a change stays invisible to delta.
    pub lag_s: u32,
    /// Whether a round also repeats what the round before it reported.
    pub replays: bool,
    /// Whether a round starts with an empty page that has a nextLink.
    pub starts_empty: bool,
}

impl Default for DeltaBehaviour {
    fn default() -> Self {
        Self {
            page_size: 200,
            members_per_page: 1_000,
            // Seven days for directory objects (graph.md 3.3).
            token_life_s: 7 * 24 * 3_600,
            lag_s: 0,
            replays: false,
            starts_empty: false,
        }
    }
}
