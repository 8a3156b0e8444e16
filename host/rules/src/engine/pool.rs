//! Where instances come from: kept memory for the usual call, fresh memory where there is no room.
//!
//! An instance lives for one call. Fresh memory for each costs a page fault for every 4 KiB that a
//! batch touches, an eighth of a mapping call; a pool zeroes in place what the last call has touched.
//! It reserves some 300 GiB of addresses, which cost nothing where they are to be had. Under a limit
//! on addresses (`ulimit -v`, small containers' kernels) they are not, and the engine does without.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolConcurrencyLimitError,
    PoolingAllocationConfig,
};

use crate::limits::Limits;

/// How many calls can run at a time; further ones wait for their turn.
const CALLS_MAX: u32 = 64;

/// How much of an instance's memory is zeroed in place after its call. A full batch of the default
/// rules touches about 1.5 MiB.
const KEPT: usize = 2 << 20;

/// Returns an engine with a pool, or without one if this machine has no addresses for it.
pub(super) fn engine(mut config: Config, limits: &Limits) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    // What a single component may have is for admission and the limiter to say, here is only room.
    pool.total_component_instances(CALLS_MAX)
        .total_memories(CALLS_MAX)
        .total_core_instances(CALLS_MAX * 8)
        .total_tables(CALLS_MAX * 4)
        .max_core_instance_size(64 << 20)
        .max_component_instance_size(64 << 20)
        .max_tables_per_module(16)
        .max_memories_per_module(4)
        .table_elements(limits.table_elements_max)
        .linear_memory_keep_resident(KEPT)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            tracing::debug!(%error, "rules run without a pool of memory");
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Engine::new(&config)
        }
    }
}

/// Whether an instance could not be made because all of the pool is in use, which passes.
pub(crate) fn exhausted(error: &wasmtime::Error) -> bool {
    error.is::<PoolConcurrencyLimitError>()
}
