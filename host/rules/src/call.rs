//! One call: a fresh instance, `configure`, one stage, and everything dropped.
//!
//! A trap poisons a store for good and frees nothing, so an instance never serves a second call; a
//! fresh one costs some 30 µs, which a batch does not feel.

use std::{collections::BTreeSet, sync::Arc, thread, time::Duration};

use syncline_directory::PluginName;
use wasmtime::{
    Store, Trap,
    component::{ComponentExportIndex, ComponentType, Instance, Lift, Lower},
};

use crate::{
    component::{Component, Exports},
    contract::{Measure, lifted, lowered},
    engine::{exhausted, ticks},
    failure::Failure,
    guest::{Guest, MemoryExceeded},
    imports::UndeclaredTable,
    limits::Limits,
    meter::{Meter, Usage},
    patience::Patience,
    tables::Tables,
    untrusted,
};

type Configure<'a> = (&'a str,);
type Configured = (Result<lifted::Description, lifted::SettingsError>,);
type ConfiguredInstance = (Instance, Result<lifted::Description, lifted::SettingsError>);
type Stage<'a, Row> = (lowered::Context<'a>, &'a [Row]);
type Answered<Answer> = (Result<Vec<Answer>, lifted::Reason>,);

/// A component with its settings and tables: all that a call needs besides its rows.
#[derive(Debug)]
pub(crate) struct Runtime {
    limits: Arc<Limits>,
    plugin: PluginName,
    component: Component,
    settings: String,
    tables: Arc<Tables>,
    tables_declared: Arc<BTreeSet<String>>,
    meter: Meter,
    patience: Patience,
}

/// What one call came to, and the fuel it took.
pub(crate) struct Attempt<Answer> {
    pub(crate) answers: Result<Vec<Answer>, Failure>,
    pub(crate) fuel: u64,
}

impl Runtime {
    /// Returns the runtime of a component that has not been described; it may look into no table.
    pub(crate) fn new(
        limits: Arc<Limits>,
        plugin: PluginName,
        component: Component,
        settings: String,
        tables: Arc<Tables>,
    ) -> Self {
        Self {
            patience: Patience::new(limits.fuel_failed_max),
            limits,
            plugin,
            component,
            settings,
            tables,
            tables_declared: Arc::default(),
            meter: Meter::default(),
        }
    }

    /// Permits these tables.
    pub(crate) fn declare_tables(&mut self, tables: BTreeSet<String>) {
        self.tables_declared = Arc::new(tables);
    }

    pub(crate) fn component(&self) -> &Component {
        &self.component
    }

    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns what failed calls may still burn.
    pub(crate) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Whether another runtime of the same component answers alike: it has the same settings, and the
    /// same of every table that may be looked into.
    pub(crate) fn answers_alike(&self, other: &Self) -> bool {
        self.settings == other.settings
            && self.tables_declared == other.tables_declared
            && self
                .tables_declared
                .iter()
                .all(|table| self.tables.0.get(table) == other.tables.0.get(table))
    }

    /// Asks the component what it is with these settings.
    pub(crate) fn describe(
        &self,
    ) -> Result<Result<lifted::Description, lifted::SettingsError>, Failure> {
        let (store, configured) = self.configured();
        configured
            .map(|(_, configured)| configured)
            .map_err(|error| failure(&error, &store))
    }

    /// Asks for a verdict a row.
    pub(crate) fn decide(
        &self,
        fuel_max: u64,
        context: lowered::Context<'_>,
        rows: &[lowered::Row<'_>],
    ) -> Attempt<lifted::Verdict> {
        let export = &self.component.exports().decide;
        self.ask(
            export,
            fuel_max,
            context,
            rows,
            |_, verdict: &lifted::Verdict| verdict.bytes(),
        )
    }

    /// Asks for the match keys of each row.
    pub(crate) fn keys(
        &self,
        fuel_max: u64,
        context: lowered::Context<'_>,
        rows: &[lowered::Row<'_>],
    ) -> Attempt<lifted::Keys> {
        let export = &self.component.exports().keys;
        self.ask(export, fuel_max, context, rows, |_, keys: &lifted::Keys| {
            keys.bytes()
        })
    }

    /// Asks for an outcome a row. `named` returns the bytes of a row's source column, for what an
    /// outcome only names.
    pub(crate) fn apply(
        &self,
        fuel_max: u64,
        context: lowered::Context<'_>,
        rows: &[lowered::MappingRow<'_>],
        named: impl Fn(usize, u32) -> usize,
    ) -> Attempt<lifted::Outcome> {
        let export = &self.component.exports().apply;
        self.ask(
            export,
            fuel_max,
            context,
            rows,
            |row, answer: &lifted::Outcome| answer.bytes(|position| named(row, position)),
        )
    }

    fn ask<Row, Answer>(
        &self,
        export: &ComponentExportIndex,
        fuel_per_call: u64,
        context: lowered::Context<'_>,
        rows: &[Row],
        bytes: impl Fn(usize, &Answer) -> usize,
    ) -> Attempt<Answer>
    where
        Row: ComponentType + Lower,
        Answer: ComponentType + Lift,
    {
        let (mut store, configured) = self.configured();
        let mut fuel_max = self.limits.fuel_per_configure;
        let answered = configured.and_then(|(instance, configured)| {
            if let Err(error) = configured {
                return Ok(Err(Failure::SettingsRefused(untrusted::printable(
                    &error.message,
                ))));
            }
            // What `configure` left over is not the call's, so that neither depends on the other.
            fuel_max = fuel_per_call;
            allot(&mut store, &self.limits, fuel_max)?;
            let function =
                instance.get_typed_func::<Stage<'_, Row>, Answered<Answer>>(&mut store, export)?;
            let (answered,) = function.call(&mut store, (context, rows))?;
            Ok(answered.map_err(|reason| Failure::Refused(reason.into())))
        });
        let answers = match answered {
            Ok(answered) => answered
                .and_then(|answers| judge(answers, rows.len(), self.limits.bytes_max, bytes)),
            Err(error) => Err(failure(&error, &store)),
        };
        let fuel = match answers {
            // The clock's time is worth as much as the fuel that should have run out before it.
            Err(Failure::TooSlow) => fuel_max,
            _ => fuel_max.saturating_sub(store.get_fuel().unwrap_or(0)),
        };
        self.meter
            .record(rows.len(), fuel, store.data().account.bytes());
        Attempt { answers, fuel }
    }

    fn store(&self) -> Store<Guest> {
        store(
            &self.component,
            &self.limits,
            Guest::new(
                &self.limits,
                self.plugin.clone(),
                Arc::clone(&self.tables),
                Arc::clone(&self.tables_declared),
            ),
        )
    }

    fn configured(&self) -> (Store<Guest>, wasmtime::Result<ConfiguredInstance>) {
        let (mut store, instance) = instantiate(&self.component, &self.limits, || self.store());
        let configured = instance.and_then(|instance| self.configure(&mut store, instance));
        (store, configured)
    }

    fn configure(
        &self,
        store: &mut Store<Guest>,
        instance: Instance,
    ) -> wasmtime::Result<ConfiguredInstance> {
        let function = instance.get_typed_func::<Configure<'_>, Configured>(
            &mut *store,
            &self.component.exports().configure,
        )?;
        let (configured,) = function.call(&mut *store, (self.settings.as_str(),))?;
        Ok((instance, configured))
    }
}

/// How long a call waits before it looks again for room in the pool.
const TURN: Duration = Duration::from_millis(1);

/// Makes an instance in a new store, as soon as there is room for one. Each call ends within its
/// limits, so that there will be. A store that got only a part is dropped with that part, which
/// another call may be waiting for.
fn instantiate(
    component: &Component,
    limits: &Limits,
    new_store: impl Fn() -> Store<Guest>,
) -> (Store<Guest>, wasmtime::Result<Instance>) {
    loop {
        let mut store = new_store();
        // Before the instance is made: its start functions are code like any other.
        let made = allot(&mut store, limits, limits.fuel_per_configure)
            .and_then(|()| component.instance().instantiate(&mut store));
        match made {
            Err(error) if exhausted(&error) => {
                drop(store);
                thread::sleep(TURN);
            }
            made => return (store, made),
        }
    }
}

fn store(component: &Component, limits: &Limits, guest: Guest) -> Store<Guest> {
    let mut store = Store::new(component.instance().engine(), guest);
    store.limiter(|guest| &mut guest.account);
    store.set_hostcall_fuel(limits.hostcall_fuel);
    store
}

/// Sets what the next step may take; an epoch deadline holds for one call only.
fn allot(store: &mut Store<Guest>, limits: &Limits, fuel: u64) -> wasmtime::Result<()> {
    store.set_epoch_deadline(ticks(limits.wall_clock));
    store.set_fuel(fuel)
}

fn judge<Answer>(
    answers: Vec<Answer>,
    rows: usize,
    bytes_max: usize,
    measure: impl Fn(usize, &Answer) -> usize,
) -> Result<Vec<Answer>, Failure> {
    if answers.len() != rows {
        return Err(Failure::AnswerMalformed(format!(
            "{rows} rows were asked about, {} were answered",
            answers.len()
        )));
    }
    let bytes = answers.iter().enumerate();
    let bytes: usize = bytes.map(|(row, answer)| measure(row, answer)).sum();
    if bytes > bytes_max {
        Err(Failure::AnswerTooLarge)
    } else {
        Ok(answers)
    }
}

/// Makes an instance once and checks the types of its functions, which a file can claim but only an
/// instance shows. Names the function at fault.
pub(crate) fn rehearse(component: &Component, limits: &Limits) -> Result<(), Rehearsal> {
    let (mut store, instance) = instantiate(component, limits, || {
        let guest = Guest::new(
            limits,
            PluginName::new("admission"),
            Arc::default(),
            Arc::default(),
        );
        store(component, limits, guest)
    });
    let instance = instance.map_err(|error| Rehearsal::Start(failure(&error, &store)))?;
    let Exports {
        configure,
        decide,
        keys,
        apply,
    } = component.exports();
    let mismatch = |function| {
        move |error: wasmtime::Error| {
            Rehearsal::Type(function, untrusted::printable(&format!("{error:#}")))
        }
    };
    instance
        .get_typed_func::<Configure<'_>, Configured>(&mut store, configure)
        .map_err(mismatch("configure"))?;
    instance
        .get_typed_func::<Stage<'_, lowered::Row<'_>>, Answered<lifted::Verdict>>(
            &mut store, decide,
        )
        .map_err(mismatch("decide"))?;
    instance
        .get_typed_func::<Stage<'_, lowered::Row<'_>>, Answered<lifted::Keys>>(&mut store, keys)
        .map_err(mismatch("keys"))?;
    instance
        .get_typed_func::<Stage<'_, lowered::MappingRow<'_>>, Answered<lifted::Outcome>>(
            &mut store, apply,
        )
        .map_err(mismatch("apply"))?;
    Ok(())
}

/// Why a rehearsal failed.
pub(crate) enum Rehearsal {
    /// No instance could be made.
    Start(Failure),
    /// A function has other types than the contract's; its name, and how they differ.
    Type(&'static str, String),
}

/// Sorts an error of the engine. Errors in reading an answer carry no trap, so the host's own types
/// are looked for first, then traps, and what remains is a malformed answer.
fn failure(error: &wasmtime::Error, store: &Store<Guest>) -> Failure {
    if let Some(MemoryExceeded { wanted, memory_max }) = error.downcast_ref() {
        return Failure::TooMuchMemory {
            wanted: *wanted,
            memory_max: *memory_max,
        };
    }
    if let Some(UndeclaredTable(table)) = error.downcast_ref() {
        return Failure::UndeclaredTable(table.clone());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::TooExpensive,
        Some(Trap::Interrupt) => Failure::TooSlow,
        Some(trap) => {
            let trap = trap.to_string();
            let trap = trap.strip_prefix("wasm trap: ").unwrap_or(&trap);
            Failure::Trapped(match &store.data().log.last_error {
                Some(message) => format!("{trap}, after it logged: {message}"),
                None => trap.to_owned(),
            })
        }
        None => {
            let cause = error.root_cause().to_string();
            // The engine's type for this is private; its text is all there is to tell it by.
            if cause.contains(HOSTCALL_FUEL_TEXT) {
                Failure::AnswerTooLarge
            } else {
                Failure::AnswerMalformed(untrusted::printable(&cause))
            }
        }
    }
}

/// What the engine says when an answer exceeds `hostcall_fuel`; a test holds it to that.
const HOSTCALL_FUEL_TEXT: &str = "allocated for hostcalls";
