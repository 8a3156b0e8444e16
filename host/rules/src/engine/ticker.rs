//! The clock that interrupts calls: a thread that advances the engines' epoch.

use std::{io, thread, time::Duration};

use wasmtime::{Engine, EngineWeak};

/// How often the epoch advances. The clock is a backstop of many seconds, so this is coarse and an
/// idle service wakes ten times a second.
const TICK: Duration = Duration::from_millis(100);

/// Starts the clock of these engines. It is a thread of its own, since an executor that is busy would
/// not tick, and it holds them weakly, so that it ends when they are dropped.
pub(super) fn start(engines: [&Engine; 2]) -> io::Result<()> {
    let engines = engines.map(Engine::weak);
    thread::Builder::new()
        .name("rules-clock".to_owned())
        .spawn(move || tick(&engines))?;
    Ok(())
}

fn tick(engines: &[EngineWeak; 2]) {
    loop {
        thread::sleep(TICK);
        let alive: Vec<Engine> = engines.iter().filter_map(EngineWeak::upgrade).collect();
        if alive.is_empty() {
            return;
        }
        alive.iter().for_each(Engine::increment_epoch);
    }
}

/// Returns the number of ticks after which a call of this length is interrupted; the tick that is
/// already running counts as one, hence one more.
pub(crate) fn ticks(wall_clock: Duration) -> u64 {
    let ticks = wall_clock.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks)
        .unwrap_or(u64::MAX / 4)
        .min(u64::MAX / 4)
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_that_is_running_is_not_held_against_a_call() {
        assert_eq!(ticks(Duration::ZERO), 1);
        assert_eq!(ticks(Duration::from_millis(1)), 2);
        assert_eq!(ticks(Duration::from_millis(200)), 3);
        assert_eq!(ticks(Duration::MAX), u64::MAX / 4 + 1);
    }
}
