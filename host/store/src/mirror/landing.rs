//! Where what was read or written lands in a mirror, and what it makes dirty.
//!
//! Cost follows what changed: an object that comes again as it was dirties nothing.

use rusqlite::{OptionalExtension, Transaction, params};
use syncline_directory::{
    AttributeName, Attributes, JobName, ObjectKind, ObjectState, Side, Value,
};

use super::{PageChange, PageItem, index, parse_kind, parse_state};
use crate::{StoreError, from_json, subject::mark_referrers, to_json};

/// A mirror, opened for landing.
pub(crate) struct Landing {
    pub(super) mirror: i64,
    pub(super) job: JobName,
    pub(super) kind: ObjectKind,
    side: Side,
    subjects: bool,
    listing: i64,
    columns: Vec<AttributeName>,
}

/// How much of an object is known by what lands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A listing shows the whole of it: on its first sight in a listing, a column that is left out
    /// has no value (graph.md, section 3.2). Later sights in the same listing add to the first.
    Listed,
    /// Only the attributes given.
    Part,
}

impl Landing {
    pub(crate) fn of(transaction: &Transaction<'_>, mirror: i64) -> Result<Self, StoreError> {
        let (landing, columns) = transaction
            .prepare_cached(
                "SELECT job, side, kind, subjects, listing, columns FROM mirror WHERE id = ?1",
            )?
            .query_row([mirror], |row| {
                Ok((
                    Self {
                        mirror,
                        job: JobName::new(row.get::<_, String>(0)?),
                        side: if row.get::<_, String>(1)? == Side::Source.as_str() {
                            Side::Source
                        } else {
                            Side::Target
                        },
                        kind: parse_kind(&row.get::<_, String>(2)?),
                        subjects: row.get(3)?,
                        listing: row.get(4)?,
                        columns: Vec::new(),
                    },
                    row.get::<_, String>(5)?,
                ))
            })?;
        Ok(Self {
            columns: from_json("list of columns", &columns)?,
            ..landing
        })
    }

    /// Opens the target's mirror of a job.
    pub(crate) fn target(
        transaction: &Transaction<'_>,
        job: &JobName,
        kind: ObjectKind,
    ) -> Result<Self, StoreError> {
        let mirror = transaction
            .prepare_cached(
                "SELECT id FROM mirror WHERE job = ?1 AND side = 'target' AND kind = ?2",
            )?
            .query_row(params![job.as_str(), kind.as_str()], |row| row.get(0))?;
        Self::of(transaction, mirror)
    }

    pub(super) fn land(
        &self,
        transaction: &Transaction<'_>,
        item: &PageItem,
    ) -> Result<(), StoreError> {
        match &item.change {
            PageChange::Present {
                attributes,
                members,
            } => {
                let extent = Extent::Listed;
                self.settle(transaction, &item.id, ObjectState::Live, attributes, extent)?;
                for member in members {
                    if member.added {
                        transaction
                            .prepare_cached(
                                "INSERT INTO mirror_member (mirror, container, member, listing)
                                 VALUES (?1, ?2, ?3, ?4)
                                 ON CONFLICT DO UPDATE SET listing = excluded.listing",
                            )?
                            .execute(params![self.mirror, item.id, member.id, self.listing])?;
                    } else {
                        transaction
                            .prepare_cached(
                                "DELETE FROM mirror_member
                                 WHERE mirror = ?1 AND container = ?2 AND member = ?3",
                            )?
                            .execute(params![self.mirror, item.id, member.id])?;
                    }
                }
                Ok(())
            }
            PageChange::Removed(state) => self.settle(
                transaction,
                &item.id,
                *state,
                &Attributes::new(),
                Extent::Part,
            ),
        }
    }

    /// Remembers an object's state and the given attributes, keeping its others, and marks the
    /// subjects whose plan may differ now.
    pub(crate) fn settle(
        &self,
        transaction: &Transaction<'_>,
        id: &str,
        state: ObjectState,
        attributes: &Attributes,
        extent: Extent,
    ) -> Result<(), StoreError> {
        let known = transaction
            .prepare_cached(
                "SELECT state, attributes, listing FROM mirror_object
                 WHERE mirror = ?1 AND id = ?2",
            )?
            .query_row(params![self.mirror, id], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })
            .optional()?;
        let (known_state, before, first_sight) = match &known {
            Some((state, text, listing)) => (
                Some(parse_state(state)),
                from_json::<Attributes>("mirrored object", text)?,
                *listing < self.listing,
            ),
            // Something deleted that was never seen is no news (graph.md, section 3.2).
            None if state == ObjectState::Purged => return Ok(()),
            None => (None, Attributes::new(), true),
        };
        let mut merged = before.clone();
        if first_sight && (known.is_none() || extent == Extent::Listed) {
            let absent = self
                .columns
                .iter()
                .map(|column| (column.clone(), Value::Absent));
            merged.extend(absent);
        }
        merged.extend(
            attributes
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let unchanged = known_state == Some(state) && before == merged;
        transaction
            .prepare_cached(
                "INSERT INTO mirror_object (mirror, id, state, listing, attributes)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET state = excluded.state, listing = excluded.listing,
                 attributes = excluded.attributes",
            )?
            .execute(params![
                self.mirror,
                id,
                state.as_str(),
                self.listing,
                to_json(&merged)
            ])?;
        if unchanged {
            return Ok(());
        }
        match self.side {
            Side::Source if self.subjects => mark_source(transaction, &self.job, self.kind, id),
            Side::Source => Ok(()),
            Side::Target => {
                index::replace(transaction, self, id, state, &merged)?;
                let moved = known_state != Some(state);
                mark_target(transaction, &self.job, self.kind, id, moved)
            }
        }
    }
}

fn mark_source(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO subject (job, kind, source, undecided, unplanned, touched)
             VALUES (?1, ?2, ?3, 1, 1, (SELECT number FROM weighing))
             ON CONFLICT DO UPDATE SET undecided = 1, unplanned = 1, touched = excluded.touched",
        )?
        .execute(params![job.as_str(), kind.as_str(), source])?;
    Ok(())
}

/// Marks the subject that is linked to a target object, and those that refer to it where it came or
/// went (edge case 14).
fn mark_target(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    target: &str,
    moved: bool,
) -> Result<(), StoreError> {
    let source: Option<String> = transaction
        .prepare_cached("SELECT source FROM link WHERE job = ?1 AND kind = ?2 AND target = ?3")?
        .query_row(params![job.as_str(), kind.as_str(), target], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(source) = source else { return Ok(()) };
    transaction
        .prepare_cached(
            "UPDATE subject SET unplanned = 1, touched = (SELECT number FROM weighing)
             WHERE job = ?1 AND kind = ?2 AND source = ?3",
        )?
        .execute(params![job.as_str(), kind.as_str(), source])?;
    if moved {
        mark_referrers(transaction, job, kind, &source)?;
    }
    Ok(())
}
