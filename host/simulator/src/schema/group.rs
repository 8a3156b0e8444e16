//! The properties of a group.

use super::Access::{Clearable, ReadOnly, Required};
use super::Shape::{Flag, Instant, Objects, Text, Texts};
use super::{Property, property};

/// Returned without `$select`.
pub(super) const DEFAULT_SET: &[&str] = &[
    "id",
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "creationOptions",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "uniqueName",
    "visibility",
];

const UNNAMED: usize = 1_024;
const OPTIONS: super::Shape = Texts {
    values: 20,
    length: 256,
};

pub(super) const PROPERTIES: &[Property] = &[
    property("id", Text(36), ReadOnly),
    property("classification", Text(UNNAMED), Clearable),
    property("createdDateTime", Instant, ReadOnly),
    property("creationOptions", OPTIONS, ReadOnly),
    property("deletedDateTime", Instant, ReadOnly),
    property("description", Text(1_024), Clearable),
    property("displayName", Text(256), Required),
    property("expirationDateTime", Instant, ReadOnly),
    property("groupTypes", OPTIONS, Required),
    property("isAssignableToRole", Flag, Clearable),
    property("mail", Text(256), ReadOnly),
    property("mailEnabled", Flag, Required),
    property("mailNickname", Text(64), Required),
    property("membershipRule", Text(3_072), Clearable),
    property("membershipRuleProcessingState", Text(UNNAMED), Clearable),
    property("onPremisesDomainName", Text(UNNAMED), ReadOnly),
    property("onPremisesLastSyncDateTime", Instant, ReadOnly),
    property("onPremisesNetBiosName", Text(UNNAMED), ReadOnly),
    property("onPremisesProvisioningErrors", Objects, ReadOnly),
    property("onPremisesSamAccountName", Text(UNNAMED), ReadOnly),
    property("onPremisesSecurityIdentifier", Text(UNNAMED), ReadOnly),
    property("onPremisesSyncEnabled", Flag, ReadOnly),
    property("preferredDataLocation", Text(UNNAMED), Clearable),
    property("preferredLanguage", Text(UNNAMED), Clearable),
    property(
        "proxyAddresses",
        Texts {
            values: 400,
            length: 256,
        },
        ReadOnly,
    ),
    property("renewedDateTime", Instant, ReadOnly),
    property("resourceBehaviorOptions", OPTIONS, Required),
    property("resourceProvisioningOptions", OPTIONS, Required),
    property("securityEnabled", Flag, Required),
    property("securityIdentifier", Text(UNNAMED), ReadOnly),
    property("theme", Text(UNNAMED), Clearable),
    property("uniqueName", Text(128), Clearable),
    property("visibility", Text(UNNAMED), Clearable),
];
