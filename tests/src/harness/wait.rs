//! Waiting for what happens beside a test. The only pause is the one between two looks; no test sleeps for a time after
//! which something should have happened (`sources::tests_do_not_sleep`).

use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The pause between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// What has not happened by then never will.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// Looks until a condition holds; panics if it does not in time.
pub async fn eventually(what: &str, holds: impl AsyncFnMut() -> bool) {
    within(WAIT_TIMEOUT, || what.to_owned(), holds).await;
}

/// Looks until something is found, and returns it; panics if it is not found in time.
pub async fn found<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut last = None;
    eventually(what, async || {
        last = look().await;
        last.is_some()
    })
    .await;
    last.expect("it was found")
}

/// Looks until a condition holds; panics with the message if that takes longer than `limit`. Returns how long it took.
pub async fn within(limit: Duration, message: impl Fn() -> String, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {}", message());
        sleep(LOOK_INTERVAL).await;
    }
    begun.elapsed()
}

/// The pauses of a wait whose looks are no closure, because a future with one is not `Send`.
pub struct Looks(Instant);

impl Looks {
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// The pause before the next look; panics if it was too many.
    pub async fn pause(&self, what: &str) {
        assert!(self.0.elapsed() < WAIT_TIMEOUT, "not in time: {what}");
        sleep(LOOK_INTERVAL).await;
    }
}
