//! Identifiers as distinct types, so that a source object's id cannot be passed for a target's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Returns the identifier of this text, taken as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_identity!(
    /// The object id of an object in the source tenant.
    SourceId
);
text_identity!(
    /// The object id of an object in the target tenant.
    TargetId
);
text_identity!(
    /// The name of a job: one direction, from one source tenant to one target tenant.
    JobName
);
text_identity!(
    /// The name of a plugin as a job lists it; the file is `plugins/<name>.wasm`.
    PluginName
);
text_identity!(
    /// The SHA-256 of a component's bytes, in lower-case hexadecimal.
    ComponentDigest
);
text_identity!(
    /// The SHA-256 over the components, settings and layer list of a job, in lower-case hexadecimal.
    GenerationDigest
);

impl ComponentDigest {
    /// Returns the first twelve digits, enough for people to tell components apart.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl GenerationDigest {
    /// Returns the first twelve digits, enough for people to tell generations apart.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}
