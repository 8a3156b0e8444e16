//! Microsoft's own cross-tenant synchronization out of a tenant, as far as it can be read: its
//! service principal, its job and its provisioning log (graph.md sections 11 and 12).
//!
//! It synchronizes nobody. Control routes set it up, so that whoever looks for a second engine on
//! the same pair of tenants finds one.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Neighbour;
use super::object::Object;
use crate::clock::graph_time;
use crate::seed::Generator;

/// All there is of it in a tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Synchronization {
    pub(crate) jobs: Vec<Job>,
    /// The rows of the provisioning log, the newest first.
    pub(crate) log: Vec<Value>,
}

/// A job and the service principal that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) principal: Value,
    pub(crate) principal_id: String,
    pub(crate) job: Value,
}

/// How a job is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Health {
    #[default]
    Active,
    Paused,
    Quarantine,
}

/// The application that Microsoft's gallery makes such service principals from (graph.md 12.1).
const GALLERY_TEMPLATE: &str = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7";

/// An instant that never was (graph.md 12.2).
const NEVER: &str = "0001-01-01T00:00:00Z";

impl Synchronization {
    /// Adds a job towards another tenant, and what it logged about these users in its last run.
    pub(crate) fn add(
        &mut self,
        tenant: &str,
        target: &Neighbour,
        users: &[&Object],
        health: Health,
        ids: &mut Generator,
        now: Timestamp,
    ) {
        let principal_id = ids.id();
        let job_id = format!("Azure2Azure.{}.{}", tenant.replace('-', ""), ids.id());
        let principal = json!({
            "id": principal_id,
            "appId": ids.id(),
            "applicationTemplateId": GALLERY_TEMPLATE,
            "displayName": target.display_name,
            "servicePrincipalType": "Application",
            "accountEnabled": true,
        });
        let cycle = ids.id();
        for (index, user) in users.iter().enumerate() {
            let row = row(
                tenant, target, &principal, &job_id, &cycle, user, index, ids, now,
            );
            self.log.insert(0, row);
        }
        let count = users.len();
        self.jobs.push(Job {
            job: job(&job_id, health, count, &cycle, now),
            principal,
            principal_id,
        });
    }
}

fn job(id: &str, health: Health, count: usize, cycle: &str, now: Timestamp) -> Value {
    let now = graph_time(now);
    let (state, code) = match health {
        Health::Active => ("Active", "Active"),
        Health::Paused => ("Disabled", "Paused"),
        Health::Quarantine => ("Active", "Quarantine"),
    };
    let execution = json!({
        "activityIdentifier": cycle,
        "countEntitled": count,
        "countEntitledForProvisioning": count,
        "countEscrowed": 0,
        "countEscrowedRaw": 0,
        "countExported": count,
        "countExports": count,
        "countImported": count,
        "countImportedDeltas": 0,
        "countImportedReferenceDeltas": 0,
        "state": "Succeeded",
        "timeBegan": now,
        "timeEnded": now,
        "error": { "code": "None", "message": "", "tenantActionable": false },
    });
    let quarantine = json!({
        "currentBegan": now,
        "nextAttempt": now,
        "reason": "EncounteredQuarantineException",
        "seriesBegan": now,
        "seriesCount": 1,
        "error": {
            "code": "AzureDirectoryB2BManagementPolicyCheckFailure",
            "message": "Policy permitting auto-redemption of invitations not configured.",
            "tenantActionable": true,
        },
    });
    json!({
        "id": id,
        "templateId": "Azure2Azure",
        "schedule": { "expiration": null, "interval": "PT40M", "state": state },
        "status": {
            "code": code,
            "countSuccessiveCompleteFailures": 0,
            "escrowsPruned": false,
            "troubleshootingUrl": "",
            "steadyStateFirstAchievedTime": NEVER,
            "steadyStateLastAchievedTime": NEVER,
            "lastExecution": execution,
            "lastSuccessfulExecution": null,
            "lastSuccessfulExecutionWithExports": null,
            "progress": [],
            "synchronizedEntryCountByType": [{ "key": "User to User", "value": count }],
            "quarantine": (health == Health::Quarantine).then_some(quarantine),
        },
        "synchronizationJobSettings": [
            { "name": "QuarantineTooManyDeletesThreshold", "value": "500" },
            { "name": "AzureIngestionAttributeOptimization", "value": "False" },
        ],
    })
}

/// Returns what is logged about a user: most were updated, some were created, and some failed
/// because invitations are forbidden (graph.md 11.2, 13.6).
#[expect(clippy::too_many_arguments, reason = "a row names all of them")]
fn row(
    tenant: &str,
    target: &Neighbour,
    principal: &Value,
    job: &str,
    cycle: &str,
    user: &Object,
    index: usize,
    ids: &mut Generator,
    now: Timestamp,
) -> Value {
    let name = user.text("userPrincipalName").unwrap_or_default();
    let shown = user.text("displayName").unwrap_or_default();
    let failed = index % 7 == 5;
    let action = if index.is_multiple_of(3) || failed {
        "create"
    } else {
        "update"
    };
    let verb = if action == "create" { "Add" } else { "Update" };
    let status = if failed { "failure" } else { "success" };
    let error = failed.then(|| {
        json!({
            "errorCategory": "nonServiceFailure",
            "errorCode": "AzureActiveDirectoryForbidden",
            "reason": "Message: Guest invitations not allowed for your company.",
            "additionalDetails": null,
            "recommendedAction": null,
        })
    });
    json!({
        "id": ids.id(),
        "activityDateTime": graph_time(now),
        "tenantId": target.id,
        "jobId": job,
        "cycleId": cycle,
        "changeId": ids.id(),
        "provisioningAction": action,
        "durationInMilliseconds": ids.between(300, 4_000),
        "initiatedBy": {
            "id": "",
            "displayName": "Azure AD Provisioning Service",
            "initiatorType": "system",
        },
        "servicePrincipal": { "id": principal["id"], "displayName": principal["displayName"] },
        "sourceSystem": { "id": tenant, "displayName": "Azure Active Directory", "details": {} },
        "targetSystem": {
            "id": target.id,
            "displayName": "Azure Active Directory (target tenant)",
            "details": { "ServicePrincipalId": principal["id"] },
        },
        "sourceIdentity": {
            "id": user.id,
            "displayName": shown,
            "identityType": "User",
            "details": { "id": user.id, "odatatype": "User", "UserPrincipalName": name },
        },
        "targetIdentity": { "id": "", "displayName": "", "identityType": "User", "details": {} },
        "provisioningStatusInfo": { "status": status, "errorInformation": error },
        "provisioningSteps": [
            {
                "name": format!("EntryImport{verb}"),
                "provisioningStepType": "import",
                "status": "success",
                "description": format!("Received User '{name}' change of type ({verb}) from Azure Active Directory"),
                "details": {},
            },
            {
                "name": format!("EntryExport{verb}"),
                "provisioningStepType": "export",
                "status": status,
                "description": "",
                "details": { "ReportableIdentifier": name },
            },
        ],
        "modifiedProperties": [
            { "displayName": "displayName", "oldValue": null, "newValue": shown },
        ],
    })
}
