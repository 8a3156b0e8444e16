//! What to do about an error: one sentence each.

use super::{AuthenticationFailure, ErrorKind, GraphError};

pub(super) fn of(error: &GraphError) -> &'static str {
    if let GraphError::Authentication(failure) = error {
        return authentication(failure);
    }
    let code = error
        .refusal()
        .map(|refusal| refusal.code.as_str())
        .unwrap_or_default();
    match error.kind() {
        ErrorKind::Credential => "put a credential that is good where the project names it",
        ErrorKind::Authentication => "check the tenant's credential",
        ErrorKind::Unauthorized if code == "Authorization_IdentityNotFound" => {
            "grant admin consent to the application in this tenant"
        }
        ErrorKind::Unauthorized => {
            "check that tenant, client id and cloud belong together, and this machine's clock"
        }
        ErrorKind::Forbidden => {
            "grant the application the permission that this request needs; if others of its kind \
             succeed, the object is protected, as holders of administrator roles are"
        }
        ErrorKind::NotFound => {
            "nothing, if it was made in the last minutes: the next cycle finds it; else it is gone"
        }
        ErrorKind::NotInBin => "create the object anew: it was purged or is not deleted",
        ErrorKind::Conflict => {
            "find the object that holds the same value and decide which of the two keeps it"
        }
        ErrorKind::Rejected => {
            "correct the value that Graph's message names, in the rule or at its source"
        }
        ErrorKind::Resync => "nothing: the objects are read again in full",
        ErrorKind::Quota => {
            "delete what the tenant does not need or have its object quota raised by Microsoft"
        }
        ErrorKind::Throttled => {
            "wait; if it lasts, look for another program that writes to this tenant"
        }
        ErrorKind::Unavailable if is_identity_endpoint(error) => {
            "run on an Azure machine or service that has a managed identity, or name another \
             credential"
        }
        ErrorKind::Unavailable => {
            "check the network, a proxy and Microsoft's service health, then run again"
        }
        ErrorKind::Failed => "nothing: the next cycle tries this object again",
        ErrorKind::OutcomeUnknown => "look whether it took effect before asking again",
        ErrorKind::Garbage => {
            "check that the cloud's endpoint is Graph and that no proxy answers in its place"
        }
        ErrorKind::ForeignLink => {
            "check the cloud's endpoint; if it was changed on purpose, have the objects read in full"
        }
        ErrorKind::Unsendable => {
            "report it with the plan: a request like this should not be planned"
        }
    }
}

/// Whether Azure's own endpoint for managed identities gave no answer.
fn is_identity_endpoint(error: &GraphError) -> bool {
    matches!(error, GraphError::Unavailable(outage)
        if outage.request.method == "GET" && outage.request.path.starts_with("/metadata/identity"))
}

fn authentication(failure: &AuthenticationFailure) -> &'static str {
    match failure.aadsts {
        Some(7_000_215) => {
            "enter the secret's value, not its id, and check that it belongs to this client id"
        }
        Some(7_000_222) => {
            "make a new client secret for the application and enter it: this one expired"
        }
        Some(700_027) => {
            "register the certificate's public half with the application (Certificates & secrets), \
             or a new one if it expired"
        }
        Some(700_024) => {
            "set this machine's clock: what it signed is not good at the login service's time"
        }
        Some(700_016) => {
            "check the client id, and grant the application admin consent in this tenant"
        }
        Some(700_211..=700_213) => {
            "add a federated credential to the application whose issuer, audience and subject are \
             exactly the token's"
        }
        Some(7_000_218) => {
            "register a secret, certificate or federated credential with the application"
        }
        Some(7_000_112) => "enable the application in this tenant: somebody disabled it",
        Some(53_003) => {
            "except the application from the Conditional Access policy for workload identities, or \
             run from a place that it permits"
        }
        Some(90_002 | 900_023) => {
            "check the tenant id or domain, and that the cloud is the tenant's"
        }
        Some(90_038 | 900_382 | 900_432) => "set `cloud` to the one that the tenant is in",
        Some(70_011 | 500_011) => {
            "check the cloud's Graph endpoint: the login service does not know it"
        }
        _ => "check tenant id, client id, credential and cloud",
    }
}
