//! Faults that come by themselves, from a seed (graph.md 3.1, 3.3, 8.4, 9.2, 9.4, 15).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use syncline_simulator::{Settings, Simulator, Weather};

use crate::client::{Client, SOURCE, TARGET, settings, simulator};

fn storm(seed: u64, weather: Weather) -> Simulator {
    Simulator::new(Settings {
        seed,
        weather,
        ..settings(300)
    })
}

/// A status, whether the body is whole, and the Retry-After.
type Fate = (u16, bool, Option<String>);

/// Returns what becomes of so many requests.
async fn fates(simulator: &Simulator, count: usize) -> Vec<Fate> {
    let client = Client::new(simulator, TARGET).await;
    let mut fates = Vec::new();
    for _ in 0..count {
        let answer = client.get("/v1.0/users?$select=id&$top=5").await;
        let whole = !answer.body.is_null();
        let wait = answer.header("retry-after").map(str::to_owned);
        fates.push((answer.status, whole, wait));
    }
    fates
}

#[tokio::test]
async fn every_fault_comes_about_as_often_as_it_is_asked_for_and_as_the_seed_says() {
    let weather = Weather {
        early_429: 50,
        server_errors: 50,
        lost_answers: 50,
        cut_before: 50,
        cut_within: 50,
        expired_tokens: 50,
        ..Weather::default()
    };
    let first = fates(&storm(5, weather), 2_000).await;
    assert_eq!(
        first,
        fates(&storm(5, weather), 2_000).await,
        "one seed, one weather"
    );
    assert_ne!(first, fates(&storm(6, weather), 2_000).await);
    let count = |test: &dyn Fn(&Fate) -> bool| first.iter().filter(|fate| test(fate)).count();
    let about = |count: usize| (60..=140).contains(&count);
    assert!(about(count(&|(status, ..)| *status == 429)));
    assert!(about(count(&|(status, ..)| *status == 401)));
    // The refusals and the answers that got lost.
    let failed = count(&|(status, ..)| *status >= 500);
    assert!((130..=260).contains(&failed), "{failed}");
    // Those that broke before and those that broke within.
    let broken = count(&|(status, whole, _)| *status == 200 && !whole);
    assert!((120..=260).contains(&broken), "{broken}");
    let told = count(&|(status, _, wait)| *status == 429 && wait.is_some());
    let untold = count(&|(status, _, wait)| *status == 429 && wait.is_none());
    assert!(told > 20 && untold > 20, "{told} {untold}");
}

#[tokio::test]
async fn without_weather_nothing_happens() {
    let fates = fates(&storm(5, Weather::default()), 300).await;
    assert!(fates.iter().all(|fate| *fate == (200, true, None)));
}

fn merged(items: Vec<Value>) -> BTreeMap<String, Value> {
    items
        .into_iter()
        .map(|item| (item["id"].as_str().expect("an id").to_owned(), item))
        .collect()
}

#[tokio::test]
async fn a_round_with_empty_pages_repeats_and_another_order_says_the_same_in_the_end() {
    let calm = storm(5, Weather::default());
    let rough = storm(
        5,
        Weather {
            empty_pages: 300,
            repeats: 100,
            shuffled_pages: 800,
            ..Weather::default()
        },
    );
    for simulator in [&calm, &rough] {
        let knobs = json!({"tenants": {"contoso": {"delta_page_size": 20}}});
        let client = Client::new(simulator, SOURCE).await;
        let set = client.post("/_simulator/scenario", &knobs).await;
        assert_eq!(set.status, 204, "{}", set.text);
    }
    let path = "/v1.0/users/delta?$select=displayName,mail";
    let (calm_client, rough_client) = (
        Client::new(&calm, SOURCE).await,
        Client::new(&rough, SOURCE).await,
    );
    let (plain, calm_link) = calm_client.round(path).await;
    let (wild, rough_link) = rough_client.round(path).await;
    assert!(
        wild.len() > plain.len() + 10,
        "{} of {}",
        wild.len(),
        plain.len()
    );
    let order = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| item["id"].to_string()).collect()
    };
    assert_ne!(order(&wild[..plain.len()]), order(&plain));
    assert_eq!(merged(wild), merged(plain));
    assert_eq!(calm.pass_a_week(3), rough.pass_a_week(3));
    let (plain, _) = calm_client.round(&calm_link).await;
    let (wild, _) = rough_client.round(&rough_link).await;
    assert_eq!(merged(wild), merged(plain));
}

#[tokio::test]
async fn a_change_is_read_late_property_by_property() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let lag = json!({"property_lag_s": {"city": 30, "*": 5}});
    client
        .post("/_simulator/tenants/fabrikam/behaviour", &lag)
        .await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    let read = async || {
        let body = client
            .get(&format!("{path}?$select=city,surname"))
            .await
            .body;
        (body["city"].clone(), body["surname"].clone())
    };
    let before = read().await;
    let found = async || {
        client
            .get("/v1.0/users?$filter=city eq 'Nowhere'&$select=id")
            .await
            .rows()
            .len()
    };
    client
        .patch(&path, &json!({"city": "Nowhere", "surname": "New"}))
        .await;
    assert_eq!((read().await, found().await), (before.clone(), 0));
    simulator.advance(5);
    assert_eq!(read().await, (before.0, json!("New")));
    simulator.advance(25);
    assert_eq!(
        (read().await, found().await),
        ((json!("Nowhere"), json!("New")), 1)
    );
}

#[tokio::test]
async fn a_scenario_that_names_no_tenant_of_ours_changes_nothing() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let scenario = json!({
        "weather": {"server_errors": 1_000},
        "tenants": {"fabrikam": {"replication_lag_s": 9}, "adatum": {"replication_lag_s": 9}},
    });
    let refused = client.post("/_simulator/scenario", &scenario).await;
    assert_eq!(refused.status, 404);
    assert!(
        refused.text.contains("'adatum', which is not simulated"),
        "{}",
        refused.text
    );
    let behaviour = client.get("/_simulator/tenants/fabrikam/behaviour").await;
    assert_eq!(behaviour.body["replication_lag_s"], 0);
    let weather = client.get("/_simulator/weather").await;
    assert_eq!(weather.body["server_errors"], 0);
    let unknown = json!({"weather": {"hail": 3}});
    assert_eq!(
        client.post("/_simulator/scenario", &unknown).await.status,
        400
    );
}
