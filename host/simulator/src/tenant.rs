//! A simulated tenant: its directory, the apps that may call it, its policies and its budget.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::error::GraphError;
use crate::settings::{DeltaBehaviour, Limits};
use crate::stats::Stats;
use crate::throttle::Throttle;

pub(crate) mod addresses;
pub(crate) mod app;
pub(crate) mod directory;
pub(crate) mod object;
pub(crate) mod policy;
pub(crate) mod synchronization;
pub(crate) mod trust;

pub(crate) use app::App;
use directory::Directory;
use policy::{Policy, Reset};
use synchronization::Synchronization;

/// A tenant and all that is particular to it.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// What people call it, such as `contoso`.
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) display_name: String,
    /// The domain that new names get, such as `contoso.com`.
    pub(crate) default_domain: String,
    /// The domain the tenant was born with; it ends the name of every external user.
    pub(crate) initial_domain: String,
    pub(crate) apps: Vec<App>,
    pub(crate) directory: Directory,
    pub(crate) policy: Policy,
    /// The other tenants of the simulator.
    pub(crate) neighbours: Vec<Neighbour>,
    /// Microsoft's own synchronization out of this tenant, and its log.
    pub(crate) synchronization: Synchronization,
    pub(crate) delta: DeltaBehaviour,
    /// For how long a fresh object answers 404, in seconds.
    pub(crate) replication_lag_s: u32,
    /// Delta links of an earlier generation have been reset.
    pub(crate) delta_generation: u32,
    pub(crate) delta_reset: Reset,
    pub(crate) throttle: Throttle,
    pub(crate) stats: Stats,
    /// Addresses that invitations have gone to.
    pub(crate) invited: BTreeSet<String>,
    /// Objects that lists and delta rounds leave out in silence, as a service in trouble does.
    pub(crate) omitted: BTreeSet<String>,
    grants: BTreeMap<String, Grant>,
}

/// What a tenant knows of another.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) default_domain: String,
    pub(crate) initial_domain: String,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
struct Grant {
    client_id: String,
    expires: Timestamp,
}

impl Tenant {
    pub(crate) fn new(name: &str, id: String, apps: Vec<App>, limits: Limits) -> Self {
        let mut letters = name.chars();
        let display_name = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default();
        Self {
            name: name.to_owned(),
            id,
            display_name,
            default_domain: format!("{name}.com"),
            initial_domain: format!("{name}.onmicrosoft.com"),
            apps,
            directory: Directory::default(),
            policy: Policy::default(),
            neighbours: Vec::new(),
            synchronization: Synchronization::default(),
            delta: DeltaBehaviour::default(),
            replication_lag_s: 0,
            delta_generation: 0,
            delta_reset: Reset::Gone,
            throttle: Throttle::new(limits),
            stats: Stats::default(),
            invited: BTreeSet::new(),
            omitted: BTreeSet::new(),
            grants: BTreeMap::new(),
        }
    }

    /// Whether this is the tenant of that id, name or verified domain.
    pub(crate) fn answers_to(&self, word: &str) -> bool {
        self.id.eq_ignore_ascii_case(word)
            || self.name.eq_ignore_ascii_case(word)
            || self.has_verified(word)
    }

    /// Returns the other tenant that has verified a domain.
    pub(crate) fn neighbour(&self, domain: &str) -> Option<&Neighbour> {
        self.neighbours.iter().find(|known| {
            known.default_domain.eq_ignore_ascii_case(domain)
                || known.initial_domain.eq_ignore_ascii_case(domain)
        })
    }

    pub(crate) fn has_verified(&self, domain: &str) -> bool {
        self.default_domain.eq_ignore_ascii_case(domain)
            || self.initial_domain.eq_ignore_ascii_case(domain)
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<&App> {
        self.apps
            .iter()
            .find(|app| app.client_id.eq_ignore_ascii_case(client_id))
    }

    /// Remembers a token until it expires.
    pub(crate) fn grant(
        &mut self,
        token: String,
        client_id: &str,
        now: Timestamp,
        expires: Timestamp,
    ) {
        self.grants.retain(|_, grant| grant.expires > now);
        self.grants.insert(
            token,
            Grant {
                client_id: client_id.to_owned(),
                expires,
            },
        );
    }

    /// Returns the app that a token speaks for, or `None` where the token is not of this tenant.
    pub(crate) fn bearer(&self, token: &str, now: Timestamp) -> Option<Result<App, GraphError>> {
        let grant = self.grants.get(token)?;
        if grant.expires <= now {
            return Some(Err(GraphError::new(
                http::StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                "Lifetime validation failed, the token is expired.",
            )));
        }
        self.app(&grant.client_id).cloned().map(Ok)
    }
}
