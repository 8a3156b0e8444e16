//! Progress while it works: a bar on a terminal, a plain line now and then elsewhere.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use syncline_service::{Event, Step};

use super::{cycle, note, result, rules, say};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// Shows the events of a service.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    step: Mutex<Option<Step>>,
    telling: Telling,
}

/// What is told beside the bar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// Each step where there is no bar, and nothing of the end: the command does that.
    Steps,
    /// As a cycle ends, how it went: nobody waits for it.
    Cycles,
    /// Where there is no bar, only that it writes: the rest goes by in a moment.
    Writes,
}

impl Progress {
    /// Returns what shows one command's progress.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            // It shows nothing before there is something to show.
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{prefix}"));
            bar
        });
        Self {
            bar,
            step: Mutex::new(None),
            telling: Telling::Steps,
        }
    }

    /// Returns what shows the progress of a story that tells the rest itself.
    pub(crate) fn of_a_story() -> Self {
        Self {
            telling: Telling::Writes,
            ..Self::new()
        }
    }

    /// Returns what also reports each cycle as it ends.
    pub(crate) fn telling_everything() -> Self {
        Self {
            telling: Telling::Cycles,
            ..Self::new()
        }
    }

    /// Tells something in passing, beside the bar.
    pub(crate) fn note(&self, text: &str) {
        self.aside(|| note(text));
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows an event.
    pub(crate) fn observe(&self, event: &Event) {
        match event {
            Event::Progress {
                job,
                step,
                done,
                total,
            } => {
                self.advance(job.as_str(), *step, *done, *total);
            }
            Event::RunStarted { job } => {
                self.turn_to(None);
                if let Some(bar) = &self.bar {
                    bar.reset();
                    bar.enable_steady_tick(TICK);
                    bar.set_style(style("{spinner} {prefix}"));
                    bar.set_prefix(format!("{job}: sign in"));
                }
            }
            Event::RunEnded(report) => {
                self.clear();
                if self.telling == Telling::Cycles {
                    cycle(report);
                }
            }
            Event::RunFailed {
                job,
                message,
                advice,
            } => {
                self.clear();
                note(&format!("error: {job}: {message}"));
                if let Some(advice) = advice {
                    note(&format!("hint: {advice}"));
                }
            }
            Event::RulesPreviewed {
                generation,
                preview,
                ..
            } => {
                self.aside(|| note(&rules::previewed(generation, preview)));
            }
            Event::RulesActivated {
                generation, layers, ..
            } => {
                self.aside(|| note(&rules::activated(generation, layers)));
            }
            Event::RulesWait {
                job,
                generation,
                reason,
            } => self.aside(|| {
                note(&format!(
                    "changed rules {} wait: {reason}; let them in: syncline rules activate --job {job}",
                    generation.short()
                ));
            }),
            Event::RulesRefused { reason, .. } => self.aside(|| {
                note(&format!(
                    "changed rules are refused, the active ones stay: {reason}"
                ));
            }),
            Event::Watching { folder } => {
                self.aside(|| note(&format!("watching {}", folder.display())));
            }
            Event::Planned { .. } => {}
        }
    }

    fn aside(&self, tell: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    /// Turns to a step; returns whether it is another one than before.
    fn turn_to(&self, step: Option<Step>) -> bool {
        let mut known = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, step) != step
    }

    fn advance(&self, job: &str, step: Step, done: u64, total: u64) {
        let fresh = self.turn_to(Some(step));
        match &self.bar {
            Some(bar) => {
                if fresh {
                    bar.reset();
                    bar.enable_steady_tick(TICK);
                    bar.set_style(style(if total > 0 {
                        "{prefix} [{bar:20}] {pos} of {len}, {eta} left"
                    } else {
                        "{spinner} {prefix} {pos}"
                    }));
                    bar.set_prefix(format!("{job}: {}", step.name()));
                }
                if total > 0 {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            None => {
                let told = match self.telling {
                    Telling::Steps => true,
                    Telling::Writes => step == Step::Apply,
                    Telling::Cycles => false,
                };
                if fresh && told {
                    note(&match total {
                        0 => format!("{job}: {}", step.name()),
                        _ => format!("{job}: {} ({total})", step.name()),
                    });
                }
            }
        }
    }

    /// Writes a result beside the bar.
    pub(crate) fn result(&self, text: &str) {
        self.aside(|| result(text));
    }

    /// Writes a result in sentences beside the bar.
    pub(crate) fn say(&self, text: &str) {
        self.aside(|| say(text));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
