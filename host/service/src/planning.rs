//! Join, map and plan: from the objects whose plan may have changed to a finished, judged plan.
//!
//! The planner's functions are called object by object; what they need is read from the store and
//! what they answer is streamed back to it.

mod unique;

use std::collections::BTreeSet;

use syncline_directory::{
    AttributeName, JobName, ObjectKind, ObjectState, Outcome, Side, SourceId, Verdict,
};
use syncline_planner::{
    Action, Choices, GuardLimits, Joined, ObjectPlan, Operation, PlanHasher, Policy, Standing,
    Subject, Tier, guard, join,
    plan::{ReferencePlan, State, not_joined, plan_object, plan_reference},
};
use syncline_rules::{Context, Generation, MappingRow, codes};
use syncline_store::{
    Considered, PlanId, PlanState, ReferenceRow, RunId, Store, StoreError, StoredPlan, SubjectRow,
};

use crate::{
    decide::{CHUNK, positional},
    failed_inputs::FailedInputs,
    project::Assignment,
    record::{Named, RunStamp},
    report::Mode,
    suspension::Tally,
};

/// What planning came to.
pub(crate) enum Planned {
    /// A finished plan.
    Plan(StoredPlan),
    /// The rules failed on too many objects; there is no plan.
    TooManyFailures(Tally),
}

/// What planning needs beside the store.
pub(crate) struct Planning<'a> {
    pub(crate) job: &'a JobName,
    pub(crate) run: RunId,
    pub(crate) generation: &'a Generation,
    pub(crate) policy: Policy,
    pub(crate) guards: &'a GuardLimits,
    pub(crate) assignment: &'a Assignment,
    pub(crate) mode: Mode,
    pub(crate) stamp: &'a RunStamp,
    pub(crate) failed_inputs: &'a FailedInputs,
    /// The source objects for which an account may have been made that nobody can see yet.
    pub(crate) unanswered: BTreeSet<SourceId>,
    /// When it is, RFC 3339.
    pub(crate) now: String,
}

impl Planning<'_> {
    /// Plans every object whose plan may have changed, and judges the whole.
    pub(crate) fn plan(
        &self,
        store: &Store,
        context: &Context,
        mut new_id: impl FnMut() -> String,
        mut progress: impl FnMut(u64),
    ) -> Result<Planned, StoreError> {
        let kind = context.kind;
        let mut tally = Tally::default();
        let digest = self.generation.digest();
        let plan = store.begin_plan(self.job, self.run, digest.as_str())?;
        let mut after: Option<SourceId> = None;
        let mut done = 0;
        loop {
            let rows = store.unplanned(self.job, kind, self.run, after.as_ref(), CHUNK)?;
            let Some(last) = rows.last() else {
                // Whom this plan makes may have been waited for by objects that lie behind: another
                // pass over what is marked now, until one finds nothing.
                match after.take() {
                    Some(_) => continue,
                    None => break,
                }
            };
            after = Some(last.source.clone());
            done += rows.len() as u64;
            self.plan_chunk(store, context, plan, &rows, &mut tally)?;
            if tally.is_too_much() {
                return Ok(Planned::TooManyFailures(tally));
            }
            progress(done);
        }
        if done > 0 {
            self.plan_references(store, kind, plan)?;
            self.tell(store, kind, plan, &mut new_id)?;
        }
        let (hash, mut census) = store.count_plan(plan, PlanHasher::new(digest))?;
        // Counting everybody is for the guards, and they look only where something would be lost.
        if census.losses() > 0 {
            census.live_links = store.live_links(self.job)?;
            census.source_objects = match self.assignment {
                Assignment::All => store.live_objects(self.job, Side::Source, kind)?,
                Assignment::Assigned { .. } => store.assigned(self.job, kind)?,
            };
        }
        let trips = guard::judge(&census, self.guards);
        let state = match (self.mode, trips.is_empty()) {
            (Mode::Preview, _) => PlanState::Previewed,
            (Mode::Apply, true) => PlanState::Applying,
            (Mode::Apply, false) => PlanState::Held,
        };
        let plan = store.finish_plan(plan, hash, census, trips, state)?;
        Ok(Planned::Plan(plan))
    }

    /// Counts how the rules did on an object, and keeps what they failed on.
    fn count(
        &self,
        context: &Context,
        row: &SubjectRow,
        outcome: Option<&Outcome>,
        tally: &mut Tally,
    ) {
        let Some(outcome) = outcome else { return };
        let failure = match outcome {
            Outcome::Hold(reason) if codes::is_failure(&reason.code) => Some(reason),
            _ => None,
        };
        tally.count(&row.source, failure);
        if failure.is_some()
            && let Ok(asked) = mapping_row(self.generation, context.kind, row)
        {
            self.failed_inputs
                .keep(self.generation, context, &row.source, &asked);
        }
    }

    fn plan_chunk(
        &self,
        store: &Store,
        context: &Context,
        plan: PlanId,
        rows: &[SubjectRow],
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let joined = rows
            .iter()
            .map(|row| joined(store, self.job, context.kind, row))
            .collect::<Result<Vec<_>, _>>()?;
        let verdicts = rows.iter().map(|row| (row, &row.verdict));
        let outcomes = map(self.generation, context, verdicts, |place| {
            joined[place].clone()
        });
        for (row, outcome) in rows.iter().zip(&outcomes) {
            self.count(context, row, outcome.as_ref(), tally);
        }
        let mut operations: Vec<Operation> = Vec::new();
        let mut considered = Vec::with_capacity(rows.len());
        let mut claims = unique::ChunkClaims::default();
        for ((row, joined), outcome) in rows.iter().zip(&joined).zip(&outcomes) {
            if self.unanswered.contains(&row.source) {
                considered.push(waiting_for_answer(&row.source));
                continue;
            }
            let outcome = outcome.as_ref();
            let choices = claims.choose(store, self.job, context.kind, row, outcome)?;
            let subject = Subject {
                kind: context.kind,
                source: &row.source,
                source_state: row.state,
                verdict: &row.verdict,
                link: row.link.as_ref().map(|(link, held)| (link, held)),
                joined,
                outcome,
                choices: &choices,
            };
            let wanted = plan_object(&subject, self.policy, self.generation.digest());
            let ObjectPlan {
                standing,
                operations: wanted,
                references,
                findings,
            } = self.free_to_invite(store, wanted)?;
            let claims = claims.claim(outcome, &choices, &wanted);
            operations.extend(wanted);
            considered.push(Considered {
                source: row.source.clone(),
                standing,
                findings,
                references,
                claims,
            });
        }
        let made: Vec<&SourceId> = operations
            .iter()
            .filter(|operation| {
                matches!(
                    operation.action,
                    Action::Invite { .. } | Action::Create { .. } | Action::Restore { .. }
                )
            })
            .map(|operation| &operation.source)
            .collect();
        store.mark_referrers(self.job, context.kind, &made)?;
        store.add_operations(plan, &operations)?;
        store.consider(self.job, context.kind, self.run, &considered)
    }

    /// Tells the log of the objects that the run leaves as they are, where that is news, and takes the
    /// mark off them. A preview does neither: the run that follows considers them again.
    fn tell(
        &self,
        store: &Store,
        kind: ObjectKind,
        plan: PlanId,
        new_id: &mut impl FnMut() -> String,
    ) -> Result<(), StoreError> {
        if self.mode == Mode::Preview {
            return Ok(());
        }
        let mut after: Option<SourceId> = None;
        loop {
            let mut rows = store.settled(self.job, kind, self.run, plan, after.as_ref(), CHUNK)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.source.clone());
            // What only time or its neighbours kept a rule from deciding is asked again next time.
            rows.retain(|row| {
                let code = &row.standing.reason.code;
                !codes::is_passing(code) && code != ANSWER_UNKNOWN
            });
            let mut records = Vec::new();
            for row in rows.iter().filter(|row| row.is_news()) {
                // An object that is as wanted is no news, unless there is something to know of it.
                if row.standing.state == State::InStep && row.findings.is_empty() {
                    continue;
                }
                let object = store.mirrored(self.job, Side::Source, kind, row.source.as_str())?;
                let attributes = object.map(|object| object.attributes).unwrap_or_default();
                records.push(self.stamp.standing(
                    new_id(),
                    self.now.clone(),
                    &Named {
                        kind,
                        id: &row.source,
                        attributes: &attributes,
                    },
                    row.target.as_ref(),
                    &row.standing,
                    &row.findings,
                    self.failed_inputs.of_object(&row.source),
                ));
            }
            store.tell(self.job, kind, self.run, &rows, &records)?;
        }
    }

    /// Returns the plan, unless it would invite an address that a target object holds already: Graph
    /// would answer with that object, which is not ours (graph.md, section 4.3).
    fn free_to_invite(&self, store: &Store, plan: ObjectPlan) -> Result<ObjectPlan, StoreError> {
        for operation in &plan.operations {
            let Action::Invite { address, .. } = &operation.action else {
                continue;
            };
            let candidates = store.holders(self.job, address)?;
            let joined = join::join(
                operation.kind,
                &[Tier {
                    rivals: Vec::new(),
                    candidates,
                }],
            );
            if joined != Joined::New {
                return Ok(not_joined(&joined));
            }
        }
        Ok(plan)
    }

    /// Plans the references of the objects considered, now that it is known which objects this plan
    /// makes.
    fn plan_references(
        &self,
        store: &Store,
        kind: ObjectKind,
        plan: PlanId,
    ) -> Result<(), StoreError> {
        let mut after: Option<ReferenceRow> = None;
        loop {
            let rows = store.references(self.job, kind, self.run, plan, after.as_ref(), CHUNK)?;
            let Some(last) = rows.last().cloned() else {
                break;
            };
            let mut operations = Vec::new();
            let mut findings = Vec::new();
            for row in &rows {
                let planned = plan_reference(
                    kind,
                    &row.source,
                    &row.wish,
                    &row.referent,
                    row.holds.as_ref(),
                    row.written.as_ref(),
                    self.policy.drift,
                    self.generation.digest(),
                );
                match planned {
                    ReferencePlan::InStep => {}
                    ReferencePlan::Write(operation) => operations.push(operation),
                    ReferencePlan::Waiting(finding) | ReferencePlan::Drifted(finding) => {
                        findings.push((row.source.clone(), finding));
                    }
                }
            }
            store.add_operations(plan, &operations)?;
            store.add_findings(self.job, kind, &findings)?;
            after = Some(last);
        }
        Ok(())
    }
}

/// Returns which of the ranked candidates one object would get if it were the only one to be planned.
pub(crate) fn choices(
    store: &Store,
    job: &JobName,
    kind: ObjectKind,
    row: &SubjectRow,
    outcome: Option<&Outcome>,
) -> Result<Choices, StoreError> {
    unique::ChunkClaims::default().choose(store, job, kind, row, outcome)
}

/// Returns what the join finds for an object in scope that has no place in the target.
pub(crate) fn joined(
    store: &Store,
    job: &JobName,
    kind: ObjectKind,
    row: &SubjectRow,
) -> Result<Joined, StoreError> {
    // What we deleted and is gone for good has to find its place again.
    let is_placed = row
        .link
        .as_ref()
        .is_some_and(|(link, held)| held.state != ObjectState::Purged || !link.deleted_by_us);
    if is_placed || row.verdict != Verdict::InScope {
        return Ok(Joined::New);
    }
    Ok(join::join(kind, &store.tiers(job, kind, &row.source)?))
}

/// The code of an object of which it is not known whether it was made.
const ANSWER_UNKNOWN: &str = "AnswerUnknown";

fn waiting_for_answer(source: &SourceId) -> Considered {
    Considered {
        source: source.clone(),
        standing: Standing::new(
            State::Waiting,
            ANSWER_UNKNOWN,
            "an account was asked for and the answer was lost; it is looked for before another is made",
        ),
        findings: Vec::new(),
        references: Vec::new(),
        claims: Vec::new(),
    }
}

/// Asks the rules what each object in scope shall look like; nothing for objects that are not mapped.
/// `joined` tells of an object's place in the list what the join found.
pub(crate) fn map<'a>(
    generation: &Generation,
    context: &Context,
    rows: impl ExactSizeIterator<Item = (&'a SubjectRow, &'a Verdict)>,
    joined: impl Fn(usize) -> Joined,
) -> Vec<Option<Outcome>> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; rows.len()];
    let mut asked = Vec::new();
    let mut values = Vec::new();
    for (place, (row, verdict)) in rows.enumerate() {
        if row.state != ObjectState::Live
            || *verdict != Verdict::InScope
            || joined(place) != Joined::New
        {
            continue;
        }
        match mapping_row(generation, context.kind, row) {
            Ok(row) => {
                asked.push(place);
                values.push(row);
            }
            Err(reason) => outcomes[place] = Some(Outcome::Hold(reason)),
        }
    }
    for (place, outcome) in asked.into_iter().zip(generation.map(context, &values)) {
        outcomes[place] = Some(outcome);
    }
    outcomes
}

/// Returns an object as the mapping rules see it.
///
/// # Errors
///
/// A column that was never read holds the object.
pub(crate) fn mapping_row(
    generation: &Generation,
    kind: ObjectKind,
    row: &SubjectRow,
) -> Result<MappingRow, syncline_directory::Reason> {
    let columns: &[AttributeName] = generation.target_columns(kind);
    let target = match &row.link {
        // What was purged is made anew, and what was made without its first attributes is still being
        // made, so the rules see an object without a target.
        Some((link, held)) if held.state != ObjectState::Purged && !link.unfinished => {
            Some(positional(columns, &held.attributes)?)
        }
        _ => None,
    };
    Ok(MappingRow {
        source: positional(generation.source_columns(kind), &row.attributes)?,
        target,
    })
}
