//! Pace: never more than our share of what Graph permits, and silence when it asks for it (law L14).

use std::{future::Future, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use syncline_simulator::{Latency, Limits, Settings};

use crate::support::{
    Rehearsal,
    simulation::{Exchange, Simulation},
};

/// Runs in virtual time.
fn simulate(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
        .block_on(work);
}

/// Graph's window of writes, and 70 % of what it permits in one.
const WINDOW: SignedDuration = SignedDuration::from_secs(150);
const SHARE: usize = 2_100;

/// Returns the most writes in any window.
fn busiest(exchanges: &[Exchange]) -> usize {
    let writes: Vec<(Timestamp, usize)> = exchanges
        .iter()
        .filter(|exchange| exchange.writes() > 0)
        .map(|exchange| (exchange.sent, exchange.writes()))
        .collect();
    let in_window = |end: usize| -> usize {
        let (until, _) = writes[end];
        writes
            .iter()
            .filter(|(sent, _)| *sent <= until && *sent > until - WINDOW)
            .map(|(_, count)| count)
            .sum()
    };
    (0..writes.len()).map(in_window).max().unwrap_or(0)
}

/// Returns from when until when Graph asked to be left alone: in an answer, or in one of a batch.
fn silences(exchanges: &[Exchange], tenant: &str) -> Vec<(Timestamp, Timestamp)> {
    let mut silences = Vec::new();
    for exchange in exchanges
        .iter()
        .filter(|exchange| exchange.tenant == tenant)
    {
        let mut asked = Vec::new();
        if exchange.status == 429 {
            asked.extend(exchange.retry_after);
        }
        let answer: Json = serde_json::from_str(&exchange.answer).unwrap_or(Json::Null);
        for item in answer["responses"].as_array().into_iter().flatten() {
            if item["status"] == 429 {
                let text = item["headers"]["Retry-After"]
                    .as_str()
                    .expect("Graph says how long");
                asked.push(text.parse().expect("seconds"));
            }
        }
        silences.extend(asked.into_iter().max().map(|seconds| {
            (
                exchange.answered,
                exchange.answered + SignedDuration::from_secs(seconds),
            )
        }));
    }
    silences
}

#[test]
fn law_14_writes_stay_within_our_share_of_every_window() {
    simulate(async {
        let simulation = Simulation::begin(Settings {
            users: 1_400,
            seed: 14,
            latency: Some(Latency {
                shortest_ms: 30,
                longest_ms: 300,
            }),
            ..Settings::default()
        });
        let report = simulation.cycle().await.expect("the cycle goes through");
        assert!(
            report.done > 2_500,
            "more than fits into a window: {}",
            report.done
        );
        let exchanges = simulation.exchanges();
        let busiest = busiest(&exchanges);
        assert!(busiest <= SHARE, "{busiest} writes in a window");
        assert!(busiest > SHARE * 9 / 10, "the share is used: {busiest}");
        assert!(
            exchanges.iter().all(|exchange| exchange.status != 429),
            "Graph had no reason"
        );
    });
}

/// The share is the whole of what the tenant permits, a third of what Graph publishes so that the
/// work fills several windows. One after the other is looked at, from the first write on.
#[test]
fn a_job_that_is_given_the_whole_budget_uses_nearly_all_of_it_and_is_not_throttled() {
    const PERMITTED: u32 = 1_000;
    simulate(async {
        let limits = Limits {
            writes_per_window: PERMITTED,
            ..Limits::default()
        };
        let settings = Settings {
            users: 1_400,
            seed: 15,
            limits,
            latency: Some(Latency {
                shortest_ms: 30,
                longest_ms: 300,
            }),
            ..Settings::default()
        };
        let budget = format!("write-budget = {{ writes = {PERMITTED}, share = 1.0 }}\n");
        let simulation = Simulation::begin_with(settings, &budget);
        let report = simulation.cycle().await.expect("the cycle goes through");
        assert_eq!(report.failed, 0);
        let exchanges = simulation.exchanges();
        let permitted = usize::try_from(PERMITTED).expect("it fits");
        assert!(busiest(&exchanges) <= permitted);

        let writes: Vec<(Timestamp, usize)> = exchanges
            .iter()
            .filter(|exchange| exchange.writes() > 0)
            .map(|exchange| (exchange.sent, exchange.writes()))
            .collect();
        let (first, _) = *writes.first().expect("something is written");
        let (last, _) = *writes.last().expect("something is written");
        let mut windows = 0;
        let mut begins = first;
        while begins + WINDOW <= last {
            let used: usize = writes
                .iter()
                .filter(|(sent, _)| (begins..begins + WINDOW).contains(sent))
                .map(|(_, count)| count)
                .sum();
            assert!(
                used * 100 >= permitted * 95,
                "{used} of {permitted} writes in the window from {begins}"
            );
            windows += 1;
            begins += WINDOW;
        }
        assert!(windows >= 3, "the work fills several windows: {windows}");
        let minute = first + SignedDuration::from_mins(1);
        let throttled = silences(&exchanges, "fabrikam");
        assert!(
            throttled.iter().all(|(from, _)| *from < minute),
            "{throttled:?}"
        );
    });
}

#[test]
fn law_14_crashes_do_not_make_room_for_more_writes() {
    simulate(async {
        let settings = Settings {
            users: 120,
            seed: 17,
            latency: Some(Latency {
                shortest_ms: 10,
                longest_ms: 40,
            }),
            ..Settings::default()
        };
        let budget = "write-budget = { writes = 100 }\n";
        let mut simulation = Simulation::begin_with(settings, budget);
        // In the first writes, and then, once it is known what became of them, in the next.
        for seconds in [1, 25, 25, 25, 25] {
            let done = simulation.crash_after(Duration::from_secs(seconds)).await;
            assert!(!done, "the cycle takes longer");
        }
        simulation
            .cycle()
            .await
            .expect("the last cycle goes through");
        let busiest = busiest(&simulation.exchanges());
        assert!(busiest > 50, "something was under way: {busiest}");
        assert!(
            busiest <= 70,
            "{busiest} writes in a window that permits 70"
        );
    });
}

#[test]
fn law_14_after_a_429_no_call_of_that_application_is_sent_before_its_time() {
    simulate(async {
        let simulation = Simulation::begin(Settings {
            users: 300,
            seed: 15,
            latency: Some(Latency {
                shortest_ms: 30,
                longest_ms: 300,
            }),
            ..Settings::default()
        });
        for fault in [
            json!({ "tenant": "fabrikam", "path_contains": "delta", "status": 429,
                    "retry_after": 20, "times": 1 }),
            json!({ "tenant": "fabrikam", "path_contains": "$batch", "status": 429,
                    "retry_after": 40, "skip": 3, "times": 2 }),
            json!({ "tenant": "fabrikam", "path_contains": "/invitations", "status": 429,
                    "retry_after": 90, "skip": 100, "times": 3 }),
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 429,
                    "retry_after": 30, "times": 1 }),
        ] {
            simulation.fault(fault).await;
        }
        let report = simulation.cycle().await.expect("the cycle goes through");
        assert_eq!(report.failed, 0);
        let exchanges = simulation.exchanges();
        for tenant in simulation.simulator.tenants() {
            let silences = silences(&exchanges, &tenant.tenant_id);
            assert!(!silences.is_empty(), "{} was throttled", tenant.name);
            for (since, until) in silences {
                let hasty = exchanges.iter().find(|exchange| {
                    exchange.tenant == tenant.tenant_id
                        && !exchange.is_for_token()
                        && exchange.sent > since
                        && exchange.sent < until
                });
                assert!(
                    hasty.is_none(),
                    "silence from {since} to {until}, but {hasty:?}"
                );
            }
        }
    });
}

#[test]
fn law_14_a_silence_that_outlasts_the_process_is_kept_by_the_next_one() {
    let rehearsal = Rehearsal::start(40, 16);
    for tenant in ["contoso", "fabrikam"] {
        rehearsal.fault(json!({
            "tenant": tenant, "path_contains": "delta", "status": 429, "retry_after": 7_200,
            "times": 1,
        }));
        rehearsal.expect(1, &["sync"]);
        let asked = rehearsal.stats(tenant)["requestsTotal"].clone();
        let output = rehearsal.run(&["sync"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            rehearsal.stats(tenant)["requestsTotal"],
            asked,
            "{tenant} is left alone"
        );
        // Two hours later, as far as this project knows.
        std::fs::remove_dir_all(rehearsal.file("state")).expect("the state can be removed");
    }
    rehearsal.expect(0, &["sync"]);
}
