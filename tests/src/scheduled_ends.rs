//! Ends by an admin: scheduled with a countdown, cancelled, and sessions that are protected from them.

use crate::harness::on_both_engines;
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const UNKNOWN: &str = "/sessions/00000000-0000-4000-8000-000000000000";

fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

on_both_engines! {
    async fn a_scheduled_end_is_shown_to_the_agent_and_happens_on_time(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        let how = json!({ "in_seconds": 60, "message": "Bitte zum Ende kommen" });
        let ending = json!({ "at": "2026-03-02T09:01:00Z", "by": "Anja Krüger", "message": "Bitte zum Ende kommen" });
        let answer = world.admin.post(&format!("{session}/end"), &how).await.ok();
        assert_eq!(answer, json!({ "id": id(&session), "ending": ending }));
        assert_eq!(people[0].post_action(&session, "heartbeat").await.ok()["ending"], ending);
        assert_eq!(people[0].get(&session).await.ok()["ending"], ending);
        world.advance_clock(TimeDelta::seconds(59));
        world.sweep().await;
        assert_eq!(people[0].post_action(&session, "heartbeat").await.ok()["ending"], ending);
        world.advance_clock(TimeDelta::seconds(1));
        world.sweep().await;
        let problem = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(
            problem["ended"],
            json!({
                "reason": "ended_by_admin", "at": "2026-03-02T09:01:00Z", "by": "Anja Krüger",
                "message": "Bitte zum Ende kommen",
            })
        );
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "offered");
    }

    async fn a_cancelled_end_does_not_happen(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        let before = world.head().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let session_json = world.admin.post_action(&session, "cancel-end").await.ok();
        assert_eq!((&session_json["state"], &session_json["ending"]), (&json!("connected"), &Value::Null));
        world.advance_clock(TimeDelta::seconds(61));
        world.sweep().await;
        assert_eq!(people[0].post_action(&session, "heartbeat").await.ok()["ending"], Value::Null);
        assert_eq!(world.users_of_events("session_end_called_off", before).await, [people[0].id]);
        let head = world.head().await;
        world.admin.post_action(&session, "cancel-end").await.ok();
        assert_eq!(world.head().await, head, "there was nothing to cancel");
    }

    async fn cancelling_an_end_requires_the_right_to_end_and_a_live_session(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let read_only = world.person("Lea Looks", Role::Manager, &[Permission::ViewReports]).await;
        for other in [&people[0], &people[1], &read_only] {
            other.post_action(&session, "cancel-end").await.problem(403, "forbidden");
            other.post(&format!("{session}/protect"), &json!({ "protected": true })).await.problem(403, "forbidden");
        }
        world.admin.post_action(UNKNOWN, "cancel-end").await.problem(404, "not_found");
        world.admin.post(&format!("{UNKNOWN}/protect"), &json!({ "protected": true })).await.problem(404, "not_found");
        people[0].post_action(&session, "end").await.ok();
        let problem = world.admin.post_action(&session, "cancel-end").await.problem(410, "session_ended");
        assert_eq!(problem["ended"]["reason"], "finished");
        let protect = world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await;
        assert_eq!(protect.problem(410, "session_ended")["ended"]["reason"], "finished");
    }

    async fn a_scheduled_end_can_be_rescheduled_or_made_immediate(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = people[0].seated().await;
        for (seconds, at) in [(60, "2026-03-02T09:01:00Z"), (3_600, "2026-03-02T10:00:00Z")] {
            world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": seconds })).await.ok();
            assert_eq!(people[0].get(&session).await.ok()["ending"]["at"], at);
        }
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 0 })).await.ok();
        people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
    }

    async fn ending_ones_own_session_needs_no_countdown(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let ended = people[0].post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        assert_eq!(ended["ended"]["reason"], "finished");
    }

    async fn an_invalid_countdown_is_refused(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        let before = world.head().await;
        for seconds in [-1, 3_601, i64::MAX, i64::MIN] {
            let how = json!({ "in_seconds": seconds });
            let problem = world.admin.post(&format!("{session}/end"), &how).await.problem(422, "invalid");
            let wrong = json!([{ "field": "in_seconds", "error": "out_of_range", "min": 0, "max": 3_600 }]);
            assert_eq!(problem["errors"], wrong);
        }
        for body in [json!({ "in_seconds": "soon" }), json!({ "protected_too": 1 }), json!("now")] {
            world.admin.post(&format!("{session}/end"), &body).await.problem(400, "bad_request");
        }
        for body in [json!({}), json!({ "protected": null }), json!(true)] {
            world.admin.post(&format!("{session}/protect"), &body).await.problem(400, "bad_request");
        }
        assert_eq!(world.head().await, before);
    }

    async fn a_protected_session_is_skipped_when_many_are_ended(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let (spared, other) = (people[0].seated().await, people[1].seated().await);
        let protect = json!({ "protected": true });
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageSessions]).await;
        assert_eq!(manager.post(&format!("{spared}/protect"), &protect).await.ok()["protected"], true);
        let head = world.head().await;
        world.admin.post(&format!("{spared}/protect"), &protect).await.ok();
        assert_eq!(world.head().await, head, "twice changes nothing");
        let many = json!({ "ids": [id(&spared), id(&other)] });
        let results = world.admin.post("/sessions/end", &many).await.ok()["results"].clone();
        assert_eq!(results[0], json!({ "id": id(&spared), "refused": "protected" }));
        assert_eq!(results[1]["ended"]["reason"], "ended_by_admin");
        for how in [json!({}), json!({ "in_seconds": 60 })] {
            world.admin.post(&format!("{spared}/end"), &how).await.problem(409, "protected");
        }
        people[0].post_action(&spared, "heartbeat").await.ok();
        let many = json!({ "ids": [id(&spared)], "protected_too": true });
        let results = world.admin.post("/sessions/end", &many).await.ok()["results"].clone();
        assert_eq!(results[0]["ended"]["reason"], "ended_by_admin");
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn protection_does_not_prevent_ending_ones_own_session(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await.ok();
        assert_eq!(people[0].post_action(&session, "end").await.ok()["ended"]["reason"], "finished");
    }

    async fn protection_can_be_removed(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        for protected in [true, false] {
            world.admin.post(&format!("{session}/protect"), &json!({ "protected": protected })).await.ok();
        }
        assert_eq!(world.admin.post_action(&session, "end").await.ok()["ended"]["reason"], "ended_by_admin");
    }
}
