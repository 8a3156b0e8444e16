//! The ways in which an application proves that it is itself (graph.md, section 1.1).

use std::{fmt, sync::Arc};

use super::certificate::Certificate;
use crate::secret::Secret;

/// How an application proves that it is itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A client secret.
    ClientSecret(Secret),
    /// A certificate with its private key: each token is asked for with a statement that the key
    /// signs.
    Certificate(Arc<Certificate>),
    /// A token of another identity provider that the application trusts (workload identity).
    FederatedToken(FederatedToken),
    /// The identity that Azure gives to this machine or service; nothing of it is kept here.
    ManagedIdentity(ManagedIdentity),
}

/// Brings the newest token of another identity provider; whoever issues it replaces it every few
/// minutes, so it is asked for anew with each token of ours.
#[derive(Clone)]
pub struct FederatedToken(Arc<ReadToken>);

type ReadToken = dyn Fn() -> Result<Secret, String> + Send + Sync;

impl FederatedToken {
    /// Returns a token that is read so; `read` is to be quick, and its error says in words why there
    /// is none.
    pub fn new(read: impl Fn() -> Result<Secret, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(super) fn read(&self) -> Result<Secret, String> {
        (self.0)()
    }
}

impl fmt::Debug for FederatedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FederatedToken")
    }
}

/// Where Azure hands out tokens of a managed identity.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// Who hands them out.
    pub endpoint: IdentityEndpoint,
    /// The client id of a user-assigned identity; nothing for the machine's or service's own.
    pub client_id: Option<String>,
}

/// Who hands out tokens of managed identities.
#[derive(Clone, Debug)]
pub enum IdentityEndpoint {
    /// The metadata service of a virtual machine or scale set.
    VirtualMachine,
    /// App Service, Functions or Container Apps: the endpoint that the platform names in
    /// `IDENTITY_ENDPOINT`, and what it asks for in `IDENTITY_HEADER`.
    AppService {
        /// The endpoint's URL.
        url: String,
        /// What shows that the caller belongs to the service.
        header: Secret,
    },
}
