//! Rules that take what they may not have: time, fuel, memory, tables, the host's attention.

use std::collections::BTreeMap;

use syncline_directory::{Outcome, Verdict};
use syncline_rules::{Generation, Tables, codes};

use crate::guest::{
    Guest, Input, admitted, context, engine, generation, layer, mapping_rows, rows,
};

#[track_caller]
fn held(outcome: &Outcome, code: &str, words: &str) {
    match outcome {
        Outcome::Hold(reason) => {
            assert_eq!(reason.code, code, "{}", reason.text);
            assert!(reason.text.contains(words), "{}", reason.text);
        }
        other => panic!("{other:?}"),
    }
}

/// Asks twice about a bad row and a good one. A rule that fails on one is as it was for the other.
#[track_caller]
fn twice(generation: &Generation, bad: &str, code: &str, words: &str) {
    for _ in 0..2 {
        let outcomes = generation.map(&context(), &mapping_rows(&[bad, "good"]));
        held(&outcomes[0], code, words);
        assert!(matches!(outcomes[1], Outcome::Write(_)), "{outcomes:?}");
    }
}

/// A guest that declares the table `regions`, which has no such key as it looks for.
fn with_table() -> Generation {
    let engine = engine();
    let guest = Guest {
        outputs: vec![(
            "department",
            0,
            vec![Input::Source(0), Input::Table("regions")],
        )],
        ..Guest::default()
    };
    let entry = ("DE".to_owned(), vec!["Germany".to_owned()]);
    let tables = BTreeMap::from([("regions".to_owned(), BTreeMap::from([entry]))]);
    let layers = vec![layer(&engine, "test", &guest.build())];
    Generation::assemble(&engine, layers, Tables(tables)).unwrap()
}

#[test]
fn law_11_an_endless_loop_ends_in_each_stage() {
    let generation = generation(&Guest::default());
    let verdicts = generation.scope(&context(), &rows(&["~", "good"]));
    assert!(matches!(&verdicts[0], Verdict::Hold(reason) if reason.code == codes::TOO_EXPENSIVE));
    assert_eq!(verdicts[1], Verdict::InScope);
    let keys = generation.keys(&context(), &rows(&["~", "good"]));
    assert_eq!(keys[0].as_ref().unwrap_err().code, codes::TOO_EXPENSIVE);
    assert!(keys[1].is_ok());
    twice(&generation, "~", codes::TOO_EXPENSIVE, "fuel");
}

#[test]
fn law_11_an_endless_loop_after_the_answer_makes_it_no_answer() {
    let guest = Guest {
        more: r#"(func (export "cabi_post_syncline:rules/mapping@1.0.0#apply") (param i32)
            (call $forever))"#,
        ..Guest::default()
    };
    let outcomes = generation(&guest).map(&context(), &mapping_rows(&["a", "b"]));
    for outcome in &outcomes {
        held(outcome, codes::TOO_EXPENSIVE, "fuel");
    }
}

#[test]
fn law_11_a_trap_after_the_answer_makes_it_no_answer() {
    let guest = Guest {
        more: r#"(func (export "cabi_post_syncline:rules/scoping@1.0.0#decide") (param i32)
            unreachable)"#,
        ..Guest::default()
    };
    let verdicts = generation(&guest).scope(&context(), &rows(&["o"]));
    assert!(
        matches!(&verdicts[0], Verdict::Hold(reason) if reason.code == codes::TRAPPED),
        "it said out of scope, and then it failed: {verdicts:?}"
    );
}

/// The allocator does this when it is asked for room for a call's arguments.
#[track_caller]
fn allocator(realloc: &'static str, code: &str, words: &str) {
    let guest = Guest {
        realloc,
        ..Guest::default()
    };
    let outcomes = generation(&guest).map(&context(), &mapping_rows(&["a"]));
    held(&outcomes[0], code, words);
}

#[test]
fn law_11_an_allocator_that_misbehaves_costs_its_rows_a_hold() {
    let beyond = "(if (local.get 3) (then (return (i32.const -1))))";
    allocator(beyond, codes::ANSWER_MALFORMED, "");
    let behind = "(if (local.get 3) (then (return (i32.mul (memory.size) (i32.const 65536)))))";
    allocator(behind, codes::ANSWER_MALFORMED, "");
    let odd = "(if (i32.gt_u (local.get 2) (i32.const 1)) (then (return (i32.const 70001))))";
    allocator(odd, codes::ANSWER_MALFORMED, "");
    allocator(
        "(if (local.get 3) (then unreachable))",
        codes::TRAPPED,
        "unreachable",
    );
    let grows = "(if (local.get 3) (then (loop (drop (memory.grow (i32.const 100))) (br 0))))";
    allocator(grows, codes::TOO_MUCH_MEMORY, "it may have 67108864");
}

#[test]
fn law_11_an_allocator_that_calls_the_host_is_refused_the_call() {
    let calls = "(if (local.get 3) (then (call $log (i32.const 1) (i32.const 0) (i32.const 1))))";
    allocator(calls, codes::TRAPPED, "cannot leave component");
}

#[test]
fn law_11_a_storm_of_lookups_ends_as_a_loop_does() {
    twice(&with_table(), "{", codes::TOO_EXPENSIVE, "fuel");
}

#[test]
fn law_11_a_flood_of_log_lines_ends_as_a_loop_does() {
    twice(
        &generation(&Guest::default()),
        ">",
        codes::TOO_EXPENSIVE,
        "fuel",
    );
}

#[test]
fn law_11_a_log_line_as_large_as_memory_is_not_copied() {
    // 60 MiB at once: more than the host would hold for a call.
    twice(
        &generation(&Guest::default()),
        "}",
        codes::ANSWER_TOO_LARGE,
        "too much",
    );
}

#[test]
fn law_11_filling_all_memory_for_ever_ends_as_a_loop_does() {
    twice(
        &generation(&Guest::default()),
        ";",
        codes::TOO_EXPENSIVE,
        "fuel",
    );
}

#[test]
fn law_11_unbounded_memory_and_recursion_leave_the_next_call_as_it_was() {
    let generation = generation(&Guest::default());
    twice(
        &generation,
        "^",
        codes::TOO_MUCH_MEMORY,
        "it may have 67108864",
    );
    twice(&generation, "|", codes::TRAPPED, "call stack exhausted");
}

#[test]
fn law_11_tables_grow_to_their_limit_all_together_and_no_further() {
    let guest = |unreachable_beyond: u32| {
        let more = format!(
            "(table $a 1 funcref) (table $b 1 funcref)
            (func $grow
              (block $full (loop $next
                (br_if $full (i32.eq (table.grow $a (ref.null func) (i32.const 1000)) (i32.const -1)))
                (br_if $full (i32.eq (table.grow $b (ref.null func) (i32.const 1000)) (i32.const -1)))
                (br $next)))
              (if (i32.gt_u (i32.add (table.size $a) (table.size $b)) (i32.const {unreachable_beyond}))
                (then unreachable)))
            (start $grow)"
        );
        Guest {
            more: more.leak(),
            ..Guest::default()
        }
        .build()
    };
    admitted(&engine(), &guest(100_000));
    let error = engine().admit(&guest(90_000)).unwrap_err();
    assert_eq!(error.code(), "start", "they do grow: {error}");
}

#[test]
fn law_11_more_memory_than_a_rule_may_have_is_refused_before_it_is_made() {
    let guest = Guest {
        pages: 1_025,
        ..Guest::default()
    };
    let error = engine().admit(&guest.build()).unwrap_err();
    assert_eq!(error.code(), "start");
    assert!(
        error.to_string().contains("it may have 67108864"),
        "{error}"
    );
    let guest = Guest {
        pages: 1_024,
        ..Guest::default()
    };
    admitted(&engine(), &guest.build());
}

#[test]
fn law_11_a_rule_keeps_nothing_from_one_call_to_the_next() {
    // It traps at the second call that its memory remembers, and there is none.
    let generation = generation(&Guest::default());
    let first = generation.map(&context(), &mapping_rows(&["a", "b"]));
    for _ in 0..10 {
        assert_eq!(
            generation.map(&context(), &mapping_rows(&["a", "b"])),
            first
        );
    }
    assert!(matches!(first[0], Outcome::Write(_)));
}
