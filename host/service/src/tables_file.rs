//! A client's own tables: CSV files that rules look into by key.
//!
//! The first line names the columns, for people; of each further line the first field is the key and
//! the others are what a look-up answers with. White space around a field is not part of it. Keys are
//! compared as they are written: what counts as the same name is for the rule to say.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use csv::{ErrorKind, Trim};

use crate::{RulesError, project::Job, rules_folder};

/// The tables of a job by name; each maps a key to its values.
pub(crate) type JobTables = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The largest file that is read. Tables are held in memory and kept in the store with each
/// generation; a list of 100,000 people with a few fields has about 10 MiB.
const BYTES_MAX: u64 = 32 << 20;

/// Reads every table that a job gives its rules.
///
/// # Errors
///
/// Says in which file and line something is wrong.
pub(crate) fn read_all(job: &Job) -> Result<JobTables, RulesError> {
    let read = |(name, path): (&String, &PathBuf)| {
        let bytes = read_bytes(job, name, path)?;
        Ok((name.clone(), parse(path, &bytes)?))
    };
    job.tables.iter().map(read).collect()
}

fn read_bytes(job: &Job, name: &str, path: &Path) -> Result<Vec<u8>, RulesError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => RulesError::MissingTable {
            job: job.name.clone(),
            table: name.to_owned(),
            path: path.to_owned(),
        },
        _ => RulesError::Unreadable {
            path: path.to_owned(),
            source: error,
        },
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > BYTES_MAX {
        let message = format!("the table has {size} bytes, at most {BYTES_MAX} are read");
        return Err(wrong(path, None, message));
    }
    rules_folder::read(path).map_err(unreadable)
}

fn wrong(path: &Path, line: Option<u64>, message: impl Into<String>) -> RulesError {
    RulesError::Table {
        path: path.to_owned(),
        line,
        message: message.into(),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Vec<String>>, RulesError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "the table is in UTF-16; save it as CSV in UTF-8";
        return Err(wrong(path, None, message));
    }
    // Spreadsheets begin UTF-8 with a mark; it is no part of the first column's name.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = lines_before(&bytes[..error.valid_up_to()]);
        wrong(
            path,
            Some(line),
            "this is not UTF-8; save the table as CSV in UTF-8",
        )
    })?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| refused(path, &error))?;
    match headers.iter().collect::<Vec<_>>()[..] {
        [] => {
            let message = "the table is empty; its first line names the columns, the key's first";
            return Err(wrong(path, None, message));
        }
        [only] if only.contains([';', '\t']) => {
            let message =
                format!("the first line has one column, `{only}`; columns are separated by commas");
            return Err(wrong(path, Some(1), message));
        }
        _ => {}
    }
    let mut rows = BTreeMap::new();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| refused(path, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = record.iter().map(str::to_owned);
        let key = fields.next().unwrap_or_default();
        if key.is_empty() {
            let message = "this line has no key; the first column holds it";
            return Err(wrong(path, Some(line), message));
        }
        if let Some(first) = lines.insert(key.clone(), line) {
            let message =
                format!("the key `{key}` stands in line {first} already; keep one of them");
            return Err(wrong(path, Some(line), message));
        }
        rows.insert(key, fields.collect());
    }
    Ok(rows)
}

/// Returns the number of the line that text after these bytes stands in.
fn lines_before(bytes: &[u8]) -> u64 {
    let breaks = bytes.split(|byte| *byte == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX)
}

fn refused(path: &Path, error: &csv::Error) -> RulesError {
    let line = error.position().map(csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let message = format!(
                "this line has {len} fields and the first line {expected_len}; a field with a comma \
                 stands in double quotes"
            );
            wrong(path, line, message)
        }
        _ => wrong(path, line, error.to_string().replace('\n', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(bytes: &[u8], message: &str) {
        let error = parse(Path::new("waves.csv"), bytes).expect_err("the table is wrong");
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn the_first_column_is_the_key_and_the_rest_its_values() {
        let bytes = "\u{feff}person, company ,department\r\n\
                     anna@contoso.com,\"Contoso, Inc\", R&D\r\n\r\n Åsa@contoso.com ,,\n";
        let rows = parse(Path::new("exceptions.csv"), bytes.as_bytes()).expect("it is right");
        assert_eq!(rows["anna@contoso.com"], ["Contoso, Inc", "R&D"]);
        assert_eq!(rows["Åsa@contoso.com"], ["", ""]);
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn a_table_of_keys_alone_is_a_list() {
        let rows = parse(Path::new("leavers.csv"), b"person\nanna\nbob\n").expect("it is right");
        assert_eq!(rows["bob"], [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        refuses(
            b"person,wave\nanna,1\nbob,2\nanna,3\n",
            "waves.csv:4: the key `anna` stands in line 2 already; keep one of them",
        );
        refuses(
            b"person,wave\nanna,1\nbob,2,north\n",
            "waves.csv:3: this line has 3 fields and the first line 2; a field with a comma stands in \
             double quotes",
        );
        refuses(
            b"person,wave\nanna,1\n,2\n",
            "waves.csv:3: this line has no key; the first column holds it",
        );
        refuses(
            b"person,wave\nanna,1\nbj\xf6rn,2\n",
            "waves.csv:3: this is not UTF-8; save the table as CSV in UTF-8",
        );
        refuses(
            b"",
            "waves.csv: the table is empty; its first line names the columns, the key's first",
        );
        refuses(
            b"\xff\xfep\0e\0",
            "waves.csv: the table is in UTF-16; save it as CSV in UTF-8",
        );
        refuses(
            b"person;wave\nanna;1\n",
            "waves.csv:1: the first line has one column, `person;wave`; columns are separated by \
             commas",
        );
    }
}
