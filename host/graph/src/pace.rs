//! The pace at which an application may call Graph in a tenant (law L14; graph.md, section 8).
//!
//! One [`Pace`] stands for one application in one tenant; every client of that pair holds a clone
//! of it. It keeps two sliding windows, one of writes and one of resource units, and the silence
//! that a 429 imposes on every call, reads included. It sends nothing itself.

mod window;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as Turn;

use crate::outside::{Clock, Outside};
pub use window::Sent;
use window::Window;

/// Resource units that Graph grants to an application per [`UNIT_WINDOW`] in a large, a medium and a
/// small tenant (graph.md, section 8.1). Which one a tenant is, it says by a 429 for units.
const UNITS: [u32; 3] = [8000, 5000, 3500];
/// The window of [`UNITS`].
const UNIT_WINDOW: Duration = Duration::from_secs(10);

/// Longest silence that a call waits out. Graph asks for some minutes at most (graph.md, section
/// 8.4); beyond this the call fails and says until when, instead of seeming to hang.
const SILENCE_MAX: Duration = Duration::from_secs(15 * 60);

/// How long reads stay slow after Graph said that a limit is near: the length of a unit window.
const STRAIN: Duration = Duration::from_secs(10);

/// How much of Graph's published write limit may be used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The published number of writes in a window.
    pub writes: u32,
    /// The published window.
    pub window: Duration,
    /// The part of it that we take, from 0 to 1.
    pub share: f64,
}

impl Budget {
    /// Returns the most writes in any window, at least one.
    pub fn writes_max(&self) -> u32 {
        share_of(self.writes, self.share)
    }
}

impl Default for Budget {
    /// Returns 70 % of 3,000 writes in 150 seconds (graph.md, sections 8.1 and 8.4).
    fn default() -> Self {
        Self {
            writes: 3000,
            window: Duration::from_secs(150),
            share: 0.7,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and `whole`; a share that is no number becomes 0"
)]
fn share_of(whole: u32, share: f64) -> u32 {
    // The small addition keeps 0.7 of 3,000 from becoming 2,099.
    ((f64::from(whole) * share.clamp(0.0, 1.0) + 1e-6) as u32).max(1)
}

/// What of a [`Pace`] survives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceState {
    /// Writes that may still count, oldest first.
    pub writes: Vec<Sent>,
    /// Until when Graph asked for silence.
    pub silent_until: Option<Timestamp>,
}

/// Keeps what of a [`Pace`] is to survive a restart. Called on the thread that waits to send.
pub type Keeper = Box<dyn Fn(&PaceState) + Send + Sync>;

/// What a request takes from the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Resource units.
    pub(crate) units: u32,
    /// Writes.
    pub(crate) writes: u32,
}

impl Cost {
    /// The cost of any read that names its columns (graph.md, section 8.1).
    #[cfg(test)]
    pub(crate) const READ: Self = Self {
        units: 1,
        writes: 0,
    };

    /// Returns the cost of reading this path below `/v1.0`, with its query (graph.md, section 8.1).
    pub(crate) fn of_reading(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
        let base: u32 = match words.as_slice() {
            ["groups", _, "transitiveMembers", ..] => 5,
            ["groups", _, "members", ..] | ["subscribedSkus"] => 3,
            ["users" | "applications" | "oauth2PermissionGrants"]
            | [
                "users",
                _,
                "memberOf" | "transitiveMemberOf" | "licenseDetails",
                ..,
            ]
            | ["servicePrincipals", _, "appRoleAssignments", ..] => 2,
            _ => 1,
        };
        let option = |name: &str| {
            let mut options = query.split('&').filter_map(|option| option.split_once('='));
            options.find_map(|(own, value)| (own == name).then_some(value))
        };
        let small_page = option("$top")
            .and_then(|top| top.parse::<u32>().ok())
            .is_some_and(|top| top < 20);
        let saved = u32::from(option("$select").is_some()) + u32::from(small_page);
        let units = base + u32::from(option("$expand").is_some());
        Self {
            units: units.saturating_sub(saved).max(1),
            writes: 0,
        }
    }
}

/// Graph asked for a silence longer than a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silenced {
    pub(crate) until: Timestamp,
}

/// The pace of one application in one tenant, shared by its clones.
#[derive(Clone)]
pub struct Pace(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    writes_max: u32,
    /// The part of what Graph grants that is used.
    share: f64,
    // Callers wait in these queues, first come, first served. Lock order: writers, then callers.
    // A writer waits for the write window without keeping readers from their turn.
    writers: Turn<()>,
    callers: Turn<()>,
    ledger: Mutex<Ledger>,
    keeper: Option<Keeper>,
}

#[derive(Debug)]
struct Ledger {
    writes: Window,
    units: Window,
    /// How large the tenant is, as a place in [`UNITS`].
    size: usize,
    silent_until: Option<Timestamp>,
    strain: Option<Strain>,
    last_read: Option<Timestamp>,
}

/// Reads keep this distance until then.
#[derive(Clone, Copy, Debug)]
struct Strain {
    until: Timestamp,
    distance: Duration,
}

impl Pace {
    /// Returns a pace that has sent nothing yet.
    pub fn new(budget: Budget, outside: &Outside) -> Self {
        Self::resume(budget, None, outside)
    }

    /// Returns a pace that goes on where another process stopped, if one did.
    pub fn resume(budget: Budget, state: Option<PaceState>, outside: &Outside) -> Self {
        Self::make(budget, state, outside, None)
    }

    /// Returns a pace that goes on where another process stopped and that tells `keeper` its state
    /// before each write is sent and with each silence, so that a process which dies has sent no
    /// more than the next one knows of.
    pub fn kept(
        budget: Budget,
        state: Option<PaceState>,
        outside: &Outside,
        keeper: Keeper,
    ) -> Self {
        Self::make(budget, state, outside, Some(keeper))
    }

    fn make(
        budget: Budget,
        state: Option<PaceState>,
        outside: &Outside,
        keeper: Option<Keeper>,
    ) -> Self {
        let state = state.unwrap_or_default();
        Self(Arc::new(Shared {
            clock: Arc::clone(&outside.clock),
            writes_max: budget.writes_max(),
            share: budget.share,
            writers: Turn::new(()),
            callers: Turn::new(()),
            ledger: Mutex::new(Ledger {
                writes: Window::new(budget.window, budget.writes_max(), state.writes),
                units: Window::new(UNIT_WINDOW, share_of(UNITS[0], budget.share), Vec::new()),
                size: 0,
                silent_until: state.silent_until,
                strain: None,
                last_read: None,
            }),
            keeper,
        }))
    }

    /// Returns what must survive a restart for the budget to hold across it.
    pub fn state(&self) -> PaceState {
        let now = self.0.clock.now();
        let silent_until = self.silent_until();
        PaceState {
            writes: self.ledger().writes.sent(now),
            silent_until,
        }
    }

    /// Returns the most writes in any window, hence also in one request.
    pub fn writes_max(&self) -> u32 {
        self.0.writes_max
    }

    /// Returns until when Graph asked for silence, if that is still ahead.
    pub fn silent_until(&self) -> Option<Timestamp> {
        let now = self.0.clock.now();
        self.ledger().silent_until.filter(|until| *until > now)
    }

    /// Returns how many writes the window has room for now.
    pub fn writes_left(&self) -> u32 {
        let now = self.0.clock.now();
        self.ledger().writes.left(now)
    }

    /// Waits until a request of this cost may be sent, and counts it as sent now.
    pub(crate) async fn admit(&self, cost: Cost) -> Result<(), Silenced> {
        let clock = &*self.0.clock;
        let writing = if cost.writes > 0 {
            Some(self.0.writers.lock().await)
        } else {
            None
        };
        if writing.is_some() {
            wait(clock, |now| self.ledger().wait_for_writes(now, cost)).await?;
        }
        let _turn = self.0.callers.lock().await;
        wait(clock, |now| self.ledger().take(now, cost)).await?;
        if writing.is_some() {
            self.keep();
        }
        Ok(())
    }

    /// Keeps every call of the application waiting for this long.
    pub(crate) fn silence(&self, duration: Duration) {
        let until = self.0.clock.now() + duration;
        let mut ledger = self.ledger();
        ledger.silent_until = Some(
            ledger
                .silent_until
                .map_or(until, |before| before.max(until)),
        );
        drop(ledger);
        self.keep();
    }

    fn keep(&self) {
        if let Some(keeper) = &self.0.keeper {
            keeper(&self.state());
        }
    }

    /// Takes note of `x-ms-resource-unit`, what a request cost (graph.md, section 8.3), where that is
    /// more than it was admitted for.
    pub(crate) fn charged(&self, admitted: Cost, units: u32) {
        if let Some(more) = units.checked_sub(admitted.units).filter(|more| *more > 0) {
            let now = self.0.clock.now();
            self.ledger().units.take(now, more);
        }
    }

    /// Takes note that Graph throttled for resource units (`x-ms-throttle-information`): the tenant
    /// is smaller than thought.
    pub(crate) fn short_of_units(&self) {
        let mut ledger = self.ledger();
        if let Some(units) = UNITS.get(ledger.size + 1) {
            ledger.size += 1;
            ledger.units.set_limit(share_of(*units, self.0.share));
        }
    }

    /// Takes note of `x-ms-throttle-limit-percentage`, which Graph sends from 0.8 on (graph.md,
    /// section 8.3): reads then keep a distance of 200 ms at 0.8, growing to a second at 1.6.
    pub(crate) fn strain(&self, part_of_limit: f64) {
        if part_of_limit >= 0.8 {
            let until = self.0.clock.now() + STRAIN;
            let distance = Duration::from_secs(1).mul_f64((part_of_limit - 0.6).clamp(0.2, 1.0));
            self.ledger().strain = Some(Strain { until, distance });
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The ledger is consistent between any two statements that change it.
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Pace").field(&self.state()).finish()
    }
}

/// Why a request may not be sent yet.
enum Hold {
    Silence(Timestamp),
    Room(Duration),
}

/// Asks until the answer is yes, sleeping in between.
async fn wait(
    clock: &dyn Clock,
    mut ask: impl FnMut(Timestamp) -> Result<(), Hold>,
) -> Result<(), Silenced> {
    loop {
        let now = clock.now();
        let duration = match ask(now) {
            Ok(()) => return Ok(()),
            Err(Hold::Room(duration)) => duration,
            Err(Hold::Silence(until)) => {
                let duration = until.duration_since(now).unsigned_abs();
                if duration > SILENCE_MAX {
                    return Err(Silenced { until });
                }
                duration
            }
        };
        // A timer may fire a moment early; a millisecond more keeps this from spinning then.
        clock.sleep(duration.max(Duration::from_millis(1))).await;
    }
}

impl Ledger {
    fn wait_for_writes(&mut self, now: Timestamp, cost: Cost) -> Result<(), Hold> {
        if let Some(until) = self.silent_until.filter(|until| *until > now) {
            return Err(Hold::Silence(until));
        }
        self.writes
            .wait(now, cost.writes)
            .map_or(Ok(()), |wait| Err(Hold::Room(wait)))
    }

    fn take(&mut self, now: Timestamp, cost: Cost) -> Result<(), Hold> {
        self.wait_for_writes(now, cost)?;
        if let Some(wait) = self.units.wait(now, cost.units) {
            return Err(Hold::Room(wait));
        }
        if cost.writes == 0 {
            if let Some(wait) = self.wait_for_distance(now) {
                return Err(Hold::Room(wait));
            }
            self.last_read = Some(now);
        } else {
            self.writes.take(now, cost.writes);
        }
        self.units.take(now, cost.units);
        Ok(())
    }

    fn wait_for_distance(&self, now: Timestamp) -> Option<Duration> {
        let strain = self.strain.filter(|strain| strain.until > now)?;
        let since = Duration::try_from(now.duration_since(self.last_read?)).unwrap_or_default();
        strain
            .distance
            .checked_sub(since)
            .filter(|wait| !wait.is_zero())
    }
}

#[cfg(test)]
mod tests;
