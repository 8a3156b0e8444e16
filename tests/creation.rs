//! Creation: one object for one person, whatever happens on the way (laws L1 and L7).

use serde_json::{Value as Json, json};

use crate::support::{
    Rehearsal,
    graph::{id, manager, text},
};

/// Runs a first cycle in which these requests lose their answers; everybody must be there once,
/// linked, and invited once.
#[track_caller]
fn check_lost_answers(seed: u64, fault: &Json) {
    let undisturbed = Rehearsal::start(60, seed);
    undisturbed.expect(0, &["sync"]);
    let rehearsal = Rehearsal::start(60, seed);
    rehearsal.fault(fault.clone());
    rehearsal.expect(0, &["sync"]);
    rehearsal.no_faults();

    let names = |rehearsal: &Rehearsal| -> Vec<String> {
        let holdings = rehearsal.holdings("fabrikam");
        let mut names: Vec<String> = holdings
            .users
            .values()
            .map(|user| format!("{} {}", user["userPrincipalName"], user["department"]))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&rehearsal), names(&undisturbed));
    assert_ne!(
        rehearsal.stats("fabrikam")["faults"],
        0,
        "answers were lost"
    );
    let stats = rehearsal.stats("fabrikam");
    assert_eq!(
        stats["invitations"], stats["invitedAddresses"],
        "nobody is invited twice"
    );
    assert_eq!(
        rehearsal.invited().len(),
        undisturbed.invited().len(),
        "everybody is linked"
    );
    assert!(rehearsal.planned().is_empty(), "nothing is left to do");
}

#[test]
fn law_07_an_invitation_whose_answer_is_lost_makes_one_linked_object() {
    check_lost_answers(
        71,
        &json!({ "tenant": "fabrikam", "path_contains": "/invitations", "drop": "after", "times": 3 }),
    );
}

#[test]
fn law_07_a_batch_whose_connection_breaks_makes_each_object_once() {
    check_lost_answers(
        72,
        &json!({ "tenant": "fabrikam", "path_contains": "/$batch", "drop": "close", "times": 2 }),
    );
}

#[test]
fn law_07_a_batch_that_never_arrived_is_sent_again() {
    let rehearsal = Rehearsal::start(60, 73);
    rehearsal.fault(
        json!({ "tenant": "fabrikam", "path_contains": "/$batch", "drop": "before", "times": 1 }),
    );
    // Nobody knows whether it arrived: those objects fail, and the next run settles them.
    let code = rehearsal.run(&["sync"]).status.code();
    assert!(matches!(code, Some(0 | 4)), "{code:?}");
    rehearsal.expect(0, &["sync"]);
    let stats = rehearsal.stats("fabrikam");
    assert_eq!(
        stats["invitations"], stats["invitedAddresses"],
        "nobody is invited twice"
    );
    assert!(rehearsal.planned().is_empty(), "nothing is left to do");
}

#[test]
fn case_01_two_with_one_mail_are_both_named_and_come_once_they_differ() {
    let rehearsal = Rehearsal::start(120, 1);
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.holdings("contoso");
    let shared: Vec<&Json> = source
        .users
        .values()
        .filter(|user| {
            text(user, "mail").is_some()
                && source
                    .users
                    .values()
                    .filter(|other| other["mail"] == user["mail"])
                    .count()
                    > 1
        })
        .collect();
    let [one, other] = shared.as_slice() else {
        panic!("two share a mail")
    };
    for person in [one, other] {
        assert_eq!(rehearsal.reason(id(person)), "DuplicateSourceEntries");
        let record = &rehearsal.log(&["--object", id(person)])[0];
        let rival = if id(person) == id(one) {
            id(other)
        } else {
            id(one)
        };
        assert!(record.to_string().contains(rival), "the rival is named");
    }
    let mail = text(one, "mail").expect("a shared mail");
    let nobody = rehearsal.holdings("fabrikam");
    assert!(
        nobody
            .users
            .values()
            .all(|user| text(user, "mail") != Some(mail))
    );

    let own = other["userPrincipalName"].clone();
    let holder = if own.as_str() == Some(mail) {
        one
    } else {
        other
    };
    let free = json!({ "mail": "quite.different@contoso.com" });
    rehearsal.administrator("contoso").change(id(holder), free);
    rehearsal.expect(0, &["sync"]);
    let after = rehearsal.holdings("fabrikam");
    after.with_mail(mail);
    after.with_mail("quite.different@contoso.com");
}

#[test]
fn case_14_a_manager_who_comes_later_is_set_then() {
    let rehearsal = Rehearsal::start(120, 14);
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.holdings("contoso");
    let superior = source
        .users
        .values()
        .find(|user| {
            user["mail"].is_null()
                && source
                    .users
                    .values()
                    .any(|report| manager(report) == Some(id(user)))
        })
        .expect("somebody without mail manages others");
    assert_eq!(rehearsal.reason(id(superior)), "MissingValues");
    let invited = rehearsal.invited();
    let reports: Vec<&Json> = source
        .users
        .values()
        .filter(|user| {
            manager(user) == Some(id(superior)) && invited.iter().any(|made| made == id(user))
        })
        .collect();
    assert!(!reports.is_empty());
    let before = rehearsal.holdings("fabrikam");
    for report in &reports {
        assert_eq!(
            manager(&before.users[&rehearsal.made_for(id(report))]),
            None
        );
        assert!(
            rehearsal
                .findings(id(report))
                .contains(&"manager/ReferenceNotYetResolved".into())
        );
    }

    let name = superior["userPrincipalName"].clone();
    rehearsal
        .administrator("contoso")
        .change(id(superior), json!({ "mail": name }));
    rehearsal.expect(0, &["sync"]);

    let made = rehearsal.made_for(id(superior));
    let after = rehearsal.holdings("fabrikam");
    for report in &reports {
        assert_eq!(
            manager(&after.users[&rehearsal.made_for(id(report))]),
            Some(made.as_str())
        );
    }
}

#[test]
fn case_14_a_manager_who_comes_back_is_set_for_whom_came_meanwhile() {
    let rehearsal = Rehearsal::start(60, 114);
    let (source, target) = (
        rehearsal.holdings("contoso"),
        rehearsal.holdings("fabrikam"),
    );
    let is_free = |user: &Json| {
        text(user, "mail").is_some_and(|mail| {
            !mail.contains('\'')
                && target
                    .users
                    .values()
                    .all(|guest| text(guest, "mail") != Some(mail))
        })
    };
    let report = source
        .users
        .values()
        .find(|user| {
            manager(user).is_some_and(|superior| {
                let superior = &source.users[superior];
                is_free(user) && is_free(superior)
            })
        })
        .expect("somebody who can be invited has a manager who can be");
    let superior = manager(report).expect("a manager");
    let scope = |user: &str, user_type: &str| {
        rehearsal.change("contoso", user, json!({ "userType": user_type }));
    };
    scope(id(report), "Guest");
    rehearsal.expect(0, &["sync"]);
    let made = rehearsal.made_for(superior);
    scope(superior, "Guest");
    rehearsal.expect(0, &["sync"]);
    scope(id(report), "Member");
    rehearsal.expect(0, &["sync"]);
    // Once more, so that there is no news of the report when the manager comes back.
    rehearsal.expect(0, &["sync"]);
    let came = rehearsal.made_for(id(report));
    assert_eq!(manager(&rehearsal.holdings("fabrikam").users[&came]), None);

    scope(superior, "Member");
    rehearsal.expect(0, &["sync"]);
    rehearsal.expect(0, &["sync"]);
    let after = rehearsal.holdings("fabrikam");
    assert_eq!(manager(&after.users[&came]), Some(made.as_str()));
    assert_eq!(
        rehearsal.planned(),
        [Json::Null; 0],
        "nothing is left to do"
    );
}

#[test]
fn case_23_objects_that_are_not_to_be_found_yet_are_written_once_they_are() {
    let rehearsal = Rehearsal::start(40, 23);
    let lag = json!({ "replication_lag_s": 3 });
    rehearsal.control("POST", "tenants/fabrikam/behaviour", Some(lag));
    rehearsal.expect(0, &["sync"]);
    rehearsal.control(
        "POST",
        "tenants/fabrikam/behaviour",
        Some(json!({ "replication_lag_s": 0 })),
    );
    assert!(rehearsal.planned().is_empty(), "nothing is left to do");
}

#[test]
fn case_33_an_object_that_fails_fails_alone() {
    let rehearsal = Rehearsal::start(60, 133);
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let [failing, fine, ..] = people.as_slice() else {
        panic!("two people")
    };
    let (unlucky, lucky) = (
        rehearsal.made_for(id(failing)),
        rehearsal.made_for(id(fine)),
    );
    let source = rehearsal.administrator("contoso");
    for person in [failing, fine] {
        source.change(id(person), json!({ "jobTitle": "Archivist" }));
    }
    rehearsal.fault(json!({ "tenant": "fabrikam", "path_contains": unlucky, "status": 400 }));
    let told = rehearsal.expect(4, &["sync"]);
    assert!(told.contains("1 done, 1 failed"), "{told}");
    assert_eq!(rehearsal.reason(id(failing)), "Request_BadRequest");
    let after = rehearsal.holdings("fabrikam");
    assert_eq!(after.users[&lucky]["jobTitle"], "Archivist");

    rehearsal.no_faults();
    rehearsal.expect(0, &["sync"]);
    assert_eq!(
        rehearsal.holdings("fabrikam").users[&unlucky]["jobTitle"],
        "Archivist"
    );
}
