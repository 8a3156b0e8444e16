//! Properties of unique values: many objects with ranked candidates, asked one after the other in the
//! order of their names, their choices applied to a model of the target, again and again.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use syncline_directory::{
    Apply, AttributeName, Change, GenerationDigest, ObjectKind, ObjectState, Outcome, Output,
    RuleDecision, Shape, SourceId, Value, Verdict,
};
use syncline_planner::{
    Action, Choice, Choices, Joined, ObjectPlan, Policy, Subject,
    plan::plan_object,
    unique::{choose, comparable},
};

/// Source objects by name: what they would like to have, best first, and what they hold.
#[derive(Clone, Debug)]
struct World {
    objects: BTreeMap<u8, (Vec<Value>, Value)>,
    /// Values that objects of others hold, recycle bin included, in comparable form.
    others: BTreeSet<String>,
}

impl World {
    /// Chooses for every object, as planning does.
    fn choose(&self) -> BTreeMap<u8, Choice> {
        let mut claimed = BTreeSet::new();
        let mut choices = BTreeMap::new();
        for (name, (candidates, holds)) in &self.objects {
            let choice = choose(ObjectKind::User, &attribute(), candidates, holds, |value| {
                let held_by_ours = self
                    .objects
                    .iter()
                    .any(|(other, (_, held))| other != name && is(held, value));
                Ok::<_, std::convert::Infallible>(
                    !self.others.contains(value) && !held_by_ours && !claimed.contains(value),
                )
            });
            let Ok(choice) = choice;
            if let Choice::Value(value) = &choice {
                claimed.extend(comparable(value));
            }
            choices.insert(*name, choice);
        }
        choices
    }

    /// Writes what was chosen.
    fn apply(&mut self, choices: &BTreeMap<u8, Choice>) {
        for (name, choice) in choices {
            if let (Choice::Value(value), Some((_, held))) = (choice, self.objects.get_mut(name)) {
                held.clone_from(value);
            }
        }
    }
}

fn attribute() -> AttributeName {
    AttributeName::new("mailNickname")
}

fn is(held: &Value, value: &str) -> bool {
    comparable(held).as_deref() == Some(value)
}

/// Six names in two spellings: enough to collide all the time.
fn name() -> impl Strategy<Value = Value> {
    "[a-cA-C][12]".prop_map(Value::text)
}

fn world() -> impl Strategy<Value = World> {
    let object = (
        proptest::collection::vec(name(), 0..5),
        proptest::option::of(name()),
    );
    (
        proptest::collection::btree_map(any::<u8>(), object, 0..8),
        proptest::collection::btree_set("[a-c][12]", 0..4),
    )
        .prop_map(|(objects, others)| {
            let mut held: BTreeSet<String> = others.clone();
            let objects = objects
                .into_iter()
                .map(|(name, (candidates, holds))| {
                    // To begin with, nobody holds what another holds: the target sees to that.
                    let holds = holds
                        .filter(|value| comparable(value).is_some_and(|value| held.insert(value)))
                        .unwrap_or(Value::Absent);
                    (name, (candidates, holds))
                })
                .collect();
            World { objects, others }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_two_objects_get_one_value_and_none_gets_what_others_have(world in world()) {
        let mut given: BTreeSet<String> = BTreeSet::new();
        for choice in world.choose().values() {
            if let Choice::Value(value) = choice {
                let value = comparable(value).expect("a name is text");
                prop_assert!(!world.others.contains(&value), "{value} is not ours to give");
                prop_assert!(given.insert(value), "given twice");
            }
        }
    }

    #[test]
    fn who_holds_a_listed_candidate_keeps_it_in_its_own_spelling(world in world()) {
        for (name, choice) in world.choose() {
            let (candidates, holds) = &world.objects[&name];
            let listed = comparable(holds)
                .is_some_and(|held| candidates.iter().any(|candidate| is(candidate, &held)));
            if listed {
                prop_assert_eq!(choice, Choice::Value(holds.clone()));
            }
        }
    }

    #[test]
    fn what_is_chosen_is_the_first_in_rank_that_is_free(world in world()) {
        let choices = world.choose();
        for (name, choice) in &choices {
            let (candidates, holds) = &world.objects[name];
            let passed_over = match choice {
                Choice::Value(value) if value == holds => continue,
                Choice::Value(value) => candidates.iter().position(|candidate| candidate == value),
                _ => Some(candidates.len()),
            };
            for candidate in &candidates[..passed_over.expect("what is chosen is listed")] {
                let value = comparable(candidate).expect("a name is text");
                let is_held = world.objects.iter().any(|(other, (_, held))| {
                    other != name && is(held, &value)
                });
                let is_given = choices.iter().any(|(other, choice)| {
                    other < name && matches!(choice, Choice::Value(given) if is(given, &value))
                });
                prop_assert!(
                    world.others.contains(&value) || is_held || is_given,
                    "{value} was free, and was passed over"
                );
            }
        }
    }

    #[test]
    fn law_06_once_written_a_choice_stays(mut world in world()) {
        let first = world.choose();
        world.apply(&first);
        for (name, choice) in world.choose() {
            if let Choice::Value(value) = &first[&name] {
                prop_assert_eq!(&choice, &Choice::Value(value.clone()));
            }
        }
    }

    #[test]
    fn law_05_the_same_world_gives_the_same_choices(world in world()) {
        prop_assert_eq!(world.choose(), world.choose());
    }
}

#[test]
fn a_candidate_that_the_attribute_cannot_hold_is_passed_over() {
    let candidates = [
        Value::text("a".repeat(65)),
        Value::Boolean(true),
        Value::text("anna"),
    ];
    let free = |_: &str| Ok::<_, std::convert::Infallible>(true);
    let Ok(choice) = choose(
        ObjectKind::User,
        &attribute(),
        &candidates,
        &Value::Absent,
        free,
    );
    assert_eq!(choice, Choice::Value(Value::text("anna")));
}

/// Plans an account for whose principal name this was chosen.
fn plan_account(choice: Choice) -> ObjectPlan {
    let output = |name: &str, change| Output {
        attribute: AttributeName::new(name),
        apply: Apply::OnCreate,
        change,
    };
    let text = |text| Change::Set(Value::text(text));
    let ranked = Change::FirstFree(vec![Value::text("anna@wingtip.com")]);
    let outcome = Outcome::Write(RuleDecision {
        shape: Shape::InternalMember,
        outputs: vec![
            output("displayName", text("Anna Berg")),
            output("mailNickname", text("anna")),
            output("userPrincipalName", ranked),
        ],
    });
    let subject = Subject {
        kind: ObjectKind::User,
        source: &SourceId::new("anna"),
        source_state: ObjectState::Live,
        verdict: &Verdict::InScope,
        link: None,
        joined: &Joined::New,
        outcome: Some(&outcome),
        choices: &Choices::from([(AttributeName::new("userPrincipalName"), choice)]),
    };
    plan_object(
        &subject,
        Policy::default(),
        &GenerationDigest::new("0f".repeat(32)),
    )
}

#[test]
fn an_account_is_made_under_the_name_that_was_chosen_or_not_at_all() {
    let plan = plan_account(Choice::Value(Value::text("anna2@wingtip.com")));
    let Action::Create { principal_name, .. } = &plan.operations[0].action else {
        panic!("an account is made")
    };
    assert_eq!(principal_name, "anna2@wingtip.com");

    let plan = plan_account(Choice::NoneFree);
    assert_eq!(plan.operations, []);
    assert_eq!(plan.standing.reason.code, "NoneFree");
    let plan = plan_account(Choice::NotArbitrated);
    assert_eq!(plan.operations, []);
    assert_eq!(plan.standing.reason.code, "MissingValues");
}
