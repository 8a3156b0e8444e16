//! The verbs, a module each.

mod approve;
mod compile_rule;
mod demo;
mod doctor;
mod explain;
mod init;
mod log;
mod plan;
mod plugin;
mod rules;
mod run;
mod simulate;
mod status;
mod sync;

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use syncline_graph::Outside;
use syncline_service::{Project, Service};
use syncline_store::Store;

use crate::{failure::End, render};

/// Keeps people of one Microsoft Entra tenant in step with another.
#[derive(Debug, Parser)]
#[command(name = "syncline", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Work on the project in this folder.
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        default_value = ".",
        hide_default_value = true,
        display_order = 900
    )]
    folder: PathBuf,
    #[command(subcommand)]
    asked: Asked,
}

/// Who asks for what.
#[derive(Debug, Subcommand)]
enum Asked {
    #[command(flatten)]
    ByPeople(Verb),
    #[command(name = syncline_rules::COMPILE_COMMAND, hide = true)]
    ByParent(compile_rule::CompileRule),
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 held by a \
    guard, 4 finished with some objects failed";

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Demo),
    Init(init::Init),
    Doctor(doctor::Doctor),
    Plan(plan::Plan),
    Sync(sync::Sync),
    Run(run::Run),
    Approve(approve::Approve),
    Status(status::Status),
    Explain(explain::Explain),
    Rules(rules::Rules),
    Log(log::Log),
    Plugin(plugin::Plugin),
    Simulate(simulate::Simulate),
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
}

/// Runs what the arguments ask for.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<End> {
    match arguments.asked {
        // Without a runtime: that process is to have little besides the compiler.
        Asked::ByParent(compile_rule) => compile_rule.run(),
        Asked::ByPeople(verb) => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(run_verb(verb, arguments.folder)),
    }
}

async fn run_verb(verb: Verb, folder: PathBuf) -> anyhow::Result<End> {
    match verb {
        Verb::Demo(demo) => demo.run().await,
        Verb::Init(init) => init.run(&folder),
        Verb::Doctor(doctor) => doctor.run(&folder).await,
        Verb::Plan(plan) => plan.run(&folder).await,
        Verb::Sync(sync) => sync.run(&folder).await,
        Verb::Run(run) => run.run(&folder).await,
        Verb::Approve(approve) => approve.run(&folder),
        Verb::Status(status) => status.run(&folder),
        Verb::Explain(explain) => explain.run(&folder),
        Verb::Rules(rules) => rules.run(&folder).await,
        Verb::Log(log) => log.run(&folder),
        Verb::Plugin(plugin) => plugin.run(&folder),
        Verb::Simulate(simulate) => simulate.run().await,
    }
}

/// Opens the project for work, with the real world outside.
fn open(folder: &std::path::Path, progress: &Arc<render::Progress>) -> anyhow::Result<Service> {
    let project = Project::read(folder)?;
    let progress = progress.clone();
    let observer = Arc::new(move |event: &syncline_service::Event| progress.observe(event));
    Ok(Service::open(
        project,
        Outside::real()?,
        observer,
        this_program()?,
    )?)
}

/// Returns this very program, also where its file has been replaced since: it compiles rules.
fn this_program() -> anyhow::Result<PathBuf> {
    let itself = std::path::Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && itself.exists() {
        return Ok(itself.to_owned());
    }
    std::env::current_exe().context("cannot tell which program this is")
}

/// Opens what a project remembers, for reading; nothing where it has not run yet.
fn open_store(project: &Project) -> anyhow::Result<Option<Store>> {
    if !project.store.exists() {
        return Ok(None);
    }
    Ok(Some(Store::open(&project.store)?))
}
