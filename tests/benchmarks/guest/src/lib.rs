//! The default rules' mapping as an Extism plug-in: JSON in, JSON out, a batch a call.

use extism_pdk::{FnResult, plugin_fn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Batch<'a> {
    initial_domain: &'a str,
    #[serde(borrow)]
    people: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    joined: bool,
    #[serde(borrow)]
    source: Person<'a>,
}

/// Texts borrow from the input where JSON has nothing to unescape.
type Text<'a> = Option<std::borrow::Cow<'a, str>>;

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct Person<'a> {
    account_enabled: Option<bool>,
    business_phones: Vec<String>,
    #[serde(borrow)]
    city: Text<'a>,
    #[serde(borrow)]
    country: Text<'a>,
    #[serde(borrow)]
    department: Text<'a>,
    #[serde(borrow)]
    display_name: Text<'a>,
    #[serde(borrow)]
    employee_id: Text<'a>,
    #[serde(borrow)]
    given_name: Text<'a>,
    #[serde(borrow)]
    job_title: Text<'a>,
    #[serde(borrow)]
    mail: Text<'a>,
    #[serde(borrow)]
    mail_nickname: Text<'a>,
    #[serde(borrow)]
    manager: Text<'a>,
    #[serde(borrow)]
    mobile_phone: Text<'a>,
    #[serde(borrow)]
    office_location: Text<'a>,
    #[serde(borrow)]
    postal_code: Text<'a>,
    #[serde(borrow)]
    preferred_language: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    street_address: Text<'a>,
    #[serde(borrow)]
    surname: Text<'a>,
    #[serde(borrow)]
    user_principal_name: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome<'a> {
    Write(BTreeMap<&'static str, Change<'a>>),
    Skip(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Change<'a> {
    Keep,
    Clear,
    Set(Value<'a>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(std::borrow::Cow<'a, str>),
    Boolean(bool),
    Texts([String; 1]),
}

fn copy(text: Text<'_>) -> Change<'_> {
    text.map_or(Change::Clear, |text| Change::Set(Value::Text(text)))
}

fn keep(text: Text<'_>) -> Change<'_> {
    text.map_or(Change::Keep, |text| Change::Set(Value::Text(text)))
}

fn map<'a>(row: Row<'a>, initial_domain: &str) -> Outcome<'a> {
    let Row { joined, source } = row;
    if source.mail.is_none() && !joined {
        return Outcome::Skip("MissingValues");
    }
    let text = |text: &str| Change::Set(Value::Text(text.to_owned().into()));
    let name = source.user_principal_name;
    Outcome::Write(BTreeMap::from([
        (
            "accountEnabled",
            match source.account_enabled {
                Some(enabled) => Change::Set(Value::Boolean(enabled)),
                None if joined => Change::Keep,
                None => Change::Set(Value::Boolean(true)),
            },
        ),
        ("streetAddress", copy(source.street_address)),
        ("city", copy(source.city)),
        ("state", copy(source.state)),
        ("postalCode", copy(source.postal_code)),
        ("country", copy(source.country)),
        ("department", copy(source.department)),
        ("employeeId", copy(source.employee_id)),
        ("displayName", keep(source.display_name)),
        ("givenName", copy(source.given_name)),
        ("jobTitle", copy(source.job_title)),
        ("mailNickname", keep(source.mail_nickname)),
        ("manager", copy(source.manager)),
        ("mobilePhone", copy(source.mobile_phone)),
        ("officeLocation", copy(source.office_location)),
        (
            "preferredLanguage",
            match source.preferred_language {
                Some(language) => Change::Set(Value::Text(language)),
                None if joined => Change::Keep,
                None => text("en-US"),
            },
        ),
        ("surname", copy(source.surname)),
        (
            "businessPhones",
            match source.business_phones.into_iter().next() {
                Some(phone) => Change::Set(Value::Texts([phone])),
                None => Change::Clear,
            },
        ),
        (
            "userPrincipalName",
            name.map_or(Change::Keep, |name| {
                text(&format!("{}#EXT#@{initial_domain}", name.replace('@', "_")))
            }),
        ),
        ("showInAddressList", Change::Set(Value::Boolean(true))),
        ("mail", keep(source.mail)),
        ("userType", text("Member")),
    ]))
}

/// Maps a batch of people.
#[plugin_fn]
pub fn map_people(input: String) -> FnResult<String> {
    let Batch {
        initial_domain,
        people,
    } = serde_json::from_str(&input)?;
    let outcomes = people.into_iter().map(|row| map(row, initial_domain));
    Ok(serde_json::to_string(&outcomes.collect::<Vec<_>>())?)
}
