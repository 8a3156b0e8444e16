//! Tokens for apps: the client credentials grant (graph.md section 1).
//!
//! A token is opaque, belongs to one tenant, and expires by the simulator's clock.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::clock::seconds_later;
use crate::exchange::{Call, Content, Reply};
use crate::fault::Subject;
use crate::simulator::{Simulator, State};
use crate::tenant::{App, Tenant};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why no token was given: Entra's number, its OAuth code and its text.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
}

pub(crate) async fn answer(simulator: &Simulator, call: &Call, word: &str) -> Reply {
    let fault = {
        let mut state = simulator.state();
        let named = state.tenant_index(word).map(|index| {
            (
                state.tenants[index].name.clone(),
                state.tenants[index].id.clone(),
            )
        });
        let (name, id) = named.unwrap_or_default();
        state.faults.meet(Subject {
            tenant_name: &name,
            tenant_id: &id,
            method: call.method.as_str(),
            target: &call.path,
            body: &[],
        })
    };
    if let Some(fault) = fault {
        if let Some(pause_ms) = fault.latency_ms {
            tokio::time::sleep(std::time::Duration::from_millis(pause_ms.into())).await;
        }
        match fault.failure() {
            Some(Ok(reply)) => return reply,
            Some(Err(error)) => {
                return refused(
                    simulator,
                    Refusal {
                        status: error.status,
                        error: "temporarily_unavailable",
                        number: 90033,
                        text: "A transient error has occurred. Please try again.".to_owned(),
                    },
                    error.headers,
                );
            }
            None => {}
        }
    }
    match grant(simulator, call, word) {
        Ok(reply) => reply,
        Err(refusal) => refused(simulator, refusal, Vec::new()),
    }
}

fn grant(simulator: &Simulator, call: &Call, word: &str) -> Result<Reply, Refusal> {
    let form: BTreeMap<String, String> = form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let bad = |error, number, text: String| Refusal {
        status: StatusCode::BAD_REQUEST,
        error,
        number,
        text,
    };
    let now = simulator.now();
    let (shortest, longest) = simulator.settings().token_life_s;
    let mut state = simulator.state();
    let Some(index) = state.tenant_index(word) else {
        return Err(bad(
            "invalid_request",
            90002,
            format!(
                "Tenant '{word}' not found. Check to make sure you have the correct tenant ID and \
                 are signing into the correct cloud."
            ),
        ));
    };
    if field("grant_type") != "client_credentials" {
        return Err(bad(
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type.".to_owned(),
        ));
    }
    let scope = field("scope");
    if !scope.ends_with("/.default") {
        return Err(bad(
            "invalid_scope",
            70011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value \
                 for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    }
    let State { tenants, ids, .. } = &mut *state;
    let tenant = &mut tenants[index];
    let client_id = field("client_id");
    let Some(app) = tenant.app(client_id).cloned() else {
        return Err(bad(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'. \
                 This can happen if the application has not been installed by the administrator \
                 of the tenant or consented to by any user in the tenant.",
                tenant.display_name
            ),
        ));
    };
    prove(call, &form, tenant, &app, now)?;
    let life_s = ids.between(u64::from(shortest), u64::from(longest));
    let expires = seconds_later(now, life_s);
    // To be taken as opaque; who peeks finds the granted roles, as in a real one (graph.md 1.3).
    let claims = json!({
        "aud": scope.trim_end_matches("/.default"),
        "appid": app.client_id,
        "tid": tenant.id,
        "roles": app.roles,
        "iat": now.as_second(),
        "exp": expires.as_second(),
    });
    let token = format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string()),
        ids.opaque(4)
    );
    tenant.grant(token.clone(), &app.client_id, now, expires);
    tenant.stats.tokens += 1;
    let expires_in = life_s.saturating_sub(1);
    Ok(Reply::ok(json!({
        "token_type": "Bearer",
        "expires_in": expires_in,
        "ext_expires_in": expires_in,
        "access_token": token,
    })))
}

/// Whether the caller is the app: by its secret, or by an assertion (graph.md 1.1 and 1.2).
fn prove(
    call: &Call,
    form: &BTreeMap<String, String>,
    tenant: &Tenant,
    app: &App,
    now: Timestamp,
) -> Result<(), Refusal> {
    let client_id = &app.client_id;
    let unproven = |number, text: String| {
        Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            number,
            text,
        })
    };
    match (form.get("client_assertion"), form.get("client_secret")) {
        (Some(assertion), _) => {
            if form.get("client_assertion_type").map(String::as_str) != Some(ASSERTION_TYPE) {
                return unproven(
                    70_003,
                    "The 'client_assertion_type' parameter is not supported.".to_owned(),
                );
            }
            let is_audience = |audience: &str| {
                audience
                    .strip_prefix(&call.base)
                    .and_then(|path| path.strip_suffix("/oauth2/v2.0/token"))
                    .and_then(|path| path.strip_prefix('/'))
                    .is_some_and(|word| tenant.answers_to(word))
            };
            app.trust
                .judge(assertion, client_id, is_audience, now)
                .or_else(|distrust| unproven(distrust.number, distrust.text))
        }
        (None, Some(secret)) if *secret == app.secret => Ok(()),
        (None, Some(_)) => unproven(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{client_id}'."
            ),
        ),
        (None, None) => unproven(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or \
             'client_secret'."
                .to_owned(),
        ),
    }
}

fn refused(simulator: &Simulator, refusal: Refusal, headers: Vec<(&'static str, String)>) -> Reply {
    let timestamp = simulator.now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let (trace, correlation) = {
        let mut state = simulator.state();
        (state.ids.id(), state.ids.id())
    };
    let Refusal {
        status,
        error,
        number,
        text,
    } = refusal;
    Reply {
        status,
        headers,
        content: Content::Json(json!({
            "error": error,
            "error_description": format!(
                "AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} \
                 Timestamp: {timestamp}"
            ),
            "error_codes": [number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
        })),
    }
}
