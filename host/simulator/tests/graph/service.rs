//! What is common to all requests: tokens, headers, budgets, faults, lag and time.

use serde_json::{Value, json};
use syncline_simulator::{Latency, Settings, Simulator};

use crate::client::{Client, SOURCE, TARGET, settings, simulator, token};

#[tokio::test]
async fn a_wrong_secret_is_refused_in_entras_shape() {
    let simulator = simulator(20);
    let answer = token(&simulator, &simulator.tenants()[0], "wrong").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body["error"], "invalid_client");
    assert_eq!(answer.body["error_codes"], json!([7_000_215]));
    let mut stranger = simulator.tenants()[0].clone();
    stranger.client_id = "unknown".to_owned();
    assert_eq!(
        token(&simulator, &stranger, "x").await.body["error"],
        "unauthorized_client"
    );
    stranger.tenant_id = "nowhere.com".to_owned();
    assert_eq!(
        token(&simulator, &stranger, "x").await.body["error_codes"],
        json!([90_002])
    );
}

#[tokio::test]
async fn a_token_is_of_one_tenant_and_expires_by_the_clock() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let organization = client
        .get("/v1.0/organization?$select=id,verifiedDomains")
        .await;
    assert_eq!(
        organization.rows()[0]["id"],
        json!(simulator.tenants()[1].tenant_id)
    );
    simulator.advance(2 * 3_600);
    let answer = client.get("/v1.0/users").await;
    assert_eq!(
        (answer.status, answer.code()),
        (401, "InvalidAuthenticationToken")
    );
}

#[tokio::test]
async fn answers_carry_graphs_headers_and_errors_their_ids() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let headers = [
        ("client-request-id", "mine"),
        ("return-client-request-id", "true"),
    ];
    let answer = client
        .send("GET", "/v1.0/users/nobody", &headers, None)
        .await;
    assert_eq!(
        (answer.status, answer.code()),
        (404, "Request_ResourceNotFound")
    );
    assert_eq!(answer.header("client-request-id"), Some("mine"));
    let inner = &answer.body["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "mine");
    assert_eq!(inner["request-id"].as_str(), answer.header("request-id"));
    assert_eq!(inner["date"], "2026-03-02T08:00:00");
    assert!(answer.header("x-ms-ags-diagnostic").is_some());
    assert_eq!(answer.header("date"), Some("Mon, 02 Mar 2026 08:00:00 GMT"));
    let page = client.get("/v1.0/users?$select=id").await;
    assert_eq!(page.header("x-ms-resource-unit"), Some("1"));
    assert_eq!(
        client.send("PUT", "/v1.0/groups", &[], None).await.status,
        405
    );
}

#[tokio::test]
async fn near_the_budget_the_share_is_told_and_beyond_it_the_wait() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let knobs = json!({"writes_per_window": 10, "write_window_s": 100});
    client
        .post("/_simulator/tenants/fabrikam/behaviour", &knobs)
        .await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    let mut told = Vec::new();
    for number in 0..11 {
        let answer = client
            .patch(&path, &json!({"city": format!("City {number}")}))
            .await;
        told.push((
            answer.status,
            answer.header("x-ms-throttle-limit-percentage").is_some(),
        ));
    }
    assert_eq!(told[6], (204, false));
    assert_eq!(told[9], (204, true));
    assert_eq!(told[10], (429, false));
    simulator.advance(120);
    assert_eq!(
        client.patch(&path, &json!({"city": "Late"})).await.status,
        204
    );
}

#[tokio::test]
async fn a_lost_answer_leaves_the_object_behind() {
    let client = Client::new(&simulator(20), TARGET).await;
    let fault =
        json!({"method": "POST", "path_contains": "/invitations", "drop": "after", "times": 1});
    client.post("/_simulator/faults", &fault).await;
    assert_eq!(client.invite("zoe@contoso.com").await.status, 504);
    let found = client
        .get("/v1.0/users?$filter=mail eq 'zoe@contoso.com'")
        .await;
    assert_eq!(found.rows().len(), 1);
    let again = client.invite("zoe@contoso.com").await;
    assert_eq!(again.body["invitedUser"]["id"], found.rows()[0]["id"]);
}

#[tokio::test]
async fn faults_come_in_every_shape_and_can_be_cleared() {
    let client = Client::new(&simulator(20), TARGET).await;
    let faults = json!([
        {"path_contains": "/users", "status": 503, "body": "html", "times": 1},
        {"path_contains": "/users", "status": 429, "retry_after": 7, "times": 1},
        {"path_contains": "/users", "status": 502, "body": "empty", "times": 1},
        {"tenant": "contoso", "status": 500},
        {"path_contains": "/groups", "status": 500, "body": "garbage"},
    ]);
    client.post("/_simulator/faults", &faults).await;
    assert!(client.get("/v1.0/users").await.text.starts_with("<html>"));
    assert_eq!(
        client.get("/v1.0/users").await.header("retry-after"),
        Some("7")
    );
    assert_eq!(client.get("/v1.0/users").await.text, "");
    assert_eq!(client.get("/v1.0/users").await.status, 200);
    assert_eq!(client.get("/v1.0/groups").await.body, Value::Null);
    client.delete("/_simulator/faults").await;
    assert_eq!(client.get("/v1.0/groups").await.status, 200);
}

#[tokio::test]
async fn fresh_objects_can_be_slow_to_appear() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    client
        .post(
            "/_simulator/tenants/fabrikam/behaviour",
            &json!({"replication_lag_s": 5}),
        )
        .await;
    let answer = client.invite("zoe@contoso.com").await;
    let path = format!(
        "/v1.0/users/{}",
        answer.body["invitedUser"]["id"].as_str().unwrap()
    );
    assert_eq!(
        client.patch(&path, &json!({"city": "Rome"})).await.status,
        404
    );
    simulator.advance(5);
    assert_eq!(
        client.patch(&path, &json!({"city": "Rome"})).await.status,
        204
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_write_is_in_flight_while_it_lasts() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    client
        .post(
            "/_simulator/faults",
            &json!({"method": "PATCH", "latency_ms": 1_000}),
        )
        .await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    let city = json!({"city": "Rome"});
    let in_flight = async || {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let stats = client.get("/_simulator/stats").await;
        stats.body["tenants"]["fabrikam"]["writesInFlight"].clone()
    };
    let (answer, during) = tokio::join!(client.patch(&path, &city), in_flight());
    assert_eq!((answer.status, during), (204, json!(1)));
    assert_eq!(in_flight().await, json!(0));
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_trace() {
    async fn trace() -> Vec<String> {
        let simulator = Simulator::new(Settings {
            latency: Some(Latency {
                shortest_ms: 5,
                longest_ms: 400,
            }),
            ..settings(60)
        });
        let client = Client::new(&simulator, TARGET).await;
        let mut trace = vec![client.token.clone()];
        for number in 0..5 {
            let answer = client.invite(&format!("zoe{number}@contoso.com")).await;
            trace.push(format!("{:?} {}", answer.headers, answer.text));
        }
        simulator.pass_a_week(3);
        let objects = client.get("/_simulator/tenants/contoso/objects").await;
        trace.push(objects.text);
        trace
    }
    assert_eq!(trace().await, trace().await);
}
