//! The state of a round, as its links carry it, and how links go bad (graph.md 3.3).

use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::GraphError;
use crate::exchange::Call;
use crate::routes::Context;
use crate::schema::Kind;
use crate::tenant::policy::Reset;

/// A round of pages over one entity set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Round {
    #[serde(rename = "k")]
    pub(super) set: String,
    #[serde(rename = "t")]
    pub(super) tenant: String,
    #[serde(rename = "g")]
    pub(super) generation: u32,
    #[serde(rename = "i")]
    pub(super) issued: i64,
    #[serde(rename = "p")]
    pub(super) select: Vec<String>,
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ids: Vec<String>,
    /// Reports changes after this version; everything, where there is none.
    #[serde(rename = "s")]
    pub(super) since: Option<u64>,
    /// Where the round before began.
    #[serde(rename = "b")]
    pub(super) before: Option<u64>,
    /// The version that the round reports up to.
    #[serde(rename = "u")]
    pub(super) until: u64,
    #[serde(rename = "c")]
    pub(super) cursor: Cursor,
}

/// How far the pages of a round have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cursor {
    Start,
    /// The empty first page has been given.
    Opened,
    /// Everything up to and including this object.
    Object(String),
    /// Everything up to and including this version.
    Version(u64),
    /// Part of the links of the object that follows: up to this relation and id.
    Within {
        /// Where the object before it was.
        at: Box<Cursor>,
        object: String,
        relation: String,
        link: String,
    },
}

impl Round {
    pub(super) fn issued_at(&self, now: Timestamp) -> Self {
        Self {
            issued: now.as_second(),
            ..self.clone()
        }
    }
}

/// Returns the round of a link, where the link is still good.
pub(super) fn open(
    call: &Call,
    context: &Context<'_>,
    kind: Kind,
    token: &str,
) -> Result<Round, GraphError> {
    let round: Round = context
        .seal
        .open(token)
        .filter(|round: &Round| round.set == kind.set() && round.tenant == context.tenant.id)
        .ok_or_else(|| {
            GraphError::bad_request("Badly formed token: the delta or skip token is invalid.")
                .with_detail("Directory_InvalidDeltaToken", "token")
        })?;
    if round.generation != context.tenant.delta_generation {
        return Err(bad(call, context.tenant.delta_reset));
    }
    let age_s = context.now.as_second() - round.issued;
    if age_s > i64::from(context.tenant.delta.token_life_s) {
        // As really seen on users and groups; the documented form can be had by a reset.
        return Err(bad(call, Reset::TooOld));
    }
    Ok(round)
}

fn bad(call: &Call, reset: Reset) -> GraphError {
    match reset {
        Reset::Gone => GraphError::new(
            StatusCode::GONE,
            "resyncRequired",
            "Resync required. Any local items have to be synchronized again.",
        )
        .with_header("location", call.link("$deltatoken=")),
        Reset::StateNotFound => GraphError::new(
            StatusCode::BAD_REQUEST,
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be \
             synchronized again.",
        ),
        Reset::TooOld => {
            GraphError::unsupported_query("DeltaLink older than 30 days is not supported.")
        }
    }
}
