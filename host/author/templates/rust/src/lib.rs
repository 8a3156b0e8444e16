//! The rule of {{name}}.
//!
//! Microsoft's default mapping with three changes, to be replaced by what is wanted: some departments
//! do not come over, the others get a prefix, and everyone is marked.

use serde::Deserialize;
use syncline_entra_default::people::DEPARTMENT;
use syncline_sdk::{Change, Nulls, Rule, Ruleset, SettingsError, Verdict, compute, constant};

/// The longest `department` that Graph takes.
const DEPARTMENT_LENGTH_MAX: usize = 64;

/// The rule; a type without values, since all that it knows is in its settings.
pub struct ClientRule;

/// What the project may set, in a file that its `syncline.toml` names.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What departments begin with.
    pub prefix: String,
    /// Departments that do not come over.
    pub left_out: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "Contoso".to_owned(),
            left_out: vec!["Contractors".to_owned()],
        }
    }
}

impl Rule for ClientRule {
    type Settings = Settings;
    const NAME: &str = env!("CARGO_PKG_NAME");
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const SUMMARY: &str = env!("CARGO_PKG_DESCRIPTION");

    fn rulesets(settings: Settings) -> Result<Vec<Ruleset>, SettingsError> {
        let Settings { prefix, left_out } = settings;
        if prefix.trim().is_empty() {
            return Err(SettingsError::new("prefix", "it must not be empty"));
        }
        // What is not decided here is as in the default mapping. An output replaces the default one
        // of its attribute; a scope adds to the default one.
        let users = syncline_entra_default::users(&Default::default())
            .scope(DEPARTMENT, move |department| scope(department, &left_out))
            .output(compute("department", DEPARTMENT, move |department| {
                prefixed(&prefix, department)
            }))
            .output(constant(
                "onPremisesExtensionAttributes/extensionAttribute1",
                Self::NAME,
            ));
        Ok(vec![users])
    }
}

syncline_sdk::export!(ClientRule);

/// Returns whether a person stays behind because of the department.
fn scope(department: Option<&str>, left_out: &[String]) -> Verdict {
    let department = department.unwrap_or_default().trim();
    if left_out.iter().any(|name| name == department) {
        let text = format!("people of {department} do not come over");
        return Verdict::out("DepartmentLeftOut", text);
    }
    Verdict::InScope
}

/// Returns the department with the prefix before it. A value that does not fit is refused, which
/// leaves that one attribute alone and says why; the rest of the person goes on.
fn prefixed(prefix: &str, department: Option<&str>) -> Change {
    let Some(department) = department else {
        return Nulls::Clear.change();
    };
    let department = format!("{prefix} {department}");
    // Graph counts as UTF-16 does.
    let length = department.encode_utf16().count();
    if length > DEPARTMENT_LENGTH_MAX {
        let text = format!("{length} characters, at most {DEPARTMENT_LENGTH_MAX} fit");
        return Change::refuse("ValueTooLong", text);
    }
    Change::set(department)
}

// These need no WebAssembly: `cargo test`. Whole people are tried in `samples/`.
#[cfg(test)]
mod tests {
    use syncline_sdk::{Change, Verdict, native::configure, testing::Subject};

    use super::ClientRule;

    fn anna(department: &str) -> Subject {
        Subject::user()
            .with("displayName", "Anna Åkesson")
            .with("mail", "anna.akesson@contoso.com")
            .with("userPrincipalName", "anna.akesson@contoso.com")
            .with("department", department)
    }

    #[test]
    fn departments_get_the_prefix_and_what_does_not_fit_is_refused() {
        let rule = configure::<ClientRule>("").unwrap();
        let sales = anna("Sales").map(&rule);
        assert_eq!(sales.change("department"), &Change::set("Contoso Sales"));
        let long = anna(&"x".repeat(64)).map(&rule);
        assert!(matches!(long.change("department"), Change::Refuse(_)));
    }

    #[test]
    fn contractors_stay_behind_unless_the_settings_say_otherwise() {
        let rule = configure::<ClientRule>("").unwrap();
        assert!(matches!(
            anna("Contractors").scope(&rule),
            Verdict::OutOfScope(_)
        ));
        let all = configure::<ClientRule>(r#"{"left-out":[]}"#).unwrap();
        assert_eq!(anna("Contractors").scope(&all), Verdict::InScope);
    }
}
