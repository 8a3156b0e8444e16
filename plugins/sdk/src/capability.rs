//! What a rule may ask of the host: the client's own tables, and a log.

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the author.
    Debug,
    /// For the curious.
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
}

/// Writes a message to the host's log. On the author's machine it goes nowhere.
pub fn log(level: Level, message: impl Into<String>) {
    let message = message.into();
    #[cfg(target_family = "wasm")]
    crate::component::write(level, &message);
    #[cfg(not(target_family = "wasm"))]
    drop((level, message));
}

#[cfg(target_family = "wasm")]
pub(crate) use crate::component::lookup;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::native::lookup;
