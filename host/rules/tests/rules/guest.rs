//! Guests for tests: `rows.wat` with a description laid out by hand, made a component.

use std::path::Path;

use syncline_directory::{JobName, ObjectKind, PluginName, Tenant, Value};
use syncline_rules::{
    Compiling, Component, Context, Generation, LayerSpec, Limits, MappingRow, RulesEngine, Tables,
};

const WAT: &str = include_str!("rows.wat");
pub(crate) const WIT: &str = include_str!("../../../../wit/rules.wit");

/// What a stage of the guest declares as inputs.
#[derive(Clone, Copy)]
pub(crate) enum Input {
    Source(u32),
    Target(u32),
    Table(&'static str),
    Time,
}

/// A guest: what it declares, and what code is put where.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) kind: u8,
    pub(crate) reads: Vec<&'static str>,
    pub(crate) target_reads: Vec<&'static str>,
    pub(crate) scoping: Option<Vec<Input>>,
    pub(crate) matching: Option<Vec<&'static str>>,
    /// What the outcome itself depends on.
    pub(crate) inputs: Vec<Input>,
    /// Attribute, when it is applied, inputs.
    pub(crate) outputs: Vec<(&'static str, u8, Vec<Input>)>,
    pub(crate) gives_shape: bool,
    pub(crate) unseen: Vec<u32>,
    pub(crate) settings_error: bool,
    pub(crate) version: &'static str,
    pub(crate) configure: &'static str,
    pub(crate) realloc: &'static str,
    pub(crate) import: &'static str,
    /// Memory in pages of 64 KiB.
    pub(crate) pages: u32,
    pub(crate) more: &'static str,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            kind: 0,
            reads: vec!["department"],
            target_reads: vec![],
            scoping: Some(vec![Input::Source(0)]),
            matching: Some(vec!["mail"]),
            inputs: vec![Input::Source(0)],
            outputs: vec![("department", 0, vec![Input::Source(0)])],
            gives_shape: true,
            unseen: vec![],
            settings_error: false,
            version: "1.0.0",
            configure: "",
            realloc: "",
            import: "",
            pages: 160,
            more: "",
        }
    }
}

impl Guest {
    /// Returns the component's bytes.
    pub(crate) fn build(&self) -> Vec<u8> {
        self.build_with(WIT)
    }

    /// Returns the component's bytes, built against this contract.
    pub(crate) fn build_with(&self, wit: &str) -> Vec<u8> {
        let changes = self.outputs.len();
        let description: String = self
            .description()
            .iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        let wat = WAT
            .replace("{{version}}", self.version)
            .replace("{{description}}", &description)
            .replace("{{changes-bytes}}", &(changes * 24).to_string())
            .replace("{{changes}}", &changes.to_string())
            .replace("{{shape}}", if self.gives_shape { "1" } else { "0" })
            .replace("{{configure}}", self.configure)
            .replace("{{realloc}}", self.realloc)
            .replace("{{pages}}", &self.pages.to_string())
            .replace("{{import}}", self.import)
            .replace("{{more}}", self.more);
        componentize(&wat, &wit.replace("@1.0.0", &format!("@{}", self.version)))
    }

    /// Returns `result<description, settings-error>` as the canonical ABI lays it out, at address 64.
    fn description(&self) -> Vec<u8> {
        let mut memory = Layout {
            start: 64,
            bytes: vec![0; 36 + 84],
        };
        if self.settings_error {
            memory.bytes[0] = 1;
            memory.text(4, "regions[3].code");
            memory.text(12, "is no \u{1b}[1mcountry code");
            return memory.bytes;
        }
        memory.text(4, "test rule");
        memory.text(12, "1.2.3");
        memory.text(20, "does what its rows say");
        memory.word(28, 64 + 36);
        memory.word(32, 1);
        let ruleset = 36;
        memory.bytes[ruleset] = self.kind;
        memory.texts(ruleset + 4, &self.reads);
        memory.texts(ruleset + 12, &self.target_reads);
        if let Some(inputs) = &self.scoping {
            memory.bytes[ruleset + 20] = 1;
            memory.inputs(ruleset + 24, inputs);
        }
        if let Some(attributes) = &self.matching {
            memory.bytes[ruleset + 32] = 1;
            memory.texts(ruleset + 36, attributes);
            memory.inputs(ruleset + 44, &[Input::Source(0)]);
        }
        if !self.outputs.is_empty() {
            memory.bytes[ruleset + 52] = 1;
            memory.inputs(ruleset + 56, &self.inputs);
            let outputs = memory.list(ruleset + 64, self.outputs.len(), 20);
            for (index, (attribute, apply, inputs)) in self.outputs.iter().enumerate() {
                memory.text(outputs + index * 20, attribute);
                memory.bytes[outputs + index * 20 + 8] = *apply;
                memory.inputs(outputs + index * 20 + 12, inputs);
            }
            memory.bytes[ruleset + 72] = u8::from(self.gives_shape);
            let unseen = memory.list(ruleset + 76, self.unseen.len(), 4);
            for (index, position) in self.unseen.iter().enumerate() {
                memory.word(unseen + index * 4, *position as usize);
            }
        }
        memory.bytes
    }
}

/// Bytes that will lie at an address, with pointers into themselves.
pub(crate) struct Layout {
    pub(crate) start: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Layout {
    pub(crate) fn word(&mut self, at: usize, word: usize) {
        let word = u32::try_from(word).unwrap().to_le_bytes();
        self.bytes[at..at + 4].copy_from_slice(&word);
    }

    pub(crate) fn list(&mut self, at: usize, count: usize, size: usize) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let list = self.bytes.len();
        self.bytes.resize(list + count * size, 0);
        self.word(at, self.start + list);
        self.word(at + 4, count);
        list
    }

    pub(crate) fn text(&mut self, at: usize, text: &str) {
        let list = self.list(at, text.len(), 1);
        self.bytes[list..].copy_from_slice(text.as_bytes());
    }

    pub(crate) fn texts(&mut self, at: usize, texts: &[&str]) {
        let list = self.list(at, texts.len(), 8);
        for (index, text) in texts.iter().enumerate() {
            self.text(list + index * 8, text);
        }
    }

    fn inputs(&mut self, at: usize, inputs: &[Input]) {
        let list = self.list(at, inputs.len(), 12);
        for (index, input) in inputs.iter().enumerate() {
            let at = list + index * 12;
            match input {
                Input::Source(position) => self.word(at + 4, *position as usize),
                Input::Target(position) => {
                    self.bytes[at] = 1;
                    self.word(at + 4, *position as usize);
                }
                Input::Table(table) => {
                    self.bytes[at] = 2;
                    self.text(at + 4, table);
                }
                Input::Time => self.bytes[at] = 3,
            }
        }
    }
}

/// Returns the component of a core module in text that implements the world `rule` of this WIT.
pub(crate) fn componentize(wat: &str, wit: &str) -> Vec<u8> {
    let mut module = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str(Path::new("rules.wit"), wit).unwrap();
    let world = resolve.select_world(&[package], Some("rule")).unwrap();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
        false,
    )
    .unwrap();
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.module(&module).unwrap().encode().unwrap()
}

/// Returns the bytes with a custom section appended.
pub(crate) fn with_section(mut bytes: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let leb = |mut number: usize| {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(number & 0x7f).unwrap();
            number >>= 7;
            bytes.push(if number == 0 { low } else { low | 0x80 });
            if number == 0 {
                return bytes;
            }
        }
    };
    let section = [leb(name.len()), name.as_bytes().to_vec(), data.to_vec()].concat();
    bytes.push(0);
    bytes.extend(leb(section.len()));
    bytes.extend(section);
    bytes
}

/// Returns an engine whose limits are small, so that running into them is quick.
pub(crate) fn engine() -> RulesEngine {
    RulesEngine::new(
        Limits {
            fuel_per_configure: 10_000_000,
            fuel_per_call: 10_000_000,
            fuel_failed_max: 400_000_000,
            ..Limits::default()
        },
        Compiling::InProcess,
    )
    .unwrap()
}

/// Returns a layer of these bytes with default settings.
pub(crate) fn layer(engine: &RulesEngine, plugin: &str, bytes: &[u8]) -> LayerSpec {
    LayerSpec {
        plugin: PluginName::new(plugin),
        component: admitted(engine, bytes),
        settings: serde_json::Value::Null,
        overrides: Vec::new(),
    }
}

/// Returns the admitted component of these bytes.
#[track_caller]
pub(crate) fn admitted(engine: &RulesEngine, bytes: &[u8]) -> Component {
    engine
        .admit(bytes)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the generation of one guest.
#[track_caller]
pub(crate) fn generation(guest: &Guest) -> Generation {
    let engine = engine();
    let layers = vec![layer(&engine, "test", &guest.build())];
    Generation::assemble(&engine, layers, Tables::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

/// Returns a context for users.
pub(crate) fn context() -> Context {
    let tenant = |name: &str| Tenant {
        id: format!("id-of-{name}"),
        display_name: name.to_owned(),
        initial_domain: format!("{name}.onmicrosoft.com"),
        default_domain: format!("{name}.com"),
        verified_domains: vec![format!("{name}.com"), format!("{name}.onmicrosoft.com")],
    };
    Context {
        job: JobName::new("contoso-to-fabrikam"),
        kind: ObjectKind::User,
        now: "2026-11-23T10:00:00Z".to_owned(),
        source: tenant("contoso"),
        target: tenant("fabrikam"),
    }
}

/// Returns rows of one text each, an absent value for an empty one.
pub(crate) fn rows(texts: &[&str]) -> Vec<Vec<Value>> {
    let value = |text: &str| {
        if text.is_empty() {
            Value::Absent
        } else {
            Value::text(text)
        }
    };
    texts.iter().map(|text| vec![value(text)]).collect()
}

/// Returns the same as rows to map, without a target.
pub(crate) fn mapping_rows(texts: &[&str]) -> Vec<MappingRow> {
    rows(texts)
        .into_iter()
        .map(|source| MappingRow {
            source,
            target: None,
        })
        .collect()
}
