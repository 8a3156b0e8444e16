//! After an interruption: find out what became of the invitations that were never answered
//! (laws L4 and L7, edge cases 23 and 24).
//!
//! An invitation can carry no stamp. Its intent was stored before it was sent, so the address is
//! looked up in the target before anything else is planned; nobody who is visible is invited twice.

use std::time::Duration;

use jiff::Timestamp;
use syncline_directory::{AttributeName, Attributes, ObjectKind, Side, TargetId, Value, address};
use syncline_graph::{Source, Target};
use syncline_store::{Intent, Making};

use crate::{Service, ServiceError, project::Job, tenants::tenant_error};

/// What tells whether we made an object, and what of it we wrote.
pub(crate) const MADE_COLUMNS: [&str; 8] = [
    "accountEnabled",
    "creationType",
    "createdDateTime",
    "mail",
    "mailNickname",
    "displayName",
    "userPrincipalName",
    "userType",
];

/// How long after it was sent an invitation may still be on its way to the replicas that answer
/// reads (graph.md, section 9.4).
pub(crate) const LAG: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// How far the target's clock may be behind ours.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// How long after its intent an invitation can still have been sent: the longest silence that the
/// pace waits for, and an exchange.
const SENT_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(20);

/// How long to wait between looks at an address that is not visible yet.
const LOOKS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

impl Service {
    /// Settles every unanswered intent of a job: linked if its object is found, forgotten if not.
    pub(crate) async fn recover(&self, job: &Job, target: &Target) -> Result<(), ServiceError> {
        let mut open = self.store.intents(&job.name)?;
        for wait in std::iter::once(None).chain(LOOKS.into_iter().map(Some)) {
            if let Some(wait) = wait {
                if open.iter().all(|intent| !self.is_recent(intent)) {
                    break;
                }
                self.outside.clock.sleep(wait).await;
            }
            let mut missing = Vec::new();
            for intent in open {
                match self.find_made(job, target.reader(), &intent).await? {
                    Some((id, attributes)) => self.store.link_made(
                        &job.name,
                        intent.kind,
                        &intent.source,
                        &id,
                        &attributes,
                        &self.now(),
                    )?,
                    None => missing.push(intent),
                }
            }
            open = missing;
            if open.is_empty() {
                return Ok(());
            }
        }
        // Inviting a visible or invisible pending user again answers with the same object (graph.md,
        // section 4.3), so what is still not seen is planned anew. An account would be made a second time,
        // under another name, as soon as the first one's can be seen: its object waits until reads must
        // have caught up.
        let is_over =
            |intent: &Intent| intent.making == Making::Invitation || !self.is_recent(intent);
        for intent in open.into_iter().filter(is_over) {
            self.store
                .forget_intent(&job.name, intent.kind, &intent.source)?;
        }
        Ok(())
    }

    fn is_recent(&self, intent: &Intent) -> bool {
        started(intent)
            .is_some_and(|started| self.outside.clock.now().duration_since(started) < LAG)
    }

    /// Returns the object that an intent made, if it can be seen, and what it holds by our doing.
    pub(crate) async fn find_made(
        &self,
        job: &Job,
        reader: &Source,
        intent: &Intent,
    ) -> Result<Option<(TargetId, Attributes)>, ServiceError> {
        let columns = MADE_COLUMNS.map(AttributeName::new);
        let failed = tenant_error(Side::Target, job);
        let (mut found, attribute) = match intent.making {
            Making::Invitation => {
                let found = reader.users_with_address(&intent.address, &columns).await;
                (found.map_err(&failed)?, "mail")
            }
            Making::Account => {
                let found = reader.user_of_name(&intent.address, &columns).await;
                (Vec::from_iter(found.map_err(&failed)?), "userPrincipalName")
            }
        };
        // Delta may show what the index behind filters does not yet.
        let holders = self
            .store
            .holders_of(&job.name, attribute, &intent.address)?;
        for holder in holders {
            let id = holder.id.as_str();
            if holder.kind == ObjectKind::User && found.iter().all(|(known, _)| known != id) {
                let user = reader.user(id, &columns).await.map_err(&failed)?;
                found.extend(user.map(|attributes| (id.to_owned(), attributes)));
            }
        }
        for (id, attributes) in found {
            let id = TargetId::new(id);
            let free = self
                .store
                .linked_to(&job.name, ObjectKind::User, &id)?
                .is_none();
            if free && made_by(&attributes, intent.making, &intent.started) {
                return Ok(Some((id, written_by(attributes, intent))));
            }
        }
        Ok(None)
    }
}

/// Whether an object with these attributes was made by what was sent soon after `started`. Graph answers an invitation of somebody who is there with the one who is there (graph.md,
/// section 4.3), so an answer alone does not make an object ours (law L2).
pub(crate) fn made_by(attributes: &Attributes, making: Making, started: &str) -> bool {
    let text = |name: &str| attributes.get(name).and_then(Value::as_text);
    let time = |text: &str| text.parse::<Timestamp>().ok();
    match (text("createdDateTime").and_then(time), time(started)) {
        (Some(created), Some(started)) => {
            let created_as = match making {
                Making::Invitation => Some("Invitation"),
                Making::Account => None,
            };
            text("creationType") == created_as
                && created >= started - SKEW
                && created <= started + SENT_WITHIN
        }
        _ => false,
    }
}

fn started(intent: &Intent) -> Option<Timestamp> {
    intent.started.parse().ok()
}

/// Returns what our request wrote of what the object holds: its name, type and address, and of an
/// account that its sign-in is blocked.
fn written_by(held: Attributes, intent: &Intent) -> Attributes {
    let is_ours = |value: &Value| {
        let text = value.as_text().map(address::comparable);
        text.is_some_and(|text| text == address::comparable(&intent.address))
    };
    held.into_iter()
        .filter(|(name, value)| match (name.as_str(), intent.making) {
            ("displayName" | "userType", _) | ("mailNickname", Making::Account) => {
                !value.is_absent()
            }
            ("mail", Making::Invitation) | ("userPrincipalName", Making::Account) => is_ours(value),
            ("accountEnabled", Making::Account) => *value == Value::Boolean(false),
            _ => false,
        })
        .collect()
}
