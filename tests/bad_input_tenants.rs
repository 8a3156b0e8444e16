//! Tenants that cannot be reached, do not let us in, or answer as they should not: one message, the
//! right exit code, nothing lost.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::{Value as Json, json};

use crate::support::{Rehearsal, normal};

#[test]
fn a_credential_that_is_missing_or_wrong_is_named_and_never_shown() {
    let rehearsal = Rehearsal::start(12, 1);
    let project = rehearsal.file("syncline.toml");
    let good = std::fs::read_to_string(&project).expect("the project file can be read");
    let secret = rehearsal.file("contoso.secret");
    let value = std::fs::read_to_string(&secret).expect("the secret can be read");
    let client_id = good
        .split('"')
        .nth(3)
        .expect("the second text is the client id")
        .to_owned();
    let mut told = String::new();

    rehearsal.edit_project(|text| {
        text.replace(
            "secret-file = \"contoso.secret\"",
            "secret-env = \"SYNCLINE_TEST_NO_SECRET\"",
        )
    });
    write!(told, "no variable\n  {}", rehearsal.refuses(2, &["sync"])).expect("text");
    std::fs::write(&project, &good).expect("the project file can be written");
    for (what, text, exit_code) in [
        ("empty", "\n", 2),
        ("two lines", "one\ntwo\n", 1),
        ("wrong", "fZ~8Q~not-the-secret-of-this-application\n", 1),
    ] {
        std::fs::write(&secret, text).expect("the secret can be written");
        let refusal = rehearsal.refuses(exit_code, &["sync"]);
        write!(told, "{what}\n  {refusal}").expect("text");
    }
    std::fs::write(&secret, value).expect("the secret can be written");
    let other = "11111111-2222-3333-4444-555555555555";
    rehearsal.edit_project(|text| text.replace(&client_id, other));
    write!(
        told,
        "unknown application\n  {}",
        rehearsal.refuses(1, &["sync"])
    )
    .expect("text");
    std::fs::write(&project, &good).expect("the project file can be written");
    let tenant = good
        .split('"')
        .nth(1)
        .expect("the first text is the tenant's id");
    rehearsal.edit_project(|text| text.replace(tenant, "nobody.onmicrosoft.com"));
    write!(
        told,
        "unknown tenant\n  {}",
        rehearsal.refuses(1, &["sync"])
    )
    .expect("text");
    insta::assert_snapshot!(told);

    std::fs::write(&project, &good).expect("the project file can be written");
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn an_assignment_that_means_nobody_or_several_is_refused_by_name() {
    let rehearsal = Rehearsal::start(40, 1);
    let source = rehearsal.objects("contoso");
    let groups = source["groups"].as_array().expect("groups are a list");
    assert!(groups.len() >= 2, "the source has groups");
    let id = |place: usize| groups[place]["id"].as_str().expect("ids are text");
    for place in [0, 1] {
        rehearsal.change(
            "contoso",
            id(place),
            json!({ "displayName": "Two of a kind" }),
        );
    }
    let project = rehearsal.file("syncline.toml");
    let good = std::fs::read_to_string(&project).expect("the project file can be read");
    let mut told = String::new();
    for assigned in [
        "groups = [\"No such group\"]",
        "groups = [\"11111111-2222-3333-4444-555555555555\"]",
        "groups = [\"Two of a kind\"]",
        "people = [\"nobody@contoso.com\"]",
    ] {
        rehearsal.edit_project(|_| {
            good.replace(
                "scope = \"all\"",
                &format!("scope = \"assigned\", {assigned}"),
            )
        });
        write!(told, "{assigned}\n  {}", rehearsal.refuses(2, &["sync"])).expect("text");
    }
    insta::assert_snapshot!(told);
    assert_eq!(invited(&rehearsal), 0, "nobody was made");
    // The id that the message offers is what helps.
    rehearsal.edit_project(|_| {
        let assigned = format!("scope = \"assigned\", groups = [\"{}\"]", id(0));
        good.replace("scope = \"all\"", &assigned)
    });
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn a_refusal_for_a_while_is_sat_out() {
    let rehearsal = Rehearsal::start(12, 1);
    for fault in [
        json!({ "tenant": "contoso", "path_contains": "delta", "status": 401, "times": 1 }),
        json!({ "tenant": "fabrikam", "path_contains": "$batch", "status": 401, "times": 1 }),
        json!({ "tenant": "contoso", "path_contains": "delta", "status": 503, "times": 1 }),
        json!({ "tenant": "fabrikam", "path_contains": "delta", "status": 500, "times": 1 }),
    ] {
        rehearsal.fault(fault);
    }
    rehearsal.expect(0, &["sync"]);
    let faults = |tenant| rehearsal.stats(tenant)["faults"].as_u64().unwrap_or(0);
    assert_eq!(
        faults("contoso") + faults("fabrikam"),
        4,
        "each of them was met"
    );
    let made = invited(&rehearsal);
    assert!(made > 0, "people were made");
    rehearsal.expect(0, &["sync"]);
    assert_eq!(invited(&rehearsal), made, "nobody was made twice");
}

#[test]
fn an_answer_that_is_lost_on_the_way_makes_nobody_twice() {
    let rehearsal = Rehearsal::start(12, 1);
    // The first batch is carried out and its answer lost; the next is lost on its way there.
    let batch = json!({ "tenant": "fabrikam", "path_contains": "$batch", "times": 1 });
    for drop in ["close", "before"] {
        let mut fault = batch.clone();
        fault["drop"] = json!(drop);
        rehearsal.fault(fault);
    }
    let output = rehearsal.run(&["sync"]);
    assert!(
        matches!(output.status.code(), Some(0 | 4)),
        "{}",
        rehearsal.checked(&output)
    );
    rehearsal.expect(0, &["sync"]);
    let made = invited(&rehearsal);
    assert!(made > 0, "people were made");
    let mails = mails(&rehearsal);
    let once: std::collections::BTreeSet<&String> = mails.iter().collect();
    assert_eq!(once.len(), mails.len(), "nobody was made twice");
    rehearsal.expect(0, &["sync"]);
    assert_eq!(invited(&rehearsal), made);
}

#[test]
fn a_refusal_for_good_ends_the_run_with_what_to_do_and_the_next_run_completes() {
    let rehearsal = Rehearsal::start(12, 1);
    let mut told = String::new();
    for (what, fault) in [
        (
            "401",
            json!({ "tenant": "contoso", "path_contains": "/v1.0/", "status": 401 }),
        ),
        (
            "403 on reading",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 403 }),
        ),
        (
            "403 on the target",
            json!({ "tenant": "fabrikam", "path_contains": "delta", "status": 403 }),
        ),
        (
            "404",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 404 }),
        ),
        (
            "400",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 400 }),
        ),
        (
            "HTML",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 200, "body": "html" }),
        ),
        (
            "cut off",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 200, "body": "garbage" }),
        ),
        (
            "empty",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 200, "body": "empty" }),
        ),
        (
            "HTML for a refusal",
            json!({ "tenant": "contoso", "path_contains": "delta", "status": 403, "body": "html" }),
        ),
    ] {
        rehearsal.fault(fault);
        let message = rehearsal.refuses(1, &["sync"]);
        let message = message
            .lines()
            .filter(|line| !line.contains(": import "))
            .collect::<Vec<_>>();
        writeln!(told, "{what}\n  {}", message.join("\n  ")).expect("text");
        rehearsal.no_faults();
    }
    insta::assert_snapshot!(told);
    assert_eq!(invited(&rehearsal), 0, "nobody was made");
    rehearsal.expect(0, &["sync"]);
    assert!(invited(&rehearsal) > 0, "people were made");
}

/// Each of these takes half a minute, since a connection is given that long to come back; all at
/// once they take no longer.
#[test]
fn an_outage_for_good_ends_the_run_after_a_bounded_number_of_tries() {
    let cases: [(&str, Option<Json>); 4] = [
        (
            "500",
            Some(json!({ "tenant": "contoso", "path_contains": "delta", "status": 500 })),
        ),
        (
            "503 on the target",
            Some(json!({ "tenant": "fabrikam", "path_contains": "delta", "status": 503 })),
        ),
        (
            "closed",
            Some(json!({ "tenant": "contoso", "path_contains": "delta", "drop": "before" })),
        ),
        ("nobody there", None),
    ];
    let told: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = cases
            .into_iter()
            .map(|(what, fault)| {
                scope.spawn(move || {
                    let mut rehearsal = Rehearsal::start(12, 1);
                    match &fault {
                        Some(fault) => rehearsal.fault(fault.clone()),
                        None => rehearsal.stop_simulator(),
                    }
                    let message = rehearsal.refuses(1, &["sync"]);
                    if fault.is_some() {
                        rehearsal.no_faults();
                        rehearsal.expect(0, &["sync"]);
                        assert!(invited(&rehearsal) > 0, "people were made");
                    }
                    let lines: Vec<_> = message
                        .lines()
                        .filter(|line| !line.contains(": import "))
                        .collect();
                    format!("{what}\n  {}", lines.join("\n  "))
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("the case holds"))
            .collect()
    });
    // How much of an answer is out when the connection goes is the machine's to say.
    let told = told
        .join("\n")
        .replace("connection closed before message completed", "[early]")
        .replace("unexpected EOF during chunk size line", "[early]");
    insta::assert_snapshot!(told);
}

#[test]
fn something_else_that_answers_in_place_of_the_login_service_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0; 4096];
            // Whatever it asks, and however much of it has come.
            drop(stream.read(&mut request));
            let page = "<html><title>Sign in to the guest network</title></html>";
            let length = page.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{page}"
            )
            .ok();
        }
    });
    let rehearsal = Rehearsal::start(12, 1);
    let project = rehearsal.file("syncline.toml");
    let good = std::fs::read_to_string(&project).expect("the project file can be read");
    rehearsal.edit_project(|text| text.replace(rehearsal.base_url(), &format!("http://{address}")));
    insta::assert_snapshot!(rehearsal.refuses(1, &["sync"]));
    std::fs::write(&project, good).expect("the project file can be written");
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn one_object_that_the_target_refuses_fails_alone_and_is_tried_again() {
    let rehearsal = Rehearsal::start(20, 1);
    rehearsal.expect(0, &["sync"]);
    let target = rehearsal.objects("fabrikam");
    let ours: Vec<&Json> = target["users"]
        .as_array()
        .expect("users are a list")
        .iter()
        .filter(|user| user["creationType"] == "Invitation" && !user["department"].is_null())
        .take(3)
        .collect();
    for (place, user) in ours.iter().enumerate() {
        let mail = user["mail"].as_str().expect("people have addresses");
        let source = rehearsal.user("contoso", "mail", mail);
        let id = source["id"].as_str().expect("ids are text");
        rehearsal.change(
            "contoso",
            id,
            json!({ "jobTitle": format!("Title {place}") }),
        );
    }
    let id = |place: usize| ours[place]["id"].as_str().expect("ids are text");
    rehearsal.fault(json!({ "tenant": "fabrikam", "method": "PATCH", "path_contains": id(0),
        "status": 400, "message": "Invalid value specified for property 'jobTitle' of resource 'User'." }));
    rehearsal.fault(
        json!({ "tenant": "fabrikam", "method": "PATCH", "path_contains": id(1),
        "status": 403 }),
    );
    let output = rehearsal.run(&["sync"]);
    assert_eq!(
        output.status.code(),
        Some(4),
        "{}",
        rehearsal.checked(&output)
    );
    let stdout = normal(&String::from_utf8_lossy(&output.stdout), rehearsal.folder());
    let log = rehearsal.expect(0, &["log", "--status", "failure"]);
    insta::assert_snapshot!(format!("{stdout}\n{}", normal(&log, rehearsal.folder())));
    assert_eq!(
        rehearsal.user("fabrikam", "id", id(2))["jobTitle"],
        "Title 2",
        "others are done"
    );

    rehearsal.no_faults();
    rehearsal.expect(0, &["sync"]);
    for place in 0..3 {
        let user = rehearsal.user("fabrikam", "id", id(place));
        assert_eq!(user["jobTitle"], format!("Title {place}"));
    }
}

/// Returns the addresses of the target's people.
fn mails(rehearsal: &Rehearsal) -> Vec<String> {
    let target = rehearsal.objects("fabrikam");
    let users = target["users"].as_array().expect("users are a list");
    users
        .iter()
        .filter_map(|user| Some(user["mail"].as_str()?.to_lowercase()))
        .collect()
}

/// Returns how many people of the target were invited.
fn invited(rehearsal: &Rehearsal) -> usize {
    let target = rehearsal.objects("fabrikam");
    let users = target["users"].as_array().expect("users are a list");
    users
        .iter()
        .filter(|user| !user["department"].is_null() && user["creationType"] == "Invitation")
        .count()
}
