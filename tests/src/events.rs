//! The event log: it records every change and refusal, without gaps and without secrets.

use crate::harness::{PASSWORD, Person, World, on_both_engines, seat_request};
use futures_util::future::join_all;
use seatkeeper::store::{self, events::LoggedEvent};
use seatkeeper_shared::{ids::Position, license::Model, people::Role};
use serde_json::json;

async fn all_events(world: &World) -> Vec<LoggedEvent> {
    store::events::after(&world.app.db, Position(0), 100_000).await.expect("the log can be read")
}

/// The kinds of the events since a position, which is advanced.
async fn events_since(world: &World, position: &mut Position) -> Vec<String> {
    let new = store::events::after(&world.app.db, *position, 1_000).await.expect("the log can be read");
    *position = new.last().map_or(*position, |event| event.position);
    new.into_iter().map(|event| event.subject.kind_name().to_owned()).collect()
}

fn assert_gapless(events: &[LoggedEvent]) {
    let positions: Vec<_> = events.iter().map(|event| event.position.0).collect();
    let expected: Vec<_> = (1..=i64::try_from(events.len()).expect("a number")).collect();
    assert_eq!(positions, expected);
}

on_both_engines! {
    async fn every_write_is_logged(world: World) {
        let (at, admin) = (&mut Position(0), &world.admin);
        assert_eq!(events_since(&world, at).await, ["account_set_up"]);
        let product = world.product("Remote Support v5").await;
        assert_eq!(events_since(&world, at).await, ["product_added"]);
        let license = world.license(product, Model::Concurrent, 2).await;
        assert_eq!(events_since(&world, at).await, ["license_added"]);
        let agent = world.agent("Nora Neu").await;
        assert_eq!(events_since(&world, at).await, ["user_added", "signed_in"]);
        agent.request_seat().await.problem(409, "not_assigned");
        assert_eq!(events_since(&world, at).await, ["session_refused"]);
        world.grant(license, &[agent.id]).await;
        assert_eq!(events_since(&world, at).await, ["license_granted"]);
        let session = agent.post("/sessions", &seat_request("attended")).await.created();
        assert_eq!(events_since(&world, at).await, ["session_created"]);
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        agent.post(&format!("{path}/connect"), &json!({ "platform": "mac" })).await.ok();
        assert_eq!(events_since(&world, at).await, ["session_connected"]);
        admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 1 })).await.ok();
        assert_eq!(events_since(&world, at).await, ["seats_changed"]);
        world.grant(license, &[admin.id]).await;
        admin.request_seat().await.problem(409, "pool_full");
        assert_eq!(events_since(&world, at).await, ["license_granted", "session_refused"]);
        agent.post(&format!("{path}/end"), &json!({})).await.ok();
        assert_eq!(events_since(&world, at).await, ["session_ended"]);
        let token = admin.post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
        admin.delete(&format!("/tokens/{}", token["id"].as_str().expect("an id"))).await;
        assert_eq!(events_since(&world, at).await, ["token_made", "token_deleted"]);
        let user = format!("/users/{}", agent.id);
        admin.patch(&user, &json!({ "name": "Nora Alt" })).await.ok();
        assert_eq!(events_since(&world, at).await, ["user_changed"]);
        agent.request_seat().await.created();
        admin.patch(&user, &json!({ "status": "suspended" })).await.ok();
        assert_eq!(events_since(&world, at).await, ["session_created", "user_suspended", "session_ended"]);
        admin.patch(&user, &json!({ "status": "active" })).await.ok();
        assert_eq!(events_since(&world, at).await, ["user_changed"]);
        admin.patch("/me", &json!({ "locale": "de" })).await.ok();
        assert_eq!(events_since(&world, at).await, ["locale_changed"]);
        let revoke = json!({ "user_ids": [admin.id], "end_now": false });
        admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        assert_eq!(events_since(&world, at).await, ["license_revoked"]);
        admin.post("/sign-out", &json!({})).await;
        assert_eq!(events_since(&world, at).await, ["signed_out"]);
        assert_gapless(&all_events(&world).await);
    }

    async fn requests_that_change_nothing_are_not_logged(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].request_seat().await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        people[0].post(&format!("{path}/end"), &json!({})).await.ok();
        let mut before = world.head().await;
        people[0].post(&format!("{path}/end"), &json!({})).await.ok();
        people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 1 })).await.ok();
        world.admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": [people[0].id] })).await.ok();
        world
            .admin
            .patch(&format!("/users/{}", people[0].id), &json!({ "name": "Agent 0", "status": "active" }))
            .await
            .ok();
        world.admin.post("/products", &json!({ "name": "Remote Support v5" })).await.problem(409, "already_exists");
        let anonymous = Person::anonymous(&world.url);
        anonymous.post("/sign-out", &json!({})).await;
        world.admin.patch("/me", &json!({})).await.ok();
        for path in ["/me", "/users", "/sessions", "/licenses", "/products", "/tokens"] {
            world.admin.get(path).await.ok();
        }
        assert_eq!(events_since(&world, &mut before).await, [""; 0]);
    }

    async fn automatic_ends_have_no_actor(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].request_seat().await.created();
        world.advance_clock(chrono::TimeDelta::minutes(5));
        let mut before = world.head().await;
        people[1].request_seat().await.created();
        let events = store::events::after(&world.app.db, before, 10).await.expect("the log can be read");
        let summary = events.iter().map(|event| {
            let subject = event.subject;
            (subject.kind_name(), subject.user, subject.license, event.occupied, event.seats)
        });
        let summary: Vec<_> = summary.collect();
        assert_eq!(
            summary,
            [
                ("session_ended", Some(people[0].id), Some(license), Some(0), Some(1)),
                ("session_created", Some(people[1].id), Some(license), Some(1), Some(1)),
            ]
        );
        events_since(&world, &mut before).await;
    }

    async fn concurrent_writes_leave_no_gap_and_no_duplicate_position(world: World) {
        let (license, people) = world.pool(5, 20).await;
        join_all(people.iter().enumerate().map(|(number, agent)| {
            let admin = world.admin.clone();
            async move {
                let user = json!({
                    "name": "New", "email": format!("new{number}@example.org"), "password": PASSWORD,
                    "role": "agent",
                });
                let seats = json!({ "seats": 5 + number % 3 });
                let path = format!("/licenses/{license}");
                let (_, added, _) =
                    tokio::join!(agent.request_seat(), admin.post("/users", &user), admin.patch(&path, &seats));
                let to = json!({ "user_ids": [added.created()["id"]] });
                admin.post(&format!("{path}/grant"), &to).await.ok();
            }
        }))
        .await;
        let events = all_events(&world).await;
        assert_gapless(&events);
        let count = |kind: &str| events.iter().filter(|event| event.subject.kind_name() == kind).count();
        assert_eq!((count("session_created") + count("session_refused"), count("license_granted")), (20, 40));
        for event in events.iter().filter(|event| event.subject.kind_name() == "session_created") {
            assert!(event.occupied <= event.seats, "more seats were occupied than exist: {event:?}");
        }
    }

    async fn the_log_contains_no_secret(world: World) {
        let (_, people) = world.pool(2, 1).await;
        let token = people[0].post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
        let session = people[0].post("/sessions", &seat_request("attended")).await.created();
        world.user("Vera Verwaltung", Role::Admin, &[]).await;
        let text = world.event_log().await;
        assert!(text.contains("session_created") && text.contains("Vera Verwaltung"), "{text}");
        for secret in [&token["secret"], &session["support_key"], &json!(PASSWORD), &json!(crate::harness::SETUP_TOKEN)]
        {
            let secret = secret.as_str().expect("a secret");
            assert!(!text.contains(secret), "\"{secret}\" is in the log");
        }
    }
}
