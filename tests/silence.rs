//! What is told, and what never is: every object has a state with a reason (law L10), and no secret
//! leaves its file (law L12).

use std::path::Path;

use serde_json::json;

use crate::support::{
    Rehearsal,
    graph::{id, text},
};

#[test]
fn law_10_every_source_user_has_a_named_state_with_a_reason() {
    let rehearsal = Rehearsal::start(150, 100);
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.holdings("contoso");
    let standing = rehearsal.standing();
    let total: u64 = standing.iter().map(|(_, count)| count).sum();
    assert_eq!(total, source.users.len() as u64, "{standing:?}");
    assert!(
        standing.iter().all(|(state, _)| !state.ends_with('/')),
        "{standing:?}"
    );

    let mut in_step = 0;
    for user in source.users.values() {
        // Of everybody the log says what was done, or why nothing was.
        let reason = rehearsal.reason(id(user));
        let expected = match (text(user, "userType"), text(user, "mail")) {
            (Some("Guest"), _) => "ExternalUserFiltered",
            (_, None) => "MissingValues",
            (_, Some(mail)) if mail.contains('\'') => {
                "InvitationCreationFailureInvalidPropertyValue"
            }
            _ if reason == "success" => {
                in_step += 1;
                "success"
            }
            _ => match reason.as_str() {
                known @ ("DuplicateSourceEntries"
                | "MatchedNotAdopted"
                | "ReferenceNotYetResolved") => known,
                other => panic!("{}: {other}", user["userPrincipalName"]),
            },
        };
        assert_eq!(reason, expected, "{}", user["userPrincipalName"]);
    }
    assert!(in_step > 100, "{in_step}");
}

#[test]
fn law_12_no_secret_and_no_token_is_told_or_kept() {
    let rehearsal = Rehearsal::start(60, 120);
    let access = rehearsal.control("GET", "tenants", None);
    // A token of the simulator's begins as every token does; what follows differs.
    let mut secrets = vec!["eyJ0eXAiOiJKV1Qi".to_owned()];
    for tenant in access["tenants"].as_array().expect("a list of tenants") {
        secrets.push(
            tenant["clientSecret"]
                .as_str()
                .expect("a secret")
                .to_owned(),
        );
    }
    assert_eq!(secrets.len(), 3);

    let mut told = Vec::new();
    let mut run = |arguments: &[&str]| {
        let output = rehearsal
            .command(arguments)
            .env("SYNCLINE_LOG", "trace")
            .output()
            .expect("the command runs");
        told.extend_from_slice(&output.stdout);
        told.extend_from_slice(&output.stderr);
    };
    run(&["plan"]);
    run(&["sync"]);
    // Trouble of all kinds, which is where secrets get out.
    for fault in [
        json!({ "path_contains": "delta", "status": 401, "times": 2 }),
        json!({ "path_contains": "delta", "status": 403, "times": 1 }),
        json!({ "path_contains": "oauth2", "status": 500, "times": 2 }),
        json!({ "path_contains": "delta", "drop": "close", "times": 1 }),
        json!({ "path_contains": "delta", "status": 500, "body": "garbage", "times": 2 }),
    ] {
        rehearsal.fault(fault);
        run(&["sync"]);
        rehearsal.no_faults();
    }
    rehearsal.control(
        "POST",
        "tenants/fabrikam/behaviour",
        Some(json!({ "client_secret": "somethingElseAltogether" })),
    );
    run(&["sync"]);
    run(&["status", "--output", "json"]);
    run(&["log", "--output", "json"]);

    check(&secrets, "what was told", &told);
    let mut files = 0;
    each_file(rehearsal.folder(), &mut |path| {
        if path
            .extension()
            .is_none_or(|extension| extension != "secret")
        {
            files += 1;
            check(
                &secrets,
                &path.display().to_string(),
                &std::fs::read(path).expect("a file"),
            );
        }
    });
    assert!(files >= 4, "project, rules and state are there: {files}");
}

#[track_caller]
fn check(secrets: &[String], place: &str, bytes: &[u8]) {
    for secret in secrets {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "a secret is in {place}");
    }
}

fn each_file(folder: &Path, take: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            each_file(&path, take);
        } else {
            take(&path);
        }
    }
}
