//! Microsoft Graph over HTTP: tokens, delta, batch and throttling, as a [`Source`] that only reads
//! and a [`Target`] that writes too.
//!
//! Graph's JSON stays in here; what goes in and out are the words of `syncline-directory`. Nothing
//! in here decides what to write, keeps anything on disk or prints a secret. Facts about Graph are
//! cited by their section in `graph.md`.
//!
//! Start with [`Source`], [`Target`] and [`GraphError`]; what reaches the outside world is in
//! [`outside`].

pub mod cloud;
pub mod delta;
pub mod error;
pub mod outside;
pub mod pace;
pub mod preflight;
pub mod write;

mod backoff;
mod batch;
mod call;
mod columns;
mod connection;
mod secret;
mod service_time;
mod source;
mod target;
mod token;
mod url;

#[cfg(test)]
mod scripted;

pub use cloud::{Cloud, CloudError};
pub use delta::{DeltaChange, DeltaItem, DeltaNext, DeltaPage, DeltaStart, MemberChange};
pub use error::{ErrorKind, GraphError};
pub use outside::{
    Clock, HttpsTransport, OsRandomness, Outside, Randomness, SeededRandomness, SystemClock,
    Transport, TransportError,
};
pub use pace::{Budget, Keeper, Pace, PaceState};
pub use secret::Secret;
pub use source::{DeletedPage, NamedGroup, Source};
pub use target::Target;
pub use token::{
    Application,
    certificate::{Certificate, CertificateError},
    credential::{Credential, FederatedToken, IdentityEndpoint, ManagedIdentity},
};
pub use write::{Write, WriteAction, Written};
