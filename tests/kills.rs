//! Kills: the process may end between any two instructions, and the next run goes on (law L4).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use crate::support::{
    Rehearsal,
    graph::{id, manager, text},
};

/// How long a moment is waited for: far longer than it takes, so that only one that never comes
/// meets it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A moment to kill at: a write of this kind is under way, after so many others have passed.
struct Moment {
    method: &'static str,
    path: &'static str,
    passed: u32,
}

const fn moment(method: &'static str, path: &'static str, passed: u32) -> Moment {
    Moment {
        method,
        path,
        passed,
    }
}

/// Through the invitations, the attributes and the references of the first cycle.
const MOMENTS: [Moment; 8] = [
    moment("POST", "/invitations", 0),
    moment("POST", "/invitations", 7),
    moment("PATCH", "/users/", 0),
    moment("POST", "/invitations", 25),
    moment("PATCH", "/users/", 33),
    moment("POST", "/invitations", 3),
    moment("PUT", "/manager/", 0),
    moment("PUT", "/manager/", 11),
];

#[test]
fn law_04_kills_in_a_first_cycle_lose_nothing_and_do_nothing_twice() {
    let (users, seed) = (240, 5);
    let undisturbed = Rehearsal::start(users, seed);
    undisturbed.expect(0, &["sync"]);

    let rehearsal = Rehearsal::start(users, seed);
    let mut kills = 0;
    for moment in MOMENTS {
        rehearsal.fault(json!({
            "tenant": "fabrikam",
            "method": moment.method,
            "path_contains": moment.path,
            "skip": moment.passed,
            "latency_ms": 3_000,
        }));
        kills += u32::from(killed_while_writing(&rehearsal, 0));
        rehearsal.no_faults();
    }
    assert!(kills >= 7, "{kills} kills while a write was in flight");
    rehearsal.expect(0, &["sync"]);

    let (expected, found) = (people(&undisturbed), people(&rehearsal));
    for (name, person) in &expected {
        let Some(found) = found.get(name) else {
            panic!("{name} is missing")
        };
        for (attribute, value) in person.as_object().expect("a user is an object") {
            assert_eq!(found[attribute], *value, "{attribute} of {name}");
        }
    }
    assert_eq!(found.len(), expected.len(), "and nobody else is there");
    let stats = rehearsal.stats("fabrikam");
    assert_eq!(
        stats["invitations"], stats["invitedAddresses"],
        "nobody is invited twice"
    );

    let created = rehearsal.invited();
    let distinct: BTreeSet<&String> = created.iter().collect();
    assert_eq!(created.len(), distinct.len(), "each making is told once");
    let told: BTreeSet<&String> = distinct;
    let expected = undisturbed.invited();
    assert_eq!(
        told,
        expected.iter().collect(),
        "and of everything that was made"
    );
    assert!(rehearsal.planned().is_empty(), "nothing is left to do");
}

/// Slows requests down so that half of their time is left once they have been carried out.
fn slow_down(rehearsal: &Rehearsal, method: &str, path: &str) {
    rehearsal.fault(json!({
        "tenant": "fabrikam", "method": method, "path_contains": path, "latency_ms": 3_000,
    }));
}

#[test]
fn law_04_what_a_killed_run_wrote_is_known_to_be_ours() {
    let rehearsal = Rehearsal::start(120, 44);
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let phoneless: Vec<&Json> = people
        .iter()
        .filter(|person| person["mobilePhone"].is_null())
        .collect();
    let [reached, blocked, drifting, moved, leaver, ..] = phoneless.as_slice() else {
        panic!("five people without a mobile phone")
    };
    let made = |person: &Json| rehearsal.made_for(id(person));
    let other = manager(leaver).expect("a leaver has a manager");
    assert_ne!(manager(moved), Some(other));
    let source = rehearsal.administrator("contoso");
    let target = rehearsal.administrator("fabrikam");

    // The attributes of three and the manager of one are written, and then one is deleted; each time
    // the process dies before it hears of it.
    source.change(id(reached), json!({ "mobilePhone": "+47 555 01 00" }));
    source.change(id(blocked), json!({ "accountEnabled": false }));
    source.change(id(drifting), json!({ "jobTitle": "Archivist" }));
    let reference = format!("{}/v1.0/users/{other}", rehearsal.base_url());
    source.ask(
        "PUT",
        &format!("/users/{}/manager/$ref", id(moved)),
        Some(json!({ "@odata.id": reference })),
    );
    source.delete(id(leaver));
    for (method, path, carried_out) in [
        ("PATCH", "/users/", 3),
        ("PUT", "/manager/", 1),
        ("DELETE", "/users/", 1),
    ] {
        slow_down(&rehearsal, method, path);
        assert!(killed_while_writing(&rehearsal, carried_out), "{method}");
        rehearsal.no_faults();
    }

    // Others change one of the attributes; the source takes the rest back.
    target.change(&made(drifting), json!({ "jobTitle": "Changed here" }));
    source.change(id(reached), json!({ "mobilePhone": null }));
    source.change(id(blocked), json!({ "accountEnabled": true }));
    source.ask(
        "DELETE",
        &format!("/users/{}/manager/$ref", id(moved)),
        None,
    );
    source.restore(id(leaver));
    rehearsal.expect(0, &["sync"]);

    let after = rehearsal.holdings("fabrikam");
    assert_eq!(
        after.users[&made(reached)]["mobilePhone"],
        Json::Null,
        "cleared, as we wrote it"
    );
    assert_eq!(
        after.users[&made(blocked)]["accountEnabled"],
        true,
        "open, as we blocked it"
    );
    assert_eq!(
        after.users[&made(drifting)]["jobTitle"],
        "Changed here",
        "kept, as others wrote it"
    );
    assert_eq!(
        manager(&after.users[&made(moved)]),
        None,
        "cleared, as we set it"
    );
    assert!(
        after.users.contains_key(&made(leaver)),
        "restored, as we deleted it"
    );
    assert_eq!(
        rehearsal.planned(),
        [Json::Null; 0],
        "nothing is left to do"
    );
}

/// Runs `sync` until a delayed write is in flight and so many writes are carried out, and kills it
/// then; false if it ended before.
fn killed_while_writing(rehearsal: &Rehearsal, carried_out: u64) -> bool {
    let count = |stats: &Json, of: &str| stats[of].as_u64().expect("a count");
    let before = rehearsal.stats("fabrikam");
    let is_time = |stats: &Json| {
        stats["writesInFlight"] != 0
            && count(stats, "faults") > count(&before, "faults")
            && count(stats, "writesSucceeded") >= count(&before, "writesSucceeded") + carried_out
    };
    let mut sync = rehearsal.command(&["sync"]);
    let mut sync = sync
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the command starts");
    let until = Instant::now() + PATIENCE;
    let killed = loop {
        assert!(Instant::now() < until, "no write was ever in flight");
        let stats = rehearsal.stats("fabrikam");
        if is_time(&stats) {
            sync.kill().expect("the process is there");
            break true;
        }
        if sync.try_wait().expect("the process can be asked").is_some() {
            break false;
        }
    };
    sync.wait().expect("the process ends");
    killed
}

/// Returns the target's users by principal name, with what differs between any two runs taken out.
fn people(rehearsal: &Rehearsal) -> BTreeMap<String, Json> {
    let holdings = rehearsal.holdings("fabrikam");
    let name = |user: &Json| text(user, "userPrincipalName").expect("a name").to_owned();
    let names: BTreeMap<&str, String> = holdings
        .users
        .values()
        .map(|user| (id(user), name(user)))
        .collect();
    holdings
        .users
        .values()
        .map(|user| {
            let mut person = user.clone();
            for varying in ["id", "createdDateTime"] {
                person[varying] = Json::Null;
            }
            if let Some(manager) = manager(user) {
                person["manager"] = json!(names[manager]);
            }
            (name(user), person)
        })
        .collect()
}
