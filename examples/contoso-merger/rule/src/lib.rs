//! The rule of the Contoso merger.
//!
//! In Contoso's tenant `department` holds the company within the group and `companyName` the region.
//! Fabrikam wants one company, the departments told apart by the old name, and a mark on everyone
//! who came over. Contractors stay where they are. All else is Microsoft's default mapping.
//!
//! No such rule fits everybody. Whom it does not fit stands in a table, `exceptions`: by principal name or
//! by department, with the company and the department that shall be written instead.

use serde::Deserialize;
use syncline_entra_default::people::{DEPARTMENT, USER_PRINCIPAL_NAME};
use syncline_sdk::{
    Change, Nulls, Rule, Ruleset, SettingsError, Verdict, compute, constant,
    input::{Lookup, Table},
};

/// The table of whom the rule does not fit.
const EXCEPTIONS: &str = "exceptions";

/// The columns of the table beside its key.
const COMPANY_COLUMN: usize = 0;
const DEPARTMENT_COLUMN: usize = 1;

/// The longest `department` and the longest `companyName` that Graph takes.
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
    /// Whether the project gives the table `exceptions`.
    pub exceptions: bool,
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
            exceptions: false,
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
            exceptions,
            nulls,
        } = settings;
        if company.trim().is_empty() {
            return Err(SettingsError::new("company", "a company needs a name"));
        }
        let name = company.clone();
        let usual = move |department: Option<&str>| match department {
            Some(department) => prefixed(&name, department),
            None => nulls.change(),
        };
        let users = syncline_entra_default::users(&syncline_entra_default::Settings { nulls })
            .scope(DEPARTMENT, move |department| stays(department, &left_out))
            .output(constant(
                "onPremisesExtensionAttributes/extensionAttribute1",
                Self::NAME,
            ));
        // A table is declared only where the project gives one.
        Ok(vec![if exceptions {
            let inputs = || (USER_PRINCIPAL_NAME, DEPARTMENT, Table(EXCEPTIONS));
            users
                .output(compute(
                    "department",
                    inputs(),
                    move |(person, department, table)| {
                        exception(table, person, department, DEPARTMENT_COLUMN)
                            .map_or_else(|| usual(department), fitting)
                    },
                ))
                .output(compute(
                    "companyName",
                    inputs(),
                    move |(person, department, table)| {
                        exception(table, person, department, COMPANY_COLUMN)
                            .map_or_else(|| Change::set(company.clone()), fitting)
                    },
                ))
        } else {
            users
                .output(compute("department", DEPARTMENT, usual))
                .output(constant("companyName", company))
        }])
    }
}

syncline_sdk::export!(ContosoMerger);

/// Returns what the table has for a person: by principal name, in small letters whatever the directory
/// has, or else by department. An empty field is no exception.
fn exception(
    table: Lookup,
    person: Option<&str>,
    department: Option<&str>,
    column: usize,
) -> Option<String> {
    let person = person.map(str::to_lowercase);
    let keys = person.as_deref().into_iter().chain(department);
    let mut fields = keys.filter_map(|key| table.get(key)?.into_iter().nth(column));
    fields.find(|field| !field.is_empty())
}

/// Returns a text of the table's, if there is room for it.
fn fitting(text: String) -> Change {
    match text.chars().count() {
        length if length > DEPARTMENT_LENGTH_MAX => too_long(&text, length),
        _ => Change::set(text),
    }
}

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
    fitting(format!("{company} {department}"))
}

fn too_long(text: &str, length: usize) -> Change {
    let text = format!("{text} has {length} characters, at most {DEPARTMENT_LENGTH_MAX} fit");
    Change::refuse("ValueTooLong", text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use syncline_sdk::{
        Program,
        native::{configure, set_tables},
        testing::Subject,
    };

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
    fn whom_the_table_names_is_an_exception_in_what_it_names() {
        let line = |fields: [&str; 2]| fields.map(str::to_owned).to_vec();
        let exceptions = HashMap::from([
            (
                "anna.akesson@contoso.com".to_owned(),
                line(["Fabrikam", "Board"]),
            ),
            ("Shared services".to_owned(), line(["", "Group services"])),
            ("Hamnen".to_owned(), line(["Contoso Hamn", ""])),
        ]);
        let tables = BTreeMap::from([("exceptions".to_owned(), exceptions)]);
        let before = set_tables(tables);
        let rule = configure::<ContosoMerger>(r#"{"exceptions":true}"#).unwrap();
        let check = |subject: Subject, company: &str, department: &str| {
            let answer = subject.map(&rule);
            assert_eq!(answer.change("companyName"), &Change::set(company));
            assert_eq!(answer.change("department"), &Change::set(department));
        };
        let nobody = |department| anna(department).with("userPrincipalName", "bo@contoso.com");
        check(
            anna("Shared services").with("userPrincipalName", "Anna.Akesson@Contoso.com"),
            "Fabrikam",
            "Board",
        );
        check(nobody("Shared services"), "Contoso", "Group services");
        check(nobody("Hamnen"), "Contoso Hamn", "Contoso Hamnen");
        check(nobody("Lager"), "Contoso", "Contoso Lager");
        set_tables(before);
    }

    #[test]
    fn a_cleared_department_is_cleared_or_kept_as_set() {
        let bare = anna("").without("department").joined();
        assert_eq!(bare.map(&rule()).change("department"), &Change::Clear);
        let keeping = configure::<ContosoMerger>(r#"{"nulls":"keep"}"#).unwrap();
        assert_eq!(bare.map(&keeping).change("department"), &Change::Keep);
    }
}
