//! The mapping as an Extism plug-in that is given JSON and gives JSON.

use std::{borrow::Cow, collections::BTreeMap, error::Error, time::Duration};

use extism::{Manifest, Wasm};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use syncline_directory::{Change, Value};

use crate::{
    COLUMNS, INITIAL_DOMAIN, Row,
    answers::{OUTPUTS, Outcome, text},
};

pub(crate) struct Plugin(extism::Plugin);

#[derive(Serialize)]
struct Batch<'a> {
    initial_domain: &'a str,
    people: Vec<Person<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    joined: bool,
    #[serde(serialize_with = "attributes")]
    source: &'a [Value],
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer<'a> {
    #[serde(borrow)]
    Write(BTreeMap<&'a str, Wish<'a>>),
    Skip(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Wish<'a> {
    Keep,
    Clear,
    #[serde(borrow)]
    Set(Given<'a>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given<'a> {
    Boolean(bool),
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Texts(Vec<String>),
}

impl Plugin {
    pub(crate) fn new(guest: Vec<u8>) -> Result<Self, Box<dyn Error>> {
        let manifest = Manifest::new([Wasm::data(guest)])
            .with_memory_max(1024)
            .with_timeout(Duration::from_secs(20));
        Ok(Self(extism::Plugin::new(&manifest, [], false)?))
    }

    pub(crate) fn map(&mut self, rows: &[Row]) -> Result<Vec<Outcome>, Box<dyn Error>> {
        let people = rows.iter().map(|row| Person {
            joined: row.joined,
            source: &row.source,
        });
        let batch = serde_json::to_string(&Batch {
            initial_domain: INITIAL_DOMAIN,
            people: people.collect(),
        })?;
        let answers: &str = self.0.call("map_people", batch.as_str())?;
        let answers: Vec<Answer<'_>> = serde_json::from_str(answers)?;
        Ok(answers.into_iter().map(outcome).collect())
    }
}

/// Writes a person as an object of what there is.
fn attributes<S: Serializer>(values: &&[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in COLUMNS.iter().zip(*values) {
        match value {
            Value::Absent => {}
            Value::Text(text) | Value::Reference(text) => map.serialize_entry(name, text)?,
            Value::Boolean(boolean) => map.serialize_entry(name, boolean)?,
            Value::Integer(integer) => map.serialize_entry(name, integer)?,
            Value::Texts(texts) | Value::References(texts) => map.serialize_entry(name, texts)?,
        }
    }
    map.end()
}

fn outcome(answer: Answer<'_>) -> Outcome {
    let mut wishes = match answer {
        Answer::Write(wishes) => wishes,
        Answer::Skip(code) => return Outcome::Skip(code),
    };
    let change = |name: &&str| match wishes.remove(*name) {
        None | Some(Wish::Keep) => Change::Keep,
        Some(Wish::Clear) => Change::Clear,
        Some(Wish::Set(Given::Boolean(boolean))) => Change::Set(Value::Boolean(boolean)),
        Some(Wish::Set(Given::Text(value))) => Change::Set(text(name, value.into_owned())),
        Some(Wish::Set(Given::Texts(texts))) => Change::Set(Value::texts(texts)),
    };
    Outcome::Write(OUTPUTS.iter().map(change).collect())
}
