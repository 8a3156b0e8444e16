//! What a tenant says of itself before anything is done to it (graph.md, section 10.2): who we are
//! there, what it permits to other tenants, who else keeps it in step. Reading only.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{error::GraphError, secret::Secret, source::Source, url};

/// What a token says of whom it was given to. A token is opaque by contract (graph.md, section 1.3),
/// so that all of this may be missing, and is a hint where it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The tenant's id.
    pub tenant_id: Option<String>,
    /// The permissions that an administrator granted; nothing where the token does not say.
    pub roles: Option<BTreeSet<String>>,
}

/// What one tenant permits another, with what it inherits from its default (graph.md, section 10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerPolicy {
    /// Whether the other tenant's people may come in as guests.
    pub b2b_inbound: Permitted,
    /// Whether own people may go there as guests.
    pub b2b_outbound: Permitted,
    /// Whether invitations of the other tenant's people redeem themselves, as far as this side says.
    pub redemption_inbound: bool,
    /// Whether own people's invitations there redeem themselves, as far as this side says.
    pub redemption_outbound: bool,
    /// Whether there are settings for this very tenant beside the default.
    pub is_own: bool,
}

/// Whom a policy lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permitted {
    /// Everybody.
    All,
    /// Some people, groups or applications.
    Some,
    /// Nobody.
    Nobody,
}

/// A job of Microsoft's own cross-tenant synchronization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncJob {
    /// The enterprise application that it belongs to.
    pub application: String,
    /// Whether it runs on its schedule.
    pub is_running: bool,
}

/// Licences of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Microsoft's name for it, as in `AAD_PREMIUM`.
    pub name: String,
    /// How many the tenant has.
    pub total: i64,
    /// How many are assigned.
    pub used: i64,
}

/// The template of Microsoft's cross-tenant synchronization in its gallery (graph.md, section 12.1).
const GALLERY_TEMPLATE: &str = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7";

/// The template of its jobs.
const JOB_TEMPLATE: &str = "Azure2Azure";

impl Source {
    /// Fetches a token, and reads what it says.
    ///
    /// # Errors
    ///
    /// When there is no token.
    pub async fn access(&self) -> Result<Access, GraphError> {
        Ok(claims(&self.connection.token().await?))
    }

    /// Returns how far this machine's clock is ahead of the tenant's services, to the second, by
    /// their last answer; nothing where they have not answered or do not say.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.connection.service_time.ahead()
    }

    /// Returns who may invite guests: Graph's word, as in `everyone`.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn allow_invites_from(&self) -> Result<String, GraphError> {
        let path = "/policies/authorizationPolicy?$select=allowInvitesFrom";
        let json = self.read(path).await?;
        Ok(json["allowInvitesFrom"]
            .as_str()
            .unwrap_or("everyone")
            .to_owned())
    }

    /// Returns what this tenant permits another one.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn partner_policy(&self, tenant_id: &str) -> Result<PartnerPolicy, GraphError> {
        let root = "/policies/crossTenantAccessPolicy";
        let own = format!("{root}/partners/{}", url::escape(tenant_id));
        let own = absent(self.read(&own).await)?;
        let default = self.read(&format!("{root}/default")).await?;
        Ok(partner_policy(own.as_ref(), &default))
    }

    /// Returns whether Microsoft's own synchronization may write people of another tenant here;
    /// nothing where that was never said.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn user_sync_inbound(&self, tenant_id: &str) -> Result<Option<bool>, GraphError> {
        let tenant_id = url::escape(tenant_id);
        let path = format!(
            "/policies/crossTenantAccessPolicy/partners/{tenant_id}/identitySynchronization"
        );
        let found = absent(self.read(&path).await)?;
        Ok(found.and_then(|json| json["userSyncInbound"]["isSyncAllowed"].as_bool()))
    }

    /// Returns the jobs of Microsoft's own cross-tenant synchronization out of this tenant.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn microsoft_sync(&self) -> Result<Vec<SyncJob>, GraphError> {
        let filter = format!("applicationTemplateId eq '{GALLERY_TEMPLATE}'");
        let applications = self
            .search("/servicePrincipals", &filter, "id,displayName")
            .await?;
        let mut jobs = Vec::new();
        for (id, application) in applications {
            let path = format!(
                "/servicePrincipals/{}/synchronization/jobs",
                url::escape(&id)
            );
            let Some(found) = absent(self.read(&path).await)? else {
                continue;
            };
            let of_template = found["value"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|job| job["templateId"] == JOB_TEMPLATE);
            jobs.extend(of_template.map(|job| {
                SyncJob {
                    application: application["displayName"]
                        .as_str()
                        .unwrap_or(&id)
                        .to_owned(),
                    is_running: job["schedule"]["state"] == "Active"
                        && job["status"]["code"] != "Paused",
                }
            }));
        }
        Ok(jobs)
    }

    /// Returns the tenant's licences.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn licences(&self) -> Result<Vec<Licence>, GraphError> {
        let path = "/subscribedSkus?$select=skuPartNumber,consumedUnits,prepaidUnits";
        let json = self.read(path).await?;
        let rows = json["value"].as_array().into_iter().flatten();
        Ok(rows
            .filter_map(|row| {
                Some(Licence {
                    name: row["skuPartNumber"].as_str()?.to_owned(),
                    total: row["prepaidUnits"]["enabled"].as_i64().unwrap_or(0),
                    used: row["consumedUnits"].as_i64().unwrap_or(0),
                })
            })
            .collect())
    }

    /// Returns the domains of the addresses of the first thousand members, with how many have one
    /// there. Guests have theirs elsewhere, and move nowhere.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn mail_domains(&self) -> Result<BTreeMap<String, u64>, GraphError> {
        let json = self
            .read("/users?$filter=userType%20eq%20%27Member%27&$select=mail&$top=999")
            .await?;
        let mut domains = BTreeMap::new();
        for row in json["value"].as_array().into_iter().flatten() {
            if let Some((_, domain)) = row["mail"].as_str().and_then(|mail| mail.rsplit_once('@')) {
                *domains.entry(domain.to_lowercase()).or_insert(0) += 1;
            }
        }
        Ok(domains)
    }

    async fn read(&self, path: &str) -> Result<Json, GraphError> {
        let call = self.connection.get(path);
        self.connection.send(&call).await?.json(&call.line)
    }
}

/// Returns nothing for what is not there.
fn absent(read: Result<Json, GraphError>) -> Result<Option<Json>, GraphError> {
    match read {
        Ok(json) => Ok(Some(json)),
        Err(GraphError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Claims {
    tid: Option<String>,
    roles: Option<BTreeSet<String>>,
    /// Who the token is for; where this cannot be read, it is no JWT of Entra's.
    aud: Option<String>,
}

fn claims(token: &Secret) -> Access {
    let read = || {
        let payload = token.expose().split('.').nth(1)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice::<Claims>(&bytes).ok()
    };
    match read() {
        // An application without any permission gets a token without `roles`.
        Some(claims) => Access {
            tenant_id: claims.tid,
            roles: claims.roles.or_else(|| claims.aud.map(|_| BTreeSet::new())),
        },
        None => Access::default(),
    }
}

/// A section that is null says what the default says (graph.md, section 10.1).
fn partner_policy(own: Option<&Json>, default: &Json) -> PartnerPolicy {
    let section = |path: &[&str]| {
        let look = |policy: &Json| {
            let found = path
                .iter()
                .try_fold(policy, |policy, name| policy.get(name))?;
            (!found.is_null()).then(|| found.clone())
        };
        own.and_then(look).or_else(|| look(default))
    };
    // Out of the box Microsoft permits collaboration both ways, and redeems nothing by itself.
    let collaboration = |name| {
        section(&[name]).map_or(Permitted::All, |rules| {
            let people = permitted(&rules["usersAndGroups"], "AllUsers");
            people.narrower(permitted(&rules["applications"], "AllApplications"))
        })
    };
    let redemption = |name| {
        section(&["automaticUserConsentSettings", name]).is_some_and(|allowed| allowed == true)
    };
    PartnerPolicy {
        b2b_inbound: collaboration("b2bCollaborationInbound"),
        b2b_outbound: collaboration("b2bCollaborationOutbound"),
        redemption_inbound: redemption("inboundAllowed"),
        redemption_outbound: redemption("outboundAllowed"),
        is_own: own.is_some(),
    }
}

/// Reads an allowed or blocked list of targets.
fn permitted(rules: &Json, everybody: &str) -> Permitted {
    let targets = rules["targets"].as_array().map_or(&[][..], Vec::as_slice);
    let names_everybody = targets.iter().any(|target| target["target"] == everybody);
    match (rules["accessType"].as_str(), names_everybody) {
        (Some("blocked"), true) => Permitted::Nobody,
        (Some("blocked"), false) if targets.is_empty() => Permitted::All,
        (Some("allowed"), false) if targets.is_empty() => Permitted::Nobody,
        (Some("allowed"), true) | (None, _) => Permitted::All,
        _ => Permitted::Some,
    }
}

impl Permitted {
    fn narrower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nobody, _) | (_, Self::Nobody) => Self::Nobody,
            (Self::Some, _) | (_, Self::Some) => Self::Some,
            (Self::All, Self::All) => Self::All,
        }
    }
}

#[cfg(test)]
mod tests;
