//! Users: reading, writing, the recycle bin.

use serde_json::json;

use crate::client::{Client, SOURCE, TARGET, simulator};

#[tokio::test]
async fn without_select_only_eleven_properties_come_back() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let row = client.get("/v1.0/users?$top=1").await.rows()[0].clone();
    assert_eq!(row.as_object().unwrap().len(), 11);
    assert!(row.get("accountEnabled").is_none());
    let selected = client
        .get("/v1.0/users?$top=1&$select=accountEnabled,faxNumber,otherMails")
        .await;
    let row = &selected.rows()[0];
    assert_eq!(row.as_object().unwrap().len(), 3, "{row}");
    assert!(row["accountEnabled"].is_boolean());
    assert_eq!(row["otherMails"], json!([]));
}

#[tokio::test]
async fn pages_are_opaque_absolute_and_complete() {
    let client = Client::new(&simulator(60), SOURCE).await;
    let mut path = "/v1.0/users?$select=id&$top=25".to_owned();
    let mut sizes = Vec::new();
    loop {
        let answer = client.get(&path).await;
        sizes.push(answer.rows().len());
        let Some(next) = answer.body["@odata.nextLink"].as_str() else {
            break;
        };
        assert!(next.starts_with("http://graph.test/v1.0/users?$select=id&$top=25&$skiptoken="));
        path = answer.link("nextLink").unwrap();
    }
    assert_eq!(sizes, [25, 25, 10]);
    assert_eq!(client.get("/v1.0/users?$top=1000").await.status, 400);
    assert_eq!(
        client.get("/v1.0/users?$skiptoken=made-up").await.status,
        400
    );
}

#[tokio::test]
async fn a_count_without_the_header_is_ignored_and_the_segment_refused() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let plain = client.get("/v1.0/users?$count=true").await;
    assert_eq!((plain.status, plain.body.get("@odata.count")), (200, None));
    let advanced = client
        .send(
            "GET",
            "/v1.0/users?$count=true",
            &[("ConsistencyLevel", "eventual")],
            None,
        )
        .await;
    assert_eq!(advanced.body["@odata.count"], json!(20));
    assert_eq!(client.get("/v1.0/users/$count").await.status, 400);
    let refused = client
        .get("/v1.0/users?$filter=companyName eq 'Contoso'")
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (400, "Request_UnsupportedQuery")
    );
}

#[tokio::test]
async fn an_address_with_an_apostrophe_is_found_by_doubling_it() {
    let client = Client::new(&simulator(200), SOURCE).await;
    let all = client.get("/v1.0/users?$select=mail&$top=999").await;
    let mail = all
        .rows()
        .iter()
        .filter_map(|row| row["mail"].as_str())
        .find(|mail| mail.contains('\''))
        .unwrap()
        .to_owned();
    let doubled = mail.replace('\'', "''");
    for filter in [
        format!("mail eq '{doubled}'"),
        format!("proxyAddresses/any(p:p eq 'smtp:{doubled}')"),
        format!("userPrincipalName eq '{doubled}' or mail eq 'nobody@contoso.com'"),
    ] {
        let found = client.get(&format!("/v1.0/users?$filter={filter}")).await;
        assert_eq!(found.rows().len(), 1, "{filter}: {}", found.text);
    }
}

#[tokio::test]
async fn the_first_app_of_the_source_reads_only() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let id = client.somebody().await;
    let answer = client
        .patch(&format!("/v1.0/users/{id}"), &json!({"city": "Rome"}))
        .await;
    assert_eq!(
        (answer.status, answer.code()),
        (403, "Authorization_RequestDenied")
    );
}

#[tokio::test]
async fn a_patch_answers_204_and_null_clears() {
    let client = Client::new(&simulator(20), TARGET).await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    let answer = client
        .patch(&path, &json!({"city": "Rome", "businessPhones": []}))
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    client.patch(&path, &json!({"city": null})).await;
    let read = client
        .get(&format!("{path}?$select=city,businessPhones"))
        .await;
    assert_eq!(
        (&read.body["city"], &read.body["businessPhones"]),
        (&json!(null), &json!([]))
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    let client = Client::new(&simulator(20), TARGET).await;
    let path = format!("/v1.0/users/{}", client.somebody().await);
    let taken = client.get("/v1.0/users?$top=2").await.rows()[1]["userPrincipalName"].clone();
    for (body, part) in [
        (
            json!({"city": ""}),
            "Invalid value specified for property 'city' of resource 'User'.",
        ),
        (json!({"employeeId": "12345678901234567"}), "employeeId"),
        (json!({"businessPhones": ["1", "2"]}), "businessPhones"),
        (json!({"displayName": null}), "displayName"),
        (json!({"accountEnabled": "yes"}), "accountEnabled"),
        (json!({"proxyAddresses": []}), "read-only"),
        (json!({"shoeSize": 42}), "does not exist"),
        (
            json!({"userPrincipalName": "a@unknown.com"}),
            "domain portion",
        ),
        (
            json!({"userPrincipalName": taken}),
            "Another object with the same value",
        ),
    ] {
        let answer = client.patch(&path, &body).await;
        let own = answer.status == 204 && body.get("userPrincipalName") == Some(&taken);
        assert!(own || answer.status == 400, "{body}: {}", answer.text);
        assert!(
            own || answer.message().contains(part),
            "{body}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_taken_mail_is_set_without_becoming_a_proxy() {
    let client = Client::new(&simulator(40), TARGET).await;
    let rows = client
        .get("/v1.0/users?$select=id,mail&$filter=userType eq 'Member'")
        .await;
    let (first, second) = (&rows.rows()[0], &rows.rows()[1]);
    let path = format!("/v1.0/users/{}", first["id"].as_str().unwrap());
    let answer = client.patch(&path, &json!({"mail": second["mail"]})).await;
    assert_eq!(answer.status, 204);
    let read = client
        .get(&format!("{path}?$select=mail,proxyAddresses"))
        .await;
    assert_eq!(read.body["mail"], second["mail"]);
    assert!(
        !read.body["proxyAddresses"]
            .to_string()
            .contains(second["mail"].as_str().unwrap())
    );
    client
        .patch(&path, &json!({"mail": "fresh@fabrikam.com"}))
        .await;
    let read = client.get(&format!("{path}?$select=proxyAddresses")).await;
    assert_eq!(read.body["proxyAddresses"][0], "SMTP:fresh@fabrikam.com");
}

#[tokio::test]
async fn a_deleted_user_is_in_the_recycle_bin_until_restored_or_purged() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let id = client.somebody().await;
    let name = client.get(&format!("/v1.0/users/{id}")).await.body["userPrincipalName"].clone();
    assert_eq!(
        client.delete(&format!("/v1.0/users/{id}")).await.status,
        204
    );
    assert_eq!(client.get(&format!("/v1.0/users/{id}")).await.status, 404);
    let bin = format!("/v1.0/directory/deletedItems/{id}");
    assert_eq!(client.get(&bin).await.status, 200);
    let listed = client
        .get("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime")
        .await;
    assert!(listed.rows().iter().any(|row| row["id"] == json!(id)));
    let back = client.post(&format!("{bin}/restore"), &json!({})).await;
    assert_eq!((back.status, &back.body["userPrincipalName"]), (200, &name));
    client.delete(&format!("/v1.0/users/{id}")).await;
    let taken = json!({
        "accountEnabled": true, "displayName": "New", "mailNickname": "new",
        "userPrincipalName": name, "passwordProfile": {"password": "long enough"},
    });
    assert_eq!(client.post("/v1.0/users", &taken).await.status, 201);
    let refused = client.post(&format!("{bin}/restore"), &json!({})).await;
    assert_eq!(
        refused.body["error"]["details"][0]["code"],
        "ObjectConflict"
    );
    assert_eq!(client.delete(&bin).await.status, 204);
    assert_eq!(client.get(&bin).await.status, 404);
}

#[tokio::test]
async fn thirty_days_empty_the_recycle_bin() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let id = client.somebody().await;
    client.delete(&format!("/v1.0/users/{id}")).await;
    simulator.advance(31 * 24 * 3_600);
    let client = Client::new(&simulator, TARGET).await;
    assert_eq!(
        client
            .get(&format!("/v1.0/directory/deletedItems/{id}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn managers_are_set_read_and_removed_by_reference() {
    let client = Client::new(&simulator(60), TARGET).await;
    let rows = client.get("/v1.0/users?$select=id").await;
    let ids: Vec<&str> = rows
        .rows()
        .iter()
        .filter_map(|row| row["id"].as_str())
        .collect();
    let path = format!("/v1.0/users/{}/manager", ids[0]);
    let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{}", ids[1])});
    let put = client
        .send("PUT", &format!("{path}/$ref"), &[], Some(&body))
        .await;
    assert_eq!(put.status, 204, "{}", put.text);
    assert_eq!(client.get(&path).await.body["id"], json!(ids[1]));
    assert_eq!(client.delete(&format!("{path}/$ref")).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
}
