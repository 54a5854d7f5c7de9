//! The line in front of a full license: who gets a ticket, in which order seats are offered, and who may look and meddle.

use crate::world::{
    line::{path_of, place},
    on_both_engines,
};
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

on_both_engines! {
    async fn a_refused_agent_waits_with_a_ticket_that_says_his_position(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].wait().await.created();
        let first = people[1].wait().await.accepted();
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

    async fn seats_are_offered_in_the_order_of_the_tickets_and_the_others_move_up(world: World) {
        let (license, people) = world.pool(1, 4).await;
        let mut session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        let before = world.head().await;
        for number in 0..3 {
            people[number].act(&session, "end").await.ok();
            for (ahead, ticket) in tickets[number..].iter().enumerate() {
                let seen = people[1 + number + ahead].get(ticket).await.ok();
                let state = if ahead == 0 { "offered" } else { "waiting" };
                assert_eq!(place(&seen), (state, i64::try_from(ahead + 1).expect("a number")));
                let until = if ahead == 0 { json!("2026-03-02T09:01:00Z") } else { Value::Null };
                assert_eq!(seen["offer_until"], until);
            }
            assert_eq!((world.usage(license).await)["offered"], 1);
            session = path_of("sessions", &people[number + 1].act(&tickets[number], "accept").await.created());
        }
        let offered = world.told_of("ticket_offered", before).await;
        assert_eq!(offered, people[1..].iter().map(|agent| agent.id).collect::<Vec<_>>());
        assert_eq!((world.usage(license).await)["waiting"], 0);
    }

    async fn a_newcomer_does_not_overtake(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        people[1].queued().await;
        people[0].act(&session, "end").await.ok();
        for agent in [&people[0], &people[2]] {
            let refused = agent.ask().await.problem(409, "pool_full");
            assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 1, "occupied": 0, "waiting": 1 }));
        }
        people[2].queued().await;
        people[1].ask().await.created();
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(1), &json!(1)), "asking makes the offer good");
    }

    async fn the_refusal_says_how_many_wait_and_when_the_next_seat_is_expected(world: World) {
        let (_, people) = world.licensed(json!({ "lease_seconds": 86_400 }), 3).await;
        let session = people[0].seated().await;
        world.pass(TimeDelta::minutes(20));
        people[0].act(&session, "end").await.ok();
        people[0].seated().await;
        world.pass(TimeDelta::minutes(5));
        let refused = people[1].ask().await.problem(409, "pool_full")["refusal"].clone();
        assert_eq!((&refused["waiting"], &refused["expected_at"]), (&json!(0), &json!("2026-03-02T09:40:00Z")));
        let ticket = people[1].wait().await.accepted();
        assert_eq!(ticket["expected_at"], "2026-03-02T09:40:00Z");
        let refused = people[2].ask().await.problem(409, "pool_full")["refusal"].clone();
        assert_eq!((&refused["waiting"], &refused["expected_at"]), (&json!(1), &json!("2026-03-02T10:00:00Z")));
    }

    async fn without_experience_nobody_is_told_a_time(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        assert_eq!(people[1].wait().await.accepted()["expected_at"], Value::Null);
        assert_eq!(people[2].ask().await.problem(409, "pool_full")["refusal"]["expected_at"], Value::Null);
    }

    async fn a_seat_that_is_offered_is_not_waited_for_a_second_time(world: World) {
        let (_, people) = world.licensed(json!({ "lease_seconds": 86_400, "seats": 2 }), 5).await;
        let session = people[0].seated().await;
        world.pass(TimeDelta::minutes(20));
        people[0].act(&session, "end").await.ok();
        let session = people[0].seated().await;
        world.pass(TimeDelta::minutes(10));
        people[1].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[2..4] {
            tickets.push(agent.queued().await);
        }
        people[0].act(&session, "end").await.ok();
        tickets.push(people[4].queued().await);
        // The first has his seat; the second waits for the next one that is given back, and the third for the one after.
        let told = async || {
            let listed = world.admin.get("/queues").await.ok()[0]["tickets"].clone();
            let second = people[3].get(&tickets[1]).await.ok();
            let third = people[4].get(&tickets[2]).await.ok();
            (
                [second["expected_at"].clone(), third["expected_at"].clone()],
                [listed[1]["expected_at"].clone(), listed[2]["expected_at"].clone()],
            )
        };
        let (mut alone, mut listed) = told().await;
        // An estimate holds for a few seconds; between the two it may have been made anew.
        for _ in 0..3 {
            if alone == listed {
                break;
            }
            (alone, listed) = told().await;
        }
        assert_eq!(alone, listed);
        assert!(alone.iter().all(Value::is_string) && alone[0] != alone[1], "{alone:?}");
    }

    async fn whoever_waits_twice_keeps_his_ticket_and_his_place(world: World) {
        let (license, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let first = people[1].wait().await.accepted();
        people[2].queued().await;
        world.pass(TimeDelta::seconds(10));
        let again = people[1].wait_at("NB-2").await.accepted();
        assert_eq!((&again["id"], place(&again)), (&first["id"], ("waiting", 1)));
        assert_eq!(again["lease_until"], "2026-03-02T09:02:10Z", "asking again is a sign of life");
        assert_eq!((world.usage(license).await)["waiting"], 2);
    }

    async fn an_agent_sees_only_his_own_tickets(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        let other = &people[2];
        for path in [first.clone(), format!("{first}/events"), format!("{first}?wait=1")] {
            other.get(&path).await.problem(404, "not_found");
        }
        other.act(&first, "accept").await.problem(404, "not_found");
        other.act(&first, "pass").await.problem(404, "not_found");
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

    async fn a_manager_who_only_looks_sees_the_line_and_changes_nothing(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        let looks = world.person("Lea Looks", Role::Manager, &[Permission::ViewReports]).await;
        assert_eq!(place(&looks.get(&ticket).await.ok()), ("waiting", 1));
        looks.delete(&ticket).await.problem(403, "forbidden");
        looks.act(&ticket, "accept").await.problem(403, "forbidden");
        looks.act(&ticket, "pass").await.problem(403, "forbidden");
        looks.post(&format!("{ticket}/move"), &json!({ "position": 1 })).await.problem(403, "forbidden");
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
    }

    async fn an_admin_gives_tickets_other_places_and_the_log_names_him(world: World) {
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
        assert_eq!(place(&moved), ("waiting", 3), "beyond the end is the end");
        assert_eq!(place(&people[2].get(&tickets[1]).await.ok()), ("waiting", 2));
        let head = world.head().await;
        world.admin.post(&format!("{}/move", tickets[0]), &to(3)).await.ok();
        assert_eq!(world.head().await, head, "where it is already");
        people[0].act(&session, "end").await.ok();
        assert_eq!(world.told_of("ticket_offered", before).await, [people[3].id]);
        let log = world.whole_log().await;
        assert!(log.contains("ticket_moved Anja Krüger") && !log.contains("ticket_moved Agent"), "{log}");
    }

    async fn an_admin_takes_a_ticket_out_and_its_agent_is_told(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        world.admin.delete(&first).await.done();
        let over = json!({ "reason": "dropped", "at": "2026-03-02T09:00:00Z" });
        let seen = people[1].get(&first).await.ok();
        assert_eq!((place(&seen), &seen["over"]), (("over", 0), &over));
        for answer in [
            people[1].act(&first, "accept").await,
            people[1].act(&first, "pass").await,
            people[1].delete(&first).await,
            world.admin.delete(&first).await,
            world.admin.post(&format!("{first}/move"), &json!({ "position": 1 })).await,
        ] {
            assert_eq!(answer.problem(410, "ticket_over")["ticket"], over);
        }
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 1));
        let log = world.whole_log().await;
        let dropped = log.lines().find(|line| line.starts_with("ticket_over")).expect("it stands in the log");
        assert!(dropped.starts_with("ticket_over Anja Krüger") && dropped.contains("dropped"), "{dropped}");
    }

    async fn whoever_goes_away_and_says_so_is_out_of_the_line(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[1].delete(&first).await.done();
        let gone = people[1].delete(&first).await.problem(410, "ticket_over");
        assert_eq!(gone["ticket"], json!({ "reason": "withdrawn", "at": "2026-03-02T09:00:00Z" }));
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 1));
        let again = people[1].wait().await.accepted();
        assert_eq!(place(&again), ("waiting", 2), "whoever comes back stands at the end");
    }

    async fn the_ticket_of_whoever_is_suspended_or_loses_the_license_is_over_in_the_same_step(world: World) {
        let (license, people) = world.pool(1, 4).await;
        let session = people[0].seated().await;
        let mut tickets = Vec::new();
        for agent in &people[1..] {
            tickets.push(agent.queued().await);
        }
        people[0].act(&session, "end").await.ok();
        world.admin.patch(&format!("/users/{}", people[1].id), &json!({ "status": "suspended" })).await.ok();
        let seen = world.admin.get(&tickets[0]).await.ok();
        assert_eq!(seen["over"], json!({ "reason": "user_deactivated", "at": "2026-03-02T09:00:00Z" }));
        assert_eq!(place(&world.admin.get(&tickets[1]).await.ok()), ("offered", 1), "his offer goes to the next");
        let revoke = json!({ "user_ids": [people[2].id], "end_now": false });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        let over = people[2].act(&tickets[1], "accept").await.problem(410, "ticket_over");
        assert_eq!(over["ticket"]["reason"], "assignment_revoked");
        assert_eq!(place(&people[3].get(&tickets[2]).await.ok()), ("offered", 1));
    }

    async fn when_the_license_ends_so_do_the_tickets(world: World) {
        let terms = json!({ "ends_at": "2026-03-02T09:01:00Z" });
        let (_, people) = world.licensed(terms, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        world.pass(TimeDelta::seconds(60));
        world.sweep().await;
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!(seen["over"], json!({ "reason": "license_ended", "at": "2026-03-02T09:01:00Z" }));
        people[1].wait().await.problem(409, "license_ended");
    }
}
