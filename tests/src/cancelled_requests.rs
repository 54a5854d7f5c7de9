//! Requests cancelled at the worst moment: their transaction is rolled back, and no pooled connection stays inside one.

use crate::harness::{Engine, World};
use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

/// The longest time that other requests keep a transaction open.
const MAX_TRANSACTION_TIME: Duration = Duration::from_secs(10);

/// Polls a future this many times, and then drops it.
async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if done {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_cancelled_while_a_transaction_begins_leaves_no_open_transaction() {
    let world = World::start(Engine::Postgres).await;
    let db = &world.app.db;
    for polls in 0..400 {
        poll_and_drop(db.begin_read(), polls % 80 + 1).await;
        poll_and_drop(db.begin(), polls % 80 + 1).await;
    }
    // Uses every connection of the pool.
    for _ in 0..40 {
        world.admin.patch("/me", &serde_json::json!({ "locale": "en" })).await.ok();
        world.admin.patch("/me", &serde_json::json!({ "locale": "de" })).await.ok();
    }
    // Background tasks open transactions too, but end them; a leaked one stays open.
    let open = "SELECT state FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let begun = Instant::now();
    while !world.database.first_column(open).await.is_empty() {
        assert!(begun.elapsed() < MAX_TRANSACTION_TIME, "a connection is left inside a transaction");
    }
}
