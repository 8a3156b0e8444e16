//! Wrong requests, one line each, with Graph's status, code and words (graph.md 1.3, 2, 3, 5, 7,
//! 9.1, 9.2).

use serde_json::{Value, json};

use crate::client::{Client, TARGET, simulator};

/// Method, path, body, status, code, and a part of the message. `{user}`, `{other}` and `{group}`
/// stand for ids.
type Wrong = (
    &'static str,
    &'static str,
    &'static str,
    u16,
    &'static str,
    &'static str,
);

const WRONG: &[Wrong] = &[
    // Queries.
    (
        "GET",
        "/users?$filter=mail eq",
        "",
        400,
        "BadRequest",
        "Invalid filter clause",
    ),
    (
        "GET",
        "/users?$filter=mail like 'a'",
        "",
        400,
        "BadRequest",
        "Invalid filter clause",
    ),
    (
        "GET",
        "/users?$filter=mail eq 'a",
        "",
        400,
        "BadRequest",
        "Invalid filter clause",
    ),
    (
        "GET",
        "/users?$filter=(mail eq 'a'",
        "",
        400,
        "BadRequest",
        "Invalid filter clause",
    ),
    (
        "GET",
        "/users?$filter=skills/any(s:s eq 'x')",
        "",
        400,
        "Request_UnsupportedQuery",
        "Unsupported or invalid query filter clause specified for property 'skills' of resource 'User'.",
    ),
    (
        "GET",
        "/users?$filter=city ne 'x'",
        "",
        400,
        "Request_UnsupportedQuery",
        "ConsistencyLevel",
    ),
    (
        "GET",
        "/users?$select=shoeSize",
        "",
        400,
        "BadRequest",
        "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'.",
    ),
    (
        "GET",
        "/users?$select=aboutMe",
        "",
        501,
        "NotImplemented",
        "This operation target is not yet supported.",
    ),
    (
        "GET",
        "/users?$top=1000",
        "",
        400,
        "Request_BadRequest",
        "Invalid page size",
    ),
    (
        "GET",
        "/users?$top=0",
        "",
        400,
        "Request_BadRequest",
        "Invalid page size",
    ),
    ("GET", "/users?$top=all", "", 400, "BadRequest", "$top"),
    (
        "GET",
        "/users?$skip=5",
        "",
        400,
        "BadRequest",
        "'$skip' is not supported",
    ),
    (
        "GET",
        "/users?$orderby=surname",
        "",
        400,
        "Request_UnsupportedQuery",
        "Sorting not supported for current query.",
    ),
    (
        "GET",
        "/users?$expand=licenseDetails",
        "",
        400,
        "Request_UnsupportedQuery",
        "licenseDetails",
    ),
    (
        "GET",
        "/users?$skiptoken=made-up",
        "",
        400,
        "DirectoryPageTokenNotFoundException",
        "page token",
    ),
    (
        "GET",
        "/users/$count",
        "",
        400,
        "Request_BadRequest",
        "$count is not currently supported.",
    ),
    // Delta.
    (
        "GET",
        "/users/delta?$top=5",
        "",
        400,
        "Request_UnsupportedQuery",
        "$top",
    ),
    (
        "GET",
        "/users/delta?$filter=mail eq 'a'",
        "",
        400,
        "Request_UnsupportedQuery",
        "id eq",
    ),
    (
        "GET",
        "/users/delta?$select=shoeSize",
        "",
        400,
        "BadRequest",
        "shoeSize",
    ),
    (
        "GET",
        "/users/delta?$deltatoken=made-up",
        "",
        400,
        "Request_BadRequest",
        "token",
    ),
    (
        "POST",
        "/users/delta",
        "{}",
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    ),
    // What is not there.
    (
        "GET",
        "/users/00000000-0000-0000-0000-000000000000",
        "",
        404,
        "Request_ResourceNotFound",
        "Resource '00000000-0000-0000-0000-000000000000' does not exist or one of its queried reference-property objects are not present.",
    ),
    (
        "PATCH",
        "/users/nobody@fabrikam.com",
        "{}",
        404,
        "Request_ResourceNotFound",
        "nobody@fabrikam.com",
    ),
    (
        "GET",
        "/directory/deletedItems/{user}",
        "",
        404,
        "Request_ResourceNotFound",
        "does not exist",
    ),
    (
        "POST",
        "/directory/deletedItems/{user}/restore",
        "{}",
        404,
        "Request_ResourceNotFound",
        "does not exist",
    ),
    (
        "GET",
        "/unicorns",
        "",
        400,
        "BadRequest",
        "Resource not found for the segment 'unicorns'.",
    ),
    // Verbs.
    (
        "POST",
        "/contacts",
        "{}",
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed",
    ),
    (
        "GET",
        "/invitations",
        "",
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed",
    ),
    (
        "PUT",
        "/users/{user}",
        "{}",
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed",
    ),
    // Users.
    (
        "POST",
        "/users",
        "{",
        400,
        "BadRequest",
        "Unable to read JSON request payload.",
    ),
    (
        "POST",
        "/users",
        "[]",
        400,
        "BadRequest",
        "Unable to read JSON request payload.",
    ),
    (
        "POST",
        "/users",
        "{}",
        400,
        "Request_BadRequest",
        "A value is required for property 'accountEnabled' of resource 'User'.",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"shoeSize": 42}"#,
        400,
        "Request_BadRequest",
        "Property 'shoeSize' does not exist",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"accountEnabled": "yes"}"#,
        400,
        "Request_BadRequest",
        "'accountEnabled' of resource 'User'",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"city": ""}"#,
        400,
        "Request_BadRequest",
        "Invalid value specified for property 'city' of resource 'User'.",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"employeeId": "12345678901234567"}"#,
        400,
        "Request_BadRequest",
        "'employeeId' of resource 'User'",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"proxyAddresses": []}"#,
        400,
        "Request_BadRequest",
        "read-only",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"skills": ["Rust"]}"#,
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"identities": []}"#,
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"userPrincipalName": "x@unknown.example"}"#,
        400,
        "Request_BadRequest",
        "verified domain",
    ),
    (
        "PATCH",
        "/users/{user}",
        r#"{"userPrincipalName": "{other}"}"#,
        400,
        "Request_BadRequest",
        "Another object with the same value for property userPrincipalName already exists.",
    ),
    (
        "PUT",
        "/users/{user}/manager/$ref",
        "{}",
        400,
        "Request_BadRequest",
        "@odata.id",
    ),
    (
        "PUT",
        "/users/{user}/manager/$ref",
        r#"{"@odata.id": "https://x/v1.0/users/nobody"}"#,
        404,
        "Request_ResourceNotFound",
        "nobody",
    ),
    // Groups.
    (
        "POST",
        "/groups",
        r#"{"displayName": "x"}"#,
        400,
        "Request_BadRequest",
        "A value is required for property 'mailEnabled' of resource 'Group'.",
    ),
    (
        "PATCH",
        "/groups/{group}/members/$ref",
        "{}",
        400,
        "Request_BadRequest",
        "The request is currently not supported on the targeted entity set",
    ),
    (
        "POST",
        "/groups/{group}/members/$ref",
        r#"{"@odata.id": "https://x/v1.0/users/nobody"}"#,
        404,
        "Request_ResourceNotFound",
        "nobody",
    ),
    (
        "DELETE",
        "/groups/{group}/members/{group}/$ref",
        "",
        404,
        "Request_ResourceNotFound",
        "does not exist",
    ),
    // Permissions that Syncline's app has not.
    (
        "GET",
        "/domains",
        "",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges",
    ),
    (
        "PATCH",
        "/policies/authorizationPolicy",
        "{}",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges",
    ),
    // Batches.
    (
        "POST",
        "/$batch",
        "{}",
        400,
        "BadRequest",
        "Invalid batch payload format.",
    ),
    (
        "POST",
        "/$batch",
        r#"{"requests": [{"id": "1", "method": "GET"}]}"#,
        400,
        "BadRequest",
        "method and a url",
    ),
    (
        "POST",
        "/$batch",
        r#"{"requests": [{"id": "1", "method": "PATCH", "url": "/users/x", "body": {}}]}"#,
        400,
        "BadRequest",
        "Content-Type",
    ),
    (
        "POST",
        "/$batch",
        r#"{"requests": [{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}]}"#,
        400,
        "BadRequest",
        "Duplicate request id",
    ),
    (
        "POST",
        "/$batch",
        r#"{"requests": [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["9"]}]}"#,
        400,
        "BadRequest",
        "dependsOn",
    ),
    (
        "POST",
        "/$batch",
        r#"{"requests": [{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/users"}]}"#,
        400,
        "BadRequest",
        "relative",
    ),
    (
        "GET",
        "/$batch",
        "",
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed",
    ),
];

#[tokio::test]
async fn wrong_requests_get_graphs_status_code_and_words_and_change_nothing() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, TARGET).await;
    let users = client.get("/v1.0/users?$filter=userType eq 'Member'").await;
    let user = users.rows()[0]["id"].as_str().unwrap().to_owned();
    let other = users.rows()[1]["userPrincipalName"]
        .as_str()
        .unwrap()
        .to_owned();
    let group = client
        .get("/v1.0/groups?$filter=displayName eq 'Sales'")
        .await
        .rows()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let filled = |text: &str| {
        text.replace("{user}", &user)
            .replace("{other}", &other)
            .replace("{group}", &group)
    };
    let objects = "/_simulator/tenants/fabrikam/objects";
    let before = client.get(objects).await.text;
    for (method, path, body, status, code, message) in WRONG {
        let here = format!("{method} {path} {body}");
        let headers = [("client-request-id", "mine")];
        let path = filled(&format!("/v1.0{path}"));
        let body = filled(body);
        let answer = client.send_text(method, &path, &headers, &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (*status, *code),
            "{here}: {}",
            answer.text
        );
        assert!(
            answer.message().contains(&filled(message)),
            "{here}: {}",
            answer.text
        );
        let error = &answer.body["error"];
        let inner = &error["innerError"];
        assert_eq!(inner["client-request-id"], "mine", "{here}");
        assert_eq!(
            inner["request-id"].as_str(),
            answer.header("request-id"),
            "{here}"
        );
        assert_eq!(inner["date"], "2026-03-02T08:00:00", "{here}");
        if let Some(details) = error.get("details") {
            for detail in details.as_array().unwrap() {
                for part in ["code", "target", "message"] {
                    assert!(detail[part].is_string(), "{here}: {detail}");
                }
            }
        }
    }
    assert_eq!(
        client.get(objects).await.text,
        before,
        "nothing was changed"
    );
}

#[tokio::test]
async fn no_token_and_a_strange_one_are_refused_with_401() {
    let mut client = Client::new(&simulator(20), TARGET).await;
    for token in ["", "strange", "a.b.c"] {
        client.token = token.to_owned();
        let answer = client.get("/v1.0/users").await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "InvalidAuthenticationToken")
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_ne!(answer.body["error"]["innerError"], Value::Null);
    }
    let batch = json!({"requests": []});
    assert_eq!(client.post("/v1.0/$batch", &batch).await.status, 401);
}
