//! The digest of a generation: equal digests decide alike.

use serde_json::Value;
use sha2::{Digest, Sha256};
use syncline_directory::GenerationDigest;

use crate::{layer::LayerSpec, tables::Tables};

/// Returns the digest over components, canonical settings, overrides and tables, in layer order. Every
/// part is preceded by its length, so that no two lists of parts read alike.
pub(super) fn digest(
    layers: &[LayerSpec],
    settings: &[String],
    tables: &Tables,
) -> GenerationDigest {
    let mut digest = Digesting(Sha256::new());
    digest.text("syncline generation 1");
    digest.count(layers.len());
    for (layer, settings) in layers.iter().zip(settings) {
        digest.text(layer.component.digest().as_str());
        digest.text(settings);
        let mut overrides: Vec<&str> = layer.overrides.iter().map(|name| name.as_str()).collect();
        overrides.sort_unstable();
        overrides.dedup();
        digest.count(overrides.len());
        overrides.into_iter().for_each(|name| digest.text(name));
    }
    digest.count(tables.0.len());
    for (name, table) in &tables.0 {
        digest.text(name);
        digest.count(table.len());
        for (key, values) in table {
            digest.text(key);
            digest.count(values.len());
            values.iter().for_each(|value| digest.text(value));
        }
    }
    GenerationDigest::new(hex::encode(digest.0.finalize()))
}

struct Digesting(Sha256);

impl Digesting {
    fn count(&mut self, count: usize) {
        self.0
            .update(u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }
}

/// Returns settings as text with sorted keys, whatever order the file had; empty for the defaults.
pub(super) fn canonical(settings: &Value) -> String {
    match settings {
        Value::Null => String::new(),
        settings => sorted(settings).to_string(),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            // Whether the map itself sorts depends on a feature that any other crate can switch.
            entries.sort_unstable_by_key(|(key, _)| *key);
            entries
                .into_iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect()
        }
        Value::Array(array) => array.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_the_same_in_any_order_and_none_are_empty() {
        let parse = |json: &str| serde_json::from_str::<Value>(json).unwrap();
        assert_eq!(
            canonical(&parse(r#"{"b":[{"y":1,"x":2}],"a":null}"#)),
            r#"{"a":null,"b":[{"x":2,"y":1}]}"#
        );
        assert_eq!(canonical(&Value::Null), "");
        assert_eq!(canonical(&parse("{}")), "{}");
    }
}
