//! Any bytes as a rule's answer, at every stage: lifted, judged, and used as a decision or held.
//!
//! The first byte says whether the rest is an answer for a row or a description.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use syncline_directory::{Change, ObjectKind, Outcome, Value};
use syncline_fuzz::{ask, assemble, context, engine, guest};
use syncline_rules::{Component, Generation, MappingRow, RulesEngine};

static ENGINE: LazyLock<RulesEngine> = LazyLock::new(engine);
static GUEST: LazyLock<Component> =
    LazyLock::new(|| ENGINE.admit(&guest()).expect("the guest is a rule"));
static GENERATION: LazyLock<Generation> = LazyLock::new(|| {
    assemble(&ENGINE, GUEST.clone(), serde_json::Value::Null).expect("the description is good")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((way, answer)) = bytes.split_first() else {
        return;
    };
    let digits = hex::encode(answer);
    if way % 2 == 1 {
        let settings = serde_json::json!({ "x": digits });
        if let Some(generation) = assemble(&ENGINE, GUEST.clone(), settings) {
            ask(&generation, "00");
        }
        return;
    }
    ask(&GENERATION, &digits);
    let row = MappingRow {
        source: vec![Value::text(&digits)],
        target: None,
    };
    let outcomes = GENERATION.map(&context(ObjectKind::User), &[row]);
    if let [Outcome::Write(decision)] = outcomes.as_slice() {
        // What is not held is what the contract says: a change an output, each of its type.
        assert_eq!(decision.outputs.len(), 3);
        for output in &decision.outputs {
            let fits = match output.attribute.as_str() {
                "department" => is_text,
                "accountEnabled" => is_boolean,
                _ => is_texts,
            };
            match &output.change {
                Change::Set(value) => assert!(fits(value), "{output:?}"),
                Change::FirstFree(values) => assert!(values.iter().all(fits), "{output:?}"),
                _ => {}
            }
        }
    }
});

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Text(_))
}

fn is_boolean(value: &Value) -> bool {
    matches!(value, Value::Boolean(_))
}

fn is_texts(value: &Value) -> bool {
    matches!(value, Value::Texts(_))
}
