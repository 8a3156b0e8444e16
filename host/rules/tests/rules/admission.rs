//! What is admitted, and in which words the rest is refused.

use syncline_directory::Verdict;
use syncline_rules::{AdmissionError, Compiling, Format, Limits, RulesEngine};

use crate::guest::{Guest, WIT, admitted, context, engine, generation, rows, with_section};

#[track_caller]
fn refused(bytes: &[u8]) -> AdmissionError {
    engine().admit(bytes).expect_err("it must be refused")
}

#[track_caller]
fn check(bytes: &[u8], code: &str, words: &str) {
    let error = refused(bytes);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_component_of_the_contract_is_admitted_with_its_sections() {
    let bytes = with_section(Guest::default().build(), "syncline:source", b" abc123\n");
    let samples = br#"[{"kind":"user","source":{"department":"Sales"}}]"#;
    let bytes = with_section(bytes, "syncline:samples", samples);
    let component = admitted(&engine(), &bytes);
    assert_eq!(component.size(), bytes.len());
    assert_eq!(component.digest().as_str().len(), 64);
    assert_eq!(component.source_digest(), Some("abc123"));
    assert_eq!(component.samples().len(), 1);
    assert_eq!(component.samples()[0].target, None);
}

#[test]
fn what_is_no_component_is_refused_in_its_own_words() {
    assert_eq!(refused(b""), AdmissionError::Format(Format::Empty));
    assert_eq!(
        refused(b"\x7fELF\x02\x01"),
        AdmissionError::Format(Format::Elf)
    );
    assert_eq!(
        refused(b"(component)"),
        AdmissionError::Format(Format::Text)
    );
    assert_eq!(
        refused(b"MZ\x00\x01"),
        AdmissionError::Format(Format::Unknown)
    );
    let module = wat::parse_str("(module)").unwrap();
    assert_eq!(refused(&module), AdmissionError::Format(Format::CoreModule));
    check(&module, "format", "wasm-tools component new");
}

#[test]
fn a_file_of_the_largest_size_is_read_and_one_byte_more_is_not() {
    let bytes = Guest::default().build();
    let admit = |file_size_max| {
        let limits = Limits {
            file_size_max,
            ..Limits::default()
        };
        RulesEngine::new(limits, Compiling::InProcess)
            .unwrap()
            .admit(&bytes)
            .map(|component| component.size())
    };
    assert_eq!(admit(bytes.len()), Ok(bytes.len()));
    let size = bytes.len();
    assert_eq!(
        admit(size - 1),
        Err(AdmissionError::Size {
            size,
            size_max: size - 1
        })
    );
}

#[test]
fn no_prefix_of_a_good_component_panics_or_is_admitted_without_its_exports() {
    let engine = engine();
    let bytes = Guest::default().build();
    for end in 0..bytes.len() {
        match engine.admit(&bytes[..end]) {
            Err(error) => assert!(!error.to_string().is_empty()),
            // Cut off were names, which nothing needs: a custom section begins with a zero.
            Ok(_) => assert_eq!(
                bytes[end],
                0,
                "{end} of {} bytes were admitted",
                bytes.len()
            ),
        }
    }
}

#[test]
fn no_flipped_byte_panics() {
    let engine = engine();
    let good = Guest::default().build();
    // A step that is no multiple of anything in the format; every byte would take minutes.
    for at in (8..good.len()).step_by(37) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        drop(engine.admit(&bytes));
    }
}

#[test]
fn foreign_imports_are_named() {
    let component = wat::parse_str(
        r#"(component
            (import "wasi:cli/environment@0.2.6" (instance (export "get-environment" (func))))
            (import "wasi:clocks/wall-clock@0.2.6" (instance (export "now" (func)))))"#,
    );
    check(
        &component.unwrap(),
        "import",
        "imports wasi:cli/environment@0.2.6, wasi:clocks/wall-clock@0.2.6, which rules may not have",
    );
}

#[test]
fn missing_exports_are_named() {
    let component = wat::parse_str("(component)").unwrap();
    check(
        &component,
        "export",
        "`syncline:rules/manifest@1.0.0`, `syncline:rules/scoping@1.0.0`",
    );
}

#[test]
fn another_version_of_the_contract_is_named_beside_the_offered_one() {
    let bytes = Guest {
        version: "2.0.0",
        ..Guest::default()
    }
    .build();
    check(
        &bytes,
        "version",
        "@2.0.0, this version of Syncline offers 1.0.0",
    );
}

#[test]
fn a_later_minor_version_that_uses_nothing_new_is_admitted_and_serves() {
    let guest = Guest {
        version: "1.9.2",
        ..Guest::default()
    };
    let verdicts = generation(&guest).scope(&context(), &rows(&["a", "o"]));
    assert_eq!(verdicts[0], Verdict::InScope);
    assert!(matches!(verdicts[1], Verdict::OutOfScope(_)));
}

#[test]
fn a_function_that_a_later_minor_version_has_added_is_refused_by_its_name() {
    let guest = Guest {
        version: "1.9.2",
        import: r#"(import "syncline:rules/tables@1.9.2" "keys" (func (param i32 i32) (result i32)))"#,
        ..Guest::default()
    };
    let later = WIT.replace(
        "interface tables {",
        "interface tables { keys: func(table: string) -> u32;",
    );
    check(
        &guest.build_with(&later),
        "version",
        "the rule needs `keys` of syncline:rules/tables@1.9.2, this version of Syncline offers 1.0.0: \
         use a later version of Syncline",
    );
}

#[test]
fn functions_of_other_types_are_refused_by_name() {
    let exports: String = ["manifest", "scoping", "matching", "mapping"]
        .map(|name| {
            let function = match name {
                "manifest" => "configure",
                "scoping" => "decide",
                "matching" => "keys",
                _ => "apply",
            };
            format!(
                r#"(instance ${name} (export "{function}" (func $f)))
                (export "syncline:rules/{name}@1.0.0" (instance ${name}))"#
            )
        })
        .concat();
    let component = wat::parse_str(format!(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f"))) {exports})"#
    ));
    check(
        &component.unwrap(),
        "export",
        "function `configure` is not the contract's",
    );
}

#[test]
fn an_instantiation_bomb_is_refused_before_it_is_compiled() {
    let many = "(instance (instantiate $c)) ".repeat(20);
    let mut bomb = String::from("(component $c (core module $m) (core instance (instantiate $m)))");
    for _ in 0..5 {
        bomb = format!("(component $c {bomb} {many})");
    }
    let bomb = wat::parse_str(format!("(component {bomb} {many})")).unwrap();
    check(&bomb, "complexity", "number of instances");
    // The same without nesting: each component makes twenty of the one before.
    let mut chain =
        String::from("(component $c0 (core module $m) (core instance (instantiate $m)))");
    for level in 1..6 {
        let before = level - 1;
        let many = "(instance (instantiate $b)) ".repeat(20);
        let alias = format!("(alias outer $root $c{before} (component $b))");
        chain = format!("{chain}(component $c{level} {alias} {many})");
    }
    let chain = wat::parse_str(format!("(component $root {chain})")).unwrap();
    check(&chain, "complexity", "number of instances");
}

#[test]
fn a_large_function_is_compiled_plainly_and_a_huge_one_refused() {
    // With optimisation, 118 KB of this take 85 s.
    let step = "(local.set 0 (i32.xor (i32.mul (local.get 0) (i32.const 31)) (local.get 0)))
        (if (local.get 0) (then (local.set 0 (i32.add (local.get 0) (i32.const 7)))))";
    let guest = |steps: usize| {
        let more = format!("(func (param i32) {})", step.repeat(steps));
        Guest {
            more: more.leak(),
            ..Guest::default()
        }
        .build()
    };
    admitted(&engine(), &guest(6_000));
    check(&guest(60_000), "complexity", "largest function");
}

#[test]
fn two_memories_and_proposals_that_are_off_are_refused_by_name() {
    let bytes = wat::parse_str("(component (core module (memory 1) (memory 1)))").unwrap();
    check(&bytes, "complexity", "number of memories");
    let tail = Guest {
        more: "(func $tail (return_call $tail))",
        ..Guest::default()
    };
    check(&tail.build(), "compile", "tail calls");
}

#[test]
fn a_start_function_is_limited_as_a_call_is() {
    let start = |more| {
        Guest {
            more,
            ..Guest::default()
        }
        .build()
    };
    check(&start("(start $forever)"), "start", "used up the fuel");
    check(
        &start("(func $trap unreachable) (start $trap)"),
        "start",
        "unreachable",
    );
    check(
        &start("(func $grow (loop (drop (memory.grow (i32.const 100))) (br 0))) (start $grow)"),
        "start",
        "bytes of memory, it may have",
    );
}

#[test]
fn samples_that_cannot_be_read_are_refused() {
    let bytes = with_section(Guest::default().build(), "syncline:samples", b"{");
    check(&bytes, "samples", "samples cannot be read");
}
