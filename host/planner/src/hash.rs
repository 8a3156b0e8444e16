//! The hash that names a plan: its operations with their before-values, and the generation of rules
//! that wanted them. Time and mirror versions are not part of it, so that the next cycle's equal
//! plan has the same name and an approval still holds for it (law L13).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use syncline_directory::GenerationDigest;

use crate::operation::Operation;

/// The SHA-256 that names a plan, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl PlanHash {
    /// Returns the hash of this text, taken as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first twelve digits, enough for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Hashes a plan operation by operation, in plan order.
pub struct PlanHasher(Sha256);

impl PlanHasher {
    /// Begins the hash of a plan that this generation of rules wanted.
    pub fn new(generation: &GenerationDigest) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"syncline plan 1\n");
        hasher.update(generation.as_str());
        hasher.update(b"\n");
        Self(hasher)
    }

    /// Takes in the next operation.
    pub fn add(&mut self, operation: &Operation) {
        // Maps are ordered and structs have a fixed field order, so equal operations give equal text.
        let text = serde_json::to_vec(operation)
            .expect("an operation holds only strings, numbers and string-keyed maps");
        self.0.update(&text);
        self.0.update(b"\n");
    }

    /// Returns the plan's hash.
    pub fn finish(self) -> PlanHash {
        PlanHash(hex::encode(self.0.finalize()))
    }
}
