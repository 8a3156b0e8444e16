//! The system's clock.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Clock;

/// The system's clock, with sleeps on tokio's timer; needs a tokio runtime with time enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
