//! `syncline rules`: which rules a job runs on, and which wait.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use syncline_directory::JobName;
use syncline_graph::Outside;
use syncline_service::{Project, Service, ServiceError};
use syncline_store::{WishOutcome, WishVerb};

use super::{Output, open_store};
use crate::{
    failure::{End, WrongUsage},
    render,
};

/// How long a command waits for the process that works on the project to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it asks.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Show and change which rules a job runs on
#[derive(Debug, Args)]
pub(crate) struct Rules {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(List),
    Activate(Activate),
    Rollback(Rollback),
    History(History),
}

/// Show the active rules, and those in the folder that wait or are refused
#[derive(Debug, Args)]
struct List {
    /// The job; every job where none is named
    job: Option<String>,
    /// How it is written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

/// Let rules in that wait in the folder, or that were active before
#[derive(Debug, Args)]
struct Activate {
    /// Their digest or its first digits; what lies in the folder where none is named
    digest: Option<String>,
    /// The job; may be left out where there is one
    #[arg(long)]
    job: Option<String>,
}

/// Go back to the good rules before the active ones, until the folder changes
#[derive(Debug, Args)]
struct Rollback {
    /// The job; may be left out where there is one
    job: Option<String>,
}

/// Show which rules were active when, newest first, and what let them in
#[derive(Debug, Args)]
struct History {
    /// The job; every job where none is named
    job: Option<String>,
    /// How it is written: table, json, jsonl or csv
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    output: Output,
}

impl Rules {
    pub(super) async fn run(self, folder: &Path) -> anyhow::Result<End> {
        let project = Project::read(folder)?;
        match self.verb {
            Verb::List(List { job, output }) => {
                let jobs = super::sync::named(&project, job.as_deref())?;
                let store = open_store(&project)?;
                render::rules_list(&project, &jobs, store.as_ref(), output)?;
                Ok(End::Done)
            }
            Verb::History(History { job, output }) => {
                let jobs = super::sync::named(&project, job.as_deref())?;
                let store = open_store(&project)?;
                render::rules_history(&jobs, store.as_ref(), output)?;
                Ok(End::Done)
            }
            Verb::Activate(Activate { digest, job }) => {
                let job = project.job(job.as_deref())?.name.clone();
                wish(project, &job, WishVerb::Activate, digest.as_deref()).await
            }
            Verb::Rollback(Rollback { job }) => {
                let job = project.job(job.as_deref())?.name.clone();
                wish(project, &job, WishVerb::Rollback, None).await
            }
        }
    }
}

/// Writes a wish down, and carries it out unless another process works on the project: that one does
/// it then, between two runs.
async fn wish(
    project: Project,
    job: &JobName,
    verb: WishVerb,
    digest: Option<&str>,
) -> anyhow::Result<End> {
    if digest.is_some_and(|digest| digest.is_empty() || !digest.bytes().all(is_hexadecimal)) {
        return Err(WrongUsage(
            "a digest has only the digits 0 to 9 and a to f, as `syncline rules list` shows it"
                .to_owned(),
        )
        .into());
    }
    let store = open_store(&project)?
        .context("nothing has run in this project yet; its first run activates its rules")?;
    let number = store.wish(job, verb, digest, &jiff::Timestamp::now().to_string())?;
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some((outcome, answer)) = store.wish_answer(number)? {
            return told(outcome, answer);
        }
        match carry_out(&project).await {
            Ok(true) => {}
            Ok(false) if Instant::now() < until => tokio::time::sleep(ASK_EVERY).await,
            Ok(false) => {
                render::result(&format!(
                    "noted: another syncline works on this project and carries it out between two \
                     runs; `syncline rules list {job}` shows when it has"
                ));
                return Ok(End::Done);
            }
            Err(error) => {
                // It is not left behind for others to find.
                store.take_wish_back(number)?;
                return Err(error);
            }
        }
    }
}

fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Carries out what was asked of the rules; returns false where another process works on the project.
async fn carry_out(project: &Project) -> anyhow::Result<bool> {
    let progress = Arc::new(render::Progress::new());
    let observer = {
        let progress = progress.clone();
        Arc::new(move |event: &syncline_service::Event| progress.observe(event))
    };
    let service = match Service::open(
        project.clone(),
        Outside::real()?,
        observer,
        super::this_program()?,
    ) {
        Err(ServiceError::Locked { .. }) => return Ok(false),
        service => service?,
    };
    let carried_out = service.carry_out_wishes().await;
    progress.clear();
    carried_out?;
    Ok(true)
}

fn told(outcome: WishOutcome, answer: String) -> anyhow::Result<End> {
    match outcome {
        WishOutcome::Done => {
            render::result(&answer);
            Ok(End::Done)
        }
        WishOutcome::Refused => Err(WrongUsage(answer).into()),
        WishOutcome::Failed => Err(anyhow::Error::msg(answer)),
    }
}
