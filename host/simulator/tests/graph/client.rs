//! A caller without a socket: it asks the router itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use syncline_simulator::{Settings, Simulator, TenantAccess};
use tower::ServiceExt;

pub(crate) const SOURCE: usize = 0;
pub(crate) const TARGET: usize = 1;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or("")
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or("")
    }

    pub(crate) fn rows(&self) -> &Vec<Value> {
        self.body["value"].as_array().expect("a list")
    }

    pub(crate) fn link(&self, name: &str) -> Option<String> {
        let link = self.body[format!("@odata.{name}")].as_str()?;
        Some(link.trim_start_matches("http://graph.test").to_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Returns a target as a client sends it: whatever is no ASCII, and spaces, in percent form.
fn escaped(path: &str) -> String {
    path.chars()
        .map(|letter| match letter {
            ' ' => "%20".to_owned(),
            letter if letter.is_ascii() => letter.to_string(),
            letter => letter
                .to_string()
                .bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect(),
        })
        .collect()
}

/// Somebody with a token.
pub(crate) struct Client {
    router: Router,
    pub(crate) token: String,
}

pub(crate) fn settings(users: usize) -> Settings {
    Settings {
        users,
        start: Some("2026-03-02T08:00:00Z".parse().expect("an instant")),
        ..Settings::default()
    }
}

pub(crate) fn simulator(users: usize) -> Simulator {
    Simulator::new(settings(users))
}

impl Client {
    pub(crate) async fn new(simulator: &Simulator, tenant: usize) -> Self {
        Self::with(simulator, &simulator.tenants()[tenant]).await
    }

    pub(crate) async fn administrator(simulator: &Simulator, tenant: usize) -> Self {
        Self::with(simulator, &simulator.administrators()[tenant]).await
    }

    async fn with(simulator: &Simulator, access: &TenantAccess) -> Self {
        let answer = token(simulator, access, &access.client_secret).await;
        Self {
            router: simulator.router(),
            token: answer.body["access_token"]
                .as_str()
                .expect("a token")
                .to_owned(),
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_text(method, path, headers, &body).await
    }

    pub(crate) async fn send_text(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(escaped(path))
            .header("host", "graph.test")
            .header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(body.to_owned());
        ask(&self.router, request.body(body).expect("a request")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    pub(crate) async fn invite(&self, address: &str) -> Answer {
        let body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://myapps.microsoft.com",
            "invitedUserType": "Member",
        });
        self.post("/v1.0/invitations", &body).await
    }

    /// Reads a whole delta round; returns its items and the delta link.
    pub(crate) async fn round(&self, from: &str) -> (Vec<Value>, String) {
        let mut items = Vec::new();
        let mut path = from.to_owned();
        loop {
            let answer = self.get(&path).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            items.extend(answer.rows().iter().cloned());
            match (answer.link("nextLink"), answer.link("deltaLink")) {
                (Some(next), None) => path = next,
                (None, Some(delta)) => return (items, delta),
                both => panic!("a page has one of two links: {both:?}"),
            }
        }
    }

    /// Returns some internal user's id of the tenant.
    pub(crate) async fn somebody(&self) -> String {
        let answer = self
            .get("/v1.0/users?$select=id&$filter=userType eq 'Member' and accountEnabled eq true")
            .await;
        answer.rows()[0]["id"].as_str().expect("an id").to_owned()
    }
}

pub(crate) async fn token(simulator: &Simulator, access: &TenantAccess, secret: &str) -> Answer {
    let form = format!(
        "client_id={}&client_secret={secret}&grant_type=client_credentials&scope=http%3A%2F%2Fgraph.test%2F.default",
        access.client_id
    );
    let request = Request::builder()
        .method("POST")
        .uri(format!("/{}/oauth2/v2.0/token", access.tenant_id))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .expect("a request");
    ask(&simulator.router(), request).await
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}
