//! Which rules jobs run on, which wait in the folder, and which were active before.

use serde_json::{Value as Json, json};
use syncline_directory::JobName;
use syncline_service::{Lying, Project, RulesState};
use syncline_store::{
    Activation, CandidateState, RememberedGeneration, RememberedLayer, Store, StoredCandidate,
};

use super::{aligned, counted, named, result, second};
use crate::commands::Output;

/// Shows the active rules of jobs, and what lies in the folder.
pub(crate) fn rules_list(
    project: &Project,
    jobs: &[JobName],
    store: Option<&Store>,
    output: Output,
) -> anyhow::Result<()> {
    let mut states = Vec::new();
    for name in jobs {
        states.push((name, RulesState::of(project, &project.jobs[name], store)?));
    }
    match output {
        Output::Table => {
            for (name, state) in &states {
                let mut rows = vec![("  active", active(state))];
                if let Some(generation) = &state.active {
                    rows.extend(
                        generation
                            .layers
                            .iter()
                            .map(|layer| ("    layer", layer_line(layer))),
                    );
                }
                rows.extend(suspended(state).map(|text| ("  suspended", text)));
                rows.push(("  folder", folder(state, name)));
                if let Lying::Known(candidate) = &state.folder {
                    rows.extend(
                        candidate
                            .layers
                            .iter()
                            .map(|layer| ("    layer", layer_line(layer))),
                    );
                }
                result(&format!("{name}\n{}", named(&rows)));
            }
        }
        Output::Json => {
            let jobs: Vec<Json> = states
                .iter()
                .map(|(name, state)| json_of(name, state))
                .collect();
            result(&serde_json::to_string_pretty(&json!({ "value": jobs }))?);
        }
        Output::Jsonl => {
            for (name, state) in &states {
                result(&json_of(name, state).to_string());
            }
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(std::io::stdout());
            csv.write_record(["job", "active", "suspended", "folder"])?;
            for (name, state) in &states {
                csv.write_record([
                    name.as_str(),
                    &active(state),
                    &suspended(state).unwrap_or_default(),
                    &folder(state, name),
                ])?;
            }
            csv.flush()?;
        }
    }
    Ok(())
}

/// Returns the active generation in a line.
fn active(state: &RulesState) -> String {
    match &state.active {
        None => "none yet: the first run activates what lies in the folder".to_owned(),
        Some(RememberedGeneration {
            digest, activated, ..
        }) => format!("{} since {}", digest.short(), second(activated)),
    }
}

/// Returns that the active generation is suspended, and what to do.
pub(super) fn suspended(state: &RulesState) -> Option<String> {
    let suspension = state.suspension.as_ref()?;
    let inputs = suspension
        .inputs
        .as_ref()
        .map_or_else(String::new, |folder| {
            format!(" What it failed on: {folder}")
        });
    Some(format!(
        "since {}: it failed on {} of {} objects ({}). The job holds everything; `syncline rules \
         rollback` goes back, corrected rules are tried by themselves.{inputs}",
        second(&suspension.at),
        suspension.failed,
        suspension.asked,
        suspension.reason
    ))
}

/// Returns what lies in the folder in a line.
pub(super) fn folder(state: &RulesState, job: &JobName) -> String {
    match &state.folder {
        Lying::Active => "as active".to_owned(),
        Lying::New => {
            "not looked at yet; the next run does, and so does `syncline rules activate`".to_owned()
        }
        Lying::Unreadable(reason) if state.active.is_some() => {
            format!("the last good rules go on: {reason}")
        }
        Lying::Unreadable(reason) => reason.clone(),
        Lying::Known(candidate) => known(candidate, job),
    }
}

fn known(candidate: &StoredCandidate, job: &JobName) -> String {
    let digest = candidate
        .digest
        .as_ref()
        .map_or_else(String::new, |digest| format!("{} ", short(digest)));
    let since = second(&candidate.since);
    match candidate.state {
        CandidateState::Waits => format!(
            "{digest}waits since {since}: {}{}. Let it in: syncline rules activate {}--job {job}",
            candidate.reason,
            changes(candidate.effect.as_ref())
                .map_or_else(String::new, |changes| format!("; {changes}")),
            digest,
        ),
        CandidateState::Refused => format!(
            "{digest}refused at {} since {since}, the last good rules go on: {}",
            candidate.step.as_deref().unwrap_or("the door"),
            candidate.reason
        ),
    }
}

fn layer_line(layer: &RememberedLayer) -> String {
    let mut line = format!(
        "{} {} ({}, component {})",
        layer.name,
        layer.version,
        layer.plugin,
        layer.component.short()
    );
    if !layer.overrides.is_empty() {
        let names: Vec<&str> = layer.overrides.iter().map(|name| name.as_str()).collect();
        line.push_str(", overrides ");
        line.push_str(&names.join(", "));
    }
    line
}

fn json_of(job: &JobName, state: &RulesState) -> Json {
    let active = state.active.as_ref().map(|generation| {
        json!({
            "generation": generation.digest,
            "since": generation.activated,
            "layers": generation.layers,
        })
    });
    let suspended = state.suspension.as_ref().map(|suspension| {
        json!({
            "since": suspension.at,
            "asked": suspension.asked,
            "failed": suspension.failed,
            "reason": suspension.reason,
            "inputs": suspension.inputs,
        })
    });
    json!({
        "job": job,
        "active": active,
        "suspended": suspended,
        "declined": state.declined,
        "folder": folder_json(state),
    })
}

/// Returns what lies in the folder as JSON.
pub(super) fn folder_json(state: &RulesState) -> Json {
    match &state.folder {
        Lying::Active => json!({ "state": "active" }),
        Lying::New => json!({ "state": "new" }),
        Lying::Unreadable(reason) => json!({ "state": "unreadable", "reason": reason }),
        Lying::Known(candidate) => json!({
            "state": candidate.state.as_str(),
            "digest": candidate.digest,
            "step": candidate.step,
            "reason": candidate.reason,
            "since": candidate.since,
            "effect": candidate.effect,
            "layers": candidate.layers,
        }),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Returns how many objects rules were found to change.
fn changes(effect: Option<&Json>) -> Option<String> {
    let effect = effect?;
    let count = |name: &str| effect[name].as_u64().unwrap_or_default();
    Some(format!(
        "{} of {} would change, {} enter, {} leave",
        count("changing"),
        counted(count("objects"), "object", "objects"),
        count("entering"),
        count("leaving")
    ))
}

/// Shows which rules were active when.
pub(crate) fn rules_history(
    jobs: &[JobName],
    store: Option<&Store>,
    output: Output,
) -> anyhow::Result<()> {
    let mut history: Vec<(&JobName, Activation)> = Vec::new();
    for job in jobs {
        if let Some(store) = store {
            history.extend(
                store
                    .activations(job)?
                    .into_iter()
                    .map(|entry| (job, entry)),
            );
        }
    }
    match output {
        Output::Table => {
            let rows: Vec<Vec<String>> = history
                .iter()
                .map(|(job, activation)| {
                    vec![
                        second(&activation.generation.activated),
                        job.to_string(),
                        activation.generation.digest.short().to_owned(),
                        activation.cause.clone(),
                        layers(&activation.generation),
                        changes(activation.effect.as_ref()).unwrap_or_default(),
                    ]
                })
                .collect();
            let header = ["when", "job", "rules", "let in by", "layers", "effect"];
            result(&aligned(&header, &rows));
        }
        Output::Json => {
            let entries: Vec<Json> = history
                .iter()
                .map(|(job, entry)| entry_json(job, entry))
                .collect();
            result(&serde_json::to_string_pretty(&json!({ "value": entries }))?);
        }
        Output::Jsonl => {
            for (job, entry) in &history {
                result(&entry_json(job, entry).to_string());
            }
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(std::io::stdout());
            csv.write_record(["when", "job", "rules", "let in by", "layers", "effect"])?;
            for (job, entry) in &history {
                csv.write_record([
                    entry.generation.activated.as_str(),
                    job.as_str(),
                    entry.generation.digest.as_str(),
                    &entry.cause,
                    &layers(&entry.generation),
                    &changes(entry.effect.as_ref()).unwrap_or_default(),
                ])?;
            }
            csv.flush()?;
        }
    }
    Ok(())
}

fn layers(generation: &RememberedGeneration) -> String {
    let layers: Vec<String> = generation
        .layers
        .iter()
        .map(|layer| {
            format!("{} {}", layer.name, layer.version)
                .trim()
                .to_owned()
        })
        .collect();
    layers.join(", ")
}

fn entry_json(job: &JobName, activation: &Activation) -> Json {
    json!({
        "job": job,
        "when": activation.generation.activated,
        "generation": activation.generation.digest,
        "letInBy": activation.cause,
        "layers": activation.generation.layers,
        "effect": activation.effect,
    })
}
