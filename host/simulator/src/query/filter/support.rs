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

/// Judges a filter; `advanced` says whether the caller asked for the advanced index.
pub(super) fn judge(filter: &Filter, kind: Kind, advanced: bool) -> Result<(), GraphError> {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts
            .iter()
            .try_for_each(|part| judge(part, kind, advanced)),
        // Negation is for the advanced index, whatever is negated.
        Filter::Not(part) => {
            judge(part, kind, true)?;
            permit(Advanced, "Not", kind, advanced)
        }
        Filter::Count(name, ..) => {
            let when = collection(kind, name).map_or(Never, |_| Advanced);
            permit(when, name, kind, advanced)
        }
        Filter::Property(name, operator, literal) => {
            let when = scalar(kind, name).map_or(Never, |found| found.of(name, *operator, literal));
            permit(when, name, kind, advanced)
        }
        Filter::Some(name, part) => match (kind, name.as_str()) {
            (Kind::User, "identities") => judge_identities(part, kind, advanced),
            (Kind::User, "assignedLicenses") => match &**part {
                Filter::Property(path, Operator::Equal, _) if path == "skuId" => Ok(()),
                _ => Err(GraphError::unsupported_clause(name, kind.resource())),
            },
            _ => judge_items(part, name, kind, advanced),
        },
    }
}

/// Both members must be given, and the advanced index refuses them (graph.md 2.4, 2.9).
fn judge_identities(part: &Filter, kind: Kind, advanced: bool) -> Result<(), GraphError> {
    let refused = || GraphError::unsupported_clause("identities", kind.resource());
    let Filter::All(parts) = part else {
        return Err(refused());
    };
    let mut names: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            Filter::Property(path, Operator::Equal, Literal::Text(_)) => names.push(path),
            _ => return Err(refused()),
        }
    }
    names.sort_unstable();
    if names != ["issuer", "issuerAssignedId"] || advanced {
        return Err(refused());
    }
    Ok(())
}

fn judge_items(part: &Filter, name: &str, kind: Kind, advanced: bool) -> Result<(), GraphError> {
    match part {
        Filter::All(parts) | Filter::Any(parts) => parts
            .iter()
            .try_for_each(|part| judge_items(part, name, kind, advanced)),
        Filter::Property(path, operator, literal) if path.is_empty() => {
            let when =
                collection(kind, name).map_or(Never, |found| found.of(name, *operator, literal));
            permit(when, name, kind, advanced)
        }
        _ => Err(GraphError::unsupported_clause(name, kind.resource())),
    }
}

fn permit(when: When, name: &str, kind: Kind, advanced: bool) -> Result<(), GraphError> {
    match when {
        Always => Ok(()),
        Advanced if advanced => Ok(()),
        Advanced if name == "Not" => Err(GraphError::unsupported_query(
            "Operator 'Not' is not supported because the 'ConsistencyLevel:eventual' header is \
             missing. Refer to advanced queries: add the header and '$count=true'.",
        )),
        Advanced => Err(GraphError::unsupported_query(format!(
            "Operator on property '{name}' is not supported because the \
             'ConsistencyLevel:eventual' header is missing. Refer to advanced queries: add the \
             header and '$count=true'."
        ))),
        Never => Err(GraphError::unsupported_clause(name, kind.resource())),
    }
}

impl Support {
    /// Returns when an operator is answered on the property that this is the support of.
    fn of(self, name: &str, operator: Operator, literal: &Literal) -> When {
        match (operator, literal) {
            (Operator::Equal, Literal::Null) => self.null,
            (Operator::Equal, _) => self.equal,
            (Operator::StartsWith, _) => self.starts,
            (Operator::Contains, _) => Never,
            (Operator::EndsWith, _) => match name {
                "mail" | "userPrincipalName" | "otherMails" | "proxyAddresses" => Advanced,
                _ => Never,
            },
            (Operator::AtLeast | Operator::AtMost | Operator::Above | Operator::Below, _) => {
                match name {
                    "createdDateTime" => Always,
                    "employeeHireDate" => Advanced,
                    _ => Never,
                }
            }
        }
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
