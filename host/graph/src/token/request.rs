//! What the login service, or Azure in its place, is asked for a token.

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use jiff::Timestamp;

use super::{
    Application, Credential,
    credential::{IdentityEndpoint, ManagedIdentity},
};
use crate::{secret::Secret, url};

/// A request for a token, and the secrets in it, which no text that comes back may show.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) request: Request<Bytes>,
    pub(super) secrets: Vec<Secret>,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where a virtual machine asks for tokens: an address of its own network, which no proxy knows.
const METADATA_SERVICE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Returns where an application's tokens are asked for.
pub(super) fn endpoint(application: &Application) -> String {
    match &application.credential {
        Credential::ManagedIdentity(identity) => match &identity.endpoint {
            IdentityEndpoint::VirtualMachine => METADATA_SERVICE.to_owned(),
            IdentityEndpoint::AppService { url, .. } => url.clone(),
        },
        _ => {
            let login = application.cloud.login.trim_end_matches('/');
            format!(
                "{login}/{}/oauth2/v2.0/token",
                url::escape(&application.tenant)
            )
        }
    }
}

/// Returns the request for a token; `id` is fresh.
///
/// Fails with words on the credential where that cannot be used.
pub(super) fn token(
    application: &Application,
    endpoint: &str,
    id: &str,
    now: Timestamp,
) -> Result<Asking, String> {
    let client_id = &application.client_id;
    let (proof, secret) = match &application.credential {
        Credential::ClientSecret(secret) => {
            let proof = format!("client_secret={}", url::escape(secret.expose()));
            (proof, secret.clone())
        }
        Credential::Certificate(certificate) => {
            let assertion = certificate
                .assertion(endpoint, client_id, id, now)
                .map_err(|error| format!("the certificate {error}"))?;
            (assertion_proof(&assertion), assertion)
        }
        Credential::FederatedToken(token) => {
            let assertion = token.read()?;
            (assertion_proof(&assertion), assertion)
        }
        Credential::ManagedIdentity(identity) => return managed(application, identity, endpoint),
    };
    let graph = application.cloud.graph.trim_end_matches('/');
    let body = format!(
        "client_id={}&scope={}&{proof}&grant_type=client_credentials",
        url::escape(client_id),
        url::escape(&format!("{graph}/.default")),
    );
    let request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(body))
        .map_err(|error| error.to_string())?;
    Ok(Asking {
        request,
        secrets: vec![secret],
    })
}

fn assertion_proof(assertion: &Secret) -> String {
    format!(
        "client_assertion_type={}&client_assertion={}",
        url::escape(ASSERTION_TYPE),
        url::escape(assertion.expose()),
    )
}

fn managed(
    application: &Application,
    identity: &ManagedIdentity,
    endpoint: &str,
) -> Result<Asking, String> {
    let (version, header, secret) = match &identity.endpoint {
        IdentityEndpoint::VirtualMachine => ("2018-02-01", "metadata", Secret::new("true")),
        IdentityEndpoint::AppService { header, .. } => {
            ("2019-08-01", "x-identity-header", header.clone())
        }
    };
    let resource = url::escape(application.cloud.graph.trim_end_matches('/'));
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    let mut address = format!("{endpoint}{joint}api-version={version}&resource={resource}");
    if let Some(client_id) = &identity.client_id {
        address = format!("{address}&client_id={}", url::escape(client_id));
    }
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| "IDENTITY_HEADER holds what no header can".to_owned())?;
    value.set_sensitive(true);
    let request = Request::get(address)
        .header(header, value)
        .header(header::ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|error| error.to_string())?;
    // `true` is no secret, and stands in every answer.
    let secrets = match identity.endpoint {
        IdentityEndpoint::VirtualMachine => Vec::new(),
        IdentityEndpoint::AppService { .. } => vec![secret],
    };
    Ok(Asking { request, secrets })
}
