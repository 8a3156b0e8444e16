use super::*;
use crate::outside::SeededRandomness;

const ROOT: &str = "https://graph.microsoft.com";

fn target(id: &str) -> TargetId {
    TargetId::new(id)
}

fn manager() -> AttributeName {
    AttributeName::new("manager")
}

fn item(action: WriteAction) -> Result<Item, GraphError> {
    Item::of(
        &Write {
            action,
            fresh: false,
        },
        ROOT,
        &SeededRandomness::new(7),
    )
}

/// Checks the request that a write becomes.
#[track_caller]
fn check(action: WriteAction, request: &str, body: Option<Json>) {
    let item = item(action).unwrap();
    assert_eq!(format!("{} {}", item.method, item.path), request);
    assert_eq!(item.body, body);
}

#[track_caller]
fn check_unsendable(action: WriteAction) {
    assert!(matches!(item(action), Err(GraphError::Unsendable { .. })));
}

#[test]
fn each_write_is_the_request_that_graph_documents() {
    check(
        WriteAction::Invite {
            address: "alice@contoso.com".into(),
            display_name: Some("Alice Doe".into()),
            member: true,
        },
        "POST /invitations",
        Some(
            json!({"invitedUserEmailAddress": "alice@contoso.com", "sendInvitationMessage": false,
            "inviteRedirectUrl": "https://myapps.microsoft.com", "invitedUserType": "Member",
            "invitedUserDisplayName": "Alice Doe"}),
        ),
    );
    let changes = BTreeMap::from([
        (AttributeName::new("department"), Value::Absent),
        (AttributeName::new("otherMails"), Value::Absent),
    ]);
    check(
        WriteAction::Update {
            id: target("u1"),
            kind: ObjectKind::User,
            changes,
        },
        "PATCH /users/u1",
        Some(json!({"department": null, "otherMails": []})),
    );
    check(
        WriteAction::SetReference {
            id: target("u1"),
            attribute: manager(),
            referent: target("boss"),
        },
        "PUT /users/u1/manager/$ref",
        Some(json!({"@odata.id": "https://graph.microsoft.com/v1.0/users/boss"})),
    );
    check(
        WriteAction::ClearReference {
            id: target("u1"),
            attribute: manager(),
        },
        "DELETE /users/u1/manager/$ref",
        None,
    );
    let delete = |kind| WriteAction::Delete {
        id: target("x1"),
        kind,
    };
    check(delete(ObjectKind::User), "DELETE /users/x1", None);
    check(delete(ObjectKind::Group), "DELETE /groups/x1", None);
    check(
        WriteAction::Restore { id: target("u1") },
        "POST /directory/deletedItems/u1/restore",
        None,
    );
}

#[test]
fn a_reference_is_never_deleted_without_ref() {
    for attribute in ["members", "owners", "sponsors", "manager/../..", ""] {
        let attribute = AttributeName::new(attribute);
        check_unsendable(WriteAction::ClearReference {
            id: target("g1"),
            attribute,
        });
    }
}

#[test]
fn an_id_leads_nowhere_else() {
    let delete = |id, kind| WriteAction::Delete {
        id: target(id),
        kind,
    };
    check(
        delete("../groups/g1", ObjectKind::User),
        "DELETE /users/..%2Fgroups%2Fg1",
        None,
    );
    check_unsendable(delete("", ObjectKind::User));
    check_unsendable(WriteAction::Restore { id: target("") });
}

#[test]
fn contacts_are_only_read() {
    check_unsendable(WriteAction::Delete {
        id: target("c1"),
        kind: ObjectKind::Contact,
    });
}

#[test]
fn an_account_is_made_blocked_with_a_password_of_its_own_each_time() {
    let randomness = SeededRandomness::new(7);
    let write = Write {
        action: WriteAction::Create {
            principal_name: "anna.berg@wingtip.com".into(),
            mail_nickname: "anna.berg".into(),
            display_name: "Anna Berg".into(),
        },
        fresh: false,
    };
    let body = || {
        let item = Item::of(&write, ROOT, &randomness).expect("it can be sent");
        assert_eq!((item.method, item.path.as_str()), (Method::POST, "/users"));
        assert!(!item.effect.is_idempotent(), "never sent twice unasked");
        item.body.expect("there is a body")
    };
    let (mut first, second) = (body(), body());
    let password = first["passwordProfile"]["password"].take();
    assert!(password.as_str().is_some_and(|text| text.len() == 35));
    assert_ne!(password, second["passwordProfile"]["password"]);
    assert_eq!(
        first,
        json!({
            "accountEnabled": false,
            "displayName": "Anna Berg",
            "mailNickname": "anna.berg",
            "userPrincipalName": "anna.berg@wingtip.com",
            "passwordProfile": { "forceChangePasswordNextSignIn": true, "password": null },
        })
    );
}
