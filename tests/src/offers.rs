//! Offers: a freed seat is kept for the head of the line, who takes it, passes, declines, misses it, or is gone.

use crate::world::{
    line::{path_of, place},
    on_both_engines,
};
use chrono::TimeDelta;
use serde_json::json;

on_both_engines! {
    async fn the_accepted_offer_is_a_session_and_accepting_twice_gives_the_same_one(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = path_of("tickets", &people[1].wait_at("NB-7").await.accepted());
        people[0].act(&session, "end").await.ok();
        world.pass(TimeDelta::seconds(59));
        let taken = people[1].act(&ticket, "accept").await.created();
        assert_eq!((&taken["device"], &taken["state"]), (&json!("NB-7"), &json!("connected")), "as the ticket says");
        assert_eq!((&taken["license_id"], &taken["created_at"]), (&json!(license), &json!("2026-03-02T09:00:59Z")));
        assert_eq!(people[1].act(&ticket, "accept").await.ok(), taken);
        let over = people[1].get(&ticket).await.ok()["over"].clone();
        let seated = json!({ "reason": "seated", "at": "2026-03-02T09:00:59Z", "session_id": taken["id"] });
        assert_eq!(over, seated);
        assert_eq!((world.usage(license).await)["sessions"], 1);
        people[1].act(&path_of("sessions", &taken), "end").await.ok();
        let gone = people[1].act(&ticket, "accept").await.problem(410, "ticket_over");
        assert_eq!(gone["ticket"], seated, "a session that is over is not given again");
    }

    async fn without_an_offer_there_is_nothing_to_accept_or_to_pass(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        for what in ["accept", "pass"] {
            people[1].act(&ticket, what).await.problem(409, "no_offer");
        }
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1), "he goes on waiting");
    }

    async fn an_offer_is_one_agents_alone(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].act(&session, "end").await.ok();
        people[0].act(&ticket, "accept").await.problem(404, "not_found");
        people[0].act(&ticket, "pass").await.problem(404, "not_found");
        people[0].delete(&ticket).await.problem(404, "not_found");
        world.admin.act(&ticket, "accept").await.problem(403, "forbidden");
        world.admin.act(&ticket, "pass").await.problem(403, "forbidden");
        assert_eq!((world.usage(license).await)["offered"], 1);
        people[1].act(&ticket, "accept").await.created();
    }

    async fn whoever_passes_lets_the_next_one_go_first_and_comes_right_after(world: World) {
        let (_, people) = world.pool(1, 4).await;
        let session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        people[0].act(&session, "end").await.ok();
        assert_eq!(place(&people[1].act(&tickets[0], "pass").await.ok()), ("waiting", 2));
        for (number, expected) in [(0, ("waiting", 2)), (1, ("offered", 1)), (2, ("waiting", 3))] {
            assert_eq!(place(&people[number + 1].get(&tickets[number]).await.ok()), expected, "ticket {number}");
        }
        let session = people[2].act(&tickets[1], "accept").await.created();
        people[2].act(&path_of("sessions", &session), "end").await.ok();
        assert_eq!(place(&people[1].get(&tickets[0]).await.ok()), ("offered", 1));
    }

    async fn whoever_passes_while_nobody_else_waits_keeps_the_offer(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].act(&session, "end").await.ok();
        assert_eq!(place(&people[1].act(&ticket, "pass").await.ok()), ("offered", 1));
        people[1].act(&ticket, "accept").await.created();
    }

    async fn a_declined_offer_goes_to_the_next_at_once(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].act(&session, "end").await.ok();
        people[1].delete(&first).await.done();
        let over = people[1].act(&first, "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"]["reason"], "declined");
        assert_eq!(place(&people[2].get(&second).await.ok()), ("offered", 1));
        people[2].act(&second, "accept").await.created();
    }

    async fn an_offer_that_is_not_taken_in_its_time_moves_on(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].act(&session, "end").await.ok();
        world.pass(TimeDelta::seconds(60));
        // Nothing has swept: whoever comes too late finds the time over.
        let over = people[1].act(&first, "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"], json!({ "reason": "missed", "at": "2026-03-02T09:01:00Z" }));
        let seen = people[2].get(&second).await.ok();
        assert_eq!((place(&seen), &seen["offer_until"]), (("offered", 1), &json!("2026-03-02T09:02:00Z")));
        people[2].act(&second, "accept").await.created();
        let log = world.whole_log().await;
        assert!(log.lines().any(|line| line.starts_with("ticket_over  ") && line.contains("missed")), "{log}");
    }

    async fn the_license_says_how_long_a_seat_is_kept(world: World) {
        let (_, people) = world.licensed(json!({ "offer_seconds": 5 }), 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].act(&session, "end").await.ok();
        assert_eq!(people[1].get(&first).await.ok()["offer_until"], "2026-03-02T09:00:05Z");
        world.pass(TimeDelta::seconds(5));
        world.sweep().await;
        assert_eq!(people[1].get(&first).await.ok()["over"]["reason"], "missed");
        assert_eq!(place(&people[2].get(&second).await.ok()), ("offered", 1));
    }

    async fn a_vanished_waiter_lapses_and_blocks_nobody(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (gone, stays) = (people[1].queued().await, people[2].queued().await);
        world.pass(TimeDelta::seconds(119));
        people[0].act(&session, "heartbeat").await.ok();
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("waiting", 2), "looking is a sign of life");
        world.pass(TimeDelta::seconds(1));
        world.sweep().await;
        let over = json!({ "reason": "lapsed", "at": "2026-03-02T09:02:00Z" });
        assert_eq!(people[1].get(&gone).await.ok()["over"], over);
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("waiting", 1));
        people[0].act(&session, "end").await.ok();
        people[2].act(&stays, "accept").await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(1), &json!(0), &json!(0)));
    }

    async fn the_offer_of_a_vanished_waiter_moves_on_with_his_lease(world: World) {
        let (_, people) = world.licensed(json!({ "offer_seconds": 3_600, "lease_seconds": 30 }), 3).await;
        let session = people[0].seated().await;
        let (gone, stays) = (people[1].queued().await, people[2].queued().await);
        people[0].act(&session, "end").await.ok();
        world.pass(TimeDelta::seconds(29));
        people[2].get(&stays).await.ok();
        world.pass(TimeDelta::seconds(1));
        world.sweep().await;
        assert_eq!(people[1].get(&gone).await.ok()["over"]["reason"], "lapsed");
        assert_eq!(place(&people[2].get(&stays).await.ok()), ("offered", 1));
    }

    async fn looking_at_an_expired_ticket_does_not_revive_it(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        world.pass(TimeDelta::seconds(119));
        people[0].act(&session, "heartbeat").await.ok();
        world.admin.get(&ticket).await.ok();
        world.pass(TimeDelta::seconds(1));
        // Nothing has swept, and the look of somebody else was no sign of life.
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!((place(&seen), seen["over"]["reason"].as_str()), (("over", 0), Some("lapsed")));
    }

    async fn more_seats_are_offered_to_those_who_wait_and_fewer_take_the_last_offers_back(world: World) {
        let (license, people) = world.pool(1, 4).await;
        people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        let states = async || {
            let queues = world.admin.get("/queues").await.ok();
            let line = queues[0]["tickets"].as_array().expect("tickets").clone();
            line.iter().map(|ticket| ticket["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
        };
        world.change(license, json!({ "seats": 3 })).await;
        assert_eq!(states().await, ["offered", "offered", "waiting"]);
        people[3].ask().await.problem(409, "pool_full");
        world.change(license, json!({ "seats": 2 })).await;
        assert_eq!(states().await, ["offered", "waiting", "waiting"]);
        people[2].act(&tickets[1], "accept").await.problem(409, "no_offer");
        people[1].act(&tickets[0], "accept").await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(2), &json!(2), &json!(0)));
    }

    async fn an_offer_is_not_withdrawn_by_a_repeated_request_and_keeps_its_time(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].act(&session, "end").await.ok();
        world.pass(TimeDelta::seconds(30));
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!((place(&seen), &seen["offer_until"]), (("offered", 1), &json!("2026-03-02T09:01:00Z")));
        // Asking with `wait` while a seat is kept is answered with the seat.
        people[1].wait().await.created();
        assert_eq!(people[1].get(&ticket).await.ok()["over"]["reason"], "seated");
    }
}
