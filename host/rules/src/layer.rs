//! Layers: a plugin's place in a job.

use std::collections::BTreeSet;

use syncline_directory::{AttributeName, ComponentDigest, ObjectKind, PluginName};

use crate::{call::Runtime, component::Component, declaration::Declaration, meter::Usage};

/// A plugin's place in a job, as the job's configuration has it.
#[derive(Clone, Debug)]
pub struct LayerSpec {
    /// The plugin's name.
    pub plugin: PluginName,
    /// Its component.
    pub component: Component,
    /// Its settings: an object, or null for the defaults.
    pub settings: serde_json::Value,
    /// The attributes of earlier layers that it may decide anew.
    pub overrides: Vec<AttributeName>,
}

/// A layer of a generation, configured.
#[derive(Debug)]
pub struct Layer {
    /// The plugin's name.
    pub plugin: PluginName,
    /// The digest of its component.
    pub digest: ComponentDigest,
    /// The name that the component gives itself.
    pub name: String,
    /// The version that the component gives itself.
    pub version: String,
    /// What the component says it does.
    pub summary: String,
    /// The kinds of object that it has rules for.
    pub kinds: BTreeSet<ObjectKind>,
    /// The tables that it looks into.
    pub tables: BTreeSet<String>,
    /// What it declares for each kind, in its order.
    pub declarations: Vec<Declaration>,
    pub(crate) runtime: Runtime,
}

impl Layer {
    /// Returns the layer's component.
    pub fn component(&self) -> &Component {
        self.runtime.component()
    }

    /// Returns what the calls of the layer have cost so far.
    pub fn usage(&self) -> Usage {
        self.runtime.usage()
    }
}
