//! The demo's story: a first cycle, a week of changes, changed rules, a broken file, the log.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use syncline_graph::Outside;
use syncline_service::{CycleReport, Event, Project, Service, Stop};
use syncline_simulator::{Changes, Limits, Person, Settings, Simulator};
use syncline_store::LogFilter;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::{
    failure::End,
    new_project::{self, Simulated},
    render,
};

/// How many times Graph's writes the simulated tenants permit, so that the demo is short.
const WRITE_FACTOR: u32 = 100;

/// How long the demo waits for the service to do what it is about to do, for each thousand people.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the demo's rules: Microsoft's default at first, the client's own later.
const RULES: &str = "people";

/// Tells the story in a folder.
pub(super) async fn tell(folder: &Path, users: u32, seed: u64) -> anyhow::Result<End> {
    let simulator = Simulator::new(Settings {
        users: usize::try_from(users)?,
        seed,
        limits: Limits::default().times(WRITE_FACTOR),
        ..Settings::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen on loopback")?;
    let base_url = format!("http://{}", listener.local_addr()?);
    simulator.bind_base_url(&base_url);
    let serving = tokio::spawn(syncline_simulator::serve(
        simulator.clone(),
        listener,
        std::future::pending(),
    ));
    let project_file = new_project::simulated(
        folder,
        &Simulated {
            base_url: &base_url,
            tenants: &simulator.tenants(),
            write_factor: WRITE_FACTOR,
            every: "1s",
            rules: RULES,
        },
    )?;
    render::say(&format!(
        "Two simulated tenants answer as Microsoft Graph does at {base_url}:\n\
         contoso with {users} users is the source, fabrikam the target.\n\
         The project is {}; its rules are {}: Microsoft's default mapping.",
        project_file.display(),
        Path::new("plugins").join(format!("{RULES}.wasm")).display(),
    ));

    let progress = Arc::new(render::Progress::of_a_story());
    let (sender, events) = mpsc::unbounded_channel();
    let observer = {
        let progress = progress.clone();
        Arc::new(move |event: &Event| {
            if let Event::Progress { .. } | Event::RunStarted { .. } = event {
                progress.observe(event);
            } else {
                // Nobody listens any more once the story is over.
                sender.send(event.clone()).ok();
            }
        })
    };
    let service = Arc::new(Service::open(
        Project::read(folder)?,
        Outside::real()?,
        observer,
        super::super::this_program()?,
    )?);
    let (switch, stop) = Stop::new();
    let running = tokio::spawn({
        let service = service.clone();
        async move { service.run(stop).await }
    });
    let patience = PATIENCE * users.div_ceil(1000);
    let mut story = Story {
        simulator,
        folder,
        events,
        progress,
        patience,
        end: End::Done,
    };
    let told = tokio::select! {
        told = story.chapters(seed) => told,
        ended = running => match ended? {
            Ok(()) => bail!("the service stopped by itself"),
            Err(error) => return Err(error.into()),
        },
        signal = tokio::signal::ctrl_c() => {
            signal?;
            bail!("stopped by Ctrl-C")
        }
    };
    switch.ask();
    story.progress.clear();
    told?;
    story.log_and_summary(&service, &project_file)?;
    serving.abort();
    Ok(story.end)
}

struct Story<'a> {
    simulator: Simulator,
    folder: &'a Path,
    events: mpsc::UnboundedReceiver<Event>,
    progress: Arc<render::Progress>,
    patience: Duration,
    end: End,
}

impl Story<'_> {
    async fn chapters(&mut self, seed: u64) -> anyhow::Result<()> {
        self.heading("1. First cycle");
        let first = self.cycle(|report| report.plan.is_some()).await?;
        self.report(&first);

        self.heading("2. A week passes in contoso");
        let changes = self.simulator.pass_a_week(seed);
        self.progress.result(&week(&changes));
        let second = self.cycle(|report| report.source_items > 0).await?;
        self.report(&second);

        self.heading("3. The client's own rules are copied into the plugins folder while it runs");
        let file = self.folder.join("plugins").join(format!("{RULES}.wasm"));
        self.drop_file(&file, new_project::CONTOSO_MERGER)?;
        self.say(&format!(
            "copied contoso-merger.wasm from outside the service over {}; it notices by itself",
            file.display()
        ));
        self.wait(|event| match event {
            Event::RulesPreviewed {
                generation,
                preview,
                ..
            } => Some(render::previewed(&generation, &preview)),
            Event::RulesRefused { reason, .. } | Event::RulesWait { reason, .. } => {
                Some(format!("not used: {reason}"))
            }
            _ => None,
        })
        .await
        .map(|text| self.progress.result(&text))?;
        self.wait(|event| match event {
            Event::RulesActivated {
                generation, layers, ..
            } => Some(render::activated(&generation, &layers)),
            _ => None,
        })
        .await
        .map(|text| self.say(&text))?;
        let third = self
            .cycle(|report| report.census().operations() > 0)
            .await?;
        self.report(&third);

        self.heading("4. A broken file is put in their place");
        self.drop_file(&file, b"not a component")?;
        self.say(&format!("copied a text file over {}", file.display()));
        self.wait(|event| match event {
            Event::RulesRefused { reason, .. } => Some(reason),
            _ => None,
        })
        .await
        .map(|reason| self.say(&format!("refused, the active rules stay: {reason}")))?;
        let fourth = self.cycle(|_| true).await?;
        self.report(&fourth);
        // The project that the demo leaves behind is a whole one.
        self.drop_file(&file, new_project::CONTOSO_MERGER)
    }

    /// Puts a file where anybody could: beside the service, under another name first, so that it
    /// appears whole.
    fn drop_file(&self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let beside = path.with_extension("new");
        std::fs::write(&beside, bytes)?;
        std::fs::rename(&beside, path)?;
        Ok(())
    }

    /// Waits for the next event that is wanted.
    async fn wait<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> anyhow::Result<T> {
        let waiting = async {
            loop {
                match self.events.recv().await {
                    None => bail!("the service stopped by itself"),
                    Some(Event::RunFailed { message, .. }) => bail!("a cycle failed: {message}"),
                    Some(event) => {
                        if let Some(found) = wanted(event) {
                            return Ok(found);
                        }
                    }
                }
            }
        };
        timeout(self.patience, waiting)
            .await
            .with_context(|| format!("nothing happened for {} s", self.patience.as_secs()))?
    }

    /// Waits for the next cycle that is wanted.
    async fn cycle(
        &mut self,
        wanted: impl Fn(&CycleReport) -> bool,
    ) -> anyhow::Result<CycleReport> {
        let report = self
            .wait(|event| match event {
                Event::RunEnded(report) if wanted(&report) => Some(report),
                _ => None,
            })
            .await?;
        self.end = self.end.worse(End::of(report.outcome));
        Ok(report)
    }

    fn heading(&self, text: &str) {
        self.progress.result(&format!("\n{text}"));
    }

    fn say(&self, text: &str) {
        self.progress.say(text);
    }

    fn report(&self, report: &CycleReport) {
        self.progress.clear();
        render::cycle(report);
    }

    fn log_and_summary(&self, service: &Service, project_file: &Path) -> anyhow::Result<()> {
        render::result("\n5. The log, a few records of each kind");
        let store = service.store();
        let mut totals = Vec::new();
        for (action, status) in [
            (Some("create"), "success"),
            (Some("update"), "success"),
            (Some("delete"), "success"),
            (None, "skipped"),
            (None, "warning"),
            (None, "failure"),
        ] {
            let filter = LogFilter {
                action: action.map(str::to_owned),
                status: Some(status.to_owned()),
                ..LogFilter::default()
            };
            totals.push(render::log_excerpt(store, &filter, 3)?);
        }
        let [created, updated, deleted, skipped, warned, failed] = totals[..] else {
            bail!("the log was asked for six kinds of records");
        };
        let project = service.project();
        let job = project.job(None)?;
        let links = store.live_links(&job.name)?;
        render::say(&format!(
            "\nfabrikam holds {} of contoso, kept in step: {created} created, {updated} updated, \
             {deleted} deleted, {failed} failed; {skipped} left out and {warned} to look at, each \
             with its reason in the log.\n\
             The simulated tenants end here. What is left:",
            render::counted(links, "person", "people"),
        ));
        let command = format!("{} -C {}", program(), self.folder.display());
        render::result(&render::named(&[
            ("  project", project_file.display().to_string()),
            ("  state and log", project.store.display().to_string()),
            ("  where things stand", format!("{command} status")),
            ("  the whole log", format!("{command} log")),
        ]));
        Ok(())
    }
}

/// Returns how this program was called, so that its next command can be copied.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "syncline".to_owned())
}

/// Returns what happened in the source, a line a kind of change.
fn week(changes: &Changes) -> String {
    let line = |what: &str, people: &[Person]| {
        people.first().map(|first| {
            vec![
                format!("  {} {what}", people.len()),
                match people.len() {
                    1 => first.display_name.clone(),
                    _ => format!("{}, ...", first.display_name),
                },
            ]
        })
    };
    let rows: Vec<Vec<String>> = [
        line("hired", &changes.hired),
        line("left", &changes.left),
        line("renamed", &changes.renamed),
        line("got another address", &changes.readdressed),
        line("moved to another department", &changes.moved),
        line("got another manager", &changes.reassigned),
        line("disabled", &changes.disabled),
        line("lost a value", &changes.cleared),
    ]
    .into_iter()
    .flatten()
    .collect();
    render::aligned(&[], &rows)
}
