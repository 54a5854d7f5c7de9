//! The life of a session: created, connected, renewed and ended, by its agent, by others, and by expiry.

use crate::harness::{Person, on_both_engines, seat_request};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::LicenseId,
    people::{Permission, Role},
};
use serde_json::{Value, json};

/// Creates a session that waits for a customer, and returns it with its path.
async fn waiting_session(agent: &Person) -> (Value, String) {
    let session = agent.post("/sessions", &seat_request("attended")).await.created();
    let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
    (session, path)
}

/// Occupied seats, connected seats and live sessions of a license.
async fn counters(admin: &Person, license: LicenseId) -> [i64; 3] {
    let seen = admin.get(&format!("/licenses/{license}")).await.ok();
    ["occupied", "connected", "sessions"].map(|field| seen["use"][field].as_i64().expect("a number"))
}

on_both_engines! {
    async fn an_agent_creates_connects_renews_and_ends_a_session(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let agent = &people[0];
        let (session, path) = waiting_session(agent).await;
        let key = session["support_key"].as_str().expect("a support key");
        assert!(key.len() == 9 && key.bytes().all(|digit| digit.is_ascii_digit()), "{key}");
        let mut expected = json!({
            "id": session["id"], "license_id": license, "product_id": session["product_id"],
            "product_name": "Remote Support v5", "model": "concurrent",
            "user_id": agent.id, "user_name": "Agent 0", "user_email": "agent.0@example.org",
            "device": "NB-0412", "state": "waiting", "mode": "attended",
            "created_at": "2026-03-02T09:00:00Z", "last_seen_at": "2026-03-02T09:00:00Z",
            "lease_until": "2026-03-02T09:02:00Z", "key_expires_at": "2026-03-02T09:10:00Z", "support_key": key,
        });
        assert_eq!(session, expected);
        assert_eq!(agent.get(&path).await.ok(), expected);
        assert_eq!(counters(&world.admin, license).await, [1, 0, 1]);

        world.advance_clock(TimeDelta::seconds(30));
        let connected = agent.post(&format!("{path}/connect"), &json!({ "platform": "windows" })).await.ok();
        for (field, value) in [
            ("state", json!("connected")),
            ("platform", json!("windows")),
            ("connected_at", json!("2026-03-02T09:00:30Z")),
            ("last_seen_at", json!("2026-03-02T09:00:30Z")),
            ("lease_until", json!("2026-03-02T09:02:30Z")),
        ] {
            expected[field] = value;
        }
        let fields = expected.as_object_mut().expect("an object");
        fields.remove("support_key");
        fields.remove("key_expires_at");
        assert_eq!(connected, expected);
        assert_eq!(counters(&world.admin, license).await, [1, 1, 1]);

        world.advance_clock(TimeDelta::seconds(30));
        let again = agent.post(&format!("{path}/connect"), &json!({ "platform": "mac" })).await.ok();
        assert_eq!(again, expected, "connecting again changes nothing");
        let renewed = agent.post(&format!("{path}/heartbeat"), &json!({})).await.ok();
        assert_eq!(renewed, json!({ "lease_until": "2026-03-02T09:03:00Z", "next_in_seconds": 30 }));

        let end = json!({ "reason": "finished", "at": "2026-03-02T09:01:00Z", "by": "Agent 0" });
        let ended = agent.post(&format!("{path}/end"), &json!({})).await.ok();
        assert_eq!(ended, json!({ "id": session["id"], "ended": end }));
        assert_eq!(counters(&world.admin, license).await, [0, 0, 0]);
        world.advance_clock(TimeDelta::seconds(5));
        let twice = agent.post(&format!("{path}/end"), &json!({})).await.ok();
        assert_eq!(twice, json!({ "id": session["id"], "ended": end, "refused": "session_ended" }));
        assert_eq!(agent.get(&path).await.ok()["state"], "ended");
    }

    async fn only_its_agent_sees_the_support_key(world: World) {
        let (_, people) = world.pool(2, 1).await;
        let (session, path) = waiting_session(&people[0]).await;
        let listed = people[0].get("/sessions").await.ok();
        assert_eq!(listed["items"][0]["support_key"], session["support_key"]);
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageSessions]).await;
        for other in [&world.admin, &manager] {
            let one = other.get(&path).await.ok();
            let list = other.get("/sessions").await.ok();
            assert_eq!((&one["id"], &list["items"][0]["id"]), (&session["id"], &session["id"]));
            assert_eq!((&one["support_key"], &list["items"][0]["support_key"]), (&Value::Null, &Value::Null));
        }
    }

    async fn an_agent_does_not_find_sessions_of_others(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let (_, path) = waiting_session(&people[0]).await;
        let other = &people[1];
        other.get(&path).await.problem(404, "not_found");
        other.post(&format!("{path}/connect"), &json!({ "platform": "ios" })).await.problem(404, "not_found");
        other.post(&format!("{path}/heartbeat"), &json!({})).await.problem(404, "not_found");
        other.post(&format!("{path}/end"), &json!({})).await.problem(404, "not_found");
        assert_eq!(other.get("/sessions").await.ok(), json!({ "items": [], "total": 0 }));
        other.get(&format!("/sessions?user={}", people[0].id)).await.problem(403, "forbidden");
        assert_eq!(counters(&world.admin, license).await, [1, 0, 1]);
    }

    async fn a_read_only_manager_ends_no_session(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let (session, path) = waiting_session(&people[0]).await;
        let read_only = world.person("Lea Looks", Role::Manager, &[]).await;
        read_only.post(&format!("{path}/end"), &json!({})).await.problem(403, "forbidden");
        read_only.post(&format!("{path}/heartbeat"), &json!({})).await.problem(403, "forbidden");
        let results = read_only.post("/sessions/end", &json!({ "ids": [session["id"]] })).await.ok();
        assert_eq!(results, json!({ "results": [{ "id": session["id"], "refused": "forbidden" }] }));
        assert_eq!(counters(&world.admin, license).await, [1, 0, 1]);
        let ends = world.person("Emil Ends", Role::Manager, &[Permission::ManageSessions]).await;
        let ended = ends.post(&format!("{path}/end"), &json!({})).await.ok();
        assert_eq!((&ended["ended"]["reason"], &ended["ended"]["by"]), (&json!("ended_by_admin"), &json!("Emil Ends")));
        assert_eq!(counters(&world.admin, license).await, [0, 0, 0]);
    }

    async fn an_agent_learns_who_ended_the_session_when_and_why(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (_, path) = waiting_session(&people[0]).await;
        world.advance_clock(TimeDelta::seconds(10));
        world.admin.post(&format!("{path}/end"), &json!({ "message": "  Bitte Platz für Notfall  " })).await.ok();
        world.advance_clock(TimeDelta::seconds(10));
        let end = json!({
            "reason": "ended_by_admin", "at": "2026-03-02T09:00:10Z", "by": "Anja Krüger",
            "message": "Bitte Platz für Notfall",
        });
        let problem = people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        assert_eq!(problem["ended"], end);
        let problem = people[0].post(&format!("{path}/connect"), &json!({ "platform": "mac" })).await;
        assert_eq!(problem.problem(410, "session_ended")["ended"], end);
        assert_eq!(people[0].get(&path).await.ok()["ended"], end);
        // The seat is free, also for the same agent.
        people[0].request_seat().await.created();
    }

    async fn an_expired_lease_frees_the_seat_and_is_never_revived(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let (_, path) = waiting_session(&people[0]).await;
        let heartbeat = format!("{path}/heartbeat");
        world.advance_clock(TimeDelta::seconds(119));
        people[1].request_seat().await.problem(409, "pool_full");
        world.advance_clock(TimeDelta::seconds(1));
        // No sweep runs here: the seat is free because the lease has expired.
        assert_eq!(counters(&world.admin, license).await, [0, 0, 0]);
        let second = people[1].request_seat().await.created();
        for _ in 0..2 {
            let late = people[0].post(&heartbeat, &json!({})).await.problem(409, "lease_expired");
            assert_eq!(late["ended"], json!({ "reason": "lease_expired", "at": "2026-03-02T09:02:00Z" }));
        }
        assert_eq!(counters(&world.admin, license).await, [1, 1, 1]);
        people[1].post(&format!("/sessions/{}/end", second["id"].as_str().expect("an id")), &json!({})).await.ok();
        people[0].post(&heartbeat, &json!({})).await.problem(409, "lease_expired");
        assert_eq!(counters(&world.admin, license).await, [0, 0, 0], "a free seat revives nothing");
    }

    async fn a_late_heartbeat_ends_the_session(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let (_, path) = waiting_session(&people[0]).await;
        world.advance_clock(TimeDelta::seconds(120));
        people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(409, "lease_expired");
        assert_eq!(people[0].get(&path).await.ok()["state"], "ended");
        assert_eq!(counters(&world.admin, license).await, [0, 0, 0]);
    }

    async fn heartbeats_renew_a_session_but_not_an_unused_key(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let (_, path) = waiting_session(&people[0]).await;
        let heartbeat = format!("{path}/heartbeat");
        for _ in 0..5 {
            world.advance_clock(TimeDelta::seconds(119));
            people[0].post(&heartbeat, &json!({})).await.ok();
        }
        world.advance_clock(TimeDelta::seconds(4));
        people[1].request_seat().await.problem(409, "pool_full");
        world.advance_clock(TimeDelta::seconds(1));
        people[1].request_seat().await.created();
        let problem = people[0].post(&heartbeat, &json!({})).await.problem(410, "session_ended");
        assert_eq!(problem["ended"], json!({ "reason": "key_expired", "at": "2026-03-02T09:10:00Z" }));
    }
}
