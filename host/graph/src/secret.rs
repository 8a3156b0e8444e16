//! Text that must not be seen.

use std::{fmt, sync::Arc};

/// A secret or a token. It cannot be printed, compared or serialized; only the requests that need
/// it read it (law L12).
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Returns the secret of this text, taken as it is.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Returns this text without the secret, for text that came back from outside: a proxy that
    /// reports an error may quote the request.
    pub(crate) fn scrub(&self, text: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&*self.0, REDACTED)
        }
    }
}

const REDACTED: &str = "[redacted]";

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::new("hunter2");
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "[redacted] Some([redacted])"
        );
        assert_eq!(secret.scrub("you sent hunter2"), "you sent [redacted]");
        assert_eq!(Secret::new("").scrub("as it is"), "as it is");
    }
}
