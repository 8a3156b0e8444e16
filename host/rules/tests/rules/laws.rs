//! The laws that rules must keep: for each, rules that break it and no other.
//!
//! None breaks the law of determinism: an instance is fresh for each call and has nothing to be
//! unsteady with.

use syncline_directory::{ObjectKind, Outcome, Value};
use syncline_rules::{
    Earlier, Finding, Generation, Law, MappingRow, Tables, Thoroughness, TrialError,
};

use crate::guest::{Guest, Input, context, engine, generation, layer, mapping_rows};

fn findings(generation: &Generation, rows: &[MappingRow]) -> Vec<Finding> {
    let thoroughness = Thoroughness::AUTHOR;
    generation.laws(&context(), ObjectKind::User, rows, thoroughness)
}

/// Tries rows of one text each; the first row that breaks the law must be this one, in these words, and
/// no other law may be broken.
#[track_caller]
fn breaks(texts: &[&str], law: Law, row: usize, words: &str) {
    let found = findings(&generation(&Guest::default()), &mapping_rows(texts));
    only(&found, law, row, words);
}

#[track_caller]
fn only(found: &[Finding], law: Law, row: usize, words: &str) {
    let laws: Vec<Law> = found.iter().map(|finding| finding.law).collect();
    assert_eq!(laws, Law::ALL, "each law is told once, in order");
    for finding in found {
        match &finding.broken {
            Some(broken) if finding.law == law => {
                assert_eq!(broken.row, row);
                assert!(broken.what.contains(words), "{}", broken.what);
            }
            Some(broken) => panic!("{} is broken too: {}", finding.law, broken.what),
            None => assert_ne!(finding.law, law, "{law} holds"),
        }
    }
}

#[test]
fn a_lawful_rule_keeps_every_law_and_each_is_tried() {
    let found = findings(
        &generation(&Guest::default()),
        &mapping_rows(&["a", "o", "-", "+", "c", "Å"]),
    );
    for finding in &found {
        assert_eq!(finding.broken, None, "{}", finding.law);
        assert!(finding.tried > 0, "{} is not tried", finding.law);
    }
}

#[test]
fn law_11_each_object_gets_an_answer_or_is_named() {
    breaks(&["a", "!", "a2"], Law::Total, 1, "trapped");
    breaks(&["a", "$"], Law::Total, 1, "answered wrongly");
}

#[test]
fn law_11_what_takes_more_than_a_call_may_is_named() {
    breaks(&["a", "~"], Law::Limits, 1, "fuel");
    breaks(&["^", "a"], Law::Limits, 0, "memory");
}

#[test]
fn an_answer_that_depends_on_what_else_is_asked_is_named() {
    breaks(
        &["a", "b"],
        Law::Batch,
        1,
        "`department` is cleared, then set to `b`",
    );
}

#[test]
fn a_neighbour_that_fails_does_not_make_an_answer_look_unsteady() {
    let found = findings(
        &generation(&Guest::default()),
        &mapping_rows(&["!", "b", "a"]),
    );
    let broken: Vec<Law> = found
        .iter()
        .filter(|finding| finding.broken.is_some())
        .map(|finding| finding.law)
        .collect();
    assert_eq!(broken, [Law::Total, Law::Batch]);
}

#[test]
fn an_answer_that_depends_on_the_order_is_named() {
    breaks(&["a", "l", "z"], Law::Order, 1, "then cleared");
}

#[test]
fn an_answer_that_depends_on_what_was_asked_before_is_named() {
    breaks(&["a", "k", "m"], Law::History, 1, "then cleared");
}

#[test]
fn law_06_a_wish_that_is_not_at_rest_once_it_is_fulfilled_is_named() {
    breaks(
        &["a", "u"],
        Law::Idempotent,
        1,
        "where `department` has `u`, it is cleared",
    );
    breaks(&["v"], Law::Idempotent, 0, "it is held (TestCode");
}

#[test]
fn law_08_an_output_that_changes_with_what_it_does_not_declare_is_named() {
    let guest = Guest {
        reads: vec!["department", "city"],
        inputs: vec![Input::Source(0), Input::Source(1)],
        // Both are set to the first column.
        outputs: vec![
            ("department", 0, vec![Input::Source(0)]),
            ("city", 0, vec![Input::Source(1)]),
        ],
        ..Guest::default()
    };
    let row = |department: &str, city: &str| MappingRow {
        // The generation's columns are sorted.
        source: vec![Value::text(city), Value::text(department)],
        target: None,
    };
    let found = findings(&generation(&guest), &[row("a", "x"), row("e", "y")]);
    only(
        &found,
        Law::Declared,
        0,
        "`city` (set to `a`, then set to `e`) changed with the source's `department`",
    );
}

#[test]
fn law_08_a_table_that_is_not_declared_breaks_the_law_of_declarations() {
    breaks(&["a", "?"], Law::Declared, 1, "`secret`");
}

#[test]
fn admission_demands_the_same_laws() {
    let generation = generation(&Guest::default());
    let trial =
        |texts: &[&str]| generation.try_rows(&context(), ObjectKind::User, &mapping_rows(texts));
    assert!(matches!(
        trial(&["a", "u"]),
        Err(TrialError::Unlawful { row: 1, .. })
    ));
    assert!(matches!(
        trial(&["a", "k"]),
        Err(TrialError::DependsOnBatch { row: 1, .. })
    ));
}

#[test]
fn a_lone_layer_needs_no_shape_and_is_told_what_earlier_layers_decided() {
    let guest = Guest {
        gives_shape: false,
        ..Guest::default()
    };
    let engine = engine();
    let layer = layer(&engine, "later", &guest.build());
    let lone = Generation::alone(&engine, layer, Tables::default()).unwrap();
    let earlier = Earlier::from([("department".into(), syncline_directory::Change::Clear)]);
    let rows = mapping_rows(&["e", "e"]);
    let outcomes = lone.map_after(&context(), &rows, &[earlier]);
    let change = |outcome: &Outcome| match outcome {
        Outcome::Write(decision) => decision.outputs[0].change.clone(),
        other => panic!("{other:?}"),
    };
    use syncline_directory::Change;
    assert_eq!(change(&outcomes[0]), Change::Clear);
    assert_eq!(change(&outcomes[1]), Change::Keep);
    assert!(!lone.gives_shape(ObjectKind::User));
}

#[test]
fn what_calls_cost_is_counted() {
    let generation = generation(&Guest::default());
    assert_eq!(generation.layers()[0].usage().calls, 0);
    generation.map(&context(), &mapping_rows(&["a", "a"]));
    let usage = generation.layers()[0].usage();
    assert_eq!((usage.calls, usage.rows), (1, 2));
    assert!(usage.fuel > 0 && usage.fuel_max == usage.fuel);
    assert_eq!(usage.memory_max, 160 << 16);
}
