//! Ends by an admin: announced with a countdown, called off, and sessions that are protected from them.

use crate::world::on_both_engines;
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const UNKNOWN: &str = "/sessions/00000000-0000-4000-8000-000000000000";

fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

on_both_engines! {
    async fn an_announced_end_is_shown_to_the_agent_and_comes_at_its_time(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        let how = json!({ "in_seconds": 60, "message": "Bitte zum Ende kommen" });
        let ending = json!({ "at": "2026-03-02T09:01:00Z", "by": "Anja Krüger", "message": "Bitte zum Ende kommen" });
        let answer = world.admin.post(&format!("{session}/end"), &how).await.ok();
        assert_eq!(answer, json!({ "id": id(&session), "ending": ending }));
        assert_eq!(people[0].act(&session, "heartbeat").await.ok()["ending"], ending);
        assert_eq!(people[0].get(&session).await.ok()["ending"], ending);
        world.pass(TimeDelta::seconds(59));
        world.sweep().await;
        assert_eq!(people[0].act(&session, "heartbeat").await.ok()["ending"], ending);
        world.pass(TimeDelta::seconds(1));
        world.sweep().await;
        let told = people[0].act(&session, "heartbeat").await.problem(410, "session_ended");
        assert_eq!(
            told["ended"],
            json!({
                "reason": "ended_by_admin", "at": "2026-03-02T09:01:00Z", "by": "Anja Krüger",
                "message": "Bitte zum Ende kommen",
            })
        );
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "offered");
    }

    async fn an_announced_end_that_is_called_off_does_not_come(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        let before = world.head().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let kept = world.admin.act(&session, "keep").await.ok();
        assert_eq!((&kept["state"], &kept["ending"]), (&json!("connected"), &Value::Null));
        world.pass(TimeDelta::seconds(61));
        world.sweep().await;
        assert_eq!(people[0].act(&session, "heartbeat").await.ok()["ending"], Value::Null);
        assert_eq!(world.told_of("session_end_called_off", before).await, [people[0].id]);
        let head = world.head().await;
        world.admin.act(&session, "keep").await.ok();
        assert_eq!(world.head().await, head, "there was nothing to call off");
    }

    async fn calling_off_takes_the_right_to_end_and_a_session_that_lives(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let looks = world.person("Lea Looks", Role::Manager, &[Permission::ViewReports]).await;
        for other in [&people[0], &people[1], &looks] {
            other.act(&session, "keep").await.problem(403, "forbidden");
            other.post(&format!("{session}/protect"), &json!({ "protected": true })).await.problem(403, "forbidden");
        }
        world.admin.act(UNKNOWN, "keep").await.problem(404, "not_found");
        world.admin.post(&format!("{UNKNOWN}/protect"), &json!({ "protected": true })).await.problem(404, "not_found");
        people[0].act(&session, "end").await.ok();
        let told = world.admin.act(&session, "keep").await.problem(410, "session_ended");
        assert_eq!(told["ended"]["reason"], "finished");
        let protect = world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await;
        assert_eq!(protect.problem(410, "session_ended")["ended"]["reason"], "finished");
    }

    async fn an_end_can_be_announced_anew_and_come_at_once_after_all(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = people[0].seated().await;
        for (seconds, at) in [(60, "2026-03-02T09:01:00Z"), (3_600, "2026-03-02T10:00:00Z")] {
            world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": seconds })).await.ok();
            assert_eq!(people[0].get(&session).await.ok()["ending"]["at"], at);
        }
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 0 })).await.ok();
        people[0].act(&session, "heartbeat").await.problem(410, "session_ended");
    }

    async fn an_agent_who_ends_his_own_session_needs_no_countdown(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        let ended = people[0].post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
        assert_eq!(ended["ended"]["reason"], "finished");
    }

    async fn a_countdown_that_nobody_could_mean_is_refused(world: World) {
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

    async fn a_protected_session_is_left_out_when_many_are_ended(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let (spared, other) = (people[0].seated().await, people[1].seated().await);
        let protect = json!({ "protected": true });
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageSessions]).await;
        assert_eq!(manager.post(&format!("{spared}/protect"), &protect).await.ok()["protected"], true);
        let head = world.head().await;
        world.admin.post(&format!("{spared}/protect"), &protect).await.ok();
        assert_eq!(world.head().await, head, "twice is once");
        let many = json!({ "ids": [id(&spared), id(&other)] });
        let results = world.admin.post("/sessions/end", &many).await.ok()["results"].clone();
        assert_eq!(results[0], json!({ "id": id(&spared), "refused": "protected" }));
        assert_eq!(results[1]["ended"]["reason"], "ended_by_admin");
        for how in [json!({}), json!({ "in_seconds": 60 })] {
            world.admin.post(&format!("{spared}/end"), &how).await.problem(409, "protected");
        }
        people[0].act(&spared, "heartbeat").await.ok();
        let many = json!({ "ids": [id(&spared)], "protected_too": true });
        let results = world.admin.post("/sessions/end", &many).await.ok()["results"].clone();
        assert_eq!(results[0]["ended"]["reason"], "ended_by_admin");
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn protection_keeps_nobody_from_ending_his_own_session(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/protect"), &json!({ "protected": true })).await.ok();
        assert_eq!(people[0].act(&session, "end").await.ok()["ended"]["reason"], "finished");
    }

    async fn protection_can_be_taken_back(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        for protected in [true, false] {
            world.admin.post(&format!("{session}/protect"), &json!({ "protected": protected })).await.ok();
        }
        assert_eq!(world.admin.act(&session, "end").await.ok()["ended"]["reason"], "ended_by_admin");
    }
}
