//! Rules that misbehave on a row: that row is held, with the code that says how, and no other.

mod answers;
mod compiling;
mod files;
mod limits;
mod process;

use syncline_directory::{Change, ObjectKind, Outcome, Reason, Value, Verdict};
use syncline_rules::{Compiling, Generation, Limits, RulesEngine, Tables, TrialError, codes};

use crate::guest::{Guest, context, engine, generation, layer, mapping_rows, rows};

fn set(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Write(decision) => match &decision.outputs[0].change {
            Change::Set(value) => value.as_text(),
            _ => None,
        },
        _ => None,
    }
}

/// Maps 21 rows of which one in the middle carries the marker; all others must be as ever. Returns
/// what the row came to.
#[track_caller]
fn among_others(marker: &str) -> Outcome {
    let generation = generation(&Guest::default());
    let names: Vec<String> = (0..21).map(|row| format!("Sales {row}")).collect();
    let mut texts: Vec<&str> = names.iter().map(String::as_str).collect();
    texts[13] = marker;
    let mut outcomes = generation.map(&context(), &mapping_rows(&texts));
    assert_eq!(outcomes.len(), texts.len());
    for (row, (outcome, text)) in outcomes.iter().zip(&texts).enumerate() {
        assert!(
            row == 13 || set(outcome) == Some(text),
            "row {row}: {outcome:?}"
        );
    }
    outcomes.swap_remove(13)
}

#[track_caller]
fn held(marker: &str, code: &str, words: &str) {
    match among_others(marker) {
        Outcome::Hold(reason) => {
            assert_eq!(reason.code, code, "{}", reason.text);
            assert!(reason.text.contains(words), "{}", reason.text);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn law_11_a_trap_holds_the_row_it_happened_on() {
    held("!", codes::TRAPPED, "`unreachable`");
    held("|", codes::TRAPPED, "call stack exhausted");
}

#[test]
fn law_11_what_a_rule_logged_before_its_trap_is_in_the_reason_and_printable() {
    held(
        "<",
        codes::TRAPPED,
        "after it logged: because \\u{1b}[31m of the test",
    );
}

#[test]
fn law_11_an_endless_loop_holds_the_row_it_happened_on() {
    held("~", codes::TOO_EXPENSIVE, "fuel");
    held(">", codes::TOO_EXPENSIVE, "fuel");
}

#[test]
fn law_11_unbounded_memory_holds_the_row_it_was_wanted_for() {
    held("^", codes::TOO_MUCH_MEMORY, "it may have 67108864");
}

#[test]
fn law_11_an_answer_that_breaks_the_contract_holds_its_row() {
    held(
        "=",
        codes::ANSWER_MALFORMED,
        "1 rows were asked about, 0 were answered",
    );
    held("#", codes::ANSWER_MALFORMED, "0 changes for 1 outputs");
    held("@", codes::ANSWER_MALFORMED, "gives none");
    held("%", codes::ANSWER_MALFORMED, "`department` is not Text");
    held("$", codes::ANSWER_MALFORMED, "utf-8");
    held("\\", codes::ANSWER_MALFORMED, "");
}

#[test]
fn law_11_an_answer_that_is_too_large_holds_its_row() {
    held("*", codes::ANSWER_TOO_LARGE, "too much");
    held("/", codes::ANSWER_TOO_LARGE, "too much");
}

#[test]
fn law_08_a_table_that_is_not_declared_is_not_read() {
    held(
        "?",
        codes::UNDECLARED_TABLE,
        "table `secret`, which it does not declare",
    );
}

#[test]
fn a_rule_decides_to_skip_hold_or_clear_one_row() {
    let reason = Reason::new("TestCode", "because \\u{1b}[31m of the test");
    assert_eq!(among_others("-"), Outcome::Skip(reason.clone()));
    assert_eq!(among_others("+"), Outcome::Hold(reason));
    match among_others("c") {
        Outcome::Write(decision) => assert_eq!(decision.outputs[0].change, Change::Clear),
        other => panic!("{other:?}"),
    }
}

#[test]
fn setting_an_absent_value_is_clearing() {
    match among_others("") {
        Outcome::Write(decision) => assert_eq!(decision.outputs[0].change, Change::Clear),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_of_the_whole_call_holds_each_of_its_rows_with_the_rules_reason() {
    let outcomes = generation(&Guest::default()).map(&context(), &mapping_rows(&["a", "x", "b"]));
    let reason = Reason::new("TestCode", "because \\u{1b}[31m of the test");
    assert_eq!(outcomes, vec![Outcome::Hold(reason); 3]);
}

#[test]
fn law_11_a_failure_in_scoping_or_matching_is_a_hold_and_never_out_of_scope() {
    let generation = generation(&Guest::default());
    let texts = rows(&["a", "!", "o", "=", "+"]);
    let verdicts = generation.scope(&context(), &texts);
    assert_eq!(verdicts[0], Verdict::InScope);
    assert!(matches!(&verdicts[1], Verdict::Hold(reason) if reason.code == codes::TRAPPED));
    assert!(matches!(&verdicts[2], Verdict::OutOfScope(reason) if reason.code == "TestCode"));
    assert!(
        matches!(&verdicts[3], Verdict::Hold(reason) if reason.code == codes::ANSWER_MALFORMED)
    );
    assert!(matches!(&verdicts[4], Verdict::Hold(reason) if reason.code == "TestCode"));
    let keys = generation.keys(&context(), &rows(&["a", "!", "&", "", "+"]));
    let key = &keys[0].as_ref().unwrap()[0];
    assert_eq!(
        (key.attribute.as_str(), key.value.as_str(), key.tier),
        ("mail", "a", 1)
    );
    assert_eq!(keys[1].as_ref().unwrap_err().code, codes::TRAPPED);
    assert_eq!(keys[2].as_ref().unwrap_err().code, codes::ANSWER_MALFORMED);
    assert_eq!(keys[3].as_ref().unwrap_err().code, codes::ANSWER_MALFORMED);
    assert_eq!(keys[4].as_ref().unwrap_err().code, "TestCode");
}

#[test]
fn law_11_a_loop_in_configure_or_in_the_allocator_ends() {
    let engine = engine();
    let bytes = Guest {
        configure: "(call $forever)",
        ..Guest::default()
    }
    .build();
    let layers = vec![layer(&engine, "test", &bytes)];
    let error = Generation::assemble(&engine, layers, Tables::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`test` cannot be configured: it used up the fuel of a call"
    );
    // Without settings, `configure` is given an empty text.
    let realloc = "(if (local.get 3) (then (call $forever)))";
    let generation = generation(&Guest {
        realloc,
        ..Guest::default()
    });
    let outcomes = generation.map(&context(), &mapping_rows(&["a"]));
    assert!(matches!(&outcomes[0], Outcome::Hold(reason) if reason.code == codes::TOO_EXPENSIVE));
}

#[test]
fn law_11_the_clock_ends_what_fuel_does_not() {
    let engine = RulesEngine::new(
        Limits {
            wall_clock: std::time::Duration::from_millis(50),
            fuel_per_call: u64::MAX / 2,
            fuel_failed_max: u64::MAX,
            ..Limits::default()
        },
        Compiling::InProcess,
    )
    .unwrap();
    let layers = vec![layer(&engine, "test", &Guest::default().build())];
    let generation = Generation::assemble(&engine, layers, Tables::default()).unwrap();
    let outcomes = generation.map(&context(), &mapping_rows(&["~", "a"]));
    assert!(matches!(&outcomes[0], Outcome::Hold(reason) if reason.code == codes::TOO_SLOW));
    assert_eq!(set(&outcomes[1]), Some("a"));
}

#[test]
fn law_11_a_rule_that_loops_on_every_row_costs_a_bounded_time() {
    let texts = vec!["~"; 512];
    let outcomes = generation(&Guest::default()).map(&context(), &mapping_rows(&texts));
    let count = |code: &str| {
        let held = |outcome: &&Outcome| matches!(outcome, Outcome::Hold(r) if r.code == code);
        outcomes.iter().filter(held).count()
    };
    assert!(count(codes::TOO_EXPENSIVE) >= 10);
    assert_eq!(count(codes::TOO_EXPENSIVE) + count(codes::NOT_TRIED), 512);
}

#[test]
fn any_number_of_rows_is_answered_in_order() {
    let names: Vec<String> = (0..1500).map(|row| format!("Sales {row}")).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let generation = generation(&Guest::default());
    let outcomes = generation.map(&context(), &mapping_rows(&texts));
    assert!(
        outcomes
            .iter()
            .map(set)
            .eq(texts.iter().map(|text| Some(*text)))
    );
    assert!(generation.map(&context(), &[]).is_empty());
    assert!(generation.scope(&context(), &[]).is_empty());
}

#[test]
fn a_row_larger_than_a_call_is_held_and_rows_that_fill_one_are_not() {
    let large = "a".repeat(600 << 10);
    let huge = "a".repeat((1 << 20) + 1);
    let outcomes =
        generation(&Guest::default()).map(&context(), &mapping_rows(&[&large, &large, &huge, "b"]));
    assert_eq!(set(&outcomes[0]), Some(large.as_str()));
    assert_eq!(set(&outcomes[1]), Some(large.as_str()));
    assert!(matches!(&outcomes[2], Outcome::Hold(reason) if reason.code == codes::ROW_TOO_LARGE));
    assert_eq!(set(&outcomes[3]), Some("b"));
}

#[test]
fn a_row_of_other_columns_is_held_and_shown_to_no_rule() {
    let generation = generation(&Guest::default());
    let row = vec![Value::text("a"), Value::text("b")];
    let verdicts = generation.scope(&context(), &[row.clone(), vec![Value::text("a")]]);
    assert!(matches!(&verdicts[0], Verdict::Hold(reason) if reason.code == codes::ROW_MALFORMED));
    assert_eq!(verdicts[1], Verdict::InScope);
    let mut mapping = mapping_rows(&["a", "b"]);
    mapping[1].target = Some(row);
    let outcomes = generation.map(&context(), &mapping);
    assert_eq!(set(&outcomes[0]), Some("a"));
    assert!(matches!(&outcomes[1], Outcome::Hold(reason) if reason.code == codes::ROW_MALFORMED));
}

#[test]
fn a_kind_without_rules_is_in_scope_has_no_keys_and_is_held_when_mapped() {
    let generation = generation(&Guest::default());
    let context = syncline_rules::Context {
        kind: ObjectKind::Group,
        ..context()
    };
    assert_eq!(
        generation.scope(&context, &rows(&["a"])),
        [Verdict::InScope]
    );
    assert_eq!(generation.keys(&context, &rows(&["a"])), [Ok(vec![])]);
    let outcomes = generation.map(&context, &mapping_rows(&["a"]));
    assert!(matches!(&outcomes[0], Outcome::Hold(reason) if reason.code == codes::NO_MAPPING));
}

#[test]
fn a_trial_finds_rows_without_answer_and_answers_that_depend_on_the_batch() {
    let generation = generation(&Guest::default());
    let trial =
        |texts: &[&str]| generation.try_rows(&context(), ObjectKind::User, &mapping_rows(texts));
    assert_eq!(trial(&["a", "o", "-", "+"]), Ok(()));
    assert!(matches!(
        trial(&["a", "!"]).unwrap_err(),
        TrialError::Failed { row: 1, reason, .. } if reason.code == codes::TRAPPED
    ));
    assert_eq!(
        trial(&["b", "a"]),
        Err(TrialError::DependsOnBatch {
            kind: ObjectKind::User,
            row: 0
        })
    );
    assert_eq!(trial(&[]), Ok(()));
}
