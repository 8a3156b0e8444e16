//! Invitations.

use serde_json::json;

use crate::client::{Client, TARGET, simulator};

#[tokio::test]
async fn an_invitation_makes_an_external_user() {
    let client = Client::new(&simulator(20), TARGET).await;
    let answer = client.invite("zoe.new@contoso.com").await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let user = answer.body["invitedUser"].as_object().unwrap();
    assert_eq!(user.len(), 1);
    let read = client
        .get(&format!(
            "/v1.0/users/{}?$select=userPrincipalName,mail,otherMails,proxyAddresses,userType,\
             creationType,externalUserState,showInAddressList,usageLocation,displayName",
            user["id"].as_str().unwrap()
        ))
        .await;
    let mut body = read.body.clone();
    body.as_object_mut().unwrap().remove("@odata.context");
    assert_eq!(
        body,
        json!({
            "userPrincipalName": "zoe.new_contoso.com#EXT#@fabrikam.onmicrosoft.com",
            "mail": "zoe.new@contoso.com",
            "otherMails": ["zoe.new@contoso.com"],
            "proxyAddresses": ["SMTP:zoe.new@contoso.com"],
            "userType": "Member",
            "creationType": "Invitation",
            "externalUserState": "PendingAcceptance",
            "showInAddressList": false,
            "usageLocation": null,
            "displayName": "zoe.new",
        })
    );
    let named = "/v1.0/users/zoe.new_contoso.com%23EXT%23@fabrikam.onmicrosoft.com";
    assert_eq!(client.get(named).await.status, 200);
}

#[tokio::test]
async fn inviting_again_gives_the_same_user() {
    let client = Client::new(&simulator(20), TARGET).await;
    let first = client.invite("zoe@contoso.com").await;
    let again = client.invite("Zoe@contoso.com").await;
    assert_eq!(again.status, 201);
    assert_eq!(first.body["invitedUser"], again.body["invitedUser"]);
    assert_ne!(first.body["inviteRedeemUrl"], again.body["inviteRedeemUrl"]);
}

#[tokio::test]
async fn a_deleted_guest_does_not_come_back_by_invitation() {
    let client = Client::new(&simulator(20), TARGET).await;
    let first = client.invite("zoe@contoso.com").await;
    let id = first.body["invitedUser"]["id"].as_str().unwrap();
    client.delete(&format!("/v1.0/users/{id}")).await;
    let again = client.invite("zoe@contoso.com").await;
    assert_eq!(again.status, 201);
    assert_ne!(first.body["invitedUser"], again.body["invitedUser"]);
}

#[tokio::test]
async fn who_cannot_be_invited_is_refused_in_graphs_words() {
    let client = Client::new(&simulator(20), TARGET).await;
    for address in [
        "o'neil@contoso.com",
        "a+b@contoso.com",
        ".a@contoso.com",
        "nobody",
    ] {
        assert_eq!(client.invite(address).await.status, 400, "{address}");
    }
    let own = client.invite("anybody@fabrikam.com").await;
    assert_eq!(
        own.message(),
        "This user cannot be invited because the domain of the user's email address is a verified \
         domain of this directory."
    );
    let id = client.somebody().await;
    let knob = format!("/_simulator/tenants/fabrikam/objects/{id}");
    let proxies = json!({"proxyAddresses": ["SMTP:inside@contoso.com"]});
    client.patch(&knob, &proxies).await;
    assert_eq!(
        client.invite("inside@contoso.com").await.message(),
        format!(
            "The invited user already exists in the directory as object ID: {id}. They can use \
             that account to sign in to shared apps and resources."
        )
    );
}

#[tokio::test]
async fn a_contact_in_the_way_costs_the_proxy_address() {
    let client = Client::new(&simulator(20), TARGET).await;
    let contact = json!({
        "displayName": "Zoe", "mail": "zoe@contoso.com",
        "proxyAddresses": ["SMTP:zoe@contoso.com"],
    });
    client
        .post("/_simulator/tenants/fabrikam/contacts", &contact)
        .await;
    let answer = client.invite("zoe@contoso.com").await;
    assert_eq!(answer.status, 201);
    let id = answer.body["invitedUser"]["id"].as_str().unwrap();
    let read = client
        .get(&format!("/v1.0/users/{id}?$select=proxyAddresses"))
        .await;
    assert_eq!(read.body["proxyAddresses"], json!([]));
}

#[tokio::test]
async fn the_collaboration_policy_refuses_an_app() {
    let client = Client::new(&simulator(20), TARGET).await;
    let behaviour = "/_simulator/tenants/fabrikam/behaviour";
    for setting in ["none", "adminsAndGuestInviters"] {
        client
            .post(behaviour, &json!({"allow_invites_from": setting}))
            .await;
        let answer = client.invite("zoe@contoso.com").await;
        assert_eq!(answer.status, 403);
        assert!(
            answer
                .message()
                .starts_with("Guest invitations not allowed for your company.")
        );
        let policy = client.get("/v1.0/policies/authorizationPolicy").await;
        assert_eq!(policy.body["allowInvitesFrom"], setting);
    }
}
