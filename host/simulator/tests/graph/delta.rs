//! Delta rounds.

use serde_json::{Value, json};

use crate::client::{Client, SOURCE, TARGET, simulator};

fn item<'a>(items: &'a [Value], id: &str) -> Option<&'a Value> {
    items.iter().find(|item| item["id"] == json!(id))
}

#[tokio::test]
async fn the_first_round_leaves_out_what_never_had_a_value() {
    let client = Client::new(&simulator(250), SOURCE).await;
    let (items, _) = client
        .round("/v1.0/users/delta?$select=displayName,mail,mobilePhone,manager")
        .await;
    assert_eq!(items.len(), 250);
    assert!(items.iter().all(|item| item.get("id").is_some()));
    assert!(items.iter().any(|item| item.get("mail").is_none()));
    assert!(
        items
            .iter()
            .all(|item| item.get("mail") != Some(&Value::Null))
    );
    let with_manager = items
        .iter()
        .filter(|item| item.get("manager@delta").is_some());
    assert!(with_manager.count() > 200);
}

#[tokio::test]
async fn only_changes_to_tracked_properties_are_reported() {
    let client = Client::new(&simulator(60), TARGET).await;
    let (_, link) = client
        .round("/v1.0/users/delta?$select=city,displayName,faxNumber")
        .await;
    let id = client.somebody().await;
    let path = format!("/v1.0/users/{id}");
    client.patch(&path, &json!({"jobTitle": "Unseen"})).await;
    let (items, link) = client.round(&link).await;
    assert_eq!(items, Vec::<Value>::new());
    client.patch(&path, &json!({"city": null})).await;
    let (items, _) = client.round(&link).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["city"], Value::Null);
    assert!(items[0]["displayName"].is_string());
    assert!(items[0].as_object().unwrap().contains_key("faxNumber"));
    // A link is not used up; minimal answers name the change alone.
    let minimal = client
        .send("GET", &link, &[("Prefer", "return=minimal")], None)
        .await;
    assert_eq!(minimal.rows()[0], json!({"id": id, "city": null}));
}

#[tokio::test]
async fn a_delete_reads_changed_a_purge_deleted_and_a_restore_whole() {
    let client = Client::new(&simulator(60), TARGET).await;
    let (_, link) = client.round("/v1.0/users/delta?$select=displayName").await;
    let id = client.somebody().await;
    client.delete(&format!("/v1.0/users/{id}")).await;
    let (items, deleted) = client.round(&link).await;
    assert_eq!(
        items,
        [json!({"id": id, "@removed": {"reason": "changed"}})]
    );
    let bin = format!("/v1.0/directory/deletedItems/{id}");
    client.post(&format!("{bin}/restore"), &json!({})).await;
    let (items, restored) = client.round(&deleted).await;
    assert!(item(&items, &id).unwrap()["displayName"].is_string());
    client.delete(&format!("/v1.0/users/{id}")).await;
    client.delete(&bin).await;
    let (items, _) = client.round(&restored).await;
    assert_eq!(
        items,
        [json!({"id": id, "@removed": {"reason": "deleted"}})]
    );
}

#[tokio::test]
async fn deleted_users_are_reported_in_the_first_round_too() {
    let client = Client::new(&simulator(20), TARGET).await;
    let (items, _) = client.round("/v1.0/users/delta?$select=displayName").await;
    assert!(
        items
            .iter()
            .any(|item| item["@removed"]["reason"] == "changed")
    );
}

#[tokio::test]
async fn a_large_group_goes_on_in_the_next_page() {
    let simulator = simulator(200);
    let administrator = Client::administrator(&simulator, SOURCE).await;
    let knobs = json!({"delta_members_per_page": 50});
    administrator
        .post("/_simulator/tenants/contoso/behaviour", &knobs)
        .await;
    let client = Client::new(&simulator, SOURCE).await;
    let (items, _) = client
        .round("/v1.0/groups/delta?$select=displayName,members")
        .await;
    let slices: Vec<usize> = items
        .iter()
        .filter(|item| item["displayName"] == "All staff")
        .map(|item| item["members@delta"].as_array().unwrap().len())
        .collect();
    assert!(slices.len() >= 4, "{slices:?}");
    assert_eq!(slices.iter().sum::<usize>(), 195);
}

#[tokio::test]
async fn members_come_and_go_by_delta_but_not_by_the_recycle_bin() {
    let simulator = simulator(60);
    let client = Client::administrator(&simulator, SOURCE).await;
    let (items, link) = client
        .round("/v1.0/groups/delta?$select=displayName,members")
        .await;
    let staff = items
        .iter()
        .find(|item| item["displayName"] == "All staff")
        .unwrap();
    let group = staff["id"].as_str().unwrap();
    let members = staff["members@delta"].as_array().unwrap();
    let (gone, binned) = (
        members[0]["id"].as_str().unwrap(),
        members[1]["id"].as_str().unwrap(),
    );
    client
        .delete(&format!("/v1.0/groups/{group}/members/{gone}/$ref"))
        .await;
    client.delete(&format!("/v1.0/users/{binned}")).await;
    let (items, _) = client.round(&link).await;
    let links = item(&items, group).unwrap()["members@delta"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(
        links,
        [json!({
            "@odata.type": "#microsoft.graph.user", "id": gone, "@removed": {"reason": "deleted"},
        })]
    );
}

#[tokio::test]
async fn latest_gives_a_link_without_data_and_fifty_ids_are_the_most() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let (items, link) = client.round("/v1.0/users/delta?$deltatoken=latest").await;
    assert!(items.is_empty());
    assert!(client.round(&link).await.0.is_empty());
    let id = client.somebody().await;
    let filter = |count: usize| vec![format!("id eq '{id}'"); count].join(" or ");
    let path = |count| format!("/v1.0/users/delta?$select=mail&$filter={}", filter(count));
    assert_eq!(client.round(&path(50)).await.0.len(), 1);
    assert_eq!(client.get(&path(51)).await.status, 400);
}

#[tokio::test]
async fn links_go_bad_in_three_forms() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, SOURCE).await;
    let expire = "/_simulator/tenants/contoso/expire-delta";
    let start = "/v1.0/users/delta?$select=mail";
    let (_, link) = client.round(start).await;
    client.post(expire, &json!({})).await;
    let gone = client.get(&link).await;
    assert_eq!((gone.status, gone.code()), (410, "resyncRequired"));
    assert!(gone.header("location").unwrap().ends_with("$deltatoken="));
    let (_, link) = client.round(start).await;
    client.post(expire, &json!({"form": "stateNotFound"})).await;
    assert_eq!(client.get(&link).await.code(), "syncStateNotFound");
    let (_, link) = client.round(start).await;
    simulator.advance(8 * 24 * 3_600);
    let client = Client::new(&simulator, SOURCE).await;
    let old = client.get(&link).await;
    assert_eq!(
        old.message(),
        "DeltaLink older than 30 days is not supported."
    );
    assert_eq!(
        client
            .get("/v1.0/users/delta?$deltatoken=made-up")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn every_spelling_of_the_function_is_understood_and_contacts_are_there() {
    let client = Client::new(&simulator(20), SOURCE).await;
    for path in [
        "/v1.0/users/microsoft.graph.delta",
        "/v1.0/users/delta()",
        "/v1.0/contacts/delta",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    // Contacts are read and followed only (graph.md 6.1).
    assert_eq!(client.post("/v1.0/contacts", &json!({})).await.status, 405);
}

#[tokio::test]
async fn a_change_may_come_late() {
    let simulator = simulator(20);
    let client = Client::administrator(&simulator, SOURCE).await;
    client
        .post(
            "/_simulator/tenants/contoso/behaviour",
            &json!({"delta_lag_s": 60}),
        )
        .await;
    let (_, link) = client.round("/v1.0/users/delta?$select=city").await;
    let id = client.somebody().await;
    client
        .patch(&format!("/v1.0/users/{id}"), &json!({"city": "Oslo"}))
        .await;
    let (items, link) = client.round(&link).await;
    assert!(items.is_empty());
    simulator.advance(61);
    assert_eq!(client.round(&link).await.0.len(), 1);
}

#[tokio::test]
async fn a_round_can_leave_rows_out_and_still_end_in_a_delta_link() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, SOURCE).await;
    let id = client.somebody().await;
    let knobs = json!({"omitted": [id]});
    client
        .post("/_simulator/tenants/contoso/behaviour", &knobs)
        .await;
    let (items, _) = client.round("/v1.0/users/delta?$select=mail").await;
    assert_eq!(items.len(), 19);
    let single = client.get(&format!("/v1.0/users/{id}")).await;
    assert_eq!(single.status, 200);
}
