//! The two ends of a job, connected. One pace serves all callers of an application in a tenant.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use syncline_directory::Side;
use syncline_graph::{Application, Credential, GraphError, Outside, Pace, Secret, Source, Target};
use syncline_store::Store;

use crate::{
    ServiceError,
    project::{Job, Project, ProjectError, SecretPlace, TenantSettings},
};

/// The paces of the project, by tenant and application: two names for one of them share one.
#[derive(Default)]
pub(crate) struct Tenants {
    paces: Mutex<BTreeMap<(String, String), Pace>>,
}

impl Tenants {
    /// Connects to a job's source, for reading.
    pub(crate) fn source(
        &self,
        project: &Project,
        job: &Job,
        outside: &Outside,
        store: &Store,
    ) -> Result<Source, ServiceError> {
        let (application, pace) = self.prepare(project, &job.source, outside, store)?;
        Ok(Source::connect(outside.clone(), application, pace))
    }

    /// Connects to a job's target, for reading: all that a preview is given.
    pub(crate) fn target_reader(
        &self,
        project: &Project,
        job: &Job,
        outside: &Outside,
        store: &Store,
    ) -> Result<Source, ServiceError> {
        let (application, pace) = self.prepare(project, &job.target, outside, store)?;
        Ok(Source::connect(outside.clone(), application, pace))
    }

    /// Connects to a job's target, for reading and writing.
    pub(crate) fn target(
        &self,
        project: &Project,
        job: &Job,
        outside: &Outside,
        store: &Store,
    ) -> Result<Target, ServiceError> {
        let (application, pace) = self.prepare(project, &job.target, outside, store)?;
        Ok(Target::connect(outside.clone(), application, pace))
    }

    fn prepare(
        &self,
        project: &Project,
        tenant: &str,
        outside: &Outside,
        store: &Store,
    ) -> Result<(Application, Pace), ServiceError> {
        let settings = &project.tenants[tenant];
        let application = Application {
            tenant: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
            credential: Credential::ClientSecret(read_secret(tenant, &settings.secret)?),
            cloud: settings.cloud.clone(),
        };
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (settings.tenant_id.clone(), settings.client_id.clone());
        if let Some(pace) = paces.get(&key) {
            return Ok((application, pace.clone()));
        }
        let remembered = store.pace(&settings.tenant_id, &settings.client_id)?;
        let state = remembered.and_then(|text| serde_json::from_str(&text).ok());
        let pace = Pace::resume(settings.budget, state, outside);
        paces.insert(key, pace.clone());
        Ok((application, pace))
    }

    /// Saves what of a tenant's write budget is used up (law L14).
    pub(crate) fn save_pace(
        &self,
        settings: &TenantSettings,
        store: &Store,
    ) -> Result<(), ServiceError> {
        let key = (settings.tenant_id.clone(), settings.client_id.clone());
        let pace = self.paces.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(pace) = pace {
            let state = serde_json::to_string(&pace.state())
                .expect("a pace's state holds only numbers and times");
            store.save_pace(&settings.tenant_id, &settings.client_id, &state)?;
        }
        Ok(())
    }
}

fn read_secret(tenant: &str, place: &SecretPlace) -> Result<Secret, ProjectError> {
    let missing =
        |message: String| ProjectError::Secret { tenant: tenant.to_owned(), message };
    let text = match place {
        SecretPlace::Environment(name) => std::env::var(name).map_err(|_| {
            missing(format!(
                "the environment variable {name} is not set; it holds the application's secret"
            ))
        })?,
        SecretPlace::File(path) => std::fs::read_to_string(path).map_err(|error| {
            missing(format!("cannot read the secret file {}: {error}", path.display()))
        })?,
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(missing("the secret is empty".to_owned()));
    }
    Ok(Secret::new(text))
}

/// Says on which side of a job a tenant failed.
pub(crate) fn tenant_error(side: Side, job: &Job) -> impl Fn(GraphError) -> ServiceError {
    let tenant = match side {
        Side::Source => job.source.clone(),
        Side::Target => job.target.clone(),
    };
    move |source| ServiceError::Tenant { side, tenant: tenant.clone(), source }
}
