//! How many bytes of values a row or an answer carries, against the contract's limit.

use syncline_directory as directory;

use super::lifted;

/// Bytes of values; what has no text counts as [`WORD`].
pub(crate) trait Measure {
    fn bytes(&self) -> usize;
}

/// What a value without a text counts.
pub(crate) const WORD: usize = 8;

fn sum(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

/// Returns the bytes of a value that goes to a rule.
pub(crate) fn value_bytes(value: &directory::Value) -> usize {
    match value {
        directory::Value::Text(text) | directory::Value::Reference(text) => text.len(),
        directory::Value::Texts(texts) | directory::Value::References(texts) => sum(texts),
        directory::Value::Absent | directory::Value::Boolean(_) | directory::Value::Integer(_) => {
            WORD
        }
    }
}

impl Measure for lifted::Value {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Reference(text) => text.len(),
            Self::Texts(texts) | Self::References(texts) => sum(texts),
            Self::Absent | Self::Boolean(_) | Self::Integer(_) | Self::Withheld => WORD,
        }
    }
}

impl Measure for lifted::Reason {
    fn bytes(&self) -> usize {
        self.code.len() + self.text.len()
    }
}

impl Measure for lifted::Verdict {
    fn bytes(&self) -> usize {
        match self {
            Self::InScope => WORD,
            Self::OutOfScope(reason) | Self::Hold(reason) => reason.bytes(),
        }
    }
}

impl Measure for lifted::Keys {
    fn bytes(&self) -> usize {
        match self {
            Ok(keys) => keys.iter().map(|key| key.value.len() + WORD).sum(),
            Err(reason) => reason.bytes(),
        }
    }
}

impl lifted::Change {
    fn bytes(&self, named: impl Fn(u32) -> usize) -> usize {
        match self {
            Self::Same(position) => named(*position),
            Self::Keep | Self::Clear => WORD,
            Self::Set(value) => value.bytes(),
            Self::FirstFree(values) => values.iter().map(Measure::bytes).sum(),
            Self::Refuse(reason) => reason.bytes(),
        }
    }
}

impl lifted::Outcome {
    /// Returns the bytes of its values; those of a source column that it names are asked for.
    pub(crate) fn bytes(&self, named: impl Fn(u32) -> usize) -> usize {
        match self {
            Self::Write(mapped) => {
                let changes = mapped.changes.iter();
                changes.map(|change| change.bytes(&named)).sum()
            }
            Self::Skip(reason) | Self::Hold(reason) => reason.bytes(),
        }
    }
}
