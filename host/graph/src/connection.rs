//! Sends requests to Graph as one application in one tenant: with its token, at its pace, and again
//! where that is safe (graph.md, sections 8 and 9).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{
    backoff,
    call::{Answer, Call, Repeat},
    error::{GraphError, Outage, OutageCause, RequestLine, Throttle},
    outside::{Outside, TransportError},
    pace::{Cost, Pace, Silenced},
    secret::Secret,
    service_time::ServiceTime,
    token::{Application, Token, Tokens},
    url,
};

/// A way to Graph, shared by everything that reads or writes one tenant.
pub(crate) struct Connection {
    pub(crate) outside: Outside,
    pub(crate) pace: Pace,
    pub(crate) tenant: String,
    /// Graph's root, without the version.
    pub(crate) root: String,
    pub(crate) service_time: ServiceTime,
    tokens: Tokens,
}

/// How many times a request was sent, and since when it has trouble.
pub(crate) struct Attempts {
    pub(crate) tries: u32,
    trouble_since: Option<Timestamp>,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            tries: 0,
            trouble_since: None,
        }
    }

    /// Whether to send again after this wait.
    pub(crate) fn may_go_on(&mut self, now: Timestamp, wait: Duration) -> bool {
        let since = *self.trouble_since.get_or_insert(now);
        let trouble = Duration::try_from((now + wait).duration_since(since)).unwrap_or_default();
        self.tries < backoff::TRIES_MAX && trouble <= backoff::TROUBLE_MAX
    }
}

/// Whether this status is of a failure that passes. 501 says that Graph never will, 507 that the
/// tenant is full.
pub(crate) fn passes(status: u16) -> bool {
    matches!(status, 408 | 500 | 502 | 503 | 504 | 509)
}

impl Connection {
    pub(crate) fn new(outside: Outside, application: Application, pace: Pace) -> Self {
        let service_time = ServiceTime::new();
        Self {
            pace,
            tenant: application.tenant.clone(),
            root: application.cloud.graph.trim_end_matches('/').to_owned(),
            tokens: Tokens::new(application, outside.clone(), service_time.clone()),
            service_time,
            outside,
        }
    }

    /// Returns what errors show of a request to this path below `/v1.0`.
    pub(crate) fn line(&self, method: &Method, path: &str) -> RequestLine {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        RequestLine {
            method: method.to_string(),
            host: url::host(&self.root),
            path: format!("/v1.0{path}"),
            tenant: self.tenant.clone(),
        }
    }

    /// Returns a call that reads this path and query below `/v1.0`.
    pub(crate) fn get(&self, path: &str) -> Call {
        Call {
            method: Method::GET,
            url: format!("{}/v1.0{path}", self.root),
            line: self.line(&Method::GET, path),
            body: None,
            bulk: false,
            cost: Cost::of_reading(path),
            repeat: Repeat::Freely,
        }
    }

    /// Returns a call that follows a link of Graph's, word for word.
    pub(crate) fn follow(&self, link: &str) -> Result<Call, GraphError> {
        if !url::leads_to(&self.root, link) {
            return Err(GraphError::ForeignLink {
                tenant: self.tenant.clone(),
                host: url::host(link.split('?').next().unwrap_or_default()),
                graph: self.root.clone(),
            });
        }
        let path = link.get(self.root.len()..).unwrap_or_default();
        let path = path
            .find("/v1.0")
            .and_then(|start| path.get(start + "/v1.0".len()..));
        Ok(Call {
            url: link.to_owned(),
            bulk: true,
            ..self.get(path.unwrap_or_default())
        })
    }

    /// Reads one object with its id, or nothing where there is none.
    pub(crate) async fn find(&self, call: &Call) -> Result<Option<(String, Json)>, GraphError> {
        let answer = match self.send(call).await {
            Ok(answer) => answer,
            Err(GraphError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let object = answer.json(&call.line)?;
        match object.get("id").and_then(Json::as_str).map(str::to_owned) {
            Some(id) => Ok(Some((id, object))),
            None => Err(answer.garbage(&call.line, "which has no `id`").into_error()),
        }
    }

    /// Sends a call until it has an answer, and returns that if it is a success.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, GraphError> {
        let mut attempts = Attempts::new();
        let mut renewed = false;
        loop {
            // The token first: fetching it after admission would make the send later than counted.
            let token = self.tokens.current().await?;
            let clock = &*self.outside.clock;
            let admitted = self.pace.admit(call.cost).await;
            admitted.map_err(|silenced| self.silenced(call, silenced))?;
            attempts.tries += 1;
            let request = self
                .request(call, &token)
                .map_err(|error| GraphError::Unsendable {
                    what: call.line.to_string(),
                    reason: error.to_string(),
                })?;
            let outcome = self.once(request, token, call.cost).await;
            let now = clock.now();

            let (cause, wait) = match outcome {
                Err(error) => (OutageCause::Transport(error), None),
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    self.renew(&answer.token).await?;
                    continue;
                }
                Ok(answer) => {
                    let wait = backoff::retry_after_header(&answer.headers, now);
                    let refusal = answer.refusal(&call.line);
                    if answer.status == StatusCode::TOO_MANY_REQUESTS {
                        let until = self.silence(now, wait, attempts.tries);
                        if attempts.tries >= backoff::TRIES_MAX {
                            return Err(throttled(call.line.clone(), until, Some(refusal)));
                        }
                        continue;
                    }
                    if !passes(answer.status.as_u16()) {
                        return Err(refusal.into_error());
                    }
                    (OutageCause::Refused(refusal), wait)
                }
            };

            let nothing_done =
                matches!(&cause, OutageCause::Transport(error) if !error.maybe_processed());
            let wait = wait.unwrap_or_default().max(self.backoff(attempts.tries));
            let repeatable = call.repeat == Repeat::Freely || nothing_done;
            if !(repeatable && attempts.may_go_on(now, wait)) {
                let (request, tries) = (call.line.clone(), attempts.tries);
                let outage = Box::new(Outage {
                    request,
                    tries,
                    cause,
                });
                return Err(if repeatable {
                    GraphError::Unavailable(outage)
                } else {
                    GraphError::OutcomeUnknown(outage)
                });
            }
            tracing::debug!(request = %call.line, error = %cause, ?wait, "graph request repeated");
            clock.sleep(wait).await;
        }
    }

    /// Returns a token that is good for a while.
    pub(crate) async fn token(&self) -> Result<Secret, GraphError> {
        Ok(self.tokens.current().await?.secret)
    }

    /// Fetches a later token than this one, unless somebody did.
    pub(crate) async fn renew(&self, refused: &Token) -> Result<(), GraphError> {
        self.tokens.after(refused).await.map(drop)
    }

    /// Silences the whole application for what `Retry-After` asked, or for a while of our own
    /// choice, and returns until when.
    pub(crate) fn silence(&self, now: Timestamp, wait: Option<Duration>, tries: u32) -> Timestamp {
        let wait = wait.unwrap_or_else(|| self.backoff(tries));
        tracing::warn!(tenant = %self.tenant, ?wait, "graph throttles, all calls wait");
        self.pace.silence(wait);
        now + wait
    }

    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        backoff::after(tries, &*self.outside.randomness)
    }

    fn silenced(&self, call: &Call, silenced: Silenced) -> GraphError {
        throttled(call.line.clone(), silenced.until, None)
    }

    async fn once(
        &self,
        request: Request<Bytes>,
        token: Token,
        cost: Cost,
    ) -> Result<Answer, TransportError> {
        let (parts, body) = self.outside.transport.send(request).await?.into_parts();
        self.service_time
            .note(&parts.headers, self.outside.clock.now());
        let text = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.trim());
        let part_of_limit = text("x-ms-throttle-limit-percentage");
        if let Some(part_of_limit) = part_of_limit.and_then(|text| text.parse::<f64>().ok()) {
            self.pace.strain(part_of_limit);
        }
        if let Some(units) = text("x-ms-resource-unit").and_then(|text| text.parse::<u32>().ok()) {
            self.pace.charged(cost, units);
        }
        if text("x-ms-throttle-information") == Some("ResourceUnitLimitExceeded") {
            self.pace.short_of_units();
        }
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            token,
        })
    }

    fn request(&self, call: &Call, token: &Token) -> Result<Request<Bytes>, http::Error> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.secret.expose()))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(&call.url)
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, "application/json")
            .header("client-request-id", self.outside.fresh_id())
            .header("return-client-request-id", "true");
        if call.bulk {
            request = request.header("x-ms-throttle-priority", "low");
        }
        if call.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(call.body.clone().unwrap_or_default())
    }
}

pub(crate) fn throttled(
    request: RequestLine,
    until: Timestamp,
    refusal: Option<crate::error::Refusal>,
) -> GraphError {
    GraphError::Throttled(Box::new(Throttle {
        request,
        until,
        refusal,
    }))
}
