//! What the simulator must reproduce of Graph, as sentences (graph.md section 15).

mod client;

mod administration;
mod batch;
mod delta;
mod groups;
mod invitations;
mod permissions;
mod queries;
mod service;
mod socket;
mod typed;
mod users;
mod weather;
mod week;
mod wrong;
