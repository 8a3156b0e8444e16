//! The types are those of `wit/rules.wit`, name by name.

use std::path::Path;

use wit_parser::{Resolve, SizeAlign, TypeDefKind};

use super::*;
use crate::{
    capability::Level,
    contract::{
        Context, Description, Key, MappingRow, Outcome, Reason, Row, SettingsError, Verdict,
    },
};

/// What a function of the contract takes and returns, in order.
struct Function {
    interface: &'static str,
    name: &'static str,
    types: Vec<Type>,
}

fn function(interface: &'static str, name: &'static str, types: &[Type]) -> Function {
    Function {
        interface,
        name,
        types: types.to_vec(),
    }
}

#[test]
fn types_are_those_of_the_contract() {
    let functions = [
        function(
            "manifest",
            "configure",
            &[String::TYPE, Result::<Description, SettingsError>::TYPE],
        ),
        function(
            "scoping",
            "decide",
            &[
                Context::TYPE,
                Vec::<Row>::TYPE,
                Result::<Vec<Verdict>, Reason>::TYPE,
            ],
        ),
        function(
            "matching",
            "keys",
            &[
                Context::TYPE,
                Vec::<Row>::TYPE,
                Result::<Vec<Result<Vec<Key>, Reason>>, Reason>::TYPE,
            ],
        ),
        function(
            "mapping",
            "apply",
            &[
                Context::TYPE,
                Vec::<MappingRow>::TYPE,
                Result::<Vec<Outcome>, Reason>::TYPE,
            ],
        ),
        function(
            "tables",
            "lookup",
            &[String::TYPE, String::TYPE, Option::<Vec<String>>::TYPE],
        ),
        function("log", "write", &[Level::TYPE, String::TYPE]),
    ];

    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).unwrap();
    let mut known = 0;
    for (name, &interface) in &resolve.packages[package].interfaces {
        for found in resolve.interfaces[interface].functions.values() {
            known += 1;
            let function = functions
                .iter()
                .find(|function| function.interface == name && function.name == found.name)
                .unwrap_or_else(|| panic!("{name}/{} is new", found.name));
            let types = found
                .params
                .iter()
                .map(|parameter| parameter.ty)
                .chain(found.result);
            let types: Vec<_> = types.collect();
            assert_eq!(types.len(), function.types.len(), "{name}/{}", found.name);
            for (found, ours) in types.iter().zip(&function.types) {
                compare(&resolve, &sizes, name, found, ours);
            }
        }
    }
    assert_eq!(known, functions.len());
}

/// Checks that a type of the contract is ours, and lies in memory as we say.
#[track_caller]
fn compare(
    resolve: &Resolve,
    sizes: &SizeAlign,
    path: &str,
    found: &wit_parser::Type,
    ours: &Type,
) {
    use wit_parser::Type as Wit;
    assert_eq!(
        sizes.size(found).size_wasm32(),
        ours.size(),
        "size at {path}"
    );
    assert_eq!(
        sizes.align(found).align_wasm32(),
        ours.align(),
        "alignment at {path}"
    );
    let same = |name: &str, found: &wit_parser::Type, ours: &Type| {
        compare(resolve, sizes, &format!("{path}/{name}"), found, ours);
    };
    let &Wit::Id(id) = found else {
        let plain = match found {
            Wit::Bool => Type::Bool,
            Wit::U8 => Type::U8,
            Wit::U32 => Type::U32,
            Wit::S64 => Type::S64,
            Wit::String => Type::String,
            other => panic!("{other:?} at {path} is new"),
        };
        return assert_eq!(*ours, plain, "{path}");
    };
    match (&resolve.types[id].kind, ours) {
        (TypeDefKind::Type(found), ours) => same("", found, ours),
        (TypeDefKind::List(found), Type::List(ours)) => same("[]", found, ours),
        (TypeDefKind::Option(found), Type::Option(ours)) => same("?", found, ours),
        (TypeDefKind::Result(found), Type::Result(ok, error)) => {
            same("ok", &found.ok.unwrap(), ok);
            same("error", &found.err.unwrap(), error);
        }
        (TypeDefKind::Record(found), Type::Record(fields)) => {
            assert_eq!(found.fields.len(), fields.len(), "{path}");
            for (found, (name, ours)) in found.fields.iter().zip(*fields) {
                assert_eq!(found.name, *name, "{path}");
                same(name, &found.ty, ours);
            }
        }
        (TypeDefKind::Variant(found), Type::Variant(cases)) => {
            assert_eq!(found.cases.len(), cases.len(), "{path}");
            for (found, (name, ours)) in found.cases.iter().zip(*cases) {
                assert_eq!(found.name, *name, "{path}");
                match (&found.ty, ours) {
                    (Some(found), Some(ours)) => same(name, found, ours),
                    (None, None) => {}
                    _ => panic!("{path}/{name} has content on one side only"),
                }
            }
        }
        (TypeDefKind::Enum(found), Type::Enum(names)) => {
            let found: Vec<_> = found.cases.iter().map(|case| case.name.as_str()).collect();
            assert_eq!(found, *names, "{path}");
        }
        (found, ours) => panic!("{path} is {found:?} in the contract, {ours:?} here"),
    }
}
