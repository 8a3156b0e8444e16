//! How long to wait before a request is repeated (graph.md, sections 8.4 and 9.3).

use std::time::Duration;

use http::HeaderMap;
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use crate::{outside::Randomness, service_time};

/// How often a request is sent before it is given up.
pub(crate) const TRIES_MAX: u32 = 6;

/// How long after its first failure a request is still repeated, silences after 429 apart: a
/// burst of 503 lasts seconds, and what lasts longer is better met by the next cycle.
pub(crate) const TROUBLE_MAX: Duration = Duration::from_secs(120);

/// The waits for an object that was made moments ago to be seen everywhere (graph.md, section 9.4).
pub(crate) const LAG: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
    Duration::from_secs(30),
];

/// Longest `Retry-After` that is taken at its word; a larger one is a mistake of somebody's, and
/// calls fail long before it ends.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// Returns the wait after this many failed tries: 1, 2, 4, 8, 16 then 30 seconds, less up to half
/// of it by chance, so that callers who failed together do not come back together.
pub(crate) fn after(tries: u32, randomness: &dyn Randomness) -> Duration {
    let step = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let longest = LAG.get(step).or(LAG.last()).copied().unwrap_or_default();
    let chance = f64::from(u32::try_from(randomness.next_u64() >> 32).unwrap_or_default());
    longest.mul_f64(1.0 - chance / f64::from(u32::MAX) / 2.0)
}

/// Returns what `Retry-After` asks for: seconds, or a date.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Returns what the header `Retry-After` of an answer asks for. A date is by the clock of whoever
/// answers, and counts from the answer's own, since this machine's may be off.
pub(crate) fn retry_after_header(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    retry_after(text, service_time::date(headers).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::SeededRandomness;

    #[test]
    fn waits_double_up_to_half_a_minute_and_vary_by_half() {
        let randomness = SeededRandomness::new(1);
        for (tries, longest) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (60, 30)] {
            let longest = Duration::from_secs(longest);
            for _ in 0..50 {
                let wait = after(tries, &randomness);
                assert!(longest / 2 <= wait && wait <= longest, "{tries}: {wait:?}");
            }
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-08-20T10:00:00Z".parse().unwrap();
        let check = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(check("17"), Some(17));
        assert_eq!(check("Thu, 20 Aug 2026 10:01:30 GMT"), Some(90));
        assert_eq!(check("Thu, 20 Aug 2026 09:00:00 GMT"), Some(0));
        assert_eq!(check("99999999999999"), Some(86400));
        assert_eq!(check("soon"), None);
    }

    #[test]
    fn a_date_to_retry_after_counts_from_the_answers_own() {
        let mut headers = HeaderMap::new();
        let mut set = |name, value: &str| headers.insert(name, value.parse().unwrap());
        set(http::header::RETRY_AFTER, "Thu, 20 Aug 2026 10:01:30 GMT");
        set(http::header::DATE, "Thu, 20 Aug 2026 10:01:00 GMT");
        let an_hour_off: Timestamp = "2026-08-20T11:00:00Z".parse().unwrap();
        assert_eq!(
            retry_after_header(&headers, an_hour_off),
            Some(Duration::from_secs(30))
        );
    }
}
