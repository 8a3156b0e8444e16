//! The people, and a week of theirs.

use serde_json::{Value, json};

use crate::client::{Client, SOURCE, simulator};

#[tokio::test]
async fn a_week_reports_exactly_what_delta_reports() {
    let simulator = simulator(200);
    let client = Client::new(&simulator, SOURCE).await;
    let select = "displayName,surname,mail,userPrincipalName,department,officeLocation,\
                  accountEnabled,manager";
    let (_, link) = client
        .round(&format!("/v1.0/users/delta?$select={select}"))
        .await;
    let changes = simulator.pass_a_week(11);
    let (items, _) = client.round(&link).await;
    assert_eq!(items.len(), changes.people());
    assert_eq!(changes.hired.len(), 3);
    assert_eq!(
        (
            changes.left.len(),
            changes.renamed.len(),
            changes.readdressed.len()
        ),
        (1, 2, 1)
    );
    let removed: Vec<&Value> = items
        .iter()
        .filter(|item| item.get("@removed").is_some())
        .collect();
    assert_eq!(removed.len(), changes.left.len());
    let cleared = items
        .iter()
        .find(|item| item["id"] == json!(changes.cleared[0].id))
        .unwrap();
    assert_eq!(cleared["officeLocation"], Value::Null);
    let readdressed = &changes.readdressed[0];
    let person = items
        .iter()
        .find(|item| item["id"] == json!(readdressed.id))
        .unwrap();
    assert_eq!(
        person["userPrincipalName"],
        json!(readdressed.user_principal_name)
    );
}

#[test]
fn the_same_week_on_the_same_tenant_is_the_same() {
    assert_eq!(simulator(100).pass_a_week(5), simulator(100).pass_a_week(5));
    assert_ne!(simulator(100).pass_a_week(5), simulator(100).pass_a_week(6));
}

#[tokio::test]
async fn the_population_is_as_varied_as_a_real_one() {
    let simulator = simulator(200);
    let client = Client::new(&simulator, SOURCE).await;
    let body = client.get("/_simulator/tenants/contoso/objects").await.body;
    let users = body["users"].as_array().unwrap();
    assert_eq!(users.len(), 200);
    let count = |test: &dyn Fn(&Value) -> bool| users.iter().filter(|user| test(user)).count();
    assert_eq!(count(&|user| user["userType"] == "Guest"), 5);
    assert!(count(&|user| user["accountEnabled"] == json!(false)) >= 5);
    assert!(count(&|user| user.get("mail").is_none()) >= 2);
    assert!(
        count(&|user| user["mail"]
            .as_str()
            .is_some_and(|mail| mail.contains('\'')))
            >= 2
    );
    assert!(count(&|user| user["displayName"].as_str().unwrap().chars().count() == 256) == 1);
    assert!(count(&|user| !user["displayName"].as_str().unwrap().is_ascii()) > 50);
    assert_eq!(
        count(&|user| user["managerId"].is_null() && user["userType"] == "Member"),
        1
    );
    let mut mails: Vec<&str> = users
        .iter()
        .filter_map(|user| user["mail"].as_str())
        .collect();
    let total = mails.len();
    mails.sort_unstable();
    mails.dedup();
    assert_eq!(total - mails.len(), 1);
    assert!(mails.iter().all(|mail| mail.is_ascii()));
}

#[tokio::test]
async fn twenty_thousand_people_are_read_and_followed_quickly() {
    let simulator = simulator(20_000);
    let client = Client::new(&simulator, SOURCE).await;
    let (items, link) = client
        .round("/v1.0/users/delta?$select=displayName,mail")
        .await;
    assert_eq!(items.len(), 20_000);
    let changes = simulator.pass_a_week(1);
    let (items, _) = client.round(&link).await;
    assert!(items.len() < changes.people());
}
