//! Generations of one or more layers: what is refused at activation, and how layers work together.

use serde_json::json;
use syncline_directory::{AttributeName, Change, ObjectKind, Outcome, Shape, Value, Verdict};
use syncline_rules::{ActivationError, Context, Generation, LayerSpec, MappingRow, Tables};

use crate::guest::{Guest, Input, context, engine, generation, layer, mapping_rows, rows};

/// Assembles these guests as `first`, `second`, and so on, the last one told to override these.
fn assemble(guests: &[Guest], overrides: &[&str]) -> Result<Generation, ActivationError> {
    let engine = engine();
    let mut layers: Vec<LayerSpec> = guests
        .iter()
        .zip(["first", "second", "third"])
        .map(|(guest, name)| layer(&engine, name, &guest.build()))
        .collect();
    if let Some(last) = layers.last_mut() {
        last.overrides = overrides.iter().map(AttributeName::new).collect();
    }
    Generation::assemble(&engine, layers, Tables::default())
}

#[track_caller]
fn refused(guests: &[Guest], overrides: &[&str], words: &str) {
    let error = assemble(guests, overrides).expect_err("it must be refused");
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(&error) {
        text = format!("{text}: {source}");
    }
    assert_eq!(text, words);
}

/// A guest that reads and writes these and leaves the shape to another.
fn second(reads: &'static str, writes: &'static str) -> Guest {
    Guest {
        reads: vec![reads],
        outputs: vec![(writes, 0, vec![Input::Source(0)])],
        gives_shape: false,
        scoping: None,
        matching: None,
        ..Guest::default()
    }
}

#[test]
fn a_generation_says_what_it_reads_writes_and_matches_on() {
    let other = Guest {
        target_reads: vec!["mail"],
        ..second("city", "jobTitle")
    };
    let generation = assemble(&[Guest::default(), other], &[]).unwrap();
    let names = |names: &[&str]| names.iter().map(AttributeName::new).collect::<Vec<_>>();
    assert_eq!(
        generation.kinds().into_iter().collect::<Vec<_>>(),
        [ObjectKind::User]
    );
    assert_eq!(
        generation.source_columns(ObjectKind::User),
        names(&["city", "department"])
    );
    assert_eq!(
        generation.target_columns(ObjectKind::User),
        names(&["mail"])
    );
    assert_eq!(
        generation.match_attributes(ObjectKind::User),
        names(&["mail"])
    );
    assert_eq!(
        generation.writes(ObjectKind::User),
        names(&["department", "jobTitle"])
    );
    assert_eq!(generation.source_columns(ObjectKind::Group), names(&[]));
    let layers = generation.layers();
    assert_eq!(layers[1].plugin.as_str(), "second");
    assert_eq!(
        (layers[0].name.as_str(), layers[0].version.as_str()),
        ("test rule", "1.2.3")
    );
}

#[test]
fn a_description_that_graph_could_not_serve_is_refused() {
    let user = |change: fn(&mut Guest)| {
        let mut guest = Guest::default();
        change(&mut guest);
        [guest]
    };
    let prefix = "`first` describes itself wrongly: it";
    refused(
        &user(|guest| guest.reads = vec!["departmint"]),
        &[],
        &format!("{prefix} reads `departmint`, which is not an attribute of a user"),
    );
    refused(
        &user(|guest| guest.outputs[0].0 = "proxyAddresses"),
        &[],
        &format!(
            "{prefix} writes `proxyAddresses` of users, which cannot be written through Graph"
        ),
    );
    refused(
        &user(|guest| guest.reads = vec!["department", "department"]),
        &[],
        &format!("{prefix} reads `department` of users twice"),
    );
    refused(
        &user(|guest| guest.outputs[0].2 = vec![Input::Source(1)]),
        &[],
        &format!("{prefix}s mapping for users declares input 1 of its source columns, there are 1"),
    );
    refused(
        &user(|guest| guest.scoping = Some(vec![Input::Target(0)])),
        &[],
        &format!(
            "{prefix}s scoping for users declares an input of the target, which that stage is not given"
        ),
    );
    let report = user(|guest| guest.outputs[0] = ("proxyAddresses", 3, vec![]));
    assert!(
        assemble(&report, &[]).is_ok(),
        "what is only reported may be of any attribute"
    );
}

#[test]
fn layers_that_contradict_each_other_are_refused_by_both_names() {
    refused(
        &[Guest::default(), second("city", "department")],
        &[],
        "`first` and `second` both write `department` of users: one must leave it, or `second` must be \
         told to override it",
    );
    refused(
        &[
            Guest::default(),
            Guest {
                outputs: vec![("city", 0, vec![])],
                ..Guest::default()
            },
        ],
        &[],
        "`first` and `second` both say what a new user becomes: one must leave it",
    );
    refused(
        &[second("city", "city")],
        &[],
        "no plugin says what a new user becomes, although `first` maps users",
    );
    refused(
        &[Guest::default(), second("city", "city")],
        &["city"],
        "`second` is told to override `city`, which any earlier plugin does not write",
    );
    refused(
        &[Guest::default(), second("city", "city")],
        &["department"],
        "`second` is told to override `department`, which it does not write",
    );
    refused(
        &[],
        &[],
        "there are no rules: a job needs at least one plugin",
    );
}

#[test]
fn settings_that_a_rule_refuses_are_named_in_its_words_made_printable() {
    refused(
        &[Guest {
            settings_error: true,
            ..Guest::default()
        }],
        &[],
        "`first` refuses its setting `regions[3].code`: is no \\u{1b}[1mcountry code",
    );
    let engine = engine();
    let mut spec = layer(&engine, "first", &Guest::default().build());
    spec.settings = json!([1]);
    let error = Generation::assemble(&engine, vec![spec], Tables::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the settings of `first` must be a table of names and values"
    );
}

#[test]
fn a_later_layer_sees_what_it_overrides_and_replaces_it() {
    let generation = assemble(
        &[Guest::default(), second("city", "department")],
        &["department"],
    )
    .unwrap();
    let row = |city: &str, department: &str| MappingRow {
        source: vec![Value::text(city), Value::text(department)],
        target: None,
    };
    let rows = [
        row("e", "Sales"),
        row("Paris", "Sales"),
        row("c", "Sales"),
        row("e", "c"),
    ];
    let changes: Vec<Change> = generation
        .map(&context(), &rows)
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::Write(mut decision) => {
                assert_eq!(decision.shape, Shape::ExternalMember);
                assert_eq!(decision.outputs.len(), 1);
                decision.outputs.remove(0).change
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let set = |text: &str| Change::Set(Value::text(text));
    assert_eq!(
        changes,
        [set("Sales"), set("Paris"), Change::Clear, Change::Clear]
    );
}

#[test]
fn a_layer_that_overrides_nothing_adds_its_attributes_in_order_of_their_names() {
    let generation = assemble(&[Guest::default(), second("city", "city")], &[]).unwrap();
    let row = MappingRow {
        source: vec![Value::text("Paris"), Value::text("Sales")],
        target: None,
    };
    let outcomes = generation.map(&context(), &[row]);
    let Outcome::Write(decision) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    let names: Vec<&str> = decision
        .outputs
        .iter()
        .map(|output| output.attribute.as_str())
        .collect();
    assert_eq!(names, ["city", "department"]);
    assert_eq!(
        decision.outputs[0].change,
        Change::Set(Value::text("Paris"))
    );
    assert_eq!(
        decision.outputs[1].change,
        Change::Set(Value::text("Sales"))
    );
}

#[test]
fn any_layers_hold_or_skip_is_the_objects_and_hold_is_stricter() {
    let generation = assemble(&[Guest::default(), second("city", "city")], &[]).unwrap();
    let map = |city: &str, department: &str| {
        let source = vec![Value::text(city), Value::text(department)];
        generation
            .map(
                &context(),
                &[MappingRow {
                    source,
                    target: None,
                }],
            )
            .remove(0)
    };
    assert!(matches!(map("a", "-"), Outcome::Skip(_)));
    assert!(matches!(map("-", "a"), Outcome::Skip(_)));
    assert!(matches!(map("+", "-"), Outcome::Hold(_)));
    assert!(matches!(map("-", "+"), Outcome::Hold(_)));
    assert!(matches!(map("!", "-"), Outcome::Hold(_)));
}

#[test]
fn scope_is_the_strictest_verdict_and_keys_are_the_union() {
    let other = Guest {
        scoping: Some(vec![Input::Source(0)]),
        matching: Some(vec!["employeeId"]),
        ..second("city", "city")
    };
    let generation = assemble(&[Guest::default(), other], &[]).unwrap();
    let row = |city: &str, department: &str| vec![Value::text(city), Value::text(department)];
    let verdicts = generation.scope(
        &context(),
        &[row("a", "a"), row("o", "a"), row("o", "+"), row("!", "o")],
    );
    assert_eq!(verdicts[0], Verdict::InScope);
    assert!(matches!(verdicts[1], Verdict::OutOfScope(_)));
    assert!(matches!(verdicts[2], Verdict::Hold(_)));
    assert!(matches!(verdicts[3], Verdict::Hold(_)));
    let keys = generation.keys(&context(), &[row("1", "2"), row("!", "2")]);
    let named: Vec<(&str, &str)> = keys[0]
        .as_ref()
        .unwrap()
        .iter()
        .map(|key| (key.attribute.as_str(), key.value.as_str()))
        .collect();
    assert_eq!(named, [("employeeId", "1"), ("mail", "2")]);
    assert!(keys[1].is_err());
}

#[test]
fn declared_tables_are_looked_into_and_the_time_is_given_only_where_declared() {
    let guest = |inputs: Vec<Input>| Guest {
        outputs: vec![("department", 0, inputs)],
        ..Guest::default()
    };
    let with_table = guest(vec![Input::Table("regions")]);
    let engine = engine();
    let mut tables = Tables::default();
    let values = vec!["Gotham".to_owned()];
    tables
        .0
        .entry("regions".into())
        .or_default()
        .insert("secret".into(), values);
    let layers = vec![layer(&engine, "first", &with_table.build())];
    let generation_with = Generation::assemble(&engine, layers, tables).unwrap();
    assert!(generation_with.layers()[0].tables.contains("regions"));
    let change = |generation: &Generation, text: &str| match generation
        .map(&context(), &mapping_rows(&[text]))
        .remove(0)
    {
        Outcome::Write(mut decision) => decision.outputs.remove(0).change,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        change(&generation_with, "t"),
        Change::Set(Value::text("Gotham"))
    );
    assert_eq!(change(&generation_with, "n"), Change::Clear);
    assert!(!generation_with.depends_on_time(ObjectKind::User));
    let with_time = generation(&guest(vec![Input::Time]));
    assert!(with_time.depends_on_time(ObjectKind::User));
    assert_eq!(
        change(&with_time, "n"),
        Change::Set(Value::text("2026-11-23T10:00:00Z"))
    );
}

#[test]
fn the_digest_names_components_settings_overrides_and_tables() {
    let engine = engine();
    let looking = Guest {
        outputs: vec![("department", 0, vec![Input::Table("regions")])],
        ..Guest::default()
    };
    let bytes = looking.build();
    let regions = |lines: &[(&str, &str)]| {
        let line = |(key, value): &(&str, &str)| ((*key).to_owned(), vec![(*value).to_owned()]);
        Tables([("regions".to_owned(), lines.iter().map(line).collect())].into())
    };
    let digest = |settings: serde_json::Value, tables: Tables| {
        let spec = LayerSpec {
            settings,
            ..layer(&engine, "first", &bytes)
        };
        Generation::assemble(&engine, vec![spec], tables)
            .unwrap()
            .digest()
            .clone()
    };
    let null = || digest(json!(null), regions(&[]));
    assert_eq!(null(), null());
    assert_eq!(
        digest(json!({"a": 1, "b": 2}), regions(&[])),
        digest(json!({"b": 2, "a": 1}), regions(&[]))
    );
    assert_ne!(null(), digest(json!({"a": 1}), regions(&[])));
    let north = digest(json!(null), regions(&[("n", "North")]));
    assert_ne!(null(), north);
    assert_ne!(north, digest(json!(null), regions(&[("n", "Nord")])));
}

#[test]
fn a_table_that_is_missing_or_that_nobody_looks_into_is_named() {
    let engine = engine();
    let refused = |inputs: Vec<Input>, given: &str| {
        let guest = Guest {
            outputs: vec![("department", 0, inputs)],
            ..Guest::default()
        };
        let layers = vec![layer(&engine, "first", &guest.build())];
        let tables = Tables([(given.to_owned(), Default::default())].into());
        let error = Generation::assemble(&engine, layers, tables);
        error.expect_err("tables and rules differ").to_string()
    };
    assert_eq!(
        refused(vec![Input::Table("regions")], "region"),
        "`first` looks into the table `regions`, which the job does not give: add `regions = \
         \"tables/regions.csv\"` to its `tables`"
    );
    assert_eq!(
        refused(Vec::new(), "regions"),
        "no plugin looks into the table `regions`: they look into none; remove it"
    );
}

#[test]
fn a_generation_serves_threads_at_once() {
    let generation = generation(&Guest::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let context: Context = context();
                for _ in 0..20 {
                    let verdicts = generation.scope(&context, &rows(&["a", "o", "b"]));
                    assert!(matches!(verdicts[1], Verdict::OutOfScope(_)));
                }
            });
        }
    });
}
