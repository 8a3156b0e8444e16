//! The seams through which the outside world comes in: network, time and chance.
//!
//! Everything else in this crate is a function of what passes here, so that a run can be simulated
//! and repeated. Nothing in this crate reads a clock, opens a connection or rolls a die by itself.

mod clock;
mod https;
mod randomness;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use thiserror::Error;

pub use clock::SystemClock;
pub use https::{HttpsTransport, TransportSetupError};
pub use randomness::{OsRandomness, SeededRandomness};

/// Carries one request to its host and brings the answer back, whatever its status.
///
/// It never repeats a request, follows no redirect and does not judge the answer.
pub trait Transport: Send + Sync {
    /// Sends one request and returns the whole answer.
    ///
    /// # Errors
    ///
    /// Says how the exchange ended without an answer.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

/// Tells the time and lets it pass.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    fn now(&self) -> Timestamp;

    /// Completes once this long has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// A source of chance, for jitter, request ids, and the passwords of accounts that nobody signs in to
/// with them. The real one is the operating system's.
pub trait Randomness: Send + Sync {
    /// Returns 64 random bits.
    fn next_u64(&self) -> u64;
}

/// The outside world as one value; cheap to clone.
#[derive(Clone)]
pub struct Outside {
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
}

impl Outside {
    /// Returns the real world: HTTPS, the system's clock and its randomness.
    ///
    /// # Errors
    ///
    /// Fails if TLS cannot be set up.
    pub fn real() -> Result<Self, TransportSetupError> {
        Ok(Self {
            transport: Arc::new(HttpsTransport::new()?),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(OsRandomness),
        })
    }

    /// Returns a fresh id for a request.
    pub(crate) fn fresh_id(&self) -> String {
        let (high, low) = (self.randomness.next_u64(), self.randomness.next_u64());
        let bits = (u128::from(high) << 64) | u128::from(low);
        uuid::Builder::from_random_bytes(bits.to_be_bytes())
            .into_uuid()
            .to_string()
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Outside")
    }
}

/// How an exchange ended without an answer. Messages name the host and nothing of the request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// The request was sent, and no complete answer came in time.
    #[error("no answer from {host} in time")]
    Timeout {
        /// The host that was asked.
        host: String,
    },
    /// No connection came about, so nothing was sent.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// The host that was asked.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The connection broke, or the answer could not be taken in, after sending had begun.
    #[error("the exchange with {host} broke off: {reason}")]
    Broken {
        /// The host that was asked.
        host: String,
        /// What went wrong.
        reason: String,
    },
}

impl TransportError {
    /// Whether the other side may have carried the request out.
    pub fn maybe_processed(&self) -> bool {
        !matches!(self, Self::Connect { .. })
    }
}
