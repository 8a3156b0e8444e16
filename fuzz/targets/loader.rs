//! Any bytes as the file of a rule: scanned, compiled, tried, configured and asked, or refused in words.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use syncline_fuzz::{ask, assemble, engine};
use syncline_rules::RulesEngine;

static ENGINE: LazyLock<RulesEngine> = LazyLock::new(engine);

fuzz_target!(|bytes: &[u8]| {
    match ENGINE.admit(bytes) {
        Ok(component) => {
            if let Some(generation) = assemble(&ENGINE, component, serde_json::Value::Null) {
                ask(&generation, "Sales");
            }
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
        }
    }
});
