//! Join, map and plan: from the objects whose plan may have changed to a finished, judged plan.
//!
//! The planner's functions are called object by object; what they need is read from the store and
//! what they answer is streamed back to it.

use syncline_directory::{
    AttributeName, JobName, ObjectKind, ObjectState, Outcome, Side, SourceId, Verdict,
};
use syncline_planner::{
    GuardLimits, Joined, ObjectPlan, Operation, PlanHasher, Policy, Subject, guard, join,
    plan::{ReferencePlan, State, plan_object, plan_reference},
};
use syncline_rules::{Context, Generation, MappingRow};
use syncline_store::{
    Considered, LogRecord, PlanId, PlanState, ReferenceRow, RunId, Store, StoreError, StoredPlan,
    SubjectRow, logged_as,
};

use crate::{
    cycle::Mode,
    decide::{CHUNK, positional},
    record::{Named, RunStamp},
};

/// What planning needs beside the store.
pub(crate) struct Planning<'a> {
    pub(crate) job: &'a JobName,
    pub(crate) run: RunId,
    pub(crate) generation: &'a Generation,
    pub(crate) policy: Policy,
    pub(crate) guards: &'a GuardLimits,
    pub(crate) mode: Mode,
    pub(crate) stamp: &'a RunStamp,
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
    ) -> Result<StoredPlan, StoreError> {
        let kind = context.kind;
        let digest = self.generation.digest();
        let plan = store.begin_plan(self.job, self.run, digest.as_str())?;
        let mut after: Option<SourceId> = None;
        let mut done = 0;
        loop {
            let rows = store.unplanned(self.job, kind, after.as_ref(), CHUNK)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.source.clone());
            done += rows.len() as u64;
            self.plan_chunk(store, context, plan, &rows, &mut new_id)?;
            progress(done);
        }
        self.plan_references(store, kind, plan)?;
        let (hash, mut census) = store.count_plan(plan, PlanHasher::new(digest))?;
        census.live_links = store.live_links(self.job)?;
        census.source_objects = store.live_objects(self.job, Side::Source, kind)?;
        let trips = guard::judge(&census, self.guards);
        let state = match (self.mode, trips.is_empty()) {
            (Mode::Preview, _) => PlanState::Previewed,
            (Mode::Apply, true) => PlanState::Applying,
            (Mode::Apply, false) => PlanState::Held,
        };
        store.finish_plan(plan, hash, census, trips, state)
    }

    fn plan_chunk(
        &self,
        store: &Store,
        context: &Context,
        plan: PlanId,
        rows: &[SubjectRow],
        new_id: &mut impl FnMut() -> String,
    ) -> Result<(), StoreError> {
        let joined = rows
            .iter()
            .map(|row| self.join(store, context.kind, row))
            .collect::<Result<Vec<_>, _>>()?;
        let outcomes = map(self.generation, context, rows, &joined);
        let mut operations: Vec<Operation> = Vec::new();
        let mut considered = Vec::with_capacity(rows.len());
        let mut records: Vec<LogRecord> = Vec::new();
        for ((row, joined), outcome) in rows.iter().zip(&joined).zip(&outcomes) {
            let subject = Subject {
                kind: context.kind,
                source: &row.source,
                source_state: row.state,
                verdict: &row.verdict,
                link: row.link.as_ref().map(|(link, held)| (link, held)),
                joined,
                outcome: outcome.as_ref(),
            };
            let ObjectPlan { standing, operations: wanted, references, findings } =
                plan_object(&subject, self.policy, self.generation.digest());
            let settled = wanted.is_empty();
            // An object that is as wanted is no news, unless there is something to know of it.
            let news = standing.state != State::InStep || !findings.is_empty();
            let logged = self.mode == Mode::Apply
                && settled
                && news
                && row.logged.as_deref() != Some(&logged_as(&standing));
            if logged {
                let object = Named {
                    kind: context.kind,
                    id: &row.source,
                    attributes: &row.attributes,
                };
                records.push(self.stamp.standing(
                    new_id(),
                    self.now.clone(),
                    &object,
                    row.link.as_ref().map(|(link, _)| &link.target),
                    &standing,
                    &findings,
                ));
            }
            operations.extend(wanted);
            considered.push(Considered {
                source: row.source.clone(),
                standing,
                findings,
                references,
                // A preview settles nothing: the run that follows considers the object again.
                settled: settled && self.mode == Mode::Apply,
                logged,
            });
        }
        store.add_operations(plan, &operations)?;
        store.consider(self.job, context.kind, self.run, &considered)?;
        store.record(self.job, self.run, &records)
    }

    fn join(
        &self,
        store: &Store,
        kind: ObjectKind,
        row: &SubjectRow,
    ) -> Result<Joined, StoreError> {
        if row.link.is_some() || row.verdict != Verdict::InScope {
            return Ok(Joined::New);
        }
        Ok(join::join(kind, &store.tiers(self.job, kind, &row.source)?))
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
            let rows =
                store.references(self.job, kind, self.run, plan, after.as_ref(), CHUNK)?;
            let Some(last) = rows.last().cloned() else { break };
            let mut operations = Vec::new();
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
                        store.add_finding(self.job, kind, &row.source, &finding)?;
                    }
                }
            }
            store.add_operations(plan, &operations)?;
            if self.mode == Mode::Apply {
                let sources: Vec<&SourceId> =
                    operations.iter().map(|operation| &operation.source).collect();
                store.unsettle(self.job, kind, &sources)?;
            }
            after = Some(last);
        }
        Ok(())
    }
}

/// Asks the rules what each object in scope shall look like; nothing for objects that are not mapped.
pub(crate) fn map(
    generation: &Generation,
    context: &Context,
    rows: &[SubjectRow],
    joined: &[Joined],
) -> Vec<Option<Outcome>> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; rows.len()];
    let mut asked = Vec::new();
    let mut values = Vec::new();
    for (place, (row, joined)) in rows.iter().zip(joined).enumerate() {
        if row.state != ObjectState::Live
            || row.verdict != Verdict::InScope
            || (row.link.is_none() && *joined != Joined::New)
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
        // What was purged is made anew, so the rules see an object without a target.
        Some((_, held)) if held.state != ObjectState::Purged => {
            Some(positional(columns, &held.attributes)?)
        }
        _ => None,
    };
    Ok(MappingRow {
        source: positional(generation.source_columns(kind), &row.attributes)?,
        target,
    })
}
