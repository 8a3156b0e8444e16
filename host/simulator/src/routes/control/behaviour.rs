//! A tenant's knobs: replication, delta, policies and limits, changed while it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ControlError;
use crate::tenant::Tenant;
use crate::tenant::app::{READER, WRITER, granted};
use crate::tenant::policy::{AllowInvitesFrom, Reset};
use crate::tenant::trust::NewFederation;

/// What to change; what is not named stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    replication_lag_s: Option<u32>,
    /// For how many seconds a change is not read, by property; `*` stands for all others.
    property_lag_s: Option<BTreeMap<String, u32>>,
    delta_page_size: Option<usize>,
    delta_members_per_page: Option<usize>,
    delta_token_life_s: Option<u32>,
    delta_lag_s: Option<u32>,
    delta_replays: Option<bool>,
    delta_starts_empty: Option<bool>,
    /// The ids that lists and delta rounds leave out in silence.
    omitted: Option<BTreeSet<String>>,
    allow_invites_from: Option<AllowInvitesFrom>,
    b2b_inbound_allowed: Option<bool>,
    b2b_outbound_allowed: Option<bool>,
    inbound_consent: Option<bool>,
    outbound_consent: Option<bool>,
    user_sync_inbound: Option<bool>,
    writes_per_window: Option<u32>,
    write_window_s: Option<u32>,
    /// Gives Syncline's app another secret.
    client_secret: Option<String>,
    /// Gives Syncline's app these certificates, in PEM, and no others.
    client_certificates: Option<Vec<String>>,
    /// Gives Syncline's app these federated credentials and no others.
    federated_credentials: Option<Vec<NewFederation>>,
    /// Whether Syncline's app holds the permissions that write.
    app_writes: Option<bool>,
    /// The permissions of Syncline's app; tokens that were given before have them too.
    app_roles: Option<Vec<String>>,
}

/// How delta links are to go bad.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expiry {
    #[serde(default)]
    form: Reset,
}

pub(crate) fn change(tenant: &mut Tenant, change: Change) -> Result<(), ControlError> {
    set(&mut tenant.replication_lag_s, change.replication_lag_s);
    set(&mut tenant.directory.property_lag_s, change.property_lag_s);
    set(&mut tenant.delta.page_size, change.delta_page_size);
    set(
        &mut tenant.delta.members_per_page,
        change.delta_members_per_page,
    );
    set(&mut tenant.delta.token_life_s, change.delta_token_life_s);
    set(&mut tenant.delta.lag_s, change.delta_lag_s);
    set(&mut tenant.delta.replays, change.delta_replays);
    set(&mut tenant.delta.starts_empty, change.delta_starts_empty);
    set(&mut tenant.omitted, change.omitted);
    set(
        &mut tenant.policy.allow_invites_from,
        change.allow_invites_from,
    );
    // What is settled here is settled for every other tenant there is.
    for (id, partner) in &mut tenant.policy.partners {
        if let Some(allowed) = change.b2b_inbound_allowed {
            partner.set_access("b2bCollaborationInbound", allowed);
        }
        if let Some(allowed) = change.b2b_outbound_allowed {
            partner.set_access("b2bCollaborationOutbound", allowed);
        }
        if change.inbound_consent.is_some() || change.outbound_consent.is_some() {
            partner.set_consent(change.inbound_consent, change.outbound_consent);
        }
        if let Some(allowed) = change.user_sync_inbound {
            partner.identity_synchronization = Some(json!({
                "tenantId": id,
                "displayName": null,
                "userSyncInbound": { "isSyncAllowed": allowed },
            }));
        }
    }
    let mut limits = tenant.throttle.limits();
    if change.writes_per_window.is_some() || change.write_window_s.is_some() {
        set(&mut limits.writes_per_window, change.writes_per_window);
        set(&mut limits.write_window_s, change.write_window_s);
        tenant.throttle.set_limits(limits);
    }
    if let Some(app) = tenant.apps.first_mut() {
        set(&mut app.secret, change.client_secret);
        let usual = change
            .app_writes
            .map(|writes| granted(if writes { WRITER } else { READER }));
        set(&mut app.roles, change.app_roles.or(usual));
        if let Some(texts) = change.client_certificates {
            let set = app.trust.set_certificates(&texts);
            set.ok_or(ControlError::Certificate)?;
        }
        if let Some(federations) = change.federated_credentials {
            let set = app.trust.set_federations(federations);
            set.ok_or(ControlError::Certificate)?;
        }
    }
    Ok(())
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn read(tenant: &Tenant) -> Value {
    let policy = &tenant.policy;
    let limits = tenant.throttle.limits();
    let partners: Map<String, Value> = policy
        .partners
        .iter()
        .map(|(id, partner)| (id.clone(), Value::Object(partner.sections.clone())))
        .collect();
    json!({
        "replication_lag_s": tenant.replication_lag_s,
        "property_lag_s": tenant.directory.property_lag_s,
        "delta_page_size": tenant.delta.page_size,
        "delta_members_per_page": tenant.delta.members_per_page,
        "delta_token_life_s": tenant.delta.token_life_s,
        "delta_lag_s": tenant.delta.lag_s,
        "delta_replays": tenant.delta.replays,
        "delta_starts_empty": tenant.delta.starts_empty,
        "omitted": tenant.omitted,
        "allow_invites_from": policy.allow_invites_from,
        "partners": partners,
        "app_roles": tenant.apps.first().map(|app| &app.roles),
        "writes_per_window": limits.writes_per_window,
        "write_window_s": limits.write_window_s,
    })
}

/// Makes every delta link there is go bad.
pub(super) fn expire_delta(tenant: &mut Tenant, expiry: &Expiry) {
    tenant.delta_generation += 1;
    tenant.delta_reset = expiry.form;
}
