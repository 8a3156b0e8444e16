use serde_json::json;

use super::*;
use crate::error::ErrorKind;

fn refusal(status: u16, body: &Json) -> Refusal {
    let request = RequestLine {
        method: "PATCH".into(),
        host: "graph.microsoft.com".into(),
        path: "/v1.0/users/1".into(),
        tenant: "contoso.com".into(),
    };
    Refusal::read(
        request,
        status,
        Some(body),
        Some("header-id".into()),
        || "a page".into(),
    )
}

#[track_caller]
fn check(status: u16, code: &str, message: &str, kind: ErrorKind) {
    let body = json!({"error": {"code": code, "message": message}});
    assert_eq!(
        refusal(status, &body).into_error().kind(),
        kind,
        "{status} {code} {message}"
    );
}

#[test]
fn a_lost_delta_link_asks_for_a_resync_and_nothing_else_does() {
    use ErrorKind::{NotFound, Rejected, Resync};
    let old = "DeltaLink older than 30 days is not supported.";
    check(410, "", "", Resync);
    check(410, "resyncRequired", "", Resync);
    check(
        400,
        "syncStateNotFound",
        "The sync state generation is not found.",
        Resync,
    );
    check(404, "SyncStateInvalid", "", Resync);
    check(400, "resyncRequired", "", Resync);
    check(400, "Request_UnsupportedQuery", old, Resync);
    check(400, "Directory_ExpiredPageToken", "", Resync);
    check(400, "DirectoryPageTokenNotFoundException", "", Resync);
    check(
        400,
        "Request_UnsupportedQuery",
        "Unsupported property filter clause.",
        Rejected,
    );
    check(400, "Request_BadRequest", old, Rejected);
    check(400, "Request_BadRequest", "Invalid delta token", Rejected);
    check(404, "Request_ResourceNotFound", "", NotFound);
}

#[test]
fn each_answer_has_the_kind_that_callers_treat_alike() {
    check(
        401,
        "InvalidAuthenticationToken",
        "",
        ErrorKind::Unauthorized,
    );
    check(403, "Authorization_RequestDenied", "", ErrorKind::Forbidden);
    check(409, "Conflict", "", ErrorKind::Conflict);
    check(
        400,
        "Request_MultipleObjectsWithSameKeyValue",
        "",
        ErrorKind::Conflict,
    );
    check(403, "Directory_QuotaExceeded", "", ErrorKind::Quota);
    check(507, "", "", ErrorKind::Quota);
    check(405, "Request_BadRequest", "", ErrorKind::Rejected);
    check(501, "NotImplemented", "", ErrorKind::Rejected);
}

#[test]
fn a_conflict_may_show_in_details_or_inner_errors_only() {
    let body = json!({"error": {"code": "Request_BadRequest", "message": "Another object.",
        "details": [{"code": "ObjectConflict", "target": "userPrincipalName"}]}});
    let error = refusal(400, &body).into_error();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.refusal().unwrap().details[0].target.as_deref(),
        Some("userPrincipalName")
    );

    let body = json!({"error": {"code": "Request_BadRequest",
        "innererror": {"innerError": {"code": "Directory_QuotaExceeded", "request-id": "inner"}}}});
    let error = refusal(400, &body).into_error();
    assert_eq!(
        (error.kind(), error.request_id()),
        (ErrorKind::Quota, Some("inner"))
    );
}

#[test]
fn a_refusal_reads_as_one_line() {
    let body = json!({"error": {"code": "Request_BadRequest", "message": "Invalid value."}});
    assert_eq!(
        refusal(400, &body).to_string(),
        "PATCH graph.microsoft.com/v1.0/users/1 (tenant contoso.com) was refused with 400 \
         Request_BadRequest: Invalid value (request id header-id)"
    );
    let html = refusal(405, &json!("<html>"));
    assert_eq!((&*html.code, &*html.message), ("", "a page"));
}
