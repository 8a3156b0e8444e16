//! The simulated time: one clock that everything in a simulator reads.
//!
//! It is either the machine's clock or a fixed start plus what tokio's timer has counted since, so
//! that a test under paused time sees the same instants twice. Either can be moved forward. It
//! never goes back.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock with an offset that can be raised.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Base,
    offset_seconds: AtomicI64,
}

#[derive(Debug)]
enum Base {
    Machine,
    Fixed { start: Timestamp, began: Instant },
}

impl Clock {
    pub(crate) fn new(start: Option<Timestamp>) -> Self {
        let base = match start {
            Some(start) => Base::Fixed {
                start,
                began: Instant::now(),
            },
            None => Base::Machine,
        };
        Self {
            base,
            offset_seconds: AtomicI64::new(0),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let instant = match &self.base {
            Base::Machine => Timestamp::now(),
            Base::Fixed { start, began } => {
                let elapsed =
                    SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::ZERO);
                later(*start, elapsed)
            }
        };
        let offset = self.offset_seconds.load(Ordering::SeqCst);
        later(instant, SignedDuration::from_secs(offset))
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.offset_seconds
            .fetch_add(i64::from(seconds), Ordering::SeqCst);
    }
}

/// Returns the instant that is so much later; the end of time where it would lie beyond.
pub(crate) fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Returns the instant so many seconds later.
pub(crate) fn seconds_later(instant: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    later(instant, SignedDuration::from_secs(seconds))
}

/// Returns the instant as Graph writes a DateTimeOffset: whole seconds and `Z`.
pub(crate) fn graph_time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns the instant as `innerError.date` has it: without a zone (graph.md 9.1).
pub(crate) fn error_time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Returns the instant as the `Date` header has it.
pub(crate) fn header_time(instant: Timestamp) -> String {
    instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
