//! Tenants on this machine that answer as Microsoft Graph does.
//!
//! Two tenants, contoso to read from and fabrikam to write to, or a group of more, filled from a seed. The demo runs
//! on them, administrators rehearse on them, and tests stand on them. One seed, one order of
//! requests and one clock give one trace.
//!
//! It answers real HTTP: through [`serve()`] on a socket, or through [`Simulator::router`] in the
//! same process. It never calls anybody, never touches a disk, and knows nothing of the rest of
//! Syncline. Apart from Graph's own requests there are the control routes under `/_simulator/`.
//!
//! Start with [`Settings`] and [`Simulator::new`].

mod clock;
mod error;
mod exchange;
mod fault;
mod people;
mod permissions;
mod query;
mod routes;
mod scenario;
mod schema;
mod seed;
mod serve;
mod service;
mod settings;
mod simulator;
mod stats;
mod tenant;
mod throttle;
mod weather;

pub use people::week::{Changes, Person};
pub use scenario::{Scenario, ScenarioError};
pub use serve::serve;
pub use settings::{DeltaBehaviour, Latency, Limits, Settings};
pub use simulator::{Simulator, TenantAccess};
pub use weather::Weather;
