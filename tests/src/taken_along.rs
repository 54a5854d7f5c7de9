//! On PostgreSQL, where several servers lock the same licenses: whoever comes while a server waits for a lock is committed together
//! with whoever waits already; and a transaction that was begun ahead is not left open.

use crate::world::{Engine, World};
use futures_util::future::join_all;
use seatkeeper::db::Db;
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::sleep;

fn pool(world: &World) -> &PgPool {
    let Db::Postgres { pool, .. } = &world.app.db else { panic!("only PostgreSQL has locks") };
    pool
}

async fn number(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool(world)).await.expect("the database answers")
}

async fn until(world: &World, sql: &'static str, wanted: i64) {
    for _ in 0..200 {
        if number(world, sql).await == wanted {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("never {wanted}: {sql}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_while_a_license_is_locked_is_committed_together_with_who_waits() {
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
        until(&world, WAITING, 1).await;
        let ends = join_all(people.iter().zip(&sessions).skip(1).map(|(agent, session)| agent.act(session, "end")));
        let release = async {
            // So long that all of them have come.
            sleep(Duration::from_millis(500)).await;
            other.rollback().await.expect("the lock is let go");
        };
        tokio::join!(ends, release).0
    };
    let (first, others) = tokio::join!(people[0].act(&sessions[0], "end"), later);
    first.ok();
    others.into_iter().for_each(|end| drop(end.ok()));
    assert_eq!(number(&world, COMMITS).await, 1);
    assert_eq!(number(&world, "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_left_open_for_somebody_who_does_not_come() {
    const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 1).await;
    for _ in 0..5 {
        let session = people[0].seated().await;
        people[0].act(&session, "end").await.ok();
    }
    until(&world, OPEN, 0).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(number(&world, OPEN).await, 0);
    people[0].seated().await;
}
