//! The budget of a tenant: token buckets on costs, as Graph's identity service has them
//! (graph.md section 8).
//!
//! A request that is refused counts all the same, so that who hammers waits longer. Levels are
//! whole numbers of thousandths; there is no rounding that could differ between machines.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;

use crate::error::GraphError;
use crate::exchange::Call;
use crate::settings::Limits;

/// The buckets of one tenant.
#[derive(Debug)]
pub(crate) struct Throttle {
    limits: Limits,
    /// By client id: resource units and writes.
    apps: BTreeMap<String, (Bucket, Bucket)>,
    /// By client id: requests for reports, which are another service's (graph.md 8.2).
    reports: BTreeMap<String, Bucket>,
    /// Writes of all apps together.
    tenant_writes: Bucket,
}

/// Requests for reports of one app in a tenant, per window (graph.md 8.2). Guess: how a 429 of
/// theirs names its reason.
const REPORTS_PER_WINDOW: u32 = 5;
const REPORT_WINDOW_S: u32 = 10;

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) resource_units: u32,
    pub(crate) writes: u32,
    /// Requests for reports.
    pub(crate) reports: u32,
}

/// A request that was let through: how full the fullest bucket is, in thousandths of its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted {
    pub(crate) used: u64,
}

impl Throttle {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            apps: BTreeMap::new(),
            reports: BTreeMap::new(),
            tenant_writes: Bucket::new(
                limits.tenant_writes_per_window,
                limits.tenant_write_window_s,
            ),
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        *self = Self::new(limits);
    }

    /// Takes a cost from the buckets, or refuses with 429.
    pub(crate) fn admit(
        &mut self,
        client_id: &str,
        tenant_id: &str,
        users: usize,
        cost: Cost,
        now: Timestamp,
    ) -> Result<Admitted, GraphError> {
        let limits = self.limits;
        let units_limit = match users {
            0..50 => limits.resource_units_small,
            50..=500 => limits.resource_units_medium,
            _ => limits.resource_units_large,
        };
        let (units, writes) = self.apps.entry(client_id.to_owned()).or_insert_with(|| {
            (
                Bucket::new(units_limit, limits.resource_unit_window_s),
                Bucket::new(limits.writes_per_window, limits.write_window_s),
            )
        });
        units.resize(units_limit);
        let reports = self
            .reports
            .entry(client_id.to_owned())
            .or_insert_with(|| Bucket::new(REPORTS_PER_WINDOW, REPORT_WINDOW_S));
        let waits = [
            (
                reports.take(cost.reports, now),
                "RequestLimitExceeded",
                "Tenant_Application",
            ),
            (
                units.take(cost.resource_units, now),
                "ResourceUnitLimitExceeded",
                "Tenant_Application",
            ),
            (
                writes.take(cost.writes, now),
                "WriteLimitExceeded",
                "Tenant_Application",
            ),
            (
                self.tenant_writes.take(cost.writes, now),
                "WriteLimitExceeded",
                "Tenant",
            ),
        ];
        let longest = waits
            .iter()
            .filter_map(|(wait, reason, scope)| wait.map(|seconds| (seconds, *reason, *scope)))
            .max_by_key(|(seconds, ..)| *seconds);
        if let Some((seconds, reason, scope)) = longest {
            return Err(refusal(seconds, reason, scope, client_id, tenant_id));
        }
        let used = units
            .used()
            .max(writes.used())
            .max(self.tenant_writes.used());
        Ok(Admitted { used })
    }
}

/// Returns a 429 with everything Graph sends along (graph.md 8.3).
pub(crate) fn refusal(
    seconds: u64,
    reason: &str,
    scope: &str,
    client_id: &str,
    tenant_id: &str,
) -> GraphError {
    GraphError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyRequests",
        "Too Many Requests",
    )
    .with_header("retry-after", seconds.to_string())
    .with_header(
        "x-ms-throttle-scope",
        format!("{scope}/ReadWrite/{client_id}/{tenant_id}"),
    )
    .with_header("x-ms-throttle-information", reason)
}

/// Returns what a call costs (graph.md 8.1).
pub(crate) fn cost(call: &Call) -> Cost {
    if call.writes() {
        return Cost {
            resource_units: 1,
            writes: 1,
            reports: 0,
        };
    }
    if call
        .segments
        .first()
        .is_some_and(|first| first == "auditLogs")
    {
        return Cost {
            resource_units: 0,
            writes: 0,
            reports: 1,
        };
    }
    let words: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let base: u32 = match words.as_slice() {
        ["users"] => 2,
        ["groups", _, "members", ..] | ["directoryObjects", "getByIds"] | ["subscribedSkus"] => 3,
        ["users", _, "checkMemberGroups"] => 4,
        ["servicePrincipals", _, "appRoleAssignments"] => 2,
        ["groups", _, "transitiveMembers", ..] => 5,
        [
            "users",
            _,
            "memberOf" | "transitiveMemberOf" | "licenseDetails",
            ..,
        ] => 2,
        _ => 1,
    };
    let mut cost = base;
    if call.query.get("$expand").is_some() {
        cost += 1;
    }
    if call.query.get("$select").is_some() {
        cost = cost.saturating_sub(1);
    }
    let small_page = call
        .query
        .get("$top")
        .and_then(|top| top.parse::<u32>().ok())
        .is_some_and(|top| top < 20);
    if small_page {
        cost = cost.saturating_sub(1);
    }
    Cost {
        resource_units: cost.max(1),
        writes: 0,
        reports: 0,
    }
}

/// A bucket that fills at a steady rate up to its limit. Levels are in thousandths of a unit.
#[derive(Clone, Debug)]
struct Bucket {
    limit: i64,
    window_ms: i64,
    level: i64,
    filled: Option<Timestamp>,
}

impl Bucket {
    fn new(limit: u32, window_s: u32) -> Self {
        let limit = i64::from(limit) * 1_000;
        Self {
            limit,
            window_ms: (i64::from(window_s) * 1_000).max(1),
            level: limit,
            filled: None,
        }
    }

    /// Follows the tenant's size class.
    fn resize(&mut self, limit: u32) {
        let limit = i64::from(limit) * 1_000;
        if limit != self.limit {
            self.level += limit - self.limit;
            self.limit = limit;
        }
    }

    /// Takes units; returns how many whole seconds to wait where there were not enough.
    fn take(&mut self, units: u32, now: Timestamp) -> Option<u64> {
        let elapsed_ms = self
            .filled
            .map_or(0, |filled| now.duration_since(filled).as_millis())
            .max(0);
        let gained = i128::from(self.limit) * elapsed_ms / i128::from(self.window_ms);
        let level = (i128::from(self.level) + gained).min(i128::from(self.limit));
        self.level = i64::try_from(level).unwrap_or(self.limit);
        // Only whole milliseconds were credited; the rest stays to be credited next time.
        let credited = self.filled.and_then(|filled| {
            let elapsed_ms = i64::try_from(elapsed_ms).ok()?;
            filled
                .checked_add(jiff::SignedDuration::from_millis(elapsed_ms))
                .ok()
        });
        self.filled = Some(credited.unwrap_or(now));
        if units == 0 {
            return None;
        }
        let wanted = i64::from(units) * 1_000;
        let enough = self.level >= wanted;
        // Refused requests count too, but debt is bounded, or a storm would never end.
        self.level = (self.level - wanted).max(-self.limit);
        if enough {
            return None;
        }
        let missing = i128::from(wanted - self.level.min(0));
        let missing_ms = missing * i128::from(self.window_ms) / i128::from(self.limit.max(1));
        Some(u64::try_from(missing_ms / 1_000 + 1).unwrap_or(300))
    }

    /// Returns how much of the limit is used, in thousandths.
    fn used(&self) -> u64 {
        let used = (self.limit - self.level) * 1_000 / self.limit.max(1);
        u64::try_from(used).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::seconds_later;

    #[test]
    fn writes_refill_at_twenty_a_second() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut bucket = Bucket::new(3_000, 150);
        for _ in 0..3_000 {
            assert_eq!(bucket.take(1, start), None);
        }
        assert_eq!(bucket.take(1, start), Some(1));
        let later = seconds_later(start, 2);
        for _ in 0..39 {
            assert_eq!(bucket.take(1, later), None);
        }
        assert!(bucket.take(1, later).is_some());
    }
}
