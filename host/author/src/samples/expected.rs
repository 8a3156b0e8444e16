//! What may be expected of a rule for one object, what it said, and where the two differ.

use syncline_directory::{Change, MatchKey, Outcome as Decided, Output, Reason, Shape, Verdict};
use syncline_rules::{Earlier, Generation};

use super::{Sample, written};

/// What should be said; what is left out is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Whether the object is in scope.
    pub scope: Option<Scope>,
    /// By what its target object is found.
    pub keys: Option<Keys>,
    /// What becomes of it.
    pub outcome: Option<Outcome>,
    /// What becomes of each attribute; one that is not named is kept.
    pub changes: Option<Earlier>,
}

/// A reason as it is expected: its code, and perhaps its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The stable code.
    pub code: String,
    /// The sentence, compared only where it is given.
    pub text: Option<String>,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In scope.
    InScope,
    /// Out of scope, and why.
    OutOfScope(Cause),
    /// Undecided, and why.
    Hold(Cause),
}

/// Match keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// These, by tier, attribute and value.
    Known(Vec<MatchKey>),
    /// They cannot be told, and why.
    Hold(Cause),
}

/// An outcome, without the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object is written; with its shape, where the rule gives one.
    Write(Option<Shape>),
    /// Nothing is to be done, and why.
    Skip(Cause),
    /// Undecided, and why.
    Hold(Cause),
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `scope`, `keys`, `outcome`, or an attribute.
    pub about: String,
    /// What was expected.
    pub expected: String,
    /// What was said.
    pub said: String,
}

impl Cause {
    pub(crate) fn of(reason: &Reason) -> Self {
        Self {
            code: reason.code.clone(),
            text: Some(reason.text.clone()),
        }
    }

    fn allows(&self, said: &Self) -> bool {
        self.code == said.code && (self.text.is_none() || self.text == said.text)
    }
}

impl Expected {
    /// Asks a rule about a sample as a host does: about keys and mapping only where it is in scope.
    pub(crate) fn ask(generation: &Generation, sample: &Sample) -> Self {
        let row = sample.row(generation);
        let context = &sample.context;
        let verdicts = generation.scope(context, std::slice::from_ref(&row.source));
        let scope = match verdicts.first() {
            Some(Verdict::InScope) | None => Scope::InScope,
            Some(Verdict::OutOfScope(reason)) => Scope::OutOfScope(Cause::of(reason)),
            Some(Verdict::Hold(reason)) => Scope::Hold(Cause::of(reason)),
        };
        let mut said = Self {
            scope: Some(scope),
            ..Self::default()
        };
        if said.scope != Some(Scope::InScope) {
            return said;
        }
        if !generation.match_attributes(sample.kind).is_empty() {
            let keys = generation.keys(context, std::slice::from_ref(&row.source));
            said.keys = keys.into_iter().next().map(|keys| match keys {
                Ok(keys) => Keys::Known(keys),
                Err(reason) => Keys::Hold(Cause::of(&reason)),
            });
        }
        if generation.maps(sample.kind) {
            let earlier = std::slice::from_ref(&sample.earlier);
            let outcomes = generation.map_after(context, &[row], earlier);
            match outcomes.into_iter().next() {
                Some(Decided::Write(decision)) => {
                    let shape = decision.shape;
                    let gives_shape = generation.gives_shape(sample.kind);
                    said.outcome = Some(Outcome::Write(gives_shape.then_some(shape)));
                    said.changes = Some(wishes(decision.outputs));
                }
                Some(Decided::Skip(reason)) => {
                    said.outcome = Some(Outcome::Skip(Cause::of(&reason)));
                }
                Some(Decided::Hold(reason)) => {
                    said.outcome = Some(Outcome::Hold(Cause::of(&reason)));
                }
                None => {}
            }
        }
        said
    }

    /// Returns how the rule failed, where what was said is that it failed.
    pub fn failure(&self) -> Option<String> {
        let causes = [
            match &self.scope {
                Some(Scope::Hold(cause)) => Some(cause),
                _ => None,
            },
            match &self.keys {
                Some(Keys::Hold(cause)) => Some(cause),
                _ => None,
            },
            match &self.outcome {
                Some(Outcome::Hold(cause)) => Some(cause),
                _ => None,
            },
        ];
        let mut failures = causes.into_iter().flatten();
        // A rule's own reasons are the rule's to give; these are the host's.
        let failure = failures.find(|cause| syncline_rules::codes::is_failure(&cause.code))?;
        let text = failure.text.as_deref().unwrap_or_default();
        Some(format!("{} ({text})", failure.code))
    }

    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns where what was said is not as expected.
    pub(crate) fn compare(&self, said: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |about: &str, expected: String, said: String| {
            differences.push(Difference {
                about: about.to_owned(),
                expected,
                said,
            });
        };
        let nothing = || match &said.scope {
            Some(Scope::InScope) | None => "(nothing)".to_owned(),
            Some(scope) => format!("(not asked: {})", written::scope(scope, true)),
        };
        if let (Some(scope), Some(told)) = (&self.scope, &said.scope)
            && !scope.allows(told)
        {
            differ(
                "scope",
                written::scope(scope, false),
                written::scope(told, true),
            );
        }
        if let Some(keys) = &self.keys
            && !said.keys.as_ref().is_some_and(|told| keys.allows(told))
        {
            let told = said.keys.as_ref();
            let told = told.map_or_else(nothing, |keys| written::keys_in_a_line(keys, true));
            differ("keys", written::keys_in_a_line(keys, false), told);
        }
        if let Some(outcome) = &self.outcome
            && !said
                .outcome
                .as_ref()
                .is_some_and(|told| outcome.allows(told))
        {
            let told = said.outcome.as_ref();
            let told = told.map_or_else(nothing, |outcome| written::outcome(outcome, true));
            differ("outcome", written::outcome(outcome, false), told);
        }
        if let Some(changes) = &self.changes {
            let empty = Earlier::new();
            let told = said.changes.as_ref().unwrap_or(&empty);
            let names: std::collections::BTreeSet<_> = changes.keys().chain(told.keys()).collect();
            for name in names {
                let expected = changes.get(name).unwrap_or(&Change::Keep);
                let told = told.get(name).unwrap_or(&Change::Keep);
                if !change_allows(expected, told) {
                    differ(
                        name.as_str(),
                        written::change_for_people(expected),
                        written::change_for_people(told),
                    );
                }
            }
        }
        differences
    }
}

impl Scope {
    fn allows(&self, said: &Self) -> bool {
        match (self, said) {
            (Self::OutOfScope(one), Self::OutOfScope(two)) | (Self::Hold(one), Self::Hold(two)) => {
                one.allows(two)
            }
            (one, two) => one == two,
        }
    }
}

impl Keys {
    fn allows(&self, said: &Self) -> bool {
        match (self, said) {
            (Self::Hold(one), Self::Hold(two)) => one.allows(two),
            (one, two) => one == two,
        }
    }
}

impl Outcome {
    fn allows(&self, said: &Self) -> bool {
        match (self, said) {
            (Self::Skip(one), Self::Skip(two)) | (Self::Hold(one), Self::Hold(two)) => {
                one.allows(two)
            }
            // A shape is compared only where it is named.
            (Self::Write(None), Self::Write(_)) => true,
            (one, two) => one == two,
        }
    }
}

fn change_allows(expected: &Change, said: &Change) -> bool {
    match (expected, said) {
        (Change::Refuse(one), Change::Refuse(two)) => {
            one.code == two.code && (one.text.is_empty() || one.text == two.text)
        }
        (one, two) => one == two,
    }
}

/// Returns what is wanted, by attribute, without what is kept.
fn wishes(outputs: Vec<Output>) -> Earlier {
    outputs
        .into_iter()
        .filter(|output| output.change != Change::Keep)
        .map(|output| (output.attribute, output.change))
        .collect()
}
