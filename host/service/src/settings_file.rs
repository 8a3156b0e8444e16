//! A plugin's settings: a TOML file whose keys are the plugin's own, so that only the plugin can say
//! what is wrong with them, and only the host where that stands.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use crate::{RulesError, project::Place};

/// A settings file.
pub(crate) struct SettingsFile {
    path: PathBuf,
    text: String,
}

impl SettingsFile {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, RulesError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(source) => Err(RulesError::Unreadable {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Returns the settings as the plugin gets them.
    pub(crate) fn value(&self) -> Result<serde_json::Value, RulesError> {
        let wrong = |span: Range<usize>, message: String| RulesError::Settings {
            place: Place::of(&self.path, &self.text, &span),
            message,
        };
        let table: toml::Table = toml::from_str(&self.text).map_err(|error| {
            wrong(
                error.span().unwrap_or(0..0),
                error.message().replace('\n', " "),
            )
        })?;
        serde_json::to_value(table).map_err(|error| wrong(0..0, error.to_string()))
    }

    /// Returns where a setting stands, as in `regions[3].code`, or what of it is there.
    pub(crate) fn place_of(&self, setting: &str) -> Place {
        Place::of(
            &self.path,
            &self.text,
            &span_of(&self.text, setting).unwrap_or(0..0),
        )
    }
}

fn span_of(text: &str, setting: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let mut span = None;
    let mut inside = Some(table.get_ref());
    let mut items = None;
    for part in setting.split(['.', '[']) {
        let value = if let Some(index) = part.strip_suffix(']') {
            let array: Option<&toml::de::DeArray<'_>> = items;
            let Some(item) = array.and_then(|array| array.get(index.parse::<usize>().ok()?)) else {
                break;
            };
            span = Some(item.span());
            item.get_ref()
        } else {
            let Some((key, value)) = inside
                .and_then(|table| table.iter().find(|(key, _)| key.get_ref().as_ref() == part))
            else {
                break;
            };
            span = Some(key.span());
            value.get_ref()
        };
        (inside, items) = match value {
            DeValue::Table(table) => (Some(table), None),
            DeValue::Array(array) => (None, Some(array)),
            _ => (None, None),
        };
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_where_it_stands() {
        let text =
            "company = \"x\"\n\n[[regions]]\ncode = 1\n\n[[regions]]\nname = \"y\"\ncode = 2\n";
        let check = |setting, line: Option<&str>| {
            let found = span_of(text, setting).map(|span| &text[span.start..]);
            assert_eq!(
                found.and_then(|rest| rest.lines().next()),
                line,
                "{setting}"
            );
        };
        check("company", Some("company = \"x\""));
        check("regions[1].code", Some("code = 2"));
        check("regions[0].size", Some("[[regions]]"));
        check("nothing", None);
        check("", None);
    }
}
