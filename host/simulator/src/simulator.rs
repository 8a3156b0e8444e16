//! The simulator itself: what holds the tenants, the clock and the seed together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::fault::Faults;
use crate::people::population;
use crate::people::week::{self, Changes};
use crate::query::page::Seal;
use crate::seed::Generator;
use crate::settings::Settings;
use crate::tenant::Tenant;
use crate::weather::Sky;

/// Simulated tenants. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    clock: Clock,
    seal: Seal,
    state: Mutex<State>,
}

/// What changes while the simulator runs.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) tenants: Vec<Tenant>,
    /// Draws ids of requests, objects and tokens.
    pub(crate) ids: Generator,
    /// Draws latencies and the order of batches.
    pub(crate) chance: Generator,
    pub(crate) faults: Faults,
    pub(crate) sky: Sky,
    base_url: Option<String>,
}

/// What an app needs to call a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantAccess {
    /// What people call the tenant.
    pub name: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The id of the app registration.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// The domain the tenant was born with, such as `fabrikam.onmicrosoft.com`.
    pub initial_domain: String,
}

impl Simulator {
    /// Returns the tenants, filled from the seed.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let clock = Clock::new(settings.start);
        let seed = Generator::new(settings.seed);
        let tenants = population::tenants(&settings, &seed, clock.now());
        let state = State {
            tenants,
            ids: seed.branch("ids"),
            chance: seed.branch("chance"),
            faults: Faults::default(),
            sky: Sky::new(settings.weather, seed.branch("weather")),
            base_url: None,
        };
        Self(Arc::new(Shared {
            seal: Seal::new(settings.seed),
            clock,
            settings,
            state: Mutex::new(state),
        }))
    }

    /// Returns how Syncline's app reaches each tenant, the first tenant first.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantAccess> {
        self.accesses(0)
    }

    /// Returns how an administrator's app reaches each tenant: it may write in all, and stands
    /// for everybody but Syncline.
    #[must_use]
    pub fn administrators(&self) -> Vec<TenantAccess> {
        self.accesses(1)
    }

    fn accesses(&self, app: usize) -> Vec<TenantAccess> {
        let tenants = self.state().tenants.len();
        (0..tenants)
            .map(|tenant| self.access(tenant, app))
            .collect()
    }

    fn access(&self, tenant: usize, app: usize) -> TenantAccess {
        let state = self.state();
        let tenant = &state.tenants[tenant];
        let app = &tenant.apps[app];
        TenantAccess {
            name: tenant.name.clone(),
            tenant_id: tenant.id.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.secret.clone(),
            initial_domain: tenant.initial_domain.clone(),
        }
    }

    /// Makes absolute links start with this; without it they start with the request's host.
    pub fn bind_base_url(&self, base: &str) {
        self.state().base_url = Some(base.trim_end_matches('/').to_owned());
    }

    /// Returns the line that tells a program where the tenants are.
    #[must_use]
    pub fn ready_line(&self, base_url: &str) -> Value {
        let tenants: Vec<Value> = self
            .tenants()
            .into_iter()
            .map(|access| {
                json!({
                    "name": access.name,
                    "tenantId": access.tenant_id,
                    "clientId": access.client_id,
                    "clientSecret": access.client_secret,
                })
            })
            .collect();
        json!({ "graph": base_url, "login": base_url, "tenants": tenants })
    }

    /// Lets a week pass in the source: people come, go, marry, move and are promoted. The clock is
    /// left alone. The same seed on the same tenants gives the same changes.
    pub fn pass_a_week(&self, seed: u64) -> Changes {
        let now = self.now();
        let mut state = self.state();
        week::pass(&mut state.tenants[0], seed, now)
    }

    /// Returns the simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: u32) {
        self.0.clock.advance(seconds);
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn seal(&self) -> Seal {
        self.0.seal
    }

    /// Returns the state, locked. Never held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns what absolute links begin with.
    pub(crate) fn base_url(&self, host: Option<&str>) -> String {
        match (&self.base_url, host) {
            (Some(base), _) => base.clone(),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => "http://localhost".to_owned(),
        }
    }

    pub(crate) fn tenant_index(&self, word: &str) -> Option<usize> {
        self.tenants
            .iter()
            .position(|tenant| tenant.answers_to(word))
    }
}
