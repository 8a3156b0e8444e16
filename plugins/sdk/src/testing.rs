//! Trying a rule on one object, by names rather than positions.
//!
//! ```
//! # use syncline_sdk::{Change, Column, NoSettings, Nulls, ObjectKind, Rule, Ruleset, SettingsError, column::Text, copy};
//! # struct Harbour;
//! # impl Rule for Harbour {
//! #     type Settings = NoSettings;
//! #     const NAME: &str = "harbour";
//! #     const VERSION: &str = "1.0.0";
//! #     const SUMMARY: &str = "Brings the harbour's people over";
//! #     fn rulesets(_: Self::Settings) -> Result<Vec<Ruleset>, SettingsError> {
//! #         Ok(vec![Ruleset::of(ObjectKind::User).output(copy(Column::<Text>::text("city"), Nulls::Clear))])
//! #     }
//! # }
//! use syncline_sdk::testing::Subject;
//!
//! let rule = syncline_sdk::native::configure::<Harbour>("").unwrap();
//! let anna = Subject::user().with("city", "Göteborg");
//! assert_eq!(anna.map(&rule).change("city"), &Change::set("Göteborg"));
//! ```

use std::collections::BTreeMap;

use crate::{
    contract::{
        Change, Context, MappingRow, ObjectKind, Outcome, Reason, Row, RulesetDescription, Shape,
        Tenant, Value, Verdict,
    },
    native,
    program::Program,
};

/// One source object and, perhaps, its target object.
#[derive(Clone, Debug)]
pub struct Subject {
    context: Context,
    source: BTreeMap<String, Value>,
    target: Option<BTreeMap<String, Value>>,
    earlier: BTreeMap<String, Change>,
}

/// What the mapping of a subject came to, by names.
#[derive(Clone, Debug)]
pub struct Answer {
    attributes: Vec<String>,
    outcome: Outcome,
}

impl Subject {
    /// Returns a user without attributes, on the way from Contoso to Fabrikam.
    pub fn user() -> Self {
        Self::of(ObjectKind::User)
    }

    /// Returns an object without attributes, on the way from Contoso to Fabrikam.
    pub fn of(kind: ObjectKind) -> Self {
        let (source, target) = (tenant("contoso", "Contoso"), tenant("fabrikam", "Fabrikam"));
        Self {
            context: Context::new("contoso-to-fabrikam", kind, source, target),
            source: BTreeMap::new(),
            target: None,
            earlier: BTreeMap::new(),
        }
    }

    /// Gives the source object a value.
    #[must_use]
    pub fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.source.insert(attribute.to_owned(), value.into());
        self
    }

    /// Takes a value from the source object.
    #[must_use]
    pub fn without(mut self, attribute: &str) -> Self {
        self.source.remove(attribute);
        self
    }

    /// Gives the source object a target object, without attributes so far.
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.target.get_or_insert_default();
        self
    }

    /// Gives the target object a value, and the source object a target object.
    #[must_use]
    pub fn with_target(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.target
            .get_or_insert_default()
            .insert(attribute.to_owned(), value.into());
        self
    }

    /// Says what an earlier layer decided for an attribute.
    #[must_use]
    pub fn after(mut self, attribute: &str, change: Change) -> Self {
        self.earlier.insert(attribute.to_owned(), change);
        self
    }

    /// Says what time it is, RFC 3339 in UTC.
    #[must_use]
    pub fn at(self, now: &str) -> Self {
        Self {
            context: self.context.at(now),
            ..self
        }
    }

    /// Changes what surrounds the object.
    #[must_use]
    pub fn within(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(&mut self.context);
        self
    }

    /// Decides whether the object is in scope.
    ///
    /// # Panics
    ///
    /// Where the rule declares nothing for this kind of object.
    #[track_caller]
    pub fn scope(&self, rule: &Program) -> Verdict {
        let row = self.row(rule, false);
        let mut verdicts = native::scope(rule, &self.context, &[row]).expect("a declared stage");
        verdicts.remove(0)
    }

    /// Gives the object's match keys as tier, attribute and value.
    ///
    /// # Errors
    ///
    /// Where the rule holds the object.
    ///
    /// # Panics
    ///
    /// Where the rule declares no matching for this kind of object.
    #[track_caller]
    pub fn keys(&self, rule: &Program) -> Result<Vec<(u8, String, String)>, Reason> {
        let row = self.row(rule, false);
        let stage = self
            .ruleset(rule)
            .matching
            .as_ref()
            .expect("a matching stage");
        let mut keys = native::keys(rule, &self.context, &[row]).expect("a declared stage");
        let named = keys.remove(0)?.into_iter().map(|key| {
            let attribute = stage.attributes[key.attribute as usize].clone();
            (key.tier, attribute, key.value)
        });
        Ok(named.collect())
    }

    /// Maps the object.
    ///
    /// # Panics
    ///
    /// Where the rule declares no mapping for this kind of object.
    #[track_caller]
    pub fn map(&self, rule: &Program) -> Answer {
        let stage = self
            .ruleset(rule)
            .mapping
            .as_ref()
            .expect("a mapping stage");
        let attributes: Vec<_> = stage
            .outputs
            .iter()
            .map(|output| output.attribute.clone())
            .collect();
        let earlier = if self.earlier.is_empty() {
            Vec::new()
        } else {
            let earlier = attributes
                .iter()
                .map(|name| self.earlier.get(name).cloned());
            earlier
                .map(|change| change.unwrap_or(Change::Keep))
                .collect()
        };
        let row = MappingRow {
            row: self.row(rule, true),
            earlier,
        };
        let outcomes = native::map(rule, &self.context, std::slice::from_ref(&row));
        let mut outcome = outcomes.expect("a declared stage").remove(0);
        resolve(&mut outcome, &row.row.source);
        Answer {
            attributes,
            outcome,
        }
    }

    #[track_caller]
    fn ruleset<'p>(&self, rule: &'p Program) -> &'p RulesetDescription {
        let rulesets = &rule.description().rulesets;
        let found = rulesets
            .iter()
            .find(|ruleset| ruleset.kind == self.context.kind);
        found.expect("a ruleset for this kind of object")
    }

    #[track_caller]
    fn row(&self, rule: &Program, with_target: bool) -> Row {
        let ruleset = self.ruleset(rule);
        let values = |names: &[String], object: &BTreeMap<String, Value>| {
            names
                .iter()
                .map(|name| object.get(name).cloned().unwrap_or_default())
                .collect()
        };
        let target = self.target.as_ref().filter(|_| with_target);
        Row {
            source: values(&ruleset.reads, &self.source),
            target: target.map(|object| values(&ruleset.target_reads, object)),
        }
    }
}

impl Answer {
    /// Returns the outcome as the host has it: a copy is the value that was copied.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Returns the shape of a new object.
    ///
    /// # Panics
    ///
    /// Where the object is not written.
    #[track_caller]
    pub fn shape(&self) -> Option<Shape> {
        let Outcome::Write(mapped) = &self.outcome else {
            panic!("not written: {self:?}")
        };
        mapped.shape
    }

    /// Returns what the rule wants of an attribute.
    ///
    /// # Panics
    ///
    /// Where the object is not written, or the rule does not write the attribute.
    #[track_caller]
    pub fn change(&self, attribute: &str) -> &Change {
        let Outcome::Write(mapped) = &self.outcome else {
            panic!("not written: {self:?}")
        };
        let position = self.attributes.iter().position(|name| name == attribute);
        &mapped.changes[position.expect("an attribute that the rule writes")]
    }
}

/// Puts values where a rule has named a column, as the host does.
fn resolve(outcome: &mut Outcome, source: &[Value]) {
    let Outcome::Write(mapped) = outcome else {
        return;
    };
    for change in &mut mapped.changes {
        if let Change::Same(position) = change {
            *change = Change::Set(source[*position as usize].clone());
        }
    }
}

pub(crate) fn tenant(name: &str, display_name: &str) -> Tenant {
    let domain = format!("{name}.com");
    let initial_domain = format!("{name}.onmicrosoft.com");
    Tenant {
        id: format!("{name}-tenant"),
        display_name: display_name.to_owned(),
        verified_domains: vec![domain.clone(), initial_domain.clone()],
        initial_domain,
        default_domain: domain,
    }
}
