//! Admission: from the bytes of a file to a component that can serve, or one sentence why not.
//!
//! In this order, each step cheaper than the next: size, format, a scan of the sections, the interface
//! by name and version, compilation, one rehearsal of making an instance. Nothing of the component
//! runs before its rehearsal, and nothing reaches the compiler that could keep it busy for long: the
//! engine's authors do not count that as a fault of theirs (wasm-hosts.md, section 1).

mod file;
mod interface;
mod scan;

use sha2::{Digest, Sha256};
use syncline_directory::ComponentDigest;
use wasmtime::component::{Component as Compiled, InstancePre, Linker};

pub use file::{FileError, read_file};

use crate::{
    call::{self, Rehearsal},
    compile::{self, Effort},
    component::{Admitted, Component, Exports},
    contract::{MANIFEST, MAPPING, MATCHING, SCOPING},
    engine::RulesEngine,
    guest::Guest,
    limits::Limits,
    samples, untrusted,
};

/// What a file is that is no component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Nothing.
    Empty,
    /// An ELF file: a program, or a component that was compiled elsewhere, which is never trusted.
    Elf,
    /// WebAssembly's text format, or other text.
    Text,
    /// A core module, which must still be made a component.
    CoreModule,
    /// A folder, and no file at all.
    Folder,
    /// A pipe, a socket or a device.
    Special,
    /// None of these.
    Unknown,
}

/// Why a file cannot serve as a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The file is too large.
    #[error("the file has {size} bytes, a rule may have {size_max}")]
    Size {
        /// Its size.
        size: usize,
        /// The largest that is permitted.
        size_max: usize,
    },
    /// The file is no component.
    #[error("{}", describe(*.0))]
    Format(Format),
    /// The file is a component, but broken or cut off; the text is printable.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The component was built against another version of the contract, and uses what this host
    /// does not have.
    #[error(
        "the rule needs {wanted}, this version of Syncline offers {offered}: {}; its author makes one by building against `syncline:rules@{offered}`",
        if *.is_newer { "use a later version of Syncline, or a build of the rule for this one" } else { "use a build of the rule for this one" }
    )]
    Version {
        /// The interface and version that the component names, perhaps with a function; printable.
        wanted: String,
        /// The version that is offered.
        offered: &'static str,
        /// Whether the component was built for a later version than this host's.
        is_newer: bool,
    },
    /// The component imports what rules may not have; printable names.
    #[error("the rule imports {}, which rules may not have", .0.join(", "))]
    Import(Vec<String>),
    /// The component lacks exports of the contract.
    #[error("the rule does not export {}", .0.join(", "))]
    Export(Vec<String>),
    /// An export has other types than the contract's; the text is printable.
    #[error("the rule's function `{function}` is not the contract's: {difference}")]
    Types {
        /// The function.
        function: &'static str,
        /// How its types differ.
        difference: String,
    },
    /// The component is too complex to be compiled in bounded time.
    #[error("the rule is too complex: {what} is {number}, at most {number_max} are permitted")]
    Complexity {
        /// What was counted.
        what: &'static str,
        /// How much there is of it.
        number: u64,
        /// How much is permitted.
        number_max: u64,
    },
    /// The compiler needed more time or memory than it may have.
    #[error("the rule is too complex to be compiled within {seconds} s and {mebibytes} MiB")]
    CompileBounds {
        /// How long it may take.
        seconds: u64,
        /// How much memory it may take.
        mebibytes: u64,
    },
    /// The process that compiles cannot be started, which is no fault of the component.
    #[error("the compiler cannot be started: {0}")]
    Compiler(String),
    /// The engine does not take the component; the text is printable.
    #[error("the rule does not compile: {0}")]
    Compile(String),
    /// No instance can be made of the component; the text is printable.
    #[error("the rule does not start: {0}")]
    Start(String),
    /// The component's samples cannot be read; the text is printable.
    #[error("the rule's samples cannot be read: {0}")]
    Samples(String),
}

impl AdmissionError {
    /// Whether the machine is to blame and not the file, so that another attempt can end otherwise.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Compiler(_))
    }

    /// Returns the stable code of the step that refused.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Size { .. } => "size",
            Self::Format(_) | Self::Damaged(_) => "format",
            Self::Version { .. } => "version",
            Self::Import(_) => "import",
            Self::Export(_) | Self::Types { .. } => "export",
            Self::Complexity { .. } | Self::CompileBounds { .. } => "complexity",
            Self::Compiler(_) => "compiler",
            Self::Compile(_) => "compile",
            Self::Start(_) => "start",
            Self::Samples(_) => "samples",
        }
    }
}

fn describe(format: Format) -> &'static str {
    match format {
        Format::Empty => "the file is empty",
        Format::Elf => {
            "the file is an ELF binary, rules are components in WebAssembly's binary format"
        }
        Format::Text => "the file is text, rules are components in WebAssembly's binary format",
        Format::CoreModule => {
            "the file is a core WebAssembly module, it must be made a component (`wasm-tools component new`)"
        }
        Format::Folder => "it is a folder, rules are files",
        Format::Special => "it is a pipe, a socket or a device, rules are regular files",
        Format::Unknown => "the file is no WebAssembly component",
    }
}

pub(crate) fn admit(engine: &RulesEngine, bytes: &[u8]) -> Result<Component, AdmissionError> {
    let limits = engine.limits();
    if bytes.len() > limits.file_size_max {
        return Err(AdmissionError::Size {
            size: bytes.len(),
            size_max: limits.file_size_max,
        });
    }
    if let Some(format) = misfit(bytes) {
        return Err(AdmissionError::Format(format));
    }
    let scan = scan::scan(bytes, limits)?;
    interface::check(&scan)?;
    let samples = match scan.samples {
        Some(json) => samples::parse(json).map_err(AdmissionError::Samples)?,
        None => Vec::new(),
    };
    let effort = if scan.optimise_cost <= limits.optimise_cost_max {
        Effort::Optimised
    } else {
        Effort::Plain
    };
    let (compiled, effort) = compile::compile(engine, bytes, effort)?;
    let (instance, exports) = link(engine.linker(effort), &compiled)?;
    let component = Component::new(Admitted {
        digest: ComponentDigest::new(hex::encode(Sha256::digest(bytes))),
        size: bytes.len(),
        source_digest: scan.source_digest.map(untrusted::printable),
        imports: printable(&scan.imports),
        exports_named: printable(&scan.exports),
        samples,
        instance,
        exports,
    });
    rehearse(&component, limits)?;
    Ok(component)
}

fn printable(names: &[String]) -> Vec<String> {
    names
        .iter()
        .map(|name| untrusted::printable(name))
        .collect()
}

/// Returns what the file is if it is no component, by its first bytes.
fn misfit(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [] => Some(Format::Empty),
        [0x7f, b'E', b'L', b'F', ..] => Some(Format::Elf),
        // The fifth to eighth byte are version and layer: 1, 0 for modules, 13, 1 for components.
        [0, b'a', b's', b'm', _, _, 0, 0, ..] => Some(Format::CoreModule),
        [0, b'a', b's', b'm', ..] => None,
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => {
            Some(Format::Text)
        }
        _ => Some(Format::Unknown),
    }
}

fn link(
    linker: &Linker<Guest>,
    compiled: &Compiled,
) -> Result<(InstancePre<Guest>, Exports), AdmissionError> {
    let refused = |error: wasmtime::Error| {
        AdmissionError::Compile(untrusted::printable(&error.root_cause().to_string()))
    };
    interface::check_functions(compiled)?;
    let instance = linker.instantiate_pre(compiled).map_err(refused)?;
    let find = |interface: &str, function: &str| {
        let index = compiled.get_export_index(None, interface);
        index
            .and_then(|index| compiled.get_export_index(Some(&index), function))
            .ok_or_else(|| AdmissionError::Export(vec![format!("`{interface}` `{function}`")]))
    };
    let exports = Exports {
        configure: find(MANIFEST, "configure")?,
        decide: find(SCOPING, "decide")?,
        keys: find(MATCHING, "keys")?,
        apply: find(MAPPING, "apply")?,
    };
    Ok((instance, exports))
}

fn rehearse(component: &Component, limits: &Limits) -> Result<(), AdmissionError> {
    call::rehearse(component, limits).map_err(|rehearsal| match rehearsal {
        Rehearsal::Start(failure) => AdmissionError::Start(failure.sentence()),
        Rehearsal::Type(function, difference) => AdmissionError::Types {
            function,
            difference,
        },
    })
}
