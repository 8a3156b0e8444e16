//! What a rule hands on without looking at it, and what it is not shown.

use syncline_directory::{Change, Outcome, Reason, Value, Verdict};
use syncline_rules::{Generation, MappingRow, Tables, codes};

use crate::guest::{Guest, Input, context, engine, generation, layer, rows};

/// A rule that does what `department` says to `city`, which it does not look at.
fn city() -> Guest {
    Guest {
        reads: vec!["department", "city", "accountEnabled"],
        outputs: vec![("city", 0, vec![Input::Source(1), Input::Source(2)])],
        unseen: vec![1],
        ..Guest::default()
    }
}

/// Maps somebody from Paris. Rows have a generation's columns in order of their names.
fn map(guest: &Guest, department: &str, city: Value) -> Outcome {
    let source = vec![Value::Boolean(true), city, Value::text(department)];
    let row = MappingRow {
        source,
        target: None,
    };
    generation(guest).map(&context(), &[row]).remove(0)
}

#[track_caller]
fn change(outcome: Outcome) -> Change {
    match outcome {
        Outcome::Write(mut decision) => decision.outputs.remove(0).change,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn held(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Hold(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_column_that_is_named_is_handed_on_unchanged() {
    let paris = || Value::text("Paris");
    assert_eq!(change(map(&city(), "s1", paris())), Change::Set(paris()));
}

#[test]
fn law_03_a_column_without_a_value_that_is_named_holds_the_object_and_clears_nothing() {
    let reason = held(map(&city(), "s1", Value::Absent));
    assert_eq!(reason.code, codes::ANSWER_MALFORMED);
    assert!(
        reason.text.ends_with(
            "`city` is to be the same as `city`, which has no value; a rule says keep or clear"
        ),
        "{}",
        reason.text
    );
}

#[test]
fn a_column_that_cannot_be_named_holds_the_object() {
    let paris = || Value::text("Paris");
    let check = |guest: &Guest, department: &str, text: &str| {
        let reason = held(map(guest, department, paris()));
        assert_eq!(reason.code, codes::ANSWER_MALFORMED);
        assert!(reason.text.ends_with(text), "{}", reason.text);
    };
    check(
        &city(),
        "s9",
        "`city` is to be the same as source column 9, which is not among its inputs",
    );
    check(
        &city(),
        "s2",
        "`accountEnabled`, the value for `city`, is not Text",
    );
    // A change of that column would not compute the row again.
    let undeclared = Guest {
        outputs: vec![("city", 0, vec![Input::Source(2)])],
        unseen: vec![],
        ..city()
    };
    check(
        &undeclared,
        "s1",
        "`city` is to be the same as source column 1, which is not among its inputs",
    );
}

#[test]
fn what_a_later_layer_is_given_is_the_value_and_not_its_place() {
    let first = Guest {
        outputs: vec![("department", 0, vec![Input::Source(0)])],
        ..Guest::default()
    };
    let second = Guest {
        reads: vec!["city"],
        gives_shape: false,
        ..first.clone()
    };
    let engine = engine();
    let mut layers = vec![
        layer(&engine, "first", &first.build()),
        layer(&engine, "second", &second.build()),
    ];
    layers[1].overrides = vec![syncline_directory::AttributeName::new("department")];
    let generation = Generation::assemble(&engine, layers, Tables::default()).unwrap();
    // The second layer hands on what the first one decided.
    let row = MappingRow {
        source: vec![Value::text("e"), Value::text("s0")],
        target: None,
    };
    let outcome = generation.map(&context(), &[row]).remove(0);
    assert_eq!(change(outcome), Change::Set(Value::text("s0")));
}

#[test]
fn law_08_a_stage_is_not_shown_the_columns_that_it_does_not_declare() {
    let blind = |scoping| {
        generation(&Guest {
            scoping: Some(scoping),
            ..Guest::default()
        })
    };
    let verdict = |generation: Generation| generation.scope(&context(), &rows(&["o"])).remove(0);
    assert!(matches!(
        verdict(blind(vec![Input::Source(0)])),
        Verdict::OutOfScope(_)
    ));
    assert_eq!(verdict(blind(vec![])), Verdict::InScope);

    // This one takes over what it is given, and is given nothing that it could take over.
    let taking = Guest {
        outputs: vec![("department", 0, vec![Input::Source(0)])],
        inputs: vec![],
        unseen: vec![0],
        ..Guest::default()
    };
    let row = MappingRow {
        source: vec![Value::text("Sales")],
        target: None,
    };
    let reason = held(generation(&taking).map(&context(), &[row]).remove(0));
    assert!(
        reason
            .text
            .ends_with("the value for `department` is withheld"),
        "{}",
        reason.text
    );
}

#[test]
fn law_11_naming_a_large_value_many_times_is_bounded_as_answering_it_is() {
    let attributes = ["city", "department", "jobTitle", "officeLocation", "state"];
    let outputs = attributes.map(|name| (name, 0, vec![Input::Source(0)]));
    let many = Guest {
        outputs: outputs.to_vec(),
        ..Guest::default()
    };
    let generation = generation(&many);
    let map = |length: usize| {
        let row = MappingRow {
            source: vec![Value::text(format!("s0{}", "x".repeat(length - 2)))],
            target: None,
        };
        generation.map(&context(), &[row]).remove(0)
    };
    let fitting = (1 << 20) / attributes.len();
    assert!(matches!(map(fitting), Outcome::Write(_)));
    assert_eq!(held(map(fitting + 1)).code, codes::ANSWER_TOO_LARGE);
}
