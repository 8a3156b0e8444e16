//! What the host offers to rules: the client's tables and a log, nothing else.

use wasmtime::{
    Engine, StoreContextMut, Trap,
    component::{ComponentType, Lift, Linker},
};

use crate::{
    contract::{LOG, TABLES},
    guest::Guest,
    untrusted,
};

/// Fuel for a host call besides a unit a byte that crosses: about what it costs in time, so that a
/// storm of calls ends as a loop does.
const HOST_CALL_FUEL: u64 = 1_000;

/// A rule looked into a table that it does not declare. The answer could be right, but a change of
/// that table would not recompute the row, so it is refused (law L8).
#[derive(Debug, thiserror::Error)]
#[error("table `{0}` is not declared")]
pub(crate) struct UndeclaredTable(pub(crate) String);

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(
    dead_code,
    reason = "made by the engine, from the discriminant that a rule passed"
)]
enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// Returns a linker that offers both imports.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    linker.instance(TABLES)?.func_wrap("lookup", lookup)?;
    linker.instance(LOG)?.func_wrap("write", write)?;
    Ok(linker)
}

fn lookup(
    mut store: StoreContextMut<'_, Guest>,
    (table, key): (String, String),
) -> wasmtime::Result<(Option<Vec<String>>,)> {
    if !store.data().tables_declared.contains(&table) {
        return Err(UndeclaredTable(untrusted::printable(&table)).into());
    }
    let values = store
        .data()
        .tables
        .lookup(&table, &key)
        .map(<[String]>::to_vec);
    let answered: usize = values.iter().flatten().map(String::len).sum();
    charge(&mut store, table.len() + key.len() + answered)?;
    Ok((values,))
}

fn write(
    mut store: StoreContextMut<'_, Guest>,
    (level, message): (Level, String),
) -> wasmtime::Result<()> {
    charge(&mut store, message.len())?;
    let level = match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    store.data_mut().log.write(level, &message);
    Ok(())
}

fn charge(store: &mut StoreContextMut<'_, Guest>, bytes: usize) -> wasmtime::Result<()> {
    let cost = u64::try_from(bytes)
        .unwrap_or(u64::MAX)
        .saturating_add(HOST_CALL_FUEL);
    match store.get_fuel()?.checked_sub(cost) {
        Some(fuel) => store.set_fuel(fuel),
        None => {
            store.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}
