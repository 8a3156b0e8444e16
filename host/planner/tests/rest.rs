//! Properties of the plan of one object: three states are generated (what the rules want, what the
//! target holds, what was written last), planned, and applied to a model of the target.

use proptest::prelude::*;
use syncline_directory::{
    Apply, AttributeName, Attributes, Change, GenerationDigest, ObjectKind, ObjectState, Outcome,
    Output, Reason, RuleDecision, Shape, SourceId, TargetId, Value, Verdict,
};
use syncline_planner::{
    Action, Choices, Drift, Held, Joined, Link, ObjectPlan, OutOfScope, Ownership, Policy, Subject,
    plan::plan_object,
};

/// An object and everything that its plan depends on.
#[derive(Clone, Debug)]
struct World {
    source_state: ObjectState,
    verdict: Verdict,
    outcome: Outcome,
    link: Option<(Link, Held)>,
    policy: Policy,
}

impl World {
    fn plan(&self) -> ObjectPlan {
        let source = SourceId::new("alice");
        let subject = Subject {
            kind: ObjectKind::User,
            source: &source,
            source_state: self.source_state,
            verdict: &self.verdict,
            link: self.link.as_ref().map(|(link, held)| (link, held)),
            joined: &Joined::New,
            outcome: Some(&self.outcome),
            choices: &Choices::new(),
        };
        plan_object(
            &subject,
            self.policy,
            &GenerationDigest::new("0f".repeat(32)),
        )
    }

    /// Carries out a plan as the service and a well-behaved target do.
    fn apply(&mut self, plan: &ObjectPlan) {
        for operation in &plan.operations {
            match &operation.action {
                Action::Invite { then, .. } | Action::Create { then, .. } => {
                    let born = operation.action.born().expect("it makes an object");
                    let mut held = born.clone();
                    held.entry(AttributeName::new("accountEnabled"))
                        .or_insert(Value::Boolean(true));
                    self.link = Some((
                        Link {
                            target: TargetId::new("made"),
                            ownership: Ownership::Made,
                            deleted_by_us: false,
                            unfinished: false,
                            written: born,
                        },
                        Held {
                            state: ObjectState::Live,
                            attributes: held,
                        },
                    ));
                    self.write(then.iter().map(|(name, change)| (name, &change.after)));
                }
                Action::Restore { then, .. } => {
                    let (link, held) = self.link.as_mut().expect("a linked object is restored");
                    link.deleted_by_us = false;
                    held.state = ObjectState::Live;
                    self.write(then.iter().map(|(name, change)| (name, &change.after)));
                }
                Action::Update { modifications, .. } => {
                    self.write(
                        modifications
                            .iter()
                            .map(|(name, change)| (name, &change.after)),
                    );
                }
                Action::Disable { .. } => {
                    let name = AttributeName::new("accountEnabled");
                    self.write([(&name, &Value::Boolean(false))].into_iter());
                }
                Action::Delete { .. } => {
                    let (link, held) = self.link.as_mut().expect("a linked object is deleted");
                    link.deleted_by_us = true;
                    held.state = ObjectState::SoftDeleted;
                }
                Action::SetReference { .. } | Action::ClearReference { .. } => {
                    unreachable!("references are planned apart")
                }
            }
        }
    }

    fn write<'a>(&mut self, changes: impl Iterator<Item = (&'a AttributeName, &'a Value)>) {
        let (link, held) = self.link.as_mut().expect("a linked object is written");
        for (name, value) in changes {
            held.attributes.insert(name.clone(), value.clone());
            if value.is_absent() {
                link.written.remove(name);
            } else {
                link.written.insert(name.clone(), value.clone());
            }
        }
    }

    fn held(&self, name: &str) -> Option<&Value> {
        self.link
            .as_ref()
            .and_then(|(_, held)| held.attributes.get(name))
    }
}

const TEXTS: [&str; 3] = ["department", "jobTitle", "city"];

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Absent), "[A-C]".prop_map(Value::text)]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Keep),
        Just(Change::Clear),
        "[A-C]".prop_map(|text| Change::Set(Value::text(text))),
        Just(Change::Refuse(Reason::new("Refused", "not today"))),
    ]
}

fn apply() -> impl Strategy<Value = Apply> {
    prop_oneof![
        4 => Just(Apply::Always),
        1 => Just(Apply::OnCreate),
        1 => Just(Apply::WhenEmpty),
        1 => Just(Apply::ReportOnly),
    ]
}

fn decision() -> impl Strategy<Value = RuleDecision> {
    (
        proptest::collection::vec((change(), apply()), TEXTS.len()),
        any::<Option<bool>>(),
        prop_oneof![Just(Shape::ExternalMember), Just(Shape::InternalMember)],
    )
        .prop_map(|(texts, enabled, shape)| {
            let output = |name: &str, apply, change| Output {
                attribute: AttributeName::new(name),
                apply,
                change,
            };
            let mut outputs: Vec<Output> = TEXTS
                .iter()
                .zip(texts)
                .map(|(name, (change, apply))| output(name, apply, change))
                .collect();
            let enabled = enabled.map_or(Change::Keep, |on| Change::Set(Value::Boolean(on)));
            outputs.push(output("accountEnabled", Apply::Always, enabled));
            let set = |text| Change::Set(Value::text(text));
            outputs.push(output("displayName", Apply::Always, set("Alice Doe")));
            outputs.push(output("mail", Apply::Always, set("alice@contoso.com")));
            outputs.push(output("mailNickname", Apply::Always, set("alice")));
            outputs.push(output(
                "userPrincipalName",
                Apply::Always,
                set("alice@fabrikam.com"),
            ));
            outputs.sort_by(|a, b| a.attribute.cmp(&b.attribute));
            RuleDecision { shape, outputs }
        })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        8 => decision().prop_map(Outcome::Write),
        1 => Just(Outcome::Skip(Reason::new("MissingValues", "no mail"))),
        1 => Just(Outcome::Hold(Reason::new("RuleTrapped", "unreachable"))),
    ]
}

fn state() -> impl Strategy<Value = ObjectState> {
    prop_oneof![
        6 => Just(ObjectState::Live),
        1 => Just(ObjectState::SoftDeleted),
        1 => Just(ObjectState::Purged),
    ]
}

fn link() -> impl Strategy<Value = Option<(Link, Held)>> {
    let bag = || {
        (
            proptest::collection::vec(text(), TEXTS.len()),
            any::<bool>(),
        )
            .prop_map(|(texts, enabled)| {
                let mut attributes: Attributes =
                    TEXTS.iter().map(AttributeName::new).zip(texts).collect();
                attributes.insert("accountEnabled".into(), Value::Boolean(enabled));
                attributes.insert("displayName".into(), Value::text("Alice Doe"));
                attributes.insert("mail".into(), Value::text("alice@contoso.com"));
                attributes
            })
    };
    proptest::option::of((bag(), bag(), state(), any::<bool>()).prop_map(
        |(held, mut written, state, deleted_by_us)| {
            written.retain(|_, value| !value.is_absent());
            let link = Link {
                target: TargetId::new("target"),
                ownership: Ownership::Made,
                deleted_by_us: deleted_by_us && state != ObjectState::Live,
                unfinished: false,
                written,
            };
            (
                link,
                Held {
                    state,
                    attributes: held,
                },
            )
        },
    ))
}

fn policy() -> impl Strategy<Value = Policy> {
    (
        prop_oneof![
            Just(OutOfScope::Keep),
            Just(OutOfScope::Disable),
            Just(OutOfScope::SoftDelete)
        ],
        prop_oneof![Just(Drift::Heal), Just(Drift::Keep), Just(Drift::Report)],
    )
        .prop_map(|(out_of_scope, drift)| Policy {
            out_of_scope,
            drift,
            ..Policy::default()
        })
}

fn world() -> impl Strategy<Value = World> {
    let verdict = prop_oneof![
        6 => Just(Verdict::InScope),
        2 => Just(Verdict::OutOfScope(Reason::new("Filtered", "a contractor"))),
        1 => Just(Verdict::Hold(Reason::new("RuleTrapped", "unreachable"))),
    ];
    (state(), verdict, outcome(), link(), policy()).prop_map(
        |(source_state, verdict, outcome, link, policy)| World {
            source_state,
            verdict,
            outcome,
            link,
            policy,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn law_06_once_applied_a_plan_is_empty_and_stays_so(mut world in world()) {
        let plan = world.plan();
        world.apply(&plan);
        prop_assert_eq!(world.plan().operations, []);
    }

    #[test]
    fn law_05_the_same_world_gives_the_same_plan(world in world()) {
        prop_assert_eq!(world.plan(), world.plan());
    }

    #[test]
    fn law_03_what_the_rules_keep_refuse_or_cannot_decide_is_not_touched(mut world in world()) {
        let before = world.clone();
        let plan = world.plan();
        world.apply(&plan);
        let kept = |name: &str| match &before.outcome {
            Outcome::Write(decision) => decision.outputs.iter().any(|output| {
                output.attribute.as_str() == name
                    && matches!(output.change, Change::Keep | Change::Refuse(_))
            }),
            Outcome::Skip(_) | Outcome::Hold(_) => true,
        };
        if before.link.is_some() {
            for name in TEXTS.into_iter().filter(|name| kept(name)) {
                if !matches!(plan.operations.first().map(|operation| &operation.action),
                    Some(Action::Invite { .. } | Action::Create { .. })) {
                    prop_assert_eq!(before.held(name), world.held(name));
                }
            }
        }
    }

    #[test]
    fn law_03_only_what_we_wrote_is_cleared(world in world()) {
        for operation in world.plan().operations {
            let Some((link, _)) = &world.link else { continue };
            if let Action::Update { modifications, .. } = operation.action {
                for (name, change) in modifications {
                    prop_assert!(!change.after.is_absent() || link.written.contains_key(&name));
                }
            }
        }
    }

    #[test]
    fn law_11_an_object_that_is_held_is_left_as_it_is(world in world()) {
        let held = matches!(world.verdict, Verdict::Hold(_))
            || (world.verdict == Verdict::InScope && matches!(world.outcome, Outcome::Hold(_)));
        if held && world.source_state == ObjectState::Live {
            prop_assert_eq!(world.plan().operations, []);
        }
    }

    #[test]
    fn law_02_nothing_is_lost_by_an_object_in_scope(world in world()) {
        if world.source_state == ObjectState::Live && world.verdict == Verdict::InScope {
            for operation in world.plan().operations {
                let loss = matches!(
                    operation.action,
                    Action::Delete { .. } | Action::Disable { .. }
                );
                prop_assert!(!loss);
            }
        }
    }

    #[test]
    fn law_16_a_block_on_sign_in_that_we_did_not_set_stays(mut world in world()) {
        let Some((link, held)) = world.link.clone() else { return Ok(()) };
        let blocked = held.attributes.get("accountEnabled") == Some(&Value::Boolean(false));
        let ours = link.written.get("accountEnabled") == Some(&Value::Boolean(false));
        let plan = world.plan();
        world.apply(&plan);
        let same = world.link.as_ref().is_some_and(|(now, _)| now.target == link.target);
        if blocked && !ours && same {
            prop_assert_eq!(world.held("accountEnabled"), Some(&Value::Boolean(false)));
        }
    }

    #[test]
    fn law_16_drift_is_written_over_only_where_the_job_says_heal(world in world()) {
        let Some((link, held)) = &world.link else { return Ok(()) };
        if world.policy.drift == Drift::Heal || held.state != ObjectState::Live {
            return Ok(());
        }
        for operation in world.plan().operations {
            if let Action::Update { modifications, .. } = operation.action {
                for (name, change) in modifications {
                    prop_assert_ne!(link.written.get(&name), Some(&change.after));
                }
            }
        }
    }
}
