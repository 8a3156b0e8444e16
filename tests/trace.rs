//! Whole runs as a function of a seed: tenants, changes, faults and time (law L5, and the ground on
//! which every other law can be simulated).

use std::{collections::BTreeSet, future::Future, time::Duration};

use serde_json::json;
use syncline_graph::{Randomness as _, SeededRandomness};
use syncline_simulator::{Latency, Settings};

use crate::support::simulation::Simulation;

/// Runs in virtual time.
fn simulate<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
        .block_on(work)
}

fn settings(seed: u64) -> Settings {
    Settings {
        users: 120,
        seed,
        latency: Some(Latency {
            shortest_ms: 20,
            longest_ms: 400,
        }),
        ..Settings::default()
    }
}

/// Returns what happens in a first cycle, a week, and a second cycle in bad weather.
fn trace(seed: u64) -> Vec<String> {
    simulate(async {
        let simulation = Simulation::begin(settings(seed));
        simulation
            .cycle()
            .await
            .expect("the first cycle goes through");
        simulation.simulator.pass_a_week(seed);
        simulation.simulator.advance(7 * 86_400 - 3_600);
        for fault in [
            json!({ "path_contains": "delta", "status": 503, "times": 2 }),
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 429, "retry_after": 7,
                    "times": 1 }),
            json!({ "path_contains": "/invitations", "drop": "after", "times": 1 }),
            json!({ "method": "PATCH", "path_contains": "/users/", "status": 503, "skip": 1,
                    "times": 1 }),
            json!({ "method": "DELETE", "status": 429, "retry_after": 11, "times": 1 }),
            json!({ "path_contains": "$batch", "drop": "close", "skip": 2, "times": 1 }),
        ] {
            simulation.fault(fault).await;
        }
        simulation
            .cycle()
            .await
            .expect("the second cycle goes through");
        simulation.trace()
    })
}

#[test]
fn law_05_one_seed_gives_one_trace() {
    let first = trace(5);
    let second = trace(5);
    for (place, (one, other)) in first.iter().zip(&second).enumerate() {
        assert_eq!(one, other, "seed 5, entry {place}");
    }
    assert_eq!(first.len(), second.len());
    assert!(
        first.iter().any(|entry| entry.contains("status: 429")),
        "the weather was bad"
    );
    assert_ne!(first, trace(6), "another seed, another trace");
}

#[test]
fn law_04_a_cycle_that_ends_anywhere_is_taken_up_by_the_next() {
    for seed in 1..=3 {
        simulate(async {
            let undisturbed = Simulation::begin(settings(seed));
            let mut simulation = Simulation::begin(settings(seed));
            let chance = SeededRandomness::new(seed);
            let mut crashes = 0;
            for week in 0..3 {
                if week > 0 {
                    for tenants in [&undisturbed.simulator, &simulation.simulator] {
                        tenants.pass_a_week(week);
                    }
                }
                let report = undisturbed.cycle().await.expect("the cycle goes through");
                for attempt in 0..8 {
                    // After a crash, seconds go by in looking for invitations that were never
                    // answered.
                    let looking_ms = attempt % 2 * 7_500;
                    let moment_ms = chance.next_u64() % (report.duration_ms + looking_ms);
                    if simulation
                        .crash_after(Duration::from_millis(moment_ms))
                        .await
                    {
                        break;
                    }
                    crashes += 1;
                }
                simulation
                    .cycle()
                    .await
                    .expect("the last cycle goes through");

                let (expected, found) = (undisturbed.people().await, simulation.people().await);
                for (name, person) in &expected {
                    let here = format!("seed {seed}, week {week}, {name}");
                    let found = found
                        .get(name)
                        .unwrap_or_else(|| panic!("{here} is missing"));
                    for (attribute, value) in person.as_object().expect("an object") {
                        assert_eq!(found[attribute], *value, "{here}: {attribute}");
                    }
                }
                assert_eq!(found.len(), expected.len(), "seed {seed}, week {week}");
            }
            assert!(crashes > 2, "seed {seed}: {crashes} crashes");
            let made = simulation.made();
            let distinct: BTreeSet<&String> = made.iter().collect();
            assert_eq!(
                made.len(),
                distinct.len(),
                "seed {seed}: each making is told once"
            );
            let expected = undisturbed.made();
            assert_eq!(distinct, expected.iter().collect(), "seed {seed}");
        });
    }
}
