//! Tokens of one application in one tenant (graph.md, section 1).
//!
//! A token lives in memory only, is renewed before it expires, and is fetched once however many
//! callers wait for it.

mod answer;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, header};
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{
    backoff,
    cloud::Cloud,
    error::{GraphError, Outage, OutageCause, RequestLine, Throttle},
    outside::Outside,
    secret::Secret,
    url,
};
use answer::{Granted, Reply};

/// How an application proves that it is itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A client secret.
    ClientSecret(Secret),
}

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
    url: String,
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
    pub(crate) fn new(application: Application, outside: Outside) -> Self {
        let tenant = url::escape(&application.tenant);
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let login = application.cloud.login.trim_end_matches('/');
        Self {
            url: format!("{login}{path}"),
            line: RequestLine {
                method: Method::POST.to_string(),
                host: url::host(login),
                path,
                tenant: application.tenant.clone(),
            },
            application,
            outside,
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
            let sent = self.outside.transport.send(self.request()?).await;
            let now = self.outside.clock.now();
            let (cause, wait) = match sent {
                Ok(response) => match answer::read(&self.application, &self.line, &response) {
                    Reply::Granted(granted) => return Ok(granted),
                    Reply::Refused(error) => return Err(error),
                    Reply::Busy(refusal) => {
                        let wait = backoff::retry_after_header(response.headers(), now);
                        (OutageCause::Refused(refusal), wait)
                    }
                },
                Err(error) => (OutageCause::Transport(error), None),
            };
            let wait = wait.unwrap_or_else(|| backoff::after(tries, &*self.outside.randomness));
            if tries >= backoff::TRIES_MAX || wait > backoff::TROUBLE_MAX {
                return Err(self.gave_up(tries, cause, now + wait));
            }
            self.outside.clock.sleep(wait).await;
        }
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

    fn request(&self) -> Result<Request<Bytes>, GraphError> {
        let Credential::ClientSecret(secret) = &self.application.credential;
        let graph = self.application.cloud.graph.trim_end_matches('/');
        let body = format!(
            "client_id={}&scope={}&client_secret={}&grant_type=client_credentials",
            url::escape(&self.application.client_id),
            url::escape(&format!("{graph}/.default")),
            url::escape(secret.expose()),
        );
        Request::post(&self.url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(body))
            .map_err(|error| GraphError::Unsendable {
                what: self.line.to_string(),
                reason: error.to_string(),
            })
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
