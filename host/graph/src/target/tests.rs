use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use syncline_directory::{AttributeName, ObjectKind, TargetId, Value};

use super::*;
use crate::{
    Budget, ErrorKind, TransportError, WriteAction,
    scripted::{Asked, World, answer, batch, timeout, with_headers},
};

fn update(id: &str) -> Write {
    let changes = BTreeMap::from([(AttributeName::new("department"), Value::text(id))]);
    stale(WriteAction::Update {
        id: TargetId::new(id),
        kind: ObjectKind::User,
        changes,
    })
}

fn invite(address: &str) -> Write {
    let display_name = Some("Alice Doe".into());
    stale(WriteAction::Invite {
        address: address.into(),
        display_name,
        member: true,
    })
}

fn delete(id: &str) -> Write {
    stale(WriteAction::Delete {
        id: TargetId::new(id),
        kind: ObjectKind::User,
    })
}

fn restore(id: &str) -> Write {
    stale(WriteAction::Restore {
        id: TargetId::new(id),
    })
}

fn stale(action: WriteAction) -> Write {
    Write {
        action,
        fresh: false,
    }
}

fn updates(count: usize) -> Vec<Write> {
    (0..count)
        .map(|number| update(&format!("u{number}")))
        .collect()
}

fn done() -> Json {
    json!({"status": 204, "headers": {"request-id": "item-1"}})
}

fn refused(status: u16, code: &str) -> Json {
    json!({"status": status, "body": {"error": {"code": code, "message": "No."}}})
}

fn ids(answers: &[Result<Written, GraphError>]) -> Vec<String> {
    answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().id.to_string())
        .collect()
}

fn kinds(answers: &[Result<Written, GraphError>]) -> Vec<Option<ErrorKind>> {
    answers
        .iter()
        .map(|answer| answer.as_ref().err().map(GraphError::kind))
        .collect()
}

#[test]
fn answers_are_matched_by_id_however_shuffled() {
    let world = World::new(|asked| {
        batch(asked, |line, _| {
            if line.ends_with("u0") {
                refused(400, "x")
            } else {
                done()
            }
        })
    });
    let answers = world.run(world.target().write(&updates(3)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Rejected), None, None]);
    let second = answers[1].as_ref().unwrap();
    assert_eq!((second.id.as_str(), &*second.request_id), ("u1", "item-1"));
    let error = answers[0].as_ref().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("PATCH graph.microsoft.com/v1.0/users/u0"),
        "{error}"
    );
}

#[test]
fn an_invitation_tells_the_invited_user_and_not_itself() {
    let world = World::new(|asked| {
        let body = json!({"id": "not-this", "invitedUser": {"id": "new"}});
        batch(asked, |_, _| json!({"status": 201, "body": body}))
    });
    assert_eq!(
        ids(&world.run(world.target().write(&[invite("a@b.com")]))),
        ["new"]
    );
}

#[test]
fn what_cannot_be_sent_is_answered_in_its_place() {
    let world = World::new(|asked| batch(asked, |_, _| done()));
    let answers = world.run(
        world
            .target()
            .write(&[update("u1"), delete(""), update("u2")]),
    );
    assert_eq!(kinds(&answers), [None, Some(ErrorKind::Unsendable), None]);
}

#[test]
fn a_batch_holds_twenty_at_most_and_one_write_an_object() {
    let world = World::new(|asked| batch(asked, |_, _| done()));
    let mut writes = updates(45);
    writes.push(update("U44"));
    writes.push(delete("u44"));
    let answers = world.run(world.target().write(&writes));
    assert_eq!(answers.len(), 47);
    let sizes: Vec<usize> = world
        .graph_log()
        .iter()
        .map(|asked| asked.items().len())
        .collect();
    assert_eq!(sizes, [20, 20, 5, 1, 1]);
    assert_eq!(ids(&answers)[46], "u44");
}

#[test]
fn only_the_throttled_items_are_repeated_after_the_largest_retry_after() {
    let world = World::new(|asked| {
        let early = asked.at < 1.0;
        batch(asked, |line, _| match line {
            "PATCH /users/u1" if early => json!({"status": 429, "headers": {"Retry-After": "3"}}),
            "POST /invitations" if early => json!({"status": 429, "headers": {"retry-after": 9}}),
            "POST /invitations" => json!({"status": 201, "body": {"invitedUser": {"id": "new"}}}),
            _ => done(),
        })
    });
    let mut writes = updates(3);
    writes.push(invite("a@b.com"));
    let answers = world.run(world.target().write(&writes));
    assert_eq!(ids(&answers), ["u0", "u1", "u2", "new"]);
    let calls = world.graph_log();
    assert_eq!(calls.len(), 2);
    let again: Vec<String> = calls[1].items().into_iter().map(|(_, line)| line).collect();
    assert_eq!(again, ["PATCH /users/u1", "POST /invitations"]);
    assert!(calls[1].at >= 9.0, "{}", calls[1].at);
}

#[test]
fn an_item_that_stays_throttled_is_given_up() {
    let world = World::new(|asked| batch(asked, |_, _| json!({"status": 429})));
    let answers = world.run(world.target().write(&updates(1)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Throttled)]);
    assert_eq!(world.graph_log().len(), 6);
}

#[test]
fn a_throttled_batch_is_repeated_whole_invitations_included() {
    let world = World::new(|asked| {
        if asked.at < 1.0 {
            return with_headers(429, &[("retry-after", "5")], "");
        }
        batch(
            asked,
            |_, _| json!({"status": 201, "body": {"invitedUser": {"id": "new"}}}),
        )
    });
    let answers = world.run(world.target().write(&[invite("a@b.com")]));
    assert_eq!(ids(&answers), ["new"]);
    assert!(world.graph_log()[1].at >= 5.0);
}

#[test]
fn law_07_an_invitation_whose_answer_was_lost_is_not_repeated() {
    let lost: [fn(&Asked) -> crate::scripted::Sent; 6] = [
        |_| timeout(),
        |_| {
            Err(TransportError::Broken {
                host: "h".into(),
                reason: "reset".into(),
            })
        },
        |_| with_headers(504, &[], "<html>"),
        |_| with_headers(200, &[], "<html>"),
        |_| answer(200, json!({"responses": []})),
        |asked| batch(asked, |_, _| refused(503, "ServiceUnavailable")),
    ];
    for (case, lost) in lost.into_iter().enumerate() {
        let world = World::new(lost);
        let answers = world.run(world.target().write(&[invite("a@b.com"), restore("u1")]));
        assert_eq!(
            kinds(&answers),
            [Some(ErrorKind::OutcomeUnknown); 2],
            "case {case}"
        );
        assert_eq!(world.graph_log().len(), 1, "case {case}");
        assert!(!answers[0].as_ref().unwrap_err().stops_run());
    }
}

#[test]
fn an_invitation_that_never_left_is_sent_again() {
    let world = World::new(|asked| {
        if asked.at < 0.5 {
            return Err(TransportError::Connect {
                host: "h".into(),
                reason: "refused".into(),
            });
        }
        batch(
            asked,
            |_, _| json!({"status": 201, "body": {"invitedUser": {"id": "new"}}}),
        )
    });
    assert_eq!(
        ids(&world.run(world.target().write(&[invite("a@b.com")]))),
        ["new"]
    );
}

#[test]
fn of_a_lost_batch_what_sets_a_state_is_repeated_and_the_rest_looked_up() {
    let world = World::new(|asked| {
        if asked.at < 0.5 {
            timeout()
        } else {
            batch(asked, |_, _| done())
        }
    });
    let writes = [update("u1"), invite("a@b.com"), delete("u2")];
    let answers = world.run(world.target().write(&writes));
    assert_eq!(
        kinds(&answers),
        [None, Some(ErrorKind::OutcomeUnknown), None]
    );
    assert_eq!(world.graph_log()[1].items().len(), 2);
}

#[test]
fn what_fails_in_every_try_belongs_to_the_object_unless_the_whole_batch_fails() {
    let world = World::new(|asked| batch(asked, |_, _| refused(500, "InternalServerError")));
    let answers = world.run(world.target().write(&updates(1)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Failed)]);
    assert_eq!(world.graph_log().len(), 6);

    let world = World::new(|_| timeout());
    let answers = world.run(world.target().write(&updates(1)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Unavailable)]);
    assert_eq!(world.graph_log().len(), 6);
}

#[test]
fn what_is_gone_already_need_not_be_removed() {
    let world = World::new(|asked| batch(asked, |_, _| refused(404, "Request_ResourceNotFound")));
    let clear = WriteAction::ClearReference {
        id: TargetId::new("u2"),
        attribute: AttributeName::new("manager"),
    };
    let writes = [delete("u1"), stale(clear), update("u3"), restore("u4")];
    let answers = world.run(world.target().write(&writes));
    assert_eq!(
        kinds(&answers),
        [
            None,
            None,
            Some(ErrorKind::NotFound),
            Some(ErrorKind::NotInBin)
        ]
    );
    assert_eq!(world.graph_log().len(), 1);
}

#[test]
fn a_404_on_what_was_just_made_is_lag_for_about_a_minute() {
    let fresh = [Write {
        fresh: true,
        ..update("u1")
    }];
    let world = World::new(|asked| {
        let there = asked.at >= 10.0;
        batch(asked, |_, _| {
            if there {
                done()
            } else {
                refused(404, "Directory_ObjectNotFound")
            }
        })
    });
    assert_eq!(ids(&world.run(world.target().write(&fresh))), ["u1"]);

    let world = World::new(|asked| batch(asked, |_, _| refused(404, "x")));
    let answers = world.run(world.target().write(&fresh));
    assert_eq!(kinds(&answers), [Some(ErrorKind::NotFound)]);
    assert_eq!(world.graph_log().len(), 7);
    assert!((61.0..62.0).contains(&world.clock.seconds()));
}

#[test]
fn a_write_that_met_another_one_is_repeated() {
    let world = World::new(|asked| {
        let met = asked.at < 0.5;
        batch(asked, |_, _| {
            if met {
                refused(409, "Directory_ConcurrencyViolation")
            } else {
                done()
            }
        })
    });
    assert_eq!(ids(&world.run(world.target().write(&updates(1)))), ["u0"]);
    let world = World::new(|asked| batch(asked, |_, _| refused(409, "Conflict")));
    let answers = world.run(world.target().write(&updates(1)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Conflict)]);
    assert_eq!(world.graph_log().len(), 1);
}

#[test]
fn a_token_refused_inside_a_batch_is_renewed_once() {
    let world = World::new(|asked| {
        let old = asked.headers["authorization"] == "Bearer token-1";
        batch(asked, |_, _| {
            if old {
                refused(401, "InvalidAuthenticationToken")
            } else {
                done()
            }
        })
    });
    assert_eq!(
        ids(&world.run(world.target().write(&updates(2)))),
        ["u0", "u1"]
    );
    assert_eq!(world.login_log().len(), 2);
    let world = World::new(|asked| batch(asked, |_, _| refused(401, "x")));
    let answers = world.run(world.target().write(&updates(1)));
    assert_eq!(kinds(&answers), [Some(ErrorKind::Unauthorized)]);
    assert_eq!(world.graph_log().len(), 2);
}

#[test]
fn law_14_writes_of_many_callers_stay_within_the_budget_repetitions_included() {
    let budget = Budget {
        writes: 30,
        window: Duration::from_secs(10),
        share: 0.5,
    };
    let world = World::new(|asked| {
        let early = asked.at < 20.0;
        batch(asked, |line, _| {
            if early && line.ends_with('3') {
                json!({"status": 429, "headers": {"Retry-After": "1"}})
            } else {
                done()
            }
        })
    })
    .budget(budget);
    let target = world.target();
    let writes = updates(35);
    let answers = world.run(join_all((0..3).map(|_| target.write(&writes))));
    assert!(answers.iter().flatten().all(Result::is_ok));
    let sent: Vec<(f64, usize)> = world
        .graph_log()
        .iter()
        .map(|asked| (asked.at, asked.items().len()))
        .collect();
    for (from, _) in &sent {
        let within = |at: f64| at >= *from && at < *from + 9.999;
        let count: usize = sent
            .iter()
            .filter(|(at, _)| within(*at))
            .map(|(_, count)| count)
            .sum();
        assert!(count <= 15, "{count} writes within 10 s from {from}");
    }
}
