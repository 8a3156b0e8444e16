//! Settings: from JSON to the author's own type, with errors that name the offending key.

mod json;

use serde::{Deserialize, de::DeserializeOwned};

use crate::contract::SettingsError;

/// The settings of a rule that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// Reads settings; an empty text means the defaults.
pub(crate) fn read<S: DeserializeOwned + Default>(json: &str) -> Result<S, SettingsError> {
    if json.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Ok(S::default());
    }
    json::read(json)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        company: String,
        regions: Vec<Region>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Region {
        code: String,
    }

    #[track_caller]
    fn check(json: &str, path: &str, message: &str) {
        let error = read::<Settings>(json).unwrap_err();
        assert_eq!(error.path, path);
        assert!(error.message.contains(message), "{}", error.message);
    }

    #[test]
    fn nothing_means_the_defaults() {
        assert_eq!(read::<Settings>("").unwrap(), Settings::default());
        assert_eq!(read::<Settings>("{}").unwrap(), Settings::default());
    }

    #[test]
    fn errors_name_the_key() {
        check(
            r#"{"regions":[{"code":"EU"},{"code":7}]}"#,
            "regions[1].code",
            "invalid type",
        );
        check(r#"{"company":null}"#, "company", "invalid type: null");
        check(
            r#"{"compny":"Contoso"}"#,
            "compny",
            "unknown field `compny`",
        );
        check("[]", "", "invalid type: a list");
        check("{", "", "it ends where a key is expected");
        check(
            r#"{"regions":["#,
            "regions[0]",
            "it ends where a value is expected",
        );
        check("{} {}", "", "`{` at byte 3 where the end is expected");
    }
}
