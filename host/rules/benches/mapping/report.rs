//! Times, their spread, and how they are printed.

use std::time::Duration;

use cpu_time::ThreadTime;

/// Adds the processor's time that a call takes on this thread, without that of dropping its answer. The
/// clock's time would be that of whatever else the machine does as well.
pub(crate) fn timed<T>(time: &mut Duration, call: impl FnOnce() -> T) {
    let start = ThreadTime::now();
    let answer = std::hint::black_box(call());
    *time += start.elapsed();
    drop(answer);
}

/// Returns a count to divide by.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The middle, the quartiles and the least of some times.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    least: f64,
    low: f64,
    pub(crate) median: f64,
    high: f64,
}

impl Spread {
    /// Returns the spread of these times, in seconds.
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |quarter: usize| times[(times.len() - 1) * quarter / 4].as_secs_f64();
        Self {
            least: at(0),
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }

    /// Returns the spread of microseconds for one of this many.
    pub(crate) fn each(self, number: usize) -> Self {
        self.map(|time| time * 1e6 / count(number))
    }

    /// Returns the spread of something else, larger where this is larger.
    pub(crate) fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self {
            least: change(self.least),
            low: change(self.low),
            median: change(self.median),
            high: change(self.high),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            least,
            low,
            median,
            high,
        } = self;
        write!(
            formatter,
            "{median:6.2} ({low:.2} to {high:.2}, least {least:.2})"
        )
    }
}
