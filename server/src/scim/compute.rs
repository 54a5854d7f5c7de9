//! Runs long computations on blocking threads, a few at a time, so that other requests are not delayed.

use super::error::ScimError;
use crate::tasks::spawn_blocking;
use tokio::sync::Semaphore;

/// Limits concurrent computations, in the whole process, whose cores they occupy. Waiting requests hold no lock.
static PERMITS: Semaphore = Semaphore::const_new(2);

/// Runs `work` on a blocking thread.
///
/// # Errors
/// Returns the error of `work`, or status 500 if it panics.
pub async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ScimError> + Send + 'static,
) -> Result<T, ScimError> {
    let internal_error = || ScimError::new(500, "Internal server error.");
    let _permit = PERMITS.acquire().await.map_err(|_| internal_error())?;
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "SCIM computation panicked");
        Err(internal_error())
    })
}
