//! Opaque tokens in links: a state in JSON, sealed with a checksum so that an invented one is
//! refused.
//!
//! All state is in the token, so a link can be used again and again (graph.md 3.3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::seed::checksum;

/// Seals and opens tokens of one simulator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seal(u64);

impl Seal {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5eed_5ea1)
    }

    pub(crate) fn close(self, state: &impl Serialize) -> String {
        let text = serde_json::to_string(state).unwrap_or_default();
        let sealed = format!("{:016x}{text}", checksum(self.0, &text));
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Returns the state of a token, or `None` where it is not one of ours.
    pub(crate) fn open<T: DeserializeOwned>(self, token: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let sealed = String::from_utf8(bytes).ok()?;
        let (sum, text) = sealed.split_at_checked(16)?;
        if sum != format!("{:016x}", checksum(self.0, text)) {
            return None;
        }
        serde_json::from_str(text).ok()
    }
}
