//! Batches.

use serde_json::{Value, json};

use crate::client::{Client, TARGET, simulator};

fn gets(count: usize) -> Value {
    let requests: Vec<Value> = (0..count)
        .map(|id| json!({"id": id.to_string(), "method": "GET", "url": "/users?$top=1"}))
        .collect();
    json!({ "requests": requests })
}

#[tokio::test]
async fn twenty_are_answered_in_another_order_and_more_refused() {
    let client = Client::new(&simulator(20), TARGET).await;
    let answer = client.post("/v1.0/$batch", &gets(20)).await;
    let ids: Vec<&str> = answer.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|response| response["id"].as_str())
        .collect();
    let sent: Vec<String> = (0..20).map(|id: u8| id.to_string()).collect();
    assert_eq!(ids.len(), 20);
    assert_ne!(ids, sent);
    assert_eq!(client.post("/v1.0/$batch", &gets(21)).await.status, 400);
    let mut twice = gets(2);
    twice["requests"][1]["id"] = json!("0");
    assert_eq!(client.post("/v1.0/$batch", &twice).await.status, 400);
    let mut unknown = gets(2);
    unknown["requests"][1]["dependsOn"] = json!(["9"]);
    assert_eq!(client.post("/v1.0/$batch", &unknown).await.status, 400);
}

#[tokio::test]
async fn dependants_of_a_failure_answer_424_in_a_200_envelope() {
    let client = Client::new(&simulator(20), TARGET).await;
    let body = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/users/nobody"},
        {"id": "2", "method": "GET", "url": "/users?$top=1", "dependsOn": ["1"]},
    ]});
    let answer = client.post("/v1.0/$batch", &body).await;
    assert_eq!(answer.status, 200);
    let mut statuses: Vec<u64> = answer.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|response| response["status"].as_u64())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [404, 424]);
}

#[tokio::test]
async fn items_over_the_budget_fail_alone_with_their_own_retry_after() {
    let client = Client::new(&simulator(20), TARGET).await;
    let knobs = json!({"writes_per_window": 3, "write_window_s": 150});
    client
        .post("/_simulator/tenants/fabrikam/behaviour", &knobs)
        .await;
    let id = client.somebody().await;
    let requests: Vec<Value> = (0..5)
        .map(|number| {
            json!({
                "id": number.to_string(), "method": "PATCH", "url": format!("/users/{id}"),
                "headers": {"Content-Type": "application/json"},
                "body": {"city": format!("City {number}")},
            })
        })
        .collect();
    let answer = client
        .post("/v1.0/$batch", &json!({ "requests": requests }))
        .await;
    let responses = answer.body["responses"].as_array().unwrap();
    let refused: Vec<&Value> = responses
        .iter()
        .filter(|one| one["status"] == 429)
        .collect();
    assert_eq!((responses.len(), refused.len()), (5, 2));
    for one in refused {
        let seconds: u32 = one["headers"]["Retry-After"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(seconds >= 50, "{seconds}");
        assert_eq!(
            one["headers"]["x-ms-throttle-information"],
            "WriteLimitExceeded"
        );
    }
    let stats = client.get("/_simulator/stats").await;
    assert_eq!(stats.body["tenants"]["fabrikam"]["throttled"], 2);
    assert_eq!(
        stats.body["tenants"]["fabrikam"]["writes_succeeded"],
        Value::Null
    );
    assert_eq!(stats.body["tenants"]["fabrikam"]["writesSucceeded"], 3);
}
