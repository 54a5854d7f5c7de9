//! Seats that are borrowed for work offline: what the API lets agents do, what proves it, and what nobody else can do about it.

use crate::world::{Person, World, on_both_engines, wanted};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_client::lease::{self, LeaseError};
use seatkeeper_shared::{
    license::Model,
    wire::borrow::{BorrowKeys, Lease},
};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// A license that lends its seats for three days at most.
fn lending(seats: i64) -> Value {
    json!({ "seats": seats, "borrow_seconds": 72 * HOUR })
}

fn hours(hours: i64) -> Value {
    json!({ "borrow_seconds": hours * HOUR })
}

fn borrowed_for(hours: i64) -> Value {
    let mut body = wanted("application");
    body["borrow_seconds"] = json!(hours * HOUR);
    body
}

fn path(session: &Value) -> String {
    format!("/sessions/{}", session["id"].as_str().expect("an id"))
}

impl World {
    /// What a program finds out offline that has the lease, the keys and the time.
    async fn checked(&self, session: &Value) -> Result<Lease, LeaseError> {
        let keys = Person::stranger(&self.url).get("/borrow/keys").await.ok();
        let keys: BorrowKeys = serde_json::from_value(keys).expect("keys");
        let lease = session["lease"].as_str().expect("a lease");
        lease::verify(lease, &keys, "remote-support-v5", self.clock.now().timestamp())
    }
}

on_both_engines! {
    async fn a_borrowed_seat_is_proved_by_a_signed_lease_and_free_when_its_time_is_over(world: World) {
        let (license, people) = world.licensed(lending(1), 2).await;
        let session = people[0].post("/sessions", &borrowed_for(8)).await.created();
        let until = "2026-03-02T17:00:00Z";
        assert_eq!((session["borrowed_until"].as_str(), session["lease_until"].as_str()), (Some(until), Some(until)));
        let lease = world.checked(&session).await.expect("a good lease");
        assert_eq!((lease.jti.to_string().as_str(), lease.sub), (session["id"].as_str().expect("an id"), people[0].id));
        assert_eq!((lease.license, lease.device.as_str(), lease.name.as_str()), (license, "NB-0412", "Agent 0"));
        assert_eq!(
            (lease.account.as_str(), lease.exp),
            ("Muster Support GmbH", world.clock.now().timestamp() + 8 * HOUR)
        );
        world.pass(TimeDelta::hours(8) - TimeDelta::seconds(1));
        world.sweep().await;
        people[1].ask().await.problem(409, "pool_full");
        world.checked(&session).await.expect("it is good to its last second");
        world.pass(TimeDelta::seconds(1));
        assert_eq!(world.checked(&session).await, Err(LeaseError::Over));
        people[1].ask().await.created();
        let over = people[0].get(&path(&session)).await.ok();
        assert_eq!((&over["ended"]["reason"], &over["borrowed_until"]), (&json!("lease_expired"), &json!(until)));
        assert_eq!(over["lease"], Value::Null, "nothing is signed for what is over");
    }

    async fn a_live_session_is_borrowed_prolonged_and_given_back_early(world: World) {
        let (license, people) = world.licensed(lending(1), 2).await;
        let session = people[0].seated().await;
        let taken = people[0].post(&format!("{session}/borrow"), &hours(8)).await.ok();
        world.checked(&taken).await.expect("a good lease");
        let longer = people[0].post(&format!("{session}/borrow"), &hours(72)).await.ok();
        assert_eq!(longer["borrowed_until"], "2026-03-05T09:00:00Z");
        let shorter = people[0].post(&format!("{session}/borrow"), &hours(1)).await.ok();
        assert_eq!(shorter["borrowed_until"], "2026-03-05T09:00:00Z", "what is out cannot be called back");
        world.pass(TimeDelta::hours(1));
        let renewed = people[0].act(&session, "heartbeat").await.ok();
        assert_eq!(renewed["lease_until"], "2026-03-05T09:00:00Z", "a heartbeat changes nothing");
        let ticket = people[1].queued().await;
        let back = people[0].act(&session, "end").await.ok();
        assert_eq!(back["ended"]["reason"], "finished");
        people[1].act(&ticket, "accept").await.created();
        assert_eq!(world.usage(license).await["occupied"], 1);
        people[0].post(&format!("{session}/borrow"), &hours(1)).await.problem(410, "session_ended");
    }

    async fn heartbeats_in_the_last_minute_do_not_prolong_it(world: World) {
        let (license, people) = world.licensed(lending(1), 1).await;
        let session = people[0].post("/sessions", &borrowed_for(1)).await.created();
        world.pass(TimeDelta::minutes(59) + TimeDelta::seconds(30));
        let renewed = people[0].act(&path(&session), "heartbeat").await.ok();
        assert_eq!(renewed["lease_until"], "2026-03-02T10:00:00Z");
        world.sweep().await;
        world.product("Anything, so that all is read anew").await;
        world.pass(TimeDelta::seconds(30));
        world.sweep().await;
        assert_eq!(world.usage(license).await["occupied"], 0);
        people[0].act(&path(&session), "heartbeat").await.problem(409, "lease_expired");
    }

    async fn the_license_says_whether_for_how_long_and_how_many(world: World) {
        let (license, people) = world.licensed(json!({ "seats": 5 }), 2).await;
        people[0].post("/sessions", &borrowed_for(1)).await.problem(409, "not_lendable");
        let session = people[0].seated().await;
        people[0].post(&format!("{session}/borrow"), &hours(1)).await.problem(409, "not_lendable");
        people[0].act(&session, "end").await.ok();
        world.change(license, json!({ "borrow_seconds": 2 * HOUR, "borrow_seats": 1 })).await;
        let long = people[0].post("/sessions", &borrowed_for(3)).await.problem(409, "borrow_too_long");
        assert_eq!(long["refusal"]["borrow_seconds"], 2 * HOUR);
        people[0].post("/sessions", &borrowed_for(2)).await.created();
        people[1].post("/sessions", &borrowed_for(1)).await.problem(409, "borrow_limit");
        people[1].ask().await.created();
        assert_eq!(world.usage(license).await["occupied"], 2);
        for wrong in [0, 59, 2_592_001, -1] {
            let mut body = wanted("application");
            body["borrow_seconds"] = json!(wrong);
            let problem = people[1].post("/sessions", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "borrow_seconds", "{wrong}");
        }
        let mut attended = wanted("attended");
        attended["borrow_seconds"] = json!(HOUR);
        people[1].post("/sessions", &attended).await.problem(409, "wrong_state");
        let waiting = people[1].post("/sessions", &wanted("attended")).await.created();
        people[1].post(&format!("{}/borrow", path(&waiting)), &hours(1)).await.problem(409, "wrong_state");
    }

    async fn the_rule_stands_with_the_others(world: World) {
        let (license, _) = world.licensed(json!({}), 0).await;
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(
            (&seen["borrow_seconds"], &seen["borrow_seats"]),
            (&json!(0), &json!(0)),
            "nothing is lent unless it is said"
        );
        let path = format!("/licenses/{license}");
        for (field, wrong) in
            [("borrow_seconds", 59), ("borrow_seconds", 2_592_001), ("borrow_seats", -1), ("borrow_seats", 1_000_001)]
        {
            let problem = world.admin.patch(&path, &json!({ (field): wrong })).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field);
        }
        let tag = world.admin.tag(&path).await;
        world.change(license, json!({ "borrow_seconds": 60 })).await;
        world.admin.patch_if(&path, &tag, &json!({ "borrow_seats": 1 })).await.problem(412, "changed_meanwhile");
    }

    async fn nobody_but_its_agent_ends_it(world: World) {
        let (license, people) = world.licensed(lending(1), 2).await;
        let session = people[0].post("/sessions", &borrowed_for(8)).await.created();
        let end = format!("{}/end", path(&session));
        world.admin.post(&end, &json!({})).await.problem(409, "borrowed");
        world.admin.post(&end, &json!({ "protected_too": true })).await.problem(409, "borrowed");
        world.admin.post(&end, &json!({ "in_seconds": 60 })).await.problem(409, "borrowed");
        let many = world.admin.post("/sessions/end", &json!({ "ids": [session["id"]] })).await.ok();
        assert_eq!(many["results"][0]["refused"], "borrowed");
        let revoke = json!({ "user_ids": [people[0].id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        people[1].ask().await.problem(409, "pool_full");
        people[0].act(&path(&session), "end").await.ok();
        people[1].ask().await.created();
    }

    async fn whoever_is_suspended_or_deleted_loses_it_though_his_device_does_not_hear_of_it(world: World) {
        let (license, people) = world.licensed(lending(2), 2).await;
        let sessions = [
            people[0].post("/sessions", &borrowed_for(8)).await.created(),
            people[1].post("/sessions", &borrowed_for(8)).await.created(),
        ];
        world.admin.patch(&format!("/users/{}", people[0].id), &json!({ "status": "suspended" })).await.ok();
        world.admin.delete(&format!("/users/{}", people[1].id)).await.done();
        assert_eq!(world.usage(license).await["occupied"], 0);
        for session in &sessions {
            let seen = world.admin.get(&path(session)).await.ok();
            assert_eq!(seen["ended"]["reason"], "user_deactivated");
            world.checked(session).await.expect("nobody can take a signature back");
        }
    }

    async fn the_lease_is_for_its_agent_alone_and_can_be_fetched_again(world: World) {
        let (_, people) = world.licensed(lending(1), 1).await;
        let session = people[0].post("/sessions", &borrowed_for(8)).await.created();
        let again = people[0].get(&path(&session)).await.ok();
        world.checked(&again).await.expect("a good lease");
        let seen = world.admin.get(&path(&session)).await.ok();
        assert_eq!((&seen["lease"], &seen["borrowed_until"]), (&Value::Null, &session["borrowed_until"]));
        let list = people[0].get("/sessions?state=live").await.ok();
        assert_eq!(list["items"][0]["lease"], Value::Null);
    }

    async fn the_same_idempotency_key_borrows_one_seat(world: World) {
        let (license, people) = world.licensed(lending(5), 1).await;
        let ask = || {
            let request = people[0].request(reqwest::Method::POST, "/sessions").header("idempotency-key", "the train");
            people[0].send(request.json(&borrowed_for(8)))
        };
        let answers = join_all((0..10).map(|_| ask())).await;
        let mut ids = Vec::new();
        for answer in answers {
            world.checked(&answer.body).await.expect("each answer has a lease");
            ids.push(answer.body["id"].to_string());
        }
        ids.dedup();
        assert_eq!((ids.len(), world.usage(license).await["sessions"].as_i64()), (1, Some(1)));
    }

    async fn a_hundred_who_borrow_at_once_get_what_there_is_and_one_key_signs_all(world: World) {
        let (license, people) =
            world.licensed(json!({ "seats": 10, "borrow_seconds": HOUR, "borrow_seats": 7 }), 100).await;
        let answers =
            join_all(people.iter().map(|person| async { person.post("/sessions", &borrowed_for(1)).await })).await;
        let (lent, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((lent.len(), refused.len()), (7, 93));
        assert!(refused.iter().all(|answer| answer.body["code"] == "borrow_limit"), "{:#}", refused[0].body);
        for answer in &lent {
            world.checked(&answer.body).await.expect("signed with the one key there is");
        }
        let keys = world.admin.get("/borrow/keys").await.ok();
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1), "{keys:#}");
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["sessions"]), (&json!(7), &json!(7)));
    }

    async fn a_session_goes_offline_while_its_end_is_being_asked_for(world: World) {
        let (_, people) = world.licensed(lending(1), 1).await;
        for _ in 0..20 {
            let session = people[0].seated().await;
            let (borrow, end) = (format!("{session}/borrow"), format!("{session}/end"));
            let (length, now) = (hours(1), json!({}));
            let (taken, ended) = tokio::join!(people[0].post(&borrow, &length), world.admin.post(&end, &now));
            match (taken.status.as_u16(), ended.status.as_u16()) {
                (200, 409) => drop(people[0].act(&session, "end").await.ok()),
                (410, 200) => {}
                other => panic!("both, or neither: {other:?}"),
            }
        }
    }

    async fn the_log_tells_until_when_and_that_a_key_was_made(world: World) {
        let (_, people) = world.licensed(lending(1), 1).await;
        people[0].post("/sessions", &borrowed_for(8)).await.created();
        let log = world.admin.get("/audit?kind=session_borrowed,borrow_key_made").await.ok();
        let kinds: Vec<_> = log["items"].as_array().expect("events").iter().map(|event| &event["kind"]).collect();
        assert_eq!(kinds, ["session_borrowed", "borrow_key_made"]);
        assert_eq!(log["items"][0]["facts"]["borrowed_until"], "2026-03-02T17:00:00Z");
        assert!(
            !world.whole_log().await.contains(world.stored_secret().await.as_str()),
            "the key itself stands in no log"
        );
    }

    async fn an_outage_does_not_prolong_what_was_borrowed(world: World) {
        let (license, people) = world.licensed(lending(2), 2).await;
        people[0].post("/sessions", &borrowed_for(1)).await.created();
        people[1].ask().await.created();
        world.sweep_after_outage().await;
        world.pass(TimeDelta::minutes(59) + TimeDelta::seconds(50));
        world.sweep_after_outage().await;
        world.pass(TimeDelta::seconds(10));
        world.sweep().await;
        assert_eq!(world.usage(license).await["occupied"], 1, "the other has a whole lease, the borrowed one is over");
    }

    async fn a_named_seat_can_be_taken_along_too(world: World) {
        let terms = json!({ "seats": 1, "model": Model::Named, "borrow_seconds": HOUR });
        let (_, people) = world.licensed(terms, 1).await;
        let session = people[0].post("/sessions", &borrowed_for(1)).await.created();
        assert_eq!(world.checked(&session).await.expect("a good lease").model, Model::Named);
    }

    async fn nothing_is_signed_before_the_account_is_set_up(world: World) {
        let (url, _database) = World::not_set_up(world.engine).await;
        assert_eq!(Person::stranger(&url).get("/borrow/keys").await.ok(), json!({ "keys": [] }));
        let keys = Person::stranger(&world.url).get("/borrow/keys").await.ok();
        let key = &keys["keys"][0];
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
        );
        assert_eq!(world.admin.get("/borrow/keys").await.ok(), keys, "the key stays");
    }
}

impl World {
    /// The secret key itself.
    async fn stored_secret(&self) -> String {
        let signs =
            seatkeeper::store::borrow::signer(&self.app.db).await.expect("the database answers").expect("a key");
        self.app.open_secret(&seatkeeper::secrets::Place::LeaseKey(signs.kid), &signs.secret).expect("it opens")
    }

    /// What a server does that was away.
    async fn sweep_after_outage(&self) {
        seatkeeper::seats::sweep::after_outage(&self.app.db, &self.clock).await.expect("it can be swept");
        self.app.seats.forget();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_need_the_first_key_at_once_make_one() {
    let world = World::start(crate::world::Engine::Postgres).await;
    let other = world.admin.at(&world.beside().await);
    let asks = (0..20).map(|number| {
        let admin = if number % 2 == 0 { &world.admin } else { &other };
        async move { admin.get("/borrow/keys").await.ok() }
    });
    let answers = join_all(asks).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    assert_eq!(answers[0]["keys"].as_array().map(Vec::len), Some(1));
}
