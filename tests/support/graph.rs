//! A tenant as Graph shows it: people other than Syncline, with tokens of their own, who read and
//! change it over HTTP.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Rehearsal;

/// What is read of a user: all that the mapping is about, and all by which a foreign hand would show.
const PROPERTIES: &str = "id,accountEnabled,businessPhones,city,companyName,country,creationType,\
    createdDateTime,deletedDateTime,department,displayName,employeeId,employeeOrgData,employeeType,\
    externalUserState,faxNumber,givenName,jobTitle,mail,mailNickname,mobilePhone,officeLocation,\
    onPremisesExtensionAttributes,otherMails,postalCode,preferredLanguage,proxyAddresses,\
    showInAddressList,state,streetAddress,surname,usageLocation,userPrincipalName,userType";

/// What a tenant holds, read through Graph.
pub(crate) struct Holdings {
    /// Live users by id, each with `manager` where there is one.
    pub(crate) users: BTreeMap<String, Json>,
    /// Users in the recycle bin by id.
    pub(crate) recycled: BTreeMap<String, Json>,
    /// The domain that ends the names of external users.
    pub(crate) initial_domain: String,
}

impl Holdings {
    /// Returns the live user with this mail.
    #[track_caller]
    pub(crate) fn with_mail(&self, mail: &str) -> &Json {
        let mut found = self
            .users
            .values()
            .filter(|user| text(user, "mail") == Some(mail));
        let user = found
            .next()
            .unwrap_or_else(|| panic!("nobody has the mail {mail}"));
        assert!(found.next().is_none(), "two have the mail {mail}");
        user
    }
}

/// Returns a text property.
pub(crate) fn text<'a>(user: &'a Json, property: &str) -> Option<&'a str> {
    user[property].as_str()
}

/// Returns an object's id.
pub(crate) fn id(user: &Json) -> &str {
    text(user, "id").expect("an object has an id")
}

/// Returns the id of a user's manager.
pub(crate) fn manager(user: &Json) -> Option<&str> {
    user["manager"]["id"].as_str()
}

/// An administrator of one tenant: whoever changes it that is not Syncline.
pub(crate) struct Administrator<'a> {
    rehearsal: &'a Rehearsal,
    token: String,
    initial_domain: String,
}

impl Rehearsal {
    /// Returns an administrator of a tenant, with a token.
    pub(crate) fn administrator(&self, tenant: &str) -> Administrator<'_> {
        let access = self.control("GET", "tenants", None);
        let access = access["administrators"]
            .as_array()
            .expect("a list of administrators")
            .iter()
            .find(|access| access["name"] == tenant)
            .expect("the tenant has an administrator")
            .clone();
        let part = |name: &str| access[name].as_str().expect("access is text").to_owned();
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            part("clientId"),
            part("clientSecret"),
            self.base_url(),
        );
        let url = format!("{}/{}/oauth2/v2.0/token", self.base_url(), part("tenantId"));
        let (status, answer) = self.send(
            "POST",
            &url,
            &[("content-type", "application/x-www-form-urlencoded")],
            body,
        );
        assert_eq!(status, 200, "{answer}");
        Administrator {
            rehearsal: self,
            token: answer["access_token"].as_str().expect("a token").to_owned(),
            initial_domain: part("initialDomain"),
        }
    }

    /// Returns what a tenant holds, read through Graph.
    pub(crate) fn holdings(&self, tenant: &str) -> Holdings {
        self.administrator(tenant).holdings()
    }
}

impl Administrator<'_> {
    /// Asks Graph; returns the body of its answer, which must be a success.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/v1.0/{path}", self.rehearsal.base_url()),
            None => path.to_owned(),
        };
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = self.rehearsal.send(method, &url, &headers, body);
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        answer
    }

    /// Changes a user.
    #[track_caller]
    pub(crate) fn change(&self, user: &str, changes: Json) {
        self.ask("PATCH", &format!("/users/{user}"), Some(changes));
    }

    /// Puts a user into the recycle bin.
    #[track_caller]
    pub(crate) fn delete(&self, user: &str) {
        self.ask("DELETE", &format!("/users/{user}"), None);
    }

    /// Takes a user out of the recycle bin.
    #[track_caller]
    pub(crate) fn restore(&self, user: &str) {
        self.ask(
            "POST",
            &format!("/directory/deletedItems/{user}/restore"),
            Some(json!({})),
        );
    }

    /// Reads a whole collection, page by page.
    fn list(&self, path: &str) -> BTreeMap<String, Json> {
        let mut rows = BTreeMap::new();
        let mut next = Some(path.to_owned());
        while let Some(page) = next {
            let mut page = self.ask("GET", &page, None);
            next = text(&page, "@odata.nextLink").map(str::to_owned);
            let Json::Array(users) = page["value"].take() else {
                panic!("a list")
            };
            rows.extend(users.into_iter().map(|user| (id(&user).to_owned(), user)));
        }
        rows
    }

    /// Reads everybody, the recycle bin included.
    pub(crate) fn holdings(&self) -> Holdings {
        let expand = "$expand=manager($select=id)";
        Holdings {
            users: self.list(&format!("/users?$select={PROPERTIES}&{expand}&$top=400")),
            recycled: self.list(&format!(
                "/directory/deletedItems/microsoft.graph.user?$select={PROPERTIES}&$top=400"
            )),
            initial_domain: self.initial_domain.clone(),
        }
    }
}
