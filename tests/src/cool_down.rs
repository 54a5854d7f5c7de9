//! Cool-down: an agent whose session an admin ended cannot grab the seat back at once.

use crate::world::{line::place, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

fn a_minute() -> Value {
    json!({ "cool_down_seconds": 60 })
}

on_both_engines! {
    async fn whose_session_an_admin_ended_gets_no_seat_for_a_while_and_others_do(world: World) {
        let (license, people) = world.licensed(json!({ "cool_down_seconds": 60, "seats": 2 }), 2).await;
        let session = people[0].seated().await;
        world.admin.act(&session, "end").await.ok();
        let refused = people[0].ask().await.problem(409, "cooling_down");
        assert_eq!(
            refused["refusal"],
            json!({
                "license_id": license, "seats": 2, "occupied": 0, "waiting": 0, "at": "2026-03-02T09:01:00Z",
            })
        );
        people[1].ask().await.created();
        world.pass(TimeDelta::seconds(59));
        people[0].ask().await.problem(409, "cooling_down");
        world.pass(TimeDelta::seconds(1));
        people[0].ask().await.created();
    }

    async fn an_announced_end_is_followed_by_the_cool_down_too(world: World) {
        let (_, people) = world.licensed(a_minute(), 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 30 })).await.ok();
        world.pass(TimeDelta::seconds(30));
        let refused = people[0].ask().await.problem(409, "cooling_down");
        assert_eq!(refused["refusal"]["at"], "2026-03-02T09:01:30Z");
    }

    async fn whoever_ends_his_own_session_or_loses_it_by_time_does_not_cool_down(world: World) {
        let (_, people) = world.licensed(a_minute(), 1).await;
        let session = people[0].seated().await;
        people[0].act(&session, "end").await.ok();
        people[0].ask().await.created();
        world.pass(TimeDelta::seconds(120));
        people[0].ask().await.created();
    }

    async fn a_named_seat_knows_no_cool_down(world: World) {
        let terms = json!({ "cool_down_seconds": 60, "model": Model::Named });
        let (_, people) = world.licensed(terms, 1).await;
        let session = people[0].seated().await;
        world.admin.act(&session, "end").await.ok();
        people[0].ask().await.created();
    }

    async fn whoever_cools_down_may_wait_and_is_offered_a_seat_when_it_is_over(world: World) {
        let (_, people) = world.licensed(a_minute(), 2).await;
        let session = people[0].seated().await;
        world.admin.act(&session, "end").await.ok();
        let ticket = people[0].queued().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("waiting", 1));
        // Somebody behind him is not held up.
        let session = people[1].seated().await;
        people[1].act(&session, "end").await.ok();
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("waiting", 1));
        world.pass(TimeDelta::seconds(60));
        world.sweep().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("offered", 1));
        people[0].act(&ticket, "accept").await.created();
    }

    async fn the_look_that_finds_the_cool_down_over_loses_no_offer(world: World) {
        let (_, people) = world.licensed(a_minute(), 1).await;
        let session = people[0].seated().await;
        world.admin.act(&session, "end").await.ok();
        // Whatever was known of the license is read anew.
        world.product("Service Desk").await;
        let ticket = people[0].queued().await;
        world.pass(TimeDelta::seconds(61));
        people[0].get(&ticket).await.ok();
        world.sweep().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("offered", 1));
        people[0].act(&ticket, "accept").await.created();
    }

    async fn without_the_rule_he_may_ask_at_once(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.act(&session, "end").await.ok();
        let session = people[0].seated().await;
        world.change(license, a_minute()).await;
        world.admin.act(&session, "end").await.ok();
        people[0].ask().await.problem(409, "cooling_down");
    }
}
