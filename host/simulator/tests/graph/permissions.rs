//! The roles of the token permit a request or refuse it, route by route (graph.md 2.3, 4.1, 5.3,
//! 6.1, 10.1, 10.2, 11.1, 12.1).

use serde_json::{Value, json};

use crate::client::{Client, TARGET, simulator};

/// A request, and the permissions with which it is carried out; without any one of those joined by
/// `+` it is refused. `{user}`, `{guest}` and `{group}` stand for ids.
const NEEDED: &[(&str, &str, &str)] = &[
    ("GET", "/users?$top=1", "User.Read.All"),
    ("GET", "/users/{user}", "Directory.Read.All"),
    ("GET", "/users/delta", "User.ReadWrite.All"),
    ("GET", "/users/{user}/manager", "User.Read.All"),
    (
        "GET",
        "/users/{user}/memberOf",
        "User.Read.All+GroupMember.Read.All",
    ),
    ("GET", "/groups", "GroupMember.Read.All"),
    ("GET", "/groups/{group}/members", "Group.Read.All"),
    ("GET", "/contacts/delta", "OrgContact.Read.All"),
    ("GET", "/organization", "Organization.Read.All"),
    ("GET", "/domains", "Domain.Read.All"),
    ("GET", "/policies/authorizationPolicy", "Policy.Read.All"),
    (
        "GET",
        "/policies/crossTenantAccessPolicy/default",
        "Policy.Read.All",
    ),
    (
        "GET",
        "/directory/deletedItems/microsoft.graph.user",
        "User.Read.All",
    ),
    (
        "GET",
        "/directory/deletedItems/microsoft.graph.group",
        "Group.Read.All",
    ),
    ("POST", "/invitations", "User.Invite.All"),
    ("POST", "/groups", "Group.Create"),
    ("PATCH", "/groups/{group}", "Group.ReadWrite.All"),
    ("PUT", "/users/{user}/manager/$ref", "User.ReadUpdate.All"),
    ("DELETE", "/users/{guest}", "User.DeleteRestore.All"),
];

/// The values of a PATCH of a user, and the smallest permission that they need (graph.md 2.3).
const UPDATES: &[(&str, &str)] = &[
    (r#"{"city": "Rome"}"#, "User.ReadUpdate.All"),
    (
        r#"{"accountEnabled": true}"#,
        "User.EnableDisableAccount.All",
    ),
    (r#"{"otherMails": []}"#, "User-Mail.ReadWrite.All"),
    (r#"{"mobilePhone": null}"#, "User-Phone.ReadWrite.All"),
    (r#"{"businessPhones": []}"#, "User-Phone.ReadWrite.All"),
    (
        r#"{"passwordProfile": {"password": "xxxxxxxx"}}"#,
        "User-PasswordProfile.ReadWrite.All",
    ),
    (
        r#"{"employeeLeaveDateTime": null}"#,
        "User-LifeCycleInfo.ReadWrite.All",
    ),
];

async fn grant(client: &Client, roles: &[&str]) {
    let answer = client
        .post(
            "/_simulator/tenants/fabrikam/behaviour",
            &json!({ "app_roles": roles }),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_request_is_permitted_by_its_roles_and_by_no_others() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let user = client.somebody().await;
    let group = client
        .get("/v1.0/groups?$filter=displayName eq 'Sales'")
        .await
        .rows()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let guest = client
        .get("/v1.0/users?$filter=userType eq 'Guest'")
        .await
        .rows()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (method, path, roles) in NEEDED {
        let path = path
            .replace("{user}", &user)
            .replace("{group}", &group)
            .replace("{guest}", &guest);
        let path = format!("/v1.0{path}");
        let body: Option<Value> = match (*method, path.contains("invitations")) {
            ("POST", true) => Some(json!({
                "invitedUserEmailAddress": "zoe@contoso.com",
                "inviteRedirectUrl": "https://myapps.microsoft.com",
            })),
            ("POST", false) => Some(json!({
                "displayName": "Ops", "mailEnabled": false, "mailNickname": "ops",
                "securityEnabled": true,
            })),
            ("PUT", _) => Some(json!({"@odata.id": format!("https://x/v1.0/users/{guest}")})),
            ("PATCH", _) => Some(json!({"description": "x"})),
            _ => None,
        };
        let roles: Vec<&str> = roles.split('+').collect();
        for without in 0..roles.len() {
            let mut fewer = roles.clone();
            fewer.remove(without);
            fewer.push("Calendars.Read");
            grant(&client, &fewer).await;
            let answer = client.send(method, &path, &[], body.as_ref()).await;
            assert_eq!(
                (answer.status, answer.code(), answer.message()),
                (
                    403,
                    "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation."
                ),
                "{method} {path}"
            );
        }
        grant(&client, &roles).await;
        let answer = client.send(method, &path, &[], body.as_ref()).await;
        assert!(
            (200..300).contains(&answer.status)
                || (answer.status == 404 && path.ends_with("manager")),
            "{method} {path} with {roles:?}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn sensitive_properties_have_permissions_of_their_own() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    for (body, role) in UPDATES {
        let body: Value = serde_json::from_str(body).unwrap();
        grant(&client, &["User.Read.All"]).await;
        assert_eq!(client.patch(&path, &body).await.status, 403, "{body}");
        grant(&client, &["User.Read.All", role]).await;
        assert_eq!(
            client.patch(&path, &body).await.status,
            204,
            "{body} with {role}"
        );
    }
    grant(&client, &["User.ReadUpdate.All"]).await;
    let both = json!({"city": "Oslo", "accountEnabled": false});
    assert_eq!(client.patch(&path, &both).await.status, 403);
    let identities = json!({"identities": []});
    grant(&client, &["User.ReadWrite.All"]).await;
    assert_eq!(client.patch(&path, &identities).await.status, 403);
}

#[tokio::test]
async fn members_are_added_with_the_members_permission_and_nothing_else_is() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let guest = client
        .get("/v1.0/users?$filter=userType eq 'Guest'")
        .await
        .rows()[0]["id"]
        .clone();
    let group = client
        .get("/v1.0/groups?$filter=displayName eq 'Legal'")
        .await
        .rows()[0]["id"]
        .clone();
    let path = format!("/v1.0/groups/{}", group.as_str().unwrap());
    let bind = json!({"members@odata.bind": [
        format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", guest.as_str().unwrap())
    ]});
    grant(&client, &["GroupMember.ReadWrite.All"]).await;
    let renamed = client.patch(&path, &json!({"description": "x"})).await;
    assert_eq!(renamed.status, 403);
    assert_eq!(client.patch(&path, &bind).await.status, 204);
    // Without `/$ref` it is the user that would go, for which that permission is not enough.
    let member = format!("{path}/members/{}", guest.as_str().unwrap());
    assert_eq!(client.delete(&member).await.status, 403);
    assert_eq!(client.delete(&format!("{member}/$ref")).await.status, 204);
}
