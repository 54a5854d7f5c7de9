//! Clients that hang up at the worst moment: what was begun for them is undone, and nobody else is left inside of it.

use crate::world::{Engine, World};
use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

/// How long a transaction may be open that somebody ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Polls something so often, and then drops it.
async fn hang_up<T>(what: impl Future<Output = T>, polls: usize) {
    let mut what = Box::pin(what);
    for _ in 0..polls {
        let done = poll_fn(|context| Poll::Ready(what.as_mut().poll(context).is_ready())).await;
        if done {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_while_a_transaction_begins_leaves_no_connection_inside_of_it() {
    let world = World::start(Engine::Postgres).await;
    let db = &world.app.db;
    for polls in 0..400 {
        hang_up(db.begin_read(), polls % 80 + 1).await;
        hang_up(db.begin(), polls % 80 + 1).await;
    }
    // Each of the connections of the pool has its turn.
    for _ in 0..40 {
        world.admin.patch("/me", &serde_json::json!({ "locale": "en" })).await.ok();
        world.admin.patch("/me", &serde_json::json!({ "locale": "de" })).await.ok();
    }
    // Others begin transactions, too, and end them; one that is left open stays.
    let open = "SELECT state FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let begun = Instant::now();
    while !world.database.texts(open).await.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "a connection is left inside of a transaction");
    }
}
