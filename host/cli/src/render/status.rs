//! Where jobs stand.

use serde_json::{Value as Json, json};
use syncline_directory::JobName;
use syncline_store::{RememberedGeneration, Run, Store, SubjectSummary};

use super::{
    aligned,
    cycle::{census_line, standing_line},
    result,
};
use crate::commands::Output;

/// Where one job stands.
pub(crate) struct JobStatus {
    job: JobName,
    last: Option<Run>,
    generation: Option<RememberedGeneration>,
    standing: Vec<SubjectSummary>,
    links: u64,
}

impl JobStatus {
    /// Reads where a job stands; a project that has not run yet has no store.
    pub(crate) fn of(job: &JobName, store: Option<&Store>) -> anyhow::Result<Self> {
        let Some(store) = store else {
            return Ok(Self {
                job: job.clone(),
                last: None,
                generation: None,
                standing: Vec::new(),
                links: 0,
            });
        };
        Ok(Self {
            job: job.clone(),
            last: store.runs(job, 1)?.into_iter().next(),
            generation: store.active_generation(job)?,
            standing: store.survey(job)?,
            links: store.live_links(job)?,
        })
    }

    fn rules(&self) -> String {
        match &self.generation {
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
        let Some(run) = &self.last else { return "never".to_owned() };
        match (&run.ended, run.outcome) {
            (Some(ended), Some(outcome)) => {
                let message =
                    run.message.as_ref().map_or_else(String::new, |text| format!(": {text}"));
                format!("run {} {} at {}{message}", run.id.0, outcome.as_str(), second(ended))
            }
            _ => format!(
                "run {} goes on since {}: {}{}",
                run.id.0,
                second(&run.started),
                run.phase,
                if run.total > 0 { format!(" {} of {}", run.done, run.total) } else { String::new() }
            ),
        }
    }

    fn json(&self) -> Json {
        let run = self.last.as_ref().map(|run| {
            json!({
                "id": run.id.0,
                "cause": run.cause,
                "started": run.started,
                "ended": run.ended,
                "phase": run.phase,
                "done": run.done,
                "total": run.total,
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
            "generation": self.generation.as_ref().map(|generation| &generation.digest),
            "liveLinks": self.links,
            "standing": standing,
        })
    }
}

/// Returns a time to the second, as people read it.
fn second(time: &str) -> String {
    format!("{} UTC", time.get(..19).unwrap_or(time).replace('T', " "))
}

/// Shows where jobs stand.
pub(crate) fn status(jobs: &[JobStatus], output: Output) -> anyhow::Result<()> {
    match output {
        Output::Table => {
            for job in jobs {
                let planned = job.last.as_ref().and_then(|run| run.census.as_ref());
                let rows = [
                    ("  last", job.last()),
                    ("  plan", planned.map_or_else(|| "none".to_owned(), census_line)),
                    ("  rules", job.rules()),
                    ("  links", job.links.to_string()),
                    ("  stand", standing_line(&job.standing)),
                ]
                .map(|(name, text)| vec![name.to_owned(), text]);
                result(&format!("{}\n{}", job.job, aligned(&[], &rows)));
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
