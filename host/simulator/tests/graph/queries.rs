//! What of `$filter`, `$orderby`, `$search`, `$expand` and `$count` is answered, and when
//! (graph.md 2.9).

use serde_json::{Value, json};

use crate::client::{Answer, Client, SOURCE, simulator};

const EVENTUAL: &[(&str, &str)] = &[("ConsistencyLevel", "eventual")];

/// When a filter is answered.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Always,
    /// With the header and `$count=true` only.
    Advanced,
    /// Without them only.
    Default,
    Never,
}

use When::{Advanced, Always, Default, Never};

/// The table of graph.md 2.9, a line or more for each of its cells.
const FILTERS: &[(&str, &str, When)] = &[
    ("users", "userPrincipalName eq 'a@b'", Always),
    ("users", "startsWith(userPrincipalName,'a')", Always),
    ("users", "endsWith(userPrincipalName,'b')", Advanced),
    ("users", "mail in ('a@b','c@d')", Always),
    ("users", "startswith(mail,'a')", Always),
    ("users", "endsWith(mail,'@contoso.com')", Advanced),
    ("users", "mail eq null", Advanced),
    ("users", "mail ge 'a'", Never),
    ("users", "mailNickname eq 'a'", Always),
    ("users", "startsWith(displayName,'a')", Always),
    ("users", "givenName eq null", Advanced),
    ("users", "surname eq 'a' and jobTitle eq 'b'", Always),
    ("users", "department eq 'a' or city eq 'b'", Always),
    ("users", "country in ('Norway')", Always),
    ("users", "startsWith(usageLocation,'N')", Always),
    ("users", "state eq 'a'", Always),
    ("users", "startsWith(state,'a')", Never),
    ("users", "employeeId eq 'E1'", Always),
    ("users", "employeeId eq null", Advanced),
    ("users", "accountEnabled eq true", Always),
    ("users", "accountEnabled eq null", Never),
    ("users", "creationType eq 'Invitation'", Always),
    ("users", "externalUserState eq 'Accepted'", Always),
    ("users", "ageGroup eq 'Adult'", Always),
    ("users", "userType eq 'Guest'", Always),
    ("users", "userType eq null", Advanced),
    ("users", "onPremisesSyncEnabled eq true", Always),
    ("users", "otherMails/any(p:p eq 'a@b')", Always),
    (
        "users",
        "proxyAddresses/any(p:startsWith(p,'smtp:a'))",
        Always,
    ),
    (
        "users",
        "proxyAddresses/any(p:endsWith(p,'contoso.com'))",
        Advanced,
    ),
    ("users", "imAddresses/any(i:i eq 'a')", Always),
    ("users", "businessPhones/any(p:p eq '1')", Advanced),
    ("users", "businessPhones/any(p:startsWith(p,'1'))", Advanced),
    ("users", "companyName eq 'Contoso'", Advanced),
    ("users", "startsWith(mobilePhone,'+')", Advanced),
    ("users", "officeLocation eq null", Advanced),
    ("users", "postalCode eq '1'", Advanced),
    ("users", "streetAddress eq 'a'", Advanced),
    ("users", "faxNumber eq '1'", Advanced),
    ("users", "preferredLanguage eq 'en-US'", Advanced),
    ("users", "startsWith(preferredLanguage,'en')", Never),
    ("users", "employeeType eq 'Employee'", Advanced),
    ("users", "employeeType eq null", Never),
    ("users", "employeeOrgData/division eq 'Sales'", Advanced),
    (
        "users",
        "onPremisesExtensionAttributes/extensionAttribute1 eq 'CC-100'",
        Advanced,
    ),
    ("users", "onPremisesImmutableId eq 'x'", Always),
    (
        "users",
        "employeeHireDate ge 2026-01-01T00:00:00Z",
        Advanced,
    ),
    ("users", "createdDateTime ge 2026-01-01T00:00:00Z", Always),
    ("users", "createdDateTime eq null", Advanced),
    (
        "users",
        "identities/any(c:c/issuerAssignedId eq 'a' and c/issuer eq 'contoso.com')",
        Default,
    ),
    (
        "users",
        "identities/any(c:c/issuerAssignedId eq 'a')",
        Never,
    ),
    (
        "users",
        "assignedLicenses/any(a:a/skuId eq 18181a46-0d4e-45cd-891e-60aabd171b4e)",
        Always,
    ),
    (
        "users",
        "extension_0123456789abcdef0123456789abcdef_anchor eq 'x'",
        Always,
    ),
    (
        "users",
        "startsWith(extension_0123456789abcdef0123456789abcdef_anchor,'x')",
        Advanced,
    ),
    ("users", "city ne 'Oslo'", Advanced),
    ("users", "not(city eq 'Oslo')", Advanced),
    ("users", "not startsWith(displayName,'A')", Advanced),
    ("users", "otherMails/$count eq 0", Advanced),
    ("users", "aboutMe eq 'x'", Never),
    ("users", "shoeSize eq 'x'", Never),
    ("groups", "displayName eq 'Sales'", Always),
    ("groups", "mail eq null", Advanced),
    ("groups", "startsWith(uniqueName,'a')", Always),
    ("groups", "groupTypes/any(c:c eq 'Unified')", Always),
    (
        "groups",
        "mailEnabled eq true and securityEnabled eq false",
        Always,
    ),
    ("groups", "isAssignableToRole eq true", Always),
    ("groups", "startsWith(description,'a')", Advanced),
    ("groups", "proxyAddresses/any(p:p eq 'SMTP:a@b')", Always),
    ("contacts", "jobTitle eq 'a'", Always),
    ("contacts", "companyName eq 'a'", Advanced),
];

async fn ask(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send("GET", path, headers, None).await
}

#[tokio::test]
async fn each_filter_is_answered_when_the_table_says_so() {
    let client = Client::new(&simulator(20), SOURCE).await;
    for (set, filter, when) in FILTERS {
        let plain = format!("/v1.0/{set}?$filter={filter}");
        let counted = format!("{plain}&$count=true");
        let answered = |status: bool| if status { 200 } else { 400 };
        let by_default = answered(matches!(when, Always | Default));
        for (path, headers, status) in [
            (&plain, &[][..], by_default),
            (&plain, EVENTUAL, by_default),
            (&counted, &[], by_default),
            (
                &counted,
                EVENTUAL,
                answered(matches!(when, Always | Advanced)),
            ),
        ] {
            let answer = ask(&client, path, headers).await;
            assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.text);
            if status == 400 {
                assert_eq!(answer.code(), "Request_UnsupportedQuery", "{path}");
            }
        }
    }
}

fn texts<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().filter_map(|row| row[name].as_str()).collect()
}

#[tokio::test]
async fn a_filter_finds_exactly_who_fits() {
    let client = Client::new(&simulator(120), SOURCE).await;
    let whole = client.get("/_simulator/tenants/contoso/objects").await.body;
    let users = whole["users"].as_array().unwrap();
    let is = |user: &Value, name: &str, wanted: &str| user[name] == json!(wanted);
    type Fits<'a> = &'a dyn Fn(&Value) -> bool;
    let cases: &[(&str, Fits<'_>)] = &[
        ("department eq 'sales'", &|user| {
            is(user, "department", "Sales")
        }),
        ("department ne 'Sales'", &|user| {
            !is(user, "department", "Sales")
        }),
        (
            "not(department eq 'Sales' or department eq 'Legal')",
            &|user| !is(user, "department", "Sales") && !is(user, "department", "Legal"),
        ),
        ("mail eq null", &|user| user["mail"].is_null()),
        (
            "endsWith(mail,'@adatum.com') and userType eq 'Guest'",
            &|user| is(user, "userType", "Guest"),
        ),
        ("otherMails/$count eq 0", &|user| {
            user["otherMails"].as_array().is_none_or(Vec::is_empty)
        }),
        ("otherMails/$count gt 0", &|user| {
            user["otherMails"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        }),
        ("city in ('Köln','Dublin')", &|user| {
            is(user, "city", "Köln") || is(user, "city", "Dublin")
        }),
        (
            "proxyAddresses/any(p:startsWith(p,'SMTP:') and endsWith(p,'contoso.com'))",
            &|user| {
                user["proxyAddresses"].as_array().is_some_and(|all| {
                    all.iter().filter_map(Value::as_str).any(|address| {
                        address.starts_with("SMTP:") && address.ends_with("contoso.com")
                    })
                })
            },
        ),
        (
            "onPremisesExtensionAttributes/extensionAttribute15 eq 'Contoso wide'",
            &|user| {
                user["onPremisesExtensionAttributes"]["extensionAttribute15"]
                    == json!("Contoso wide")
            },
        ),
    ];
    for (filter, fits) in cases {
        let mut expected: Vec<&str> = users
            .iter()
            .filter(|user| fits(user))
            .filter_map(|user| user["id"].as_str())
            .collect();
        expected.sort_unstable();
        let path = format!("/v1.0/users?$select=id&$top=999&$count=true&$filter={filter}");
        let answer = ask(&client, &path, EVENTUAL).await;
        assert_eq!(texts(answer.rows(), "id"), expected, "{filter}");
        assert_eq!(
            answer.body["@odata.count"],
            json!(expected.len()),
            "{filter}"
        );
        assert!(
            !expected.is_empty() && expected.len() < users.len() + 1,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn lists_are_sorted_by_names_and_by_little_else() {
    let client = Client::new(&simulator(60), SOURCE).await;
    let mut path = "/v1.0/users?$select=displayName&$orderby=displayName desc&$top=25".to_owned();
    let mut names = Vec::new();
    loop {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        names.extend(
            texts(answer.rows(), "displayName")
                .into_iter()
                .map(str::to_lowercase),
        );
        match answer.link("nextLink") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(names.len(), 60);
    assert!(names.windows(2).all(|pair| pair[0] >= pair[1]), "{names:?}");
    for (query, headers, status) in [
        ("$orderby=userPrincipalName", &[][..], 200),
        ("$orderby=surname", &[], 400),
        ("$orderby=createdDateTime", &[], 400),
        ("$orderby=createdDateTime&$count=true", EVENTUAL, 200),
        ("$orderby=displayName&$filter=userType eq 'Guest'", &[], 400),
        (
            "$orderby=displayName&$filter=userType eq 'Guest'&$count=true",
            EVENTUAL,
            200,
        ),
        ("$orderby=surname&$count=true", EVENTUAL, 400),
    ] {
        let answer = ask(&client, &format!("/v1.0/users?{query}"), headers).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn words_are_searched_with_the_header_alone() {
    let client = Client::new(&simulator(200), SOURCE).await;
    let path =
        "/v1.0/users?$search=\"displayName:oneil\" OR \"displayName:o'neil\"&$select=surname";
    let path = path.replace('"', "%22");
    assert_eq!(ask(&client, &path, &[]).await.status, 400);
    let found = ask(&client, &path, EVENTUAL).await;
    let surnames = texts(found.rows(), "surname");
    assert!(
        !surnames.is_empty() && surnames.iter().all(|name| *name == "O'Neil"),
        "{surnames:?}"
    );
    for wrong in ["displayName:x", "\"displayName\"", "\"shoeSize:x\""] {
        let path = format!("/v1.0/users?$search={}", wrong.replace('"', "%22"));
        assert_eq!(ask(&client, &path, EVENTUAL).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_manager_is_expanded_in_lists_but_not_in_advanced_queries() {
    let client = Client::new(&simulator(20), SOURCE).await;
    let path = "/v1.0/users?$select=id&$expand=manager($select=id,displayName)";
    let answer = client.get(path).await;
    let managed: Vec<&Value> = answer
        .rows()
        .iter()
        .filter(|row| row.get("manager").is_some())
        .collect();
    assert!(managed.len() > 10);
    assert!(
        managed
            .iter()
            .all(|row| row["manager"]["displayName"].is_string())
    );
    let advanced = ask(&client, &format!("{path}&$count=true"), EVENTUAL).await;
    assert_eq!(advanced.status, 400);
    let levels = client
        .get("/v1.0/users?$expand=manager($levels=max;$select=id)")
        .await;
    assert_eq!(levels.status, 400);
}

#[tokio::test]
async fn objects_of_any_type_are_had_by_their_ids() {
    let simulator = simulator(20);
    let client = Client::new(&simulator, SOURCE).await;
    let user = client.somebody().await;
    let group = client.get("/v1.0/groups?$top=1").await.rows()[0]["id"].clone();
    let path = "/v1.0/directoryObjects/getByIds";
    let ids = json!({"ids": [user, group, "00000000-0000-0000-0000-000000000000"]});
    let both = client.post(path, &ids).await;
    assert_eq!((both.status, both.rows().len()), (200, 2), "{}", both.text);
    assert_eq!(both.header("x-ms-resource-unit"), Some("3"));
    let mut users = ids.clone();
    users["types"] = json!(["user"]);
    let users = client
        .post(&format!("{path}?$select=id,mail"), &users)
        .await;
    assert_eq!(users.rows().len(), 1);
    assert_eq!(users.rows()[0]["@odata.type"], "#microsoft.graph.user");
    let stats = client.get("/_simulator/stats").await;
    assert_eq!(stats.body["tenants"]["contoso"]["writes"], 0);
    let knobs = json!({"app_roles": ["User.Read.All"]});
    client
        .post("/_simulator/tenants/contoso/behaviour", &knobs)
        .await;
    let rows = client.post(path, &ids).await;
    let hidden = rows.rows().iter().find(|row| row["id"] == group).unwrap();
    assert!(hidden.get("displayName").is_none(), "{hidden}");
}
