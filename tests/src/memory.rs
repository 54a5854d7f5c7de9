//! What a server remembers between two decisions: never anything else than the database holds, whatever changes it.

use crate::world::{Engine, World, email_of, line::place, on_both_engines};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

/// From now on no session can be saved at the device "NB-BROKEN".
async fn break_a_device(world: &World) {
    const SQLITE: &str = "CREATE TRIGGER broken BEFORE INSERT ON sessions WHEN NEW.device = 'NB-BROKEN'
                          BEGIN SELECT RAISE(ABORT, 'this device is broken'); END";
    const POSTGRES: &str = "ALTER TABLE sessions ADD CONSTRAINT broken CHECK (device <> 'NB-BROKEN') NOT VALID";
    world.execute(if world.engine == Engine::Sqlite { SQLITE } else { POSTGRES }).await;
}

fn broken() -> Value {
    json!({ "product": "remote-support-v5", "device": "NB-BROKEN", "mode": "application" })
}

on_both_engines! {
    async fn a_new_name_stands_on_the_next_session_and_the_next_ticket(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        people[1].wait().await.accepted();
        for (agent, name) in people.iter().zip(["Erste Neue", "Zweiter Neuer"]) {
            world.admin.patch(&format!("/users/{}", agent.id), &json!({ "name": name })).await.ok();
        }
        assert_eq!(people[0].ask().await.created()["user_name"], "Erste Neue");
        assert_eq!(people[1].wait().await.accepted()["user_name"], "Zweiter Neuer");
    }

    async fn whoever_is_suspended_and_comes_back_is_admitted_again(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let path = format!("/users/{}", people[0].id);
        for status in ["suspended", "active", "suspended", "active"] {
            world.admin.patch(&path, &json!({ "status": status })).await.ok();
        }
        let back = people[0].sign_in_again(&email_of("Agent 0")).await;
        back.ask().await.created();
        people[1].ask().await.problem(409, "pool_full");
        assert_eq!((world.usage(license).await)["occupied"], 1);
    }

    async fn a_new_license_counts_for_the_next_admission(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        people[1].ask().await.problem(409, "pool_full");
        let product = world.admin.get("/products").await.ok()[0]["id"].clone();
        let product = serde_json::from_value(product).expect("an id");
        let second = world.license(product, Model::Concurrent, 1).await;
        people[1].ask().await.problem(409, "pool_full");
        world.grant(second, &[people[1].id]).await;
        assert_eq!(people[1].ask().await.created()["license_id"], json!(second));
    }

    async fn a_new_product_can_be_asked_for(world: World) {
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

    async fn a_new_member_has_what_is_kept_for_the_group(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let group = world.admin.post("/groups", &json!({ "name": "Nacht" })).await.created()["id"].clone();
        let limits = json!({ "limits": [{ "group_id": group, "floor": 1 }] });
        let path = format!("/licenses/{license}/groups");
        world.admin.send(world.admin.request(Method::PUT, &path).json(&limits)).await.ok();
        let path = format!("/groups/{}/members", group.as_str().expect("an id"));
        for (inside, outside) in [(0, 1), (1, 0)] {
            let members = json!({ "user_ids": [people[inside].id] });
            world.admin.send(world.admin.request(Method::PUT, &path).json(&members)).await.ok();
            people[outside].ask().await.problem(409, "reserved_for_group");
            let session = people[inside].seated().await;
            people[inside].act(&session, "end").await.ok();
        }
    }

    async fn signs_of_life_are_in_the_database_after_a_sweep(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.pass(TimeDelta::seconds(7));
        people[0].act(&session, "heartbeat").await.ok();
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

    async fn signs_of_life_count_although_nothing_has_been_swept(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.pass(TimeDelta::seconds(119));
        people[0].act(&session, "heartbeat").await.ok();
        people[1].get(&ticket).await.ok();
        // What was known is read anew.
        world.product("Service Desk").await;
        world.pass(TimeDelta::seconds(118));
        people[2].ask().await.problem(409, "pool_full");
        people[0].act(&session, "heartbeat").await.ok();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
    }

    async fn a_change_that_cannot_be_saved_leaves_nothing_behind_and_loses_no_heartbeat(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let session = people[0].seated().await;
        world.pass(TimeDelta::seconds(5));
        people[0].act(&session, "heartbeat").await.ok();
        break_a_device(&world).await;
        let before = world.head().await;
        for _ in 0..3 {
            people[1].post("/sessions", &broken()).await.problem(503, "unavailable");
        }
        assert_eq!(world.head().await, before);
        people[2].ask().await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["sessions"]), (&json!(2), &json!(2)), "the seat was not spent");
        world.sweep().await;
        let seen = world.admin.get(&session).await.ok();
        assert_eq!(
            (&seen["last_seen_at"], &seen["lease_until"]),
            (&json!("2026-03-02T09:00:05Z"), &json!("2026-03-02T09:02:05Z"))
        );
    }
}
