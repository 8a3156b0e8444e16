//! Makes a component of a core module, and says where it came from.

use wasm_encoder::{Component, ComponentSection, CustomSection, RawSection};
use wasmparser::{
    Parser, Payload, Validator, component_types::ComponentEntityType, types::TypesRef,
};
use wit_component::ComponentEncoder;

/// The custom section with the digest of the sources, in hex.
pub const SOURCE: &str = "syncline:source";
/// The custom section with the objects that the host tries a component on before it admits it, as
/// JSON.
pub const SAMPLES: &str = "syncline:samples";

/// What a rule may import, apart from types.
const CAPABILITIES: [&str; 2] = ["syncline:rules/tables@", "syncline:rules/log@"];

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The module does not implement the world of rules, or says nothing of a world.
    #[error("it does not become a component: {0}")]
    World(String),
    /// What should be a component is none.
    #[error("it is no component")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// It reaches for what rules may not have.
    #[error("it imports {0}, and rules have nothing but their tables and a log")]
    Import(String),
}

/// Makes a component of a core module.
///
/// # Errors
///
/// Where the module does not implement a world.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, ComponentError> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .map_err(world)?
        .encode()
        .map_err(world)
}

fn world(error: impl std::fmt::Display) -> ComponentError {
    ComponentError::World(format!("{error:#}"))
}

/// Finishes a component: leaves out what only people read, adds the digest of its sources and its
/// samples (a JSON array), and checks that it reaches nothing but its tables and a log.
///
/// # Errors
///
/// Where it is no component, or imports anything else.
pub fn finish(component: &[u8], digest: &str, samples: &[u8]) -> Result<Vec<u8>, ComponentError> {
    let mut component = without_names(component)?;
    append(&mut component, SOURCE, digest.as_bytes());
    append(&mut component, SAMPLES, samples);
    check_imports(&component)?;
    Ok(component)
}

/// Leaves out the names of a component's parts and the tools that made it, which only people read.
fn without_names(component: &[u8]) -> Result<Vec<u8>, ComponentError> {
    let mut bare = Component::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let nests = matches!(
            payload,
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. }
        );
        match &payload {
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(_) => {}
            _ if depth > 0 => {}
            section => {
                if let Some((id, range)) = section.as_section() {
                    let place = |offset| usize::try_from(offset).unwrap_or(component.len());
                    let data = &component[place(range.start)..place(range.end)];
                    bare.section(&RawSection { id, data });
                }
            }
        }
        depth += u32::from(nests);
    }
    Ok(bare.finish())
}

fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    CustomSection {
        name: name.into(),
        data: data.into(),
    }
    .append_to_component(component);
}

/// Fails if a component imports a function of anything but its capabilities.
fn check_imports(component: &[u8]) -> Result<(), ComponentError> {
    let types = Validator::new().validate_all(component)?;
    for name in imports(component)? {
        let allowed = CAPABILITIES
            .iter()
            .any(|capability| name.starts_with(capability))
            || types_only(types.as_ref(), &name);
        if !allowed {
            return Err(ComponentError::Import(name));
        }
    }
    Ok(())
}

/// Returns the names of what a component imports. Imports of what is nested in it are its own.
fn imports(component: &[u8]) -> Result<Vec<String>, ComponentError> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn types_only(types: TypesRef<'_>, import: &str) -> bool {
    let Some(item) = types.component_item_for_import(import) else {
        return false;
    };
    let ComponentEntityType::Instance(instance) = item.ty else {
        return false;
    };
    let mut exports = types[instance].exports.values();
    exports.all(|export| matches!(export.ty, ComponentEntityType::Type { .. }))
}

/// Returns the digest of the sources that a component says it was built from.
///
/// # Errors
///
/// Where it is no component.
pub fn digest(component: &[u8]) -> Result<Option<String>, ComponentError> {
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == SOURCE => {
                return Ok(Some(String::from_utf8_lossy(section.data()).into_owned()));
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(component: &str, refused: Option<&str>) {
        let bytes = wat::parse_str(component).unwrap();
        let message = check_imports(&bytes).err().map(|error| error.to_string());
        match refused {
            None => assert_eq!(message, None),
            Some(name) => assert!(message.unwrap().contains(&format!("it imports {name},"))),
        }
    }

    #[test]
    fn a_rule_may_import_its_tables_and_a_log() {
        check(
            r#"(component
                (import "syncline:rules/tables@1.0.0" (instance (export "lookup" (func))))
                (import "syncline:rules/log@1.0.0" (instance (export "write" (func)))))"#,
            None,
        );
    }

    #[test]
    fn types_reach_nothing() {
        let with = |export: &str| {
            format!(r#"(component (import "syncline:rules/types@1.0.0" (instance {export})))"#)
        };
        check(&with(r#"(type u32) (export "id" (type (eq 0)))"#), None);
        check(
            &with(r#"(export "now" (func))"#),
            Some("syncline:rules/types@1.0.0"),
        );
    }

    #[test]
    fn nothing_else_may_be_imported() {
        check(
            r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get" (func)))))"#,
            Some("wasi:cli/environment@0.2.0"),
        );
        check(r#"(component (import "now" (func)))"#, Some("now"));
        // What is nested gets its imports from around it, which is looked at already.
        check(
            r#"(component (component (import "now" (func))) (core module))"#,
            None,
        );
    }

    #[test]
    fn the_digest_is_the_components_own() {
        let mut bytes = wat::parse_str("(component (core module))").unwrap();
        assert_eq!(digest(&bytes).unwrap(), None);
        append(&mut bytes, SOURCE, b"0a1b");
        assert_eq!(digest(&bytes).unwrap(), Some("0a1b".to_owned()));
    }
}
