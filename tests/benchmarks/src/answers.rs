//! Answers as the host has them, and what they must be.

use std::error::Error;

use syncline_directory::{Change, Value};
use syncline_entra_default::EntraDefault;
use syncline_sdk::{contract, native, testing::Subject};

use crate::{COLUMNS, INITIAL_DOMAIN, Row};

/// The attributes that are written, in order of their names.
pub(crate) const OUTPUTS: [&str; 22] = [
    "accountEnabled",
    "businessPhones",
    "city",
    "country",
    "department",
    "displayName",
    "employeeId",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "manager",
    "mobilePhone",
    "officeLocation",
    "postalCode",
    "preferredLanguage",
    "showInAddressList",
    "state",
    "streetAddress",
    "surname",
    "userPrincipalName",
    "userType",
];

/// What becomes of a person.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// A change for each of [`OUTPUTS`].
    Write(Vec<Change>),
    /// Nothing, by this code.
    Skip(String),
}

/// Returns a text as the attribute has it: `manager` names another person.
pub(crate) fn text(attribute: &str, text: String) -> Value {
    if attribute == "manager" {
        Value::Reference(text)
    } else {
        Value::Text(text)
    }
}

/// Returns what the rules say natively.
pub(crate) fn expected(rows: &[Row]) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let rule = native::configure::<EntraDefault>("").map_err(|error| error.message)?;
    let answer = |row: &Row| {
        let mut person = Subject::user();
        for (attribute, value) in COLUMNS.into_iter().zip(&row.source) {
            person = person.with(attribute, given(value));
        }
        if row.joined {
            person = person.joined();
        }
        person = person.within(|context| context.target.initial_domain = INITIAL_DOMAIN.to_owned());
        let answer = person.map(&rule);
        match answer.outcome() {
            contract::Outcome::Write(_) => Ok(Outcome::Write(
                OUTPUTS
                    .iter()
                    .map(|name| change(answer.change(name)))
                    .collect(),
            )),
            contract::Outcome::Skip(reason) => Ok(Outcome::Skip(reason.code.clone())),
            contract::Outcome::Hold(reason) => Err(reason.text.clone().into()),
        }
    };
    rows.iter().map(answer).collect()
}

fn given(value: &Value) -> contract::Value {
    match value {
        Value::Absent => contract::Value::Absent,
        Value::Text(text) => contract::Value::Text(text.clone()),
        Value::Boolean(boolean) => contract::Value::Boolean(*boolean),
        Value::Integer(integer) => contract::Value::Integer(*integer),
        Value::Texts(texts) => contract::Value::Texts(texts.clone()),
        Value::Reference(id) => contract::Value::Reference(id.clone()),
        Value::References(ids) => contract::Value::References(ids.clone()),
    }
}

/// The default rules set texts, booleans, references and lists of texts, and nothing else.
fn change(change: &contract::Change) -> Change {
    match change {
        contract::Change::Clear => Change::Clear,
        contract::Change::Set(contract::Value::Text(text)) => Change::Set(Value::text(text)),
        contract::Change::Set(contract::Value::Boolean(value)) => {
            Change::Set(Value::Boolean(*value))
        }
        contract::Change::Set(contract::Value::Reference(id)) => {
            Change::Set(Value::Reference(id.clone()))
        }
        contract::Change::Set(contract::Value::Texts(texts)) => Change::Set(Value::texts(texts)),
        _ => Change::Keep,
    }
}

/// Fails where two sides answer differently.
pub(crate) fn compare(
    name: &str,
    answers: &[Outcome],
    expected: &[Outcome],
) -> Result<(), Box<dyn Error>> {
    match answers
        .iter()
        .zip(expected)
        .find(|(one, other)| one != other)
    {
        None if answers.len() == expected.len() => Ok(()),
        None => Err(format!("{name} gives {} answers", answers.len()).into()),
        Some((one, other)) => Err(format!("{name} answers {one:?}, it should be {other:?}").into()),
    }
}
