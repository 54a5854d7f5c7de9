//! License rules: who may change them, which values are valid, and how a change affects live sessions.

use crate::harness::on_both_engines;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

on_both_engines! {
    async fn omitted_rules_stay_unchanged(world: World) {
        let terms = json!({ "lease_seconds": 30, "offer_seconds": 20, "cool_down_seconds": 10 });
        let (license, _) = world.pool_with_terms(terms, 0).await;
        let usual = json!({
            "seat_rule": "agent", "second_device": "share", "lease_seconds": 30, "overdraft": 0, "offer_seconds": 20,
            "idle_seconds": 0, "idle_warning_seconds": 60, "idle_ends_connected": false, "cool_down_seconds": 10,
            "borrow_seconds": 0, "borrow_seats": 0,
        });
        let rules = |seen: &Value| {
            usual
                .as_object()
                .expect("rules")
                .keys()
                .map(|field| (field.clone(), seen[field].clone()))
                .collect::<Value>()
        };
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(rules(&seen), usual);
        let seen = world.change_license(license, json!({ "idle_seconds": 600, "second_device": "refuse" })).await;
        let mut expected = usual.clone();
        expected["idle_seconds"] = json!(600);
        expected["second_device"] = json!("refuse");
        assert_eq!((rules(&seen), &seen["seats"]), (expected, &json!(1)));
        let head = world.head().await;
        world.change_license(license, json!({ "idle_seconds": 600, "seats": 1, "overdraft": 0 })).await;
        world.change_license(license, json!({ "colour": "red" })).await;
        assert_eq!(world.head().await, head, "an unchanged value is not logged");
    }

    async fn rules_require_manage_products_and_costs_require_the_billing_contact(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let path = format!("/licenses/{license}");
        let products = world.person("Paula Products", Role::Manager, &[Permission::ManageProducts]).await;
        let sessions = world.person("Sven Sessions", Role::Manager, &[Permission::ManageSessions]).await;
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        for (field, value) in [
            ("seat_rule", json!("device")),
            ("second_device", json!("take_over")),
            ("lease_seconds", json!(60)),
            ("offer_seconds", json!(30)),
            ("idle_seconds", json!(900)),
            ("idle_warning_seconds", json!(30)),
            ("idle_ends_connected", json!(true)),
            ("cool_down_seconds", json!(5)),
        ] {
            for other in [&people[0], &sessions] {
                other.patch(&path, &json!({ field: value })).await.problem(403, "forbidden");
            }
            assert_eq!(products.patch(&path, &json!({ field: value })).await.ok()[field], value);
        }
        for body in
            [json!({ "overdraft": 1 }), json!({ "seats": 2 }), json!({ "seats": 2, "idle_seconds": 60 }), json!({})]
        {
            for other in [&people[0], &sessions, &products, &second] {
                other.patch(&path, &body).await.problem(403, "forbidden");
            }
        }
        assert_eq!(second.patch(&path, &json!({ "cool_down_seconds": 6 })).await.ok()["cool_down_seconds"], 6);
        let all = world.change_license(license, json!({ "overdraft": 1, "seats": 2, "idle_seconds": 60 })).await;
        assert_eq!((&all["overdraft"], &all["seats"], &all["idle_seconds"]), (&json!(1), &json!(2), &json!(60)));
    }

    async fn values_out_of_range_are_refused_by_field(world: World) {
        let (license, _) = world.pool_with_terms(json!({}), 0).await;
        let path = format!("/licenses/{license}");
        let before = world.head().await;
        for (field, min, max, values) in [
            ("lease_seconds", 10, 86_400, [9, 86_401]),
            ("overdraft", 0, 1_000_000, [-1, 1_000_001]),
            ("offer_seconds", 5, 3_600, [4, 3_601]),
            ("idle_seconds", 60, 604_800, [59, 604_801]),
            ("idle_warning_seconds", 0, 3_600, [-1, 3_601]),
            ("cool_down_seconds", 0, 86_400, [-1, 86_401]),
            ("borrow_seconds", 60, 2_592_000, [59, 2_592_001]),
            ("borrow_seats", 0, 1_000_000, [-1, 1_000_001]),
        ] {
            for value in values.into_iter().chain([i64::MAX, i64::MIN]) {
                let problem = world.admin.patch(&path, &json!({ field: value })).await.problem(422, "invalid");
                let wrong = json!([{ "field": field, "error": "out_of_range", "min": min, "max": max }]);
                assert_eq!(problem["errors"], wrong, "{value}");
            }
        }
        let problem = world.admin.patch(&path, &json!({ "lease_seconds": 1, "offer_seconds": 1, "seats": -1 })).await;
        assert_eq!(problem.problem(422, "invalid")["errors"].as_array().map(Vec::len), Some(3), "all errors at once");
        for body in [
            json!({ "seat_rule": "moon" }),
            json!({ "second_device": 1 }),
            json!({ "idle_seconds": 1.5 }),
            json!({ "idle_ends_connected": "yes" }),
            json!({ "lease_seconds": "60" }),
            json!([]),
        ] {
            world.admin.patch(&path, &body).await.problem(400, "bad_request");
        }
        assert_eq!(world.head().await, before);
    }

    async fn the_overdraft_admits_exactly_that_many_more(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "overdraft": 1 }), 4).await;
        people[0].request_seat().await.created();
        people[1].request_seat().await.created();
        let refused = people[2].request_seat().await.problem(409, "pool_full");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 1, "occupied": 2, "waiting": 0 }));
        world.change_license(license, json!({ "overdraft": 0 })).await;
        people[2].request_seat().await.problem(409, "over_capacity");
        assert_eq!((world.usage(license).await)["occupied"], 2, "no session is ended");
        world.change_license(license, json!({ "overdraft": 2 })).await;
        people[2].request_seat().await.created();
        people[3].request_seat().await.problem(409, "pool_full");
    }

    async fn another_seat_rule_recounts_the_same_sessions(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seats": 2 }), 2).await;
        for device in ["NB-1", "NB-1", "NB-2"] {
            people[0].seated_at(device).await;
        }
        let occupied = async || (world.usage(license).await)["occupied"].clone();
        assert_eq!(occupied().await, 1);
        world.change_license(license, json!({ "seat_rule": "device" })).await;
        assert_eq!(occupied().await, 2);
        people[1].request_seat().await.problem(409, "pool_full");
        world.change_license(license, json!({ "seat_rule": "session" })).await;
        assert_eq!(occupied().await, 3);
        people[1].request_seat().await.problem(409, "over_capacity");
        world.change_license(license, json!({ "seat_rule": "agent", "second_device": "second_seat" })).await;
        assert_eq!(occupied().await, 2);
        world.change_license(license, json!({ "second_device": "share" })).await;
        assert_eq!(occupied().await, 1);
        people[1].request_seat().await.created();
    }

    async fn a_change_of_rules_is_logged_with_its_actor(world: World) {
        let (license, _) = world.pool_with_terms(json!({}), 0).await;
        world.change_license(license, json!({ "cool_down_seconds": 7 })).await;
        let log = world.event_log().await;
        let changed =
            log.lines().find(|line| line.starts_with("license_changed Anja Krüger ")).expect("the change is logged");
        assert!(changed.contains("cool_down_seconds"), "{changed}");
    }
}
