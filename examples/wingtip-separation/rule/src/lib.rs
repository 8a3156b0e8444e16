//! The rule of the Wingtip separation.
//!
//! Contoso has sold its division Wingtip, whose people move into a tenant of their own, wave after wave.
//! Who moves when stands in the table `waves`; up to which wave the project has come, in its settings. In
//! Wingtip's tenant everybody becomes an internal user with a name and an address of the new domain,
//! blocked until the day on which the wave moves. The old address stays with them as another mail.
//!
//! What they shall be called is in [`names`].

pub mod names;

use serde::Deserialize;
use syncline_entra_default::{people, scope::internal_people};
use syncline_sdk::{
    Absent, Change, Nulls, ObjectKind, Rule, Ruleset, SettingsError, Shape, TargetTenant, Tenant,
    Value, Verdict, compute, constant, copy,
    input::{Lookup, Table},
};

/// The table of who moves in which wave.
const WAVES: &str = "waves";

/// The rule; a type without values, since all it knows is in its settings and its table.
pub struct WingtipSeparation;

/// What the project may set.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The last wave that moves so far; nobody does in wave 0.
    pub up_to_wave: u32,
    /// As in the default mapping.
    pub nulls: Nulls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            up_to_wave: 1,
            nulls: Nulls::default(),
        }
    }
}

impl Rule for WingtipSeparation {
    type Settings = Settings;
    const NAME: &str = "wingtip-separation";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const SUMMARY: &str = "Moves Wingtip's people into a tenant of their own, wave after wave";

    fn rulesets(settings: Settings) -> Result<Vec<Ruleset>, SettingsError> {
        let Settings { up_to_wave, nulls } = settings;
        let who = || {
            (
                people::GIVEN_NAME,
                people::SURNAME,
                people::USER_PRINCIPAL_NAME,
                TargetTenant,
            )
        };
        let users = Ruleset::of(ObjectKind::User)
            .scope(
                (
                    people::USER_TYPE,
                    people::CREATION_TYPE,
                    people::USER_PRINCIPAL_NAME,
                ),
                internal_people,
            )
            .scope(
                (people::USER_PRINCIPAL_NAME, people::DEPARTMENT, Table(WAVES)),
                move |(person, department, waves)| moves(up_to_wave, person, department, waves),
            )
            // Who holds the old address in the new tenant is the same person: an account of an earlier
            // try, or a guest that somebody invited.
            .key(0, "mail", people::MAIL, |mail| mail.map(str::to_owned))
            .shape(Shape::InternalMember)
            .outputs([
                // Names are given once: who marries keeps the address until somebody changes it.
                compute("userPrincipalName", who(), |who| ranked(who, address)).on_create(),
                compute("mail", who(), |who| ranked(who, address)).on_create(),
                compute("mailNickname", who(), |who| ranked(who, |name, _| name)).on_create(),
                compute("otherMails", people::MAIL, old_address).on_create(),
                constant("userType", "Member").on_create(),
                constant("companyName", "Wingtip"),
                copy(people::DISPLAY_NAME, Absent::Keep),
                copy(people::GIVEN_NAME, nulls),
                copy(people::SURNAME, nulls),
                copy(people::JOB_TITLE, nulls),
                copy(people::DEPARTMENT, nulls),
                copy(people::EMPLOYEE_ID, nulls),
                copy(people::MANAGER, nulls),
                copy(people::OFFICE_LOCATION, nulls),
                copy(people::STREET_ADDRESS, nulls),
                copy(people::POSTAL_CODE, nulls),
                copy(people::CITY, nulls),
                copy(people::STATE, nulls),
                copy(people::COUNTRY, nulls),
                copy(people::MOBILE_PHONE, nulls),
                copy(people::PREFERRED_LANGUAGE, Absent::default_on_create("en-US")),
            ]);
        Ok(vec![users])
    }
}

syncline_sdk::export!(WingtipSeparation);

/// Returns whether a person moves by now. The person's own line counts before that of the department.
fn moves(
    up_to_wave: u32,
    person: Option<&str>,
    department: Option<&str>,
    waves: Lookup,
) -> Verdict {
    let person = person.map(str::to_lowercase);
    let mut keys = person.as_deref().into_iter().chain(department);
    let Some((key, line)) = keys.find_map(|key| Some((key, waves.get(key)?))) else {
        return Verdict::out("StaysWithContoso", "is in no wave of the separation");
    };
    let wave = line.first().map(String::as_str).unwrap_or_default();
    match wave.parse::<u32>() {
        Ok(wave) if wave <= up_to_wave => Verdict::InScope,
        Ok(wave) => Verdict::out("LaterWave", format!("moves in wave {wave}")),
        // A slip of the pen must not send anybody back.
        Err(_) => Verdict::hold(
            "WaveUnreadable",
            format!("the table has `{wave}` for {key}, which is no number of a wave"),
        ),
    }
}

type Who<'r> = (
    Option<&'r str>,
    Option<&'r str>,
    Option<&'r str>,
    &'r Tenant,
);

/// Returns the ranked candidates made of a person's names, best first.
fn ranked(
    (given, surname, name, tenant): Who<'_>,
    written: impl Fn(String, &Tenant) -> String,
) -> Change {
    let candidates: Vec<Value> = names::candidates(given, surname, name)
        .into_iter()
        .map(|name| Value::from(written(name, tenant)))
        .collect();
    if candidates.is_empty() {
        return Change::refuse(
            "NoName",
            "no name of this person can be written in an address",
        );
    }
    Change::FirstFree(candidates)
}

fn address(name: String, tenant: &Tenant) -> String {
    format!("{name}@{}", tenant.default_domain)
}

/// The old address stays with its owner: mail to it can be told from others', and it is found again.
fn old_address(mail: Option<&str>) -> Change {
    mail.map_or(Change::Keep, |mail| Change::set(vec![mail.to_owned()]))
}

#[cfg(test)]
mod tests;
