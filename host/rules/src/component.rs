//! An admitted component: compiled, linked, and never changed.

use std::{fmt, sync::Arc};

use syncline_directory::ComponentDigest;
use wasmtime::component::{ComponentExportIndex, InstancePre};

use crate::{guest::Guest, samples::Sample};

/// A component that was admitted. Cheap to clone; the compiled code lives as long as a clone does.
#[derive(Clone)]
pub struct Component(Arc<Admitted>);

/// What admission found.
pub(crate) struct Admitted {
    pub(crate) digest: ComponentDigest,
    pub(crate) size: usize,
    pub(crate) source_digest: Option<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) exports_named: Vec<String>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) instance: InstancePre<Guest>,
    pub(crate) exports: Exports,
}

/// Where the functions of the contract are found in an instance.
pub(crate) struct Exports {
    pub(crate) configure: ComponentExportIndex,
    pub(crate) decide: ComponentExportIndex,
    pub(crate) keys: ComponentExportIndex,
    pub(crate) apply: ComponentExportIndex,
}

impl Component {
    pub(crate) fn new(admitted: Admitted) -> Self {
        Self(Arc::new(admitted))
    }

    /// Returns the digest of the component's bytes.
    pub fn digest(&self) -> &ComponentDigest {
        &self.0.digest
    }

    /// Returns the digest of the source that the component says it was built from (custom section
    /// `syncline:source`); a claim, not a proof.
    pub fn source_digest(&self) -> Option<&str> {
        self.0.source_digest.as_deref()
    }

    /// Returns the objects that the component brings along to be tried on (custom section
    /// `syncline:samples`).
    pub fn samples(&self) -> &[Sample] {
        &self.0.samples
    }

    /// Returns the names of what the component imports, printable.
    pub fn imports(&self) -> &[String] {
        &self.0.imports
    }

    /// Returns the names of what the component exports, printable.
    pub fn exported(&self) -> &[String] {
        &self.0.exports_named
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> usize {
        self.0.size
    }

    pub(crate) fn instance(&self) -> &InstancePre<Guest> {
        &self.0.instance
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.0.exports
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Component")
            .field("digest", &self.0.digest)
            .field("size", &self.0.size)
            .finish_non_exhaustive()
    }
}
