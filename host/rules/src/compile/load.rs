//! Compiled code made runnable: the only place of this crate that trusts bytes to be code.
//!
//! Compiled code is machine code: whoever chooses it runs in this process, without any sandbox. So both
//! ways in state where their bytes come from, and no other module can reach the engine's function.

#![expect(
    unsafe_code,
    reason = "the engine cannot check machine code; each call proves where it comes from"
)]

use wasmtime::{Engine, component::Component as Compiled};

use super::{cache::Authentic, parent::CodeFromChild};
use crate::{admission::AdmissionError, untrusted};

/// Loads what a child process compiled.
pub(super) fn from_child(
    engine: &Engine,
    code: &CodeFromChild,
) -> Result<Compiled, AdmissionError> {
    // SAFETY: the bytes are the output of `Engine::precompile_component`. `CodeFromChild` is made in
    // one place, from a whole frame with its right digest, read from the standard output of a process
    // that this one started from the program that it was told is itself, over a pipe that nobody else
    // has; that program writes such a frame in one place, with that function's output in it. Should
    // the program have been replaced meanwhile, the engine compares version, target, flags and
    // tunables, which the output carries, with its own, and refuses.
    unsafe { Compiled::deserialize(engine, code.bytes()) }
        .map_err(|error| AdmissionError::Compile(untrusted::printable(&error.to_string())))
}

/// Loads what was compiled earlier and kept.
pub(super) fn from_cache(engine: &Engine, code: &Authentic<'_>) -> wasmtime::Result<Compiled> {
    // SAFETY: the bytes are those of a `CodeFromChild`, as above. `Authentic` is made in one place, of
    // bytes in this process's memory, read once, whose keyed digest over them, the component and the
    // engine is right; the key is in a file that only this user can read, and only `Entry::keep` makes
    // such digests, of a `CodeFromChild` that `from_child` has loaded.
    unsafe { Compiled::deserialize(engine, code.bytes()) }
}
