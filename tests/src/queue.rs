//! The queue of a full license: who gets a ticket, in which order seats are offered, and who may see and change it.

use crate::harness::{
    on_both_engines,
    queue::{path_of, place},
};
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

on_both_engines! {
    async fn a_refused_agent_waits_with_a_ticket_that_shows_the_position(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].request_or_queue().await.created();
        let first = people[1].request_or_queue().await.accepted();
        assert_eq!(
            first,
            json!({
                "id": first["id"], "license_id": license, "product_id": session["product_id"],
                "product_name": "Remote Support v5", "user_id": people[1].id, "user_name": "Agent 1",
                "user_email": "agent.1@example.org", "device": "NB-0412", "mode": "application",
                "state": "waiting", "position": 1, "created_at": "2026-03-02T09:00:00Z",
                "last_seen_at": "2026-03-02T09:00:00Z", "lease_until": "2026-03-02T09:02:00Z",
            })
        );
        let second = people[2].queued().await;
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 2));
        assert_eq!(people[1].get(&path_of("tickets", &first)).await.ok(), first);
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(1), &json!(2), &json!(0)));
    }

    async fn seats_are_offered_in_ticket_order_and_the_others_move_up(world: World) {
        let (license, people) = world.pool(1, 4).await;
        let mut session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        let before = world.head().await;
        for number in 0..3 {
            people[number].post_action(&session, "end").await.ok();
            for (ahead, ticket) in tickets[number..].iter().enumerate() {
                let seen = people[1 + number + ahead].get(ticket).await.ok();
                let state = if ahead == 0 { "offered" } else { "waiting" };
                assert_eq!(place(&seen), (state, i64::try_from(ahead + 1).expect("a number")));
                let until = if ahead == 0 { json!("2026-03-02T09:01:00Z") } else { Value::Null };
                assert_eq!(seen["offer_until"], until);
            }
            assert_eq!((world.usage(license).await)["offered"], 1);
            session = path_of("sessions", &people[number + 1].post_action(&tickets[number], "accept").await.created());
        }
        let offered = world.users_of_events("ticket_offered", before).await;
        assert_eq!(offered, people[1..].iter().map(|agent| agent.id).collect::<Vec<_>>());
        assert_eq!((world.usage(license).await)["waiting"], 0);
    }

    async fn a_new_request_does_not_overtake_the_queue(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        for agent in [&people[0], &people[2]] {
            let refused = agent.request_seat().await.problem(409, "pool_full");
            assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 1, "occupied": 0, "waiting": 1 }));
        }
        people[2].queued().await;
        people[1].request_seat().await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(1), &json!(1)), "the request accepts the offer");
    }

    async fn the_refusal_gives_the_queue_length_and_the_expected_time_of_the_next_seat(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "lease_seconds": 86_400 }), 3).await;
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::minutes(20));
        people[0].post_action(&session, "end").await.ok();
        people[0].seated().await;
        world.advance_clock(TimeDelta::minutes(5));
        let refused = people[1].request_seat().await.problem(409, "pool_full")["refusal"].clone();
        assert_eq!((&refused["waiting"], &refused["expected_at"]), (&json!(0), &json!("2026-03-02T09:40:00Z")));
        let ticket = people[1].request_or_queue().await.accepted();
        assert_eq!(ticket["expected_at"], "2026-03-02T09:40:00Z");
        let refused = people[2].request_seat().await.problem(409, "pool_full")["refusal"].clone();
        assert_eq!((&refused["waiting"], &refused["expected_at"]), (&json!(1), &json!("2026-03-02T10:00:00Z")));
    }

    async fn without_history_there_is_no_wait_estimate(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        assert_eq!(people[1].request_or_queue().await.accepted()["expected_at"], Value::Null);
        assert_eq!(people[2].request_seat().await.problem(409, "pool_full")["refusal"]["expected_at"], Value::Null);
    }

    async fn the_wait_estimate_counts_an_offered_seat_only_once(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "lease_seconds": 86_400, "seats": 2 }), 5).await;
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::minutes(20));
        people[0].post_action(&session, "end").await.ok();
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::minutes(10));
        people[1].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[2..4] {
            tickets.push(agent.queued().await);
        }
        people[0].post_action(&session, "end").await.ok();
        tickets.push(people[4].queued().await);
        // The first has an offer; the second waits for the next freed seat, and the third for the one after.
        let estimates = async || {
            let listed = world.admin.get("/queues").await.ok()[0]["tickets"].clone();
            let second = people[3].get(&tickets[1]).await.ok();
            let third = people[4].get(&tickets[2]).await.ok();
            (
                [second["expected_at"].clone(), third["expected_at"].clone()],
                [listed[1]["expected_at"].clone(), listed[2]["expected_at"].clone()],
            )
        };
        let (mut alone, mut listed) = estimates().await;
        // Estimates are cached for a few seconds and may have been recomputed between the two requests.
        for _ in 0..3 {
            if alone == listed {
                break;
            }
            (alone, listed) = estimates().await;
        }
        assert_eq!(alone, listed);
        assert!(alone.iter().all(Value::is_string) && alone[0] != alone[1], "{alone:?}");
    }

    async fn waiting_twice_keeps_the_ticket_and_its_place(world: World) {
        let (license, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let first = people[1].request_or_queue().await.accepted();
        people[2].queued().await;
        world.advance_clock(TimeDelta::seconds(10));
        let again = people[1].request_or_queue_at("NB-2").await.accepted();
        assert_eq!((&again["id"], place(&again)), (&first["id"], ("waiting", 1)));
        assert_eq!(again["lease_until"], "2026-03-02T09:02:10Z", "a repeated request renews the ticket");
        assert_eq!((world.usage(license).await)["waiting"], 2);
    }

    async fn an_agent_sees_only_their_own_tickets(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        let other = &people[2];
        for path in [first.clone(), format!("{first}/events"), format!("{first}?wait=1")] {
            other.get(&path).await.problem(404, "not_found");
        }
        other.post_action(&first, "accept").await.problem(404, "not_found");
        other.post_action(&first, "pass").await.problem(404, "not_found");
        other.delete(&first).await.problem(404, "not_found");
        other.post(&format!("{first}/move"), &json!({ "position": 2 })).await.problem(403, "forbidden");
        other.post(&format!("{second}/move"), &json!({ "position": 1 })).await.problem(403, "forbidden");
        let own = other.get("/queues").await.ok();
        assert_eq!(own.as_array().map(Vec::len), Some(1));
        assert_eq!(own[0]["tickets"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (place(&own[0]["tickets"][0]), &own[0]["tickets"][0]["user_id"]),
            (("waiting", 2), &json!(other.id))
        );
        assert_eq!(people[0].get("/queues").await.ok(), json!([]));
        let all = world.admin.get("/queues").await.ok();
        let seen: Vec<_> = all[0]["tickets"].as_array().expect("tickets").iter().map(|t| &t["user_id"]).collect();
        assert_eq!(seen, [&json!(people[1].id), &json!(people[2].id)]);
    }

    async fn a_read_only_manager_sees_the_queue_and_changes_nothing(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        let read_only = world.person("Lea Looks", Role::Manager, &[Permission::ViewReports]).await;
        assert_eq!(place(&read_only.get(&ticket).await.ok()), ("waiting", 1));
        read_only.delete(&ticket).await.problem(403, "forbidden");
        read_only.post_action(&ticket, "accept").await.problem(403, "forbidden");
        read_only.post_action(&ticket, "pass").await.problem(403, "forbidden");
        read_only.post(&format!("{ticket}/move"), &json!({ "position": 1 })).await.problem(403, "forbidden");
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
    }

    async fn an_admin_moves_tickets_and_is_named_in_the_log(world: World) {
        let (_, people) = world.pool(1, 4).await;
        let session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        let before = world.head().await;
        let to = |position: i64| json!({ "position": position });
        let moved = world.admin.post(&format!("{}/move", tickets[2]), &to(1)).await.ok();
        assert_eq!(place(&moved), ("waiting", 1));
        let moved = world.admin.post(&format!("{}/move", tickets[0]), &to(1_000_000)).await.ok();
        assert_eq!(place(&moved), ("waiting", 3), "a position beyond the end means the end");
        assert_eq!(place(&people[2].get(&tickets[1]).await.ok()), ("waiting", 2));
        let head = world.head().await;
        world.admin.post(&format!("{}/move", tickets[0]), &to(3)).await.ok();
        assert_eq!(world.head().await, head, "a move to the current position changes nothing");
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(world.users_of_events("ticket_offered", before).await, [people[3].id]);
        let log = world.event_log().await;
        assert!(log.contains("ticket_moved Anja Krüger") && !log.contains("ticket_moved Agent"), "{log}");
    }

    async fn an_admin_removes_a_ticket_and_its_agent_is_informed(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        world.admin.delete(&first).await.no_content();
        let over = json!({ "reason": "dropped", "at": "2026-03-02T09:00:00Z" });
        let seen = people[1].get(&first).await.ok();
        assert_eq!((place(&seen), &seen["over"]), (("over", 0), &over));
        for answer in [
            people[1].post_action(&first, "accept").await,
            people[1].post_action(&first, "pass").await,
            people[1].delete(&first).await,
            world.admin.delete(&first).await,
            world.admin.post(&format!("{first}/move"), &json!({ "position": 1 })).await,
        ] {
            assert_eq!(answer.problem(410, "ticket_over")["ticket"], over);
        }
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 1));
        let log = world.event_log().await;
        let removal = log.lines().find(|line| line.starts_with("ticket_over")).expect("the removal is logged");
        assert!(removal.starts_with("ticket_over Anja Krüger") && removal.contains("dropped"), "{removal}");
    }

    async fn an_agent_who_cancels_a_ticket_leaves_the_queue(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[1].delete(&first).await.no_content();
        let problem = people[1].delete(&first).await.problem(410, "ticket_over");
        assert_eq!(problem["ticket"], json!({ "reason": "withdrawn", "at": "2026-03-02T09:00:00Z" }));
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 1));
        let again = people[1].request_or_queue().await.accepted();
        assert_eq!(place(&again), ("waiting", 2), "a new ticket goes to the end");
    }

    async fn suspension_or_revocation_ends_the_ticket_in_the_same_transaction(world: World) {
        let (license, people) = world.pool(1, 4).await;
        let session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        people[0].post_action(&session, "end").await.ok();
        world.admin.patch(&format!("/users/{}", people[1].id), &json!({ "status": "suspended" })).await.ok();
        let seen = world.admin.get(&tickets[0]).await.ok();
        assert_eq!(seen["over"], json!({ "reason": "user_deactivated", "at": "2026-03-02T09:00:00Z" }));
        assert_eq!(
            place(&world.admin.get(&tickets[1]).await.ok()),
            ("offered", 1),
            "the offer goes to the next waiter"
        );
        let revoke = json!({ "user_ids": [people[2].id], "end_now": false });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        let over = people[2].post_action(&tickets[1], "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"]["reason"], "assignment_revoked");
        assert_eq!(place(&people[3].get(&tickets[2]).await.ok()), ("offered", 1));
    }

    async fn tickets_end_with_the_license(world: World) {
        let terms = json!({ "ends_at": "2026-03-02T09:01:00Z" });
        let (_, people) = world.pool_with_terms(terms, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        world.advance_clock(TimeDelta::seconds(60));
        world.sweep().await;
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!(seen["over"], json!({ "reason": "license_ended", "at": "2026-03-02T09:01:00Z" }));
        people[1].request_or_queue().await.problem(409, "license_ended");
    }
}
