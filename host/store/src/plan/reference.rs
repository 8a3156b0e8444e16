//! References of the objects that a run considered, with all that their plan depends on.

use rusqlite::{Connection, OptionalExtension, params};
use syncline_directory::{
    AttributeName, JobName, ObjectKind, ObjectState, SourceId, TargetId, Value,
};
use syncline_planner::{Held, Link, ReferenceWish, plan::Referent};

use super::PlanId;
use crate::{Store, StoreError, from_json, link, mirror, run::RunId};

/// A reference of an object that a run considered, with all that its plan depends on.
#[derive(Clone, Debug)]
pub struct ReferenceRow {
    /// The source object.
    pub source: SourceId,
    /// What the rules want.
    pub wish: ReferenceWish,
    /// What is known of the object referred to.
    pub referent: Referent,
    /// What the target refers to now.
    pub holds: Option<TargetId>,
    /// What we last let it refer to.
    pub written: Option<TargetId>,
}

impl Store {
    /// Returns up to `count` references of the objects that a run considered, in order, after the
    /// given one; `plan` tells which objects this run makes.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn references(
        &self,
        job: &JobName,
        kind: ObjectKind,
        run: RunId,
        plan: PlanId,
        after: Option<&ReferenceRow>,
        count: usize,
    ) -> Result<Vec<ReferenceRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT wish.source, wish.attribute, wish.referent
             FROM subject INDEXED BY subject_unplanned
             JOIN reference_wish AS wish ON wish.job = subject.job AND wish.kind = subject.kind
                  AND wish.source = subject.source
             WHERE subject.job = ?1 AND subject.kind = ?2 AND subject.unplanned = 1
             AND subject.run = ?3 AND subject.source >= ?4
             AND (wish.source, wish.attribute) > (?4, ?5)
             ORDER BY subject.source, wish.attribute LIMIT ?6",
        )?;
        let (last_source, last_attribute) = after.map_or(("", ""), |last| {
            (last.source.as_str(), last.wish.attribute.as_str())
        });
        let rows = statement
            .query_map(
                params![
                    job.as_str(),
                    kind.as_str(),
                    run.0,
                    last_source,
                    last_attribute,
                    count
                ],
                |row| {
                    Ok((
                        SourceId::new(row.get::<_, String>(0)?),
                        ReferenceWish {
                            attribute: AttributeName::new(row.get::<_, String>(1)?),
                            referent: row.get::<_, Option<String>>(2)?.map(SourceId::new),
                        },
                    ))
                },
            )?
            .collect::<Result<Vec<_>, _>>()?;
        rows.into_iter()
            .map(|(source, wish)| {
                let (holds, written) = match linked(&connection, job, kind, &source)? {
                    // What is made anew holds nothing of what its forerunner held.
                    Some((link, held)) if held.state != ObjectState::Purged => (
                        reference(held.attributes.get(&wish.attribute)),
                        reference(link.written.get(&wish.attribute)),
                    ),
                    _ => (None, None),
                };
                let referent = match &wish.referent {
                    Some(referent) => find_referent(&connection, job, kind, referent, plan)?,
                    None => Referent::Missing,
                };
                Ok(ReferenceRow {
                    source,
                    wish,
                    referent,
                    holds,
                    written,
                })
            })
            .collect()
    }

    /// Returns the live target object of a source object.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn live_target(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<Option<LiveTarget>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT link.target, link.made FROM link
                 JOIN mirror ON mirror.job = link.job AND mirror.kind = link.kind
                      AND mirror.side = 'target'
                 JOIN mirror_object AS object ON object.mirror = mirror.id
                      AND object.id = link.target AND object.state = 'live'
                 WHERE link.job = ?1 AND link.kind = ?2 AND link.source = ?3",
            )?
            .query_row(
                params![job.as_str(), kind.as_str(), source.as_str()],
                |row| {
                    Ok(LiveTarget {
                        id: TargetId::new(row.get::<_, String>(0)?),
                        made: row.get(1)?,
                    })
                },
            )
            .optional()?)
    }
}

/// A live target object of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTarget {
    /// The object.
    pub id: TargetId,
    /// When we made it, RFC 3339.
    pub made: String,
}

pub(super) fn reference(value: Option<&Value>) -> Option<TargetId> {
    match value {
        Some(Value::Reference(id)) => Some(TargetId::new(id)),
        _ => None,
    }
}

pub(super) fn linked(
    connection: &Connection,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
) -> Result<Option<(Link, Held)>, StoreError> {
    let Some(link) = link::find(connection, job, kind, source)? else {
        return Ok(None);
    };
    let held = connection
        .prepare_cached(
            "SELECT object.state, object.attributes FROM mirror
             JOIN mirror_object AS object ON object.mirror = mirror.id AND object.id = ?3
             WHERE mirror.job = ?1 AND mirror.side = 'target' AND mirror.kind = ?2",
        )?
        .query_row(
            params![job.as_str(), kind.as_str(), link.target.as_str()],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    let Some((state, attributes)) = held else {
        return Ok(None);
    };
    let held = Held {
        state: mirror::parse_state(&state),
        attributes: from_json("mirrored object", &attributes)?,
    };
    Ok(Some((link, held)))
}

fn find_referent(
    connection: &Connection,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
    plan: PlanId,
) -> Result<Referent, StoreError> {
    if let Some((link, held)) = linked(connection, job, kind, source)?
        && held.state == ObjectState::Live
    {
        return Ok(Referent::Linked(link.target));
    }
    let planned = connection
        .prepare_cached(
            "SELECT 1 FROM operation WHERE plan = ?1 AND kind = ?2 AND source = ?3 AND phase = 0",
        )?
        .exists(params![plan.0, kind.as_str(), source.as_str()])?;
    Ok(if planned {
        Referent::Planned
    } else {
        Referent::Missing
    })
}
