//! Weather: faults that come by themselves, drawn from the seed, request by request.
//!
//! All rates are per thousand. One seed, one order of requests and one clock give the same weather
//! (graph.md 3.1, 3.3, 8.4, 9.2 to 9.4, and the knobs of section 15).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fault::{Body, Drop as Loss, Fault};
use crate::seed::Generator;

/// How often which fault comes, per thousand; 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// Requests that are refused with 429 below the limits; half of them without Retry-After.
    pub early_429: u32,
    /// Requests that are refused with 500, 502, 503 or 504 before anything is done.
    pub server_errors: u32,
    /// Requests that are carried out and answered with 504.
    pub lost_answers: u32,
    /// Requests whose connection breaks before anything is done.
    pub cut_before: u32,
    /// Requests that are carried out and whose connection breaks before the answer.
    pub cut_after: u32,
    /// Requests that are carried out and whose answer breaks off in the middle of its body.
    pub cut_within: u32,
    /// Requests whose token is refused as expired, whatever its life.
    pub expired_tokens: u32,
    /// Requests that take `slow_ms` longer.
    pub slow: u32,
    /// How much longer a slow request takes, in milliseconds.
    pub slow_ms: u32,
    /// Pages of a delta round that are empty and have a nextLink.
    pub empty_pages: u32,
    /// Items of a delta round that come again, on their own page or on a later one.
    pub repeats: u32,
    /// Pages of a delta round whose items come in another order.
    pub shuffled_pages: u32,
}

/// The weather and the chance that makes it.
#[derive(Debug)]
pub(crate) struct Sky {
    pub(crate) weather: Weather,
    chance: Generator,
}

impl Sky {
    pub(crate) fn new(weather: Weather, chance: Generator) -> Self {
        Self { weather, chance }
    }

    fn hits(&mut self, rate: u32) -> bool {
        // Where there is no such weather nothing is drawn, so that it shifts nothing.
        rate > 0 && self.chance.next() % 1_000 < u64::from(rate)
    }

    /// Draws what a request meets.
    pub(crate) fn meet(&mut self) -> Option<Fault> {
        let weather = self.weather;
        let status = |status: StatusCode| Fault {
            status: Some(status.as_u16()),
            ..Fault::default()
        };
        let lost = |loss: Loss| Fault {
            drop: Some(loss),
            ..Fault::default()
        };
        if self.hits(weather.early_429) {
            let told = self.chance.below(2) == 0;
            let seconds = self.chance.between(1, 20);
            return Some(Fault {
                retry_after: told.then(|| u32::try_from(seconds).unwrap_or(20)),
                ..status(StatusCode::TOO_MANY_REQUESTS)
            });
        }
        if self.hits(weather.server_errors) {
            let (failure, body) = *self.chance.pick(&[
                (StatusCode::INTERNAL_SERVER_ERROR, Body::Graph),
                (StatusCode::BAD_GATEWAY, Body::Html),
                (StatusCode::SERVICE_UNAVAILABLE, Body::Graph),
                (StatusCode::SERVICE_UNAVAILABLE, Body::Empty),
                (StatusCode::GATEWAY_TIMEOUT, Body::Html),
            ]);
            return Some(Fault {
                body,
                ..status(failure)
            });
        }
        if self.hits(weather.lost_answers) {
            return Some(lost(Loss::After));
        }
        if self.hits(weather.cut_before) {
            return Some(lost(Loss::Before));
        }
        if self.hits(weather.cut_after) {
            return Some(lost(Loss::Close));
        }
        if self.hits(weather.cut_within) {
            return Some(lost(Loss::Within));
        }
        if self.hits(weather.expired_tokens) {
            return Some(status(StatusCode::UNAUTHORIZED));
        }
        if self.hits(weather.slow) {
            return Some(Fault {
                latency_ms: Some(weather.slow_ms),
                ..Fault::default()
            });
        }
        None
    }

    /// Whether the next page of a delta round is an empty one.
    pub(crate) fn empties_page(&mut self) -> bool {
        self.hits(self.weather.empty_pages.min(900))
    }

    /// Whether an item is given again.
    pub(crate) fn repeats(&mut self) -> bool {
        self.hits(self.weather.repeats)
    }

    /// Brings a page into another order, where the weather is so.
    pub(crate) fn shuffle(&mut self, items: &mut [Value]) {
        if self.hits(self.weather.shuffled_pages) {
            self.chance.shuffle(items);
        }
    }
}
