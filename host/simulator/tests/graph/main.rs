//! What the simulator must reproduce of Graph, as sentences (graph.md section 15).

mod client;

mod batch;
mod delta;
mod groups;
mod invitations;
mod service;
mod socket;
mod users;
mod week;
