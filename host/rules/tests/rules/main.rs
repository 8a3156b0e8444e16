//! Rules as a whole: components are built in memory from WAT and admitted, assembled and asked.

#![expect(
    clippy::unwrap_used,
    reason = "tests, whose shared parts stand outside of test functions"
)]

mod admission;
mod entra;
mod guest;
mod handed_on;
mod hostile;
mod laws;
mod layers;
mod released;
