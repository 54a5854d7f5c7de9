//! The pool cache between two decisions: it always agrees with the database, whatever changes it.

use crate::harness::{Engine, World, email_of, on_both_engines, queue::place};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

/// Makes the database reject sessions on the device "NB-BROKEN".
async fn reject_broken_device(world: &World) {
    const SQLITE: &str = "CREATE TRIGGER broken BEFORE INSERT ON sessions WHEN NEW.device = 'NB-BROKEN'
                          BEGIN SELECT RAISE(ABORT, 'this device is broken'); END";
    const POSTGRES: &str = "ALTER TABLE sessions ADD CONSTRAINT broken CHECK (device <> 'NB-BROKEN') NOT VALID";
    world.execute(if world.engine == Engine::Sqlite { SQLITE } else { POSTGRES }).await;
}

fn request_on_broken_device() -> Value {
    json!({ "product": "remote-support-v5", "device": "NB-BROKEN", "mode": "application" })
}

on_both_engines! {
    async fn a_new_name_appears_on_the_next_session_and_ticket(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        people[1].request_or_queue().await.accepted();
        for (agent, name) in people.iter().zip(["Erste Neue", "Zweiter Neuer"]) {
            world.admin.patch(&format!("/users/{}", agent.id), &json!({ "name": name })).await.ok();
        }
        assert_eq!(people[0].request_seat().await.created()["user_name"], "Erste Neue");
        assert_eq!(people[1].request_or_queue().await.accepted()["user_name"], "Zweiter Neuer");
    }

    async fn a_reactivated_user_is_admitted_again(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let path = format!("/users/{}", people[0].id);
        for status in ["suspended", "active", "suspended", "active"] {
            world.admin.patch(&path, &json!({ "status": status })).await.ok();
        }
        let back = people[0].sign_in_again(&email_of("Agent 0")).await;
        back.request_seat().await.created();
        people[1].request_seat().await.problem(409, "pool_full");
        assert_eq!((world.usage(license).await)["occupied"], 1);
    }

    async fn a_new_license_applies_to_the_next_admission(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        people[1].request_seat().await.problem(409, "pool_full");
        let product = world.admin.get("/products").await.ok()[0]["id"].clone();
        let product = serde_json::from_value(product).expect("an id");
        let second = world.license(product, Model::Concurrent, 1).await;
        people[1].request_seat().await.problem(409, "pool_full");
        world.grant(second, &[people[1].id]).await;
        assert_eq!(people[1].request_seat().await.created()["license_id"], json!(second));
    }

    async fn a_new_product_can_be_requested(world: World) {
        let (_, people) = world.pool(1, 1).await;
        people[0].seated().await;
        let desk = json!({ "product": "service-desk", "device": "NB-1", "mode": "application" });
        people[0].post("/sessions", &desk).await.problem(422, "invalid");
        let product = world.product("Service Desk").await;
        people[0].post("/sessions", &desk).await.problem(409, "not_assigned");
        let license = world.license(product, Model::Concurrent, 1).await;
        world.grant(license, &[people[0].id]).await;
        people[0].post("/sessions", &desk).await.created();
    }

    async fn a_new_member_gets_the_reserved_seats_of_the_group(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let group = world.admin.post("/groups", &json!({ "name": "Nacht" })).await.created()["id"].clone();
        let limits = json!({ "limits": [{ "group_id": group, "floor": 1 }] });
        let path = format!("/licenses/{license}/groups");
        world.admin.send(world.admin.request(Method::PUT, &path).json(&limits)).await.ok();
        let path = format!("/groups/{}/members", group.as_str().expect("an id"));
        for (inside, outside) in [(0, 1), (1, 0)] {
            let members = json!({ "user_ids": [people[inside].id] });
            world.admin.send(world.admin.request(Method::PUT, &path).json(&members)).await.ok();
            people[outside].request_seat().await.problem(409, "reserved_for_group");
            let session = people[inside].seated().await;
            people[inside].post_action(&session, "end").await.ok();
        }
    }

    async fn heartbeats_are_in_the_database_after_a_sweep(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.advance_clock(TimeDelta::seconds(7));
        people[0].post_action(&session, "heartbeat").await.ok();
        people[1].get(&ticket).await.ok();
        world.sweep().await;
        for path in [session, ticket] {
            let seen = world.admin.get(&path).await.ok();
            assert_eq!(
                (&seen["last_seen_at"], &seen["lease_until"]),
                (&json!("2026-03-02T09:00:07Z"), &json!("2026-03-02T09:02:07Z")),
                "{path}"
            );
        }
    }

    async fn heartbeats_count_before_a_sweep_saves_them(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.advance_clock(TimeDelta::seconds(119));
        people[0].post_action(&session, "heartbeat").await.ok();
        people[1].get(&ticket).await.ok();
        // Invalidates the pool cache.
        world.product("Service Desk").await;
        world.advance_clock(TimeDelta::seconds(118));
        people[2].request_seat().await.problem(409, "pool_full");
        people[0].post_action(&session, "heartbeat").await.ok();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
    }

    async fn a_failed_write_leaves_no_trace_and_loses_no_heartbeat(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::seconds(5));
        people[0].post_action(&session, "heartbeat").await.ok();
        reject_broken_device(&world).await;
        let before = world.head().await;
        for _ in 0..3 {
            people[1].post("/sessions", &request_on_broken_device()).await.problem(503, "unavailable");
        }
        assert_eq!(world.head().await, before);
        people[2].request_seat().await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["sessions"]), (&json!(2), &json!(2)), "the seat was not consumed");
        world.sweep().await;
        let seen = world.admin.get(&session).await.ok();
        assert_eq!(
            (&seen["last_seen_at"], &seen["lease_until"]),
            (&json!("2026-03-02T09:00:05Z"), &json!("2026-03-02T09:02:05Z"))
        );
    }
}
