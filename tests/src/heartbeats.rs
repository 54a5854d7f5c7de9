//! Heartbeats: each is answered for its own session and agent, also by another server, and none revives a lease.

use crate::harness::{Engine, World, eventually, on_both_engines};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper::db::Db;
use serde_json::json;

on_both_engines! {
    async fn late_heartbeats_in_one_batch_revive_nothing(world: World) {
        let (license, people) = world.pool(10, 10).await;
        let sessions = join_all(people.iter().map(crate::harness::Person::seated)).await;
        world.advance_clock(TimeDelta::seconds(60));
        for (agent, session) in people.iter().zip(&sessions).skip(5) {
            agent.post_action(session, "heartbeat").await.ok();
        }
        world.advance_clock(TimeDelta::seconds(60));
        // Half of them are in time; no sweep has run.
        let answers =
            join_all(people.iter().zip(&sessions).map(|(agent, session)| agent.post_action(session, "heartbeat")))
                .await;
        for (number, answer) in answers.into_iter().enumerate() {
            if number < 5 {
                let late = answer.problem(409, "lease_expired");
                assert_eq!(late["ended"], json!({ "reason": "lease_expired", "at": "2026-03-02T09:02:00Z" }));
            } else {
                assert_eq!(answer.ok()["lease_until"], "2026-03-02T09:04:00Z");
            }
        }
        world.sweep().await;
        assert_eq!((world.usage(license).await)["occupied"], 5);
    }

    async fn a_foreign_heartbeat_in_a_batch_with_the_agents_own_is_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        for round in 0..20 {
            let (own, others) = tokio::join!(
                people[0].post_action(&session, "heartbeat"),
                people[1].post_action(&session, "heartbeat")
            );
            own.ok();
            assert_eq!(others.status, 404, "round {round}: {:#}", others.body);
        }
    }

    async fn concurrent_heartbeats_of_one_session_are_all_answered(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::seconds(1));
        for answer in join_all((0..50).map(|_| people[0].post_action(&session, "heartbeat"))).await {
            assert_eq!(answer.ok()["lease_until"], "2026-03-02T09:02:01Z");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_learns_who_ended_the_session_at_another_server() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 2).await;
    let other = world.second_server().await;
    let session = people[0].seated().await;
    people[0].at(&other).post_action(&session, "heartbeat").await.ok();
    world.admin.at(&other).post(&format!("{session}/end"), &json!({ "message": "Genug" })).await.ok();
    let answer = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
    assert_eq!(
        answer["ended"],
        json!({ "reason": "ended_by_admin", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger", "message": "Genug" })
    );
    let session = people[1].seated().await;
    world.advance_clock(TimeDelta::seconds(120));
    people[1].at(&other).post_action(&session, "heartbeat").await.problem(409, "lease_expired");
    people[1].post_action(&session, "heartbeat").await.problem(409, "lease_expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_scheduled_at_one_server_is_in_the_heartbeat_response_of_another() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 1).await;
    let other = world.second_server().await;
    let session = people[0].seated().await;
    world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
    let answer = people[0].at(&other).post_action(&session, "heartbeat").await.ok();
    assert_eq!(answer["ending"], json!({ "at": "2026-03-02T09:01:00Z", "by": "Anja Krüger" }));
    world.admin.at(&other).post_action(&session, "cancel-end").await.ok();
    assert_eq!(people[0].post_action(&session, "heartbeat").await.ok()["ending"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_saved_during_another_decision_counts() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 1).await;
    let session = people[0].seated().await;
    world.advance_clock(TimeDelta::seconds(60));
    let Db::Postgres { pool, .. } = &world.app.db else { panic!("only PostgreSQL has other servers") };
    // Like heartbeats of another server, committed after the admin's decision has read the session.
    let mut beat = pool.begin().await.expect("a transaction");
    let renew = "UPDATE sessions SET last_seen_at = last_seen_at + INTERVAL '1 minute',
                     lease_until = lease_until + INTERVAL '1 minute'";
    sqlx::query(renew).execute(&mut *beat).await.expect("the lease is renewed");
    let (end, in_ten_minutes) = (format!("{session}/end"), json!({ "in_seconds": 600 }));
    let announce = world.admin.post(&end, &in_ten_minutes);
    let commit = async {
        let waiting = "SELECT pid::text FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually("the decision waits", async || !world.database.first_column(waiting).await.is_empty()).await;
        beat.commit().await.expect("the heartbeat is saved");
    };
    let (announced, ()) = tokio::join!(announce, commit);
    announced.ok();
    let seen = world.admin.get(&session).await.ok();
    assert_eq!(seen["ending"]["at"], "2026-03-02T09:11:00Z");
    assert_eq!(
        (&seen["last_seen_at"], &seen["lease_until"]),
        (&json!("2026-03-02T09:01:00Z"), &json!("2026-03-02T09:03:00Z"))
    );
}
