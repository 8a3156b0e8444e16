//! The side of compiling that works: the child, from its arguments to its answer.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    process, thread,
};

use super::{
    Effort, Unmade, confine,
    frame::{self, Answer},
    on_deep_stack,
};
use crate::{engine, limits::Limits};

/// More threads make a component faster only up to here, and each has a stack and a heap of its own,
/// which count as memory.
const THREADS_MAX: usize = 4;

/// Compiles the component on standard input, as the child that [`Compiling::InChild`] starts; the
/// arguments are those that follow [`COMPILE_COMMAND`]. The answer on standard output is for the parent
/// only.
///
/// It first takes from this process what a compiler does not need: memory, time, files and sockets.
///
/// [`Compiling::InChild`]: super::Compiling::InChild
/// [`COMPILE_COMMAND`]: super::COMPILE_COMMAND
///
/// # Errors
///
/// When the arguments are not the parent's, the limits cannot be had, or nobody reads the answer.
pub fn compile_on_request(arguments: impl IntoIterator<Item = OsString>) -> io::Result<()> {
    let request = Request::of(arguments).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is no request of a parent",
        )
    })?;
    let threads = thread::available_parallelism().map_or(1, |n| n.get().min(THREADS_MAX));
    confine::confine(request.memory_max, request.seconds, threads)?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(super::STACK)
        .build_global()
        .map_err(io::Error::other)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let answer = compile(&component, request.effort);
    frame::write(&answer, &mut io::stdout().lock())
}

fn compile(component: &[u8], effort: Effort) -> Answer {
    // No instance is ever made here, so only what shapes code matters: not the pool, not the limits.
    let compiled = on_deep_stack(|| {
        let engine = engine::for_compiling(&Limits::default(), effort)?;
        engine.precompile_component(component)
    });
    match compiled {
        Ok(code) => Answer::Code(code),
        Err(Unmade::Refused(why)) => Answer::Refused(why),
        // As where memory runs out: the parent tries again plainly, or refuses.
        Err(Unmade::Panicked) => process::abort(),
    }
}

struct Request {
    effort: Effort,
    memory_max: u64,
    seconds: u64,
}

impl Request {
    fn of(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let [effort, memory_max, seconds] = arguments.as_slice() else {
            return None;
        };
        let effort = [Effort::Optimised, Effort::Plain]
            .into_iter()
            .find(|known| effort == known.word())?;
        Some(Self {
            effort,
            memory_max: memory_max.to_str()?.parse().ok()?,
            seconds: seconds.to_str()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_parents_request_is_one() {
        let request = |words: &[&str]| Request::of(words.iter().map(OsString::from));
        let good = request(&["plain", "1024", "20"]).unwrap();
        assert_eq!(
            (good.effort, good.memory_max, good.seconds),
            (Effort::Plain, 1024, 20)
        );
        for words in [
            &["fast", "1024", "20"][..],
            &["plain", "-1", "20"],
            &["plain", "1024"],
            &["plain", "1024", "20", "more"],
            &[],
        ] {
            assert!(request(words).is_none(), "{words:?}");
        }
    }
}
