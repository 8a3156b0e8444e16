//! What changed rules would change, over everything that is mirrored: in numbers for people and
//! guards, and object by object for what has to be decided anew.
//!
//! Rules are pure, so an object about which two generations say the same needs no second look. That
//! holds for the rows as they were looked at; what is touched afterwards, the store tells apart by the
//! number of the weighing.

use std::{collections::BTreeMap, num::NonZero, thread};

use serde::Serialize;
use syncline_directory::{
    AttributeName, Change, MatchKey, Outcome, Reason, SourceId, Value, Verdict,
};
use syncline_planner::{Census, Joined};
use syncline_rules::{Context, Generation, Shared, codes};
use syncline_store::{Marks, Store, StoreError, SubjectRow};

use crate::{
    decide::{CHUNK, positional},
    off_thread::Abandoned,
    planning::map,
    record::Named,
    suspension::Tally,
};

/// How many affected objects are named. Beyond it everything is decided anew, which costs time and not
/// memory.
const AFFECTED_MAX: usize = 65_536;

/// How many threads compare; a preview is not worth the whole of a large machine.
const THREADS_MAX: usize = 4;

/// How many examples a preview shows.
const EXAMPLES_MAX: usize = 5;

/// One attribute of one object that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// What people recognise the object by.
    pub object: String,
    /// The attribute.
    pub attribute: AttributeName,
    /// What the active rules want.
    pub before: String,
    /// What the changed rules want.
    pub after: String,
}

/// What changed rules would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RulesPreview {
    /// How many objects were asked about.
    pub objects: u64,
    /// Objects that would come into scope.
    pub entering: u64,
    /// Objects that would leave the scope.
    pub leaving: u64,
    /// Those of them that are linked, and so would be kept, disabled or deleted.
    pub leaving_linked: u64,
    /// Objects that the changed rules cannot decide and the active ones can.
    pub undecided: u64,
    /// Objects of which an attribute would change.
    pub changing: u64,
    /// How often each attribute would change.
    pub attributes: BTreeMap<AttributeName, u64>,
    /// Some of the changes.
    pub examples: Vec<Example>,
}

impl RulesPreview {
    /// Returns the preview as the guards judge it: linked objects that leave are losses.
    pub(crate) fn census(&self, live_links: u64, source_objects: u64) -> Census {
        Census {
            creates: self.entering,
            updates: self.changing,
            deletes: self.leaving_linked,
            live_links,
            source_objects,
            ..Census::default()
        }
    }
}

/// What changed rules can affect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    /// Everything, or more than is worth naming.
    Everything,
    /// These objects, and whether their scope or keys are affected rather than only their mapping.
    Objects(Vec<(SourceId, bool)>),
}

impl Affected {
    fn add(&mut self, source: &SourceId, scope_or_keys: bool) {
        let Self::Objects(objects) = self else { return };
        if objects.len() < AFFECTED_MAX {
            objects.push((source.clone(), scope_or_keys));
        } else {
            *self = Self::Everything;
        }
    }

    fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Objects(objects), Self::Objects(more))
                if objects.len() + more.len() <= AFFECTED_MAX =>
            {
                objects.extend(more);
            }
            _ => *self = Self::Everything,
        }
    }
}

/// What a comparison of two generations found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The numbers.
    pub preview: RulesPreview,
    /// What has to be decided anew.
    pub affected: Affected,
    /// The number of the weighing; what was touched since is not in `affected`.
    pub weighing: i64,
    /// On how many objects the changed rules failed.
    pub(crate) tally: Tally,
}

impl Comparison {
    /// Returns the marks that the changed rules demand.
    pub(crate) fn marks<'a>(&'a self, context: &Context) -> Marks<'a> {
        match &self.affected {
            Affected::Everything => Marks::All,
            Affected::Objects(objects) => Marks::Affected {
                weighing: self.weighing,
                kind: context.kind,
                objects,
            },
        }
    }
}

/// Asks both generations about every live object and tells where they differ. Without an active
/// generation that can be asked, what it decided last is taken for its verdicts.
///
/// # Errors
///
/// When the store fails.
pub fn compare(
    store: &Store,
    active: Option<&Generation>,
    candidate: &Generation,
    context: &Context,
    abandoned: &Abandoned,
) -> Result<Comparison, StoreError> {
    let weighing = store.begin_weighing()?;
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(THREADS_MAX);
    let bounds = store.subject_bounds(&context.job, context.kind, threads)?;
    let comparing = Comparing {
        active,
        candidate,
        shared: active.map_or(
            Shared {
                scoping: false,
                matching: false,
                mapping: false,
            },
            |active| candidate.shared_with(active, context.kind),
        ),
        context,
        abandoned,
    };
    let parts = thread::scope(|scope| {
        let froms = std::iter::once(None).chain(bounds.iter().map(Some));
        let untils = bounds.iter().map(Some).chain(std::iter::once(None));
        let workers: Vec<_> = froms
            .zip(untils)
            .map(|(from, until)| {
                let comparing = &comparing;
                // A connection each: reading is most of the work, and a run must not wait for it.
                scope.spawn(move || comparing.part(&Store::open(store.path())?, from, until))
            })
            .collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>, StoreError>>()
    })?;
    let mut whole = Part::default();
    for part in parts {
        whole.join(part);
    }
    // What depends on time was decided at another time, so that an equal answer now says nothing.
    let depends_on_time = |generation: &Generation| generation.depends_on_time(context.kind);
    if active.is_none_or(depends_on_time) || depends_on_time(candidate) {
        whole.affected = Affected::Everything;
    }
    Ok(Comparison {
        preview: whole.preview,
        affected: whole.affected,
        weighing,
        tally: whole.tally,
    })
}

struct Part {
    preview: RulesPreview,
    affected: Affected,
    tally: Tally,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            preview: RulesPreview::default(),
            affected: Affected::Objects(Vec::new()),
            tally: Tally::default(),
        }
    }
}

impl Part {
    fn join(&mut self, other: Self) {
        let preview = &mut self.preview;
        preview.objects += other.preview.objects;
        preview.entering += other.preview.entering;
        preview.leaving += other.preview.leaving;
        preview.leaving_linked += other.preview.leaving_linked;
        preview.undecided += other.preview.undecided;
        preview.changing += other.preview.changing;
        for (attribute, count) in other.preview.attributes {
            *preview.attributes.entry(attribute).or_default() += count;
        }
        for example in other.preview.examples {
            preview.show(example);
        }
        self.affected.join(other.affected);
        self.tally.join(other.tally);
    }
}

impl RulesPreview {
    /// Takes an example, unless there is one of its attribute or there are enough.
    fn show(&mut self, example: Example) {
        if self.wants_example(&example.attribute) {
            self.examples.push(example);
        }
    }

    fn wants_example(&self, attribute: &AttributeName) -> bool {
        self.examples.len() < EXAMPLES_MAX
            && self
                .examples
                .iter()
                .all(|shown| shown.attribute != *attribute)
    }
}

/// Two generations, compared.
struct Comparing<'a> {
    active: Option<&'a Generation>,
    candidate: &'a Generation,
    shared: Shared,
    context: &'a Context,
    abandoned: &'a Abandoned,
}

/// What a generation says of an object.
struct Said {
    verdict: Verdict,
    keys: Option<Result<Vec<MatchKey>, Reason>>,
    outcome: Option<Outcome>,
}

impl Comparing<'_> {
    /// Compares for the objects after one id, up to and with another.
    fn part(
        &self,
        store: &Store,
        from: Option<&SourceId>,
        until: Option<&SourceId>,
    ) -> Result<Part, StoreError> {
        let mut part = Part::default();
        let mut after = from.cloned();
        while !self.abandoned.is_so() && !part.tally.is_too_much() {
            let (job, kind) = (&self.context.job, self.context.kind);
            let mut rows = store.live_subjects(job, kind, after.as_ref(), CHUNK)?;
            if let Some(until) = until {
                rows.retain(|row| row.source <= *until);
            }
            let Some(last) = rows.last() else { break };
            after = Some(last.source.clone());
            // Whom the job does not assign, no rule is asked about.
            rows.retain(|row| !is_unassigned(&row.verdict));
            self.chunk(&mut part, &rows);
        }
        Ok(part)
    }

    fn chunk(&self, part: &mut Part, rows: &[SubjectRow]) {
        let now = self.ask(
            self.candidate,
            rows,
            Shared {
                scoping: false,
                matching: self.shared.matching,
                mapping: self.shared.mapping,
            },
        );
        let before: Vec<Option<Said>> = match self.active {
            // What both have in common, they say alike: it is asked once, or not at all.
            Some(active) => {
                let said = if self.shared.scoping {
                    let verdicts = now.iter().map(|said| said.verdict.clone()).collect();
                    self.ask_beyond_scope(active, rows, verdicts, self.shared)
                } else {
                    self.ask(active, rows, self.shared)
                };
                said.into_iter().map(Some).collect()
            }
            None => rows.iter().map(|_| None).collect(),
        };
        for ((row, before), now) in rows.iter().zip(before).zip(now) {
            part.preview.objects += 1;
            part.tally.count(&row.source, now.failure());
            let Some(before) = before else {
                count_verdicts(&mut part.preview, row, &row.verdict, &now.verdict);
                continue;
            };
            count_verdicts(&mut part.preview, row, &before.verdict, &now.verdict);
            if before.verdict == Verdict::InScope && now.verdict == Verdict::InScope {
                let outcomes = (before.outcome.as_ref(), now.outcome.as_ref());
                compare_outcomes(&mut part.preview, self.context, row, outcomes);
            }
            let undecidable = before.failure().is_some() || now.failure().is_some();
            let scope_or_keys = undecidable
                || before.verdict != now.verdict
                || before.keys != now.keys
                || !self.reads(row);
            if scope_or_keys || before.outcome != now.outcome {
                part.affected.add(&row.source, scope_or_keys);
            }
        }
    }

    /// Whether the object was read with the columns of both generations.
    fn reads(&self, row: &SubjectRow) -> bool {
        let known = |generation: &Generation| {
            generation
                .source_columns(self.context.kind)
                .iter()
                .all(|column| row.attributes.contains_key(column))
        };
        known(self.candidate) && self.active.is_none_or(known)
    }

    fn ask(&self, generation: &Generation, rows: &[SubjectRow], shared: Shared) -> Vec<Said> {
        let columns = generation.source_columns(self.context.kind);
        let mut verdicts = vec![Verdict::InScope; rows.len()];
        let mut asked = Vec::new();
        let mut values = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            match positional(columns, &row.attributes) {
                Ok(row_values) => {
                    asked.push(place);
                    values.push(row_values);
                }
                Err(reason) => verdicts[place] = Verdict::Hold(reason),
            }
        }
        for (place, verdict) in asked
            .into_iter()
            .zip(generation.scope(self.context, &values))
        {
            verdicts[place] = verdict;
        }
        self.ask_beyond_scope(generation, rows, verdicts, shared)
    }

    /// Asks a generation for keys and outcomes, except for the stages that it shares with the other.
    fn ask_beyond_scope(
        &self,
        generation: &Generation,
        rows: &[SubjectRow],
        verdicts: Vec<Verdict>,
        shared: Shared,
    ) -> Vec<Said> {
        let mut keys: Vec<Option<Result<Vec<MatchKey>, Reason>>> = vec![None; rows.len()];
        if !shared.matching {
            let columns = generation.source_columns(self.context.kind);
            let (places, values): (Vec<usize>, Vec<Vec<Value>>) = rows
                .iter()
                .enumerate()
                .filter(|(place, _)| verdicts[*place] == Verdict::InScope)
                .filter_map(|(place, row)| {
                    Some((place, positional(columns, &row.attributes).ok()?))
                })
                .unzip();
            for (place, answer) in places
                .into_iter()
                .zip(generation.keys(self.context, &values))
            {
                keys[place] = Some(answer);
            }
        }
        let outcomes = if shared.mapping {
            vec![None; rows.len()]
        } else {
            let rows = rows.iter().zip(&verdicts);
            map(generation, self.context, rows, |_| Joined::New)
        };
        verdicts
            .into_iter()
            .zip(keys)
            .zip(outcomes)
            .map(|((verdict, keys), outcome)| Said {
                verdict,
                keys,
                outcome,
            })
            .collect()
    }
}

impl Said {
    /// Returns how the rules themselves failed on the object.
    fn failure(&self) -> Option<&Reason> {
        let verdict = match &self.verdict {
            Verdict::Hold(reason) => Some(reason),
            _ => None,
        };
        let keys = match &self.keys {
            Some(Err(reason)) => Some(reason),
            _ => None,
        };
        let outcome = match &self.outcome {
            Some(Outcome::Hold(reason)) => Some(reason),
            _ => None,
        };
        let held = verdict.or(keys).or(outcome);
        held.filter(|reason| codes::is_failure(&reason.code))
    }
}

fn count_verdicts(preview: &mut RulesPreview, row: &SubjectRow, old: &Verdict, new: &Verdict) {
    match (old, new) {
        (Verdict::InScope, Verdict::OutOfScope(_)) => {
            preview.leaving += 1;
            preview.leaving_linked += u64::from(row.link.is_some());
        }
        // Who is held and linked has everything to lose.
        (Verdict::Hold(_), Verdict::OutOfScope(_)) if row.link.is_some() => {
            preview.leaving += 1;
            preview.leaving_linked += 1;
        }
        (Verdict::OutOfScope(_), Verdict::InScope) => preview.entering += 1,
        (Verdict::InScope | Verdict::OutOfScope(_), Verdict::Hold(_)) => preview.undecided += 1,
        _ => {}
    }
}

fn is_unassigned(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::OutOfScope(Reason { code, .. }) if code == "NotEffectivelyEntitled")
}

fn compare_outcomes(
    preview: &mut RulesPreview,
    context: &Context,
    row: &SubjectRow,
    outcomes: (Option<&Outcome>, Option<&Outcome>),
) {
    let (old, new) = match outcomes {
        (Some(Outcome::Write(old)), Some(Outcome::Write(new))) => (old, new),
        (Some(Outcome::Write(_)), _) => {
            preview.undecided += 1;
            return;
        }
        _ => return,
    };
    let mut changes = false;
    let old: BTreeMap<&AttributeName, &Change> = old
        .outputs
        .iter()
        .map(|output| (&output.attribute, &output.change))
        .collect();
    for output in &new.outputs {
        let before = old.get(&output.attribute).copied().unwrap_or(&Change::Keep);
        if *before == output.change || matches!(output.change, Change::Keep) {
            continue;
        }
        changes = true;
        *preview
            .attributes
            .entry(output.attribute.clone())
            .or_default() += 1;
        if preview.wants_example(&output.attribute) {
            let object = Named {
                kind: context.kind,
                id: &row.source,
                attributes: &row.attributes,
            };
            preview.examples.push(Example {
                object: object.label().to_owned(),
                attribute: output.attribute.clone(),
                before: wish(before),
                after: wish(&output.change),
            });
        }
    }
    preview.changing += u64::from(changes);
}

/// Returns what is wanted of an attribute, for people.
fn wish(change: &Change) -> String {
    match change {
        Change::Keep => "(kept)".to_owned(),
        Change::Clear => "(cleared)".to_owned(),
        Change::Set(value) => value.to_string(),
        Change::FirstFree(candidates) => candidates
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        Change::Refuse(reason) => format!("(refused: {})", reason.text),
    }
}
