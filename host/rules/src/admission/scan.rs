//! A scan of a component's sections before the engine sees it: names, counts, and what compiling would
//! cost. It takes microseconds and follows no reference more than once.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload,
};

use super::AdmissionError;
use crate::{limits::Limits, untrusted};

/// What the scan found.
#[derive(Debug, Default)]
pub(super) struct Scan<'a> {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
    pub(super) source_digest: Option<&'a str>,
    pub(super) samples: Option<&'a [u8]>,
    /// What optimised compilation could cost, in units of about 44 µs.
    pub(super) optimise_cost: u64,
    functions: u64,
    memories: u64,
    frames: Vec<Frame>,
}

/// A component or module that the scan is inside of.
#[derive(Debug, Default)]
struct Frame {
    is_component: bool,
    /// The instances that one instance of this component makes.
    instances: u64,
    /// The same of each component in its index space; unknown ones count as too many.
    components: Vec<u64>,
}

/// `wit-component` nests one level, tools that compose components two.
const NESTING_MAX: u64 = 8;
/// One linear memory: rules have no use for another, and the memory limit is easier to trust.
const MEMORIES_MAX: u64 = 1;

pub(super) fn scan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Scan<'a>, AdmissionError> {
    let mut scan = Scan::default();
    for payload in Parser::new(0).parse_all(bytes) {
        scan.take(payload.map_err(|error| damaged(&error))?, limits)?;
    }
    Ok(scan)
}

fn damaged(error: &wasmparser::BinaryReaderError) -> AdmissionError {
    AdmissionError::Damaged(untrusted::printable(&error.to_string()))
}

fn at_most(what: &'static str, number: u64, number_max: u64) -> Result<(), AdmissionError> {
    if number > number_max {
        return Err(AdmissionError::Complexity {
            what,
            number,
            number_max,
        });
    }
    Ok(())
}

impl<'a> Scan<'a> {
    fn take(&mut self, payload: Payload<'a>, limits: &Limits) -> Result<(), AdmissionError> {
        match payload {
            Payload::Version { encoding, .. } => {
                let is_component = encoding == Encoding::Component;
                self.frames.push(Frame {
                    is_component,
                    ..Frame::default()
                });
                let nesting = u64::try_from(self.frames.len()).unwrap_or(u64::MAX);
                at_most("its nesting", nesting, NESTING_MAX)?;
            }
            Payload::End(_) => self.leave(),
            Payload::MemorySection(memories) => {
                self.memories += u64::from(memories.count());
                at_most("its number of memories", self.memories, MEMORIES_MAX)?;
            }
            Payload::CodeSectionEntry(body) => {
                let size = body.range().end.saturating_sub(body.range().start);
                at_most(
                    "its largest function in bytes",
                    size,
                    u64::try_from(limits.function_size_max).unwrap_or(u64::MAX),
                )?;
                self.functions += 1;
                let functions_max = u64::try_from(limits.functions_max).unwrap_or(u64::MAX);
                at_most("its number of functions", self.functions, functions_max)?;
                self.optimise_cost = self.optimise_cost.saturating_add(optimise_cost(size));
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    if let Instance::Instantiate { .. } = instance.map_err(|e| damaged(&e))? {
                        self.add_instances(1, limits)?;
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    match instance.map_err(|error| damaged(&error))? {
                        ComponentInstance::Instantiate {
                            component_index, ..
                        } => {
                            let inside = self.component(0, component_index);
                            self.add_instances(inside.saturating_add(1), limits)?;
                        }
                        ComponentInstance::FromExports(_) => {}
                    }
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.take_alias(&alias.map_err(|error| damaged(&error))?);
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import.map_err(|error| damaged(&error))?;
                    if let ComponentTypeRef::Component(_) = import.ty {
                        self.add_component(u64::MAX);
                    }
                    // What a nested component imports, its parent must give it.
                    if self.frames.len() == 1 {
                        self.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(|error| damaged(&error))?;
                    if export.kind == ComponentExternalKind::Component {
                        let instances = self.component(0, export.index);
                        self.add_component(instances);
                    }
                    if self.frames.len() == 1 {
                        self.exports.push(export.name.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) => match section.name() {
                "syncline:source" => {
                    self.source_digest = std::str::from_utf8(section.data()).ok().map(str::trim);
                }
                "syncline:samples" => self.samples = Some(section.data()),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.is_component {
            self.add_component(frame.instances);
        }
    }

    fn take_alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                count,
                index,
            } => {
                let instances = self.component(*count, *index);
                self.add_component(instances);
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Component,
                ..
            } => {
                self.add_component(u64::MAX);
            }
            _ => {}
        }
    }

    /// Returns the instances that a component of this frame, or of one further out, makes.
    fn component(&self, outward: u32, index: u32) -> u64 {
        let find = || {
            let outward = usize::try_from(outward).ok()?;
            let frame = self.frames.len().checked_sub(outward.checked_add(1)?)?;
            self.frames
                .get(frame)?
                .components
                .get(usize::try_from(index).ok()?)
                .copied()
        };
        find().unwrap_or(u64::MAX)
    }

    fn add_component(&mut self, instances: u64) {
        if let Some(frame) = self.frames.last_mut() {
            frame.components.push(instances);
        }
    }

    fn add_instances(&mut self, instances: u64, limits: &Limits) -> Result<(), AdmissionError> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        frame.instances = frame.instances.saturating_add(instances);
        // Checked at every depth: a part that makes too many alone is no use to the whole.
        at_most(
            "its number of instances",
            frame.instances,
            limits.instances_max,
        )
    }
}

/// Estimates optimised compilation: cubic in a body's size, and two units for the smallest
/// (wasm-hosts.md, section 4: 15 KB take 0.15 s, 200,000 tiny functions 16 s).
fn optimise_cost(size: u64) -> u64 {
    (size / 1024).saturating_pow(3).max(2)
}
