//! The glue between a rule and the contract, in components only.
//!
//! An instance is configured once, by the first call that it gets, and keeps the rule for the calls
//! that follow. The types of the contract are this crate's own ([`crate::contract`]), so that rows
//! and outcomes cross without a conversion.

#[expect(
    missing_docs,
    reason = "generated from wit/rules.wit, which has them; the unsafe code of this crate is in here"
)]
pub mod glue {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "rule",
        pub_export_macro: true,
        default_bindings_module: "::syncline_sdk::component::glue",
        with: {
            "syncline:rules/types@0.1.0": crate::contract,
            "syncline:rules/log@0.1.0/level": crate::capability::Level,
            "syncline:rules/manifest@0.1.0/apply": crate::contract::Apply,
            "syncline:rules/manifest@0.1.0/input": crate::contract::Dependency,
            "syncline:rules/manifest@0.1.0/output": crate::contract::OutputDescription,
            "syncline:rules/manifest@0.1.0/scoping-stage": crate::contract::ScopingStage,
            "syncline:rules/manifest@0.1.0/matching-stage": crate::contract::MatchingStage,
            "syncline:rules/manifest@0.1.0/mapping-stage": crate::contract::MappingStage,
            "syncline:rules/manifest@0.1.0/ruleset": crate::contract::RulesetDescription,
            "syncline:rules/manifest@0.1.0/description": crate::contract::Description,
            "syncline:rules/manifest@0.1.0/settings-error": crate::contract::SettingsError,
            "syncline:rules/scoping@0.1.0/verdict": crate::contract::Verdict,
            "syncline:rules/matching@0.1.0/key": crate::contract::Key,
            "syncline:rules/mapping@0.1.0/shape": crate::contract::Shape,
            "syncline:rules/mapping@0.1.0/change": crate::contract::Change,
            "syncline:rules/mapping@0.1.0/mapped": crate::contract::Mapped,
            "syncline:rules/mapping@0.1.0/outcome": crate::contract::Outcome,
            "syncline:rules/mapping@0.1.0/mapping-row": crate::contract::MappingRow,
        },
    });
}

use std::{cell::RefCell, marker::PhantomData};

use crate::{
    capability::Level,
    contract::{
        Context, Description, Key, MappingRow, Outcome, Reason, Row, SettingsError, Verdict,
    },
    program::Program,
    rule::Rule,
};
use glue::exports::syncline::rules::{manifest, mapping, matching, scoping};

pub(crate) use glue::syncline::rules::{log::write, tables::lookup};

/// A rule as the contract's exports.
pub struct Component<R>(PhantomData<R>);

thread_local! {
    static PROGRAM: RefCell<Option<Program>> = const { RefCell::new(None) };
}

fn with_program<T>(call: impl FnOnce(&Program) -> Result<T, Reason>) -> Result<T, Reason> {
    PROGRAM.with_borrow(|program| match program {
        Some(program) => call(program),
        None => Err(Reason::new(
            "NotConfigured",
            "the host has not configured the rule",
        )),
    })
}

/// A panic ends the call in a trap, which says nothing of its own; this says where it was.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| write(Level::Error, &panic.to_string())));
}

impl<R: Rule> manifest::Guest for Component<R> {
    fn configure(settings: String) -> Result<Description, SettingsError> {
        report_panics();
        let program = Program::configure::<R>(&settings)?;
        let description = program.description().clone();
        PROGRAM.set(Some(program));
        Ok(description)
    }
}

impl<R: Rule> scoping::Guest for Component<R> {
    fn decide(context: Context, rows: Vec<Row>) -> Result<Vec<Verdict>, Reason> {
        with_program(|program| program.decide(&context, &rows))
    }
}

impl<R: Rule> matching::Guest for Component<R> {
    fn keys(context: Context, rows: Vec<Row>) -> Result<Vec<Result<Vec<Key>, Reason>>, Reason> {
        with_program(|program| program.keys(&context, &rows))
    }
}

impl<R: Rule> mapping::Guest for Component<R> {
    fn apply(context: Context, rows: Vec<MappingRow>) -> Result<Vec<Outcome>, Reason> {
        with_program(|program| program.apply(&context, rows))
    }
}
