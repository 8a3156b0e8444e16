//! Which permissions of Microsoft Graph follow from what a rule reads and writes (graph.md, section
//! 2.3).

use std::collections::BTreeSet;

use serde::Serialize;
use syncline_directory::ObjectKind;
use syncline_rules::Declaration;

/// What the two applications of a job need for a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Permissions {
    /// In the source tenant, which is only read.
    pub source: BTreeSet<&'static str>,
    /// In the target tenant.
    pub target: BTreeSet<&'static str>,
    /// What permissions alone do not settle, each about one attribute or kind.
    pub notes: Vec<Note>,
}

/// Something to know about an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about.
    pub about: String,
    /// What to know.
    pub text: &'static str,
}

/// Writable on people who hold an administrator role only by an application that holds a higher one.
const SENSITIVE: [&str; 6] = [
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "userPrincipalName",
];

const SENSITIVE_TEXT: &str = "sensitive: for holders of administrator roles the application needs a \
    directory role that outranks theirs; the others need only User.ReadWrite.All";

/// Returns what these declarations take.
pub(crate) fn of(declarations: &[Declaration]) -> Permissions {
    let mut permissions = Permissions::default();
    permissions.source.insert("Organization.Read.All");
    permissions.target.insert("Organization.Read.All");
    for declaration in declarations {
        let (read, write) = match declaration.kind {
            ObjectKind::User => ("User.Read.All", "User.ReadWrite.All"),
            ObjectKind::Group => ("Group.Read.All", "Group.ReadWrite.All"),
            // A contact becomes a user or is written as one; Graph writes no contacts.
            ObjectKind::Contact => ("OrgContact.Read.All", "User.ReadWrite.All"),
        };
        permissions.source.insert(read);
        if let Some(mapping) = &declaration.mapping {
            permissions.target.insert(write);
            if mapping.gives_shape && declaration.kind != ObjectKind::Group {
                // External people are made by invitation.
                permissions.target.insert("User.Invite.All");
            }
        } else {
            permissions.target.insert(read);
        }
        for name in &declaration.reads {
            if name.as_str() == "employeeLeaveDateTime" {
                permissions.source.insert("User-LifeCycleInfo.Read.All");
            }
        }
        if declaration
            .target_reads
            .iter()
            .any(|name| name.as_str() == "employeeLeaveDateTime")
        {
            permissions.target.insert("User-LifeCycleInfo.Read.All");
        }
        let outputs = declaration.mapping.iter().flat_map(|stage| &stage.outputs);
        for output in outputs {
            let name = output.attribute.as_str();
            let text = match name {
                "employeeLeaveDateTime" => {
                    permissions
                        .target
                        .insert("User-LifeCycleInfo.ReadWrite.All");
                    continue;
                }
                "employeeHireDate" => {
                    "Graph documents it as writable by signed-in people only; an application may get 403"
                }
                name if declaration.kind != ObjectKind::Group && SENSITIVE.contains(&name) => {
                    SENSITIVE_TEXT
                }
                name if name.starts_with("onPremisesExtensionAttributes/") => {
                    "not writable for people who are or were synchronized from on-premises, or whose \
                     mailbox owns the value"
                }
                _ => continue,
            };
            // One line for all fifteen of them.
            let about = name.split('/').next().unwrap_or(name).to_owned();
            let note = Note { about, text };
            if !permissions.notes.contains(&note) {
                permissions.notes.push(note);
            }
        }
    }
    permissions
}
