//! What an author of rules sees.

mod comparison;
mod inspection;
mod testing;

pub(crate) use comparison::{differing, measured};
pub(crate) use inspection::inspected;
pub(crate) use testing::{tested, tested_input};

/// Returns a size in bytes as people say it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
