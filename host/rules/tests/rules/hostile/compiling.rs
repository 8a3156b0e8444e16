//! Files that are made to keep a compiler busy, or to break it: each is refused in words, or harmless.

use crate::guest::{Guest, admitted, engine, with_section};

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A good rule with this much more in its module.
fn rule(more: String) -> Vec<u8> {
    Guest {
        more: more.leak(),
        ..Guest::default()
    }
    .build()
}

/// A good component with another section behind it: a module or a component that nobody uses.
fn beside(section: u8, inside: &str) -> Vec<u8> {
    let inside = component(inside);
    let mut bytes = Guest::default().build();
    bytes.push(section);
    let mut length = inside.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(inside);
    bytes
}

const MODULE: u8 = 1;
const COMPONENT: u8 = 4;

#[track_caller]
fn refused(what: &str, bytes: &[u8], code: &str, words: &str) {
    let error = engine().admit(bytes).expect_err(what);
    assert_eq!(error.code(), code, "{what}: {error}");
    assert!(error.to_string().contains(words), "{what}: {error}");
    assert!(error.to_string().len() < 3_000, "{what}");
}

#[test]
fn law_11_more_code_than_can_be_compiled_in_time_is_refused_before_it_is_tried() {
    let functions = "(func)".repeat(200_000);
    refused(
        "200,000 functions",
        &component(&format!("(component (core module {functions}))")),
        "complexity",
        "number of functions is 50001, at most 50000",
    );
    let blocks = format!(
        "(func {} {})",
        "block ".repeat(1_000_000),
        "end ".repeat(1_000_000)
    );
    refused(
        "a million nested blocks",
        &component(&format!("(component (core module {blocks}))")),
        "complexity",
        "largest function",
    );
    let modules = "(core module (memory 1))".repeat(3);
    refused(
        "three modules with a memory each",
        &component(&format!("(component {modules})")),
        "complexity",
        "number of memories is 2",
    );
}

#[test]
fn law_11_instances_are_counted_before_any_is_made() {
    let many = "(core instance (instantiate $m))".repeat(300);
    refused(
        "300 instances",
        &component(&format!("(component (core module $m) {many})")),
        "complexity",
        "number of instances is 257, at most 256",
    );
    let deep = (0..12).fold("(core module)".to_owned(), |inside, _| {
        format!("(component {inside})")
    });
    refused(
        "twelve components in each other",
        &component(&deep),
        "complexity",
        "nesting",
    );
}

#[test]
fn law_11_deep_nesting_within_a_function_breaks_no_stack() {
    let blocks = format!(
        "(func {} {})",
        "block ".repeat(300_000),
        "end ".repeat(300_000)
    );
    admitted(&engine(), &rule(blocks));
    let calls = format!(
        "(func $one (param i32) (result i32) (local.get 0)) (func (result i32) (i32.const 1) {})",
        "call $one ".repeat(100_000)
    );
    admitted(&engine(), &rule(calls));
}

#[test]
fn law_11_what_the_format_limits_is_refused_by_name() {
    let locals = format!("(func (local {}))", "i32 ".repeat(50_001));
    refused(
        "50,001 locals",
        &beside(MODULE, &format!("(module {locals})")),
        "compile",
        "locals",
    );
    let targets = format!(
        "(func (block (br_table {} (i32.const 0))))",
        "0 ".repeat(70_000)
    );
    refused(
        "a table of 70,000 branches",
        &beside(MODULE, &format!("(module {targets})")),
        "compile",
        "br_table",
    );
    let parameters = format!("(func (param {}))", "i32 ".repeat(1_001));
    refused(
        "1,001 parameters",
        &beside(MODULE, &format!("(module {parameters})")),
        "compile",
        "param",
    );
}

#[test]
fn law_11_types_that_grow_beyond_measure_are_refused() {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..60 {
        let inner = level - 1;
        types = format!("{types}(type $t{level} (tuple $t{inner} $t{inner}))");
    }
    let error = engine()
        .admit(&component(&format!("(component {types})")))
        .expect_err("it exports nothing");
    // It is refused for its missing exports; what counts is that looking at it took no time.
    assert_eq!(error.code(), "export");
    let lists = (1..300).fold("(type $t0 (list u8))".to_owned(), |types, level| {
        format!("{types}(type $t{level} (list $t{}))", level - 1)
    });
    for types in [types, lists] {
        let bytes = beside(COMPONENT, &format!("(component {types})"));
        refused("types without measure", &bytes, "compile", "");
    }
}

#[test]
fn law_11_sections_that_nobody_reads_cost_nothing() {
    let good = Guest::default().build();
    let junk = with_section(good.clone(), "junk", &vec![0; 20 << 20]);
    admitted(&engine(), &junk);
    // Names that lie about how many they are, and names that a terminal would obey.
    let lying = b"\x01\x0a\xc0\x84\x3d\x00\x04\x1b[2J".to_vec();
    admitted(
        &engine(),
        &with_section(good.clone(), "component-name", &lying),
    );
    admitted(&engine(), &with_section(good.clone(), "name", &lying));
    for section in ["syncline:source", "syncline:samples"] {
        let bytes = with_section(good.clone(), section, &vec![0xff; 1 << 20]);
        match engine().admit(&bytes) {
            Ok(component) => assert_eq!(component.source_digest(), None),
            Err(error) => assert_eq!(error.code(), "samples"),
        }
    }
    let obeyed = with_section(good, "syncline:source", b"\x1b]0;owned\x07");
    let component = admitted(&engine(), &obeyed);
    let claimed = component.source_digest().unwrap();
    assert!(!claimed.chars().any(char::is_control), "{claimed:?}");
}

#[test]
fn law_11_names_of_functions_are_printable_in_what_is_said_of_a_trap() {
    let error = engine()
        .admit(&rule(
            r#"(func $"\1b[2J\u{202e}" unreachable) (start $"\1b[2J\u{202e}")"#.to_owned(),
        ))
        .unwrap_err();
    assert_eq!(error.code(), "start");
    let text = error.to_string();
    assert!(
        !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{text:?}"
    );
}

#[test]
fn law_11_each_proposal_that_rules_have_no_use_for_is_refused() {
    for (what, module, words) in [
        ("64-bit memory", "(memory i64 1)", "memory64"),
        ("shared memory", "(memory 1 1 shared)", "threads"),
        ("garbage collection", "(type (struct (field i32)))", "gc"),
        ("exceptions", "(tag)", "exceptions"),
        ("tail calls", "(func $f (return_call $f))", "tail calls"),
        (
            "relaxed vectors",
            "(func (param v128 v128) (result v128)
                (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
            "relaxed SIMD",
        ),
        (
            "references to functions",
            "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
            "function references",
        ),
        (
            "continuations",
            "(type $f (func)) (type (cont $f))",
            "stack switching",
        ),
        (
            "wide arithmetic",
            "(func (param i64 i64) (result i64 i64)
            (i64.mul_wide_s (local.get 0) (local.get 1)))",
            "wide arithmetic",
        ),
    ] {
        let bytes = beside(MODULE, &format!("(module {module})"));
        let error = engine().admit(&bytes).expect_err(what);
        assert!(
            ["compile", "complexity", "format"].contains(&error.code()),
            "{what}: {error}"
        );
        assert!(
            error.to_string().contains(words) || error.code() == "complexity",
            "{what}: {error}"
        );
    }
}

#[test]
fn law_11_code_that_was_compiled_elsewhere_is_refused_whatever_its_name() {
    let good = Guest::default().build();
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&good).unwrap();
    refused("compiled code", &code, "format", "ELF binary");
    // Behind the head of a component it is no component either.
    let mut posing = good[..8].to_vec();
    posing.extend(&code);
    refused(
        "compiled code behind a component's head",
        &posing,
        "format",
        "damaged",
    );
}
