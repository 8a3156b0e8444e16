//! Tokens of one application in one tenant (graph.md, section 1).
//!
//! A token lives in memory only, is renewed before it expires, and is fetched once however many
//! callers wait for it.

mod answer;
pub(crate) mod certificate;
pub(crate) mod credential;
mod request;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http::Uri;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{
    backoff,
    cloud::Cloud,
    error::{GraphError, Outage, OutageCause, RequestLine, Throttle},
    outside::{self, Outside},
    secret::Secret,
    service_time::ServiceTime,
    url,
};
use answer::{Granted, Reply};
pub(crate) use credential::Credential;
use request::Asking;

/// An application registration as one tenant knows it.
#[derive(Clone, Debug)]
pub struct Application {
    /// The tenant: its GUID, or one of its verified domains.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// Its credential.
    pub credential: Credential,
    /// The cloud that the tenant is in.
    pub cloud: Cloud,
}

/// A token is renewed this long before it expires, or a fifth of its life before if that is
/// shorter: lives of ten minutes occur (graph.md, section 1.3).
const RENEWAL_EARLY_MAX: Duration = Duration::from_secs(300);

/// After a failed renewal, how long the old token serves before the next try.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// A token, and which one it is: later ones have larger numbers.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) serial: u64,
}

/// The token of an application, fetched when it is needed.
pub(crate) struct Tokens {
    application: Application,
    outside: Outside,
    service_time: ServiceTime,
    endpoint: String,
    line: RequestLine,
    /// How many fetches have ended; tells a caller who waited that somebody else's did.
    fetched: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How the last fetch failed, if it did.
    failure: Option<GraphError>,
}

#[derive(Clone)]
struct Held {
    token: Token,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

impl Tokens {
    pub(crate) fn new(
        application: Application,
        outside: Outside,
        service_time: ServiceTime,
    ) -> Self {
        let endpoint = request::endpoint(&application);
        let path = endpoint
            .parse::<Uri>()
            .map_or_else(|_| String::new(), |uri: Uri| uri.path().to_owned());
        let method = match application.credential {
            Credential::ManagedIdentity(_) => "GET",
            _ => "POST",
        };
        Self {
            line: RequestLine {
                method: method.to_owned(),
                host: url::host(&endpoint),
                path,
                tenant: application.tenant.clone(),
            },
            endpoint,
            application,
            outside,
            service_time,
            fetched: AtomicU64::new(0),
            state: Mutex::new(State::default()),
        }
    }

    /// Returns a token that is good for a while, and fetches one if there is none.
    pub(crate) async fn current(&self) -> Result<Token, GraphError> {
        self.token(None).await
    }

    /// Returns a later token than this one, which Graph refused; of all callers who ask at once,
    /// the first fetches it.
    pub(crate) async fn after(&self, refused: &Token) -> Result<Token, GraphError> {
        self.token(Some(refused.serial)).await
    }

    async fn token(&self, refused: Option<u64>) -> Result<Token, GraphError> {
        let fetched_before = self.fetched.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = self.outside.clock.now();
        let usable = |held: &Held| refused.is_none_or(|serial| held.token.serial > serial);
        if let Some(held) = state
            .held
            .as_ref()
            .filter(|held| usable(held) && now < held.renew_at)
        {
            return Ok(held.token.clone());
        }
        // Whoever waited while another fetch failed shares that failure, or a queue of callers
        // would knock at the login service once each.
        let fetched = self.fetched.load(Ordering::Acquire);
        if fetched != fetched_before
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }

        let outcome = self.fetch().await;
        self.fetched.fetch_add(1, Ordering::Release);
        match outcome {
            Ok(granted) => {
                let held = hold(granted, fetched + 1, now);
                state.failure = None;
                Ok(state.held.insert(held).token.clone())
            }
            Err(failure) => {
                let now = self.outside.clock.now();
                // A renewal came early so that it may fail: the old token still serves.
                if let Some(held) = state
                    .held
                    .as_mut()
                    .filter(|held| usable(held) && now < held.expires_at)
                {
                    tracing::warn!(error = %failure, "token not renewed, the old one serves");
                    held.renew_at = held.expires_at.min(now + RENEWAL_PAUSE);
                    return Ok(held.token.clone());
                }
                state.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    async fn fetch(&self) -> Result<Granted, GraphError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Asking { request, secrets } = self.asking()?;
            let sent = self.outside.transport.send(request).await;
            let now = self.outside.clock.now();
            let (cause, wait) = match sent {
                Ok(response) => {
                    self.service_time.note(response.headers(), now);
                    match answer::read(&self.application, &self.line, &secrets, now, &response) {
                        Reply::Granted(granted) => return Ok(granted),
                        Reply::Refused(error) => return Err(error),
                        Reply::Busy(refusal) => {
                            let wait = backoff::retry_after_header(response.headers(), now);
                            (OutageCause::Refused(refusal), wait)
                        }
                    }
                }
                Err(error) => (OutageCause::Transport(error), None),
            };
            let wait = wait.unwrap_or_else(|| backoff::after(tries, &*self.outside.randomness));
            if tries >= self.tries_max(&cause) || wait > backoff::TROUBLE_MAX {
                return Err(self.gave_up(tries, cause, now + wait));
            }
            self.outside.clock.sleep(wait).await;
        }
    }

    /// Where there is no metadata service there never will be: that machine is not in Azure.
    fn tries_max(&self, cause: &OutageCause) -> u32 {
        match (&self.application.credential, cause) {
            (
                Credential::ManagedIdentity(_),
                OutageCause::Transport(outside::TransportError::Connect { .. }),
            ) => 2,
            _ => backoff::TRIES_MAX,
        }
    }

    fn asking(&self) -> Result<Asking, GraphError> {
        let id = self.outside.fresh_id();
        let now = self.outside.clock.now();
        request::token(&self.application, &self.endpoint, &id, now).map_err(|problem| {
            GraphError::Credential {
                tenant: self.application.tenant.clone(),
                client_id: self.application.client_id.clone(),
                problem,
            }
        })
    }

    fn gave_up(&self, tries: u32, cause: OutageCause, until: Timestamp) -> GraphError {
        let request = self.line.clone();
        match cause {
            OutageCause::Refused(refusal) if refusal.status == 429 => {
                GraphError::Throttled(Box::new(Throttle {
                    request,
                    until,
                    refusal: Some(refusal),
                }))
            }
            cause => GraphError::Unavailable(Box::new(Outage {
                request,
                tries,
                cause,
            })),
        }
    }
}

fn hold(granted: Granted, serial: u64, asked_at: Timestamp) -> Held {
    // Counted from before the request was sent, so that its duration shortens the life we see.
    let expires_at = asked_at + granted.life;
    let early = RENEWAL_EARLY_MAX.min(granted.life / 5);
    Held {
        token: Token {
            secret: granted.token,
            serial,
        },
        renew_at: expires_at - early,
        expires_at,
    }
}

#[cfg(test)]
mod tests;
