//! Groups and members.

use serde_json::{Value, json};

use crate::client::{Client, TARGET, simulator};

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailNickname": "ops", "mailEnabled": false, "securityEnabled": true})
}

fn link(id: &str) -> String {
    format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")
}

async fn some_ids(client: &Client) -> Vec<String> {
    let answer = client.get("/v1.0/users?$select=id").await;
    let ids = answer.rows().iter().filter_map(|row| row["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn names_repeat_but_unique_names_do_not() {
    let client = Client::new(&simulator(20), TARGET).await;
    let first = client.post("/v1.0/groups", &group("Ops")).await;
    let second = client.post("/v1.0/groups", &group("Ops")).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["id"], second.body["id"]);
    let found = client
        .get("/v1.0/groups?$filter=displayName eq 'Ops'")
        .await;
    assert_eq!(found.rows().len(), 2);
    let path = "/v1.0/groups(uniqueName='ops-1')";
    let prefer = [("Prefer", "create-if-missing")];
    let made = client
        .send("PATCH", path, &prefer, Some(&group("Once")))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = client
        .send("PATCH", path, &prefer, Some(&group("Once")))
        .await;
    assert_eq!(again.status, 204, "{}", again.text);
}

#[tokio::test]
async fn members_are_added_all_or_nothing_and_twenty_at_most() {
    let client = Client::new(&simulator(400), TARGET).await;
    let ids = some_ids(&client).await;
    let made = client.post("/v1.0/groups", &group("Ops")).await;
    let path = format!("/v1.0/groups/{}", made.body["id"].as_str().unwrap());
    let bind = |ids: &[String]| {
        let links: Vec<String> = ids.iter().map(|id| link(id)).collect();
        json!({"members@odata.bind": links})
    };
    let count = async || {
        client
            .get(&format!("{path}/members?$select=id"))
            .await
            .rows()
            .len()
    };
    assert_eq!(client.patch(&path, &bind(&ids[..20])).await.status, 204);
    assert_eq!(client.patch(&path, &bind(&ids[1..22])).await.status, 400);
    let already = client.patch(&path, &bind(&ids[19..21])).await;
    assert_eq!(already.status, 400);
    assert_eq!(
        already.message(),
        "One or more added object references already exist for the following modified properties: \
         'members'."
    );
    assert_eq!(count().await, 20);
    let missing = json!({"@odata.id": link("00000000-0000-4000-8000-000000000000")});
    assert_eq!(
        client
            .post(&format!("{path}/members/$ref"), &missing)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_delete_without_ref_deletes_the_member_itself() {
    let client = Client::new(&simulator(20), TARGET).await;
    let id = some_ids(&client).await[0].clone();
    let made = client.post("/v1.0/groups", &group("Ops")).await;
    let path = format!("/v1.0/groups/{}/members", made.body["id"].as_str().unwrap());
    let body = json!({"@odata.id": link(&id)});
    assert_eq!(
        client.post(&format!("{path}/$ref"), &body).await.status,
        204
    );
    assert_eq!(
        client.delete(&format!("{path}/{id}/$ref")).await.status,
        204
    );
    assert_eq!(
        client.delete(&format!("{path}/{id}/$ref")).await.status,
        404
    );
    assert_eq!(client.get(&format!("/v1.0/users/{id}")).await.status, 200);
    client.post(&format!("{path}/$ref"), &body).await;
    assert_eq!(client.delete(&format!("{path}/{id}")).await.status, 204);
    assert_eq!(client.get(&format!("/v1.0/users/{id}")).await.status, 404);
}

#[tokio::test]
async fn distribution_lists_are_read_only() {
    let client = Client::new(&simulator(20), TARGET).await;
    let found = client
        .get("/v1.0/groups?$filter=displayName eq 'News list'")
        .await;
    let path = format!("/v1.0/groups/{}", found.rows()[0]["id"].as_str().unwrap());
    let answer = client.patch(&path, &json!({"description": "x"})).await;
    assert_eq!(
        answer.message(),
        "Cannot Update a mail-enabled security groups and or distribution list."
    );
}

#[tokio::test]
async fn nested_groups_are_seen_through() {
    let client = Client::new(&simulator(200), TARGET).await;
    let found = client
        .get("/v1.0/groups?$filter=displayName eq 'Everyone'")
        .await;
    let path = format!("/v1.0/groups/{}", found.rows()[0]["id"].as_str().unwrap());
    let direct = client.get(&format!("{path}/members")).await;
    assert!(
        direct
            .rows()
            .iter()
            .all(|row| row["@odata.type"] == "#microsoft.graph.group")
    );
    let users = client
        .get(&format!("{path}/transitiveMembers/microsoft.graph.user"))
        .await;
    assert!(users.rows().len() > 5);
}
