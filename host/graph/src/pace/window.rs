//! A sliding window: in any stretch of its length, no more than its limit.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many requests, sent then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// How many.
    pub count: u32,
}

/// Counts what was sent in the last `length` and says how long to wait for room.
#[derive(Debug)]
pub(super) struct Window {
    length: Duration,
    limit: u32,
    sent: VecDeque<Sent>,
    // Invariant: the sum of the counts in `sent`.
    used: u32,
}

impl Window {
    pub(super) fn new(length: Duration, limit: u32, mut sent: Vec<Sent>) -> Self {
        sent.sort_unstable_by_key(|sent| sent.at);
        let used = sent
            .iter()
            .fold(0u32, |sum, sent| sum.saturating_add(sent.count));
        Self {
            length,
            limit,
            sent: sent.into(),
            used,
        }
    }

    /// Permits so many from now on.
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Returns what still counts, oldest first.
    pub(super) fn sent(&mut self, now: Timestamp) -> Vec<Sent> {
        self.forget(now);
        self.sent.iter().copied().collect()
    }

    pub(super) fn left(&mut self, now: Timestamp) -> u32 {
        self.forget(now);
        self.limit.saturating_sub(self.used)
    }

    /// Returns how long to wait until `count` more have room; nothing if they have it now. More
    /// than the limit never has room with others, and then waits for an empty window.
    pub(super) fn wait(&mut self, now: Timestamp, count: u32) -> Option<Duration> {
        self.forget(now);
        let room = self.limit.saturating_sub(count.min(self.limit));
        let mut left = self.used;
        if left <= room {
            return None;
        }
        for sent in &self.sent {
            left -= sent.count.min(left);
            if left <= room {
                let since = Duration::try_from(now.duration_since(sent.at)).unwrap_or_default();
                return Some(self.length.saturating_sub(since));
            }
        }
        Some(self.length)
    }

    /// Counts `count` as sent now; the caller has waited.
    pub(super) fn take(&mut self, now: Timestamp, count: u32) {
        match self.sent.back_mut() {
            Some(last) if last.at == now => last.count = last.count.saturating_add(count),
            _ => self.sent.push_back(Sent { at: now, count }),
        }
        self.used = self.used.saturating_add(count);
    }

    fn forget(&mut self, now: Timestamp) {
        // The clock may have been set back. What seems to lie ahead counts as sent just now: late
        // enough for the budget to hold, and the wait stays within one window.
        for sent in self.sent.iter_mut().rev().take_while(|sent| sent.at > now) {
            sent.at = now;
        }
        while let Some(first) = self.sent.front()
            && now.duration_since(first.at).unsigned_abs() >= self.length
        {
            self.used = self.used.saturating_sub(first.count);
            self.sent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn room_returns_as_what_was_sent_grows_old() {
        let mut window = Window::new(Duration::from_secs(10), 5, Vec::new());
        window.take(at(0), 3);
        window.take(at(4), 2);
        assert_eq!(window.wait(at(5), 1), Some(Duration::from_secs(5)));
        assert_eq!(window.wait(at(5), 4), Some(Duration::from_secs(9)));
        assert_eq!(window.wait(at(10), 3), None);
        assert_eq!(window.wait(at(14), 5), None);
        assert_eq!((window.sent(at(14)), window.left(at(14))), (Vec::new(), 5));
    }

    #[test]
    fn a_clock_set_back_neither_frees_room_nor_blocks_for_long() {
        let mut window = Window::new(Duration::from_secs(10), 5, Vec::new());
        window.take(at(1000), 5);
        assert_eq!(window.wait(at(0), 1), Some(Duration::from_secs(10)));
        assert_eq!(window.wait(at(10), 5), None);
    }

    #[test]
    fn more_than_the_limit_waits_for_an_empty_window() {
        let mut window = Window::new(Duration::from_secs(10), 5, Vec::new());
        assert_eq!(window.wait(at(0), 9), None);
        window.take(at(0), 1);
        assert_eq!(window.wait(at(1), 9), Some(Duration::from_secs(9)));
    }
}
