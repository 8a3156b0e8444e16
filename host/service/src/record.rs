//! Log records in the shape of Graph's `provisioningObjectSummary` (graph.md, section 11), extended
//! under `syncline` and never contradicted.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use syncline_directory::{Attributes, ObjectKind, Reason, SourceId, TargetId, Value};
use syncline_planner::{Action, Finding, Operation, Standing, plan::State};
use syncline_rules::codes;
use syncline_store::LogRecord;

/// What all records of a run have in common.
#[derive(Clone)]
pub(crate) struct RunStamp {
    pub(crate) job: String,
    pub(crate) cycle: String,
    pub(crate) source: syncline_directory::Tenant,
    pub(crate) target: syncline_directory::Tenant,
    pub(crate) generation: String,
}

/// What an operation came to.
pub(crate) enum Result<'a> {
    Done,
    Failed(&'a Reason),
}

/// A source object, as a record names it.
pub(crate) struct Named<'a> {
    pub(crate) kind: ObjectKind,
    pub(crate) id: &'a SourceId,
    pub(crate) attributes: &'a Attributes,
}

impl Named<'_> {
    fn display_name(&self) -> &str {
        self.attributes
            .get("displayName")
            .and_then(Value::as_text)
            .unwrap_or_default()
    }

    fn principal_name(&self) -> &str {
        self.attributes
            .get("userPrincipalName")
            .and_then(Value::as_text)
            .unwrap_or_default()
    }

    /// Returns what people recognise the object by.
    pub(crate) fn label(&self) -> &str {
        [self.principal_name(), self.display_name(), self.id.as_str()]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

impl RunStamp {
    /// Returns the record of an operation.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a record, each by name"
    )]
    pub(crate) fn operation(
        &self,
        id: String,
        at: String,
        duration_ms: u64,
        object: &Named<'_>,
        operation: &Operation,
        target: Option<&TargetId>,
        referred: Option<&TargetId>,
        findings: &[Finding],
        result: &Result<'_>,
    ) -> LogRecord {
        let action = operation.action.provisioning_action();
        let label = object.label();
        let kind = object.kind.identity_type();
        let (step, description) = match &operation.action {
            Action::Invite { .. } => ("EntryExportAdd", format!("{kind} '{label}' was invited")),
            Action::Create { .. } => ("EntryExportAdd", format!("{kind} '{label}' was created")),
            Action::Restore { .. } => (
                "EntryExportUpdate",
                format!("{kind} '{label}' was restored from the recycle bin"),
            ),
            Action::Update { .. } => ("EntryExportUpdate", format!("{kind} '{label}' was updated")),
            Action::SetReference { attribute, .. } => (
                "EntryExportUpdate",
                format!("`{attribute}` of {kind} '{label}' was set"),
            ),
            Action::ClearReference { attribute, .. } => (
                "EntryExportUpdate",
                format!("`{attribute}` of {kind} '{label}' was cleared"),
            ),
            Action::Disable { .. } => (
                "EntryExportUpdate",
                format!("sign-in of {kind} '{label}' was blocked"),
            ),
            Action::Delete { .. } => (
                "EntryExportDelete",
                format!("{kind} '{label}' was put into the recycle bin"),
            ),
        };
        let (status, information, description) = match result {
            Result::Done => ("success", Json::Null, description),
            Result::Failed(reason) => (
                "failure",
                error_information("failure", reason),
                format!("failed: {}", reason.text),
            ),
        };
        let export = json!({
            "name": step,
            "provisioningStepType": "export",
            "status": status,
            "description": description,
            "details": { "ReportableIdentifier": label },
        });
        let body = self.body(
            &id,
            &at,
            duration_ms,
            action,
            object,
            target,
            json!({ "status": status, "errorInformation": information }),
            vec![self.scoping("True", "in scope"), export],
            modified(&operation.action, referred),
            json!({
                "generation": self.generation,
                "cause": operation.cause,
                "findings": findings,
            }),
        );
        record(at, object, target, action, status, body)
    }

    /// Returns the record of an object that an interrupted run made.
    pub(crate) fn recovered(
        &self,
        id: String,
        at: String,
        object: &Named<'_>,
        target: &TargetId,
        written: &Attributes,
    ) -> LogRecord {
        let label = object.label();
        let kind = object.kind.identity_type();
        let modified = written
            .iter()
            .map(|(name, value)| modified_property(name.as_str(), None, Some(value.to_string())))
            .collect();
        let export = json!({
            "name": "EntryExportAdd",
            "provisioningStepType": "export",
            "status": "success",
            "description": format!("{kind} '{label}' was made by a run that was interrupted"),
            "details": { "ReportableIdentifier": label },
        });
        let body = self.body(
            &id,
            &at,
            0,
            "create",
            object,
            Some(target),
            json!({ "status": "success", "errorInformation": null }),
            vec![self.scoping("True", "in scope"), export],
            modified,
            json!({ "generation": self.generation, "recovered": true }),
        );
        record(at, object, Some(target), "create", "success", body)
    }

    /// Returns the record of an object that the run leaves as it is; `failed_input` is the file with
    /// what the rules failed on.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a record, each by name"
    )]
    pub(crate) fn standing(
        &self,
        id: String,
        at: String,
        object: &Named<'_>,
        target: Option<&TargetId>,
        standing: &Standing,
        findings: &[Finding],
        failed_input: Option<PathBuf>,
    ) -> LogRecord {
        let status = match standing.state {
            // The rules did not decide to hold it, they failed on it.
            _ if codes::is_failure(&standing.reason.code) => "failure",
            State::InStep if !findings.is_empty() => "warning",
            State::Matched | State::Conflict | State::Held | State::Removed => "warning",
            State::Failed => "failure",
            _ => "skipped",
        };
        let passed = if standing.state == State::OutOfScope {
            "False"
        } else {
            "True"
        };
        let steps = vec![self.scoping(passed, &standing.reason.text)];
        let mut extension = json!({
            "generation": self.generation,
            "state": standing.state,
            "findings": findings,
        });
        if let Some(file) = failed_input {
            extension["failedInput"] = json!(file);
        }
        let body = self.body(
            &id,
            &at,
            0,
            "other",
            object,
            target,
            json!({
                "status": status,
                "errorInformation": error_information("success", &shown(standing, findings)),
            }),
            steps,
            Vec::new(),
            extension,
        );
        record(at, object, target, "other", status, body)
    }

    fn scoping(&self, passed: &str, description: &str) -> Json {
        json!({
            "name": "EntrySynchronizationScoping",
            "provisioningStepType": "scoping",
            "status": if passed == "True" { "success" } else { "skipped" },
            "description": description,
            "details": { "Scoping filter evaluation passed": passed },
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the members of Graph's type, each by name"
    )]
    fn body(
        &self,
        id: &str,
        at: &str,
        duration_ms: u64,
        action: &str,
        object: &Named<'_>,
        target: Option<&TargetId>,
        status: Json,
        steps: Vec<Json>,
        modified: Vec<Json>,
        extension: Json,
    ) -> Json {
        json!({
            "id": id,
            "activityDateTime": at,
            "tenantId": self.target.id,
            "jobId": self.job,
            "cycleId": self.cycle,
            "changeId": id,
            "provisioningAction": action,
            "durationInMilliseconds": duration_ms,
            "initiatedBy": { "id": "", "displayName": "Syncline", "initiatorType": "system" },
            "servicePrincipal": { "id": "", "displayName": self.job },
            "sourceSystem": system(&self.source),
            "targetSystem": system(&self.target),
            "sourceIdentity": {
                "id": object.id,
                "displayName": object.display_name(),
                "identityType": object.kind.identity_type(),
                "details": {
                    "id": object.id,
                    "odatatype": object.kind.identity_type(),
                    "DisplayName": object.display_name(),
                    "UserPrincipalName": object.principal_name(),
                },
            },
            "targetIdentity": {
                "id": target.map_or("", TargetId::as_str),
                "displayName": "",
                "identityType": object.kind.identity_type(),
                "details": {},
            },
            "provisioningStatusInfo": status,
            "provisioningSteps": steps,
            "modifiedProperties": modified,
            "syncline": extension,
        })
    }
}

fn record(
    at: String,
    object: &Named<'_>,
    target: Option<&TargetId>,
    action: &str,
    status: &str,
    body: Json,
) -> LogRecord {
    LogRecord {
        at,
        source: object.id.to_string(),
        target: target.map(TargetId::to_string),
        action: action.to_owned(),
        status: status.to_owned(),
        body,
    }
}

fn system(tenant: &syncline_directory::Tenant) -> Json {
    json!({ "id": tenant.id, "displayName": tenant.display_name, "details": {} })
}

/// Returns what people should read of a standing: of an object that is as wanted, what was found.
fn shown(standing: &Standing, findings: &[Finding]) -> Reason {
    match (standing.state, findings.first()) {
        (State::InStep, Some(finding)) => {
            let Reason { code, text } = &finding.reason;
            match &finding.attribute {
                Some(attribute) => Reason::new(code, format!("`{attribute}` {text}")),
                None => finding.reason.clone(),
            }
        }
        _ => standing.reason.clone(),
    }
}

fn error_information(category: &str, reason: &Reason) -> Json {
    json!({
        "errorCategory": category,
        "errorCode": reason.code,
        "reason": reason.text,
        "additionalDetails": null,
        "recommendedAction": null,
    })
}

/// Returns the modified properties of an action; values are text, as in Graph's log, and references
/// are the target's ids.
fn modified(action: &Action, referred: Option<&TargetId>) -> Vec<Json> {
    let text = |value: &Value| (!value.is_absent()).then(|| value.to_string());
    let mut properties = Vec::new();
    // First by what people recognise the object.
    let mut born: Vec<_> = action.born().into_iter().flatten().collect();
    born.sort_by_key(|(name, _)| !matches!(name.as_str(), "mail" | "userPrincipalName"));
    for (name, value) in born {
        properties.push(modified_property(name.as_str(), None, text(&value)));
    }
    for (name, modification) in action.modifications().into_iter().flatten() {
        properties.push(modified_property(
            name.as_str(),
            text(&modification.before),
            text(&modification.after),
        ));
    }
    match action {
        Action::SetReference {
            attribute, before, ..
        } => properties.push(modified_property(
            attribute.as_str(),
            before.as_ref().map(TargetId::to_string),
            referred.map(TargetId::to_string),
        )),
        Action::ClearReference { attribute, before } => {
            properties.push(modified_property(
                attribute.as_str(),
                Some(before.to_string()),
                None,
            ));
        }
        Action::Disable { .. } => properties.push(modified_property(
            "accountEnabled",
            Some("True".to_owned()),
            Some("False".to_owned()),
        )),
        _ => {}
    }
    properties
}

fn modified_property(name: &str, before: Option<String>, after: Option<String>) -> Json {
    json!({ "displayName": name, "oldValue": before, "newValue": after })
}

/// Returns a new identifier for a log record or a cycle.
pub(crate) fn new_id(randomness: &dyn syncline_graph::Randomness) -> String {
    let (high, low) = (randomness.next_u64(), randomness.next_u64());
    uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
        .into_uuid()
        .to_string()
}
