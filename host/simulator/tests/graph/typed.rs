//! Types, lengths and access of properties, one line each (graph.md 2.4, 4.1, 5.2).

use serde_json::{Value, json};

use crate::client::{Client, TARGET, simulator};

/// The most letters of a user's text properties (graph.md 2.4).
const LENGTHS: &[(&str, usize)] = &[
    ("displayName", 256),
    ("givenName", 64),
    ("surname", 64),
    ("mailNickname", 64),
    ("jobTitle", 128),
    ("department", 64),
    ("companyName", 64),
    ("employeeId", 16),
    ("officeLocation", 128),
    ("streetAddress", 1_024),
    ("city", 128),
    ("state", 128),
    ("postalCode", 40),
    ("country", 128),
    ("mobilePhone", 64),
];

/// Properties that nobody writes through Graph (graph.md 2.4).
const READ_ONLY: &[&str] = &[
    "id",
    "proxyAddresses",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "creationType",
    "assignedLicenses",
    "assignedPlans",
    "createdDateTime",
    "deletedDateTime",
    "securityIdentifier",
    "imAddresses",
    "lastPasswordChangeDateTime",
    "legalAgeGroupClassification",
    "onPremisesSyncEnabled",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "onPremisesLastSyncDateTime",
    "isManagementRestricted",
];

/// Properties of other services, which an app alone neither reads nor writes (graph.md 2.4, 3.2).
const OUTSIDE: &[&str] = &[
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mySite",
    "pastProjects",
    "preferredName",
    "responsibilities",
    "schools",
    "skills",
    "mailboxSettings",
    "deviceEnrollmentLimit",
    "print",
    "signInActivity",
];

async fn somebody() -> (Client, String) {
    let client = Client::new(&simulator(20), TARGET).await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    (client, path)
}

#[tokio::test]
async fn texts_are_taken_up_to_their_length_and_cleared_by_null_alone() {
    let (client, path) = somebody().await;
    for (name, length) in LENGTHS {
        let text = |length: usize| json!({ (*name): "ü".repeat(length) });
        let ascii = |length: usize| json!({ (*name): "u".repeat(length) });
        let longest = if *name == "mailNickname" {
            ascii(*length)
        } else {
            text(*length)
        };
        assert_eq!(client.patch(&path, &longest).await.status, 204, "{name}");
        for refused in [
            text(length + 1),
            json!({ (*name): "" }),
            json!({ (*name): 5 }),
        ] {
            let answer = client.patch(&path, &refused).await;
            let message =
                format!("Invalid value specified for property '{name}' of resource 'User'.");
            assert_eq!(
                (answer.status, answer.code(), answer.message()),
                (400, "Request_BadRequest", message.as_str())
            );
        }
        let cleared = client.patch(&path, &json!({ (*name): null })).await.status;
        let stays = ["displayName", "mailNickname"].contains(name);
        assert_eq!(cleared, if stays { 400 } else { 204 }, "{name}");
    }
}

#[tokio::test]
async fn what_is_read_only_or_kept_elsewhere_is_not_written() {
    let (client, path) = somebody().await;
    for name in READ_ONLY {
        let answer = client.patch(&path, &json!({ (*name): null })).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "Request_BadRequest"),
            "{name}"
        );
        assert!(answer.message().contains(name), "{}", answer.text);
    }
    for name in OUTSIDE {
        let answer = client.patch(&path, &json!({ (*name): null })).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "Authorization_RequestDenied"),
            "{name}"
        );
        for read in [
            format!("{path}?$select={name}"),
            format!("/v1.0/users/delta?$select={name}"),
        ] {
            let answer = client.get(&read).await;
            assert_eq!(
                (answer.status, answer.code()),
                (501, "NotImplemented"),
                "{read}"
            );
        }
    }
}

#[tokio::test]
async fn values_have_the_type_that_the_metadata_declares() {
    let (client, path) = somebody().await;
    let refused = [
        json!({"accountEnabled": "true"}),
        json!({"accountEnabled": null}),
        json!({"showInAddressList": 1}),
        json!({"businessPhones": "1"}),
        json!({"businessPhones": null}),
        json!({"businessPhones": ["1", "2"]}),
        json!({"businessPhones": ["1".repeat(65)]}),
        json!({"otherMails": vec!["a@b.example"; 251]}),
        json!({"otherMails": ["a".repeat(251)]}),
        json!({"otherMails": [7]}),
        json!({"employeeHireDate": "yesterday"}),
        json!({"employeeOrgData": "Sales"}),
        json!({"employeeOrgData": {"floor": "3"}}),
        json!({"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}}),
        json!({"onPremisesExtensionAttributes": {"extensionAttribute1": "x".repeat(1_025)}}),
        json!({"usageLocation": "USA"}),
        json!({"usageLocation": null}),
        json!({"userType": "Robot"}),
        json!({"ageGroup": "Old"}),
        json!({"passwordProfile": {"password": 1}}),
        json!({"passwordProfile": {"hint": "x"}}),
        json!({"mail": null}),
        json!({"mail": "jörg@fabrikam.com"}),
        json!({"userPrincipalName": "jörg@fabrikam.com"}),
        json!({"userPrincipalName": format!("{}@fabrikam.com", "a".repeat(65))}),
        json!({"extension_0123456789abcdef0123456789abcdef_anchor": "x".repeat(257)}),
        json!({"extension_0123456789abcdef0123456789abcdef_anchor": ["x"]}),
        json!({"shoeSize": 42}),
        json!({"DisplayName": "names have one spelling"}),
    ];
    for body in refused {
        let answer = client.patch(&path, &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "Request_BadRequest"),
            "{body}"
        );
    }
    let taken = json!({
        "accountEnabled": false,
        "showInAddressList": true,
        "businessPhones": [],
        "otherMails": vec!["a@b.example"; 250],
        "employeeHireDate": "2026-03-02T00:00:00Z",
        "employeeOrgData": {"division": "Sales", "costCenter": null},
        "onPremisesExtensionAttributes": {"extensionAttribute15": "x".repeat(1_024)},
        "usageLocation": "NO",
        "userType": "Guest",
        "extension_0123456789abcdef0123456789abcdef_anchor": "x".repeat(256),
        "extension_0123456789abcdef0123456789abcdef_number": 12,
    });
    let answer = client.patch(&path, &taken).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

#[tokio::test]
async fn an_invitation_takes_what_its_type_declares_and_nothing_else() {
    let client = Client::new(&simulator(20), TARGET).await;
    let base = json!({
        "invitedUserEmailAddress": "zoe@contoso.com",
        "inviteRedirectUrl": "https://myapps.microsoft.com",
    });
    for (name, value) in [
        ("jobTitle", json!("Engineer")),
        ("sendInvitationMessage", json!("no")),
        ("resetRedemption", json!(1)),
        ("invitedUserDisplayName", json!("x".repeat(257))),
        ("invitedUserType", json!("Robot")),
        ("status", json!("Completed")),
        ("inviteRedirectUrl", Value::Null),
        ("invitedUserEmailAddress", json!("o'neil@contoso.com")),
        ("invitedUserEmailAddress", json!("a+b@contoso.com")),
        ("invitedUserEmailAddress", json!("zoe@contoso.com.")),
    ] {
        let mut body = base.clone();
        body[name] = value;
        let answer = client.post("/v1.0/invitations", &body).await;
        assert_eq!(answer.status, 400, "{name}: {}", answer.text);
    }
    assert_eq!(client.post("/v1.0/invitations", &base).await.status, 201);
}

#[tokio::test]
async fn groups_are_judged_as_users_are() {
    let client = Client::new(&simulator(20), TARGET).await;
    let base = json!({
        "displayName": "Ops", "mailEnabled": false, "mailNickname": "ops", "securityEnabled": true,
    });
    for (name, value, status) in [
        ("displayName", json!("x".repeat(257)), 400),
        ("description", json!(""), 400),
        ("mailNickname", json!("two words"), 400),
        ("mailNickname", json!("x".repeat(65)), 400),
        ("mailEnabled", json!("no"), 400),
        ("mailEnabled", json!(true), 400),
        ("groupTypes", json!("Unified"), 400),
        ("mail", json!("ops@fabrikam.com"), 400),
        ("membershipRule", json!("x".repeat(3_073)), 400),
        ("shoeSize", json!(42), 400),
        ("hideFromAddressLists", json!(true), 403),
    ] {
        let mut body = base.clone();
        body[name] = value;
        let answer = client.post("/v1.0/groups", &body).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
    }
    assert_eq!(client.post("/v1.0/groups", &base).await.status, 201);
}
