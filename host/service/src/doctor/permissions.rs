//! Which application permissions a job needs (graph.md, sections 2.3, 3.1, 4.1 and 10.2), and which of
//! them are not granted.

use std::collections::BTreeSet;

use syncline_directory::{ObjectKind, Side};
use syncline_planner::OutOfScope;
use syncline_rules::Generation;

use crate::project::{Assignment, Job};

/// Something that a job does, and the permissions of which each permits it, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) purpose: &'static str,
    pub(super) any_of: &'static [&'static str],
}

const READ_USERS: Need = Need {
    purpose: "reading users",
    any_of: &[
        "User.Read.All",
        "User.ReadUpdate.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};
const READ_ORGANIZATION: Need = Need {
    purpose: "reading the tenant's domains",
    any_of: &[
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};
const READ_GROUPS: Need = Need {
    purpose: "reading the assigned groups",
    any_of: &[
        "GroupMember.Read.All",
        "Group.Read.All",
        "GroupMember.ReadWrite.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};
const INVITE: Need = Need {
    purpose: "inviting people",
    any_of: &[
        "User.Invite.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ],
};
const UPDATE: Need = Need {
    purpose: "writing attributes",
    any_of: &[
        "User.ReadUpdate.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ],
};
const ENABLE: Need = Need {
    purpose: "writing accountEnabled",
    any_of: &["User.EnableDisableAccount.All", "User.ReadWrite.All"],
};
const OTHER_MAILS: Need = Need {
    purpose: "writing otherMails",
    any_of: &["User-Mail.ReadWrite.All", "User.ReadWrite.All"],
};
const PHONES: Need = Need {
    purpose: "writing phone numbers",
    any_of: &["User-Phone.ReadWrite.All", "User.ReadWrite.All"],
};
/// The reference names no least permission for a manager; this is the one of Microsoft's page.
const MANAGER: Need = Need {
    purpose: "writing managers",
    any_of: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
};
const DELETE: Need = Need {
    purpose: "deleting and restoring people",
    any_of: &["User.DeleteRestore.All", "User.ReadWrite.All"],
};

/// What the doctor itself reads, and no run needs.
pub(super) const OF_THE_DOCTOR: [&str; 3] = [
    "Application.Read.All",
    "Policy.Read.All",
    "Synchronization.Read.All",
];

/// Returns what a job does in one of its tenants. Without rules it is what every job does.
pub(super) fn needs(job: &Job, side: Side, generation: Option<&Generation>) -> Vec<Need> {
    let mut needs = vec![READ_USERS, READ_ORGANIZATION];
    match side {
        Side::Source => {
            if let Assignment::Assigned { groups, .. } = &job.users
                && !groups.is_empty()
            {
                needs.push(READ_GROUPS);
            }
        }
        Side::Target => {
            needs.push(INVITE);
            if let Some(generation) = generation {
                let writes = generation.writes(ObjectKind::User);
                let writes: Vec<&str> = writes.iter().map(|name| name.as_str()).collect();
                needs.extend(of_writes(&writes));
            }
            match job.policy.out_of_scope {
                OutOfScope::SoftDelete => needs.push(DELETE),
                OutOfScope::Disable => needs.push(ENABLE),
                OutOfScope::Keep => {}
            }
        }
    }
    needs
}

fn of_writes(attributes: &[&str]) -> Vec<Need> {
    let mut needs = Vec::new();
    for attribute in attributes {
        let need = match *attribute {
            "accountEnabled" => ENABLE,
            "otherMails" => OTHER_MAILS,
            "businessPhones" | "mobilePhone" => PHONES,
            "manager" => MANAGER,
            _ => UPDATE,
        };
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// Returns the needs that these permissions leave open.
pub(super) fn unmet(needs: &[Need], granted: &BTreeSet<String>) -> Vec<Need> {
    let is_met = |need: &&Need| need.any_of.iter().any(|name| granted.contains(*name));
    needs.iter().filter(|need| !is_met(need)).copied().collect()
}

/// Returns the least permissions that meet these needs: the least of each, without those that
/// another need's makes superfluous.
pub(super) fn consent(unmet: &[Need]) -> Vec<&'static str> {
    let mut chosen: Vec<&'static str> = Vec::new();
    for need in unmet {
        if let Some(least) = need.any_of.first()
            && !chosen.contains(least)
        {
            chosen.push(least);
        }
    }
    let suffices = |chosen: &[&str]| {
        unmet
            .iter()
            .all(|need| need.any_of.iter().any(|name| chosen.contains(name)))
    };
    let mut place = 0;
    while place < chosen.len() {
        let mut fewer = chosen.clone();
        fewer.remove(place);
        if suffices(&fewer) {
            chosen = fewer;
        } else {
            place += 1;
        }
    }
    chosen
}

/// Returns what is granted and nothing here needs.
pub(super) fn superfluous<'a>(needs: &[Need], granted: &'a BTreeSet<String>) -> Vec<&'a str> {
    granted
        .iter()
        .map(String::as_str)
        .filter(|name| {
            let needed = needs.iter().any(|need| need.any_of.contains(name));
            !needed && !OF_THE_DOCTOR.contains(name)
        })
        .collect()
}

/// Whether a permission is one that changes what it is about.
pub(super) fn writes(permission: &str) -> bool {
    [
        "Write", "Update", "Create", "Invite", "Delete", "Enable", "Manage",
    ]
    .iter()
    .any(|word| permission.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_consent_is_the_least_that_suffices() {
        let target = [
            READ_USERS,
            READ_ORGANIZATION,
            INVITE,
            UPDATE,
            ENABLE,
            DELETE,
        ];
        assert_eq!(
            consent(&unmet(&target, &granted(&[]))),
            [
                "Organization.Read.All",
                "User.Invite.All",
                "User.ReadUpdate.All",
                "User.EnableDisableAccount.All",
                "User.DeleteRestore.All"
            ],
            "what updates users reads them too"
        );
        // Managers need the broad one, and with it the narrow ones are superfluous.
        let with_managers = [&target[..], &[MANAGER]].concat();
        assert_eq!(
            consent(&unmet(&with_managers, &granted(&[]))),
            ["Organization.Read.All", "User.ReadWrite.All"]
        );
        let some = granted(&["User.ReadWrite.All", "Directory.Read.All"]);
        assert_eq!(consent(&unmet(&with_managers, &some)), [""; 0]);
        let reader = granted(&["User.Read.All", "Organization.Read.All"]);
        assert_eq!(
            consent(&unmet(&[READ_USERS, INVITE], &reader)),
            ["User.Invite.All"]
        );
    }

    #[test]
    fn each_attribute_has_its_permission() {
        let purposes = |attributes: &[&str]| -> Vec<&str> {
            of_writes(attributes)
                .iter()
                .map(|need| need.purpose)
                .collect()
        };
        assert_eq!(
            purposes(&["department", "jobTitle", "manager", "mobilePhone"]),
            [
                "writing attributes",
                "writing managers",
                "writing phone numbers"
            ]
        );
        assert_eq!(purposes(&[]), [""; 0]);
    }

    #[test]
    fn what_nothing_needs_is_superfluous_and_writing_ones_are_told_apart() {
        let needs = [READ_USERS, READ_ORGANIZATION];
        let all = granted(&["User.Read.All", "Policy.Read.All", "Mail.ReadWrite"]);
        assert_eq!(superfluous(&needs, &all), ["Mail.ReadWrite"]);
        for permission in ["User.ReadWrite.All", "User.Invite.All", "User.Create"] {
            assert!(writes(permission), "{permission}");
        }
        for permission in ["User.Read.All", "Policy.Read.All", "GroupMember.Read.All"] {
            assert!(!writes(permission), "{permission}");
        }
    }
}
