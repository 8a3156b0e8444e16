//! Loss: what is deleted or cleared is proven, ours, wanted by a rule, and bounded (laws L2, L3,
//! L13).

use serde_json::{Value as Json, json};

use crate::support::{
    Rehearsal,
    graph::{id, text},
};

/// Makes a tenant's lists leave these objects out in silence, and its delta links go bad.
fn drop_in_silence(rehearsal: &Rehearsal, tenant: &str, ids: &[&str]) {
    let behaviour = format!("tenants/{tenant}/behaviour");
    rehearsal.control("POST", &behaviour, Some(json!({ "omitted": ids })));
    rehearsal.control(
        "POST",
        &format!("tenants/{tenant}/expire-delta"),
        Some(json!({})),
    );
}

#[test]
fn law_02_a_source_listing_that_drops_rows_deletes_nobody_and_a_deletion_does() {
    let rehearsal = Rehearsal::start(120, 21);
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let [dropped_a, dropped_b, leaver, ..] = people.as_slice() else {
        panic!("three people")
    };
    let made = rehearsal.made_for(id(leaver));
    let before = rehearsal.holdings("fabrikam");

    drop_in_silence(&rehearsal, "contoso", &[id(dropped_a), id(dropped_b)]);
    rehearsal.administrator("contoso").delete(id(leaver));
    rehearsal.expect(0, &["sync"]);

    let mut expected = before.users;
    expected.remove(&made).expect("the leaver was there");
    let after = rehearsal.holdings("fabrikam");
    assert!(
        after.users == expected,
        "whoever is only missing from a list stays"
    );
    assert!(
        after.recycled.contains_key(&made),
        "and whoever was deleted goes"
    );
}

#[test]
fn law_02_a_target_listing_that_drops_rows_makes_nobody_anew() {
    let rehearsal = Rehearsal::start(120, 22);
    rehearsal.expect(0, &["sync"]);
    let made: Vec<String> = rehearsal
        .simple_people()
        .iter()
        .take(3)
        .map(|user| rehearsal.made_for(id(user)))
        .collect();
    let writes = rehearsal.writes("fabrikam");

    let made: Vec<&str> = made.iter().map(String::as_str).collect();
    drop_in_silence(&rehearsal, "fabrikam", &made);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(rehearsal.writes("fabrikam"), writes);
}

#[test]
fn law_02_a_source_that_lists_nobody_is_held_or_believed_by_nobody() {
    let rehearsal = Rehearsal::start(60, 23);
    rehearsal.expect(0, &["sync"]);
    let writes = rehearsal.writes("fabrikam");
    let source = rehearsal.holdings("contoso");
    let everybody: Vec<&str> = source.users.keys().map(String::as_str).collect();

    drop_in_silence(&rehearsal, "contoso", &everybody);
    rehearsal.expect(0, &["sync"]);
    assert_eq!(rehearsal.writes("fabrikam"), writes);
}

#[test]
fn law_03_a_cleared_attribute_clears_what_we_wrote_and_nothing_else() {
    let rehearsal = Rehearsal::start(120, 31);
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let [with_office, without, ..] = people.as_slice() else {
        panic!("two people")
    };
    let (source, target) = (
        rehearsal.administrator("contoso"),
        rehearsal.administrator("fabrikam"),
    );

    // One has no fax in the source, which the mapping does not know; one loses an office.
    target.change(
        &rehearsal.made_for(id(without)),
        json!({ "faxNumber": "+1 555 0100" }),
    );
    source.change(id(with_office), json!({ "officeLocation": null }));
    source.change(id(without), json!({ "jobTitle": "Archivist" }));
    rehearsal.expect(0, &["sync"]);

    let after = rehearsal.holdings("fabrikam");
    let cleared = &after.users[&rehearsal.made_for(id(with_office))];
    assert_eq!(cleared["officeLocation"], Json::Null);
    assert_eq!(
        cleared["department"], with_office["department"],
        "the rest stays"
    );
    let kept = &after.users[&rehearsal.made_for(id(without))];
    assert_eq!(kept["faxNumber"], "+1 555 0100");
    assert_eq!(kept["jobTitle"], "Archivist");
}

#[test]
fn law_03_a_value_that_others_gave_is_not_cleared_for_a_source_that_never_had_one() {
    let rehearsal = Rehearsal::start(120, 32);
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.holdings("contoso");
    let person = rehearsal
        .invited()
        .into_iter()
        .find(|id| source.users[id]["department"].is_null())
        .expect("somebody has no department");
    let made = rehearsal.made_for(&person);
    rehearsal
        .administrator("fabrikam")
        .change(&made, json!({ "department": "Given here" }));
    rehearsal
        .administrator("contoso")
        .change(&person, json!({ "city": "Bergen" }));
    rehearsal.expect(0, &["sync"]);

    let after = &rehearsal.holdings("fabrikam").users[&made];
    assert_eq!(after["department"], "Given here");
    assert_eq!(after["city"], "Bergen");
}

#[test]
fn law_03_rules_that_break_leave_everybody_as_they_are() {
    let rehearsal = Rehearsal::start(60, 33);
    rehearsal.expect(0, &["sync"]);
    let writes = rehearsal.writes("fabrikam");
    std::fs::write(
        rehearsal.file("plugins/entra-default.wasm"),
        b"\0asm broken",
    )
    .expect("rules can be broken");

    rehearsal.expect(0, &["sync"]);
    assert_eq!(rehearsal.writes("fabrikam"), writes);

    // And the last good ones go on working.
    let person = &rehearsal.simple_people()[0];
    rehearsal
        .administrator("contoso")
        .change(id(person), json!({ "jobTitle": "Archivist" }));
    rehearsal.expect(0, &["sync"]);
    let made = rehearsal.made_for(id(person));
    assert_eq!(
        rehearsal.holdings("fabrikam").users[&made]["jobTitle"],
        "Archivist"
    );
}

#[test]
fn law_13_more_deletes_than_permitted_wait_for_an_approval_of_exactly_those() {
    let rehearsal = Rehearsal::start(120, 131);
    rehearsal.edit_project(|text| {
        format!("{text}\n[jobs.contoso-to-fabrikam.guards]\nmax-deletes = 2\n")
    });
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let [leavers @ .., another] = &people[..4] else {
        panic!("four people")
    };
    let made: Vec<String> = leavers
        .iter()
        .map(|leaver| rehearsal.made_for(id(leaver)))
        .collect();
    let source = rehearsal.administrator("contoso");
    for leaver in leavers {
        source.delete(id(leaver));
    }
    let writes = rehearsal.writes("fabrikam");

    // A preview is judged by the same guards, and says the same hash.
    let previewed = hash(&rehearsal.expect(3, &["plan", "--output", "json"]));
    let told = rehearsal.expect(3, &["sync"]);
    assert!(told.contains("TooManyDeletes"), "{told}");
    assert!(told.contains(&previewed[..12]), "{told}");
    assert_eq!(rehearsal.writes("fabrikam"), writes, "nothing is written");

    rehearsal.expect(0, &["approve", &previewed, "--by", "alice"]);
    rehearsal.expect(0, &["sync"]);
    let after = rehearsal.holdings("fabrikam");
    for made in &made {
        assert!(
            after.recycled.contains_key(made),
            "what was approved is deleted"
        );
    }
    assert!(
        after.users.contains_key(&rehearsal.made_for(id(another))),
        "and nobody else"
    );
    assert_eq!(rehearsal.writes("fabrikam"), writes + 3);
}

#[test]
fn law_13_an_approval_does_not_hold_for_another_plan() {
    let rehearsal = Rehearsal::start(120, 132);
    rehearsal.edit_project(|text| {
        format!("{text}\n[jobs.contoso-to-fabrikam.guards]\nmax-deletes = 2\n")
    });
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    let [leavers @ .., another] = &people[..4] else {
        panic!("four people")
    };
    let source = rehearsal.administrator("contoso");
    for leaver in leavers {
        source.delete(id(leaver));
    }
    rehearsal.expect(3, &["sync"]);
    let approved = hash(&rehearsal.expect(3, &["plan", "--output", "json"]));
    rehearsal.expect(0, &["approve", &approved, "--by", "alice"]);

    source.delete(id(another));
    let writes = rehearsal.writes("fabrikam");
    let told = rehearsal.expect(3, &["sync"]);
    assert!(!told.contains(&approved[..12]), "{told}");
    assert_eq!(rehearsal.writes("fabrikam"), writes, "nothing is written");
}

fn hash(told: &str) -> String {
    let told: Json = serde_json::from_str(told).expect("the command tells JSON");
    text(&told, "hash").expect("a plan has a hash").to_owned()
}
