//! The properties of a user.

use serde_json::{Map, Value};

use super::Access::{Clearable, Outside, ReadOnly, Required, WriteOnly};
use super::Shape::{
    Country, ExtensionAttributes, Flag, Identities, Instant, Number, Object, Objects, OneOf,
    OrgData, Password, Text, Texts,
};
use super::{Property, property};

/// Returned without `$select` (graph.md 2.1).
pub(super) const DEFAULT_SET: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

// Graph names no length for some texts; 1,024 keeps those from growing without bound.
const UNNAMED: usize = 1_024;

/// A list of the user's profile in SharePoint.
const MANY: super::Shape = Texts {
    values: 250,
    length: UNNAMED,
};

pub(super) const PROPERTIES: &[Property] = &[
    property("id", Text(36), ReadOnly),
    property("aboutMe", Text(UNNAMED), Outside),
    property("accountEnabled", Flag, Required),
    property(
        "ageGroup",
        OneOf(&["Minor", "NotAdult", "Adult"]),
        Clearable,
    ),
    property("assignedLicenses", Objects, ReadOnly),
    property("assignedPlans", Objects, ReadOnly),
    property("authorizationInfo", Object, ReadOnly),
    property("birthday", Instant, Outside),
    property(
        "businessPhones",
        Texts {
            values: 1,
            length: 64,
        },
        Required,
    ),
    property("city", Text(128), Clearable),
    property("companyName", Text(64), Clearable),
    property(
        "consentProvidedForMinor",
        OneOf(&["Granted", "Denied", "NotRequired"]),
        Clearable,
    ),
    property("country", Text(128), Clearable),
    property("createdDateTime", Instant, ReadOnly),
    property("creationType", Text(UNNAMED), ReadOnly),
    property("customSecurityAttributes", Object, Clearable),
    property("deletedDateTime", Instant, ReadOnly),
    property("department", Text(64), Clearable),
    property("deviceEnrollmentLimit", Number, Outside),
    property("displayName", Text(256), Required),
    property("employeeHireDate", Instant, Clearable),
    property("employeeId", Text(16), Clearable),
    property("employeeLeaveDateTime", Instant, Clearable),
    property("employeeOrgData", OrgData, Clearable),
    property("employeeType", Text(UNNAMED), Clearable),
    property("externalUserState", Text(UNNAMED), ReadOnly),
    property("externalUserStateChangeDateTime", Instant, ReadOnly),
    property("faxNumber", Text(64), Clearable),
    property("givenName", Text(64), Clearable),
    property("hireDate", Instant, Outside),
    property("identities", Identities, Required),
    property("identityParentId", Text(UNNAMED), ReadOnly),
    property(
        "imAddresses",
        Texts {
            values: 250,
            length: 250,
        },
        ReadOnly,
    ),
    property("interests", MANY, Outside),
    property("isManagementRestricted", Flag, ReadOnly),
    property("isResourceAccount", Flag, ReadOnly),
    property("jobTitle", Text(128), Clearable),
    property("lastPasswordChangeDateTime", Instant, ReadOnly),
    property("legalAgeGroupClassification", Text(UNNAMED), ReadOnly),
    property("licenseAssignmentStates", Objects, ReadOnly),
    property("mail", Text(256), Required),
    property("mailNickname", Text(64), Required),
    property("mailboxSettings", Object, Outside),
    property("mobilePhone", Text(64), Clearable),
    property("mySite", Text(UNNAMED), Outside),
    property("officeLocation", Text(128), Clearable),
    property("onPremisesDistinguishedName", Text(UNNAMED), ReadOnly),
    property("onPremisesDomainName", Text(UNNAMED), ReadOnly),
    property(
        "onPremisesExtensionAttributes",
        ExtensionAttributes,
        Clearable,
    ),
    property("onPremisesImmutableId", Text(UNNAMED), Clearable),
    property("onPremisesLastSyncDateTime", Instant, ReadOnly),
    property("onPremisesProvisioningErrors", Objects, ReadOnly),
    property("onPremisesSamAccountName", Text(UNNAMED), ReadOnly),
    property("onPremisesSecurityIdentifier", Text(UNNAMED), ReadOnly),
    property("onPremisesSyncEnabled", Flag, ReadOnly),
    property("onPremisesUserPrincipalName", Text(UNNAMED), ReadOnly),
    property(
        "otherMails",
        Texts {
            values: 250,
            length: 250,
        },
        Required,
    ),
    property("passwordPolicies", Text(UNNAMED), Clearable),
    property("passwordProfile", Password, WriteOnly),
    property("pastProjects", MANY, Outside),
    property("postalCode", Text(40), Clearable),
    property("preferredDataLocation", Text(UNNAMED), Clearable),
    property("preferredLanguage", Text(UNNAMED), Clearable),
    property("preferredName", Text(UNNAMED), Outside),
    property("print", Object, Outside),
    property("provisionedPlans", Objects, ReadOnly),
    property(
        "proxyAddresses",
        Texts {
            values: 400,
            length: 256,
        },
        ReadOnly,
    ),
    property("responsibilities", MANY, Outside),
    property("schools", MANY, Outside),
    property("securityIdentifier", Text(UNNAMED), ReadOnly),
    property("serviceProvisioningErrors", Objects, ReadOnly),
    property("showInAddressList", Flag, Clearable),
    property("signInActivity", Object, Outside),
    property("signInSessionsValidFromDateTime", Instant, ReadOnly),
    property("skills", MANY, Outside),
    property("state", Text(128), Clearable),
    property("streetAddress", Text(1_024), Clearable),
    property("surname", Text(64), Clearable),
    property("usageLocation", Country, Required),
    property("userPrincipalName", Text(113), Required),
    property("userType", OneOf(&["Member", "Guest"]), Clearable),
];

pub(super) fn is_extension_attribute(member: &str) -> bool {
    member
        .strip_prefix("extensionAttribute")
        .and_then(|number| number.parse::<u8>().ok())
        .is_some_and(|number| (1..=15).contains(&number))
}

/// Returns the fifteen extension attributes without values, as Graph gives them when selected.
pub(super) fn extension_attributes() -> Value {
    let empty: Map<String, Value> = (1..=15)
        .map(|number| (format!("extensionAttribute{number}"), Value::Null))
        .collect();
    Value::Object(empty)
}
