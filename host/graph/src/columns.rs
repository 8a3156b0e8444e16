//! Attributes as Graph's JSON spells them: what to select, how an object is read, how a change is
//! written (graph.md, section 2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use syncline_directory::{
    AttributeName, Attributes, ObjectKind, Value,
    schema::{self, AttributeType},
};

use crate::url;

/// Returns the collection's name in Graph's paths.
pub(crate) fn collection(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
    }
}

/// Whether this attribute is a navigation property, which plain reads do not bring.
pub(crate) fn is_reference(kind: ObjectKind, name: &AttributeName) -> bool {
    schema::attribute(kind, name.as_str()).is_some_and(|attribute| attribute.is_reference())
}

/// Returns the value of `$select`: `id` and the properties of these columns that are not
/// references, each once and in a fixed order.
pub(crate) fn select(kind: ObjectKind, columns: &[AttributeName]) -> String {
    selection(columns.iter().filter(|name| !is_reference(kind, name)))
}

/// Returns the value of `$select` for a delta round, which follows the references that Graph
/// reports changes of as ids: `manager` and `members` (graph.md, section 3.2).
pub(crate) fn select_tracked(kind: ObjectKind, columns: &[AttributeName]) -> String {
    selection(
        columns.iter().filter(|name| {
            !is_reference(kind, name) || matches!(name.as_str(), "manager" | "members")
        }),
    )
}

fn selection<'a>(columns: impl Iterator<Item = &'a AttributeName>) -> String {
    let properties: BTreeSet<&str> = columns
        .map(AttributeName::property)
        .filter(|name| *name != "id")
        .collect();
    let names: Vec<&str> = std::iter::once("id").chain(properties).collect();
    url::escape_option(&names.join(","))
}

/// Returns these columns of an object; one that it leaves out is absent. References are not read.
pub(crate) fn read_all(kind: ObjectKind, columns: &[AttributeName], object: &Json) -> Attributes {
    columns
        .iter()
        .filter(|name| !is_reference(kind, name))
        .map(|name| (name.clone(), member(object, name).unwrap_or_default()))
        .collect()
}

/// Returns those of these columns that an object carries; without columns, all that it carries.
pub(crate) fn read_present(
    kind: ObjectKind,
    columns: Option<&[AttributeName]>,
    object: &Json,
) -> Attributes {
    let carried;
    let columns = match columns {
        Some(columns) => columns,
        None => {
            carried = carried_columns(kind, object);
            &carried
        }
    };
    columns
        .iter()
        .filter(|name| !is_reference(kind, name))
        .filter_map(|name| Some((name.clone(), member(object, name)?)))
        .collect()
}

fn carried_columns(kind: ObjectKind, object: &Json) -> Vec<AttributeName> {
    let mut columns = Vec::new();
    for name in object.as_object().into_iter().flat_map(Map::keys) {
        if name == "id" || name.contains('@') {
            continue;
        }
        let members = schema::attributes(kind)
            .iter()
            .map(|attribute| attribute.name)
            .filter(|path| {
                path.strip_prefix(&**name)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
        let before = columns.len();
        columns.extend(members.map(AttributeName::new));
        if columns.len() == before {
            columns.push(AttributeName::new(name));
        }
    }
    columns
}

/// Returns the value at a column's path; nothing if the object leaves its property out. A complex
/// property that is null, or lacks the member, has it absent.
fn member(object: &Json, name: &AttributeName) -> Option<Value> {
    let property = object.get(name.property())?;
    match name.as_str().split_once('/') {
        None if name.as_str() == "assignedPlans" => Some(plans(property)),
        None => Some(value(property)),
        Some((_, path)) => Some(property.get(path).map(value).unwrap_or_default()),
    }
}

/// Returns a JSON value as an attribute's. Directory extensions may be of any simple type, so the
/// JSON counts and not the schema; what has no type of ours is compact JSON as text.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Absent,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::String(text) => Value::text(text),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::text(number.to_string()), Value::Integer),
        Json::Array(members) => Value::texts(members.iter().map(|member| match member {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        })),
        Json::Object(_) => Value::text(json.to_string()),
    }
}

/// Returns `assignedPlans` as texts such as `exchange/Enabled`, which is what writability hangs on
/// (graph.md, section 14.2).
fn plans(json: &Json) -> Value {
    let Some(plans) = json.as_array() else {
        return value(json);
    };
    Value::texts(plans.iter().map(|plan| {
        let part = |name| plan.get(name).and_then(Json::as_str).unwrap_or_default();
        format!("{}/{}", part("service"), part("capabilityStatus"))
    }))
}

/// Returns the body of a PATCH that makes these changes and no other.
///
/// # Errors
///
/// Says which change no PATCH can make.
pub(crate) fn patch(
    kind: ObjectKind,
    changes: &BTreeMap<AttributeName, Value>,
) -> Result<Json, String> {
    if changes.is_empty() {
        return Err("there is nothing to change".to_owned());
    }
    let mut body = Map::new();
    for (name, value) in changes {
        if is_reference(kind, name) {
            return Err(format!("`{name}` is a reference and is set on its own"));
        }
        let json = written(kind, name, value)?;
        match name.as_str().split_once('/') {
            None => {
                body.insert(name.to_string(), json);
            }
            Some((property, path)) => {
                let nested = body.entry(property).or_insert_with(|| json!({}));
                if let Some(nested) = nested.as_object_mut() {
                    nested.insert(path.to_owned(), json);
                }
            }
        }
    }
    // Graph merges the members of onPremisesExtensionAttributes, but of this property a member
    // that is left out becomes null (graph.md, section 2.4), which nobody asked for.
    if let Some(organization) = body.get("employeeOrgData")
        && ["division", "costCenter"]
            .iter()
            .any(|member| organization.get(member).is_none())
    {
        return Err(
            "`employeeOrgData` needs `division` and `costCenter` together, or Graph \
                    clears the one that is left out"
                .to_owned(),
        );
    }
    Ok(Json::Object(body))
}

fn written(kind: ObjectKind, name: &AttributeName, value: &Value) -> Result<Json, String> {
    Ok(match value {
        // A collection is cleared by an empty one, anything else by null (graph.md, section 2.4).
        Value::Absent => match schema::attribute(kind, name.as_str()).map(|known| known.kind) {
            Some(AttributeType::Texts) => json!([]),
            _ => Json::Null,
        },
        Value::Text(text) => json!(text),
        Value::Boolean(boolean) => json!(boolean),
        Value::Integer(integer) => json!(integer),
        Value::Texts(texts) => json!(texts),
        Value::Reference(_) | Value::References(_) => {
            return Err(format!("`{name}` cannot hold a reference"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Vec<AttributeName> {
        names.iter().map(AttributeName::new).collect()
    }

    fn changes<const N: usize>(changes: [(&str, Value); N]) -> BTreeMap<AttributeName, Value> {
        changes
            .into_iter()
            .map(|(name, value)| (AttributeName::new(name), value))
            .collect()
    }

    #[test]
    fn a_selection_names_each_property_once() {
        let columns = names([
            "onPremisesExtensionAttributes/extensionAttribute2",
            "mail",
            "manager",
            "onPremisesExtensionAttributes/extensionAttribute1",
            "id",
        ]);
        let user = ObjectKind::User;
        assert_eq!(
            select(user, &columns),
            "id,mail,onPremisesExtensionAttributes"
        );
        assert_eq!(
            select_tracked(user, &columns),
            "id,mail,manager,onPremisesExtensionAttributes"
        );
        assert_eq!(select(user, &[]), "id");
    }

    #[test]
    fn values_have_the_type_that_their_json_has() {
        let object = json!({"id": "1", "mail": null, "accountEnabled": true, "otherMails": ["b", "a"],
            "businessPhones": [], "extension_x_n": 7, "extension_x_f": 1.5, "identities": [{"b": 1, "a": 2}],
            "employeeOrgData": null, "displayName": "Alice", "@odata.type": "x",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "x"},
            "assignedPlans": [{"service": "exchange", "capabilityStatus": "Enabled"}]});
        let present = read_present(ObjectKind::User, None, &object);
        let check = |name: &str, value| assert_eq!(present.get(name), Some(&value), "{name}");
        check("mail", Value::Absent);
        check("accountEnabled", Value::Boolean(true));
        check("otherMails", Value::texts(["a", "b"]));
        check("businessPhones", Value::Absent);
        check("extension_x_n", Value::Integer(7));
        check("extension_x_f", Value::text("1.5"));
        check("identities", Value::texts([r#"{"a":2,"b":1}"#]));
        check("employeeOrgData/division", Value::Absent);
        check(
            "onPremisesExtensionAttributes/extensionAttribute1",
            Value::text("x"),
        );
        check(
            "onPremisesExtensionAttributes/extensionAttribute15",
            Value::Absent,
        );
        check("assignedPlans", Value::texts(["exchange/Enabled"]));
        assert!(!present.contains_key("id") && !present.contains_key("department"));
    }

    #[test]
    fn only_the_columns_asked_for_are_read() {
        let object = json!({"id": "1", "mail": "a@b", "department": "Sales"});
        let columns = names(["mail", "city", "manager"]);
        let present = read_present(ObjectKind::User, Some(&columns), &object);
        assert_eq!(present, changes([("mail", Value::text("a@b"))]));
        let all = read_all(ObjectKind::User, &columns, &object);
        assert_eq!(
            all,
            changes([("mail", Value::text("a@b")), ("city", Value::Absent)])
        );
    }

    #[test]
    fn null_clears_a_text_and_an_empty_list_a_collection() {
        let body = patch(
            ObjectKind::User,
            &changes([
                ("businessPhones", Value::Absent),
                ("department", Value::Absent),
                ("otherMails", Value::texts(["a@b"])),
                (
                    "onPremisesExtensionAttributes/extensionAttribute1",
                    Value::Absent,
                ),
                (
                    "onPremisesExtensionAttributes/extensionAttribute2",
                    Value::text("x"),
                ),
            ]),
        );
        assert_eq!(
            body,
            Ok(
                json!({"businessPhones": [], "department": null, "otherMails": ["a@b"],
                "onPremisesExtensionAttributes":
                    {"extensionAttribute1": null, "extensionAttribute2": "x"}})
            )
        );
    }

    #[test]
    fn a_patch_that_would_clear_what_nobody_named_is_not_sent() {
        let half = changes([("employeeOrgData/division", Value::text("North"))]);
        assert!(patch(ObjectKind::User, &half).is_err());
        let whole = changes([
            ("employeeOrgData/division", Value::text("North")),
            ("employeeOrgData/costCenter", Value::Absent),
        ]);
        assert_eq!(
            patch(ObjectKind::User, &whole),
            Ok(json!({"employeeOrgData": {"division": "North", "costCenter": null}}))
        );
        let manager = changes([("manager", Value::Reference("1".into()))]);
        assert!(patch(ObjectKind::User, &manager).is_err());
        assert!(patch(ObjectKind::User, &changes([])).is_err());
    }
}
