//! Delta at its worst: links that expire, rounds that repeat themselves, pages that are empty.

use serde_json::json;

use crate::support::{Rehearsal, graph::id};

#[test]
fn case_20_an_expired_delta_link_means_a_full_read_that_loses_nothing() {
    let rehearsal = Rehearsal::start(120, 20);
    rehearsal.expect(0, &["sync"]);
    let people = rehearsal.simple_people();
    for (form, person) in ["gone", "stateNotFound", "tooOld"].into_iter().zip(&people) {
        for tenant in ["contoso", "fabrikam"] {
            let path = format!("tenants/{tenant}/expire-delta");
            rehearsal.control("POST", &path, Some(json!({ "form": form })));
        }
        rehearsal
            .administrator("contoso")
            .change(id(person), json!({ "jobTitle": form }));
        let before = rehearsal.writes("fabrikam");
        rehearsal.expect(0, &["sync"]);
        assert_eq!(
            rehearsal.writes("fabrikam"),
            before + 1,
            "{form}: one change, one write"
        );
        let made = rehearsal.made_for(id(person));
        assert_eq!(
            rehearsal.holdings("fabrikam").users[&made]["jobTitle"],
            form
        );
    }
}

#[test]
fn case_21_rounds_that_repeat_themselves_change_nothing() {
    let rehearsal = Rehearsal::start(120, 210);
    for tenant in ["contoso", "fabrikam"] {
        let path = format!("tenants/{tenant}/behaviour");
        let odd =
            json!({ "delta_replays": true, "delta_starts_empty": true, "delta_page_size": 7 });
        rehearsal.control("POST", &path, Some(odd));
    }
    rehearsal.expect(0, &["sync"]);
    rehearsal.control("POST", "tenants/contoso/week", Some(json!({ "seed": 2 })));
    rehearsal.expect(0, &["sync"]);
    let writes = rehearsal.writes("fabrikam");
    for _ in 0..2 {
        rehearsal.expect(0, &["sync"]);
    }
    assert_eq!(rehearsal.writes("fabrikam"), writes);
}

#[test]
fn delta_that_lags_behind_our_own_writes_undoes_nothing() {
    let rehearsal = Rehearsal::start(60, 211);
    rehearsal.expect(0, &["sync"]);
    rehearsal.control(
        "POST",
        "tenants/fabrikam/behaviour",
        Some(json!({ "delta_lag_s": 600 })),
    );
    let person = &rehearsal.simple_people()[0];
    let made = rehearsal.made_for(id(person));
    for title in ["First", "Second", "Third"] {
        rehearsal
            .administrator("contoso")
            .change(id(person), json!({ "jobTitle": title }));
        rehearsal.expect(0, &["sync"]);
        assert_eq!(
            rehearsal.holdings("fabrikam").users[&made]["jobTitle"],
            title
        );
    }
    let writes = rehearsal.writes("fabrikam");
    rehearsal.control("POST", "clock", Some(json!({ "advance_seconds": 1_200 })));
    rehearsal.expect(0, &["sync"]);
    assert_eq!(
        rehearsal.writes("fabrikam"),
        writes,
        "old news of our own is no drift"
    );
    assert!(rehearsal.findings(id(person)).is_empty());
}
