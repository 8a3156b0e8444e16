//! Rules that are swapped all the time under a job that never rests: good ones, broken ones, none.
//!
//! Time is virtual, so that the service looks as often as it can, and the files and the events about
//! them are real.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use syncline_directory::JobName;
use syncline_service::Stop;
use syncline_simulator::Settings;
use syncline_store::{LogFilter, RunOutcome};

use crate::{
    rules_reload::CONTOSO_MERGER,
    support::simulation::{Simulation, edit_project},
};

/// Returns the memory that this process has in use, in kibibytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("it has a size")
}

/// Puts the files into the folder one after the other; every third is broken or gone.
fn swap(file: PathBuf, good: &[u8], count: usize, done: &AtomicUsize) {
    let beside = file.with_extension("new");
    for number in 0..count {
        let bytes: Option<&[u8]> = match number % 6 {
            0 | 3 => Some(CONTOSO_MERGER),
            1 => Some(b"not a component"),
            2 => Some(good),
            4 => Some(&good[..good.len() / 2]),
            _ => None,
        };
        match bytes {
            Some(bytes) => {
                fs::write(&beside, bytes).expect("a file can be written");
                fs::rename(&beside, &file).expect("a file can be moved");
            }
            None => {
                fs::remove_file(&file).ok();
            }
        }
        done.store(number + 1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
    }
    fs::write(&beside, good).expect("a file can be written");
    fs::rename(&beside, &file).expect("a file can be moved");
}

fn swaps(count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be made");
    let settings = Settings {
        users: 20,
        seed: 7,
        ..Settings::default()
    };
    let simulation = runtime.block_on(async { Simulation::begin(settings) });
    let job = JobName::new("contoso-to-fabrikam");
    edit_project(simulation.folder(), |text| {
        text.replace("rules = ", "activation = \"automatic\"\nrules = ")
    });
    let simulation = runtime.block_on(async { simulation.reopened() });
    runtime
        .block_on(simulation.cycle())
        .expect("the first cycle is done");
    simulation.forget();
    let file = simulation.folder().join("plugins/entra-default.wasm");
    let good = fs::read(&file).expect("the rules can be read");
    let done = AtomicUsize::new(0);
    #[cfg(target_os = "linux")]
    let mut sizes: Vec<u64> = Vec::new();
    thread::scope(|scope| {
        let swapper = scope.spawn(|| swap(file.clone(), &good, count, &done));
        runtime.block_on(async {
            let (switch, stop) = Stop::new();
            let until = async {
                let mut seen = 0;
                while !swapper.is_finished() {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    let now = done.load(Ordering::Relaxed);
                    if now >= seen + count / 8 {
                        seen = now;
                        #[cfg(target_os = "linux")]
                        sizes.push(resident());
                    }
                }
                // Long enough for what lies there last to be looked at.
                tokio::time::sleep(Duration::from_secs(600)).await;
                switch.ask();
            };
            let (ran, ()) = tokio::join!(simulation.run(stop), until);
            ran.expect("the service runs to its end");
        });
    });
    let store = simulation.store();
    // No run is lost.
    let runs = store.runs(&job, 1_000_000).expect("the store answers");
    assert!(runs.len() > 10, "{}", runs.len());
    for run in &runs {
        assert_eq!(run.outcome, Some(RunOutcome::Done), "{run:?}");
    }
    // No object sees two versions.
    let used: BTreeMap<&str, &str> = runs
        .iter()
        .filter_map(|run| Some((run.cycle.as_str(), run.generation.as_deref()?)))
        .collect();
    let mut generations = BTreeSet::new();
    store
        .read_log(&LogFilter::default(), |record| {
            let cycle = record.body["cycleId"].as_str().expect("a cycle");
            let generation = record.body["syncline"]["generation"]
                .as_str()
                .expect("a generation");
            assert_eq!(used[cycle], generation, "{}", record.body);
            generations.insert(generation.to_owned());
            true
        })
        .expect("the log can be read");
    assert_eq!(generations.len(), 2, "both good rules wrote something");
    let activations = store.activations(&job).expect("the store answers");
    let newest = activations.first().expect("rules are active").number;
    assert!(newest > 5, "{newest} activations");
    // What lies there at last is active.
    let last = &activations[0].generation.layers[0];
    assert_eq!(last.name, "entra-default");
    #[cfg(target_os = "linux")]
    {
        // By the middle everything has been seen once, and what is kept is kept.
        let (middle, last) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
        assert!(
            last < middle + 8 * 1024,
            "memory grows with swaps: {sizes:?} KiB, {} runs, {newest} activations",
            runs.len()
        );
    }
}

#[test]
fn law_09_no_object_sees_two_versions_while_rules_are_swapped_all_the_time() {
    swaps(400);
}

/// The same for long; `.ci/run` runs it.
#[test]
#[ignore = "it takes two minutes"]
fn law_09_ten_thousand_swaps_lose_no_run_and_no_memory() {
    swaps(10_000);
}
