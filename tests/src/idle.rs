//! Idleness: a session in which nothing is done ends after a warning, and a connected customer is cut off only if the
//! license says so.

use crate::world::{Person, Watcher, World, line::path_of, on_both_engines, wanted};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Ends sessions without activity after five minutes, with a warning after four.
fn terms(more: &Value) -> Value {
    let mut terms = json!({ "idle_seconds": 300, "idle_warning_seconds": 60, "lease_seconds": 3_600 });
    for (field, value) in more.as_object().expect("terms") {
        terms[field] = value.clone();
    }
    terms
}

/// A session that waits for its customer; its path.
async fn waiting(agent: &Person) -> String {
    path_of("sessions", &agent.post("/sessions", &wanted("attended")).await.created())
}

async fn pass(world: &World, seconds: i64) {
    world.pass(TimeDelta::seconds(seconds));
    world.sweep().await;
}

async fn beat(agent: &Person, session: &str, active: bool) -> Value {
    agent.post(&format!("{session}/heartbeat"), &json!({ "active": active })).await.ok()
}

on_both_engines! {
    async fn whoever_does_nothing_is_warned_and_then_his_session_ends(world: World) {
        let (license, people) = world.licensed(terms(&json!({})), 2).await;
        let session = waiting(&people[0]).await;
        let ticket = people[1].queued().await;
        pass(&world, 239).await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        let before = world.head().await;
        pass(&world, 1).await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:05:00Z");
        assert_eq!(people[0].get(&session).await.ok()["idle_ends_at"], "2026-03-02T09:05:00Z");
        assert_eq!(world.told_of("session_idle", before).await, [people[0].id]);
        pass(&world, 59).await;
        assert_eq!((world.usage(license).await)["occupied"], 1);
        pass(&world, 1).await;
        let told = people[0].act(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(told["ended"], json!({ "reason": "idle", "at": "2026-03-02T09:05:00Z" }));
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "offered");
    }

    async fn activity_starts_the_clock_anew_and_takes_the_warning_back(world: World) {
        let (_, people) = world.licensed(terms(&json!({})), 1).await;
        let session = waiting(&people[0]).await;
        pass(&world, 250).await;
        assert_eq!(beat(&people[0], &session, true).await["idle_ends_at"], Value::Null);
        pass(&world, 239).await;
        assert_eq!(people[0].get(&session).await.ok()["idle_ends_at"], Value::Null);
        pass(&world, 1).await;
        assert_eq!(
            people[0].get(&session).await.ok()["idle_ends_at"],
            "2026-03-02T09:09:10Z",
            "and he is warned again"
        );
    }

    async fn that_a_warning_is_taken_back_is_told_to_whoever_watches(world: World) {
        let (_, people) = world.licensed(terms(&json!({})), 1).await;
        let session = waiting(&people[0]).await;
        pass(&world, 250).await;
        let (mut admin, _) = Watcher::with_snapshot(&world.admin).await;
        let before = world.head().await;
        beat(&people[0], &session, false).await;
        assert_eq!(world.head().await, before, "usual heartbeats are no news");
        beat(&people[0], &session, true).await;
        assert_eq!(world.told_of("session_idle_called_off", before).await, [people[0].id]);
        let id = json!(session["/sessions/".len()..]);
        let told = admin.until(|frame| frame.session(&id).is_some()).await;
        assert_eq!(told.session(&id).expect("the session")["idle_ends_at"], Value::Null);
        beat(&people[0], &session, true).await;
        assert_eq!(world.told_of("session_idle_called_off", before).await.len(), 1);
    }

    async fn what_was_decided_after_a_heartbeat_is_not_undone_by_it(world: World) {
        let (license, people) = world.licensed(terms(&json!({})), 1).await;
        let session = waiting(&people[0]).await;
        pass(&world, 240).await;
        // Answered now, and perhaps written down only later.
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:05:00Z");
        world.change(license, json!({ "idle_seconds": 3_600 })).await;
        world.sweep().await;
        assert_eq!(
            people[0].get(&session).await.ok()["idle_ends_at"],
            Value::Null,
            "other rules take the warning back"
        );
        // Whatever the server remembered of the session is read again.
        world.product("Chat").await;
        pass(&world, 60).await;
        people[0].act(&session, "heartbeat").await.ok();
    }

    async fn nobody_is_cut_off_without_the_whole_warning(world: World) {
        let (_, people) = world.licensed(terms(&json!({})), 1).await;
        let session = waiting(&people[0]).await;
        // Nobody has looked for a long time.
        pass(&world, 400).await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:07:40Z");
        pass(&world, 59).await;
        people[0].act(&session, "heartbeat").await.ok();
        pass(&world, 1).await;
        people[0].act(&session, "heartbeat").await.problem(410, "session_ended");
    }

    async fn a_connected_customer_is_never_cut_off_unless_the_license_says_so(world: World) {
        let (license, people) = world.licensed(terms(&json!({})), 1).await;
        let session = waiting(&people[0]).await;
        pass(&world, 250).await;
        people[0].post(&format!("{session}/connect"), &json!({ "platform": "mac" })).await.ok();
        for _ in 0..3 {
            pass(&world, 600).await;
            assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        }
        world.change(license, json!({ "idle_ends_connected": true })).await;
        world.sweep().await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:35:10Z");
        pass(&world, 60).await;
        let told = people[0].act(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(told["ended"]["reason"], "idle");
    }

    async fn a_protected_session_is_never_idle(world: World) {
        let (_, people) = world.licensed(terms(&json!({ "idle_ends_connected": true })), 1).await;
        let session = people[0].seated().await;
        pass(&world, 250).await;
        let seen = world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await.ok();
        assert_eq!(
            (&seen["protected"], &seen["idle_ends_at"]),
            (&json!(true), &Value::Null),
            "the warning is taken back"
        );
        pass(&world, 1_000).await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
        world.admin.post(&format!("{session}/protect"), &json!({ "protected": false })).await.ok();
        world.sweep().await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], "2026-03-02T09:21:50Z");
    }

    async fn a_license_without_the_rule_ends_nobody(world: World) {
        let (_, people) = world.licensed(json!({ "lease_seconds": 86_400, "idle_ends_connected": true }), 1).await;
        let session = people[0].seated().await;
        pass(&world, 20_000).await;
        assert_eq!(beat(&people[0], &session, false).await["idle_ends_at"], Value::Null);
    }
}
