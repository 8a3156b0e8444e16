use std::sync::Mutex as Record;

use futures_util::future::{join, join_all};
use serde_json::json;
use syncline_directory::ObjectKind;

use super::*;
use crate::{
    Randomness, SeededRandomness,
    scripted::{World, answer, with_headers},
};

fn world() -> World {
    World::new(|_| answer(200, json!({"id": "1"})))
}

fn small() -> (World, Pace) {
    let world = world().budget(SMALL);
    let pace = world.pace.clone();
    (world, pace)
}

const SMALL: Budget = Budget {
    writes: 100,
    window: Duration::from_secs(15),
    share: 0.5,
};

#[test]
fn the_share_of_the_published_budget_is_counted_in_whole_writes() {
    assert_eq!(Budget::default().writes_max(), 2100);
    assert_eq!(
        Budget {
            share: 0.0,
            ..SMALL
        }
        .writes_max(),
        1
    );
    assert_eq!(
        Budget {
            share: 7.0,
            ..SMALL
        }
        .writes_max(),
        100
    );
    assert_eq!(
        Budget {
            share: f64::NAN,
            ..SMALL
        }
        .writes_max(),
        1
    );
}

/// In any window that begins with a send, no more than the budget; and everybody gets through.
#[test]
fn no_window_ever_holds_more_writes_than_the_budget() {
    for seed in 0..30 {
        let (world, chance) = (world().budget(SMALL), SeededRandomness::new(seed));
        let pace = &world.pace;
        let sent = Record::new(Vec::new());
        let callers = (0..40).map(|_| {
            let count = 1 + u32::try_from(chance.next_u64() % 20).unwrap();
            let start = Duration::from_millis(chance.next_u64() % 60_000);
            let (world, sent) = (&world, &sent);
            async move {
                world.clock.sleep(start).await;
                pace.admit(Cost {
                    units: count,
                    writes: count,
                })
                .await
                .unwrap();
                sent.lock().unwrap().push((world.clock.now(), count));
            }
        });
        world.run(join_all(callers));
        let sent = sent.into_inner().unwrap();
        assert_eq!(sent.len(), 40);
        for (from, _) in &sent {
            let within: u32 = sent
                .iter()
                .filter(|(at, _)| at >= from && *at < *from + SMALL.window)
                .map(|(_, count)| count)
                .sum();
            assert!(
                within <= SMALL.writes_max(),
                "seed {seed}: {within} writes from {from}"
            );
        }
    }
}

#[test]
fn a_burst_inside_the_window_is_not_held_up() {
    let (world, pace) = small();
    world.run(async {
        for _ in 0..2 {
            pace.admit(Cost {
                units: 20,
                writes: 20,
            })
            .await
            .unwrap();
        }
    });
    assert!(world.clock.seconds() < 0.001);
}

#[test]
fn writers_are_served_in_the_order_in_which_they_came() {
    let (world, pace) = small();
    let order = Record::new(Vec::new());
    world.run(join_all((0..30).map(|caller| {
        let count = if caller % 2 == 0 { 20 } else { 1 };
        let (pace, order) = (&pace, &order);
        async move {
            pace.admit(Cost {
                units: count,
                writes: count,
            })
            .await
            .unwrap();
            order.lock().unwrap().push(caller);
        }
    })));
    assert_eq!(order.into_inner().unwrap(), (0..30).collect::<Vec<_>>());
}

#[test]
fn reads_go_on_while_writers_wait_for_their_window() {
    let (world, pace) = small();
    world.run(async {
        for _ in 0..3 {
            let write = pace.admit(Cost {
                units: 20,
                writes: 20,
            });
            let read = async {
                pace.admit(Cost::READ).await.unwrap();
                assert!(world.clock.seconds() < 1.0);
            };
            if world.clock.seconds() < 1.0 {
                join(write, read).await.0.unwrap();
            } else {
                write.await.unwrap();
            }
        }
    });
    assert!(world.clock.seconds() >= 15.0);
}

#[test]
fn what_was_sent_before_a_restart_still_counts() {
    let world = world();
    let before = Pace::new(SMALL, &world.outside());
    world.run(async {
        for _ in 0..2 {
            before
                .admit(Cost {
                    units: 20,
                    writes: 20,
                })
                .await
                .unwrap();
        }
    });
    let state = serde_json::to_string(&before.state()).unwrap();
    let after = Pace::resume(
        SMALL,
        serde_json::from_str(&state).unwrap(),
        &world.outside(),
    );
    world.run(async {
        after
            .admit(Cost {
                units: 20,
                writes: 20,
            })
            .await
            .unwrap();
    });
    assert!(world.clock.seconds() >= 15.0);
}

#[test]
fn a_429_silences_reads_and_writes_of_every_client_of_the_application() {
    let world = World::new(|asked| {
        if asked.at < 1.0 && asked.path.contains("/users/busy") {
            return with_headers(429, &[("Retry-After", "17")], r#"{"error":{"code":""}}"#);
        }
        answer(200, json!({"id": "1", "responses": []}))
    });
    let (one, other) = (world.source(), world.source());
    world.run(async {
        let busy = one.presence(ObjectKind::User, "busy");
        let read = async {
            world.clock.sleep(Duration::from_secs(1)).await;
            other.presence(ObjectKind::User, "calm").await
        };
        let write = async {
            world.clock.sleep(Duration::from_secs(2)).await;
            world
                .pace
                .admit(Cost {
                    units: 1,
                    writes: 1,
                })
                .await
                .unwrap();
            assert!(world.clock.seconds() >= 17.0);
        };
        let ((busy, read), ()) = join(join(busy, read), write).await;
        busy.and(read).unwrap();
    });
    let calls = world.graph_log();
    assert_eq!(calls.len(), 3);
    assert!(calls[1..].iter().all(|asked| asked.at >= 17.0), "{calls:?}");
}

#[test]
fn a_retry_after_that_is_a_date_is_obeyed() {
    let world = World::new(|asked| {
        if asked.at < 1.0 {
            let until = ("retry-after", "Thu, 20 Aug 2026 10:02:00 GMT");
            return with_headers(429, &[until], "");
        }
        answer(200, json!({"id": "1"}))
    });
    world
        .run(world.source().presence(ObjectKind::User, "1"))
        .unwrap();
    assert!((120.0..121.0).contains(&world.graph_log()[1].at));
}

#[test]
fn a_silence_beyond_patience_fails_at_once_and_says_until_when() {
    let world = World::new(|_| with_headers(429, &[("retry-after", "3600")], ""));
    let source = world.source();
    let error = world
        .run(source.presence(ObjectKind::User, "1"))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.stops_run()),
        (crate::ErrorKind::Throttled, true)
    );
    assert!(
        error
            .to_string()
            .contains("throttled until 2026-08-20T11:00:00"),
        "{error}"
    );
    assert!(world.clock.seconds() < 1.0);
    assert!(world.pace.silent_until().is_some());
}

#[test]
fn reads_keep_their_distance_while_a_limit_is_near() {
    let near = [("x-ms-throttle-limit-percentage", "0.9")];
    let world = World::new(move |_| with_headers(200, &near, r#"{"id":"1"}"#));
    let source = world.source();
    world.run(async {
        for _ in 0..4 {
            source.presence(ObjectKind::User, "1").await.unwrap();
        }
    });
    let calls = world.graph_log();
    assert!(
        (0.85..1.0).contains(&(calls[3].at - calls[0].at)),
        "{calls:?}"
    );
}

/// graph.md, section 8.1.
#[test]
fn a_read_costs_what_the_table_says() {
    for (path, units) in [
        ("/users?$select=id&$top=999", 1),
        ("/users/delta?$select=id", 1),
        ("/users?$filter=x", 2),
        ("/users?$expand=manager", 3),
        ("/users/1?$select=id", 1),
        ("/users/1/memberOf", 2),
        ("/groups/1/members?$select=id&$top=999", 2),
        ("/groups/1/members?$select=id&$top=5", 1),
        ("/groups/1/transitiveMembers", 5),
        ("/subscribedSkus", 3),
        ("/organization", 1),
    ] {
        assert_eq!(Cost::of_reading(path), Cost { units, writes: 0 }, "{path}");
    }
}

#[test]
fn what_a_read_cost_beyond_its_price_counts_too() {
    let answered = [("x-ms-resource-unit", "5000")];
    let world = World::new(move |_| with_headers(200, &answered, r#"{"id":"1"}"#));
    let source = world.source();
    world.run(async {
        for _ in 0..3 {
            source.presence(ObjectKind::User, "1").await.unwrap();
        }
    });
    // The share is 5,600 in ten seconds: two of these are more.
    let calls = world.graph_log();
    assert!(calls[1].at < 1.0, "{calls:?}");
    assert!(calls[2].at >= 10.0, "{calls:?}");
}

#[test]
fn a_tenant_that_throttles_for_units_is_taken_for_a_smaller_one() {
    let world = world();
    let pace = &world.pace;
    let left = || pace.ledger().units.left(pace.0.clock.now());
    assert_eq!(left(), 5600);
    for units in [3500, 2450, 2450] {
        pace.short_of_units();
        assert_eq!(left(), units);
    }

    let world = World::new(|asked| {
        if asked.at < 1.0 {
            let headers = [
                ("retry-after", "3"),
                ("x-ms-throttle-information", "ResourceUnitLimitExceeded"),
            ];
            return with_headers(429, &headers, "");
        }
        answer(200, json!({"id": "1"}))
    });
    world
        .run(world.source().presence(ObjectKind::User, "1"))
        .unwrap();
    assert_eq!(world.pace.ledger().size, 1);
}
