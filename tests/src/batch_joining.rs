//! On PostgreSQL several servers lock the same licenses: requests that arrive while a batch waits for the lock join
//! that batch, and a transaction prepared ahead of need is not left open.

use crate::harness::{Engine, World, eventually};
use futures_util::future::join_all;
use seatkeeper::db::Db;
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::sleep;

fn pool(world: &World) -> &PgPool {
    let Db::Postgres { pool, .. } = &world.app.db else { panic!("only PostgreSQL has locks") };
    pool
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool(world)).await.expect("the database answers")
}

async fn wait_for_count(world: &World, sql: &'static str, expected: i64) {
    eventually(sql, async || count(world, sql).await == expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_arrives_while_a_license_is_locked_joins_the_waiting_batch() {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
    const COMMITS: &str = "SELECT COUNT(DISTINCT xmin::text) FROM sessions WHERE ended_at IS NOT NULL";
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(8, 8).await;
    let mut sessions = Vec::new();
    for agent in &people {
        sessions.push(agent.seated().await);
    }
    let mut other = pool(&world).begin().await.expect("a transaction");
    sqlx::query("SELECT id FROM licenses FOR UPDATE").execute(&mut *other).await.expect("the lock");
    let later = async {
        wait_for_count(&world, WAITING, 1).await;
        let ends =
            join_all(people.iter().zip(&sessions).skip(1).map(|(agent, session)| agent.post_action(session, "end")));
        let release = async {
            eventually("all requests arrive", async || world.app.seats.waiting_commands() == people.len() - 1).await;
            other.rollback().await.expect("the lock is released");
        };
        tokio::join!(ends, release).0
    };
    let (first, others) = tokio::join!(people[0].post_action(&sessions[0], "end"), later);
    first.ok();
    others.into_iter().for_each(|end| drop(end.ok()));
    assert_eq!(count(&world, COMMITS).await, 1);
    assert_eq!(count(&world, "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_left_open_for_requests_that_never_arrive() {
    const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 1).await;
    for _ in 0..5 {
        let session = people[0].seated().await;
        people[0].post_action(&session, "end").await.ok();
    }
    wait_for_count(&world, OPEN, 0).await;
    // Sleeps: that nothing begins cannot be awaited; a prepared transaction would begin within 50 ms.
    sleep(Duration::from_millis(300)).await;
    assert_eq!(count(&world, OPEN).await, 0);
    people[0].seated().await;
}
