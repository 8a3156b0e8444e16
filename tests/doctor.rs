//! `syncline doctor` on a pair of tenants with one thing wrong at a time: it names the thing, its
//! severity and the setting to change, and nothing else.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::support::{Rehearsal, normal};

/// Permissions with which everything can be looked at.
const READER: [&str; 6] = [
    "Application.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Synchronization.Read.All",
    "User.Read.All",
    "GroupMember.Read.All",
];

/// A rehearsal whose applications have what they need and nothing else, and where nothing is wrong.
fn healthy() -> Rehearsal {
    let rehearsal = Rehearsal::start(12, 1);
    change(&rehearsal, "contoso", json!({ "app_roles": READER[..5] }));
    change(
        &rehearsal,
        "fabrikam",
        json!({ "app_roles": ["Organization.Read.All", "Policy.Read.All", "User.ReadWrite.All"] }),
    );
    rehearsal
}

fn change(rehearsal: &Rehearsal, tenant: &str, behaviour: Json) {
    rehearsal.control(
        "POST",
        &format!("tenants/{tenant}/behaviour"),
        Some(behaviour),
    );
}

/// Returns what `doctor` finds, which must end so.
#[track_caller]
fn findings(rehearsal: &Rehearsal, exit_code: i32) -> Vec<Json> {
    let output = rehearsal.run(&["doctor", "--output", "json"]);
    let said = rehearsal.checked(&output);
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    json["value"].as_array().expect("a list").clone()
}

/// Returns what is worse than a note, as "severity side check".
fn troubles(findings: &[Json]) -> Vec<String> {
    let text = |finding: &Json, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    findings
        .iter()
        .filter(|finding| !["ok", "note"].contains(&text(finding, "severity").as_str()))
        .map(|finding| {
            assert!(finding["fix"].is_string(), "what is to be done: {finding}");
            format!(
                "{} {} {}",
                text(finding, "severity"),
                text(finding, "side"),
                text(finding, "check")
            )
        })
        .collect()
}

/// Asserts that `doctor` finds this and nothing else, and ends so; returns the finding and its fix.
#[track_caller]
fn names(rehearsal: &Rehearsal, exit_code: i32, expected: &str) -> String {
    let found = findings(rehearsal, exit_code);
    assert_eq!(troubles(&found), [expected], "{found:#?}");
    let (_, check) = expected.rsplit_once(' ').expect("three words");
    let finding = found
        .iter()
        .find(|finding| {
            finding["check"] == check
                && expected.starts_with(finding["severity"].as_str().expect("text"))
        })
        .expect("it is there");
    format!(
        "{} | {}",
        finding["finding"].as_str().expect("text"),
        finding["fix"].as_str().expect("text")
    )
}

/// Edits the first tenant's value of a key, or the second's.
fn set(rehearsal: &Rehearsal, place: usize, key: &str, value: &str) {
    rehearsal.edit_project(|text| {
        let mut seen = 0;
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                let is_key = line.split('=').next().is_some_and(|own| own.trim() == key);
                seen += usize::from(is_key);
                if is_key && seen == place + 1 {
                    format!("{key} = {value}")
                } else {
                    line.to_owned()
                }
            })
            .collect();
        assert!(seen > place, "{text}");
        lines.join("\n")
    });
}

#[test]
fn a_pair_with_nothing_wrong_is_told_so_check_by_check() {
    let rehearsal = healthy();
    let found = findings(&rehearsal, 0);
    assert_eq!(troubles(&found), [""; 0]);
    let table = rehearsal.expect(0, &["doctor"]);
    insta::assert_snapshot!(normal(&table, rehearsal.folder()));
    // As a list it has a row a finding, and it needs no lock.
    let csv = rehearsal.expect(0, &["doctor", "--output", "csv"]);
    assert_eq!(csv.lines().count(), found.len() + 1);
    let jsonl = rehearsal.expect(0, &["doctor", "contoso-to-fabrikam", "--output", "jsonl"]);
    assert_eq!(jsonl.lines().count(), found.len());
    assert_eq!(rehearsal.stats("fabrikam")["writes"], 0, "it only reads");
    // What it calls well is well.
    rehearsal.expect(0, &["sync"]);
}

#[test]
fn doctor_01_a_wrong_secret() {
    let rehearsal = healthy();
    change(&rehearsal, "contoso", json!({ "client_secret": "another" }));
    let told = names(&rehearsal, 1, "blocks source secret");
    assert!(
        told.contains("AADSTS7000215") && told.contains("secret's value"),
        "{told}"
    );
    // The other tenant is looked at all the same.
    let found = findings(&rehearsal, 1);
    let is_target = |finding: &&Json| finding["side"] == "target";
    assert!(found.iter().filter(is_target).count() > 5, "{found:#?}");
    // A secret that is not there stands in nobody's tenant.
    std::fs::remove_file(rehearsal.file("contoso.secret")).expect("it was there");
    let told = names(&rehearsal, 2, "blocks source secret");
    assert!(
        told.contains("contoso.secret") && told.contains("[tenants.contoso]"),
        "{told}"
    );
}

#[test]
fn doctor_02_an_expired_certificate() {
    let rehearsal = healthy();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/certificates");
    std::fs::copy(data.join("expired.pem"), rehearsal.file("expired.pem")).expect("copied");
    set(
        &rehearsal,
        0,
        "credential",
        "{ certificate = \"expired.pem\" }",
    );
    let told = names(&rehearsal, 2, "blocks source certificate");
    assert!(told.contains("expired on 2025-01-01"), "{told}");
}

#[test]
fn doctor_03_no_consent() {
    // Nobody gave consent in this tenant, so the application is unknown there.
    let rehearsal = healthy();
    set(
        &rehearsal,
        1,
        "client-id",
        "\"11111111-2222-3333-4444-555555555555\"",
    );
    let told = names(&rehearsal, 1, "blocks target consent");
    assert!(
        told.contains("AADSTS700016") && told.contains("admin consent"),
        "{told}"
    );

    // It is known, and may do less than the rules do: exactly what is missing is asked for.
    let rehearsal = healthy();
    change(
        &rehearsal,
        "fabrikam",
        json!({ "app_roles": ["Organization.Read.All", "Policy.Read.All", "User.Read.All",
            "User.Invite.All"] }),
    );
    let told = names(&rehearsal, 1, "blocks target consent");
    assert!(
        told.contains("no permission for") && told.contains("managers"),
        "{told}"
    );
    assert!(
        told.contains(
            "add the application permissions User.ReadWrite.All of Microsoft Graph and no \
            others"
        ),
        "{told}"
    );
    change(
        &rehearsal,
        "contoso",
        json!({ "app_roles": [READER[0], READER[1], READER[2], READER[3]] }),
    );
    let found = findings(&rehearsal, 1);
    let source = found
        .iter()
        .find(|finding| finding["side"] == "source" && finding["check"] == "consent")
        .expect("it is there");
    let fix = source["fix"].as_str().expect("text");
    assert!(fix.contains("permissions User.Read.All of"), "{fix}");
}

#[test]
fn a_source_that_could_be_written_is_warned_of() {
    let rehearsal = healthy();
    let mut roles = READER[..5].to_vec();
    roles.push("User.ReadWrite.All");
    change(&rehearsal, "contoso", json!({ "app_roles": roles }));
    let told = names(&rehearsal, 0, "warning source consent");
    assert!(told.contains("take User.ReadWrite.All from it"), "{told}");
}

#[test]
fn what_may_not_be_read_is_said_and_does_not_block() {
    let rehearsal = healthy();
    change(
        &rehearsal,
        "contoso",
        json!({ "app_roles": ["Organization.Read.All", "User.Read.All"] }),
    );
    change(
        &rehearsal,
        "fabrikam",
        json!({ "app_roles": ["Organization.Read.All", "User.ReadWrite.All"] }),
    );
    let found = findings(&rehearsal, 0);
    assert_eq!(
        troubles(&found),
        [
            "warning target allowInvitesFrom",
            "warning target b2b-inbound",
            "warning target redemption-inbound",
            "warning source b2b-outbound",
            "warning source redemption-outbound",
            "warning target user-sync-inbound",
        ]
    );
    let fix = found
        .iter()
        .find(|finding| finding["check"] == "allowInvitesFrom")
        .and_then(|finding| finding["fix"].as_str())
        .expect("text");
    assert!(fix.contains("grant Policy.Read.All"), "{fix}");
}

#[test]
fn doctor_04_a_wrong_tenant_id() {
    let rehearsal = healthy();
    set(
        &rehearsal,
        0,
        "tenant-id",
        "\"11111111-2222-3333-4444-555555555555\"",
    );
    let told = names(&rehearsal, 1, "blocks source tenant-id");
    assert!(told.contains("AADSTS90002"), "{told}");
}

/// Those people cannot be invited, and the others can.
#[test]
fn doctor_05_a_domain_of_the_source_that_the_target_has_verified() {
    let rehearsal = healthy();
    let users = rehearsal.objects("contoso")["users"].clone();
    let user = users
        .as_array()
        .expect("a list")
        .iter()
        .find(|user| user["userType"] == "Member" && user["deletedDateTime"].is_null())
        .expect("there are members");
    let id = user["id"].as_str().expect("text");
    rehearsal.change("contoso", id, json!({ "mail": "moved@fabrikam.com" }));
    let told = names(&rehearsal, 0, "warning target verified-domains");
    assert!(
        told.contains("fabrikam.com (1 of the first 1000 members)"),
        "{told}"
    );
}

#[test]
fn doctor_06_invitations_that_only_administrators_may_send() {
    let rehearsal = healthy();
    for who in ["none", "adminsAndGuestInviters"] {
        change(&rehearsal, "fabrikam", json!({ "allow_invites_from": who }));
        let told = names(&rehearsal, 1, "blocks target allowInvitesFrom");
        assert!(
            told.contains(who) && told.contains("Guest invite settings"),
            "{told}"
        );
    }
    change(
        &rehearsal,
        "fabrikam",
        json!({ "allow_invites_from": "adminsGuestInvitersAndAllMembers" }),
    );
    assert_eq!(troubles(&findings(&rehearsal, 0)), [""; 0]);
}

/// What one side does not permit: exit code, finding, and where it is changed.
#[track_caller]
fn policy(tenant: &str, behaviour: Json, exit_code: i32, expected: &str, place: &str) {
    let rehearsal = healthy();
    change(&rehearsal, tenant, behaviour);
    let told = names(&rehearsal, exit_code, expected);
    assert!(
        told.contains("Cross-tenant access settings") && told.contains(place),
        "{told}"
    );
}

#[test]
fn doctor_07_b2b_collaboration_that_is_closed_inbound() {
    policy(
        "fabrikam",
        json!({ "b2b_inbound_allowed": false }),
        1,
        "blocks target b2b-inbound",
        "Contoso (contoso.onmicrosoft.com), Inbound access",
    );
}

#[test]
fn doctor_08_b2b_collaboration_that_is_closed_outbound() {
    policy(
        "contoso",
        json!({ "b2b_outbound_allowed": false }),
        1,
        "blocks source b2b-outbound",
        "Fabrikam (fabrikam.onmicrosoft.com), Outbound access",
    );
}

/// Runs work without it, and people are asked for consent.
#[test]
fn doctor_09_redemption_that_is_not_automatic_inbound() {
    policy(
        "fabrikam",
        json!({ "inbound_consent": false }),
        0,
        "warning target redemption-inbound",
        "Inbound access, Trust settings",
    );
}

#[test]
fn doctor_10_redemption_that_is_not_automatic_outbound() {
    policy(
        "contoso",
        json!({ "outbound_consent": false }),
        0,
        "warning source redemption-outbound",
        "Outbound access, Trust settings",
    );
}

#[test]
fn doctor_11_a_clock_that_is_off() {
    let rehearsal = healthy();
    rehearsal.control("POST", "clock", Some(json!({ "advance_seconds": 1200 })));
    let found = findings(&rehearsal, 2);
    assert_eq!(
        troubles(&found),
        ["blocks source clock", "blocks target clock"]
    );
    let clock = found
        .iter()
        .find(|finding| finding["check"] == "clock")
        .expect("it is there");
    let text = clock["finding"].as_str().expect("text");
    assert!(text.contains("s behind the tenant's services"), "{text}");
}

/// Permission for it alone is a warning; only a running job on the same pair blocks.
#[test]
fn doctor_12_microsofts_own_synchronization_of_the_same_pair() {
    let rehearsal = healthy();
    change(&rehearsal, "fabrikam", json!({ "user_sync_inbound": true }));
    names(&rehearsal, 0, "warning target user-sync-inbound");
    let asked = json!({ "target": "fabrikam.com" });
    rehearsal.control("POST", "tenants/contoso/synchronization", Some(asked));
    let found = findings(&rehearsal, 1);
    assert_eq!(
        troubles(&found),
        [
            "warning target user-sync-inbound",
            "blocks source microsoft-sync"
        ]
    );
    change(
        &rehearsal,
        "fabrikam",
        json!({ "user_sync_inbound": false }),
    );
    assert_eq!(troubles(&findings(&rehearsal, 0)), [""; 0]);
}

#[test]
fn rules_that_are_broken_and_tenants_that_do_not_answer_are_findings_too() {
    let mut rehearsal = healthy();
    std::fs::write(rehearsal.file("plugins/entra-default.wasm"), "no rule").expect("written");
    let found = findings(&rehearsal, 2);
    assert_eq!(troubles(&found), ["blocks - rules"]);
    rehearsal.stop_simulator();
    let found = findings(&rehearsal, 2);
    assert_eq!(
        troubles(&found),
        [
            "blocks - rules",
            "blocks source reachability",
            "blocks target reachability"
        ]
    );
}

/// Another process at work is no obstacle: a doctor only looks.
#[test]
fn a_doctor_can_be_asked_while_the_service_runs() {
    let rehearsal = healthy();
    let running = rehearsal.start_command(&["run"]);
    rehearsal.wait_for_writes("fabrikam");
    assert_eq!(troubles(&findings(&rehearsal, 0)), [""; 0]);
    drop(running);
}
