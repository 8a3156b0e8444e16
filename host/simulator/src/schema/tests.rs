//! The tables against Microsoft's metadata, which is kept beside them as it was read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Access, Kind, Shape, contact, group, invitation, user};

const METADATA: &str = include_str!("../../tests/data/graph-metadata.json");

#[derive(Deserialize)]
struct Metadata {
    types: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
struct Type {
    properties: BTreeMap<String, String>,
    navigation: BTreeSet<String>,
}

/// Returns the type's name in the metadata, or `None` where the shape stands for several.
fn edm(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::Text(_) | Shape::OneOf(_) | Shape::Country => Some("Edm.String"),
        Shape::Flag => Some("Edm.Boolean"),
        Shape::Number => Some("Edm.Int32"),
        Shape::Instant => Some("Edm.DateTimeOffset"),
        Shape::Texts { .. } => Some("Collection(Edm.String)"),
        Shape::OrgData => Some("employeeOrgData"),
        Shape::ExtensionAttributes => Some("onPremisesExtensionAttributes"),
        Shape::Identities => Some("Collection(objectIdentity)"),
        Shape::Password => Some("passwordProfile"),
        Shape::Object | Shape::Objects => None,
    }
}

#[test]
fn every_property_of_the_metadata_is_there_with_its_type_and_no_other() {
    let metadata: Metadata = serde_json::from_str(METADATA).unwrap();
    for (name, table, bases) in [
        ("user", user::PROPERTIES, &["directoryObject", "entity"][..]),
        ("group", group::PROPERTIES, &["directoryObject", "entity"]),
        (
            "orgContact",
            contact::PROPERTIES,
            &["directoryObject", "entity"],
        ),
        ("invitation", invitation::PROPERTIES, &["entity"]),
    ] {
        let mut declared: BTreeMap<&str, &str> = BTreeMap::new();
        for base in bases.iter().copied().chain([name]) {
            let properties = &metadata.types[base].properties;
            declared.extend(properties.iter().map(|(name, edm)| (&**name, &**edm)));
        }
        for property in table {
            let here = format!("{name}.{}", property.name);
            // What live groups return and the metadata does not declare.
            if here == "group.creationOptions"
                || metadata.types[name].navigation.contains(property.name)
            {
                continue;
            }
            let Some(found) = declared.remove(property.name) else {
                panic!("{here} is not in the metadata");
            };
            match edm(property.shape) {
                Some(edm) if here == "group.accessType" => assert_eq!(edm, "Edm.String"),
                Some(edm) => assert_eq!(found, edm, "{here}"),
                None => {
                    let is_collection = found.starts_with("Collection(");
                    let wanted = matches!(property.shape, Shape::Objects);
                    assert!(!found.contains("Edm."), "{here} is {found}");
                    assert_eq!(is_collection, wanted, "{here} is {found}");
                }
            }
        }
        assert!(declared.is_empty(), "{name} lacks {declared:?}");
    }
}

#[test]
fn complex_values_have_the_members_of_the_metadata() {
    let metadata: Metadata = serde_json::from_str(METADATA).unwrap();
    let attributes = &metadata.types["onPremisesExtensionAttributes"].properties;
    assert!(
        attributes
            .keys()
            .all(|name| user::is_extension_attribute(name))
    );
    assert_eq!(attributes.len(), 15);
    let members = |name: &str| -> Vec<&str> {
        let members = metadata.types[name].properties.keys();
        members.map(String::as_str).collect()
    };
    assert_eq!(members("employeeOrgData"), ["costCenter", "division"]);
    assert_eq!(
        members("objectIdentity"),
        ["issuer", "issuerAssignedId", "signInType"]
    );
    assert_eq!(
        members("passwordProfile"),
        [
            "forceChangePasswordNextSignIn",
            "forceChangePasswordNextSignInWithMfa",
            "password"
        ]
    );
}

#[test]
fn default_sets_name_properties_that_are_there_and_read() {
    for kind in [Kind::User, Kind::Group, Kind::Contact] {
        for name in kind.default_set() {
            let property = kind.property(name);
            assert!(
                property.is_some_and(|property| property.access != Access::Outside),
                "{kind:?} {name}"
            );
        }
    }
}
