//! Every limit of rules, in one place, each with the argument for its number.

use std::time::Duration;

/// What a component may be and what a call may cost.
///
/// The numbers hold for one call whatever its number of rows, so that an answer does not depend on
/// how rows were batched: a batch that exceeds one is split until the row at fault stands alone.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest file, in bytes. A Rust guest has 30 to 300 KiB; those that bring an interpreter
    /// have 12 MB (JavaScript) or 18 MB (Python).
    pub file_size_max: usize,
    /// The largest function body, in bytes. Unoptimised compilation is about linear, a second and
    /// 120 MiB a megabyte (wasm-hosts.md, section 4). The largest of Python has 427 KB.
    pub function_size_max: usize,
    /// The most functions in a component. Each costs 80 µs to compile, however small. Interpreters
    /// have 13,000.
    pub functions_max: usize,
    /// The most instances that instantiating a component makes, nested ones multiplied out. A
    /// component of `wit-component` makes about a dozen, one of Python with its libraries 109; a bomb
    /// of 688 bytes makes 64 million.
    pub instances_max: u64,
    /// Up to this estimated cost a component is compiled optimised, above it unoptimised; a unit is
    /// about 44 µs, so this is two seconds. Optimising is about cubic in the size of a function body:
    /// 15 KB take 0.15 s, 118 KB take 85 s.
    pub optimise_cost_max: u64,
    /// How long the attempt to optimise may take, on the clock. What is estimated at two seconds, on a
    /// busy machine.
    pub optimise_time_max: Duration,
    /// How long compiling without optimisation may take, on the clock. JavaScript takes 11 s of a
    /// processor, Python 9 s, spread over up to four.
    pub compile_time_max: Duration,
    /// Addresses in bytes of the process that compiles, its program, stacks and heaps included. A Rust
    /// component needs 0.3 GiB of them, JavaScript 0.7 and Python 1.
    pub compile_memory_max: u64,
    /// The largest compiled code in bytes. JavaScript has 46 MB.
    pub compiled_size_max: usize,
    /// Fuel for making an instance and for `configure`, each time. About one second.
    pub fuel_per_configure: u64,
    /// Fuel for a stage call. A full batch of a Rust rule takes about 20 million; this is the
    /// fifty-fold, about one second, and what an endless loop costs.
    pub fuel_per_call: u64,
    /// Fuel that the failed calls of a layer may burn before it is asked in a hurry; calls that
    /// succeed give back what they took. Finding one looping row among 512 takes four calls' worth;
    /// without this, a rule that loops on each of a million rows would take two weeks.
    pub fuel_failed_max: u64,
    /// Fuel of a call in a hurry, more than twice what a full batch of a Rust rule takes.
    pub fuel_per_call_hurried: u64,
    /// Fuel that the failed calls of one batch may burn in a hurry before its other rows are held
    /// untried: enough to find one looping row among 512.
    pub fuel_per_batch_hurried: u64,
    /// Memory of an instance in bytes, all its linear memories together. A full batch each way is 2
    /// MiB; the rest is for the guest's own tables.
    pub memory_max: usize,
    /// Elements of an instance's tables, all together. Function tables have hundreds, those of
    /// interpreters up to 8,000.
    pub table_elements_max: usize,
    /// The longest that a call may take. Fuel decides, the same everywhere; the clock is only the
    /// backstop for what fuel does not see, hence many times what the fuel takes.
    pub wall_clock: Duration,
    /// The stack of a rule in bytes. Callers must have twice that left, which threads of 2 MiB do.
    pub stack_max: usize,
    /// The most rows of a call, as the contract says.
    pub rows_max: usize,
    /// The most bytes of values in a call, each way, as the contract says.
    pub bytes_max: usize,
    /// Bytes of host memory that an answer may take, checked while it is read. Rows and texts have
    /// their fixed part besides the values: 512 rows with 64 attributes are 4 MiB.
    pub hostcall_fuel: usize,
    /// The most log lines of a call that are passed on.
    pub log_lines_max: usize,
    /// The most bytes of log text of a call that are passed on.
    pub log_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_size_max: 32 << 20,
            function_size_max: 1 << 20,
            functions_max: 50_000,
            instances_max: 256,
            optimise_cost_max: 45_000,
            optimise_time_max: Duration::from_secs(10),
            compile_time_max: Duration::from_secs(60),
            compile_memory_max: 2 << 30,
            compiled_size_max: 256 << 20,
            fuel_per_configure: 1_000_000_000,
            fuel_per_call: 1_000_000_000,
            fuel_failed_max: 16_000_000_000,
            fuel_per_call_hurried: 50_000_000,
            fuel_per_batch_hurried: 600_000_000,
            memory_max: 64 << 20,
            table_elements_max: 100_000,
            wall_clock: Duration::from_secs(20),
            stack_max: 512 << 10,
            rows_max: 512,
            bytes_max: 1 << 20,
            hostcall_fuel: 8 << 20,
            log_lines_max: 100,
            log_bytes_max: 64 << 10,
        }
    }
}
