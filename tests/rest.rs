//! Rest: once the target is as wanted, there is nothing to do, and little to ask (law L6).

use serde_json::{Value as Json, json};

use crate::support::Rehearsal;

#[test]
fn law_06_a_second_sync_with_nothing_changed_writes_nothing_and_asks_once() {
    let rehearsal = Rehearsal::start(150, 3);
    rehearsal.expect(0, &["sync"]);
    let known = rehearsal.log(&[]).len();

    // The second sync reads our own echoes, the third nothing at all.
    for round in ["second", "third"] {
        let before = ["contoso", "fabrikam"].map(|tenant| rehearsal.stats(tenant));
        rehearsal.expect(0, &["sync"]);
        let after = ["contoso", "fabrikam"].map(|tenant| rehearsal.stats(tenant));
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(
                before["writes"], after["writes"],
                "{round}: nothing is written"
            );
            let asked = asked_since(before, after);
            let rest = json!({ "GET organization": 1, "GET users/delta": 1 });
            assert_eq!(
                asked, rest,
                "{round}: one request for who it is, one for what changed"
            );
        }
        assert_eq!(rehearsal.log(&[]).len(), known, "{round}: nothing is news");
    }
    assert!(rehearsal.planned().is_empty(), "nothing is planned");
}

/// Returns the requests between two counts, by kind.
fn asked_since(before: &Json, after: &Json) -> Json {
    let after = after["requests"].as_object().expect("requests by kind");
    let asked = after.iter().filter_map(|(kind, count)| {
        let more = count.as_u64()? - before["requests"][kind].as_u64().unwrap_or(0);
        (more > 0).then(|| (kind.clone(), json!(more)))
    });
    Json::Object(asked.collect())
}
