//! Which filters Graph answers, by property (the table of graph.md 2.9).

use super::{Filter, Literal, Operator};
use crate::error::GraphError;
use crate::schema::Kind;

/// When an operator is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// Only with `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
    Never,
}

use When::{Advanced, Always, Never};

/// Equality, prefix and null of one property.
#[derive(Clone, Copy, Debug)]
struct Support {
    equal: When,
    starts: When,
    null: When,
}

const fn support(equal: When, starts: When, null: When) -> Option<Support> {
    Some(Support {
        equal,
        starts,
        null,
    })
}

pub(super) fn judge(filter: &Filter, kind: Kind, advanced: bool) -> Result<(), GraphError> {
    let (name, operator, literal, found) = match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            return parts
                .iter()
                .try_for_each(|part| judge(part, kind, advanced));
        }
        Filter::Item(name, operator, literal) => (name, operator, literal, collection(kind, name)),
        Filter::Property(name, operator, literal) => (name, operator, literal, scalar(kind, name)),
    };
    let when = match (operator, literal, found) {
        (_, _, None) => Never,
        (Operator::Equal, Literal::Null, Some(support)) => support.null,
        (Operator::Equal, _, Some(support)) => support.equal,
        (Operator::StartsWith, _, Some(support)) => support.starts,
        (Operator::EndsWith, ..) => match name.as_str() {
            "mail" | "userPrincipalName" | "otherMails" | "proxyAddresses" => Advanced,
            _ => Never,
        },
        (Operator::AtLeast | Operator::AtMost, ..) => match name.as_str() {
            "createdDateTime" => Always,
            "employeeHireDate" => Advanced,
            _ => Never,
        },
    };
    match when {
        Always => Ok(()),
        Advanced if advanced => Ok(()),
        Advanced => Err(GraphError::unsupported_query(format!(
            "Operator on property '{name}' is not supported because the \
             'ConsistencyLevel:eventual' header is missing. Refer to advanced queries: add the \
             header and '$count=true'."
        ))),
        Never => Err(GraphError::unsupported_clause(name, kind.resource())),
    }
}

fn scalar(kind: Kind, name: &str) -> Option<Support> {
    let outer = name.split('/').next().unwrap_or(name);
    match (kind, outer) {
        (_, "id") => support(Always, Always, Never),
        (_, "mail" | "mailNickname" | "displayName") => support(Always, Always, Advanced),
        (_, "userType" | "onPremisesSyncEnabled") => support(Always, Never, Advanced),
        (_, "createdDateTime") => support(Never, Never, Advanced),
        (Kind::User, _) => user(outer),
        (Kind::Group, "uniqueName") => support(Always, Always, Never),
        (Kind::Group, "description") => support(Advanced, Advanced, Advanced),
        (Kind::Group, "mailEnabled" | "securityEnabled" | "isAssignableToRole") => {
            support(Always, Never, Never)
        }
        (Kind::Contact, "givenName" | "surname" | "jobTitle" | "department") => {
            support(Always, Always, Advanced)
        }
        (Kind::Contact, "companyName") => support(Advanced, Advanced, Advanced),
        _ => None,
    }
}

fn user(name: &str) -> Option<Support> {
    match name {
        "userPrincipalName" => support(Always, Always, Never),
        "givenName" | "surname" | "jobTitle" | "department" | "city" | "country"
        | "usageLocation" => support(Always, Always, Advanced),
        "state" | "employeeId" => support(Always, Never, Advanced),
        "accountEnabled"
        | "creationType"
        | "externalUserState"
        | "ageGroup"
        | "onPremisesImmutableId" => support(Always, Never, Never),
        "companyName"
        | "mobilePhone"
        | "officeLocation"
        | "postalCode"
        | "streetAddress"
        | "faxNumber"
        | "onPremisesExtensionAttributes" => support(Advanced, Advanced, Advanced),
        "preferredLanguage" => support(Advanced, Never, Advanced),
        "employeeType" => support(Advanced, Never, Never),
        "employeeOrgData" => support(Advanced, Advanced, Never),
        "employeeHireDate" => support(Never, Never, Never),
        // A directory extension.
        _ if name.starts_with("extension_") && Kind::User.name(name).is_some() => {
            support(Always, Advanced, Advanced)
        }
        _ => None,
    }
}

fn collection(kind: Kind, name: &str) -> Option<Support> {
    match (kind, name) {
        (_, "proxyAddresses") | (Kind::User, "otherMails" | "imAddresses") => {
            support(Always, Always, Never)
        }
        (Kind::User, "businessPhones") => support(Advanced, Advanced, Never),
        (Kind::Group, "groupTypes") => support(Always, Never, Never),
        _ => None,
    }
}
