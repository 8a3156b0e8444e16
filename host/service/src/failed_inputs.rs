//! What rules failed on, kept as files that `syncline plugin test --input` reads: their author can
//! repeat the failure without the tenants. A file is what one object looked like, so the folder is
//! private to its user like everything in `state/`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value as Json, json};
use syncline_directory::{AttributeName, Change, SourceId, Value};
use syncline_rules::{Context, Generation, MappingRow};

use crate::lock::make_private_folder;

/// How many objects are kept of one generation.
const KEPT_MAX: usize = 50;

/// For how many generations objects are kept.
const GENERATIONS_MAX: usize = 10;

/// Where what one generation fails on is kept. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct FailedInputs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: PathBuf,
    folder: PathBuf,
    /// How many objects are kept; none before it was looked.
    kept: Mutex<Option<usize>>,
}

impl FailedInputs {
    /// Returns the place for a generation; nothing is made before something fails.
    pub(crate) fn of(state_folder: &Path, generation: &str) -> Self {
        let all = state_folder.join("failed-inputs");
        Self(Arc::new(Inner {
            folder: all.join(generation),
            all,
            kept: Mutex::new(None),
        }))
    }

    /// Keeps what the rules were given for an object, unless enough is kept. A disk that is full must
    /// not end a run, so that it cannot be kept is told and no more.
    pub(crate) fn keep(
        &self,
        generation: &Generation,
        context: &Context,
        source: &SourceId,
        row: &MappingRow,
    ) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.write(&mut kept, generation, context, source, row);
        if let Err(error) = written {
            tracing::warn!(
                folder = %self.0.folder.display(),
                %error,
                "what the rules failed on cannot be kept"
            );
        }
    }

    fn write(
        &self,
        kept: &mut Option<usize>,
        generation: &Generation,
        context: &Context,
        source: &SourceId,
        row: &MappingRow,
    ) -> io::Result<()> {
        let mut count = match *kept {
            Some(count) => count,
            None => {
                make_private_folder(&self.0.folder)?;
                self.forget_old()?;
                fs::read_dir(&self.0.folder)?.count()
            }
        };
        let file = self.file(source);
        if count < KEPT_MAX || file.exists() {
            count += usize::from(!file.exists());
            let input = input(generation, context, row);
            fs::write(file, format!("{input:#}\n"))?;
        }
        *kept = Some(count);
        Ok(())
    }

    /// Forgets the generations that failed longest ago.
    fn forget_old(&self) -> io::Result<()> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.0.all)? {
            let entry = entry?;
            folders.push((entry.metadata()?.modified()?, entry.path()));
        }
        folders.sort();
        let old = folders.len().saturating_sub(GENERATIONS_MAX);
        for (_, folder) in folders.into_iter().take(old) {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    /// Returns the file with what the rules failed on for an object, if there is one.
    pub(crate) fn of_object(&self, source: &SourceId) -> Option<PathBuf> {
        let file = self.file(source);
        file.exists().then_some(file)
    }

    /// Returns the folder, if there is anything in it.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.0.folder.exists().then_some(&self.0.folder)
    }

    fn file(&self, source: &SourceId) -> PathBuf {
        let id = source.as_str();
        // An id comes from a tenant; only what looks like one becomes a file's name as it is.
        let is_plain = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let name = if is_plain {
            id.to_owned()
        } else {
            hex::encode(id)
        };
        self.0.folder.join(format!("{name}.json"))
    }
}

/// Returns one object as `plugin test --input` reads it.
fn input(generation: &Generation, context: &Context, row: &MappingRow) -> Json {
    // What the failing layer was given by the others is known only by asking them.
    let earlier = match generation.layers() {
        [_] => Vec::new(),
        _ => generation
            .explain(context, row)
            .into_iter()
            .find(|answer| answer.failure().is_some())
            .and_then(|answer| answer.mapping)
            .map_or_else(Vec::new, |mapping| mapping.earlier),
    };
    let source = attributes(generation.source_columns(context.kind), &row.source);
    let target = row
        .target
        .as_ref()
        .map(|target| attributes(generation.target_columns(context.kind), target));
    json!({
        "kind": context.kind,
        "source": source,
        "target": target,
        "earlier": earlier.iter().map(change).collect::<Vec<_>>(),
        "now": context.now,
        "context": {
            "job": context.job,
            "source": context.source,
            "target": context.target,
        },
    })
}

fn attributes(columns: &[AttributeName], values: &[Value]) -> Json {
    let named = columns.iter().zip(values);
    let present = named.filter(|(_, value)| !value.is_absent());
    Json::Object(
        present
            .map(|(column, value)| (column.to_string(), plain(value)))
            .collect::<Map<_, _>>(),
    )
}

/// Returns a value as samples have it: its type is known by its attribute.
pub(crate) fn plain(value: &Value) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Text(text) | Value::Reference(text) => json!(text),
        Value::Boolean(boolean) => json!(boolean),
        Value::Integer(integer) => json!(integer),
        Value::Texts(texts) | Value::References(texts) => json!(texts),
    }
}

/// Returns a change by its name, as in `{"set": "Sales"}`.
pub(crate) fn change(change: &Change) -> Json {
    match change {
        Change::Keep => json!("keep"),
        Change::Clear => json!("clear"),
        Change::Set(value) => json!({ "set": plain(value) }),
        Change::FirstFree(values) => {
            json!({ "first-free": values.iter().map(plain).collect::<Vec<_>>() })
        }
        Change::Refuse(reason) => json!({ "refuse": reason }),
    }
}
