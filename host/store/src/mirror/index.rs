//! By which values a target object can be found. Matching happens here and not by remote filters, so
//! that apostrophes, case and proxy addresses make no difference (edge case 37).

use std::collections::BTreeSet;

use rusqlite::{Transaction, params};
use syncline_directory::{Attributes, ObjectState, Value, address};

use super::Landing;
use crate::StoreError;

/// Attributes whose values are addresses; they are all found under `mail`.
const ADDRESSES: [&str; 3] = ["mail", "otherMails", "proxyAddresses"];

/// Attributes, beside addresses, by which a rule may match. What is not indexed cannot be matched.
pub(crate) const NAMES: [&str; 5] = [
    "userPrincipalName",
    "mailNickname",
    "employeeId",
    "displayName",
    "onPremisesImmutableId",
];

/// Returns the attribute under which keys of this attribute are indexed.
pub(crate) fn indexed_as(attribute: &str) -> &str {
    if ADDRESSES.contains(&attribute) {
        "mail"
    } else {
        attribute
    }
}

/// Replaces an object's entries and marks the subjects that look for a value that came or went.
pub(super) fn replace(
    transaction: &Transaction<'_>,
    landing: &Landing,
    id: &str,
    state: ObjectState,
    attributes: &Attributes,
) -> Result<(), StoreError> {
    let now = if state == ObjectState::Purged {
        BTreeSet::new()
    } else {
        entries(id, state, attributes)
    };
    let before: BTreeSet<(String, String)> = transaction
        .prepare_cached(
            "SELECT attribute, value FROM mirror_key WHERE mirror = ?1 AND object = ?2",
        )?
        .query_map(params![landing.mirror, id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    for (attribute, value) in before.difference(&now) {
        transaction
            .prepare_cached(
                "DELETE FROM mirror_key
                 WHERE mirror = ?1 AND attribute = ?2 AND value = ?3 AND object = ?4",
            )?
            .execute(params![landing.mirror, attribute, value, id])?;
    }
    for (attribute, value) in now.difference(&before) {
        transaction
            .prepare_cached(
                "INSERT INTO mirror_key (mirror, attribute, value, object) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![landing.mirror, attribute, value, id])?;
    }
    for (attribute, value) in before.symmetric_difference(&now) {
        transaction
            .prepare_cached(
                "UPDATE subject SET unplanned = 1 WHERE (job, kind, source) IN
                 (SELECT job, kind, source FROM subject_key
                  WHERE job = ?1 AND kind IN ('user', 'group', 'contact')
                  AND attribute = ?2 AND value = ?3)",
            )?
            .execute(params![landing.job.as_str(), attribute, value])?;
        // Who had wanted a value that others had is planned anew as well.
        transaction
            .prepare_cached(
                "UPDATE subject SET unplanned = 1 WHERE (job, kind, source) IN
                 (SELECT job, kind, source FROM claim
                  WHERE job = ?1 AND kind IN ('user', 'group', 'contact')
                  AND attribute = ?2 AND value = ?3 AND state = 'wanted')",
            )?
            .execute(params![landing.job.as_str(), attribute, value])?;
    }
    Ok(())
}

fn entries(id: &str, state: ObjectState, attributes: &Attributes) -> BTreeSet<(String, String)> {
    let mut entries = BTreeSet::new();
    let mut add = |attribute: &str, text: &str| {
        let value = address::comparable(text);
        // While deleted, a principal name carries the object's id in front (graph.md, section 2.8).
        // It is found by the name that it would be restored under.
        let mark = (state == ObjectState::SoftDeleted).then(|| id.replace('-', "").to_lowercase());
        let value = match mark.and_then(|mark| value.strip_prefix(&mark)) {
            Some(name) => name.to_owned(),
            None => value,
        };
        if !value.is_empty() {
            entries.insert((indexed_as(attribute).to_owned(), value));
        }
    };
    for name in ADDRESSES.iter().chain(&NAMES) {
        match attributes.get(*name) {
            Some(Value::Text(text)) => add(name, text),
            Some(Value::Texts(texts)) => texts.iter().for_each(|text| add(name, text)),
            _ => {}
        }
    }
    entries
}
