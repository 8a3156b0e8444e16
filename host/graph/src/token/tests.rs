use std::sync::Mutex;

use futures_util::future::join_all;
use serde_json::json;
use syncline_directory::{ObjectKind, ObjectState};

use super::*;
use crate::{
    ErrorKind,
    scripted::{Asked, SECRET, Sent, World, answer, grant, timeout, with_headers},
};

fn found(_: &Asked) -> Sent {
    answer(200, json!({"id": "1"}))
}

/// Returns a login service that answers each of these in turn, and the last from then on.
fn login(answers: Vec<fn() -> Sent>) -> impl Fn(&Asked) -> Sent + Send + Sync + 'static {
    let turn = Mutex::new(0);
    move |_| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        answers[(*turn - 1).min(answers.len() - 1)]()
    }
}

async fn presence(source: &crate::Source) -> Result<ObjectState, GraphError> {
    source.presence(ObjectKind::User, "1").await
}

#[test]
fn a_token_is_fetched_once_however_many_wait_for_it() {
    let world = World::new(found);
    let source = world.source();
    let answers = world.run(join_all((0..20).map(|_| presence(&source))));
    assert!(answers.iter().all(Result::is_ok));
    let asked = world.login_log();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].url,
        "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
    );
    assert_eq!(
        asked[0].text,
        "client_id=app-1&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
         &client_secret=hunter2%26%3Dhunter2&grant_type=client_credentials"
    );
}

#[test]
fn a_token_is_renewed_a_fifth_of_its_life_early_at_most_five_minutes() {
    for (life, early) in [(600, 480), (3600, 3300)] {
        let world = World::with_login(move |_| grant("token", life), found);
        let source = world.source();
        world.run(async {
            presence(&source).await.unwrap();
            let clock = &*world.clock;
            crate::Clock::sleep(clock, Duration::from_secs(early - 2)).await;
            presence(&source).await.unwrap();
            assert_eq!(world.login_log().len(), 1, "{life}");
            crate::Clock::sleep(clock, Duration::from_secs(2)).await;
            presence(&source).await.unwrap();
        });
        assert_eq!(world.login_log().len(), 2, "{life}");
    }
}

#[test]
fn an_early_renewal_that_fails_leaves_the_old_token_in_use_until_it_expires() {
    let refused = || {
        answer(
            401,
            json!({"error": "invalid_client", "error_codes": [7000222]}),
        )
    };
    let world = World::with_login(login(vec![|| grant("token-1", 1000), refused]), found);
    let source = world.source();
    world.run(async {
        presence(&source).await.unwrap();
        crate::Clock::sleep(&*world.clock, Duration::from_secs(900)).await;
        presence(&source).await.unwrap();
        presence(&source).await.unwrap();
        assert_eq!(world.login_log().len(), 2);
        crate::Clock::sleep(&*world.clock, Duration::from_secs(101)).await;
        assert_eq!(
            presence(&source).await.unwrap_err().kind(),
            ErrorKind::Authentication
        );
    });
}

#[test]
fn a_refused_token_is_renewed_once_for_everybody() {
    let world = World::new(|asked| {
        if asked.headers["authorization"] == "Bearer token-1" {
            return answer(
                401,
                json!({"error": {"code": "InvalidAuthenticationToken"}}),
            );
        }
        found(asked)
    });
    let source = world.source();
    let answers = world.run(join_all((0..20).map(|_| presence(&source))));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.login_log().len(), 2);
    assert_eq!(world.graph_log().len(), 40);
}

#[test]
fn a_second_refusal_is_unauthorized() {
    let refused = json!({"error": {"code": "InvalidAuthenticationToken", "message": "No."}});
    let world = World::new(move |_| answer(401, refused.clone()));
    let error = world.run(presence(&world.source())).unwrap_err();
    assert_eq!(
        (error.kind(), error.stops_run()),
        (ErrorKind::Unauthorized, true)
    );
    assert_eq!((world.login_log().len(), world.graph_log().len()), (2, 2));
}

#[test]
fn a_wrong_secret_is_explained_and_not_shown() {
    let refused = || {
        answer(
            401,
            json!({"error": "invalid_client", "error_codes": [7000215], "trace_id": "trace-1",
                "error_description": format!("AADSTS7000215: Invalid client secret {SECRET} \
                    provided. Ensure it is the value.\r\nTrace ID: trace-1\r\nTimestamp: x")}),
        )
    };
    let world = World::with_login(move |_| refused(), found);
    let source = world.source();
    let errors = world.run(join_all((0..5).map(|_| presence(&source))));
    assert_eq!(world.login_log().len(), 1, "who waited shares the failure");
    let error = errors.into_iter().next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "login.microsoftonline.com gives application app-1 no token for tenant contoso.com: \
         AADSTS7000215: Invalid client secret [redacted] provided"
    );
    assert!(error.advice().contains("secret's value"));
    assert_eq!(
        (error.request_id(), error.stops_run()),
        (Some("trace-1"), true)
    );
}

#[test]
fn a_login_service_in_trouble_is_asked_again() {
    let world = World::with_login(
        login(vec![
            timeout,
            || with_headers(429, &[("retry-after", "20")], ""),
            || with_headers(503, &[], "<html>"),
            || grant("token-1", 3600),
        ]),
        found,
    );
    world.run(presence(&world.source())).unwrap();
    let at: Vec<f64> = world.login_log().iter().map(|asked| asked.at).collect();
    assert!(at[2] - at[1] >= 20.0, "{at:?}");

    let world = World::with_login(|_| with_headers(503, &[], "<html>"), found);
    let error = world.run(presence(&world.source())).unwrap_err();
    assert_eq!(
        (error.kind(), world.login_log().len()),
        (ErrorKind::Unavailable, 6)
    );
}

#[test]
fn what_is_no_token_answer_is_garbage_and_not_quoted() {
    let world = World::with_login(|_| answer(200, json!({"access_token": "eyJ"})), found);
    let error = world.run(presence(&world.source())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Garbage);
    assert!(!format!("{error:?}").contains("eyJ"));
}
