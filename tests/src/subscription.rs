//! Administration of products and licenses: names, archiving, dates, contracts, expiry warnings and usage.

use crate::harness::{Person, World, id_of, on_both_engines, queue::place};
use chrono::TimeDelta;
use seatkeeper::expiry;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn only_error(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (error["field"].as_str().expect("a field"), error["error"].as_str().expect("an error"))
}

/// The product of a license.
async fn product_of(world: &World, license: LicenseId) -> ProductId {
    let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
    serde_json::from_value(seen["product_id"].clone()).expect("an id")
}

/// Signs the admin in again, after the earlier sign-in has expired.
async fn admin_again(world: &World) -> Person {
    world.admin.sign_in_again("anja.krueger@example.org").await
}

/// The number of items in a list.
async fn shown(by: &Person, path: &str) -> usize {
    by.get(path).await.ok().as_array().expect("a list").len()
}

on_both_engines! {
    async fn the_second_of_two_edits_of_a_license_conflicts(world: World) {
        let (license, people) = world.pool(3, 1).await;
        let path = format!("/licenses/{license}");
        let seen = world.admin.etag_of(&path).await;
        people[0].request_seat().await.created();
        assert_eq!(world.admin.etag_of(&path).await, seen, "usage is not part of the tag");
        let first = world.admin.patch_if(&path, &seen, &json!({ "seats": 4, "notes": "Rahmenvertrag" })).await;
        let now = first.etag();
        assert_ne!(now, seen);
        assert_eq!(world.admin.etag_of(&path).await, now);
        let head = world.head().await;
        for late in [json!({ "seats": 9 }), json!({ "notes": "Meins" }), json!({ "lease_seconds": 60 })] {
            world.admin.patch_if(&path, &seen, &late).await.problem(412, "changed_meanwhile");
        }
        world.admin.patch_if(&path, "nonsense", &json!({ "seats": 9 })).await.problem(412, "changed_meanwhile");
        assert_eq!(world.head().await, head);
        world.admin.patch_if(&path, &now, &json!({ "seats": 5 })).await.ok();
        world.admin.patch_if(&path, "*", &json!({ "seats": 6 })).await.ok();
    }

    async fn archiving_the_product_changes_the_etag_of_its_licenses(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let path = format!("/licenses/{license}");
        let before = world.admin.etag_of(&path).await;
        let product = format!("/products/{}", product_of(&world, license).await);
        world.admin.patch(&product, &json!({ "archived": true })).await.ok();
        world.admin.patch_if(&path, &before, &json!({ "seats": 4 })).await.problem(412, "changed_meanwhile");
        let seen = world.admin.etag_of(&path).await;
        let now = world.admin.patch_if(&path, &seen, &json!({ "seats": 4, "notes": "Rest" })).await.ok();
        assert_eq!((&now["seats"], &now["archived_at"]), (&json!(4), &json!("2026-03-02T09:00:00Z")));
        world.admin.patch(&product, &json!({ "archived": false })).await.ok();
        assert!(world.admin.get(&path).await.ok()["archived_at"].is_null(), "the license itself was not archived");
    }

    async fn of_ten_concurrent_edits_of_a_license_one_succeeds(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let path = &format!("/licenses/{license}");
        let seen = &world.admin.etag_of(path).await;
        let change = |seats: i64| {
            let admin = &world.admin;
            async move {
                admin.patch_if(path, seen, &json!({ "seats": seats, "notes": seats.to_string() })).await.status.as_u16()
            }
        };
        let mut all = futures_util::future::join_all((10..20).map(change)).await;
        all.sort_unstable();
        assert_eq!(all, [vec![200], vec![412; 9]].concat());
        let after = world.admin.get(path).await.ok();
        assert_eq!(after["seats"].to_string(), after["notes"].as_str().expect("notes"), "the edit is atomic");
    }

    async fn the_second_of_two_edits_of_a_product_conflicts(world: World) {
        let (license, _) = world.pool(1, 1).await;
        let path = format!("/products/{}", product_of(&world, license).await);
        let seen = world.admin.etag_of(&path).await;
        world.admin.patch_if(&path, &seen, &json!({ "name": "Fernhilfe" })).await.ok();
        world.admin.patch_if(&path, &seen, &json!({ "key_seconds": 60 })).await.problem(412, "changed_meanwhile");
        assert_eq!(world.admin.get(&path).await.ok()["name"], "Fernhilfe");
        world.admin.get(&format!("/products/{UNKNOWN}")).await.problem(404, "not_found");
        world.agent("Nora Neu").await.get(&path).await.problem(404, "not_found");
    }

    async fn a_product_is_renamed_and_keeps_its_slug(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let path = format!("/products/{}", product_of(&world, license).await);
        let seen = world.admin.patch(&path, &json!({ "name": " Fernhilfe ", "key_seconds": 60 })).await.ok();
        assert_eq!(
            (&seen["name"], &seen["slug"], &seen["key_seconds"]),
            (&json!("Fernhilfe"), &json!("remote-support-v5"), &json!(60))
        );
        assert_eq!(seen["licenses"][0]["product_name"], "Fernhilfe");
        let session = people[0].post("/sessions", &crate::harness::seat_request("attended")).await.created();
        assert_eq!(
            (&session["product_name"], &session["key_expires_at"]),
            (&json!("Fernhilfe"), &json!("2026-03-02T09:01:00Z"))
        );
        let head = world.head().await;
        world.admin.patch(&path, &json!({ "name": "Fernhilfe" })).await.ok();
        world.admin.patch(&path, &json!({})).await.ok();
        assert_eq!(world.head().await, head, "a repetition changes nothing");
        for (body, field, error) in [
            (json!({ "name": " " }), "name", "required"),
            (json!({ "key_seconds": 29 }), "key_seconds", "out_of_range"),
            (json!({ "key_seconds": 86_401 }), "key_seconds", "out_of_range"),
        ] {
            assert_eq!(only_error(&world.admin.patch(&path, &body).await.problem(422, "invalid")), (field, error));
        }
        world.admin.patch(&path, &json!({ "archived": "yes" })).await.problem(400, "bad_request");
        world.admin.patch(&format!("/products/{UNKNOWN}"), &json!({})).await.problem(404, "not_found");
        people[0].patch(&path, &json!({ "name": "Meins" })).await.problem(403, "forbidden");
        assert_eq!(world.head().await, head);
    }

    async fn an_archived_product_grants_no_new_seats_and_lets_sessions_finish(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let path = format!("/products/{}", product_of(&world, license).await);
        let (session, ticket) = (people[0].seated().await, people[1].queued().await);
        world.admin.patch(&path, &json!({ "archived": true })).await.ok();
        let refused = people[2].request_seat().await.problem(409, "archived");
        assert_eq!(refused["refusal"]["license_id"], json!(license));
        people[2].request_or_queue().await.problem(409, "archived");
        people[0].post_action(&session, "heartbeat").await.ok();
        world.sweep().await;
        assert_eq!(people[1].get(&ticket).await.ok()["over"]["reason"], "license_ended");
        let unassigned = world
            .admin
            .post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": [world.admin.id] }))
            .await
            .ok();
        assert_eq!(unassigned["results"][0]["refused"], "archived");
        assert_eq!([shown(&world.admin, "/products").await, shown(&world.admin, "/licenses").await], [0, 0]);
        assert_eq!(shown(&people[0], "/licenses").await, 0);
        assert_eq!(
            [
                shown(&world.admin, "/products?archived=true").await,
                shown(&world.admin, "/licenses?archived=true").await
            ],
            [1, 1]
        );
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(seen["archived_at"], "2026-03-02T09:00:00Z");
        people[0].post_action(&session, "end").await.ok();
        world.admin.patch(&path, &json!({ "archived": false })).await.ok();
        people[2].request_seat().await.created();
        assert_eq!(shown(&world.admin, "/licenses").await, 1);
    }

    async fn an_archived_license_does_not_affect_the_others_of_its_product(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let product = product_of(&world, license).await;
        let other = world.license(product, Model::Named, 1).await;
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "archived": true })).await.ok();
        people[0].request_seat().await.problem(409, "archived");
        world.grant(other, &[people[0].id]).await;
        assert_eq!(people[0].request_seat().await.created()["license_id"], json!(other));
        assert_eq!(shown(&world.admin, "/licenses").await, 1);
        let products = world.admin.get("/products").await.ok();
        assert_eq!(products[0]["licenses"].as_array().map(Vec::len), Some(1));
    }

    async fn dates_are_changed_and_removed(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let path = format!("/licenses/{license}");
        let session = people[0].seated().await;
        let seen = world
            .change_license(license, json!({ "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z" }))
            .await;
        assert_eq!((&seen["starts_at"], &seen["expiry_warning"]), (&json!("2026-01-01T00:00:00Z"), &json!(30)));
        let seen = world.change_license(license, json!({ "starts_at": null })).await;
        assert_eq!(
            (&seen["starts_at"], &seen["ends_at"]),
            (&Value::Null, &json!("2026-04-01T00:00:00Z")),
            "missing fields stay unchanged"
        );
        world.change_license(license, json!({ "ends_at": "2026-03-02T09:00:00Z" })).await;
        people[1].request_seat().await.problem(409, "license_ended");
        people[0].post_action(&session, "heartbeat").await.problem(410, "session_ended");
        world.change_license(license, json!({ "ends_at": null, "starts_at": "2026-03-02T09:00:01Z" })).await;
        people[1].request_seat().await.problem(409, "license_not_started");
        world.advance_clock(TimeDelta::seconds(1));
        people[1].request_seat().await.created();
        let head = world.head().await;
        for body in [
            json!({ "ends_at": "2026-03-02T09:00:01Z" }),
            json!({ "starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z" }),
        ] {
            assert_eq!(
                only_error(&world.admin.patch(&path, &body).await.problem(422, "invalid")),
                ("ends_at", "end_before_start")
            );
        }
        let far = json!({ "ends_at": "+12026-03-02T09:00:01Z" });
        assert_eq!(
            only_error(&world.admin.patch(&path, &far).await.problem(422, "invalid")),
            ("ends_at", "out_of_range")
        );
        world.admin.patch(&path, &json!({ "ends_at": "tomorrow" })).await.problem(400, "bad_request");
        assert_eq!(world.head().await, head);
    }

    async fn contracts_require_manage_products_and_prices_the_billing_contact(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let path = format!("/licenses/{license}");
        let products = world.person("Paula Products", Role::Manager, &[Permission::ManageProducts]).await;
        let users = world.person("Udo Users", Role::Manager, &[Permission::ManageUsers]).await;
        let contract =
            json!({ "notes": "Ansprechpartner: Frau Öztürk\nKündigung bis 30.9.", "order_number": " PO-4711 " });
        let seen = products.patch(&path, &contract).await.ok();
        assert_eq!((&seen["notes"], &seen["order_number"]), (&contract["notes"], &json!("PO-4711")));
        let price = json!({ "price_per_seat": { "minor": 4_900, "currency": "EUR" } });
        products.patch(&path, &price).await.problem(403, "forbidden");
        assert_eq!(world.change_license(license, price.clone()).await["price_per_seat"], price["price_per_seat"]);
        assert_eq!(products.get(&path).await.ok()["price_per_seat"], price["price_per_seat"]);
        for other in [&people[0], &users] {
            let seen = other.get(&path).await.ok();
            assert_eq!(
                (&seen["notes"], &seen["order_number"], &seen["price_per_seat"]),
                (&Value::Null, &Value::Null, &Value::Null)
            );
            other.patch(&path, &json!({ "notes": "" })).await.problem(403, "forbidden");
        }
        let head = world.head().await;
        world
            .change_license(
                license,
                json!({ "order_number": "PO-4711", "price_per_seat": { "minor": 4_900, "currency": "EUR" } }),
            )
            .await;
        for (body, field, error) in [
            (json!({ "price_per_seat": { "minor": -1, "currency": "EUR" } }), "price_per_seat", "out_of_range"),
            (json!({ "price_per_seat": { "minor": 1, "currency": "Euro" } }), "currency", "unknown"),
            (json!({ "notes": "a\u{0}" }), "notes", "control_characters"),
            (json!({ "order_number": "x".repeat(121) }), "order_number", "too_long"),
        ] {
            assert_eq!(only_error(&world.admin.patch(&path, &body).await.problem(422, "invalid")), (field, error));
        }
        assert_eq!(world.head().await, head, "repetitions and invalid values change nothing");
        let seen =
            world.change_license(license, json!({ "notes": " ", "order_number": "", "price_per_seat": null })).await;
        assert_eq!(
            (&seen["notes"], &seen["order_number"], &seen["price_per_seat"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }

    async fn a_purchase_can_include_its_contract(world: World) {
        let product = world.product("Chat").await;
        let purchase = json!({
            "product_id": product, "model": "named", "seats": 3, "order_number": "PO-1",
            "ends_at": "2026-03-05T00:00:00Z",
            "price_per_seat": { "minor": 990, "currency": "CHF" },
        });
        let seen = world.admin.post("/licenses", &purchase).await.created();
        assert_eq!(
            (&seen["order_number"], &seen["price_per_seat"]["minor"], &seen["expiry_warning"]),
            (&json!("PO-1"), &json!(990), &json!(7))
        );
        let mut bad = purchase.clone();
        bad["price_per_seat"]["currency"] = json!("");
        assert_eq!(
            only_error(&world.admin.post("/licenses", &bad).await.problem(422, "invalid")),
            ("currency", "unknown")
        );
    }

    async fn each_license_end_is_warned_of_once_at_60_30_and_7_days(world: World) {
        let (license, _) = world.pool(1, 1).await;
        world.change_license(license, json!({ "ends_at": "2026-05-01T10:00:00Z" })).await;
        let warnings = async || world.event_log().await.matches("license_expiring").count();
        let warn = async || expiry::warn(&world.app.journal).await.expect("the check runs");
        for (days, now, all) in [(0, 0, 0), (1, 1, 1), (29, 0, 1), (1, 1, 2), (22, 0, 2), (1, 1, 3), (5, 0, 3)] {
            world.advance_clock(TimeDelta::days(days));
            assert_eq!((warn().await, warn().await, warnings().await), (now, 0, all), "{days} days later");
        }
        let (admin, path) = (admin_again(&world).await, format!("/licenses/{license}"));
        admin.patch(&path, &json!({ "ends_at": "2026-05-03T10:00:00Z" })).await.ok();
        assert_eq!((warn().await, warnings().await), (1, 4), "a new end date is warned of again");
        admin.patch(&path, &json!({ "ends_at": "2026-05-20T10:00:00Z", "archived": true })).await.ok();
        assert_eq!(warn().await, 0, "archived licenses are not warned of");
    }

    async fn two_servers_that_check_at_once_warn_once(world: World) {
        let (license, _) = world.pool(1, 1).await;
        world.change_license(license, json!({ "ends_at": "2026-03-08T00:00:00Z" })).await;
        let checks = (0..8).map(|_| expiry::warn(&world.app.journal));
        let given: usize =
            futures_util::future::join_all(checks).await.into_iter().map(|one| one.expect("the check runs")).sum();
        assert_eq!((given, world.event_log().await.matches("license_expiring").count()), (1, 1));
    }

    async fn changing_seats_shows_current_and_past_use(world: World) {
        let (license, people) = world.pool(3, 3).await;
        let path = format!("/licenses/{license}/usage");
        let sessions = [people[0].seated().await, people[1].seated().await, people[2].seated().await];
        people[0].post_action(&sessions[0], "end").await.ok();
        world.change_license(license, json!({ "seats": 1 })).await;
        let usage = world.admin.get(&path).await.ok();
        let peak = json!({ "occupied": 3, "at": "2026-03-02T09:00:00Z" });
        assert_eq!(usage, json!({ "seats": 1, "taken": 2, "over": 1, "occupied": 2, "peak": peak }));
        world.advance_clock(TimeDelta::days(29));
        assert_eq!(admin_again(&world).await.get(&path).await.ok()["peak"], peak);
        world.advance_clock(TimeDelta::days(2));
        let admin = admin_again(&world).await;
        assert_eq!(admin.get(&path).await.ok()["peak"]["occupied"], Value::Null);
        people[0].sign_in_again("agent.0@example.org").await.get(&path).await.problem(403, "forbidden");
        admin.get(&format!("/licenses/{UNKNOWN}/usage")).await.problem(404, "not_found");
        let product = admin.get(&format!("/licenses/{license}")).await.ok()["product_id"].clone();
        let named = json!({ "product_id": product, "model": "named", "seats": 2 });
        let unused: LicenseId = id_of(&admin.post("/licenses", &named).await.created());
        admin.post(&format!("/licenses/{unused}/grant"), &json!({ "user_ids": [people[0].id] })).await.ok();
        let usage = admin.get(&format!("/licenses/{unused}/usage")).await.ok();
        assert_eq!(usage, json!({ "seats": 2, "taken": 1, "over": 0, "occupied": 0 }));
    }

    async fn archiving_a_license_dissolves_its_queue(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
        world.change_license(license, json!({ "archived": true })).await;
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(people[1].get(&ticket).await.ok()["over"]["reason"], "license_ended");
        people[1].post_action(&ticket, "accept").await.problem(410, "ticket_over");
    }
}
