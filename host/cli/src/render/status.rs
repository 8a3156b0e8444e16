//! Where jobs stand.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use syncline_directory::JobName;
use syncline_service::{Lying, Project, ProjectLock, RulesState};
use syncline_store::{Run, Store, SubjectSummary};

use super::{
    cycle::{census_line, standing_line},
    named, result,
    rules_state::{folder, folder_json, suspended},
    second,
};
use crate::commands::Output;

/// Where one job stands.
pub(crate) struct JobStatus {
    job: JobName,
    last: Option<Run>,
    /// Whether the last run's process is still there, where the run has no end.
    goes_on: bool,
    rules: RulesState,
    standing: Vec<SubjectSummary>,
    links: u64,
}

impl JobStatus {
    /// Reads where a job stands; a project that has not run yet has no store.
    pub(crate) fn of(
        project: &Project,
        job: &JobName,
        store: Option<&Store>,
    ) -> anyhow::Result<Self> {
        let rules = RulesState::of(project, &project.jobs[job], store)?;
        let Some(store) = store else {
            return Ok(Self {
                job: job.clone(),
                last: None,
                goes_on: false,
                rules,
                standing: Vec::new(),
                links: 0,
            });
        };
        let last = store.runs(job, 1)?.into_iter().next();
        let goes_on = last.as_ref().is_some_and(|run| run.outcome.is_none())
            && ProjectLock::is_held(&project.state_folder());
        Ok(Self {
            job: job.clone(),
            last,
            goes_on,
            rules,
            standing: store.survey(job)?,
            links: store.live_links(job)?,
        })
    }

    fn rules(&self) -> String {
        match &self.rules.active {
            None => "none active yet".to_owned(),
            Some(generation) => {
                let layers: Vec<String> = generation
                    .layers
                    .iter()
                    .map(|layer| format!("{} ({})", layer.plugin, layer.component.short()))
                    .collect();
                format!(
                    "{}, active since {}",
                    layers.join(", "),
                    second(&generation.activated)
                )
            }
        }
    }

    fn last(&self) -> String {
        let Some(run) = &self.last else {
            return "never".to_owned();
        };
        match (&run.ended, run.outcome) {
            (Some(ended), Some(outcome)) => {
                let message = run
                    .message
                    .as_ref()
                    .map_or_else(String::new, |text| format!(": {text}"));
                format!(
                    "run {} {} at {}{message}",
                    run.id.0,
                    outcome.as_str(),
                    second(ended)
                )
            }
            _ if self.goes_on => {
                let pace = Pace::of(run, Timestamp::now()).map(|pace| {
                    let left = match pace.left_seconds {
                        seconds @ 0..120 => format!("{seconds} s"),
                        seconds => format!("{} min", seconds.div_ceil(60)),
                    };
                    format!(", {:.1} a second, about {left} left", pace.per_second)
                });
                format!(
                    "run {} goes on since {}: {}{}{}",
                    run.id.0,
                    second(&run.started),
                    run.phase,
                    so_far(" ", run),
                    pace.unwrap_or_default()
                )
            }
            _ => format!(
                "run {} was interrupted in {}{}; the next run goes on",
                run.id.0,
                run.phase,
                so_far(" at ", run)
            ),
        }
    }

    fn json(&self) -> Json {
        let run = self.last.as_ref().map(|run| {
            let pace = Pace::of(run, Timestamp::now()).filter(|_| self.goes_on);
            json!({
                "id": run.id.0,
                "cause": run.cause,
                "started": run.started,
                "ended": run.ended,
                "phase": run.phase,
                "done": run.done,
                "total": run.total,
                "perSecond": pace.as_ref().map(|pace| pace.per_second),
                "secondsLeft": pace.as_ref().map(|pace| pace.left_seconds),
                "running": self.goes_on,
                "outcome": run.outcome.map(syncline_store::RunOutcome::as_str),
                "message": run.message,
                "plan": run.plan,
                "census": run.census,
            })
        });
        let standing: Vec<Json> = self
            .standing
            .iter()
            .map(|summary| {
                json!({ "state": summary.state, "code": summary.code, "count": summary.count })
            })
            .collect();
        json!({
            "job": self.job,
            "lastRun": run,
            "generation": self.rules.active.as_ref().map(|generation| &generation.digest),
            "suspended": self.rules.suspension.is_some(),
            "folder": folder_json(&self.rules),
            "liveLinks": self.links,
            "standing": standing,
        })
    }
}

/// Returns how much of its phase a run has done, after this; nothing where that is not known.
fn so_far(before: &str, run: &Run) -> String {
    match run.total {
        0 => String::new(),
        total => format!("{before}{} of {total}", run.done),
    }
}

/// How fast a run goes, averaged since it began: the first operations come late, so what is left is
/// rather less than said.
struct Pace {
    per_second: f64,
    left_seconds: u64,
}

impl Pace {
    fn of(run: &Run, now: Timestamp) -> Option<Self> {
        let began: Timestamp = run.started.parse().ok()?;
        let elapsed = u64::try_from(now.duration_since(began).as_millis()).ok()?;
        if run.done == 0 || run.total < run.done || elapsed == 0 {
            return None;
        }
        let (done, left) = (u128::from(run.done), u128::from(run.total - run.done));
        let left_seconds = (u128::from(elapsed) * left / done).div_ceil(1000);
        // Counts and milliseconds of a run are far below 2^52.
        #[expect(clippy::cast_precision_loss, reason = "as said")]
        let per_second = (run.done * 10_000 / elapsed) as f64 / 10.0;
        Some(Self {
            per_second,
            left_seconds: u64::try_from(left_seconds).ok()?,
        })
    }
}

/// Shows where jobs stand.
pub(crate) fn status(jobs: &[JobStatus], output: Output) -> anyhow::Result<()> {
    match output {
        Output::Table => {
            for job in jobs {
                let planned = job.last.as_ref().and_then(|run| run.census.as_ref());
                let mut rows = vec![
                    ("  last", job.last()),
                    (
                        "  plan",
                        planned.map_or_else(|| "none".to_owned(), census_line),
                    ),
                    ("  rules", job.rules()),
                ];
                rows.extend(suspended(&job.rules).map(|text| ("  suspended", text)));
                // What lies in the folder is worth a line where it is not what runs use.
                if job.rules.active.is_some() && !matches!(job.rules.folder, Lying::Active) {
                    rows.push(("  folder", folder(&job.rules, &job.job)));
                }
                rows.push(("  links", job.links.to_string()));
                rows.push(("  stand", standing_line(&job.standing)));
                result(&format!("{}\n{}", job.job, named(&rows)));
            }
        }
        Output::Json => {
            let jobs: Vec<Json> = jobs.iter().map(JobStatus::json).collect();
            result(&serde_json::to_string_pretty(&json!({ "value": jobs }))?);
        }
        Output::Jsonl => {
            for job in jobs {
                result(&job.json().to_string());
            }
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(std::io::stdout());
            csv.write_record(["job", "last", "rules", "links", "stand"])?;
            for job in jobs {
                csv.write_record([
                    job.job.as_str(),
                    &job.last(),
                    &job.rules(),
                    &job.links.to_string(),
                    &standing_line(&job.standing),
                ])?;
            }
            csv.flush()?;
        }
    }
    Ok(())
}
