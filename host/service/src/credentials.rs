//! From where the project says a credential is to the credential itself. What is missing or no longer
//! good is said before anything is asked of a tenant.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use syncline_graph::{
    Certificate, Credential, FederatedToken, IdentityEndpoint, ManagedIdentity, Secret,
};

use crate::project::{CredentialSettings, OWN_IDENTITY, ProjectError, SecretPlace, TenantSettings};

/// How long before its end a certificate is worth a warning: renewing one takes an administrator.
pub(crate) const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Reads the credential of a tenant's application.
pub(crate) fn read(
    tenant: &str,
    settings: &TenantSettings,
    now: Timestamp,
) -> Result<Credential, ProjectError> {
    let wrong = |message: String| ProjectError::Secret {
        tenant: tenant.to_owned(),
        message,
    };
    match &settings.credential {
        CredentialSettings::Secret(place) => secret(place, "the application's secret")
            .map(Credential::ClientSecret)
            .map_err(wrong),
        CredentialSettings::Certificate { file, password } => {
            let certificate = certificate(file, password.as_ref(), now).map_err(wrong)?;
            let left = certificate.not_after().duration_since(now);
            if left < EXPIRES_SOON {
                let days = left.as_hours() / 24;
                tracing::warn!(
                    tenant,
                    days,
                    "the certificate {} expires soon",
                    file.display()
                );
            }
            Ok(Credential::Certificate(Arc::new(certificate)))
        }
        CredentialSettings::FederatedTokenFile(file) => {
            // Read for each token; that it is there is known before the first.
            federated_token(file).map_err(wrong)?;
            let file = file.clone();
            Ok(Credential::FederatedToken(FederatedToken::new(move || {
                federated_token(&file)
            })))
        }
        CredentialSettings::ManagedIdentity => {
            let client_id =
                (settings.client_id != OWN_IDENTITY).then(|| settings.client_id.clone());
            Ok(Credential::ManagedIdentity(ManagedIdentity {
                endpoint: identity_endpoint().map_err(wrong)?,
                client_id,
            }))
        }
    }
}

/// Returns when the certificate of a tenant's application ends, where it signs in by one that is good.
pub(crate) fn certificate_ends(settings: &TenantSettings, now: Timestamp) -> Option<Timestamp> {
    match &settings.credential {
        CredentialSettings::Certificate { file, password } => {
            let certificate = certificate(file, password.as_ref(), now).ok()?;
            Some(certificate.not_after())
        }
        _ => None,
    }
}

fn secret(place: &SecretPlace, what: &str) -> Result<Secret, String> {
    let text = match place {
        SecretPlace::Environment(name) => std::env::var(name)
            .map_err(|_| format!("the environment variable {name} is not set; it holds {what}"))?,
        SecretPlace::File(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read the secret file {}: {error}", path.display()))?,
    };
    let text = text.trim();
    if text.is_empty() {
        return Err("the secret is empty".to_owned());
    }
    Ok(Secret::new(text))
}

/// The largest file that is read as a certificate: a chain with its key has some kilobytes.
const CERTIFICATE_BYTES_MAX: u64 = 1 << 20;

fn certificate(
    file: &PathBuf,
    password: Option<&SecretPlace>,
    now: Timestamp,
) -> Result<Certificate, String> {
    let password = password
        .map(|place| secret(place, "the certificate's password"))
        .transpose()?;
    let wrong = |what: String| format!("the certificate {} {what}", file.display());
    let unreadable = |error: std::io::Error| wrong(format!("cannot be read: {error}"));
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > CERTIFICATE_BYTES_MAX {
        return Err(wrong(format!("cannot be one: it has {length} bytes")));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let certificate =
        Certificate::read(&bytes, password.as_ref()).map_err(|error| wrong(error.to_string()))?;
    certificate
        .check(now)
        .map_err(|error| wrong(error.to_string()))?;
    Ok(certificate)
}

fn federated_token(file: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!(
            "cannot read the federated token {}: {error}",
            file.display()
        )
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("the federated token {} is empty", file.display()));
    }
    Ok(Secret::new(text))
}

/// Returns who hands out tokens here: App Service and its kin say so in the environment, everywhere
/// else the virtual machine's metadata service does.
fn identity_endpoint() -> Result<IdentityEndpoint, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
        (Some(url), Some(header)) => {
            // What is asked there carries the header, and what comes back is a token.
            if !syncline_graph::Cloud::is_private_endpoint(&url) {
                return Err(format!(
                    "IDENTITY_ENDPOINT is `{url}`, which is neither https nor on this machine"
                ));
            }
            Ok(IdentityEndpoint::AppService {
                url,
                header: Secret::new(header),
            })
        }
        (Some(_), None) => Err(
            "IDENTITY_ENDPOINT is set without IDENTITY_HEADER: this kind of managed identity (as of \
             Azure Arc) is not supported"
                .to_owned(),
        ),
        _ => Ok(IdentityEndpoint::VirtualMachine),
    }
}
