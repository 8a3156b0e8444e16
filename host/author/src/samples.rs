//! Samples: objects with what a rule should say of them, in files that people write and review.
//!
//! YAML or JSON, a list of samples or a single one. The same form serves for inputs that the host wrote
//! when a rule failed. What an attribute's value is follows from what Graph says of its type, so no
//! types are written.
//!
//! - [`read`]: from files to samples, each with its place
//! - [`expected`]: what may be expected of a rule, and how it is compared
//! - [`written`]: samples as text
//! - [`update`]: accepting what a rule says now

pub mod expected;
mod raw;
pub(crate) use raw::listed_changes;
pub use raw::usual_context;
#[cfg(test)]
mod tests;
pub mod update;
pub mod written;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use syncline_directory::{Attributes, ObjectKind};
use syncline_rules::{Context, Earlier};

use expected::Expected;

/// One object to ask a rule about, and what it should say.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What people call it; its place among the samples where it has no name.
    pub name: String,
    /// The line of its file that it begins at, from 1.
    pub line: u64,
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object's attributes; what is not named is absent.
    pub source: Attributes,
    /// The target object's, if it is joined.
    pub target: Option<Attributes>,
    /// What earlier layers decided, by attribute.
    pub earlier: Earlier,
    /// The same as a host writes it: for each output of the layer in its order, which only the layer's
    /// declaration tells the name of.
    pub earlier_listed: Vec<serde_json::Value>,
    /// What the rule is told besides: the job, the tenants, the time.
    pub context: Context,
    /// The rule's settings; null for the defaults.
    pub settings: serde_json::Value,
    /// The client's tables.
    pub tables: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What the rule should say; what is left out is not compared.
    pub expected: Expected,
}

/// A file of samples.
#[derive(Clone, Debug)]
pub struct SampleFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its samples, in order.
    pub samples: Vec<Sample>,
}

/// Why samples cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not as samples are written.
    #[error("{}:{line}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The largest file of samples; what is larger is no file that people review.
const FILE_SIZE_MAX: u64 = 16 << 20;

/// Reads the samples of a file, or of all YAML and JSON files of a folder in the order of their names.
/// A folder that is not there has none.
///
/// # Errors
///
/// Names the file, the line and what is wrong.
pub fn read(path: &Path) -> Result<Vec<SampleFile>, SamplesError> {
    let unread = |source| SamplesError::Read {
        path: path.to_owned(),
        source,
    };
    if !path.is_dir() {
        return match fs::metadata(path) {
            Ok(_) => Ok(vec![read_file(path)?]),
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.extension().is_none() => {
                Ok(Vec::new())
            }
            Err(error) => Err(unread(error)),
        };
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if matches!(ending, Some("yaml" | "yml" | "json")) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Result<SampleFile, SamplesError> {
    let unread = |source| SamplesError::Read {
        path: path.to_owned(),
        source,
    };
    let size = fs::metadata(path).map_err(unread)?.len();
    if size > FILE_SIZE_MAX {
        return Err(SamplesError::Form {
            path: path.to_owned(),
            line: 1,
            message: format!("it has {size} bytes, at most {FILE_SIZE_MAX} are read"),
        });
    }
    let text = fs::read_to_string(path).map_err(unread)?;
    let samples = parse(&text).map_err(|(line, message)| SamplesError::Form {
        path: path.to_owned(),
        line,
        message,
    })?;
    Ok(SampleFile {
        path: path.to_owned(),
        text,
        samples,
    })
}

/// Returns the samples that a component brings along, as a file of their own.
pub fn of_component(component: &syncline_rules::Component) -> Vec<SampleFile> {
    let samples = component.samples().iter().enumerate();
    let samples: Vec<Sample> = samples
        .map(|(index, sample)| Sample {
            name: format!("sample {}", index + 1),
            line: 1,
            kind: sample.kind,
            source: sample.source.clone(),
            target: sample.target.clone(),
            earlier: Earlier::new(),
            earlier_listed: Vec::new(),
            context: usual_context(sample.kind),
            settings: serde_json::Value::Null,
            tables: BTreeMap::new(),
            expected: Expected::default(),
        })
        .collect();
    if samples.is_empty() {
        return Vec::new();
    }
    vec![SampleFile {
        path: PathBuf::from("samples in the component"),
        text: String::new(),
        samples,
    }]
}

/// Reads the samples of a text. An error is a line and what is wrong there.
pub(crate) fn parse(text: &str) -> Result<Vec<Sample>, (u64, String)> {
    raw::parse(text)
}

impl Sample {
    /// Returns the sample as it travels in a component: what a host needs to try a rule on it.
    pub(crate) fn embedded(&self) -> serde_json::Value {
        let attributes = |attributes: &Attributes| {
            let values = attributes
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), written::json(value)));
            serde_json::Value::Object(values.collect())
        };
        serde_json::json!({
            "kind": self.kind.as_str(),
            "source": attributes(&self.source),
            "target": self.target.as_ref().map(attributes),
        })
    }

    /// Returns the source's values in the order of these columns.
    pub(crate) fn row(
        &self,
        generation: &syncline_rules::Generation,
    ) -> syncline_rules::MappingRow {
        row(generation, self.kind, &self.source, self.target.as_ref())
    }
}

/// Returns an object as a row of a generation; attributes that it does not name are absent.
pub(crate) fn row(
    generation: &syncline_rules::Generation,
    kind: ObjectKind,
    source: &Attributes,
    target: Option<&Attributes>,
) -> syncline_rules::MappingRow {
    let values = |columns: &[syncline_directory::AttributeName], attributes: &Attributes| {
        columns
            .iter()
            .map(|name| attributes.get(name).cloned().unwrap_or_default())
            .collect()
    };
    syncline_rules::MappingRow {
        source: values(generation.source_columns(kind), source),
        target: target.map(|target| values(generation.target_columns(kind), target)),
    }
}
