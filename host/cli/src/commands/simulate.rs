//! `syncline simulate`.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use syncline_simulator::{Limits, Scenario, Settings, Simulator};
use tokio::net::TcpListener;

use crate::{
    failure::{End, WrongUsage},
    new_project::{self, Simulated},
    render, signals,
};

/// Serve simulated tenants over HTTP
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// The tenants' names; among more than two, people go every way
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "contoso,fabrikam",
        value_parser = tenant_name
    )]
    tenants: Vec<String>,
    /// How many users the first tenant has
    #[arg(long, value_name = "N", default_value_t = 200)]
    users: usize,
    /// What the tenants are made from: the same seed makes the same tenants
    #[arg(long, value_name = "S", default_value_t = 7)]
    seed: u64,
    /// Permit this many times the requests that Graph does
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    limits: u32,
    /// Faults and behaviour to start with, in a TOML file
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Make a project for these tenants in this folder
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
}

impl Simulate {
    pub(super) async fn run(self) -> anyhow::Result<End> {
        check_names(&self.tenants)?;
        let simulator = Simulator::new(Settings {
            tenants: self.tenants,
            users: self.users,
            seed: self.seed,
            limits: Limits::default().times(self.limits),
            ..Settings::default()
        });
        if let Some(file) = &self.scenario {
            simulator
                .play(read(file)?)
                .map_err(|error| WrongUsage(format!("{}: {error}", file.display())))?;
        }
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        simulator.bind_base_url(&base_url);
        if let Some(folder) = &self.project {
            new_project::simulated(
                folder,
                &Simulated {
                    base_url: &base_url,
                    tenants: &simulator.tenants(),
                    write_factor: self.limits,
                    every: "1m",
                    rules: "entra-default",
                },
            )?;
            render::note(&format!(
                "made a project for these tenants: syncline -C {} sync",
                folder.display()
            ));
        }
        let mut stop = signals::stop_on_signal(render::note)?;
        render::result(&simulator.ready_line(&base_url).to_string());
        syncline_simulator::serve(simulator, listener, async move { stop.asked().await }).await?;
        Ok(End::Done)
    }
}

/// The most tenants that are served: among them people go 240 ways.
const TENANTS_MAX: usize = 16;

fn tenant_name(name: &str) -> Result<String, String> {
    let is_label = |name: &str| {
        (1..=27).contains(&name.len())
            && !name.starts_with('-')
            && !name.ends_with('-')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match is_label(name) {
        true => Ok(name.to_owned()),
        false => {
            Err("a tenant's name is a label of a domain: small letters, digits, hyphens".to_owned())
        }
    }
}

fn check_names(names: &[String]) -> Result<(), WrongUsage> {
    if !(2..=TENANTS_MAX).contains(&names.len()) {
        let message = format!("--tenants takes 2 to {TENANTS_MAX} names, separated by commas");
        return Err(WrongUsage(message));
    }
    for (place, name) in names.iter().enumerate() {
        if names[..place].contains(name) {
            return Err(WrongUsage(format!("--tenants names `{name}` twice")));
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Scenario, WrongUsage> {
    let text = fs::read_to_string(file).map_err(|error| {
        WrongUsage(format!(
            "the scenario {} cannot be read: {error}",
            file.display()
        ))
    })?;
    toml::from_str(&text).map_err(|error| {
        WrongUsage(format!(
            "the scenario {} does not fit: {error}",
            file.display()
        ))
    })
}
