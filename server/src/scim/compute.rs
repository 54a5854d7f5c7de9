//! Work that may take long for one request, beside the threads that answer all others, a few at a time.

use super::fail::Fail;
use tokio::sync::Semaphore;

/// So many requests are worked on at once. The others wait and hold nothing, least of all a lock.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Does the work on a thread of its own.
///
/// # Errors
/// What the work fails with; a fault of ours.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fail> + Send + 'static) -> Result<T, Fail> {
    let fault = || Fail::new(500, "This server has met a fault.");
    let _place = PLACES.acquire().await.map_err(|_| fault())?;
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the work for a directory's request has met a fault");
        Err(fault())
    })
}
