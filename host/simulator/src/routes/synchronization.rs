//! What is read of Microsoft's own synchronization: service principals, jobs, templates and the
//! provisioning log (graph.md sections 11 and 12).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Context;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::filter::{Filter, Operator};

/// The gallery template of cross-tenant synchronization.
const TEMPLATE: &str = "Azure2Azure";

pub(super) fn principals(
    call: &Call,
    context: &Context<'_>,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let jobs = &context.tenant.synchronization.jobs;
    match rest {
        [] => {
            let filter = call
                .query
                .get("$filter")
                .map(|text| {
                    Filter::of_rows(text, |name, operator| {
                        ["id", "appId", "applicationTemplateId", "displayName"].contains(&name)
                            && matches!(operator, Operator::Equal | Operator::StartsWith)
                    })
                })
                .transpose()?;
            let value: Vec<&Value> = jobs
                .iter()
                .map(|job| &job.principal)
                .filter(|row| filter.as_ref().is_none_or(|filter| filter.fits_row(row)))
                .collect();
            Ok(list(call, "servicePrincipals", &json!(value)))
        }
        [id, rest @ ..] => {
            let (name, wanted) = id.split_once('=').unwrap_or(("id", id));
            let found = jobs.iter().find(|job| job.principal[name] == wanted);
            let job = found.ok_or_else(|| GraphError::not_found(wanted))?;
            match rest {
                [] => Ok(Reply::ok(job.principal.clone())),
                ["synchronization", "jobs"] => Ok(list(
                    call,
                    "servicePrincipals/synchronization/jobs",
                    &json!([job.job]),
                )),
                ["synchronization", "jobs", id] if job.job["id"] == *id => {
                    Ok(Reply::ok(job.job.clone()))
                }
                ["synchronization", "templates"] => Ok(list(
                    call,
                    "servicePrincipals/synchronization/templates",
                    &json!([template(&job.principal_id)]),
                )),
                ["synchronization", "templates", TEMPLATE] => {
                    Ok(Reply::ok(template(&job.principal_id)))
                }
                ["synchronization", "jobs" | "templates", id] => Err(GraphError::not_found(id)),
                _ => Err(GraphError::new(
                    StatusCode::BAD_REQUEST,
                    "BadRequest",
                    format!("Resource not found for the segment '{}'.", rest.join("/")),
                )),
            }
        }
    }
}

fn template(principal: &str) -> Value {
    json!({
        "id": TEMPLATE,
        "applicationId": "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7",
        "default": true,
        "description": "",
        "discoverable": true,
        "factoryTag": TEMPLATE,
        "metadata": [{ "key": "ServicePrincipalId", "value": principal }],
    })
}

fn list(call: &Call, set: &str, value: &Value) -> Reply {
    Reply::ok(json!({ "@odata.context": call.context(set), "value": value }))
}

/// Where a page of the log ended: after so many rows.
#[derive(Serialize, Deserialize)]
struct Place {
    rows: usize,
}

/// Whether the log can be filtered so (the table of graph.md 11.1).
fn is_filterable(name: &str, operator: Operator) -> bool {
    use Operator::{Above, AtLeast, AtMost, Below, Contains, Equal};
    match name {
        "activityDateTime" | "durationInMilliseconds" => {
            matches!(operator, Equal | Above | Below | AtLeast | AtMost)
        }
        "servicePrincipal/id" => operator == Equal,
        "id"
        | "tenantId"
        | "jobId"
        | "changeId"
        | "cycleId"
        | "provisioningAction"
        | "provisioningStatusInfo/status"
        | "sourceSystem/displayName"
        | "targetSystem/displayName"
        | "sourceIdentity/identityType"
        | "targetIdentity/identityType"
        | "sourceIdentity/id"
        | "servicePrincipal/displayName"
        | "targetIdentity/id"
        | "sourceIdentity/displayName"
        | "targetIdentity/displayName"
        | "initiatedBy/displayName" => matches!(operator, Equal | Contains),
        _ => false,
    }
}

pub(super) fn log(call: &Call, context: &Context<'_>) -> Result<Reply, GraphError> {
    call.query.judge()?;
    let top = call.query.top()?;
    let filter = call
        .query
        .get("$filter")
        .map(|text| Filter::of_rows(text, is_filterable))
        .transpose()?;
    let oldest_first = match call.query.get("$orderby") {
        None | Some("activityDateTime desc") => false,
        Some("activityDateTime" | "activityDateTime asc") => true,
        Some(_) => {
            return Err(GraphError::unsupported_query(
                "Sorting not supported for current query.",
            ));
        }
    };
    let start = match call.query.get("$skiptoken") {
        None => 0,
        Some(token) => context
            .seal
            .open::<Place>(token)
            .map(|place| place.rows)
            .ok_or_else(|| GraphError::bad_request("Badly formed token."))?,
    };
    let mut rows: Vec<&Value> = context
        .tenant
        .synchronization
        .log
        .iter()
        .filter(|row| filter.as_ref().is_none_or(|filter| filter.fits_row(row)))
        .collect();
    if oldest_first {
        rows.reverse();
    }
    let page: Vec<&Value> = rows.iter().skip(start).take(top).copied().collect();
    let end = start + page.len();
    let mut body = json!({
        "@odata.context": call.context("auditLogs/provisioning"),
        "value": page,
    });
    if end < rows.len() {
        let token = context.seal.close(&Place { rows: end });
        let query = call.query.without_page();
        let joint = if query.is_empty() { "" } else { "&" };
        body["@odata.nextLink"] = json!(call.link(&format!("{query}{joint}$skiptoken={token}")));
    }
    Ok(Reply::ok(body))
}
