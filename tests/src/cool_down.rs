//! Cool-down: an agent whose session an admin ended cannot take the seat back at once.

use crate::harness::{on_both_engines, queue::place};
use chrono::TimeDelta;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

fn cool_down_of_a_minute() -> Value {
    json!({ "cool_down_seconds": 60 })
}

on_both_engines! {
    async fn an_agent_whose_session_an_admin_ended_cools_down_and_others_do_not(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "cool_down_seconds": 60, "seats": 2 }), 2).await;
        let session = people[0].seated().await;
        world.admin.post_action(&session, "end").await.ok();
        let refused = people[0].request_seat().await.problem(409, "cooling_down");
        assert_eq!(
            refused["refusal"],
            json!({
                "license_id": license, "seats": 2, "occupied": 0, "waiting": 0, "at": "2026-03-02T09:01:00Z",
            })
        );
        people[1].request_seat().await.created();
        world.advance_clock(TimeDelta::seconds(59));
        people[0].request_seat().await.problem(409, "cooling_down");
        world.advance_clock(TimeDelta::seconds(1));
        people[0].request_seat().await.created();
    }

    async fn a_scheduled_end_starts_the_cool_down_too(world: World) {
        let (_, people) = world.pool_with_terms(cool_down_of_a_minute(), 1).await;
        let session = people[0].seated().await;
        world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 30 })).await.ok();
        world.advance_clock(TimeDelta::seconds(30));
        let refused = people[0].request_seat().await.problem(409, "cooling_down");
        assert_eq!(refused["refusal"]["at"], "2026-03-02T09:01:30Z");
    }

    async fn ending_or_losing_ones_own_session_starts_no_cool_down(world: World) {
        let (_, people) = world.pool_with_terms(cool_down_of_a_minute(), 1).await;
        let session = people[0].seated().await;
        people[0].post_action(&session, "end").await.ok();
        people[0].request_seat().await.created();
        world.advance_clock(TimeDelta::seconds(120));
        people[0].request_seat().await.created();
    }

    async fn a_named_seat_has_no_cool_down(world: World) {
        let terms = json!({ "cool_down_seconds": 60, "model": Model::Named });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        let session = people[0].seated().await;
        world.admin.post_action(&session, "end").await.ok();
        people[0].request_seat().await.created();
    }

    async fn an_agent_in_cool_down_may_wait_and_is_offered_a_seat_afterwards(world: World) {
        let (_, people) = world.pool_with_terms(cool_down_of_a_minute(), 2).await;
        let session = people[0].seated().await;
        world.admin.post_action(&session, "end").await.ok();
        let ticket = people[0].queued().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("waiting", 1));
        // The cool-down does not hold up the next waiter.
        let session = people[1].seated().await;
        people[1].post_action(&session, "end").await.ok();
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("waiting", 1));
        world.advance_clock(TimeDelta::seconds(60));
        world.sweep().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("offered", 1));
        people[0].post_action(&ticket, "accept").await.created();
    }

    async fn polling_the_ticket_when_the_cool_down_ends_loses_no_offer(world: World) {
        let (_, people) = world.pool_with_terms(cool_down_of_a_minute(), 1).await;
        let session = people[0].seated().await;
        world.admin.post_action(&session, "end").await.ok();
        // Invalidates the pool cache.
        world.product("Service Desk").await;
        let ticket = people[0].queued().await;
        world.advance_clock(TimeDelta::seconds(61));
        people[0].get(&ticket).await.ok();
        world.sweep().await;
        assert_eq!(place(&people[0].get(&ticket).await.ok()), ("offered", 1));
        people[0].post_action(&ticket, "accept").await.created();
    }

    async fn without_the_rule_there_is_no_cool_down(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        world.admin.post_action(&session, "end").await.ok();
        let session = people[0].seated().await;
        world.change_license(license, cool_down_of_a_minute()).await;
        world.admin.post_action(&session, "end").await.ok();
        people[0].request_seat().await.problem(409, "cooling_down");
    }
}
