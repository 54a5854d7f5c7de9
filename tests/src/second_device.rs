//! An agent on a second device: how the license's rule treats the sessions and the seat.

use crate::harness::{Person, on_both_engines, queue::path_of, seat_request};
use seatkeeper_shared::{ids::LicenseId, license::Model};
use serde_json::{Value, json};

fn request_on(device: &str) -> Value {
    let mut body = seat_request("application");
    body["device"] = json!(device);
    body
}

/// Creates a session on this device that waits for its customer, for the product of this license.
async fn waiting_session_on(person: &Person, license: LicenseId, device: &str) -> String {
    let product = person.get(&format!("/licenses/{license}")).await.ok()["product_id"].clone();
    let body = json!({ "product": product, "device": device, "mode": "attended" });
    path_of("sessions", &person.post("/sessions", &body).await.created())
}

async fn counts(world: &crate::harness::World, license: LicenseId) -> (i64, i64) {
    let usage = world.usage(license).await;
    (usage["occupied"].as_i64().expect("a number"), usage["sessions"].as_i64().expect("a number"))
}

on_both_engines! {
    async fn share_lets_both_devices_use_one_seat(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "second_device": "share" }), 1).await;
        let first = people[0].seated_at("NB-1").await;
        let second = people[0].seated_at("NB-2").await;
        assert_eq!(counts(&world, license).await, (1, 2));
        for session in [first, second] {
            people[0].post_action(&session, "heartbeat").await.ok();
        }
    }

    async fn take_over_ends_the_first_device_and_reuses_its_seat(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "second_device": "take_over" }), 2).await;
        let first = people[0].seated_at("NB-1").await;
        let beside = people[0].seated_at("NB-1").await;
        assert_eq!(counts(&world, license).await, (1, 2), "the same device is not a second one");
        let ticket = people[1].queued().await;
        let second = people[0].seated_at("NB-2").await;
        assert_eq!(counts(&world, license).await, (1, 1));
        for session in [first, beside] {
            let problem = people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
            assert_eq!(problem["ended"], json!({ "reason": "replaced_by_other_device", "at": "2026-03-02T09:00:00Z" }));
        }
        people[0].post_action(&second, "heartbeat").await.ok();
        let seen = people[1].get(&ticket).await.ok();
        assert_eq!(seen["state"], "waiting", "the seat was never free in between");
    }

    async fn take_over_also_moves_the_seat_under_the_session_rule(world: World) {
        let terms = json!({ "second_device": "take_over", "seat_rule": "session", "seats": 2 });
        let (license, people) = world.pool_with_terms(terms, 2).await;
        people[0].seated_at("NB-1").await;
        people[0].seated_at("NB-1").await;
        people[1].request_or_queue().await.accepted();
        people[0].seated_at("NB-2").await;
        let usage = world.usage(license).await;
        assert_eq!(
            (&usage["occupied"], &usage["offered"]),
            (&json!(1), &json!(1)),
            "two ended, one began, one seat is offered"
        );
    }

    async fn second_seat_takes_one_seat_per_device(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "second_device": "second_seat", "seats": 2 }), 2).await;
        people[0].seated_at("NB-1").await;
        people[0].seated_at("NB-1").await;
        assert_eq!(counts(&world, license).await, (1, 2));
        people[0].seated_at("NB-2").await;
        assert_eq!(counts(&world, license).await, (2, 3));
        people[0].post("/sessions", &request_on("NB-3")).await.problem(409, "pool_full");
        people[1].post("/sessions", &request_on("NB-1")).await.problem(409, "pool_full");
        people[0].seated_at("NB-2").await;
    }

    async fn refuse_admits_no_second_device_and_no_waiting(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "second_device": "refuse", "seats": 5 }), 1).await;
        let first = people[0].seated_at("NB-1").await;
        people[0].seated_at("NB-1").await;
        let refused = people[0].post("/sessions", &request_on("NB-2")).await.problem(409, "other_device");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 5, "occupied": 1, "waiting": 0 }));
        people[0].request_or_queue_at("NB-2").await.problem(409, "other_device");
        let all = world.admin.get("/sessions?state=live").await.ok();
        let ids: Vec<_> = all["items"].as_array().expect("items").iter().map(|session| &session["id"]).collect();
        people[0].post("/sessions/end", &json!({ "ids": ids })).await.ok();
        people[0].seated_at("NB-2").await;
        people[0].post_action(&first, "heartbeat").await.problem(410, "session_ended");
    }

    async fn continuing_on_another_device_moves_the_sessions_and_the_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        for rule in ["share", "take_over", "second_seat", "refuse"] {
            world.change_license(license, json!({ "second_device": rule })).await;
            let first = waiting_session_on(&people[0], license, "NB-1").await;
            let beside = waiting_session_on(&people[0], license, "NB-1").await;
            let to = json!({ "device": "NB-2" });
            for _ in 0..2 {
                let moved = people[0].post(&format!("{first}/continue"), &to).await.ok();
                assert_eq!((&moved["device"], &moved["state"]), (&json!("NB-2"), &json!("waiting")), "{rule}");
            }
            assert_eq!(people[0].get(&beside).await.ok()["device"], "NB-2", "{rule}");
            assert_eq!(counts(&world, license).await, (1, 2), "{rule}");
            people[0].post_action(&beside, "heartbeat").await.ok();
            let log = world.event_log().await;
            assert!(log.contains("session_continued") && log.contains(r#"["NB-1","NB-2"]"#), "{log}");
            people[0].post_action(&first, "end").await.ok();
            people[0].post(&format!("{first}/continue"), &to).await.problem(410, "session_ended");
            people[0].post_action(&beside, "end").await.ok();
        }
    }

    async fn the_log_never_counts_a_moving_agent_in_two_seats(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "second_device": "second_seat" }), 1).await;
        let first = waiting_session_on(&people[0], license, "NB-1").await;
        waiting_session_on(&people[0], license, "NB-1").await;
        let before = world.head().await;
        people[0].post(&format!("{first}/continue"), &json!({ "device": "NB-2" })).await.ok();
        let events = seatkeeper::store::events::after(&world.app.db, before, 100).await.expect("the log can be read");
        let occupied: Vec<_> = events.iter().map(|event| (event.subject.kind_name(), event.occupied)).collect();
        assert_eq!(occupied, [("session_continued", Some(1)); 2]);
    }

    async fn a_session_kept_by_a_program_cannot_continue_elsewhere(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated_at("NB-1").await;
        let to = json!({ "device": "NB-2" });
        people[0].post(&format!("{session}/continue"), &to).await.problem(409, "wrong_state");
        people[0].post(&format!("{session}/continue"), &json!({ "device": " " })).await.problem(422, "invalid");
        people[1].post(&format!("{session}/continue"), &to).await.problem(404, "not_found");
    }

    async fn a_named_seat_covers_all_devices_of_the_user_whatever_the_rule(world: World) {
        let terms = json!({ "model": Model::Named, "second_device": "second_seat" });
        let (license, people) = world.pool_with_terms(terms, 1).await;
        people[0].seated_at("NB-1").await;
        people[0].seated_at("NB-2").await;
        assert_eq!(counts(&world, license).await, (1, 2));
        world.change_license(license, json!({ "second_device": "take_over" })).await;
        people[0].seated_at("NB-3").await;
        assert_eq!(counts(&world, license).await, (1, 1));
        world.change_license(license, json!({ "second_device": "refuse" })).await;
        people[0].post("/sessions", &request_on("NB-4")).await.problem(409, "other_device");
    }

    async fn an_offer_is_accepted_on_any_device_if_the_agent_holds_the_seat(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = path_of("tickets", &people[1].request_or_queue_at("NB-1").await.accepted());
        people[0].post_action(&session, "end").await.ok();
        let taken = people[1].post("/sessions", &request_on("NB-2")).await.created();
        assert_eq!(people[1].get(&ticket).await.ok()["over"]["session_id"], taken["id"]);
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["offered"]), (&json!(1), &json!(0)));
    }

    async fn an_offer_for_one_device_is_not_used_on_another_if_each_takes_a_seat(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "device" }), 2).await;
        let session = people[0].seated().await;
        let ticket = path_of("tickets", &people[1].request_or_queue_at("NB-1").await.accepted());
        people[0].post_action(&session, "end").await.ok();
        people[1].post("/sessions", &request_on("NB-2")).await.problem(409, "pool_full");
        assert_eq!((world.usage(license).await)["offered"], 1);
        assert_eq!(people[1].post_action(&ticket, "accept").await.created()["device"], "NB-1");
    }
}
