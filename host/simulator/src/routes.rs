//! What Graph answers, by path: each resource has its module.
//!
//! A route sees one tenant, the time and the source of ids. It neither waits nor knows of faults,
//! budgets or HTTP.

use http::StatusCode;
use jiff::Timestamp;

use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::query::page::Seal;
use crate::schema::Kind;
use crate::seed::Generator;
use crate::tenant::Tenant;
use crate::weather::Sky;

pub(crate) mod batch;
mod by_ids;
pub(crate) mod control;
mod deleted_items;
mod delta;
mod expand;
mod groups;
mod invitations;
mod listing;
mod manager;
mod members;
mod organization;
mod policies;
mod proxies;
mod synchronization;
pub(crate) mod token;
mod user_writes;
mod users;

/// What a route may look at and change.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) tenant: &'a mut Tenant,
    /// The permissions of the caller.
    pub(crate) roles: &'a [String],
    pub(crate) ids: &'a mut Generator,
    pub(crate) sky: &'a mut Sky,
    pub(crate) seal: Seal,
    pub(crate) now: Timestamp,
}

/// Answers a call, or refuses it.
pub(crate) fn answer(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let words: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let method = call.method.as_str();
    match (method, words.as_slice()) {
        ("GET", ["users", "delta"]) => delta::answer(call, context, Kind::User),
        ("GET", ["groups", "delta"]) => delta::answer(call, context, Kind::Group),
        ("GET", ["contacts", "delta"]) => delta::answer(call, context, Kind::Contact),
        (_, [_, "delta"]) => Err(GraphError::method_not_allowed()),

        ("GET", ["users"]) => listing::list(call, context, Kind::User),
        ("GET", [set @ ("users" | "groups" | "contacts"), "$count"]) => {
            listing::count(call, context, set)
        }
        ("POST", ["users"]) => user_writes::create(call, context),
        ("GET", ["users", key]) => users::get(call, context, key),
        ("PATCH", ["users", key]) => user_writes::update(call, context, key),
        ("DELETE", ["users", key]) => user_writes::delete(context, key),
        (_, ["users", key, "manager", rest @ ..]) => manager::answer(call, context, key, rest),
        (
            "GET",
            [
                set @ ("users" | "groups" | "contacts"),
                key,
                relation @ ("memberOf" | "transitiveMemberOf"),
            ],
        ) => {
            let kind = match *set {
                "users" => Kind::User,
                "groups" => Kind::Group,
                _ => Kind::Contact,
            };
            members::member_of(call, context, kind, key, relation)
        }
        ("GET", ["contacts", key, "manager"]) => manager::of_contact(call, context, key),

        ("POST", ["invitations"]) => invitations::create(call, context),

        ("GET", ["groups"]) => listing::list(call, context, Kind::Group),
        ("POST", ["groups"]) => groups::create(call, context),
        ("GET", ["groups", key]) => groups::get(call, context, key),
        ("PATCH", ["groups", key]) => groups::update(call, context, key),
        ("DELETE", ["groups", key]) => groups::delete(context, key),
        (
            _,
            [
                "groups",
                key,
                relation @ ("members" | "transitiveMembers" | "owners"),
                rest @ ..,
            ],
        ) => members::answer(call, context, key, relation, rest),

        ("POST", ["directoryObjects", "getByIds"]) => by_ids::answer(call, context),

        ("GET", ["contacts"]) => listing::list(call, context, Kind::Contact),
        ("GET", ["contacts", key]) => users::get_contact(call, context, key),

        (_, ["directory", "deletedItems", rest @ ..]) => deleted_items::answer(call, context, rest),
        ("GET", ["organization"]) => organization::list(call, context),
        ("GET", ["domains"]) => organization::domains(call, context),
        ("GET", ["domains", name]) => organization::domain(call, context, name),
        (
            "GET",
            [
                "tenantRelationships",
                "findTenantInformationByTenantId",
                key,
            ],
        ) => organization::find_tenant(call, context, key),
        ("GET", ["subscribedSkus"]) => Ok(organization::skus(call)),
        ("GET", ["servicePrincipals", rest @ ..]) => {
            synchronization::principals(call, context, rest)
        }
        ("GET", ["auditLogs", "provisioning"]) => synchronization::log(call, context),
        (_, ["policies", rest @ ..]) => policies::answer(call, context, rest),

        (
            _,
            [
                "users"
                | "groups"
                | "contacts"
                | "organization"
                | "invitations"
                | "domains"
                | "servicePrincipals"
                | "auditLogs"
                | "tenantRelationships"
                | "subscribedSkus",
                ..,
            ],
        ) => Err(GraphError::method_not_allowed()),
        (_, [first, ..]) => Err(GraphError::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            format!("Resource not found for the segment '{first}'."),
        )),
        (_, []) => Err(GraphError::new(
            StatusCode::NOT_FOUND,
            "BadRequest",
            "Empty path.",
        )),
    }
}
