//! Seats borrowed for offline work: borrowing and returning through the API, the signed lease, and the limits of what
//! others can do to a borrowed session.

use crate::harness::{Person, World, on_both_engines, seat_request};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_client::lease::{self, LeaseError};
use seatkeeper_shared::{
    license::Model,
    wire::borrow::{BorrowKeys, Lease},
};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// The terms of a license whose seats can be borrowed for up to three days.
fn borrowable_terms(seats: i64) -> Value {
    json!({ "seats": seats, "borrow_seconds": 72 * HOUR })
}

fn borrow_body(hours: i64) -> Value {
    json!({ "borrow_seconds": hours * HOUR })
}

fn request_borrowed_for(hours: i64) -> Value {
    let mut body = seat_request("application");
    body["borrow_seconds"] = json!(hours * HOUR);
    body
}

fn path(session: &Value) -> String {
    format!("/sessions/{}", session["id"].as_str().expect("an id"))
}

impl World {
    /// Verifies the session's lease as a program does offline: with the lease, the keys and the time.
    async fn verified_lease(&self, session: &Value) -> Result<Lease, LeaseError> {
        let keys = Person::anonymous(&self.url).get("/borrow/keys").await.ok();
        let keys: BorrowKeys = serde_json::from_value(keys).expect("keys");
        let lease = session["lease"].as_str().expect("a lease");
        lease::verify(lease, &keys, "remote-support-v5", self.clock.now().timestamp())
    }
}

on_both_engines! {
    async fn a_borrowed_seat_has_a_signed_lease_and_is_freed_when_it_expires(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(1), 2).await;
        let session = people[0].post("/sessions", &request_borrowed_for(8)).await.created();
        let until = "2026-03-02T17:00:00Z";
        assert_eq!((session["borrowed_until"].as_str(), session["lease_until"].as_str()), (Some(until), Some(until)));
        let lease = world.verified_lease(&session).await.expect("a good lease");
        assert_eq!((lease.jti.to_string().as_str(), lease.sub), (session["id"].as_str().expect("an id"), people[0].id));
        assert_eq!((lease.license, lease.device.as_str(), lease.name.as_str()), (license, "NB-0412", "Agent 0"));
        assert_eq!(
            (lease.account.as_str(), lease.exp),
            ("Muster Support GmbH", world.clock.now().timestamp() + 8 * HOUR)
        );
        world.advance_clock(TimeDelta::hours(8) - TimeDelta::seconds(1));
        world.sweep().await;
        people[1].request_seat().await.problem(409, "pool_full");
        world.verified_lease(&session).await.expect("the lease is valid to its last second");
        world.advance_clock(TimeDelta::seconds(1));
        assert_eq!(world.verified_lease(&session).await, Err(LeaseError::Expired));
        people[1].request_seat().await.created();
        let over = people[0].get(&path(&session)).await.ok();
        assert_eq!((&over["ended"]["reason"], &over["borrowed_until"]), (&json!("lease_expired"), &json!(until)));
        assert_eq!(over["lease"], Value::Null, "no lease is signed for an ended session");
    }

    async fn a_live_session_is_borrowed_extended_and_returned_early(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(1), 2).await;
        let session = people[0].seated().await;
        let taken = people[0].post(&format!("{session}/borrow"), &borrow_body(8)).await.ok();
        world.verified_lease(&taken).await.expect("a good lease");
        let longer = people[0].post(&format!("{session}/borrow"), &borrow_body(72)).await.ok();
        assert_eq!(longer["borrowed_until"], "2026-03-05T09:00:00Z");
        let shorter = people[0].post(&format!("{session}/borrow"), &borrow_body(1)).await.ok();
        assert_eq!(shorter["borrowed_until"], "2026-03-05T09:00:00Z", "a signed lease cannot be shortened");
        world.advance_clock(TimeDelta::hours(1));
        let renewed = people[0].post_action(&session, "heartbeat").await.ok();
        assert_eq!(renewed["lease_until"], "2026-03-05T09:00:00Z", "a heartbeat does not change the end");
        let ticket = people[1].queued().await;
        let back = people[0].post_action(&session, "end").await.ok();
        assert_eq!(back["ended"]["reason"], "finished");
        people[1].post_action(&ticket, "accept").await.created();
        assert_eq!(world.usage(license).await["occupied"], 1);
        people[0].post(&format!("{session}/borrow"), &borrow_body(1)).await.problem(410, "session_ended");
    }

    async fn heartbeats_in_the_last_minute_do_not_extend_the_lease(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(1), 1).await;
        let session = people[0].post("/sessions", &request_borrowed_for(1)).await.created();
        world.advance_clock(TimeDelta::minutes(59) + TimeDelta::seconds(30));
        let renewed = people[0].post_action(&path(&session), "heartbeat").await.ok();
        assert_eq!(renewed["lease_until"], "2026-03-02T10:00:00Z");
        world.sweep().await;
        world.product("A change that invalidates the pool cache").await;
        world.advance_clock(TimeDelta::seconds(30));
        world.sweep().await;
        assert_eq!(world.usage(license).await["occupied"], 0);
        people[0].post_action(&path(&session), "heartbeat").await.problem(409, "lease_expired");
    }

    async fn the_license_limits_duration_and_number_of_borrowed_seats(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seats": 5 }), 2).await;
        people[0].post("/sessions", &request_borrowed_for(1)).await.problem(409, "not_lendable");
        let session = people[0].seated().await;
        people[0].post(&format!("{session}/borrow"), &borrow_body(1)).await.problem(409, "not_lendable");
        people[0].post_action(&session, "end").await.ok();
        world.change_license(license, json!({ "borrow_seconds": 2 * HOUR, "borrow_seats": 1 })).await;
        let long = people[0].post("/sessions", &request_borrowed_for(3)).await.problem(409, "borrow_too_long");
        assert_eq!(long["refusal"]["borrow_seconds"], 2 * HOUR);
        people[0].post("/sessions", &request_borrowed_for(2)).await.created();
        people[1].post("/sessions", &request_borrowed_for(1)).await.problem(409, "borrow_limit");
        people[1].request_seat().await.created();
        assert_eq!(world.usage(license).await["occupied"], 2);
        for wrong in [0, 59, 2_592_001, -1] {
            let mut body = seat_request("application");
            body["borrow_seconds"] = json!(wrong);
            let problem = people[1].post("/sessions", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "borrow_seconds", "{wrong}");
        }
        let mut attended = seat_request("attended");
        attended["borrow_seconds"] = json!(HOUR);
        people[1].post("/sessions", &attended).await.problem(409, "wrong_state");
        let waiting = people[1].post("/sessions", &seat_request("attended")).await.created();
        people[1].post(&format!("{}/borrow", path(&waiting)), &borrow_body(1)).await.problem(409, "wrong_state");
    }

    async fn borrow_rules_are_validated_and_off_by_default(world: World) {
        let (license, _) = world.pool_with_terms(json!({}), 0).await;
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(
            (&seen["borrow_seconds"], &seen["borrow_seats"]),
            (&json!(0), &json!(0)),
            "borrowing is off by default"
        );
        let path = format!("/licenses/{license}");
        for (field, wrong) in
            [("borrow_seconds", 59), ("borrow_seconds", 2_592_001), ("borrow_seats", -1), ("borrow_seats", 1_000_001)]
        {
            let problem = world.admin.patch(&path, &json!({ (field): wrong })).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field);
        }
        let tag = world.admin.etag_of(&path).await;
        world.change_license(license, json!({ "borrow_seconds": 60 })).await;
        world.admin.patch_if(&path, &tag, &json!({ "borrow_seats": 1 })).await.problem(412, "changed_meanwhile");
    }

    async fn only_its_agent_ends_a_borrowed_session(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(1), 2).await;
        let session = people[0].post("/sessions", &request_borrowed_for(8)).await.created();
        let end = format!("{}/end", path(&session));
        world.admin.post(&end, &json!({})).await.problem(409, "borrowed");
        world.admin.post(&end, &json!({ "protected_too": true })).await.problem(409, "borrowed");
        world.admin.post(&end, &json!({ "in_seconds": 60 })).await.problem(409, "borrowed");
        let many = world.admin.post("/sessions/end", &json!({ "ids": [session["id"]] })).await.ok();
        assert_eq!(many["results"][0]["refused"], "borrowed");
        let revoke = json!({ "user_ids": [people[0].id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        people[1].request_seat().await.problem(409, "pool_full");
        people[0].post_action(&path(&session), "end").await.ok();
        people[1].request_seat().await.created();
    }

    async fn suspending_or_deleting_a_user_ends_the_borrowed_session(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(2), 2).await;
        let sessions = [
            people[0].post("/sessions", &request_borrowed_for(8)).await.created(),
            people[1].post("/sessions", &request_borrowed_for(8)).await.created(),
        ];
        world.admin.patch(&format!("/users/{}", people[0].id), &json!({ "status": "suspended" })).await.ok();
        world.admin.delete(&format!("/users/{}", people[1].id)).await.no_content();
        assert_eq!(world.usage(license).await["occupied"], 0);
        for session in &sessions {
            let seen = world.admin.get(&path(session)).await.ok();
            assert_eq!(seen["ended"]["reason"], "user_deactivated");
            world.verified_lease(session).await.expect("a signature cannot be revoked");
        }
    }

    async fn the_lease_is_only_for_its_agent_and_can_be_fetched_again(world: World) {
        let (_, people) = world.pool_with_terms(borrowable_terms(1), 1).await;
        let session = people[0].post("/sessions", &request_borrowed_for(8)).await.created();
        let again = people[0].get(&path(&session)).await.ok();
        world.verified_lease(&again).await.expect("a good lease");
        let seen = world.admin.get(&path(&session)).await.ok();
        assert_eq!((&seen["lease"], &seen["borrowed_until"]), (&Value::Null, &session["borrowed_until"]));
        let list = people[0].get("/sessions?state=live").await.ok();
        assert_eq!(list["items"][0]["lease"], Value::Null);
    }

    async fn the_same_idempotency_key_borrows_one_seat(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(5), 1).await;
        let request_with_key = || {
            let request = people[0].request(reqwest::Method::POST, "/sessions").header("idempotency-key", "the train");
            people[0].send(request.json(&request_borrowed_for(8)))
        };
        let answers = join_all((0..10).map(|_| request_with_key())).await;
        let mut ids = Vec::new();
        for answer in answers {
            world.verified_lease(&answer.body).await.expect("each answer has a lease");
            ids.push(answer.body["id"].to_string());
        }
        ids.dedup();
        assert_eq!((ids.len(), world.usage(license).await["sessions"].as_i64()), (1, Some(1)));
    }

    async fn a_hundred_concurrent_borrows_get_the_available_seats_signed_by_one_key(world: World) {
        let (license, people) =
            world.pool_with_terms(json!({ "seats": 10, "borrow_seconds": HOUR, "borrow_seats": 7 }), 100).await;
        let answers =
            join_all(people.iter().map(|person| async { person.post("/sessions", &request_borrowed_for(1)).await }))
                .await;
        let (lent, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((lent.len(), refused.len()), (7, 93));
        assert!(refused.iter().all(|answer| answer.body["code"] == "borrow_limit"), "{:#}", refused[0].body);
        for answer in &lent {
            world.verified_lease(&answer.body).await.expect("signed with the only key");
        }
        let keys = world.admin.get("/borrow/keys").await.ok();
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1), "{keys:#}");
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["sessions"]), (&json!(7), &json!(7)));
    }

    async fn concurrently_borrowing_and_ending_a_session_never_both_succeed(world: World) {
        let (_, people) = world.pool_with_terms(borrowable_terms(1), 1).await;
        for _ in 0..20 {
            let session = people[0].seated().await;
            let (borrow, end) = (format!("{session}/borrow"), format!("{session}/end"));
            let (length, now) = (borrow_body(1), json!({}));
            let (taken, ended) = tokio::join!(people[0].post(&borrow, &length), world.admin.post(&end, &now));
            match (taken.status.as_u16(), ended.status.as_u16()) {
                (200, 409) => drop(people[0].post_action(&session, "end").await.ok()),
                (410, 200) => {}
                other => panic!("both or neither succeeded: {other:?}"),
            }
        }
    }

    async fn the_log_records_the_end_of_the_loan_and_the_new_key(world: World) {
        let (_, people) = world.pool_with_terms(borrowable_terms(1), 1).await;
        people[0].post("/sessions", &request_borrowed_for(8)).await.created();
        let log = world.admin.get("/audit?kind=session_borrowed,borrow_key_made").await.ok();
        let kinds: Vec<_> = log["items"].as_array().expect("events").iter().map(|event| &event["kind"]).collect();
        assert_eq!(kinds, ["session_borrowed", "borrow_key_made"]);
        assert_eq!(log["items"][0]["facts"]["borrowed_until"], "2026-03-02T17:00:00Z");
        assert!(
            !world.event_log().await.contains(world.stored_secret().await.as_str()),
            "the log does not contain the secret key"
        );
    }

    async fn an_outage_does_not_extend_a_borrowed_seat(world: World) {
        let (license, people) = world.pool_with_terms(borrowable_terms(2), 2).await;
        people[0].post("/sessions", &request_borrowed_for(1)).await.created();
        people[1].request_seat().await.created();
        world.sweep_after_outage().await;
        world.advance_clock(TimeDelta::minutes(59) + TimeDelta::seconds(50));
        world.sweep_after_outage().await;
        world.advance_clock(TimeDelta::seconds(10));
        world.sweep().await;
        assert_eq!(world.usage(license).await["occupied"], 1, "the other lease restarted, the borrowed one expired");
    }

    async fn a_named_seat_can_be_borrowed_too(world: World) {
        let terms = json!({ "seats": 1, "model": Model::Named, "borrow_seconds": HOUR });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        let session = people[0].post("/sessions", &request_borrowed_for(1)).await.created();
        assert_eq!(world.verified_lease(&session).await.expect("a good lease").model, Model::Named);
    }

    async fn nothing_is_signed_before_the_account_is_set_up(world: World) {
        let (url, _database) = World::not_set_up(world.engine).await;
        assert_eq!(Person::anonymous(&url).get("/borrow/keys").await.ok(), json!({ "keys": [] }));
        let keys = Person::anonymous(&world.url).get("/borrow/keys").await.ok();
        let key = &keys["keys"][0];
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
        );
        assert_eq!(world.admin.get("/borrow/keys").await.ok(), keys, "the key stays");
    }
}

impl World {
    /// The decrypted private key that signs leases.
    async fn stored_secret(&self) -> String {
        let signing_key =
            seatkeeper::store::lease_keys::current(&self.app.db).await.expect("the database answers").expect("a key");
        self.app
            .open_secret(&seatkeeper::secrets::SecretLocation::LeaseKey(signing_key.kid), &signing_key.secret)
            .expect("it opens")
    }

    /// Sweeps like a server that starts after an outage.
    async fn sweep_after_outage(&self) {
        seatkeeper::seats::sweep::after_outage(&self.app.db, &self.clock).await.expect("it can be swept");
        self.app.seats.invalidate_cache();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_need_the_first_key_at_once_create_one() {
    let world = World::start(crate::harness::Engine::Postgres).await;
    let other = world.admin.at(&world.second_server().await);
    let requests = (0..20).map(|number| {
        let admin = if number % 2 == 0 { &world.admin } else { &other };
        async move { admin.get("/borrow/keys").await.ok() }
    });
    let answers = join_all(requests).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    assert_eq!(answers[0]["keys"].as_array().map(Vec::len), Some(1));
}
