//! How far this machine's clock is from that of the services, as their answers' `Date` shows.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

/// The difference that the last answer showed, shared by all who see answers.
#[derive(Clone, Debug)]
pub(crate) struct ServiceTime(Arc<AtomicI64>);

/// Where no answer has said anything yet; no clock is this far off.
const UNKNOWN: i64 = i64::MIN;

impl ServiceTime {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }

    /// Takes note of an answer that came now.
    pub(crate) fn note(&self, headers: &HeaderMap, now: Timestamp) {
        if let Some(date) = date(headers) {
            let ahead = now.duration_since(date).as_secs();
            self.0.store(ahead, Ordering::Relaxed);
        }
    }

    /// Returns how far this machine is ahead.
    pub(crate) fn ahead(&self) -> Option<SignedDuration> {
        match self.0.load(Ordering::Relaxed) {
            UNKNOWN => None,
            seconds => Some(SignedDuration::from_secs(seconds)),
        }
    }
}

/// Returns when an answer was made, by its maker's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTimeParser::new().parse_timestamp(text).ok()
}
