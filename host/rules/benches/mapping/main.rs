//! What the sandbox costs: the default rules as a component against the same rules compiled natively.
//!
//! `cargo xtask bench [ROUNDS] [FILE.wasm ...]`. Both sides get the same 512 rows a call and make the
//! same answers of them, which is checked before anything is timed. Rounds alternate between the sides,
//! so that whatever else the machine does hits both; the processor's time counts, not the clock's, and
//! of that the median of the rounds.
//!
//! The sandboxed call is `Generation::map` with the limits of production: it borrows the host's rows,
//! copies what the rules look at into a fresh instance, and returns the host's own outcomes, judged. The
//! SDK natively takes rows that it may keep, so what is compared depends on where it starts:
//!
//! - *rows to outcomes*: as the sandboxed call, from the host's borrowed rows to the host's outcomes.
//!   What the rules look at is copied for them, what they name is copied into the outcome, so that
//!   each text is copied once. This is what a host without a sandbox would run, and what is held
//!   against the bound.
//! - *moved rows*: from rows that were copied whole before and that the outcomes may be made of. No
//!   boundary can come near, since hardly a text is copied.
//!
//! Freeing the outcomes is outside on all sides. Files that are named map the same people by their own
//! columns.

mod bare;
mod native;
mod people;
mod report;

use std::{
    error::Error,
    io::{StdoutLock, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use cpu_time::ProcessTime;
use syncline_directory::{
    AttributeName, JobName, ObjectKind, Outcome, PluginName, Tenant, Verdict,
};
use syncline_rules::{
    Compiling, Context, Generation, LayerSpec, Limits, MappingRow, RulesEngine, Tables,
};
use syncline_sdk::contract;

use bare::{Bare, Precautions};
use native::Native;
use report::{Spread, count, timed};

const BATCH: usize = 512;
const BATCHES: usize = 16;
const ROUNDS: usize = 25;
const KIND: ObjectKind = ObjectKind::User;

/// The sandboxed call may take this many times what the native one does.
const RATIO_MAX: f64 = 2.0;
/// So many objects a second at least are to be decided on this many threads.
const OBJECTS_MIN: f64 = 100_000.0;
const THREADS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    words.retain(|word| word != "--bench");
    let figures = words.iter().position(|word| word == "--figures");
    let figures = figures.map(|at| words.drain(at..(at + 2).min(words.len())).next_back());
    let (files, rounds): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.ends_with(".wasm"));
    let rounds = rounds.iter().find_map(|word| word.parse().ok());
    let rounds: usize = rounds.unwrap_or(ROUNDS).max(1);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/entra-default.wasm");
    let bytes = std::fs::read(path)?;
    let engine = RulesEngine::new(Limits::default(), Compiling::InProcess)?;
    let generation = assemble(&engine, "entra-default", &bytes)?;
    let context = context();
    let rows = rows(&generation);

    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "default rules, {} columns, {} outputs; {BATCH} rows a call, {} rows, {rounds} rounds; processor's time, median (quartiles, least)",
        generation.source_columns(KIND).len(),
        generation.writes(KIND).len(),
        rows.len()
    )?;
    let measured = boundary(&mut out, &generation, &context, &rows, rounds)?;
    if let Some(path) = figures.flatten() {
        std::fs::write(path, measured.to_string())?;
    }
    throughput(&mut out, &generation, &context, &rows, rounds)?;
    precautions(&mut out, &bytes, &context, &rows, rounds)?;
    let mut admitting = Vec::new();
    for _ in 0..rounds.min(9) {
        let start = Instant::now();
        engine.admit(&bytes)?;
        admitting.push(start.elapsed());
    }
    writeln!(
        out,
        "component of {} bytes, admitted (checked, compiled, rehearsed) in {} ms",
        bytes.len(),
        Spread::of(admitting).map(|time| time * 1e3)
    )?;
    let expected = generation.map(&context, &rows);
    for file in files {
        if let Err(error) = guest(&mut out, &engine, &file, (&generation, &expected), rounds) {
            writeln!(out, "{file}: {}", with_causes(error.as_ref()))?;
        }
    }
    Ok(())
}

fn assemble(engine: &RulesEngine, name: &str, bytes: &[u8]) -> Result<Generation, Box<dyn Error>> {
    let layer = LayerSpec {
        plugin: PluginName::new(name),
        component: engine.admit(bytes)?,
        settings: serde_json::Value::Null,
        overrides: Vec::new(),
    };
    Ok(Generation::assemble(
        engine,
        vec![layer],
        Tables::default(),
    )?)
}

/// Returns the people, by a generation's columns. Every other one is there already, as an object
/// without values.
fn rows(generation: &Generation) -> Vec<MappingRow> {
    let names = |columns: &[AttributeName]| -> Vec<String> {
        columns
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect()
    };
    let source = names(generation.source_columns(KIND));
    let target = generation.target_columns(KIND).len();
    let person = |number: usize| MappingRow {
        source: people::person(source.iter().map(String::as_str), number),
        target: number
            .is_multiple_of(2)
            .then(|| vec![syncline_directory::Value::Absent; target]),
    };
    (0..BATCH * BATCHES).map(person).collect()
}

/// The sandbox against native code. Returns the microseconds an object as JSON, for a comparison with
/// other sandboxes.
fn boundary(
    out: &mut StdoutLock<'_>,
    generation: &Generation,
    context: &Context,
    rows: &[MappingRow],
    rounds: usize,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let native = Native::new(generation, context)?;
    let owned: Vec<contract::MappingRow> =
        rows.iter().map(|row| native.owned(row, false)).collect();
    for (batch, owned) in rows.chunks(BATCH).zip(owned.chunks(BATCH)) {
        let answers = generation.map(context, batch);
        if answers != native.map(batch)? || answers != native.map_moved(&mut owned.to_vec())? {
            return Err("the component and the native rules answer differently".into());
        }
    }
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        let mut round = [Duration::ZERO; 4];
        for (batch, owned) in rows.chunks(BATCH).zip(owned.chunks(BATCH)) {
            let ([sandboxed, to_outcomes, moved, single], mut batch_owned) =
                (&mut round, owned.to_vec());
            timed(sandboxed, || generation.map(context, batch));
            timed(to_outcomes, || native.map(batch));
            timed(moved, || native.map_moved(&mut batch_owned));
            timed(single, || generation.map(context, &batch[..1]));
        }
        for (times, time) in times.iter_mut().zip(round) {
            times.push(time);
        }
    }
    let [sandboxed, to_outcomes, moved, single] = times.map(Spread::of);
    let sandboxed = sandboxed.each(rows.len());
    writeln!(out, "sandboxed               {sandboxed} us an object")?;
    for (name, native) in [
        ("native, rows to outcomes", to_outcomes),
        ("native, moved rows      ", moved),
    ] {
        let native = native.each(rows.len());
        let ratio = sandboxed.median / native.median;
        writeln!(out, "{name} {native} us an object, ratio {ratio:.2}")?;
    }
    let native = to_outcomes.each(rows.len()).median;
    let ratio = sandboxed.median / native;
    let verdict = if ratio <= RATIO_MAX { "met" } else { "missed" };
    writeln!(
        out,
        "ratio {ratio:.2}, at most {RATIO_MAX} is allowed: {verdict}"
    )?;
    writeln!(
        out,
        "a call for one row (instance, configure) {} us",
        single.each(BATCHES)
    )?;
    Ok(serde_json::json!({ "sandboxed": sandboxed.median, "native": native }))
}

/// What a thread does with a batch.
type Work<'a> = dyn Fn(&[MappingRow]) + Sync + 'a;

/// How many objects a second are decided on two threads, each with batches of its own: by the clock,
/// and by the processor's time, which is what a machine would do that does nothing else.
fn throughput(
    out: &mut StdoutLock<'_>,
    generation: &Generation,
    context: &Context,
    rows: &[MappingRow],
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let map = |batch: &[MappingRow]| {
        std::hint::black_box(generation.map(context, batch));
    };
    let decide = |batch: &[MappingRow]| {
        let sources: Vec<_> = batch.iter().map(|row| row.source.clone()).collect();
        std::hint::black_box(generation.scope(context, &sources));
        std::hint::black_box(generation.keys(context, &sources));
        std::hint::black_box(generation.map(context, batch));
    };
    let verdicts = generation.scope(context, &[rows[0].source.clone()]);
    if verdicts != [Verdict::InScope] {
        return Err("the people are not in scope".into());
    }
    let works: [(&str, &Work<'_>); 2] = [("map", &map), ("scope, keys and map", &decide)];
    for (name, work) in works {
        let (mut clock, mut processor) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (start, start_of_process) = (Instant::now(), ProcessTime::now());
            thread::scope(|scope| {
                for part in rows.chunks(rows.len() / THREADS) {
                    scope.spawn(|| part.chunks(BATCH).for_each(work));
                }
            });
            clock.push(start.elapsed());
            processor.push(start_of_process.elapsed());
        }
        let pace = |times| count(rows.len()) / Spread::of(times).median;
        let (clock, processor) = (pace(clock), pace(processor) * count(THREADS));
        let verdict = if clock.max(processor) >= OBJECTS_MIN {
            "met"
        } else {
            "missed"
        };
        writeln!(
            out,
            "{name} on {THREADS} threads: {clock:.0} objects a second by the clock, {processor:.0} by the processors' time, at least {OBJECTS_MIN} are wanted: {verdict}"
        )?;
    }
    Ok(())
}

/// What the pool saves, and what fuel and epochs cost.
fn precautions(
    out: &mut StdoutLock<'_>,
    bytes: &[u8],
    context: &Context,
    rows: &[MappingRow],
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let all = Precautions {
        pool: true,
        fuel: true,
        epochs: true,
    };
    let variants = [
        ("as in production", all),
        ("fresh memory, no pool", Precautions { pool: false, ..all }),
        ("no fuel", Precautions { fuel: false, ..all }),
        (
            "no fuel, no epochs",
            Precautions {
                fuel: false,
                epochs: false,
                ..all
            },
        ),
    ];
    let native = native::columns()?;
    let shown = |row: &MappingRow| {
        let values = native
            .iter()
            .map(|&(column, seen)| bare::shown(&row.source[column], seen));
        values.collect()
    };
    let batch = &rows[..BATCH];
    let engines = variants
        .iter()
        .map(|&(_, precautions)| Bare::new(precautions, bytes, context, batch.iter().map(shown)));
    let engines: Vec<Bare> = engines.collect::<Result<_, _>>()?;
    let mut times = vec![Vec::new(); engines.len()];
    for _ in 0..rounds {
        let mut round = vec![Duration::ZERO; engines.len()];
        for _ in 0..BATCHES {
            for (engine, time) in engines.iter().zip(&mut round) {
                engine.map(time)?;
            }
        }
        for (times, time) in times.iter_mut().zip(round) {
            times.push(time);
        }
    }
    writeln!(out, "with generated bindings, to compare precautions:")?;
    for ((name, _), times) in variants.iter().zip(times) {
        let each = Spread::of(times).each(BATCH * BATCHES);
        writeln!(out, "  {name:22}{each} us an object")?;
    }
    Ok(())
}

/// Has another component map the same people.
fn guest(
    out: &mut StdoutLock<'_>,
    engine: &RulesEngine,
    file: &str,
    (known, expected): (&Generation, &[Outcome]),
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let start = Instant::now();
    let generation = assemble(engine, "guest", &bytes)?;
    let admitted = start.elapsed();
    let context = context();
    let rows = rows(&generation);
    let answers = generation.map(&context, &rows);
    let written = |answer: &&Outcome| matches!(answer, Outcome::Write(_));
    let held = answers.iter().find_map(|answer| match answer {
        Outcome::Hold(reason) => Some(&reason.text),
        _ => None,
    });
    let same = if generation.writes(KIND) != known.writes(KIND) {
        "other outputs than the default rules"
    } else if answers == expected {
        "the answers of the default rules"
    } else {
        "other answers than the default rules"
    };
    let mut times = Vec::new();
    for _ in 0..rounds.min(9) {
        let mut time = Duration::ZERO;
        for batch in rows.chunks(BATCH) {
            timed(&mut time, || generation.map(&context, batch));
        }
        times.push(time);
    }
    writeln!(
        out,
        "{file}: {} us an object; {} columns, {} outputs, {same}; {} of {} objects written; {} bytes, active after {:.0} ms",
        Spread::of(times).each(rows.len()),
        generation.source_columns(KIND).len(),
        generation.writes(KIND).len(),
        answers.iter().filter(written).count(),
        answers.len(),
        bytes.len(),
        admitted.as_secs_f64() * 1e3,
    )?;
    if let Some(reason) = held {
        writeln!(out, "  the first object that it holds: {reason}")?;
    }
    Ok(())
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn context() -> Context {
    let tenant = |name: &str| Tenant {
        id: format!("5f1a1f9e-0000-4000-8000-{name:0>12}"),
        display_name: name.to_owned(),
        initial_domain: format!("{name}.onmicrosoft.com"),
        default_domain: format!("{name}.com"),
        verified_domains: vec![format!("{name}.com"), format!("{name}.onmicrosoft.com")],
    };
    Context {
        job: JobName::new("contoso-to-fabrikam"),
        kind: KIND,
        now: "2026-11-23T10:00:00Z".to_owned(),
        source: tenant("contoso"),
        target: tenant("fabrikam"),
    }
}
