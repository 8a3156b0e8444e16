//! What Microsoft's default mapping makes of a person, worked out from its own schema.
//!
//! This is a second opinion: it reads `data/default-schema.json`, which is Microsoft's, and Graph's
//! JSON, and shares no code with the rules that it checks. It names attributes as Azure AD Graph did,
//! as the schema does, and knows what each is called in Graph today.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::support::graph::text;

const SCHEMA: &str = include_str!("data/default-schema.json");

/// Attributes of Graph with the value that a target user shall have.
pub(crate) type Wanted = BTreeMap<String, Json>;

/// One attribute mapping of the schema.
struct Mapping {
    target: String,
    source: Source,
    only_on_create: bool,
    default: Option<String>,
}

enum Source {
    Attribute(String),
    Constant(String),
}

/// Microsoft's mapping of users to users.
pub(crate) struct DefaultMapping(Vec<Mapping>);

impl DefaultMapping {
    /// Reads the mapping of users.
    pub(crate) fn read() -> Self {
        let schema: Json = serde_json::from_str(SCHEMA).expect("the schema is JSON");
        let mapping = schema["synchronizationRules"][0]["objectMappings"]
            .as_array()
            .expect("object mappings")
            .iter()
            .find(|mapping| mapping["sourceObjectName"] == "User" && mapping["enabled"] == true)
            .expect("a mapping of users");
        let attributes = mapping["attributeMappings"]
            .as_array()
            .expect("attribute mappings");
        assert_eq!(attributes.len(), 24);
        Self(attributes.iter().filter_map(read_mapping).collect())
    }

    /// Returns what a target user shall have of a source user. `before` is the target user where
    /// there is one: defaults and what is written on creation only stay as they are then.
    pub(crate) fn evaluate(
        &self,
        source: &Json,
        before: Option<&Json>,
        initial_domain: &str,
    ) -> Wanted {
        let mut wanted = Wanted::new();
        for mapping in &self.0 {
            let target = in_graph(&mapping.target);
            let kept = before.map(|before| before[target].clone());
            let value = match (&mapping.source, kept) {
                (_, Some(kept)) if mapping.only_on_create => kept,
                (Source::Constant(text), _) => constant(text),
                (Source::Attribute(name), kept) => {
                    let value = &source[in_graph(name)];
                    match (value, &mapping.default, kept) {
                        (Json::Null, Some(default), None) => constant(default),
                        (Json::Null, Some(_), Some(kept)) => kept,
                        // Our own setting, `nulls = "clear"`; Microsoft's service would leave it.
                        _ => value.clone(),
                    }
                }
            };
            wanted.insert(target.to_owned(), value);
        }
        let name = text(source, "userPrincipalName").expect("everybody has a principal name");
        let external = format!("{}#EXT#@{initial_domain}", name.replace('@', "_"));
        wanted.insert("userPrincipalName".to_owned(), json!(external));
        wanted
    }
}

fn read_mapping(mapping: &Json) -> Option<Mapping> {
    let target = text(mapping, "targetAttributeName")
        .expect("a target attribute")
        .to_owned();
    // Neither has a counterpart in Graph: what Microsoft's service joins on is our table of links,
    // and a deleted source object is one that has left the scope. References are not values.
    if matches!(
        target.as_str(),
        "alternativeSecurityIds" | "IsSoftDeleted" | "manager"
    ) {
        return None;
    }
    let source = &mapping["source"];
    let name = text(source, "name")
        .expect("a source has a name")
        .to_owned();
    Some(Mapping {
        target,
        source: match source["type"].as_str() {
            Some("Attribute") => Source::Attribute(name),
            Some("Constant") => Source::Constant(name),
            other => panic!("the default schema has no source of type {other:?}"),
        },
        only_on_create: mapping["flowType"] == "ObjectAddOnly",
        default: text(mapping, "defaultValue").map(str::to_owned),
    })
}

/// Returns what Graph calls an attribute of Azure AD Graph. `telephoneNumber` is the one value that
/// `businessPhones` holds.
fn in_graph(name: &str) -> &str {
    match name {
        "mobile" => "mobilePhone",
        "telephoneNumber" => "businessPhones",
        "physicalDeliveryOfficeName" => "officeLocation",
        other => other,
    }
}

fn constant(text: &str) -> Json {
    match text.to_lowercase().as_str() {
        "true" => json!(true),
        "false" => json!(false),
        _ => json!(text),
    }
}
