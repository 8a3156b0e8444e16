//! A scenario: everything about the tenants' temper in one file, or in one control request.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fault::Fault;
use crate::routes::control::behaviour::{self, Change};
use crate::simulator::Simulator;
use crate::weather::Weather;

/// What to change in a simulator: its weather, its faults on demand, its tenants' behaviour. What
/// is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    weather: Option<Weather>,
    /// Rules that are added to those in force, in order.
    faults: Vec<Fault>,
    /// By name, id or domain.
    tenants: BTreeMap<String, Change>,
}

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A tenant that is not simulated.
    #[error("the scenario names the tenant '{0}', which is not simulated")]
    UnknownTenant(String),
    /// A certificate or a key that is none.
    #[error("the scenario has a certificate that cannot be read; it is to be PEM")]
    Certificate,
}

impl Simulator {
    /// Changes the simulator as a scenario says.
    ///
    /// # Errors
    ///
    /// Returns an error where it names a tenant that there is not, in which case nothing has
    /// changed, or where a certificate in it cannot be read.
    pub fn play(&self, scenario: Scenario) -> Result<(), ScenarioError> {
        let mut state = self.state();
        let mut changes = Vec::new();
        for (word, change) in scenario.tenants {
            let index = state
                .tenant_index(&word)
                .ok_or(ScenarioError::UnknownTenant(word))?;
            changes.push((index, change));
        }
        for (index, change) in changes {
            behaviour::change(&mut state.tenants[index], change)
                .map_err(|_| ScenarioError::Certificate)?;
        }
        state.faults.0.extend(scenario.faults);
        if let Some(weather) = scenario.weather {
            state.sky.weather = weather;
        }
        Ok(())
    }
}
