//! An agent gives up one of their own sessions for a new one.

use crate::harness::{Person, on_both_engines, seat_request};
use serde_json::{Value, json};

/// A request from this device in place of the session with this path.
fn request_in_place_of(path: &str, device: &str) -> Value {
    let id = path.rsplit('/').next().expect("the id");
    let mut body = seat_request("application");
    body["device"] = json!(device);
    body["in_place_of"] = json!(id);
    body
}

async fn reason_of(person: &Person, path: &str) -> Value {
    person.get(path).await.ok()["ended"]["reason"].clone()
}

on_both_engines! {
    async fn the_new_session_gets_the_seat_before_the_queue(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 1 }), 2).await;
        let own = people[0].seated_at("NB-1").await;
        let ticket = people[1].queued().await;
        people[0].post("/sessions", &seat_request("application")).await.problem(409, "pool_full");
        let new = people[0].post("/sessions", &request_in_place_of(&own, "NB-2")).await.created();
        assert_eq!((&new["state"], &new["device"]), (&json!("connected"), &json!("NB-2")));
        assert_eq!(reason_of(&people[0], &own).await, "given_up");
        assert_eq!(world.usage(license).await["occupied"], 1);
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "waiting", "the seat was never free in between");
    }

    async fn a_refused_exchange_ends_nothing(world: World) {
        let terms = json!({ "second_device": "refuse", "seat_rule": "device" });
        let (license, people) = world.pool_with_terms(terms, 1).await;
        let own = people[0].seated_at("NB-1").await;
        let beside = people[0].seated_at("NB-1").await;
        people[0].post("/sessions", &request_in_place_of(&own, "NB-2")).await.problem(409, "other_device");
        for session in [&own, &beside] {
            people[0].post_action(session, "heartbeat").await.ok();
        }
        assert_eq!(world.usage(license).await["sessions"], 2);
        let end = people[0].post("/sessions", &request_in_place_of(&own, "NB-1")).await.created();
        assert_eq!(end["device"], "NB-1");
        assert_eq!(world.usage(license).await["sessions"], 2);
    }

    async fn only_an_own_live_session_can_be_given_up(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 3 }), 2).await;
        let (own, others) = (people[0].seated_at("NB-1").await, people[1].seated_at("NB-9").await);
        people[0].post("/sessions", &request_in_place_of(&others, "NB-2")).await.problem(404, "not_found");
        people[1].post_action(&others, "heartbeat").await.ok();
        let ended = people[0].seated_at("NB-3").await;
        people[0].post_action(&ended, "end").await.ok();
        people[0].post("/sessions", &request_in_place_of(&ended, "NB-2")).await.problem(404, "not_found");
        assert_eq!(world.usage(license).await["sessions"], 2, "nothing began");
        let mut unreadable = seat_request("application");
        unreadable["in_place_of"] = json!("NB-1");
        people[0].post("/sessions", &unreadable).await.problem(400, "bad_request");
        people[0].post_action(&own, "heartbeat").await.ok();
    }

    async fn a_borrowed_session_is_not_given_up(world: World) {
        let terms = json!({ "seat_rule": "session", "seats": 2, "borrow_seconds": 3_600 });
        let (license, people) = world.pool_with_terms(terms, 1).await;
        let own = people[0].seated_at("NB-1").await;
        people[0].post(&format!("{own}/borrow"), &json!({ "borrow_seconds": 600 })).await.ok();
        people[0].post("/sessions", &request_in_place_of(&own, "NB-2")).await.problem(409, "borrowed");
        assert_eq!(world.usage(license).await["sessions"], 1);
    }

    async fn a_scheduled_end_stays_with_the_seat(world: World) {
        let terms = json!({ "seat_rule": "session", "seats": 1, "borrow_seconds": 3_600 });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        let own = people[0].seated_at("NB-1").await;
        world.admin.post(&format!("{own}/end"), &json!({ "in_seconds": 300 })).await.ok();
        let at = people[0].get(&own).await.ok()["ending"]["at"].clone();
        let mut borrowed = request_in_place_of(&own, "NB-2");
        borrowed["borrow_seconds"] = json!(600);
        people[0].post("/sessions", &borrowed).await.problem(409, "wrong_state");
        let new = people[0].post("/sessions", &request_in_place_of(&own, "NB-2")).await.created();
        assert!(at.is_string() && new["ending"]["at"] == at, "{new}");
    }

    async fn a_repeated_exchange_ends_nothing_more(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 2 }), 1).await;
        let (own, other) = (people[0].seated_at("NB-1").await, people[0].seated_at("NB-1").await);
        let body = request_in_place_of(&own, "NB-2");
        let send = async || {
            let request = people[0].request(reqwest::Method::POST, "/sessions").json(&body);
            people[0].send(request.header("Idempotency-Key", "exchange-1")).await
        };
        let new = send().await.created();
        assert_eq!(send().await.ok()["id"], new["id"]);
        assert_eq!(world.usage(license).await["sessions"], 2);
        people[0].post_action(&other, "heartbeat").await.ok();
    }

    async fn an_exchange_in_a_batch_is_all_or_nothing(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 2 }), 1).await;
        let (own, other) = (people[0].seated_at("NB-1").await, people[0].seated_at("NB-1").await);
        let create = |body: Value| json!({ "create": body });
        let batch = |second: Value| {
            let operations = [create(request_in_place_of(&own, "NB-2")), create(second)];
            json!({ "all_or_nothing": true, "operations": operations })
        };
        let refused = people[0].post("/sessions/batch", &batch(seat_request("application"))).await.ok();
        assert_eq!(refused["results"][1]["problem"]["code"], "pool_full");
        for session in [&own, &other] {
            people[0].post_action(session, "heartbeat").await.ok();
        }
        let both = people[0].post("/sessions/batch", &batch(request_in_place_of(&other, "NB-3"))).await.ok();
        assert_eq!([&both["results"][0]["status"], &both["results"][1]["status"]], [201, 201]);
        assert_eq!(world.usage(license).await["sessions"], 2);
        for session in [&own, &other] {
            assert_eq!(reason_of(&people[0], session).await, "given_up");
        }
    }
}
