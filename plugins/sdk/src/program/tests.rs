//! What the SDK derives, and that a rule sees what it named and nothing else.

use std::collections::HashMap;

use crate::{
    Absent, Apply, Change, Column, Earlier, Job, Joined, NoSettings, Now, Nulls, ObjectKind,
    Outcome, Program, Reason, Rule, Ruleset, SettingsError, Shape, SourceTenant, Table, Value,
    Verdict,
    column::{Boolean, Reference, Text, Texts},
    compute, constant,
    contract::{Context, Dependency, MappingRow, Row},
    copy,
    input::{Input, Reads},
    native::{self, configure},
    testing::{Subject, tenant},
};

const CITY: Column<Text> = Column::text("city");
const ENABLED: Column<Boolean> = Column::boolean("accountEnabled");
const MAIL: Column<Text> = Column::text("mail");
const MANAGER: Column<Reference> = Column::reference("manager");
const OTHER_MAILS: Column<Texts> = Column::texts("otherMails");

/// A rule that uses all there is.
struct Everything;

impl Rule for Everything {
    type Settings = NoSettings;
    const NAME: &str = "everything";
    const VERSION: &str = "1.2.3";
    const SUMMARY: &str = "Uses all there is";

    fn rulesets(_: NoSettings) -> Result<Vec<Ruleset>, SettingsError> {
        let users = Ruleset::of(ObjectKind::User)
            .scope(CITY, |city| match city {
                Some("Atlantis") => Verdict::out("Sunk", "the city is gone"),
                Some("?") => Verdict::hold("Unclear", "nobody knows"),
                _ => Verdict::InScope,
            })
            .scope(ENABLED, |enabled| match enabled {
                Some(false) => Verdict::out("Disabled", "the account is disabled"),
                _ => Verdict::InScope,
            })
            .key(0, "mail", MAIL, |mail| mail.map(str::to_owned))
            .key(1, "mail", OTHER_MAILS, <[String]>::to_vec)
            .key(2, "employeeId", (MAIL, SourceTenant), |(mail, tenant)| {
                mail.map(|mail| format!("{}/{mail}", tenant.id))
            })
            .hold(CITY, |city| {
                (city == Some("?")).then(|| Reason::new("Unclear", "nobody knows"))
            })
            .skip((MAIL, Joined), |(mail, joined)| {
                (mail.is_none() && !joined).then(|| Reason::new("MissingValues", "no mail"))
            })
            .shape_from(ENABLED, |enabled| match enabled {
                Some(true) => Shape::ExternalMember,
                _ => Shape::Guest,
            })
            .outputs([
                copy(CITY, Nulls::Clear),
                copy(CITY, Nulls::Keep).to("officeLocation"),
                copy(MANAGER, Absent::Keep),
                copy(MAIL, Absent::default_on_create("nobody@example.com")),
                constant("userType", "Guest").on_create(),
                compute(
                    "department",
                    (Table("sites"), CITY, CITY),
                    |(sites, city, again)| {
                        assert_eq!(city, again);
                        let line = city.and_then(|city| sites.get(city));
                        line.map_or(Change::Keep, |line| Change::set(line[1].clone()))
                    },
                ),
                compute("jobTitle", (Now, Job), |(now, job)| {
                    Change::set(format!("{job} {now}"))
                }),
                compute("state", CITY.in_target(), |city| match city {
                    None => Change::set("no target"),
                    Some(None) => Change::set("no city there"),
                    Some(Some(city)) => Change::set(city),
                })
                .when_empty(),
                compute("surname", Earlier, |earlier| {
                    earlier.cloned().unwrap_or(Change::Clear)
                }),
            ]);
        Ok(vec![
            users,
            Ruleset::of(ObjectKind::Group).scope((), |()| Verdict::InScope),
        ])
    }
}

fn rule() -> Program {
    configure::<Everything>("").unwrap()
}

fn anna() -> Subject {
    Subject::user()
        .with("accountEnabled", true)
        .with("city", "Göteborg")
        .with("mail", "anna@contoso.com")
        .at("2026-03-01T00:00:00Z")
}

#[test]
fn columns_and_inputs_are_derived() {
    let rule = rule();
    let users = &rule.description().rulesets[0];
    assert_eq!(
        users.reads,
        ["city", "accountEnabled", "mail", "otherMails", "manager"]
    );
    assert_eq!(users.target_reads, ["city"]);
    let [city, enabled, mail, other_mails, manager] = [0, 1, 2, 3, 4].map(Dependency::Source);

    let scoping = users.scoping.as_ref().unwrap();
    assert_eq!(scoping.inputs, [city.clone(), enabled.clone()]);
    let matching = users.matching.as_ref().unwrap();
    assert_eq!(matching.attributes, ["mail", "employeeId"]);
    assert_eq!(matching.inputs, [mail.clone(), other_mails]);
    let mapping = users.mapping.as_ref().unwrap();
    assert_eq!(mapping.inputs, [city.clone(), mail.clone(), enabled]);
    assert!(mapping.gives_shape);
    assert_eq!(
        mapping.unseen,
        [4],
        "the manager is copied and nothing else"
    );

    let outputs = mapping.outputs.iter();
    let outputs: Vec<_> = outputs
        .map(|it| (it.attribute.as_str(), it.apply, it.inputs.as_slice()))
        .collect();
    let table = Dependency::Table("sites".to_owned());
    assert_eq!(
        outputs,
        [
            ("city", Apply::Always, &[city.clone()][..]),
            ("officeLocation", Apply::Always, std::slice::from_ref(&city)),
            ("manager", Apply::Always, &[manager]),
            ("mail", Apply::Always, &[mail]),
            ("userType", Apply::OnCreate, &[]),
            ("department", Apply::Always, &[table, city.clone()]),
            ("jobTitle", Apply::Always, &[Dependency::Time]),
            ("state", Apply::WhenEmpty, &[Dependency::Target(0)]),
            ("surname", Apply::Always, &[]),
        ]
    );
}

#[test]
fn what_is_not_decided_is_not_declared() {
    let rule = rule();
    let groups = &rule.description().rulesets[1];
    assert!(groups.scoping.is_some());
    assert_eq!((&groups.matching, &groups.mapping), (&None, &None));
    let context = |kind| Context::new("job", kind, tenant("a", "A"), tenant("b", "B"));
    let refused = native::map(&rule, &context(ObjectKind::Group), &[]).unwrap_err();
    assert_eq!(refused.code, "UndeclaredStage");
    let refused = native::scope(&rule, &context(ObjectKind::Contact), &[]).unwrap_err();
    assert_eq!(
        refused.text,
        "the rule does not declare this stage for a contact"
    );
}

#[test]
fn the_strictest_verdict_counts() {
    let rule = rule();
    let disabled = anna().with("accountEnabled", false);
    let out = Verdict::out("Disabled", "the account is disabled");
    assert_eq!(anna().scope(&rule), Verdict::InScope);
    assert_eq!(disabled.scope(&rule), out);
    let sunk = Verdict::out("Sunk", "the city is gone");
    assert_eq!(disabled.clone().with("city", "Atlantis").scope(&rule), sunk);
    let held = Verdict::hold("Unclear", "nobody knows");
    assert_eq!(disabled.with("city", "?").scope(&rule), held);
}

#[test]
fn keys_name_attributes_and_tiers() {
    let others = vec!["b@contoso.com".to_owned(), "a@contoso.com".to_owned()];
    let keys = anna().with("otherMails", others).keys(&rule()).unwrap();
    let keys: Vec<_> = keys
        .iter()
        .map(|(tier, a, v)| (*tier, a.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        keys,
        [
            (0, "mail", "anna@contoso.com"),
            (1, "mail", "a@contoso.com"),
            (1, "mail", "b@contoso.com"),
            (2, "employeeId", "contoso-tenant/anna@contoso.com"),
        ]
    );
}

#[test]
fn a_column_can_be_read_many_times() {
    let sites = HashMap::from([(
        "Göteborg".to_owned(),
        vec!["SE".to_owned(), "Väst".to_owned()],
    )]);
    let before = native::set_tables([("sites".to_owned(), sites)].into());
    let answer = anna().map(&rule());
    native::set_tables(before);
    assert_eq!(answer.change("city"), &Change::set("Göteborg"));
    assert_eq!(answer.change("officeLocation"), &Change::set("Göteborg"));
    assert_eq!(answer.change("department"), &Change::set("Väst"));
}

#[test]
fn a_line_of_a_table_has_the_fields_that_are_asked_for() {
    let line = ["SE", "Väst"].map(str::to_owned);
    let lines = HashMap::from([("Göteborg".to_owned(), line.to_vec())]);
    let before = native::set_tables([("sites".to_owned(), lines)].into());
    let sites = Table("sites").bind(&mut Reads::default());
    let (two, none) = (sites.fields("Göteborg"), sites.fields::<2>("Malmö"));
    let three = sites.fields::<3>("Göteborg").unwrap_err();
    let (value, no_value) = (sites.value("Göteborg"), sites.value("Malmö"));
    native::set_tables(before);
    assert_eq!((two, none), (Ok(Some(line)), Ok(None)));
    assert_eq!(three.code, "UnexpectedTable");
    assert_eq!(
        three.text,
        "table sites has 2 fields beside the key, 3 are read"
    );
    assert_eq!((value.as_deref(), no_value), (Some("SE"), None));
}

/// What a rule has not declared to look at is no value that it could mistake for one.
#[test]
fn a_copy_needs_no_value_and_a_computation_does() {
    let rule = rule();
    let row = |manager: Value, city: Value| {
        let mail = Value::from("anna@contoso.com");
        MappingRow::from(Row {
            source: vec![city, Value::from(true), mail, Value::Withheld, manager],
            target: None,
        })
    };
    let context = Context::new("job", ObjectKind::User, tenant("a", "A"), tenant("b", "B"));
    let map = |row: MappingRow| native::map(&rule, &context, &[row]).unwrap().remove(0);
    let changes = |row: MappingRow| match map(row) {
        Outcome::Write(mapped) => mapped.changes,
        other => panic!("{other:?}"),
    };
    let there = changes(row(Value::Withheld, Value::from("Göteborg")));
    assert_eq!(
        there[..3],
        [Change::Same(0), Change::Same(0), Change::Same(4)]
    );
    let gone = changes(row(Value::Absent, Value::Absent));
    assert_eq!(gone[..3], [Change::Clear, Change::Keep, Change::Keep]);

    let Outcome::Hold(reason) = map(row(Value::Withheld, Value::Withheld)) else {
        panic!("the city is looked at")
    };
    assert_eq!(reason.text, "city is withheld, it is read as text");
}

#[test]
fn what_surrounds_a_row_can_be_seen() {
    let rule = rule();
    let answer = anna().map(&rule);
    assert_eq!(
        answer.change("jobTitle"),
        &Change::set("contoso-to-fabrikam 2026-03-01T00:00:00Z")
    );
    assert_eq!(answer.change("state"), &Change::set("no target"));
    assert_eq!(
        anna().joined().map(&rule).change("state"),
        &Change::set("no city there")
    );
    let there = anna().with_target("city", "Malmö").map(&rule);
    assert_eq!(there.change("state"), &Change::set("Malmö"));
    assert_eq!(answer.change("surname"), &Change::Clear);
    let above = anna().after("surname", Change::set("Åkesson")).map(&rule);
    assert_eq!(above.change("surname"), &Change::set("Åkesson"));
}

#[test]
fn gates_come_first_and_in_order() {
    let rule = rule();
    let unclear = anna().with("city", "?").without("mail").map(&rule);
    assert_eq!(
        unclear.outcome(),
        &Outcome::Hold(Reason::new("Unclear", "nobody knows"))
    );
    let skipped = anna().without("mail").map(&rule);
    assert_eq!(
        skipped.outcome(),
        &Outcome::Skip(Reason::new("MissingValues", "no mail"))
    );
    assert_eq!(anna().map(&rule).shape(), Some(Shape::ExternalMember));
    assert_eq!(
        anna().without("accountEnabled").map(&rule).shape(),
        Some(Shape::Guest)
    );
}

/// A host that breaks the contract must not make a rule clear or delete anything.
#[test]
fn a_row_that_does_not_fit_fails_closed() {
    let rule = rule();
    let short = Row {
        source: vec![Value::from("Göteborg")],
        target: None,
    };
    let context = Context::new("job", ObjectKind::User, tenant("a", "A"), tenant("b", "B"));
    let verdicts = native::scope(&rule, &context, std::slice::from_ref(&short)).unwrap();
    assert!(matches!(&verdicts[..], [Verdict::Hold(reason)] if reason.code == "UnexpectedType"));
    let keys = native::keys(&rule, &context, std::slice::from_ref(&short)).unwrap();
    assert!(matches!(&keys[..], [Err(reason)] if reason.code == "UnexpectedType"));
    let outcomes = native::map(&rule, &context, &[MappingRow::from(short)]).unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Hold(_)]));

    // The time is declared and was not given.
    let answer = Subject::user().with("mail", "anna@contoso.com").map(&rule);
    let Change::Refuse(reason) = answer.change("jobTitle") else {
        panic!("there is no time")
    };
    assert_eq!(reason.code, "TimeMissing");
}

#[test]
fn a_ruleset_can_be_built_upon() {
    struct Upon;
    impl Rule for Upon {
        type Settings = NoSettings;
        const NAME: &str = "upon";
        const VERSION: &str = "1.0.0";
        const SUMMARY: &str = "Builds upon another one";

        fn rulesets(settings: NoSettings) -> Result<Vec<Ruleset>, SettingsError> {
            let mut rulesets = Everything::rulesets(settings)?;
            let users = rulesets
                .swap_remove(0)
                .without_keys()
                .without_shape()
                .without_output("state")
                .output(constant("department", "All"))
                .output(constant("companyName", "Contoso").report_only());
            Ok(vec![users])
        }
    }
    let rule = configure::<Upon>("").unwrap();
    let users = &rule.description().rulesets[0];
    assert_eq!(users.reads, ["city", "accountEnabled", "mail", "manager"]);
    assert_eq!(users.target_reads, [""; 0]);
    assert_eq!(users.matching, None);
    assert!(!users.mapping.as_ref().unwrap().gives_shape);
    let answer = anna().map(&rule);
    assert_eq!(answer.shape(), None);
    assert_eq!(answer.change("department"), &Change::set("All"));
}
