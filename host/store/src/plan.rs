//! Plans: operations streamed in as they are planned and out as they are carried out, and what
//! each answer of the target changes in what is remembered.

mod answer;
mod approval;
mod reference;
mod unanswered;

use rusqlite::params;
use syncline_directory::JobName;
use syncline_planner::{Action, Census, Operation, Phase, PlanHash, PlanHasher, Trip};

pub use answer::Answer;
pub use reference::{LiveTarget, ReferenceRow};

use crate::{Store, StoreError, claim, from_json, run::RunId, to_json};

/// Identifies a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanId(pub(crate) i64);

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
    /// And it is known what became of those whose answer was a failure.
    Settled,
}

impl PlanState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Previewed => "previewed",
            Self::Held => "held",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Settled => "settled",
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

impl Store {
    /// Begins a plan. Operations of the job's older plans that were only seen or held are forgotten;
    /// this plan supersedes them.
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
                "DELETE FROM operation WHERE plan IN
                 (SELECT id FROM plan WHERE job = ?1 AND state IN (?2, ?3, ?4))",
                params![
                    job.as_str(),
                    PlanState::Open.as_str(),
                    PlanState::Previewed.as_str(),
                    PlanState::Held.as_str()
                ],
            )?;
            claim::begin(transaction, job)?;
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
                    Action::Invite { .. } | Action::Create { .. } => census.creates += 1,
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
}

fn read_operation(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u8, u32, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
