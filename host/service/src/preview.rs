//! What changed rules would change, in numbers, over everything that is mirrored.

use std::collections::BTreeMap;

use syncline_directory::{AttributeName, Change, Outcome, Reason, SourceId, Verdict};
use syncline_planner::{Census, Joined};
use syncline_rules::{Context, Generation};
use syncline_store::{Store, StoreError, SubjectRow};

use crate::{
    decide::{CHUNK, positional},
    planning::map,
    record::Named,
};

/// How many examples a preview shows.
const EXAMPLES_MAX: usize = 5;

/// One attribute of one object that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// Asks both generations about every live object and counts where they differ.
pub(crate) fn preview(
    store: &Store,
    active: &Generation,
    candidate: &Generation,
    context: &Context,
) -> Result<RulesPreview, StoreError> {
    let mut preview = RulesPreview::default();
    let mut after: Option<SourceId> = None;
    loop {
        let mut rows = store.live_subjects(&context.job, context.kind, after.as_ref(), CHUNK)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.source.clone());
        // Whom the job does not assign, no rule is asked about.
        rows.retain(|row| !is_unassigned(&row.verdict));
        let before = judge(active, context, &rows);
        let now = judge(candidate, context, &rows);
        for ((row, (old_verdict, old)), (new_verdict, new)) in rows.iter().zip(before).zip(now) {
            preview.objects += 1;
            match (&old_verdict, &new_verdict) {
                (Verdict::InScope, Verdict::OutOfScope(_)) => {
                    preview.leaving += 1;
                    preview.leaving_linked += u64::from(row.link.is_some());
                }
                (Verdict::OutOfScope(_), Verdict::InScope) => preview.entering += 1,
                (Verdict::InScope | Verdict::OutOfScope(_), Verdict::Hold(_)) => {
                    preview.undecided += 1;
                }
                (Verdict::InScope, Verdict::InScope) => {
                    compare(&mut preview, context, row, old.as_ref(), new.as_ref());
                }
                _ => {}
            }
        }
    }
    Ok(preview)
}

fn is_unassigned(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::OutOfScope(Reason { code, .. }) if code == "NotEffectivelyEntitled")
}

/// Returns a generation's verdict and outcome of each row.
fn judge(
    generation: &Generation,
    context: &Context,
    rows: &[SubjectRow],
) -> Vec<(Verdict, Option<Outcome>)> {
    let columns = generation.source_columns(context.kind);
    let mut rows = rows.to_vec();
    let mut asked = Vec::new();
    let mut values = Vec::new();
    for (place, row) in rows.iter_mut().enumerate() {
        match positional(columns, &row.attributes) {
            Ok(row_values) => {
                asked.push(place);
                values.push(row_values);
            }
            Err(reason) => row.verdict = Verdict::Hold(reason),
        }
    }
    for (place, verdict) in asked.into_iter().zip(generation.scope(context, &values)) {
        rows[place].verdict = verdict;
    }
    let joined = vec![Joined::New; rows.len()];
    let outcomes = map(generation, context, &rows, &joined);
    rows.into_iter()
        .map(|row| row.verdict)
        .zip(outcomes)
        .collect()
}

fn compare(
    preview: &mut RulesPreview,
    context: &Context,
    row: &SubjectRow,
    old: Option<&Outcome>,
    new: Option<&Outcome>,
) {
    let (old, new) = match (old, new) {
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
        if preview.examples.len() < EXAMPLES_MAX
            && preview
                .examples
                .iter()
                .all(|shown| shown.attribute != output.attribute)
        {
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
