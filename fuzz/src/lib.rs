//! What both targets need: an engine whose limits are small, so that reaching them is quick, and the
//! tenants and rows that rules are asked about.

use std::{path::Path, time::Duration};

use syncline_directory::{JobName, ObjectKind, PluginName, Tenant, Value};
use syncline_rules::{
    Component, Compiling, Context, Generation, LayerSpec, Limits, MappingRow, RulesEngine, Tables,
};

/// Returns an engine of this process that admits little and lets it run briefly.
pub fn engine() -> RulesEngine {
    let limits = Limits {
        file_size_max: 256 << 10,
        function_size_max: 8 << 10,
        functions_max: 500,
        instances_max: 16,
        optimise_cost_max: 0,
        fuel_per_configure: 1_000_000,
        fuel_per_call: 1_000_000,
        fuel_failed_max: 10_000_000,
        fuel_per_call_hurried: 1_000_000,
        fuel_per_batch_hurried: 2_000_000,
        wall_clock: Duration::from_secs(5),
        ..Limits::default()
    };
    RulesEngine::new(limits, Compiling::InProcess).expect("the engine runs here")
}

/// Returns the component of `guest.wat`, whose answers are the bytes that a row's text spells in
/// hexadecimal digits, and its description those of its settings.
pub fn guest() -> Vec<u8> {
    const WIT: &str = include_str!("../../wit/rules.wit");
    let version = WIT
        .split_once("package syncline:rules@")
        .and_then(|(_, rest)| rest.split_once(';'))
        .expect("the contract has a version")
        .0;
    let text = include_str!("guest.wat").replace("{{version}}", version);
    let mut module = wat::parse_str(text).expect("the text is a module");
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
    wit_component::ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module implements the world")
}

/// Configures one layer of this component.
pub fn assemble(
    engine: &RulesEngine,
    component: Component,
    settings: serde_json::Value,
) -> Option<Generation> {
    let layer = LayerSpec {
        plugin: PluginName::new("fuzz"),
        component,
        settings,
        overrides: Vec::new(),
    };
    Generation::assemble(engine, vec![layer], Tables::default()).ok()
}

/// Returns what is the same for every row.
pub fn context(kind: ObjectKind) -> Context {
    let tenant = |name: &str| Tenant {
        id: format!("id-of-{name}"),
        display_name: name.to_owned(),
        initial_domain: format!("{name}.onmicrosoft.com"),
        default_domain: format!("{name}.com"),
        verified_domains: vec![format!("{name}.com")],
    };
    Context {
        job: JobName::new("contoso-to-fabrikam"),
        kind,
        now: "2026-11-23T10:00:00Z".to_owned(),
        source: tenant("contoso"),
        target: tenant("fabrikam"),
    }
}

/// Asks a generation about one row of this text in every column, at every stage and for every kind; the
/// number of answers must be that of the rows.
pub fn ask(generation: &Generation, text: &str) {
    for kind in generation.kinds() {
        let context = context(kind);
        let row = |columns: usize| vec![Value::text(text); columns];
        let source = row(generation.source_columns(kind).len());
        let target = row(generation.target_columns(kind).len());
        let rows = [source];
        assert_eq!(generation.scope(&context, &rows).len(), 1);
        assert_eq!(generation.keys(&context, &rows).len(), 1);
        let [source] = rows;
        let rows = [MappingRow {
            source,
            target: Some(target),
        }];
        assert_eq!(generation.map(&context, &rows).len(), 1);
    }
}
