//! Progress while it works: a bar on a terminal, a plain line now and then elsewhere.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use syncline_service::{Event, Step};

use super::{cycle, note, result, rules};

/// Shows the events of a service.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    step: Mutex<Option<Step>>,
    /// Whether cycles are reported as they end, as `run` does.
    everything: bool,
}

impl Progress {
    /// Returns what shows one command's progress.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, step: Mutex::new(None), everything: false }
    }

    /// Returns what also reports each cycle as it ends.
    pub(crate) fn telling_everything() -> Self {
        Self { everything: true, ..Self::new() }
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
            Event::Progress { job, step, done, total } => {
                self.advance(job.as_str(), *step, *done, *total);
            }
            Event::RunStarted { .. } => {
                self.turn_to(None);
            }
            Event::RunEnded(report) if self.everything => self.aside(|| cycle(report)),
            Event::RunFailed { job, message } => {
                self.aside(|| note(&format!("error: {job}: {message}")));
            }
            Event::RulesPreviewed { generation, preview, .. } => {
                self.aside(|| note(&rules::previewed(generation, preview)));
            }
            Event::RulesActivated { generation, layers, .. } => {
                self.aside(|| note(&rules::activated(generation, layers)));
            }
            Event::RulesWait { job, generation, reason } => self.aside(|| {
                note(&format!(
                    "changed rules {} wait: {reason}; let them in: syncline sync {job} --activate",
                    generation.short()
                ));
            }),
            Event::RulesRefused { reason, .. } => self.aside(|| {
                note(&format!("changed rules are refused, the active ones stay: {reason}"));
            }),
            Event::Watching { folder } => {
                self.aside(|| note(&format!("watching {}", folder.display())));
            }
            Event::RunEnded(_) | Event::Planned { .. } => {}
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
                    bar.enable_steady_tick(Duration::from_millis(100));
                    bar.set_style(style(total));
                    bar.set_prefix(format!("{job}: {}", step.name()));
                }
                if total > 0 {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            None if fresh && self.everything => {}
            None if fresh => note(&format!("{job}: {}", step.name())),
            None => {}
        }
    }

    /// Writes a result beside the bar.
    pub(crate) fn result(&self, text: &str) {
        self.aside(|| result(text));
    }
}

fn style(total: u64) -> ProgressStyle {
    let template = if total > 0 {
        "{prefix} [{bar:30}] {pos}/{len} {eta}"
    } else {
        "{spinner} {prefix} {pos}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
