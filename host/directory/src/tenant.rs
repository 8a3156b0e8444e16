//! A tenant as rules and plans may know it.

use serde::{Deserialize, Serialize};

/// A tenant's identity and domains, read from `GET /organization`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The tenant's GUID.
    pub id: String,
    /// The organisation's name.
    pub display_name: String,
    /// The `*.onmicrosoft.com` domain, the suffix of `#EXT#` names.
    pub initial_domain: String,
    /// The domain that new names get.
    pub default_domain: String,
    /// Every verified domain, in code-point order.
    pub verified_domains: Vec<String>,
}
