//! The mapping as a Rhai script, asked about one person at a time.

use std::error::Error;

use rhai::{AST, Array, Dynamic, Engine, Map, Scope};
use syncline_directory::{Change, Value};

use crate::{
    COLUMNS, INITIAL_DOMAIN, Row,
    answers::{OUTPUTS, Outcome, text},
};

pub(crate) struct Script {
    engine: Engine,
    rules: AST,
}

impl Script {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mut engine = Engine::new();
        engine.set_max_operations(1_000_000);
        let rules = engine.compile(include_str!("default_rules.rhai"))?;
        Ok(Self { engine, rules })
    }

    pub(crate) fn map(&self, rows: &[Row]) -> Result<Vec<Outcome>, Box<dyn Error>> {
        rows.iter().map(|row| self.map_one(row)).collect()
    }

    fn map_one(&self, row: &Row) -> Result<Outcome, Box<dyn Error>> {
        let person: Map = COLUMNS
            .iter()
            .zip(&row.source)
            .filter(|(_, value)| **value != Value::Absent)
            .map(|(name, value)| ((*name).into(), given(value)))
            .collect();
        let arguments = (person, row.joined, INITIAL_DOMAIN.to_owned());
        let mut scope = Scope::new();
        let mut answer: Map = self
            .engine
            .call_fn(&mut scope, &self.rules, "map", arguments)?;
        if let Some(code) = answer.remove("skip") {
            return Ok(Outcome::Skip(code.into_string()?));
        }
        let changes = OUTPUTS
            .iter()
            .map(|name| change(name, answer.remove(*name)));
        Ok(Outcome::Write(changes.collect::<Result<_, _>>()?))
    }
}

fn given(value: &Value) -> Dynamic {
    match value {
        Value::Absent => Dynamic::UNIT,
        Value::Text(text) | Value::Reference(text) => text.as_str().into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::Integer(integer) => (*integer).into(),
        Value::Texts(texts) | Value::References(texts) => {
            let texts: Array = texts.iter().map(|text| text.as_str().into()).collect();
            texts.into()
        }
    }
}

fn change(name: &str, answer: Option<Dynamic>) -> Result<Change, Box<dyn Error>> {
    let answer = answer.ok_or("an attribute is missing")?;
    let Some(mut wish) = answer.clone().try_cast::<Map>() else {
        return match answer.into_string()?.as_str() {
            "clear" => Ok(Change::Clear),
            _ => Ok(Change::Keep),
        };
    };
    let value = wish.remove("set").ok_or("a wish without a value")?;
    Ok(Change::Set(if let Ok(boolean) = value.as_bool() {
        Value::Boolean(boolean)
    } else if value.is_array() {
        let texts = value.into_typed_array::<String>()?;
        Value::texts(texts)
    } else {
        text(name, value.into_string()?)
    }))
}
