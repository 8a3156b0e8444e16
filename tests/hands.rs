//! Foreign hands: what others do in the target, and what we never do in the source (laws L15 and
//! L16).

use serde_json::{Value as Json, json};

use crate::support::{
    Rehearsal,
    graph::{id, text},
};

/// A job that has run once, with somebody in step and an administrator on either side.
struct InStep {
    rehearsal: Rehearsal,
    person: Json,
    made: String,
}

impl InStep {
    fn begin(seed: u64) -> Self {
        let rehearsal = Rehearsal::start(60, seed);
        rehearsal.expect(0, &["sync"]);
        let person = rehearsal.simple_people()[0].clone();
        let made = rehearsal.made_for(id(&person));
        Self {
            rehearsal,
            person,
            made,
        }
    }

    fn change_source(&self, changes: Json) {
        self.rehearsal
            .administrator("contoso")
            .change(id(&self.person), changes);
    }

    fn change_target(&self, changes: Json) {
        self.rehearsal
            .administrator("fabrikam")
            .change(&self.made, changes);
    }

    #[track_caller]
    fn sync(&self) {
        self.rehearsal.expect(0, &["sync"]);
    }

    /// Returns the person as the target holds it.
    #[track_caller]
    fn held(&self) -> Json {
        let holdings = self.rehearsal.holdings("fabrikam");
        holdings
            .users
            .get(&self.made)
            .expect("the person is in the target")
            .clone()
    }

    /// Returns what the log found out so far.
    fn findings(&self) -> Vec<String> {
        self.rehearsal.findings(id(&self.person))
    }
}

#[test]
fn law_15_the_source_receives_no_write() {
    let rehearsal = Rehearsal::start(120, 15);
    rehearsal.expect(0, &["sync"]);
    rehearsal.control("POST", "tenants/contoso/week", Some(json!({ "seed": 4 })));
    rehearsal.expect(0, &["plan"]);
    rehearsal.expect(0, &["sync"]);
    let stats = rehearsal.stats("contoso");
    assert_eq!(stats["writes"], 0);
    let asked = stats["requests"].as_object().expect("requests by kind");
    assert!(
        asked.keys().all(|kind| kind.starts_with("GET ")),
        "{asked:?}"
    );
    assert_ne!(rehearsal.writes("fabrikam"), 0, "the target did");
}

#[test]
fn law_16_what_others_changed_in_the_target_is_reported_and_kept() {
    let job = InStep::begin(161);
    job.change_target(json!({ "jobTitle": "Changed here" }));
    job.sync();
    assert_eq!(job.held()["jobTitle"], "Changed here");
    assert_eq!(job.findings(), ["jobTitle/Drift"]);

    // Once is enough, until it is something else.
    job.change_source(json!({ "city": "Bergen" }));
    job.sync();
    job.sync();
    assert_eq!(
        job.held()["jobTitle"],
        "Changed here",
        "a change elsewhere is no reason"
    );
    job.change_target(json!({ "department": "Changed here too" }));
    job.sync();
    assert!(
        job.findings().contains(&"department/Drift".to_owned()),
        "{:?}",
        job.findings()
    );

    // What the source changes is written.
    job.change_source(json!({ "jobTitle": "Changed there" }));
    job.sync();
    assert_eq!(job.held()["jobTitle"], "Changed there");
    assert_eq!(job.held()["department"], "Changed here too");
}

#[test]
fn law_16_drift_that_comes_with_a_change_is_reported_with_it() {
    let job = InStep::begin(162);
    job.change_target(json!({ "jobTitle": "Changed here" }));
    job.change_source(json!({ "city": "Bergen" }));
    job.sync();
    assert_eq!(job.held()["jobTitle"], "Changed here");
    assert_eq!(job.held()["city"], "Bergen");
    assert_eq!(job.findings(), ["jobTitle/Drift"]);
}

#[test]
fn law_16_drift_that_comes_back_is_reported_again() {
    let job = InStep::begin(163);
    let title = job.held()["jobTitle"].clone();
    for _ in 0..2 {
        job.change_target(json!({ "jobTitle": "Changed here" }));
        job.sync();
        job.change_target(json!({ "jobTitle": title }));
        job.sync();
    }
    assert_eq!(job.findings(), ["jobTitle/Drift", "jobTitle/Drift"]);
}

#[test]
fn law_16_a_manager_whom_others_set_is_reported_and_kept() {
    let job = InStep::begin(164);
    let target = job.rehearsal.holdings("fabrikam");
    let other = target
        .users
        .values()
        .find(|user| text(user, "mail").is_some_and(|mail| mail.ends_with("@fabrikam.com")))
        .expect("fabrikam has people of its own");
    let reference = format!("{}/v1.0/users/{}", job.rehearsal.base_url(), id(other));
    job.rehearsal.administrator("fabrikam").ask(
        "PUT",
        &format!("/users/{}/manager/$ref", job.made),
        Some(json!({ "@odata.id": reference })),
    );
    job.sync();
    assert_eq!(job.held()["manager"]["id"], id(other));
    assert_eq!(job.findings(), ["manager/Drift"]);
}

#[test]
fn law_16_where_the_job_heals_drift_is_undone() {
    let job = InStep::begin(165);
    job.rehearsal
        .edit_project(|text| text.replace("out-of-scope =", "drift = \"heal\"\nout-of-scope ="));
    let title = job.held()["jobTitle"].clone();
    job.change_target(json!({ "jobTitle": "Changed here" }));
    job.sync();
    assert_eq!(job.held()["jobTitle"], title);
}

#[test]
fn law_16_a_sign_in_blocked_in_the_target_stays_blocked() {
    for drift in ["report", "heal"] {
        let job = InStep::begin(166);
        job.rehearsal.edit_project(|text| {
            text.replace(
                "out-of-scope =",
                &format!("drift = \"{drift}\"\nout-of-scope ="),
            )
        });
        job.change_target(json!({ "accountEnabled": false }));
        job.sync();
        assert_eq!(job.held()["accountEnabled"], false, "{drift}");
        job.change_source(json!({ "jobTitle": "Changed there" }));
        job.sync();
        let held = job.held();
        assert_eq!(
            held["accountEnabled"], false,
            "{drift}: another change does not undo it"
        );
        assert_eq!(held["jobTitle"], "Changed there");
        // Even where the source blocks too, and lets in again.
        job.change_source(json!({ "accountEnabled": false }));
        job.sync();
        job.change_source(json!({ "accountEnabled": true }));
        job.sync();
        assert_eq!(
            job.held()["accountEnabled"],
            false,
            "{drift}: nor does the source"
        );
        let found = job.findings();
        assert!(
            found.contains(&"accountEnabled/SignInBlockedInTarget".to_owned()),
            "{found:?}"
        );
    }
}

#[test]
fn a_sign_in_that_we_blocked_is_opened_when_the_source_opens_it() {
    let job = InStep::begin(167);
    for enabled in [false, true] {
        job.change_source(json!({ "accountEnabled": enabled }));
        job.sync();
        assert_eq!(job.held()["accountEnabled"], enabled);
    }
}

#[test]
fn law_16_who_was_there_before_us_is_reported_and_left_alone() {
    let rehearsal = Rehearsal::start(60, 168);
    let before = rehearsal.holdings("fabrikam");
    let guest = before
        .users
        .values()
        .find(|user| text(user, "mail").is_some_and(|mail| mail.ends_with("@contoso.com")))
        .expect("somebody of contoso was invited by hand");
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.holdings("contoso");
    let person = source.with_mail(text(guest, "mail").expect("a mail"));
    assert_eq!(rehearsal.reason(id(person)), "MatchedNotAdopted");

    rehearsal
        .administrator("contoso")
        .change(id(person), json!({ "jobTitle": "Archivist" }));
    rehearsal.expect(0, &["sync"]);
    rehearsal.administrator("contoso").delete(id(person));
    rehearsal.expect(0, &["sync"]);
    let after = rehearsal.holdings("fabrikam");
    assert_eq!(
        after.users.get(id(guest)),
        Some(guest),
        "neither changed nor deleted"
    );
}

#[test]
fn case_42_an_object_that_others_removed_is_not_made_again() {
    let job = InStep::begin(42);
    job.rehearsal.administrator("fabrikam").delete(&job.made);
    job.sync();
    job.change_source(json!({ "jobTitle": "Archivist" }));
    job.sync();
    let after = job.rehearsal.holdings("fabrikam");
    assert!(
        after.recycled.contains_key(&job.made),
        "it stays where it was put"
    );
    let mail = text(&job.person, "mail").expect("a mail");
    assert!(
        after
            .users
            .values()
            .all(|user| text(user, "mail") != Some(mail)),
        "and is alone"
    );
    assert_eq!(job.rehearsal.reason(id(&job.person)), "RemovedInTarget");

    // Whoever removed it may bring it back, and it is kept in step again.
    job.rehearsal.administrator("fabrikam").restore(&job.made);
    job.sync();
    assert_eq!(job.held()["jobTitle"], "Archivist");
}

#[test]
fn case_42_an_object_that_others_removed_for_good_is_not_made_again() {
    let job = InStep::begin(43);
    let path = format!("tenants/fabrikam/objects/{}", job.made);
    job.rehearsal.control("DELETE", &path, None);
    job.sync();
    job.change_source(json!({ "jobTitle": "Archivist" }));
    let invitations = job.rehearsal.stats("fabrikam")["invitations"].clone();
    job.sync();
    assert_eq!(job.rehearsal.stats("fabrikam")["invitations"], invitations);
    assert_eq!(job.rehearsal.reason(id(&job.person)), "RemovedInTarget");
}

#[test]
fn case_09_a_leaver_who_is_back_within_30_days_is_the_same_object() {
    let job = InStep::begin(9);
    let source = job.rehearsal.administrator("contoso");
    source.delete(id(&job.person));
    job.sync();
    assert!(
        job.rehearsal
            .holdings("fabrikam")
            .recycled
            .contains_key(&job.made)
    );

    job.rehearsal.control(
        "POST",
        "clock",
        Some(json!({ "advance_seconds": 20 * 86_400 })),
    );
    job.rehearsal
        .administrator("contoso")
        .restore(id(&job.person));
    job.change_source(json!({ "jobTitle": "Back again" }));
    job.sync();
    assert_eq!(job.held()["jobTitle"], "Back again");
    assert!(job.rehearsal.planned().is_empty(), "nothing is left to do");
}

#[test]
fn case_09_a_leaver_who_is_back_after_the_bin_was_emptied_is_invited_anew() {
    let job = InStep::begin(10);
    let scoped = |user_type: &str| {
        let path = format!("tenants/contoso/objects/{}", id(&job.person));
        job.rehearsal
            .control("PATCH", &path, Some(json!({ "userType": user_type })));
    };
    scoped("Guest");
    job.sync();
    assert!(
        job.rehearsal
            .holdings("fabrikam")
            .recycled
            .contains_key(&job.made)
    );

    // By now the delta links have expired too, so that no delta tells of the emptied bin.
    job.rehearsal.control(
        "POST",
        "clock",
        Some(json!({ "advance_seconds": 40 * 86_400 })),
    );
    scoped("Member");
    job.sync();
    let mail = text(&job.person, "mail").expect("a mail");
    let after = job.rehearsal.holdings("fabrikam");
    assert_ne!(id(after.with_mail(mail)), job.made);
    assert_eq!(
        job.rehearsal.planned(),
        [Json::Null; 0],
        "nothing is left to do"
    );
}

#[test]
fn case_11_who_is_disabled_first_and_leaves_then_goes() {
    let job = InStep::begin(11);
    job.change_source(json!({ "accountEnabled": false }));
    job.sync();
    assert_eq!(job.held()["accountEnabled"], false);
    job.rehearsal
        .administrator("contoso")
        .delete(id(&job.person));
    job.sync();
    assert!(
        job.rehearsal
            .holdings("fabrikam")
            .recycled
            .contains_key(&job.made)
    );
}
