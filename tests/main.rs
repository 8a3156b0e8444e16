//! What crosses crates: the real command against simulated tenants over real HTTP.
//!
//! One binary, a module a subject; [`support`] starts the simulator and the command and reads the
//! tenants back.

mod bad_input_project;
mod bad_input_rules;
mod bad_input_state;
mod bad_input_tenants;
mod command_line;
mod compiling;
mod creation;
mod credentials;
mod doctor;
mod documentation;
mod exactly;
mod examples;
mod guests;
mod hands;
mod hostile;
mod kills;
mod loss;
mod pace;
mod plugin;
mod plugin_new;
mod purity;
mod rest;
mod resync;
mod rules_affected;
mod rules_command;
mod rules_files;
mod rules_reload;
mod rules_swaps;
mod schema;
mod silence;
mod support;
mod tables;
mod trace;
