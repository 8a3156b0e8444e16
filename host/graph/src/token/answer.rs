//! What the login service answers; its error shape is not Graph's (graph.md, section 1.3).

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

use super::Application;
use crate::{
    call::excerpt,
    error::{AuthenticationFailure, Garbage, GraphError, Refusal, RequestLine},
    secret::Secret,
};

/// A token and how long it lives from the moment it was asked for.
pub(super) struct Granted {
    pub(super) token: Secret,
    pub(super) life: Duration,
}

pub(super) enum Reply {
    Granted(Granted),
    /// For good.
    Refused(GraphError),
    /// For now.
    Busy(Refusal),
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    /// Seconds: a number of the login service's, a text of Azure's managed identities.
    expires_in: Option<Json>,
    /// Seconds since 1970: all that App Service says.
    expires_on: Option<Json>,
}

impl Grant {
    fn life(&self, now: Timestamp) -> Option<Duration> {
        let number = |json: &Json| match json {
            Json::String(text) => text.trim().parse().ok(),
            json => json.as_i64(),
        };
        let seconds = match (&self.expires_in, &self.expires_on) {
            (Some(seconds), _) => number(seconds)?,
            (None, Some(moment)) => number(moment)?.checked_sub(now.as_second())?,
            (None, None) => return None,
        };
        Some(Duration::from_secs(u64::try_from(seconds).ok()?))
    }
}

#[derive(Deserialize)]
struct Failure {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    trace_id: Option<String>,
}

/// Longest life that is believed; with continuous access evaluation it is 28 hours.
const LIFE_MAX: Duration = Duration::from_secs(48 * 3600);

/// AADSTS codes that pass: a loop was detected, and two of overload.
const PASSING: [u32; 3] = [50_196, 90_033, 90_055];

pub(super) fn read(
    application: &Application,
    line: &RequestLine,
    secrets: &[Secret],
    now: Timestamp,
    response: &http::Response<Bytes>,
) -> Reply {
    let status = response.status().as_u16();
    if response.status().is_success() {
        let grant = serde_json::from_slice::<Grant>(response.body()).ok();
        let granted = grant.and_then(|grant| {
            let life = grant.life(now)?.min(LIFE_MAX);
            let token = Secret::new(grant.access_token);
            Some(Granted { token, life })
        });
        return match granted {
            Some(granted) => Reply::Granted(granted),
            // What came may hold a token all the same, so none of it is shown.
            None => garbage(
                line,
                status,
                "which is no token answer",
                "not shown".to_owned(),
            ),
        };
    }

    let text = secrets.iter().fold(
        String::from_utf8_lossy(response.body()).into_owned(),
        |text, secret| secret.scrub(&text),
    );
    let busy = |code: String, message: String| {
        Reply::Busy(Refusal {
            request: line.clone(),
            status,
            code,
            message,
            details: Vec::new(),
            request_id: None,
        })
    };
    let Ok(failure) = serde_json::from_str::<Failure>(&text) else {
        return if passes(status) {
            busy(String::new(), excerpt(&text))
        } else {
            garbage(line, status, "which is no token answer", excerpt(&text))
        };
    };
    let message = first_sentence(&failure.error_description);
    let aadsts = failure.error_codes.first().copied();
    if passes(status) || aadsts.is_some_and(|code| PASSING.contains(&code)) {
        return busy(failure.error, message);
    }
    Reply::Refused(GraphError::Authentication(Box::new(
        AuthenticationFailure {
            host: line.host.clone(),
            tenant: application.tenant.clone(),
            client_id: application.client_id.clone(),
            status,
            aadsts,
            error: failure.error,
            message,
            trace_id: failure.trace_id,
        },
    )))
}

fn passes(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

fn garbage(line: &RequestLine, status: u16, problem: &str, excerpt: String) -> Reply {
    let problem = problem.to_owned();
    let request = line.clone();
    Reply::Refused(
        Garbage {
            request,
            status,
            problem,
            excerpt,
            request_id: None,
        }
        .into_error(),
    )
}

/// Returns the description's first sentence without its code; the rest is trace ids and times.
fn first_sentence(description: &str) -> String {
    let line = description.lines().next().unwrap_or_default();
    let line = line.split(" Trace ID:").next().unwrap_or_default();
    let text = match line.split_once(": ") {
        Some((code, rest)) if code.starts_with("AADSTS") => rest,
        _ => line,
    };
    let sentence = text.split(". ").next().unwrap_or_default();
    sentence.trim().trim_end_matches('.').to_owned()
}
