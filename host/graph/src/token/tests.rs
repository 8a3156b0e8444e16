use std::sync::{Arc, Mutex};

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

fn signed_in_by(credential: Credential) -> Application {
    Application {
        credential,
        ..crate::scripted::application()
    }
}

fn reader(world: &World, credential: Credential) -> crate::Source {
    let application = signed_in_by(credential);
    crate::Source::connect(world.outside(), application, world.pace.clone())
}

fn certificate(bytes: &[u8]) -> Credential {
    Credential::Certificate(Arc::new(crate::Certificate::read(bytes, None).unwrap()))
}

#[test]
fn a_certificate_signs_a_statement_of_its_own_for_each_token() {
    let world = World::with_login(|_| grant("token", 600), found);
    let bytes = include_bytes!("../../../../tests/data/certificates/not-yet-valid.pem");
    let source = reader(&world, certificate(bytes));
    let error = world.run(presence(&source)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert_eq!(
        error.to_string(),
        "application app-1 cannot ask for a token of tenant contoso.com: the certificate is not \
         valid before 2090-01-01T00:00:00Z; use the one before it, or check this machine's clock"
    );
    assert!(error.stops_run());
    assert_eq!(world.login_log().len(), 0, "nothing was sent");

    let expired = include_bytes!("../../../../tests/data/certificates/expired.pem");
    let error = world.run(presence(&reader(&world, certificate(expired))));
    let message = error.unwrap_err().to_string();
    assert!(message.contains("expired on 2025-01-01"), "{message}");
    assert_eq!(world.login_log().len(), 0, "nothing was sent");
}

#[test]
fn a_federated_token_is_read_anew_for_each_token() {
    let world = World::with_login(|_| grant("token", 600), found);
    let turn = Arc::new(Mutex::new(0));
    let read = {
        let turn = Arc::clone(&turn);
        move || {
            let mut turn = turn.lock().unwrap();
            *turn += 1;
            match *turn {
                3 => Err("it is gone".to_owned()),
                turn => Ok(Secret::new(format!("outer-{turn}"))),
            }
        }
    };
    let source = reader(
        &world,
        Credential::FederatedToken(crate::FederatedToken::new(read)),
    );
    world.run(async {
        presence(&source).await.unwrap();
        crate::Clock::sleep(&*world.clock, Duration::from_secs(500)).await;
        presence(&source).await.unwrap();
        crate::Clock::sleep(&*world.clock, Duration::from_secs(700)).await;
        let error = presence(&source).await.unwrap_err();
        assert!(error.to_string().ends_with("it is gone"), "{error}");
    });
    let asked: Vec<String> = world
        .login_log()
        .into_iter()
        .map(|asked| asked.text)
        .collect();
    assert_eq!(asked.len(), 2);
    for (turn, text) in asked.iter().enumerate() {
        let proof = format!(
            "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion=outer-{}&",
            turn + 1
        );
        assert!(text.contains(&proof), "{text}");
    }
}

fn managed(endpoint: crate::IdentityEndpoint, client_id: Option<&str>) -> Credential {
    Credential::ManagedIdentity(crate::ManagedIdentity {
        endpoint,
        client_id: client_id.map(str::to_owned),
    })
}

#[test]
fn a_managed_identity_is_asked_of_the_machine_or_of_the_service() {
    // A machine says how long in a text, a service says until when.
    let world = World::with_login(
        |_| {
            answer(
                200,
                json!({"access_token": "token-1", "expires_in": "3599"}),
            )
        },
        found,
    );
    let machine = managed(crate::IdentityEndpoint::VirtualMachine, None);
    world.run(presence(&reader(&world, machine))).unwrap();
    let asked = &world.login_log()[0];
    assert_eq!(
        asked.url,
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
         &resource=https%3A%2F%2Fgraph.microsoft.com"
    );
    assert_eq!(asked.headers["metadata"], "true");

    let ends = crate::scripted::beginning().as_second() + 3600;
    let world = World::with_login(
        move |_| {
            answer(
                200,
                json!({"access_token": "t", "expires_on": ends.to_string()}),
            )
        },
        found,
    );
    let service = managed(
        crate::IdentityEndpoint::AppService {
            url: "http://127.0.0.1:41741/msi/token/".to_owned(),
            header: Secret::new(SECRET),
        },
        Some("identity-1"),
    );
    world.run(presence(&reader(&world, service))).unwrap();
    let asked = &world.login_log()[0];
    assert_eq!(
        asked.url,
        "http://127.0.0.1:41741/msi/token/?api-version=2019-08-01\
         &resource=https%3A%2F%2Fgraph.microsoft.com&client_id=identity-1"
    );
    assert_eq!(asked.headers["x-identity-header"], SECRET);
    assert!(asked.headers["x-identity-header"].is_sensitive());
}

#[test]
fn a_machine_outside_azure_has_no_managed_identity() {
    let nobody = |_: &Asked| {
        Err(crate::TransportError::Connect {
            host: "169.254.169.254".to_owned(),
            reason: "no route".to_owned(),
        })
    };
    let world = World::with_login(nobody, found);
    let machine = managed(crate::IdentityEndpoint::VirtualMachine, None);
    let error = world.run(presence(&reader(&world, machine))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(world.login_log().len(), 2);
    assert!(error.advice().contains("Azure"), "{}", error.advice());
}

#[test]
fn law_12_what_proves_the_application_is_in_no_error() {
    for credential in [
        certificate(include_bytes!(
            "../../../../tests/data/certificates/application.pem"
        )),
        Credential::FederatedToken(crate::FederatedToken::new(|| Ok(Secret::new(SECRET)))),
        managed(
            crate::IdentityEndpoint::AppService {
                url: "http://127.0.0.1:1/msi/token".to_owned(),
                header: Secret::new(SECRET),
            },
            None,
        ),
    ] {
        let seen = Arc::new(Mutex::new(String::new()));
        let world = World::with_login(
            {
                let seen = Arc::clone(&seen);
                // Whoever stands in between quotes the whole request.
                move |asked| {
                    let header = asked.headers.get("x-identity-header");
                    let quoted = match header {
                        Some(header) => header.to_str().unwrap().to_owned(),
                        None => crate::scripted::form_field(&asked.text, "client_assertion"),
                    };
                    *seen.lock().unwrap() = quoted.clone();
                    with_headers(403, &[], &format!("refused: {quoted}"))
                }
            },
            found,
        );
        let error = world
            .run(presence(&reader(&world, credential)))
            .unwrap_err();
        let seen = seen.lock().unwrap();
        assert!(!seen.is_empty());
        assert!(!format!("{error} {error:?}").contains(&*seen), "{error}");
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
}
