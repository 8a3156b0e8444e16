//! HTTPS by reqwest and rustls.

use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use thiserror::Error;

use super::{Transport, TransportError};
use crate::cloud::is_near;

/// Longest time to make a connection; a host that is up answers in a fraction of it.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// Longest time for a whole exchange. Graph gives up on its side after about that long.
const EXCHANGE_TIME_MAX: Duration = Duration::from_secs(100);

/// Largest answer that is taken in, after decompression. A delta page of 200 users with every
/// attribute stays under 2 MiB, a page of 999 recycled users under 16; the rest is head room, and
/// the bound is there so that a broken proxy cannot fill the memory.
const BODY_BYTES_MAX: usize = 64 << 20;

/// The TLS machinery could not be set up.
#[derive(Debug, Error)]
#[error("cannot set up HTTPS")]
pub struct TransportSetupError(#[source] reqwest::Error);

/// Requests over HTTPS, with connections kept and shared, HTTP/2 where the host speaks it, gzip,
/// and the certificates that the system trusts. Needs a tokio runtime with I/O and time enabled.
#[derive(Clone, Debug)]
pub struct HttpsTransport {
    client: reqwest::Client,
    /// For this machine and its link, which no proxy leads to: Azure's metadata service is there.
    direct: reqwest::Client,
    body_bytes_max: usize,
}

impl HttpsTransport {
    /// Returns a transport with no connection yet.
    ///
    /// # Errors
    ///
    /// Fails if TLS cannot be set up, as when the system's trusted certificates cannot be read.
    pub fn new() -> Result<Self, TransportSetupError> {
        // An error means that a provider is installed already, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("syncline/", env!("CARGO_PKG_VERSION")))
                .gzip(true)
                .connect_timeout(CONNECT_TIME_MAX)
                .timeout(EXCHANGE_TIME_MAX)
                // A redirect would carry the token to a host that nobody checked.
                .redirect(reqwest::redirect::Policy::none())
        };
        Ok(Self {
            client: builder().build().map_err(TransportSetupError)?,
            direct: builder().no_proxy().build().map_err(TransportSetupError)?,
            body_bytes_max: BODY_BYTES_MAX,
        })
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let failed = |error| transport_error(&host, error);
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let client = if is_near(&host) {
            &self.direct
        } else {
            &self.client
        };
        let mut response = client.execute(request).await.map_err(failed)?;

        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.body_bytes_max {
                let reason = format!("the answer is longer than {} bytes", self.body_bytes_max);
                return Err(TransportError::Broken { host, reason });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl Transport for HttpsTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

fn transport_error(host: &str, error: reqwest::Error) -> TransportError {
    let host = host.to_owned();
    // A connection that took too long is both; nothing was sent then, which is what counts. A
    // request that could not be built was not sent either.
    if error.is_connect() || error.is_builder() {
        TransportError::Connect {
            host,
            reason: root_cause(error),
        }
    } else if error.is_timeout() {
        TransportError::Timeout { host }
    } else {
        TransportError::Broken {
            host,
            reason: root_cause(error),
        }
    }
}

/// Returns the innermost message: the outer ones of reqwest say only that sending failed. Its URL
/// is taken out first, since a query may hold personal data.
fn root_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
