//! The digest of a component's sources.

use sha2::{Digest as _, Sha256};

/// Returns the digest over named sources, in hex, whatever their order. Names are relative, with
/// slashes, so that it is the same on every system.
pub fn source_digest(mut sources: Vec<(String, Vec<u8>)>) -> String {
    sources.sort();
    let mut hash = Sha256::new();
    for (name, bytes) in &sources {
        // Lengths keep a text's end from being taken for the next one's name.
        hash.update(format!("{} {} {name}\n", name.len(), bytes.len()));
        hash.update(bytes);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(sources: &[(&str, &str)]) -> String {
        let sources = sources
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        source_digest(sources.collect())
    }

    #[test]
    fn names_and_texts_count_and_their_order_does_not() {
        let one = digest(&[("a", "1"), ("b", "2")]);
        assert_eq!(one, digest(&[("b", "2"), ("a", "1")]));
        assert_ne!(one, digest(&[("a", "2"), ("b", "1")]));
        assert_ne!(
            digest(&[("a", "1 1 b\n2")]),
            digest(&[("a", "1"), ("b", "2")])
        );
    }
}
