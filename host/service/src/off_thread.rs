//! Work that blocks, off the async threads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use syncline_store::StoreError;

use crate::ServiceError;

/// Runs work that blocks off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ServiceError> {
    Ok(run(work).await?)
}

/// Runs work that blocks off the async threads, whatever it answers.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Whether nobody waits for a piece of work any more.
#[derive(Clone, Debug, Default)]
pub struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    /// Whether the work can stop, since its answer is wanted no more.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs long work that blocks off the async threads; it is told when its caller is dropped.
pub(crate) async fn run_while_wanted<T: Send + 'static>(
    work: impl FnOnce(&Abandoned) -> T + Send + 'static,
) -> T {
    struct Wanting(Abandoned);
    impl Drop for Wanting {
        fn drop(&mut self) {
            self.0.0.store(true, Ordering::Relaxed);
        }
    }
    let abandoned = Abandoned::default();
    let _wanting = Wanting(abandoned.clone());
    run(move || work(&abandoned)).await
}
