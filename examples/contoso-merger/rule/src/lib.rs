//! The rule of the Contoso merger.
//!
//! In Contoso's tenant `department` holds the company within the group and `companyName` the region.
//! Fabrikam wants one company, the departments told apart by the old name, and a mark on everyone
//! who came over. Contractors stay where they are. All else is Microsoft's default mapping.

use serde::Deserialize;
use syncline_entra_default::people::DEPARTMENT;
use syncline_sdk::{Change, Nulls, Rule, Ruleset, SettingsError, Verdict, compute, constant};

/// The longest `department` that Graph takes.
const DEPARTMENT_LENGTH_MAX: usize = 64;

/// The rule; a type without values, since all it knows is in its settings.
pub struct ContosoMerger;

/// What the project may set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What everyone's company becomes, and what departments begin with.
    pub company: String,
    /// Departments that do not come over, whatever their case.
    pub left_out: Vec<String>,
    /// As in the default mapping.
    pub nulls: Nulls,
}

impl Default for Settings {
    fn default() -> Self {
        let left_out = ["Contractors", "Temporary staff"]
            .map(str::to_owned)
            .to_vec();
        Self {
            company: "Contoso".to_owned(),
            left_out,
            nulls: Nulls::default(),
        }
    }
}

impl Rule for ContosoMerger {
    type Settings = Settings;
    const NAME: &str = "contoso-merger";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const SUMMARY: &str = "Brings Contoso's people over, under one company name";

    fn rulesets(settings: Settings) -> Result<Vec<Ruleset>, SettingsError> {
        let Settings {
            company,
            left_out,
            nulls,
        } = settings;
        if company.trim().is_empty() {
            return Err(SettingsError::new("company", "a company needs a name"));
        }
        let name = company.clone();
        let users = syncline_entra_default::users(&syncline_entra_default::Settings { nulls })
            .scope(DEPARTMENT, move |department| stays(department, &left_out))
            .output(compute(
                "department",
                DEPARTMENT,
                move |department| match department {
                    Some(department) => prefixed(&name, department),
                    None => nulls.change(),
                },
            ))
            .output(constant("companyName", company))
            .output(constant(
                "onPremisesExtensionAttributes/extensionAttribute1",
                Self::NAME,
            ));
        Ok(vec![users])
    }
}

syncline_sdk::export!(ContosoMerger);

/// Returns whether a person stays behind because of the department.
fn stays(department: Option<&str>, left_out: &[String]) -> Verdict {
    let department = department.unwrap_or_default().trim();
    if left_out.iter().any(|name| is_same(name, department)) {
        return Verdict::out(
            "DepartmentLeftOut",
            format!("people of {department} do not come over"),
        );
    }
    Verdict::InScope
}

/// Whether two texts are the same but for case.
fn is_same(one: &str, other: &str) -> bool {
    let lower = char::to_lowercase;
    one.chars()
        .flat_map(lower)
        .eq(other.chars().flat_map(lower))
}

/// Returns the department with the company before it, if there is room for both.
fn prefixed(company: &str, department: &str) -> Change {
    let department = format!("{company} {department}");
    let length = department.chars().count();
    if length > DEPARTMENT_LENGTH_MAX {
        let text =
            format!("{department} has {length} characters, at most {DEPARTMENT_LENGTH_MAX} fit");
        return Change::refuse("ValueTooLong", text);
    }
    Change::set(department)
}

#[cfg(test)]
mod tests {
    use syncline_sdk::{Program, native::configure, testing::Subject};

    use super::*;

    fn rule() -> Program {
        configure::<ContosoMerger>("").unwrap()
    }

    fn anna(department: &str) -> Subject {
        Subject::user()
            .with("displayName", "Anna Åkesson")
            .with("mail", "anna.akesson@contoso.com")
            .with("userPrincipalName", "anna.akesson@contoso.com")
            .with("jobTitle", "Verkställande direktör")
            .with("companyName", "EMEA")
            .with("department", department)
    }

    #[test]
    fn everyone_gets_the_company_and_the_mark() {
        let answer = anna("Västkusten AB").map(&rule());
        assert_eq!(
            answer.change("department"),
            &Change::set("Contoso Västkusten AB")
        );
        assert_eq!(answer.change("companyName"), &Change::set("Contoso"));
        let mark = answer.change("onPremisesExtensionAttributes/extensionAttribute1");
        assert_eq!(mark, &Change::set("contoso-merger"));
        // The default mapping's own.
        assert_eq!(
            answer.change("jobTitle"),
            &Change::set("Verkställande direktör")
        );
        assert_eq!(answer.change("userType"), &Change::set("Member"));
    }

    #[test]
    fn a_department_fits_or_is_refused() {
        let room = DEPARTMENT_LENGTH_MAX - "Contoso ".len();
        let longest = anna(&"å".repeat(room)).map(&rule());
        assert!(matches!(longest.change("department"), Change::Set(_)));
        let beyond = anna(&"å".repeat(room + 1)).map(&rule());
        let Change::Refuse(reason) = beyond.change("department") else {
            panic!("65 do not fit")
        };
        assert_eq!(reason.code, "ValueTooLong");
        assert_eq!(beyond.change("companyName"), &Change::set("Contoso"));
    }

    #[test]
    fn contractors_stay_behind() {
        let rule = rule();
        let left_out = Verdict::out(
            "DepartmentLeftOut",
            "people of Contractors do not come over",
        );
        assert_eq!(anna("Contractors ").scope(&rule), left_out);
        assert!(matches!(
            anna("CONTRACTORS").scope(&rule),
            Verdict::OutOfScope(_)
        ));
        assert_eq!(
            anna("Contractors' accounting").scope(&rule),
            Verdict::InScope
        );
        assert_eq!(Subject::user().scope(&rule), Verdict::InScope);
        // The default mapping's scope still counts.
        let guest = anna("Sales").with("userType", "Guest").scope(&rule);
        assert_eq!(
            guest,
            Verdict::out("ExternalUserFiltered", "userType is Guest")
        );
    }

    #[test]
    fn settings_change_the_company_and_who_stays() {
        let rule =
            configure::<ContosoMerger>(r#"{"company":"Contoso Nord","left-out":["Styrelsen"]}"#)
                .unwrap();
        let answer = anna("Lager").map(&rule);
        assert_eq!(
            answer.change("department"),
            &Change::set("Contoso Nord Lager")
        );
        assert!(matches!(
            anna("STYRELSEN").scope(&rule),
            Verdict::OutOfScope(_)
        ));
        assert_eq!(anna("Contractors").scope(&rule), Verdict::InScope);
        let error = configure::<ContosoMerger>(r#"{"company":" "}"#)
            .err()
            .unwrap();
        assert_eq!(error.path, "company");
    }

    #[test]
    fn a_cleared_department_is_cleared_or_kept_as_set() {
        let bare = anna("").without("department").joined();
        assert_eq!(bare.map(&rule()).change("department"), &Change::Clear);
        let keeping = configure::<ContosoMerger>(r#"{"nulls":"keep"}"#).unwrap();
        assert_eq!(bare.map(&keeping).change("department"), &Change::Keep);
    }
}
