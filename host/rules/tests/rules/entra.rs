//! The rules as they are shipped, through the production engine with its own limits.

use std::path::Path;

use syncline_directory::{ObjectKind, PluginName};
use syncline_rules::{
    ActivationError, Compiling, Context, Generation, LayerSpec, Limits, RulesEngine, Tables,
};

use crate::guest::context;

fn built(engine: &RulesEngine, path: &str) -> LayerSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let plugin = PluginName::new(path.file_stem().unwrap().to_str().unwrap());
    LayerSpec {
        plugin,
        component: engine.admit(&std::fs::read(path).unwrap()).unwrap(),
        settings: serde_json::Value::Null,
        overrides: Vec::new(),
    }
}

fn assemble(paths: &[&str]) -> (RulesEngine, Result<Generation, ActivationError>) {
    let engine = RulesEngine::new(Limits::default(), Compiling::InProcess).unwrap();
    let layers = paths.iter().map(|path| built(&engine, path)).collect();
    let generation = Generation::assemble(&engine, layers, Tables::default());
    (engine, generation)
}

const ENTRA_DEFAULT: &str = "plugins/entra-default.wasm";
const CONTOSO_MERGER: &str = "examples/contoso-merger/plugins/contoso-merger.wasm";

#[test]
fn the_shipped_rules_are_admitted_and_pass_a_trial_on_their_own_samples() {
    for path in [ENTRA_DEFAULT, CONTOSO_MERGER] {
        let (_engine, generation) = assemble(&[path]);
        let generation = generation.unwrap();
        assert!(generation.kinds().contains(&ObjectKind::User), "{path}");
        assert!(
            !generation.layers()[0].component().samples().is_empty(),
            "{path}"
        );
        generation.try_samples(&context()).unwrap();
    }
}

#[test]
fn a_rule_that_builds_on_the_default_ones_cannot_stand_beside_them_unsaid() {
    let (_engine, generation) = assemble(&[ENTRA_DEFAULT, CONTOSO_MERGER]);
    let error = generation.unwrap_err().to_string();
    assert!(
        error.starts_with("`entra-default` and `contoso-merger` both write"),
        "{error}"
    );
}

#[test]
fn a_generation_outlives_the_engine_that_made_it() {
    let (engine, generation) = assemble(&[ENTRA_DEFAULT]);
    drop(engine);
    let (generation, context): (_, Context) = (generation.unwrap(), context());
    assert!(generation.map(&context, &[]).is_empty());
    generation.try_samples(&context).unwrap();
}
