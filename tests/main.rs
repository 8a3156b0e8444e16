//! What crosses crates: the real command against simulated tenants over real HTTP.
//!
//! One binary, a module a subject; [`support`] starts the simulator and the command and reads the
//! tenants back.

mod support;
