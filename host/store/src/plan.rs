//! Plans: operations streamed in as they are planned and out as they are carried out, and what
//! each answer of the target changes in what is remembered.

mod answer;

use rusqlite::{Connection, OptionalExtension, params};
use syncline_directory::{AttributeName, JobName, ObjectKind, SourceId, TargetId, Value};
use syncline_planner::{
    Action, Census, Held, Link, Operation, Phase, PlanHash, PlanHasher, ReferenceWish, Trip,
    plan::Referent,
};

pub use answer::Answer;

use crate::{Store, StoreError, from_json, link, mirror, run::RunId, to_json};

/// Identifies a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanId(i64);

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// It is being made.
    Open,
    /// It was only to be seen.
    Previewed,
    /// A guard holds it.
    Held,
    /// It is being carried out.
    Applying,
    /// Every operation has been answered.
    Applied,
}

impl PlanState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Previewed => "previewed",
            Self::Held => "held",
            Self::Applying => "applying",
            Self::Applied => "applied",
        }
    }
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationState {
    /// It is to be carried out.
    Waiting,
    /// The target did it.
    Done,
    /// The target refused it; the next cycle plans it again if it is still wanted.
    Failed,
}

impl OperationState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// An operation and its place in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOperation {
    /// When it comes.
    pub phase: Phase,
    /// Its place among the operations of its object in this phase.
    pub sequence: u32,
    /// The operation.
    pub operation: Operation,
}

/// A finished plan.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlan {
    /// Its identifier.
    pub id: PlanId,
    /// Its hash.
    pub hash: PlanHash,
    /// What it would do.
    pub census: Census,
    /// The guards that it tripped.
    pub trips: Vec<Trip>,
}

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
    /// Begins a plan.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn begin_plan(
        &self,
        job: &JobName,
        run: RunId,
        generation: &str,
    ) -> Result<PlanId, StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO plan (job, run, generation, state) VALUES (?1, ?2, ?3, ?4)",
                params![job.as_str(), run.0, generation, PlanState::Open.as_str()],
            )?;
            Ok(PlanId(transaction.last_insert_rowid()))
        })
    }

    /// Adds operations to a plan.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn add_operations(&self, plan: PlanId, operations: &[Operation]) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for operation in operations {
                let phase = operation.action.phase().rank();
                transaction
                    .prepare_cached(
                        "INSERT INTO operation (plan, phase, kind, source, sequence, body, state)
                         SELECT ?1, ?2, ?3, ?4, count(*), ?5, ?6 FROM operation
                         WHERE plan = ?1 AND phase = ?2 AND kind = ?3 AND source = ?4",
                    )?
                    .execute(params![
                        plan.0,
                        phase,
                        operation.kind.as_str(),
                        operation.source.as_str(),
                        to_json(operation),
                        OperationState::Waiting.as_str(),
                    ])?;
            }
            Ok(())
        })
    }

    /// Returns up to `count` operations of a plan in plan order, after the given one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn operations(
        &self,
        plan: PlanId,
        after: Option<&PlannedOperation>,
        count: usize,
    ) -> Result<Vec<PlannedOperation>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT phase, sequence, body FROM operation
             WHERE plan = ?1 AND (phase, kind, source, sequence) > (?2, ?3, ?4, ?5)
             ORDER BY phase, kind, source, sequence LIMIT ?6",
        )?;
        let rows = match after {
            None => statement.query_map(params![plan.0, -1, "", "", -1, count], read_operation)?,
            Some(last) => statement.query_map(
                params![
                    plan.0,
                    last.phase.rank(),
                    last.operation.kind.as_str(),
                    last.operation.source.as_str(),
                    last.sequence,
                    count
                ],
                read_operation,
            )?,
        };
        rows.map(|row| {
            let (phase, sequence, body) = row?;
            Ok(PlannedOperation {
                phase: Phase::ALL
                    .into_iter()
                    .find(|known| known.rank() == phase)
                    .unwrap_or(
                        // Nothing else is ever stored; losses come last, where a doubt belongs.
                        Phase::Losses,
                    ),
                sequence,
                operation: from_json("operation", &body)?,
            })
        })
        .collect()
    }

    /// Counts and hashes a finished plan, and remembers both with the guards that it tripped.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn finish_plan(
        &self,
        plan: PlanId,
        hash: PlanHash,
        census: Census,
        trips: Vec<Trip>,
        state: PlanState,
    ) -> Result<StoredPlan, StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE plan SET hash = ?2, census = ?3, trips = ?4, state = ?5 WHERE id = ?1",
                params![
                    plan.0,
                    hash.as_str(),
                    to_json(&census),
                    to_json(&trips),
                    state.as_str()
                ],
            )?;
            Ok(())
        })?;
        Ok(StoredPlan {
            id: plan,
            hash,
            census,
            trips,
        })
    }

    /// Remembers what became of a plan.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn set_plan_state(&self, plan: PlanId, state: PlanState) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE plan SET state = ?2 WHERE id = ?1",
                params![plan.0, state.as_str()],
            )?;
            Ok(())
        })
    }

    /// Reads a plan once from front to back, hashing it and counting what it would do.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn count_plan(
        &self,
        plan: PlanId,
        mut hasher: PlanHasher,
    ) -> Result<(PlanHash, Census), StoreError> {
        let mut census = Census::default();
        let mut after: Option<PlannedOperation> = None;
        loop {
            let chunk = self.operations(plan, after.as_ref(), 1000)?;
            let Some(last) = chunk.last().cloned() else {
                break;
            };
            for planned in &chunk {
                hasher.add(&planned.operation);
                match &planned.operation.action {
                    Action::Invite { .. } => census.creates += 1,
                    Action::Restore { .. } => census.restores += 1,
                    Action::Update { .. } => census.updates += 1,
                    Action::SetReference { .. } | Action::ClearReference { .. } => {
                        census.references += 1;
                    }
                    Action::Disable { .. } => census.disables += 1,
                    Action::Delete { .. } => census.deletes += 1,
                }
            }
            after = Some(last);
        }
        Ok((hasher.finish(), census))
    }

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
            "SELECT wish.source, wish.attribute, wish.referent FROM reference_wish AS wish
             JOIN subject ON subject.job = wish.job AND subject.kind = wish.kind
                  AND subject.source = wish.source
             WHERE wish.job = ?1 AND wish.kind = ?2 AND subject.run = ?3
             AND (wish.source, wish.attribute) > (?4, ?5)
             ORDER BY wish.source, wish.attribute LIMIT ?6",
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
                    Some((link, held)) => (
                        reference(held.attributes.get(&wish.attribute)),
                        reference(link.written.get(&wish.attribute)),
                    ),
                    None => (None, None),
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
    ) -> Result<Option<TargetId>, StoreError> {
        Ok(linked(&self.connection(), job, kind, source)?
            .filter(|(_, held)| held.state == syncline_directory::ObjectState::Live)
            .map(|(link, _)| link.target))
    }

    /// Returns the plans whose last judgement was a hold and whose hash begins with these digits.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn held_plans(&self, prefix: &str) -> Result<Vec<(JobName, PlanHash)>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT job, hash FROM plan
             WHERE state IN ('held', 'previewed') AND trips != '[]'
             AND substr(hash, 1, length(?1)) = ?1
             AND id IN (SELECT max(id) FROM plan WHERE hash IS NOT NULL GROUP BY job)
             ORDER BY job",
        )?;
        let rows = statement
            .query_map([prefix], |row| {
                Ok((
                    JobName::new(row.get::<_, String>(0)?),
                    PlanHash::new(row.get::<_, String>(1)?),
                ))
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Remembers that somebody approved exactly this plan, until when.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn approve(
        &self,
        job: &JobName,
        hash: &PlanHash,
        approver: &str,
        now: &str,
        expires: &str,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO approval (job, hash, approver, given, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET approver = excluded.approver, given = excluded.given,
                 expires = excluded.expires",
                params![job.as_str(), hash.as_str(), approver, now, expires],
            )?;
            Ok(())
        })
    }

    /// Returns when the approval of a plan expires, if somebody approved it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn approval(&self, job: &JobName, hash: &PlanHash) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT expires FROM approval WHERE job = ?1 AND hash = ?2",
                params![job.as_str(), hash.as_str()],
                |row| row.get(0),
            )
            .optional()?)
    }
}

fn read_operation(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u8, u32, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn reference(value: Option<&Value>) -> Option<TargetId> {
    match value {
        Some(Value::Reference(id)) => Some(TargetId::new(id)),
        _ => None,
    }
}

fn linked(
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
        && held.state == syncline_directory::ObjectState::Live
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
