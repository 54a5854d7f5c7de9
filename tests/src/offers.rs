//! Offers: a freed seat is offered to the head of the queue, who accepts it, passes, declines, misses it or vanishes.

use crate::harness::{
    on_both_engines,
    queue::{path_of, place},
};
use chrono::TimeDelta;
use serde_json::json;

on_both_engines! {
    async fn accepting_an_offer_twice_returns_the_same_session(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = path_of("tickets", &people[1].request_or_queue_at("NB-7").await.accepted());
        people[0].post_action(&session, "end").await.ok();
        world.advance_clock(TimeDelta::seconds(59));
        let taken = people[1].post_action(&ticket, "accept").await.created();
        assert_eq!((&taken["device"], &taken["state"]), (&json!("NB-7"), &json!("connected")), "as in the ticket");
        assert_eq!((&taken["license_id"], &taken["created_at"]), (&json!(license), &json!("2026-03-02T09:00:59Z")));
        assert_eq!(people[1].post_action(&ticket, "accept").await.ok(), taken);
        let over = people[1].get(&ticket).await.ok()["over"].clone();
        let seated = json!({ "reason": "seated", "at": "2026-03-02T09:00:59Z", "session_id": taken["id"] });
        assert_eq!(over, seated);
        assert_eq!((world.usage(license).await)["sessions"], 1);
        people[1].post_action(&path_of("sessions", &taken), "end").await.ok();
        let vanished = people[1].post_action(&ticket, "accept").await.problem(410, "ticket_over");
        assert_eq!(vanished["ticket"], seated, "an ended session is not returned again");
    }

    async fn without_an_offer_accept_and_pass_are_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        for what in ["accept", "pass"] {
            people[1].post_action(&ticket, what).await.problem(409, "no_offer");
        }
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1), "the ticket keeps waiting");
    }

    async fn an_offer_belongs_to_one_agent(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        people[0].post_action(&ticket, "accept").await.problem(404, "not_found");
        people[0].post_action(&ticket, "pass").await.problem(404, "not_found");
        people[0].delete(&ticket).await.problem(404, "not_found");
        world.admin.post_action(&ticket, "accept").await.problem(403, "forbidden");
        world.admin.post_action(&ticket, "pass").await.problem(403, "forbidden");
        assert_eq!((world.usage(license).await)["offered"], 1);
        people[1].post_action(&ticket, "accept").await.created();
    }

    async fn passing_lets_the_next_waiter_go_first_and_keeps_the_place_after(world: World) {
        let (_, people) = world.pool(1, 4).await;
        let session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(place(&people[1].post_action(&tickets[0], "pass").await.ok()), ("waiting", 2));
        for (number, expected) in [(0, ("waiting", 2)), (1, ("offered", 1)), (2, ("waiting", 3))] {
            assert_eq!(place(&people[number + 1].get(&tickets[number]).await.ok()), expected, "ticket {number}");
        }
        let session = people[2].post_action(&tickets[1], "accept").await.created();
        people[2].post_action(&path_of("sessions", &session), "end").await.ok();
        assert_eq!(place(&people[1].get(&tickets[0]).await.ok()), ("offered", 1));
    }

    async fn passing_without_other_waiters_keeps_the_offer(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(place(&people[1].post_action(&ticket, "pass").await.ok()), ("offered", 1));
        people[1].post_action(&ticket, "accept").await.created();
    }

    async fn a_declined_offer_goes_to_the_next_waiter_at_once(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].post_action(&session, "end").await.ok();
        people[1].delete(&first).await.no_content();
        let over = people[1].post_action(&first, "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"]["reason"], "declined");
        assert_eq!(place(&people[2].get(&second).await.ok()), ("offered", 1));
        people[2].post_action(&second, "accept").await.created();
    }

    async fn an_expired_offer_moves_to_the_next_waiter(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].post_action(&session, "end").await.ok();
        world.advance_clock(TimeDelta::seconds(60));
        // No sweep has run, but a late accept finds the offer expired.
        let over = people[1].post_action(&first, "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"], json!({ "reason": "missed", "at": "2026-03-02T09:01:00Z" }));
        let seen = people[2].get(&second).await.ok();
        assert_eq!((place(&seen), &seen["offer_until"]), (("offered", 1), &json!("2026-03-02T09:02:00Z")));
        people[2].post_action(&second, "accept").await.created();
        let log = world.event_log().await;
        assert!(log.lines().any(|line| line.starts_with("ticket_over  ") && line.contains("missed")), "{log}");
    }

    async fn the_license_sets_how_long_an_offer_lasts(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "offer_seconds": 5 }), 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(people[1].get(&first).await.ok()["offer_until"], "2026-03-02T09:00:05Z");
        world.advance_clock(TimeDelta::seconds(5));
        world.sweep().await;
        assert_eq!(people[1].get(&first).await.ok()["over"]["reason"], "missed");
        assert_eq!(place(&people[2].get(&second).await.ok()), ("offered", 1));
    }

    async fn the_ticket_of_a_vanished_waiter_lapses_and_does_not_block_the_queue(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (vanished, stays) = (people[1].queued().await, people[2].queued().await);
        world.advance_clock(TimeDelta::seconds(119));
        people[0].post_action(&session, "heartbeat").await.ok();
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("waiting", 2), "polling renews the ticket");
        world.advance_clock(TimeDelta::seconds(1));
        world.sweep().await;
        let over = json!({ "reason": "lapsed", "at": "2026-03-02T09:02:00Z" });
        assert_eq!(people[1].get(&vanished).await.ok()["over"], over);
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("waiting", 1));
        people[0].post_action(&session, "end").await.ok();
        people[2].post_action(&stays, "accept").await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(1), &json!(0), &json!(0)));
    }

    async fn the_offer_of_a_vanished_waiter_moves_on_when_the_lease_expires(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "offer_seconds": 3_600, "lease_seconds": 30 }), 3).await;
        let session = people[0].seated().await;
        let (vanished, stays) = (people[1].queued().await, people[2].queued().await);
        people[0].post_action(&session, "end").await.ok();
        world.advance_clock(TimeDelta::seconds(29));
        people[2].get(&stays).await.ok();
        world.advance_clock(TimeDelta::seconds(1));
        world.sweep().await;
        assert_eq!(people[1].get(&vanished).await.ok()["over"]["reason"], "lapsed");
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("offered", 1));
    }

    async fn reading_an_expired_ticket_does_not_revive_it(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.advance_clock(TimeDelta::seconds(119));
        people[0].post_action(&session, "heartbeat").await.ok();
        world.admin.get(&ticket).await.ok();
        world.advance_clock(TimeDelta::seconds(1));
        // No sweep has run, and a read by another user does not renew the ticket.
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!((place(&seen), seen["over"]["reason"].as_str()), (("over", 0), Some("lapsed")));
    }

    async fn added_seats_are_offered_to_waiters_and_removed_seats_withdraw_the_last_offers(world: World) {
        let (license, people) = world.pool(1, 4).await;
        people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        let states = async || {
            let queues = world.admin.get("/queues").await.ok();
            let tickets = queues[0]["tickets"].as_array().expect("tickets").clone();
            tickets.iter().map(|ticket| ticket["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
        };
        world.change_license(license, json!({ "seats": 3 })).await;
        assert_eq!(states().await, ["offered", "offered", "waiting"]);
        people[3].request_seat().await.problem(409, "pool_full");
        world.change_license(license, json!({ "seats": 2 })).await;
        assert_eq!(states().await, ["offered", "waiting", "waiting"]);
        people[2].post_action(&tickets[1], "accept").await.problem(409, "no_offer");
        people[1].post_action(&tickets[0], "accept").await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(2), &json!(2), &json!(0)));
    }

    async fn a_repeated_request_neither_withdraws_nor_extends_an_offer(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        world.advance_clock(TimeDelta::seconds(30));
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!((place(&seen), &seen["offer_until"]), (("offered", 1), &json!("2026-03-02T09:01:00Z")));
        // A request with `wait` while a seat is offered gets the seat.
        people[1].request_or_queue().await.created();
        assert_eq!(people[1].get(&ticket).await.ok()["over"]["reason"], "seated");
    }
}
