//! The default rules in other sandboxes: Extism with JSON, and Rhai. `cargo xtask bench --compare` runs this
//! after the benchmark of the component and hands its figures on.
//!
//! All sides go from the host's values to the host's changes, a batch of 512 people at a time, and give the
//! answers of the rules as they are compiled natively, which is checked before anything is timed. What is not
//! done here, and is done to a component's answers, is to judge them by Graph's schema.
//!
//! - *Extism*: one plug-in that lives on, with a limit on memory and on time; one call a batch, JSON both ways.
//! - *Rhai*: one engine that lives on, with a limit on operations; one call an object, maps both ways.

mod answers;
mod extism_json;
#[path = "../../../host/rules/benches/mapping/people.rs"]
mod people;
#[path = "../../../host/rules/benches/mapping/report.rs"]
mod report;
mod rhai_script;

use std::{error::Error, time::Duration};

use report::{Spread, timed};
use syncline_directory::Value;

const BATCH: usize = 512;
const BATCHES: usize = 4;
const ROUNDS: usize = 9;

/// What users of the source are known by, in the order of a row's values.
const COLUMNS: [&str; 20] = [
    "accountEnabled",
    "businessPhones",
    "city",
    "country",
    "department",
    "displayName",
    "employeeId",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "manager",
    "mobilePhone",
    "officeLocation",
    "postalCode",
    "preferredLanguage",
    "state",
    "streetAddress",
    "surname",
    "userPrincipalName",
];
const INITIAL_DOMAIN: &str = "fabrikam.onmicrosoft.com";

/// A person of the source, and whether there is one in the target.
struct Row {
    source: Vec<Value>,
    joined: bool,
}

/// What the component took, as the other benchmark wrote it.
#[derive(serde::Deserialize)]
struct Figures {
    sandboxed: f64,
    native: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let usage = "usage: syncline-benchmarks GUEST.wasm FIGURES.json [ROUNDS]";
    let guest = std::fs::read(words.next().ok_or(usage)?)?;
    let figures: Figures = serde_json::from_slice(&std::fs::read(words.next().ok_or(usage)?)?)?;
    let rounds: usize = match words.next() {
        Some(rounds) => rounds.parse()?,
        None => ROUNDS,
    };
    let rows: Vec<Row> = (0..BATCH * BATCHES)
        .map(|number| Row {
            source: people::person(COLUMNS.into_iter(), number),
            joined: number.is_multiple_of(2),
        })
        .collect();

    let mut extism = extism_json::Plugin::new(guest)?;
    let rhai = rhai_script::Script::new()?;
    for batch in rows.chunks(BATCH) {
        let expected = answers::expected(batch)?;
        answers::compare("Extism", &extism.map(batch)?, &expected)?;
        answers::compare("Rhai", &rhai.map(batch)?, &expected)?;
    }
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..rounds.max(1) {
        let mut round = [Duration::ZERO; 2];
        for batch in rows.chunks(BATCH) {
            timed(&mut round[0], || {
                extism.map(batch).map_err(|error| error.to_string())
            });
            timed(&mut round[1], || {
                rhai.map(batch).map_err(|error| error.to_string())
            });
        }
        for (times, time) in times.iter_mut().zip(round) {
            times.push(time);
        }
    }
    let [extism, rhai] = times.map(|times| Spread::of(times).each(rows.len()).median);
    println!("the default rules' mapping    us an object    times native    times the component");
    for (name, time) in [
        ("native", figures.native),
        ("component, fresh a batch", figures.sandboxed),
        ("Extism, JSON, kept", extism),
        ("Rhai, kept", rhai),
    ] {
        let (native, component) = (time / figures.native, time / figures.sandboxed);
        println!("{name:28}{time:14.2}{native:16.1}{component:23.1}");
    }
    Ok(())
}
