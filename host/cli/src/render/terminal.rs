//! How wide the terminal is. In a pipe there is no width: everything is written in full.

use std::io::IsTerminal as _;

use terminal_size::{Width, terminal_size_of};

/// Below this nothing can be laid out; a terminal that says so does not know its size.
const WIDTH_MIN: usize = 20;

/// Returns how many columns results have.
pub(super) fn width_of_results() -> Option<usize> {
    let stdout = std::io::stdout();
    if stdout.is_terminal() {
        known(terminal_size_of(stdout))
    } else {
        None
    }
}

/// Returns how many columns notes have.
pub(super) fn width_of_notes() -> Option<usize> {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        known(terminal_size_of(stderr))
    } else {
        None
    }
}

fn known(size: Option<(Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns))
        .filter(|columns| *columns >= WIDTH_MIN)
}
