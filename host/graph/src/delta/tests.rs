use serde_json::json;

use super::*;

const LINK: &str = "https://graph.microsoft.com/v1.0/users/delta?$skiptoken=a";

fn columns<const N: usize>(names: [&str; N]) -> Vec<AttributeName> {
    names.iter().map(AttributeName::new).collect()
}

fn attributes<const N: usize>(values: [(&str, Value); N]) -> Attributes {
    values
        .into_iter()
        .map(|(name, value)| (AttributeName::new(name), value))
        .collect()
}

#[track_caller]
fn present(round: &Round, item: Json) -> (Attributes, Vec<MemberChange>) {
    let page = round
        .page(&json!({"value": [item], "@odata.nextLink": LINK}))
        .unwrap();
    match page.items.into_iter().next().unwrap().change {
        DeltaChange::Present {
            attributes,
            members,
        } => (attributes, members),
        DeltaChange::Removed { state } => panic!("it was removed: {state:?}"),
    }
}

fn later(names: &[AttributeName]) -> Round {
    let first = Round::first(ObjectKind::User, names);
    let page = json!({"value": [], "@odata.deltaLink": LINK});
    let DeltaNext::Complete(link) = first.page(&page).unwrap().next else {
        panic!("not complete")
    };
    Round::of_link(ObjectKind::User, &link).1
}

#[test]
fn a_column_that_never_had_a_value_is_absent_on_every_page_of_the_first_round() {
    let columns = columns([
        "displayName",
        "department",
        "manager",
        "employeeOrgData/division",
    ]);
    let first = Round::first(ObjectKind::User, &columns);
    let page = first
        .page(&json!({"value": [], "@odata.nextLink": LINK}))
        .unwrap();
    let DeltaNext::Page(link) = page.next else {
        panic!("it goes on")
    };
    let (address, second) = Round::of_link(ObjectKind::User, &link);
    assert_eq!((address, &second), (LINK, &first));
    let (found, _) = present(&second, json!({"id": "1", "displayName": "Alice"}));
    assert_eq!(
        found,
        attributes([
            ("displayName", Value::text("Alice")),
            ("department", Value::Absent),
            ("manager", Value::Absent),
            ("employeeOrgData/division", Value::Absent),
        ])
    );
}

#[test]
fn in_later_rounds_null_is_absent_and_what_is_left_out_is_unread() {
    let round = later(&columns(["displayName", "department", "city", "manager"]));
    let item = json!({"id": "1", "displayName": "Alice", "department": null, "mail": "a@b"});
    assert_eq!(
        present(&round, item).0,
        attributes([
            ("displayName", Value::text("Alice")),
            ("department", Value::Absent)
        ])
    );
}

#[test]
fn a_manager_comes_changes_and_goes() {
    let round = later(&columns(["manager"]));
    let check = |delta: Json, manager: Value| {
        let (found, _) = present(&round, json!({"id": "1", "manager@delta": delta}));
        assert_eq!(found, attributes([("manager", manager)]));
    };
    let gone = json!({"id": "8", "@removed": {"reason": "deleted"}});
    let come = json!({"@odata.type": "#microsoft.graph.user", "id": "9"});
    check(json!([come]), Value::Reference("9".into()));
    check(json!([gone, come]), Value::Reference("9".into()));
    check(json!([come, gone]), Value::Reference("9".into()));
    check(json!([gone]), Value::Absent);
}

#[test]
fn members_join_and_leave_and_are_told_by_kind() {
    let round = Round::first(ObjectKind::Group, &columns(["displayName", "members"]));
    let item = json!({"id": "g", "displayName": "Staff", "members@delta": [
        {"@odata.type": "#microsoft.graph.user", "id": "u"},
        {"@odata.type": "#microsoft.graph.device", "id": "d"},
        {"@odata.type": "#microsoft.graph.group", "id": "h", "@removed": {"reason": "deleted"}}]});
    let (found, members) = present(&round, item);
    assert_eq!(found, attributes([("displayName", Value::text("Staff"))]));
    let told: Vec<_> = members
        .iter()
        .map(|member| (&*member.id, member.kind, member.added))
        .collect();
    assert_eq!(
        told,
        [
            ("u", Some(ObjectKind::User), true),
            ("d", None, true),
            ("h", Some(ObjectKind::Group), false)
        ]
    );
}

#[test]
fn a_slice_without_scalars_makes_none_of_them_absent() {
    let round = Round::first(ObjectKind::Group, &columns(["displayName", "members"]));
    let item = json!({"id": "g", "members@delta": [{"id": "u"}]});
    assert_eq!(present(&round, item).0, attributes([]));
}

#[test]
fn a_removed_object_is_in_the_bin_or_purged() {
    let round = Round::first(ObjectKind::User, &columns(["displayName"]));
    let page = round
        .page(&json!({"@odata.deltaLink": LINK, "value": [
            {"id": "1", "@removed": {"reason": "changed"}},
            {"id": "2", "@removed": {"reason": "deleted"}}]}))
        .unwrap();
    let states: Vec<_> = page.items.into_iter().map(|item| item.change).collect();
    assert_eq!(
        states,
        [
            DeltaChange::Removed {
                state: ObjectState::SoftDeleted
            },
            DeltaChange::Removed {
                state: ObjectState::Purged
            },
        ]
    );
}

#[test]
fn a_page_that_does_not_say_how_it_goes_on_is_refused() {
    let round = Round::first(ObjectKind::User, &[]);
    assert!(round.page(&json!({"value": []})).is_err());
    assert!(round.page(&json!({"@odata.deltaLink": LINK})).is_err());
    assert!(
        round
            .page(&json!({"value": [{}], "@odata.deltaLink": LINK}))
            .is_err()
    );
    let both = json!({"value": [], "@odata.deltaLink": LINK, "@odata.nextLink": LINK});
    assert!(round.page(&both).is_err());
}

#[test]
fn a_link_from_elsewhere_is_read_for_what_it_carries() {
    let (address, round) = Round::of_link(ObjectKind::User, LINK);
    assert_eq!(address, LINK);
    let (found, _) = present(&round, json!({"id": "1", "city": "Oslo"}));
    assert_eq!(found, attributes([("city", Value::text("Oslo"))]));
    let page = round
        .page(&json!({"value": [], "@odata.nextLink": LINK}))
        .unwrap();
    assert_eq!(page.next, DeltaNext::Page(LINK.into()));
}

#[test]
fn a_first_page_selects_and_narrows() {
    let columns = columns(["mail", "manager", "sponsors"]);
    assert_eq!(
        first_page(ObjectKind::User, &columns, &["a".into(), "b".into()]),
        "/users/delta?$select=id,mail,manager&$filter=id%20eq%20%27a%27%20or%20id%20eq%20%27b%27"
    );
    assert_eq!(
        first_page(ObjectKind::Contact, &[], &[]),
        "/contacts/delta?$select=id"
    );
}
