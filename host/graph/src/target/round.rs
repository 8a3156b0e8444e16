//! One round of a batch: sent once, each item judged, and said what must be sent again.

use std::time::Duration;

use http::Method;
use syncline_directory::TargetId;

use crate::{
    backoff,
    batch::{self, Reply},
    call::{Answer, Call, Repeat},
    connection::{self, Attempts, Connection, throttled},
    error::{GraphError, Outage, OutageCause, Refusal, RequestLine},
    pace::Cost,
    write::{Effect, Item, Written},
};

/// An item that has no answer yet.
pub(super) struct Pending {
    index: usize,
    item: Item,
    attempts: Attempts,
    /// How often it was too early for an object made moments ago.
    lagged: usize,
    renewed: bool,
}

impl Pending {
    pub(super) fn new(index: usize, item: Item) -> Self {
        Self {
            index,
            item,
            attempts: Attempts::new(),
            lagged: 0,
            renewed: false,
        }
    }
}

/// What a round came to.
#[derive(Default)]
pub(super) struct Round {
    pub(super) answers: Vec<(usize, Result<Written, GraphError>)>,
    pub(super) again: Vec<Pending>,
    /// How long to wait before sending again; the pace knows of silences by itself.
    pub(super) wait: Option<Duration>,
}

/// What is to become of an item.
enum Verdict {
    Done(Result<Written, GraphError>),
    /// Send it again after this wait.
    Later(Duration),
    /// Send it again when the silence that Graph asked for is over.
    Silence(Option<Duration>),
    /// Send it again with a later token.
    Renew,
}

/// Sends these items as one batch and judges the answers.
pub(super) async fn send(connection: &Connection, mut pending: Vec<Pending>) -> Round {
    let method = Method::POST;
    let line = connection.line(&method, "/$batch");
    let writes = u32::try_from(pending.len()).unwrap_or(u32::MAX);
    let items = pending
        .iter()
        .map(|pending| (&pending.item, connection.outside.fresh_id()));
    let call = Call {
        url: format!("{}/v1.0/$batch", connection.root),
        line,
        body: Some(batch::encode(items)),
        bulk: false,
        // Batching saves round trips, not quota (graph.md, section 7).
        cost: Cost {
            units: writes,
            writes,
        },
        repeat: Repeat::WhenRefused,
        method,
    };
    for pending in &mut pending {
        pending.attempts.tries += 1;
    }
    match connection.send(&call).await {
        Ok(answer) => judge_all(connection, &call, &answer, pending).await,
        Err(GraphError::OutcomeUnknown(outage)) => lost(connection, pending, &outage.cause),
        Err(error) => Round {
            answers: pending
                .into_iter()
                .map(|item| (item.index, Err(error.clone())))
                .collect(),
            ..Round::default()
        },
    }
}

async fn judge_all(
    connection: &Connection,
    call: &Call,
    answer: &Answer,
    pending: Vec<Pending>,
) -> Round {
    let replies = answer
        .json(&call.line)
        .ok()
        .and_then(|mut json| batch::decode(&mut json));
    let Some(mut replies) = replies else {
        let garbage = answer.garbage(&call.line, "which answers no batch");
        return lost(connection, pending, &OutageCause::Garbage(garbage));
    };
    let mut round = Round::default();
    let mut unanswered = Vec::new();
    let mut silence: Option<(Option<Duration>, u32)> = None;
    let mut renew = false;
    for (position, mut pending) in pending.into_iter().enumerate() {
        let Some(reply) = replies.remove(&position) else {
            unanswered.push(pending);
            continue;
        };
        match judge(connection, &mut pending, &reply, answer) {
            Verdict::Done(result) => round.answers.push((pending.index, result)),
            Verdict::Later(wait) => {
                round.wait = round.wait.max(Some(wait));
                round.again.push(pending);
            }
            Verdict::Silence(wait) => {
                let (longest, tries) = silence.unwrap_or_default();
                silence = Some((longest.max(wait), tries.max(pending.attempts.tries)));
                round.again.push(pending);
            }
            Verdict::Renew => {
                renew = true;
                round.again.push(pending);
            }
        }
    }
    // All wait for the largest Retry-After of the batch (graph.md, section 7).
    if let Some((wait, tries)) = silence {
        connection.silence(connection.outside.clock.now(), wait, tries);
    }
    if renew && let Err(error) = connection.renew(&answer.token).await {
        let failed = round
            .again
            .drain(..)
            .map(|pending| (pending.index, Err(error.clone())));
        round.answers.extend(failed);
    }
    if !unanswered.is_empty() {
        let garbage = answer.garbage(&call.line, "which leaves an item unanswered");
        let lost = lost(connection, unanswered, &OutageCause::Garbage(garbage));
        round.answers.extend(lost.answers);
        round.again.extend(lost.again);
        round.wait = round.wait.max(lost.wait);
    }
    round
}

/// Judges items whose answers were lost: they may have taken effect.
fn lost(connection: &Connection, pending: Vec<Pending>, cause: &OutageCause) -> Round {
    let mut round = Round::default();
    for mut pending in pending {
        let wait = connection.backoff(pending.attempts.tries);
        let now = connection.outside.clock.now();
        let idempotent = pending.item.effect.is_idempotent();
        if idempotent && pending.attempts.may_go_on(now, wait) {
            round.wait = round.wait.max(Some(wait));
            round.again.push(pending);
            continue;
        }
        let error = match (idempotent, cause) {
            (true, OutageCause::Garbage(garbage)) => garbage.clone().into_error(),
            (true, _) => GraphError::Unavailable(outage(connection, &pending, cause)),
            (false, _) => GraphError::OutcomeUnknown(outage(connection, &pending, cause)),
        };
        round.answers.push((pending.index, Err(error)));
    }
    round
}

fn outage(connection: &Connection, pending: &Pending, cause: &OutageCause) -> Box<Outage> {
    let request = line(connection, &pending.item);
    Box::new(Outage {
        request,
        tries: pending.attempts.tries,
        cause: cause.clone(),
    })
}

fn line(connection: &Connection, item: &Item) -> RequestLine {
    connection.line(&item.method, &item.path)
}

fn judge(
    connection: &Connection,
    pending: &mut Pending,
    reply: &Reply,
    answer: &Answer,
) -> Verdict {
    let item = &pending.item;
    let now = connection.outside.clock.now();
    let asked = reply
        .header("retry-after")
        .and_then(|text| backoff::retry_after(&text, now));
    match reply.status {
        200..300 => return Verdict::Done(written(connection, pending, reply, answer)),
        401 if !pending.renewed => {
            pending.renewed = true;
            return Verdict::Renew;
        }
        404 if item.fresh && pending.lagged < backoff::LAG.len() => {
            pending.lagged += 1;
            // Not a failed try: the object is not there yet, which says nothing of Graph.
            pending.attempts = Attempts::new();
            return Verdict::Later(backoff::LAG[pending.lagged - 1]);
        }
        404 if matches!(item.effect, Effect::Removes(_)) => {
            return Verdict::Done(written(connection, pending, reply, answer));
        }
        429 if pending.attempts.tries < backoff::TRIES_MAX => return Verdict::Silence(asked),
        _ => {}
    }

    let refusal = refusal(connection, pending, reply, answer);
    let concurrent = refusal.has_code("Directory_ConcurrencyViolation") || reply.status == 423;
    let passes = connection::passes(reply.status);
    // A write that met another one was not carried out, so that any kind may be repeated.
    if concurrent || passes && item.effect.is_idempotent() {
        let wait = asked
            .unwrap_or_default()
            .max(connection.backoff(pending.attempts.tries));
        if pending.attempts.may_go_on(now, wait) {
            return Verdict::Later(wait);
        }
    }
    Verdict::Done(Err(match (reply.status, &pending.item.effect) {
        (429, _) => {
            let until = connection.silence(now, asked, pending.attempts.tries);
            throttled(refusal.request.clone(), until, Some(refusal))
        }
        (404, Effect::Restores(id)) => GraphError::NotInBin {
            id: id.to_string(),
            refusal: Box::new(refusal),
        },
        _ if concurrent => GraphError::Conflict(Box::new(refusal)),
        _ if passes && pending.item.effect.is_idempotent() => GraphError::Failed(Box::new(refusal)),
        _ if passes => {
            let cause = OutageCause::Refused(refusal);
            GraphError::OutcomeUnknown(outage(connection, pending, &cause))
        }
        _ => refusal.into_error(),
    }))
}

fn refusal(connection: &Connection, pending: &Pending, reply: &Reply, answer: &Answer) -> Refusal {
    let request_id = reply.header("request-id").or_else(|| answer.request_id());
    let text = answer.token.secret.scrub(&reply.body.to_string());
    let body = serde_json::from_str(&text).ok();
    let line = line(connection, &pending.item);
    Refusal::read(line, reply.status, body.as_ref(), request_id, || {
        crate::call::excerpt(&text)
    })
}

fn written(
    connection: &Connection,
    pending: &Pending,
    reply: &Reply,
    answer: &Answer,
) -> Result<Written, GraphError> {
    let request_id = reply
        .header("request-id")
        .or_else(|| answer.request_id())
        .unwrap_or_default();
    let id = match &pending.item.effect {
        Effect::Restores(id) | Effect::Sets(id) | Effect::Removes(id) => id.clone(),
        // Only the invited user's id counts; `id` itself is the invitation's (graph.md, 4.1).
        Effect::Makes => match reply
            .body
            .pointer("/invitedUser/id")
            .and_then(|id| id.as_str())
        {
            Some(id) if !id.is_empty() => TargetId::new(id),
            _ => {
                let garbage = answer.garbage(
                    &line(connection, &pending.item),
                    "which names no invited user",
                );
                let cause = OutageCause::Garbage(garbage);
                return Err(GraphError::OutcomeUnknown(outage(
                    connection, pending, &cause,
                )));
            }
        },
    };
    Ok(Written { id, request_id })
}
