//! Work that blocks, off the async threads.

use syncline_store::StoreError;

use crate::ServiceError;

/// Runs work that blocks off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ServiceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => Ok(answer?),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
