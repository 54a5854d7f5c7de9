//! Outages: no agent loses a seat, a place in the queue or an offer because the server was down.

use crate::harness::{
    Database, Engine, Person, ServerProcess, World, on_both_engines,
    queue::{path_of, place},
    seat_request, seed,
};
use chrono::TimeDelta;
use seatkeeper::seats::sweep;
use serde_json::{Value, json};

/// Simulates an outage of this length, and returns whether the sweep recognised it.
async fn simulate_outage(world: &World, seconds: i64) -> bool {
    world.advance_clock(TimeDelta::seconds(seconds));
    let recognised = sweep::after_outage(&world.app.db, &world.clock).await.expect("the database answers");
    world.app.seats.invalidate_cache();
    world.sweep().await;
    recognised
}

/// The queue, without the times that grow while agents wait.
fn stable_fields(queues: &Value) -> Vec<Value> {
    let tickets = queues[0]["tickets"].as_array().expect("tickets");
    tickets.iter().map(|t| json!([t["id"], t["user_id"], t["state"], t["position"], t["created_at"]])).collect()
}

on_both_engines! {
    async fn leases_restart_after_an_outage(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        assert!(simulate_outage(&world, 3_600).await);
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(1), &json!(2)));
        for path in [&session, &first, &second] {
            let seen = world.admin.get(path).await.ok();
            assert_eq!(seen["lease_until"], "2026-03-02T10:02:00Z", "{path}");
        }
        people[0].post_action(&session, "heartbeat").await.ok();
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 2));
        world.advance_clock(TimeDelta::seconds(120));
        people[0].post_action(&session, "heartbeat").await.problem(409, "lease_expired");
    }

    async fn an_offer_survives_an_outage(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        people[0].post_action(&session, "end").await.ok();
        assert!(simulate_outage(&world, 3_600).await);
        assert_eq!(place(&people[2].get(&second).await.ok()), ("waiting", 2));
        let seen = people[1].get(&first).await.ok();
        assert_eq!(place(&seen), ("offered", 1));
        assert!(seen["offer_until"].as_str() > Some("2026-03-02T10:00:00Z"), "{seen:#}");
        people[1].post_action(&first, "accept").await.created();
    }

    async fn a_key_that_expired_during_an_outage_can_still_be_used(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = path_of("sessions", &people[0].post("/sessions", &seat_request("attended")).await.created());
        assert!(simulate_outage(&world, 3_600).await);
        let seen = people[0].get(&session).await.ok();
        assert_eq!((&seen["state"], &seen["key_expires_at"]), (&json!("waiting"), &json!("2026-03-02T10:02:00Z")));
        people[0].post(&format!("{session}/connect"), &json!({ "platform": "ios" })).await.ok();
    }

    async fn an_outage_does_not_count_as_idle_time(world: World) {
        let terms = json!({ "idle_seconds": 60, "idle_warning_seconds": 30, "idle_ends_connected": true });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        let session = people[0].seated().await;
        assert!(simulate_outage(&world, 3_600).await);
        assert_eq!(people[0].post_action(&session, "heartbeat").await.ok()["idle_ends_at"], Value::Null);
    }

    async fn a_warning_withdrawn_by_an_outage_stays_withdrawn(world: World) {
        let terms = json!({
            "idle_seconds": 60, "idle_warning_seconds": 30, "idle_ends_connected": true, "lease_seconds": 600,
        });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        let session = people[0].seated().await;
        world.advance_clock(TimeDelta::seconds(30));
        world.sweep().await;
        let beat = async || people[0].post(&format!("{session}/heartbeat"), &json!({ "active": false })).await.ok();
        assert_eq!(beat().await["idle_ends_at"], "2026-03-02T09:01:00Z");
        assert!(simulate_outage(&world, 300).await);
        assert_eq!(beat().await["idle_ends_at"], Value::Null);
    }

    async fn setting_the_clock_back_during_an_outage_does_not_extend_a_lease(world: World) {
        let (_, people) = world.pool(1, 2).await;
        for at_start in [true, false] {
            let session = people[0].seated().await;
            world.sweep().await;
            sweep::after_outage(&world.app.db, &world.clock).await.expect("the database answers");
            world.advance_clock(TimeDelta::days(-1));
            if at_start {
                sweep::at_start(&world.app.db, &world.clock).await.expect("the database answers");
            } else {
                assert!(sweep::after_outage(&world.app.db, &world.clock).await.expect("the database answers"));
            }
            world.app.seats.invalidate_cache();
            // Other running servers notice it too, and find it done.
            sweep::restart_leases(&world.app.db, &world.clock, TimeDelta::days(-1))
                .await
                .expect("the database answers");
            people[0].post_action(&session, "heartbeat").await.ok();
            people[1].request_seat().await.problem(409, "pool_full");
            world.advance_clock(TimeDelta::seconds(121));
            let next = people[1].seated().await;
            people[1].post_action(&next, "end").await.ok();
        }
    }

    async fn a_scheduled_end_keeps_its_remaining_time_when_the_clock_is_set(world: World) {
        let (_, people) = world.pool(2, 2).await;
        for ahead in [TimeDelta::hours(-1), TimeDelta::hours(1)] {
            let session = people[0].seated().await;
            let other = path_of("sessions", &people[1].post("/sessions", &seat_request("attended")).await.created());
            world.admin.post(&format!("{session}/end"), &json!({ "in_seconds": 60 })).await.ok();
            let expires = people[1].get(&other).await.ok()["key_expires_at"].clone();
            world.advance_clock(ahead);
            // Several servers notice it.
            for _ in 0..3 {
                sweep::restart_leases(&world.app.db, &world.clock, ahead).await.expect("the database answers");
            }
            world.app.seats.invalidate_cache();
            let after = people[1].get(&other).await.ok()["key_expires_at"].clone();
            let time = |value: Value| serde_json::from_value::<chrono::DateTime<chrono::Utc>>(value).expect("a time");
            assert_eq!(time(after), time(expires) + ahead);
            world.advance_clock(TimeDelta::seconds(59));
            people[0].post_action(&session, "heartbeat").await.ok();
            world.advance_clock(TimeDelta::seconds(1));
            world.sweep().await;
            let problem = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
            assert_eq!(problem["ended"]["reason"], "ended_by_admin");
            people[1].post_action(&other, "end").await.ok();
        }
    }

    async fn a_pause_of_a_few_seconds_is_not_an_outage(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        for _ in 0..11 {
            assert!(!simulate_outage(&world, 10).await);
        }
        assert!(!simulate_outage(&world, 10).await);
        people[0].post_action(&session, "heartbeat").await.problem(409, "lease_expired");
    }
}

async fn the_queue_survives_a_restart(engine: Engine) {
    let database = Database::migrated(engine).await;
    let (admin, people) = seed::people(&database.address, 5).await;
    let mut server = ServerProcess::start(&database.address).await;
    let admin = admin.at(&server.url);
    let people: Vec<_> = people.iter().map(|person| person.at(&server.url)).collect();
    let license = seed::pool(&admin, &people, 1, 120).await;
    let session = people[0].seated().await;
    let mut tickets = Vec::new();
    for agent in &people[1..] {
        tickets.push(agent.queued().await);
    }
    admin.post(&format!("{}/move", tickets[3]), &json!({ "position": 2 })).await.ok();
    people[0].post_action(&session, "end").await.ok();
    let before = stable_fields(&admin.get("/queues").await.ok());
    assert_eq!((before.len(), &before[0][2]), (4, &json!("offered")));

    server.kill();
    server = ServerProcess::start(&database.address).await;
    let at = |person: &Person| person.at(&server.url);
    assert_eq!(stable_fields(&at(&admin).get("/queues").await.ok()), before);
    at(&people[0]).request_seat().await.problem(409, "pool_full");
    let session = at(&people[1]).post_action(&tickets[0], "accept").await.created();
    at(&people[1]).post_action(&path_of("sessions", &session), "end").await.ok();
    assert_eq!(place(&at(&people[4]).get(&tickets[3]).await.ok()), ("offered", 1), "the ticket that the admin moved");
    let seen = at(&admin).get(&format!("/licenses/{license}")).await.ok();
    assert_eq!((&seen["use"]["waiting"], &seen["use"]["offered"]), (&json!(3), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_the_same_after_kill_9_on_sqlite() {
    the_queue_survives_a_restart(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_the_same_after_kill_9_on_postgres() {
    the_queue_survives_a_restart(Engine::Postgres).await;
}
