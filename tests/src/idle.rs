//! Idle timeout: a session without activity ends after a warning, a connected one only if the license says so.

use crate::harness::{Person, Watcher, World, on_both_engines, queue::path_of, seat_request};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// License terms: sessions without activity end after five minutes, with a warning after four.
fn terms(more: &Value) -> Value {
    let mut terms = json!({ "idle_seconds": 300, "idle_warning_seconds": 60, "lease_seconds": 3_600 });
    for (field, value) in more.as_object().expect("terms") {
        terms[field] = value.clone();
    }
    terms
}

/// Creates a session that waits for its customer, and returns its path.
async fn waiting_session(agent: &Person) -> String {
    path_of("sessions", &agent.post("/sessions", &seat_request("attended")).await.created())
}

async fn advance_and_sweep(world: &World, seconds: i64) {
    world.advance_clock(TimeDelta::seconds(seconds));
    world.sweep().await;
}

async fn heartbeat(agent: &Person, session: &str, active: bool) -> Value {
    agent.post(&format!("{session}/heartbeat"), &json!({ "active": active })).await.ok()
}

on_both_engines! {
    async fn an_idle_agent_is_warned_and_then_the_session_ends(world: World) {
        let (license, people) = world.pool_with_terms(terms(&json!({})), 2).await;
        let session = waiting_session(&people[0]).await;
        let ticket = people[1].queued().await;
        advance_and_sweep(&world, 239).await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        let before = world.head().await;
        advance_and_sweep(&world, 1).await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:05:00Z");
        assert_eq!(people[0].get(&session).await.ok()["idle_ends_at"], "2026-03-02T09:05:00Z");
        assert_eq!(world.users_of_events("session_idle", before).await, [people[0].id]);
        advance_and_sweep(&world, 59).await;
        assert_eq!((world.usage(license).await)["occupied"], 1);
        advance_and_sweep(&world, 1).await;
        let answer = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(answer["ended"], json!({ "reason": "idle", "at": "2026-03-02T09:05:00Z" }));
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "offered");
    }

    async fn activity_restarts_the_idle_timer_and_withdraws_the_warning(world: World) {
        let (_, people) = world.pool_with_terms(terms(&json!({})), 1).await;
        let session = waiting_session(&people[0]).await;
        advance_and_sweep(&world, 250).await;
        assert_eq!(heartbeat(&people[0], &session, true).await["idle_ends_at"], Value::Null);
        advance_and_sweep(&world, 239).await;
        assert_eq!(people[0].get(&session).await.ok()["idle_ends_at"], Value::Null);
        advance_and_sweep(&world, 1).await;
        assert_eq!(
            people[0].get(&session).await.ok()["idle_ends_at"],
            "2026-03-02T09:09:10Z",
            "the agent is warned again"
        );
    }

    async fn viewers_see_that_a_warning_is_withdrawn(world: World) {
        let (_, people) = world.pool_with_terms(terms(&json!({})), 1).await;
        let session = waiting_session(&people[0]).await;
        advance_and_sweep(&world, 250).await;
        let (mut admin, _) = Watcher::with_snapshot(&world.admin).await;
        let before = world.head().await;
        heartbeat(&people[0], &session, false).await;
        assert_eq!(world.head().await, before, "ordinary heartbeats are not events");
        heartbeat(&people[0], &session, true).await;
        assert_eq!(world.users_of_events("session_idle_called_off", before).await, [people[0].id]);
        let id = json!(session["/sessions/".len()..]);
        let answer = admin.until(|frame| frame.session(&id).is_some()).await;
        assert_eq!(answer.session(&id).expect("the session")["idle_ends_at"], Value::Null);
        heartbeat(&people[0], &session, true).await;
        assert_eq!(world.users_of_events("session_idle_called_off", before).await.len(), 1);
    }

    async fn a_heartbeat_does_not_undo_later_decisions(world: World) {
        let (license, people) = world.pool_with_terms(terms(&json!({})), 1).await;
        let session = waiting_session(&people[0]).await;
        advance_and_sweep(&world, 240).await;
        // Answered now, but perhaps saved later.
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:05:00Z");
        world.change_license(license, json!({ "idle_seconds": 3_600 })).await;
        world.sweep().await;
        assert_eq!(people[0].get(&session).await.ok()["idle_ends_at"], Value::Null, "new rules withdraw the warning");
        // Invalidates the pool cache.
        world.product("Chat").await;
        advance_and_sweep(&world, 60).await;
        people[0].post_action(&session, "heartbeat").await.ok();
    }

    async fn no_session_ends_before_the_full_warning_time(world: World) {
        let (_, people) = world.pool_with_terms(terms(&json!({})), 1).await;
        let session = waiting_session(&people[0]).await;
        // No sweep has run for a long time.
        advance_and_sweep(&world, 400).await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:07:40Z");
        advance_and_sweep(&world, 59).await;
        people[0].post_action(&session, "heartbeat").await.ok();
        advance_and_sweep(&world, 1).await;
        people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
    }

    async fn a_connected_session_is_not_ended_as_idle_unless_the_license_says_so(world: World) {
        let (license, people) = world.pool_with_terms(terms(&json!({})), 1).await;
        let session = waiting_session(&people[0]).await;
        advance_and_sweep(&world, 250).await;
        people[0].post(&format!("{session}/connect"), &json!({ "platform": "mac" })).await.ok();
        for _ in 0..3 {
            advance_and_sweep(&world, 600).await;
            assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        }
        world.change_license(license, json!({ "idle_ends_connected": true })).await;
        world.sweep().await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:35:10Z");
        advance_and_sweep(&world, 60).await;
        let answer = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(answer["ended"]["reason"], "idle");
    }

    async fn a_protected_session_is_never_ended_as_idle(world: World) {
        let (_, people) = world.pool_with_terms(terms(&json!({ "idle_ends_connected": true })), 1).await;
        let session = people[0].seated().await;
        advance_and_sweep(&world, 250).await;
        let seen = world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await.ok();
        assert_eq!(
            (&seen["protected"], &seen["idle_ends_at"]),
            (&json!(true), &Value::Null),
            "the warning is withdrawn"
        );
        advance_and_sweep(&world, 1_000).await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        world.admin.post(&format!("{session}/protect"), &json!({ "protected": false })).await.ok();
        world.sweep().await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:21:50Z");
    }

    async fn a_license_without_the_rule_ends_no_session_as_idle(world: World) {
        let (_, people) =
            world.pool_with_terms(json!({ "lease_seconds": 86_400, "idle_ends_connected": true }), 1).await;
        let session = people[0].seated().await;
        advance_and_sweep(&world, 20_000).await;
        assert_eq!(heartbeat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
    }
}
