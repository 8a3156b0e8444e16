//! What an administrator's own scripts do: policies, contacts, and a look at Microsoft's own
//! synchronization (graph.md 6.1, 8.2, 10, 11, 12).

use serde_json::{Value, json};

use crate::client::{Answer, Client, SOURCE, TARGET, simulator};

const POLICY: &str = "/v1.0/policies/crossTenantAccessPolicy";

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.send("PUT", path, &[], Some(body)).await
}

fn blocked() -> Value {
    json!({
        "usersAndGroups": {
            "accessType": "blocked",
            "targets": [{"target": "AllUsers", "targetType": "user"}],
        },
        "applications": {
            "accessType": "blocked",
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    })
}

#[tokio::test]
async fn a_partner_is_added_changed_and_deleted_once_its_synchronization_is_gone() {
    let client = Client::administrator(&simulator(20), TARGET).await;
    let id = "90e29127-71ad-49c7-9ce8-db3f41ea06f1";
    let partner = format!("{POLICY}/partners/{id}");
    assert_eq!(client.get(&partner).await.status, 404);
    let body = json!({"tenantId": id, "inboundTrust": {"isMfaAccepted": true}});
    let added = client.post(&format!("{POLICY}/partners"), &body).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(
        added.body["b2bCollaborationInbound"],
        Value::Null,
        "inherited"
    );
    let again = client.post(&format!("{POLICY}/partners"), &body).await;
    assert_eq!(
        (again.status, again.code()),
        (409, "Request_MultipleObjectsWithSameKeyValue")
    );
    assert_eq!(
        again.body["error"]["details"][0]["code"],
        "ConflictingObjects"
    );
    let consent = json!({"automaticUserConsentSettings": {"inboundAllowed": true}});
    assert_eq!(client.patch(&partner, &consent).await.status, 204);
    let read = client.get(&partner).await.body;
    assert_eq!(read["automaticUserConsentSettings"]["inboundAllowed"], true);
    assert_eq!(read["inboundTrust"]["isMfaAccepted"], true);
    for wrong in [
        json!({"shoeSize": 42}),
        json!({"inboundTrust": {"isMfaAccepted": "yes"}}),
        json!({"b2bCollaborationInbound": {"usersAndGroups": {"accessType": "maybe"}}}),
    ] {
        assert_eq!(client.patch(&partner, &wrong).await.status, 400, "{wrong}");
    }
    let sync = format!("{partner}/identitySynchronization");
    assert_eq!(client.get(&sync).await.status, 404);
    let allowed = json!({"displayName": "Contoso", "userSyncInbound": {"isSyncAllowed": true}});
    assert_eq!(put(&client, &sync, &allowed).await.status, 204);
    assert_eq!(put(&client, &sync, &allowed).await.status, 409);
    assert_eq!(
        client.get(&sync).await.body["userSyncInbound"]["isSyncAllowed"],
        true
    );
    let stopped = json!({"userSyncInbound": {"isSyncAllowed": false}});
    assert_eq!(client.patch(&sync, &stopped).await.status, 204);
    assert_eq!(client.get(&sync).await.body["displayName"], "Contoso");
    assert_eq!(client.delete(&partner).await.status, 400);
    assert_eq!(client.delete(&sync).await.status, 204);
    assert_eq!(client.delete(&partner).await.status, 204);
    assert_eq!(client.get(&partner).await.status, 404);
}

#[tokio::test]
async fn who_is_blocked_by_partner_or_default_cannot_be_invited() {
    let simulator = simulator(20);
    let client = Client::administrator(&simulator, TARGET).await;
    let partner = format!(
        "{POLICY}/partners/{}",
        simulator.tenants()[SOURCE].tenant_id
    );
    let default = format!("{POLICY}/default");
    assert_eq!(client.get(&default).await.body["isServiceDefault"], true);
    assert_eq!(client.invite("zoe@contoso.com").await.status, 201);
    let section = |value: Value| json!({ "b2bCollaborationInbound": value });
    client.patch(&partner, &section(blocked())).await;
    let refused = client.invite("yara@contoso.com").await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .message()
            .contains("blocked by cross-tenant access settings")
    );
    assert_eq!(
        client.invite("yara@adatum.com").await.status,
        201,
        "others are not"
    );
    client.patch(&partner, &section(Value::Null)).await;
    assert_eq!(
        client.invite("yara@contoso.com").await.status,
        201,
        "null inherits"
    );
    client.patch(&default, &section(blocked())).await;
    assert_eq!(client.get(&default).await.body["isServiceDefault"], false);
    assert_eq!(client.invite("xena@contoso.com").await.status, 400);
    assert_eq!(client.invite("xena@adatum.com").await.status, 400);
}

#[tokio::test]
async fn who_may_invite_is_changed_through_graph() {
    let client = Client::administrator(&simulator(20), TARGET).await;
    let path = "/v1.0/policies/authorizationPolicy";
    let only = json!({"allowInvitesFrom": "adminsAndGuestInviters"});
    assert_eq!(client.patch(path, &only).await.status, 204);
    assert_eq!(
        client.get(path).await.body["allowInvitesFrom"],
        "adminsAndGuestInviters"
    );
    assert_eq!(client.invite("zoe@contoso.com").await.status, 403);
    for wrong in [
        json!({"allowInvitesFrom": "nobody"}),
        json!({"shoeSize": 42}),
    ] {
        assert_eq!(client.patch(path, &wrong).await.status, 400, "{wrong}");
    }
    client
        .patch(path, &json!({"allowInvitesFrom": "everyone"}))
        .await;
    assert_eq!(client.invite("zoe@contoso.com").await.status, 201);
}

#[tokio::test]
async fn the_other_tenant_and_the_domains_are_looked_up() {
    let simulator = simulator(20);
    let client = Client::administrator(&simulator, TARGET).await;
    let other = &simulator.tenants()[SOURCE];
    let path = "/v1.0/tenantRelationships/findTenantInformationByTenantId";
    let found = client
        .get(&format!("{path}(tenantId='{}')", other.tenant_id))
        .await;
    assert_eq!(found.body["displayName"], "Contoso", "{}", found.text);
    assert_eq!(found.body["defaultDomainName"], "contoso.com");
    let nobody = client
        .get(&format!(
            "{path}(tenantId='{}')",
            "00000000-0000-0000-0000-000000000000"
        ))
        .await;
    assert_eq!(nobody.status, 404);
    let domains = client.get("/v1.0/domains").await;
    let initial = domains
        .rows()
        .iter()
        .find(|row| row["isInitial"] == true)
        .unwrap();
    assert_eq!(
        initial["id"],
        json!(simulator.tenants()[TARGET].initial_domain)
    );
    assert_eq!(
        client.get("/v1.0/domains/fabrikam.com").await.body["isDefault"],
        true
    );
    assert_eq!(client.get("/v1.0/domains/contoso.com").await.status, 404);
    let skus = client.get("/v1.0/subscribedSkus").await;
    assert_eq!(skus.rows()[0]["prepaidUnits"]["enabled"], 25);
}

#[tokio::test]
async fn microsofts_own_synchronization_is_found_with_its_log() {
    let simulator = simulator(40);
    let client = Client::administrator(&simulator, SOURCE).await;
    assert!(
        client
            .get("/v1.0/servicePrincipals")
            .await
            .rows()
            .is_empty()
    );
    let asked = json!({"target": "fabrikam.com", "health": "quarantine", "logged": 20});
    let made = client
        .post("/_simulator/tenants/contoso/synchronization", &asked)
        .await;
    assert_eq!(made.status, 204, "{}", made.text);
    let principals = client
        .get("/v1.0/servicePrincipals?$filter=displayName eq 'Fabrikam'")
        .await;
    let id = principals.rows()[0]["id"].as_str().unwrap().to_owned();
    let jobs = format!("/v1.0/servicePrincipals/{id}/synchronization/jobs");
    let job = client.get(&jobs).await.rows()[0].clone();
    assert_eq!(job["templateId"], "Azure2Azure");
    assert_eq!(job["status"]["code"], "Quarantine");
    assert_eq!(
        job["status"]["steadyStateLastAchievedTime"],
        "0001-01-01T00:00:00Z"
    );
    let one = client
        .get(&format!("{jobs}/{}", job["id"].as_str().unwrap()))
        .await;
    assert_eq!(one.body, job);

    let log = "/v1.0/auditLogs/provisioning";
    let failed = "$filter=provisioningStatusInfo/status eq 'failure'";
    let rows = client.get(&format!("{log}?{failed}&$top=2")).await;
    assert_eq!(rows.rows().len(), 2, "{}", rows.text);
    assert_eq!(
        rows.rows()[0]["provisioningStatusInfo"]["errorInformation"]["errorCode"],
        "AzureActiveDirectoryForbidden"
    );
    assert!(rows.link("nextLink").is_some());
    let shouted = client
        .get(&format!("{log}?$filter=provisioningAction eq 'CREATE'"))
        .await;
    assert!(shouted.rows().is_empty(), "values are compared with case");
    let unknown = client
        .get(&format!("{log}?$filter=provisioningSteps eq 'x'"))
        .await;
    assert_eq!(unknown.status, 400);
    simulator.advance(60);
    // Five in ten seconds, whatever the resource units (graph.md 8.2).
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(client.get(log).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert_eq!(client.get("/v1.0/users?$top=1").await.status, 200);
}

#[tokio::test]
async fn contacts_are_followed_and_belong_to_groups() {
    let simulator = simulator(20);
    let client = Client::administrator(&simulator, SOURCE).await;
    let (_, link) = client
        .round("/v1.0/contacts/delta?$select=displayName,mail")
        .await;
    let body = json!({"displayName": "Ann at Adatum", "mail": "ann@adatum.com"});
    let contacts = "/_simulator/tenants/contoso/contacts";
    let made = client.post(contacts, &body).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (items, link) = client.round(&link).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["mail"], "ann@adatum.com");
    let group = json!({
        "displayName": "Partners", "mailEnabled": false, "mailNickname": "partners",
        "securityEnabled": true,
        "members@odata.bind": [format!("https://graph.test/v1.0/directoryObjects/{made}")],
    });
    let inner = client.post("/v1.0/groups", &group).await;
    assert_eq!(inner.status, 201, "{}", inner.text);
    let inner = inner.body["id"].as_str().unwrap().to_owned();
    let outer = json!({
        "displayName": "All partners", "mailEnabled": false, "mailNickname": "allpartners",
        "securityEnabled": true,
        "members@odata.bind": [format!("https://graph.test/v1.0/groups/{inner}")],
    });
    assert_eq!(client.post("/v1.0/groups", &outer).await.status, 201);
    let of = |path: &str| format!("/v1.0/contacts/{made}/{path}");
    assert_eq!(client.get(&of("memberOf")).await.rows().len(), 1);
    assert_eq!(client.get(&of("transitiveMemberOf")).await.rows().len(), 2);
    assert_eq!(client.get(&of("manager")).await.status, 404);
    client
        .delete(&format!("/_simulator/tenants/contoso/objects/{made}"))
        .await;
    let (items, _) = client.round(&link).await;
    assert_eq!(items[0]["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn a_group_lives_dies_and_comes_back_with_its_members() {
    let client = Client::administrator(&simulator(40), TARGET).await;
    let users = client.get("/v1.0/users?$select=id&$top=5").await;
    let link = |row: &Value| {
        format!(
            "https://graph.test/v1.0/directoryObjects/{}",
            row["id"].as_str().unwrap()
        )
    };
    let made = client
        .post(
            "/v1.0/groups",
            &json!({
                "displayName": "Ops", "mailEnabled": false, "mailNickname": "ops",
                "securityEnabled": true, "description": "Operations",
                "owners@odata.bind": [link(&users.rows()[0])],
                "members@odata.bind": [link(&users.rows()[1]), link(&users.rows()[2])],
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.header("location").unwrap().contains("/v1.0/groups/"));
    let id = made.body["id"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/groups/{id}");
    let (_, delta) = client
        .round("/v1.0/groups/delta?$select=displayName,members")
        .await;
    let more = json!({"members@odata.bind": [link(&users.rows()[3])]});
    assert_eq!(client.patch(&path, &more).await.status, 204);
    let added = json!({"@odata.id": link(&users.rows()[4])});
    assert_eq!(
        client
            .post(&format!("{path}/members/$ref"), &added)
            .await
            .status,
        204
    );
    let gone = users.rows()[1]["id"].as_str().unwrap();
    assert_eq!(
        client
            .delete(&format!("{path}/members/{gone}/$ref"))
            .await
            .status,
        204
    );
    let (items, delta) = client.round(&delta).await;
    let ours = items.iter().find(|item| item["id"] == json!(id)).unwrap();
    let members = ours["members@delta"].as_array().unwrap();
    assert_eq!(members.len(), 3);
    assert_eq!(
        members
            .iter()
            .filter(|one| one.get("@removed").is_some())
            .count(),
        1
    );
    assert_eq!(client.delete(&path).await.status, 204);
    let (items, _) = client.round(&delta).await;
    assert_eq!(items[0]["@removed"]["reason"], "changed");
    let bin = format!("/v1.0/directory/deletedItems/{id}");
    assert_eq!(
        client
            .post(&format!("{bin}/restore"), &json!({}))
            .await
            .status,
        200
    );
    assert_eq!(client.get(&format!("{path}/members")).await.rows().len(), 3);
}
