//! The two ends of a job, connected. One pace serves all callers of an application in a tenant.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use syncline_directory::Side;
use syncline_graph::{Application, GraphError, Keeper, Pace, PaceState, Source, Target};
use syncline_store::Store;

use crate::{Service, ServiceError, credentials, project::Job};

/// The paces of the project, by tenant and application: two names for one of them share one.
#[derive(Default)]
pub(crate) struct Tenants {
    paces: Mutex<BTreeMap<(String, String), Pace>>,
}

impl Service {
    /// Connects to a tenant, by its name in the project, for reading: all that a source and a preview
    /// are given.
    pub(crate) fn reader(&self, tenant: &str) -> Result<Source, ServiceError> {
        let (application, pace) = self.application(tenant)?;
        Ok(Source::connect(self.outside.clone(), application, pace))
    }

    /// Connects to a tenant, by its name in the project, for reading and writing.
    pub(crate) fn writer(&self, tenant: &str) -> Result<Target, ServiceError> {
        let (application, pace) = self.application(tenant)?;
        Ok(Target::connect(self.outside.clone(), application, pace))
    }

    fn application(&self, tenant: &str) -> Result<(Application, Pace), ServiceError> {
        let settings = &self.project.tenants[tenant];
        let application = Application {
            tenant: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
            credential: credentials::read(tenant, settings, self.outside.clock.now())?,
            cloud: settings.cloud.clone(),
        };
        let mut paces = self
            .tenants
            .paces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (settings.tenant_id.clone(), settings.client_id.clone());
        if let Some(pace) = paces.get(&key) {
            return Ok((application, pace.clone()));
        }
        let remembered = self.store.pace(&settings.tenant_id, &settings.client_id)?;
        let state = remembered.and_then(|text| serde_json::from_str(&text).ok());
        let pace = Pace::kept(
            settings.budget,
            state,
            &self.outside,
            keeper(&key, &self.store),
        );
        paces.insert(key, pace.clone());
        Ok((application, pace))
    }
}

/// Returns what saves how much of a write budget is used up, before it is (law L14).
fn keeper((tenant, client): &(String, String), store: &Arc<Store>) -> Keeper {
    let (tenant, client, store) = (tenant.clone(), client.clone(), store.clone());
    Box::new(move |state: &PaceState| {
        let state =
            serde_json::to_string(state).expect("a pace's state holds only numbers and times");
        // A store that fails ends the run as soon as an answer is to be remembered.
        if let Err(error) = store.save_pace(&tenant, &client, &state) {
            tracing::error!(tenant, %error, "the pace cannot be saved");
        }
    })
}

/// Says on which side of a job a tenant failed.
pub(crate) fn tenant_error(side: Side, job: &Job) -> impl Fn(GraphError) -> ServiceError {
    let tenant = match side {
        Side::Source => job.source.clone(),
        Side::Target => job.target.clone(),
    };
    move |source| ServiceError::Tenant {
        side,
        tenant: tenant.clone(),
        source,
    }
}
