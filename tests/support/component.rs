//! Components made from text, for rules that misbehave.

use std::path::Path;

const WIT: &str = include_str!("../../wit/rules.wit");
/// The rule of `department.wat`, with words to be filled in.
pub(crate) const DEPARTMENT: &str = include_str!("../bad_input_rules/department.wat");

/// Returns the second layer of `department.wat`; it may also let in engineers only.
pub(crate) fn department_rule(scope: Scope) -> Vec<u8> {
    let scopes = match scope {
        Scope::Everybody => "0",
        Scope::Engineers => "1",
    };
    componentize(&DEPARTMENT.replace("{{scopes}}", scopes))
}

/// Whom the rule of `department.wat` lets in.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    Everybody,
    Engineers,
}

/// Returns the component of a core module in text that implements the world of rules.
pub(crate) fn componentize(wat: &str) -> Vec<u8> {
    let mut module = wat::parse_str(wat).expect("the text is a module");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve
        .push_str(Path::new("rules.wit"), WIT)
        .expect("the contract is WIT");
    let world = resolve
        .select_world(&[package], Some("rule"))
        .expect("it has the world `rule`");
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false)
        .expect("the module takes the world");
    let mut encoder = wit_component::ComponentEncoder::default();
    let encoder = encoder.module(&module).expect("the module names the world");
    encoder.encode().expect("the module implements the world")
}
