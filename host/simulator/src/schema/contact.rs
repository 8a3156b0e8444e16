//! The properties of an organizational contact, none of them writable in Graph (graph.md 6.1).

use super::Access::ReadOnly;
use super::Shape::{Flag, Instant, Objects, Text, Texts};
use super::{Property, property};

/// Returned without `$select`: all there is.
pub(super) const DEFAULT_SET: &[&str] = &[
    "id",
    "deletedDateTime",
    "addresses",
    "companyName",
    "department",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSyncEnabled",
    "phones",
    "proxyAddresses",
    "surname",
];

pub(super) const PROPERTIES: &[Property] = &[
    property("id", Text(36), ReadOnly),
    property("deletedDateTime", Instant, ReadOnly),
    property("addresses", Objects, ReadOnly),
    property("companyName", Text(64), ReadOnly),
    property("department", Text(64), ReadOnly),
    property("displayName", Text(256), ReadOnly),
    property("givenName", Text(64), ReadOnly),
    property("jobTitle", Text(128), ReadOnly),
    property("mail", Text(256), ReadOnly),
    property("mailNickname", Text(64), ReadOnly),
    property("onPremisesLastSyncDateTime", Instant, ReadOnly),
    property("onPremisesProvisioningErrors", Objects, ReadOnly),
    property("onPremisesSyncEnabled", Flag, ReadOnly),
    property("phones", Objects, ReadOnly),
    property(
        "proxyAddresses",
        Texts {
            values: 400,
            length: 256,
        },
        ReadOnly,
    ),
    property("serviceProvisioningErrors", Objects, ReadOnly),
    property("surname", Text(64), ReadOnly),
];
