//! How many seats are needed: small days with answers computed by hand.

use super::{end, refused_at, start_at, wait_at};
use crate::harness::{Person, World, id_of, on_both_engines};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::{Model, Price},
    people::{Permission, Role},
    wire::reports::{SizeOutcome, SizingAdvice, SizingReport},
};
use serde_json::{Value, json};

const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-02T23:00:00Z";

/// Of three agents and one seat, A works from 9 to 10 o'clock, B is refused at 9:30 and C at 9:40. Afterwards it is the
/// next noon.
async fn small_day(world: &World) -> (LicenseId, Vec<Person>) {
    let (license, people) = world.long_pool(1, 3).await;
    let of_a = start_at(&people[0], "NB-A").await;
    world.set_clock("2026-03-02T09:30:00Z");
    refused_at(&people[1], "NB-B").await;
    world.set_clock("2026-03-02T09:40:00Z");
    refused_at(&people[2], "NB-C").await;
    world.set_clock("2026-03-02T10:00:00Z");
    end(&people[0], &of_a).await;
    world.set_clock("2026-03-03T12:00:00Z");
    (license, people)
}

impl World {
    async fn sizing(&self, license: LicenseId, query: &str) -> SizingReport {
        self.report(&format!("/reports/sizing?license={license}&{DAY}&{query}")).await
    }

    /// Gives the license a price of 60.00, and its product a named license at 25.00.
    async fn set_prices(&self, license: LicenseId) {
        let admin = self.admin.sign_in_again("anja.krueger@example.org").await;
        let product: ProductId =
            serde_json::from_value(admin.get("/products").await.ok()[0]["id"].clone()).expect("an id");
        let named = json!({
            "product_id": product, "model": Model::Named, "seats": 1,
            "price_per_seat": { "minor": 2_500, "currency": "EUR" },
        });
        let _: LicenseId = id_of(&admin.post("/licenses", &named).await.created());
        let price = json!({ "price_per_seat": { "minor": 6_000, "currency": "EUR" } });
        admin.patch(&format!("/licenses/{license}"), &price).await.ok();
    }
}

/// At once, later, refused, given up; the longest and the mean wait.
fn figures(size: &SizeOutcome) -> ([i64; 4], i64, i64) {
    let outcomes = [size.seated_at_once, size.seated_later, size.refused, size.gave_up];
    (outcomes, size.longest_wait_seconds, size.mean_wait_seconds)
}

fn all_figures(report: &SizingReport) -> Vec<([i64; 4], i64, i64)> {
    report.sizes.iter().map(figures).collect()
}

on_both_engines! {
    async fn other_rules_are_tried_as_they_would_have_decided(world: World) {
        let (license, people) = world.long_pool(2, 1).await;
        world.change_license(license, json!({ "second_device": "share" })).await;
        let first = start_at(&people[0], "NB-A").await;
        world.set_clock("2026-03-02T09:30:00Z");
        let second = start_at(&people[0], "NB-B").await;
        world.set_clock("2026-03-02T10:00:00Z");
        end(&people[0], &first).await;
        end(&people[0], &second).await;
        world.set_clock("2026-03-03T12:00:00Z");
        let outcome = async |query: &str| {
            let report = world.sizing(license, &format!("seats=2&{query}")).await;
            (report.sizes[0].seated_at_once, report.sizes[0].refused, report.sizes[0].peak)
        };
        assert_eq!(outcome("").await, (2, 0, 1), "an agent has one seat on both devices");
        assert_eq!(outcome("seat_rule=device").await, (2, 0, 2));
        assert_eq!(outcome("seat_rule=device&person_cap=1").await, (1, 1, 1));
        assert_eq!(outcome("seat_rule=session&second_device=refuse").await, (1, 1, 1));
        let report = world.sizing(license, "seats=2&growth=1.5&growth_heavy=2&lease=60&person_cap=3").await;
        let assumed = report.assumptions;
        assert_eq!((assumed.growth, assumed.growth_light, assumed.growth_heavy), (1.5, None, Some(2.0)));
        assert_eq!((assumed.lease_seconds, assumed.person_cap, assumed.seat_rule), (Some(60), Some(3), None));
    }

    async fn a_small_day_has_the_answers_computed_by_hand(world: World) {
        let (license, _) = small_day(&world).await;
        // Two wait for 15 minutes in vain; with two seats, only C.
        let report = world.sizing(license, "seats=1-3").await;
        assert_eq!(all_figures(&report), [([1, 0, 0, 2], 900, 900), ([2, 0, 0, 1], 900, 900), ([3, 0, 0, 0], 0, 0)]);
        assert_eq!((report.attempts, report.unexplained), (3, 0));
        // The license was added at 9 o'clock.
        assert_eq!(report.period.from, super::at("2026-03-02T09:00:00Z"));
        let current: Vec<_> = report.sizes.iter().map(|size| (size.seats, size.is_current, size.peak)).collect();
        assert_eq!(current, [(1, true, 1), (2, false, 2), (3, false, 3)]);
        assert_eq!(report.trend, None);
        assert_eq!(report.model, None);

        // With an hour of patience and one seat, B gets it ten seconds after A has left, and works for an hour like A;
        // C waits in vain. With two seats, B gets one at once, and C the one that A leaves.
        let report = world.sizing(license, "seats=1-3&patience=3600").await;
        let expected =
            [([1, 1, 0, 1], 3_600, (1_810 + 3_600) / 2), ([2, 1, 0, 0], 1_210, 1_210), ([3, 0, 0, 0], 0, 0)];
        assert_eq!(all_figures(&report), expected);

        for away in ["refused=go_away", "queue=false", "refused=as_recorded"] {
            let report = world.sizing(license, &format!("seats=1-3&{away}")).await;
            assert_eq!(all_figures(&report), [([1, 0, 2, 0], 0, 0), ([2, 0, 1, 0], 0, 0), ([3, 0, 0, 0], 0, 0)]);
            // One of 14 hours.
            assert!(report.sizes[0].time_weighted_use.is_some_and(|share| (share - 1.0 / 14.0).abs() < 1e-9));
        }

        // Only those who have worked are cloned or left out: A.
        let fewer = world.sizing(license, "seats=6&growth=0.1").await;
        assert_eq!((fewer.attempts, figures(&fewer.sizes[0]).0), (2, [2, 0, 0, 0]));
        let more = world.sizing(license, "seats=12&growth=10").await;
        assert!((4..=12).contains(&more.attempts), "{more:?}");
        let default = world.sizing(license, "").await;
        assert_eq!(default.sizes.iter().map(|size| size.seats).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    async fn at_the_true_settings_the_record_is_reproduced(world: World) {
        let rules = json!({ "lease_seconds": 600, "offer_seconds": 300 });
        let (license, people) = world.pool_with_terms(rules, 4).await;
        let [a, b, c, d] = [&people[0], &people[1], &people[2], &people[3]];
        let at = |minute: &str| world.set_clock(&format!("2026-03-02T09:{minute}:00Z"));
        let accept = async |agent: &Person, ticket: &Value| {
            let ticket = ticket["id"].as_str().expect("an id");
            agent.post(&format!("/tickets/{ticket}/accept"), &json!({})).await.created()
        };
        let of_a = start_at(a, "NB-A").await;
        at("02");
        let ticket = wait_at(b, "NB-B").await;
        at("04");
        refused_at(c, "NB-C").await;
        at("05");
        end(a, &of_a).await;
        at("06");
        let of_b = accept(b, &ticket).await;
        at("07");
        refused_at(c, "NB-C").await;
        at("08");
        // An admin ends the session of B.
        end(&world.admin, &of_b).await;
        at("09");
        start_at(d, "NB-D").await;
        at("15");
        let ticket = wait_at(a, "NB-A").await;
        at("20");
        // The lease of D has expired.
        world.sweep().await;
        at("21");
        let of_a = accept(a, &ticket).await;
        at("22");
        let ticket = wait_at(c, "NB-C").await;
        at("24");
        c.delete(&format!("/tickets/{}", ticket["id"].as_str().expect("an id"))).await.no_content();
        at("25");
        end(a, &of_a).await;
        world.set_clock("2026-03-03T12:00:00Z");

        let report = world.sizing(license, "seats=1&refused=as_recorded&patience=60").await;
        assert_eq!(report.unexplained, 0);
        // A and D at once; B after 4 minutes, A after 6; C was refused twice, and waited for 2 minutes in vain.
        assert_eq!(all_figures(&report), [([2, 2, 2, 1], 360, 240)]);
        assert_eq!((report.attempts, report.sizes[0].peak), (7, 1));
        let usage = world.usage_report(license, DAY).await.figures;
        let refusals = world.refusals(license, DAY).await;
        let size = &report.sizes[0];
        assert_eq!((usage.sessions, usage.waited), (size.seated_at_once + size.seated_later, 3));
        assert_eq!((refusals.requests, usage.peak.map(|peak| peak.occupied)), (size.refused, Some(size.peak)));
        let (replayed, recorded) = (size.time_weighted_use.expect("seats"), usage.time_weighted_use.expect("seats"));
        assert!((replayed - recorded).abs() < 1e-9, "{replayed} {recorded}");

        // From the middle of the day on: B has a seat at 9:07, and A waits at 9:16.
        for (from, expected, unexplained) in [("09:07", [1, 1, 1, 1], 0), ("09:16", [0, 0, 0, 1], 0)] {
            let period = format!("from=2026-03-02T{from}:00Z&to=2026-03-02T23:00:00Z");
            let path = format!("/reports/sizing?license={license}&{period}&seats=1&refused=as_recorded&patience=60");
            let report: SizingReport = world.report(&path).await;
            assert_eq!((figures(&report.sizes[0]).0, report.unexplained), (expected, unexplained), "{from}");
        }
    }

    async fn what_was_changed_since_does_not_count(world: World) {
        let (license, people) = small_day(&world).await;
        let before = world.sizing(license, "seats=1-3").await;
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        admin.delete(&format!("/users/{}", people[1].id)).await.no_content();
        let revoke = json!({ "user_ids": [people[0].id], "end_now": true });
        admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        let change = json!({ "lease_seconds": 60, "archived": true, "ends_at": "2026-03-03T13:00:00Z" });
        admin.patch(&format!("/licenses/{license}"), &change).await.ok();
        let after = world.sizing(license, "seats=1-3").await;
        assert_eq!((&after.sizes, after.attempts, after.unexplained), (&before.sizes, 3, 0));
    }

    async fn advice_has_prices_only_for_those_who_manage_products(world: World) {
        let (license, people) = small_day(&world).await;
        world.set_prices(license).await;
        let price = |minor| Price { minor, currency: "EUR".to_owned() };
        let buy = |cost| SizingAdvice::BuySeats {
            seats: 2,
            delayed_before: 2,
            delayed_after: 0,
            longest_wait_seconds: 0,
            cost,
        };
        // Of the busiest hour, from 9 to 10 o'clock, A needs all and B half.
        let named = |person: usize, busy_share, saving| SizingAdvice::MakeNamed {
            user_id: people[person].id,
            user_name: format!("Agent {person}"),
            busy_share,
            break_even: 2_500.0 / 6_000.0,
            saving: price(saving),
        };
        let report = world.sizing(license, "").await;
        assert_eq!(report.advice, [buy(Some(price(12_000))), named(0, 1.0, 3_500), named(1, 0.5, 500)]);
        assert_eq!(report.sizes[1].monthly_cost, Some(price(12_000)));

        let path = format!("/reports/sizing?license={license}&{DAY}");
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        let group: seatkeeper_shared::ids::GroupId =
            id_of(&admin.post("/groups", &json!({ "name": "Team B" })).await.created());
        admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [people[1].id] })).await.ok();
        for (name, permissions, expected) in [
            ("Mara", vec![Permission::ViewReports], vec![buy(None)]),
            (
                "Mona",
                vec![Permission::ViewReports, Permission::ManageProducts],
                vec![buy(Some(price(12_000))), named(1, 0.5, 500)],
            ),
        ] {
            let id = id_of(&admin.post("/users", &json!({
                "name": name, "email": crate::harness::email_of(name), "password": crate::harness::PASSWORD,
                "role": Role::Manager, "permissions": permissions, "group_ids": [],
            })).await.created());
            let limit = json!({ "limited_to_groups": true, "manages": [group] });
            admin.patch(&format!("/users/{id}"), &limit).await.ok();
            let manager = Person::signing_in(&world.url, &crate::harness::email_of(name), id).await;
            let report: SizingReport = serde_json::from_value(manager.get(&path).await.ok()).expect("a report");
            assert_eq!(report.advice, expected, "{name}");
            let has_prices = permissions.contains(&Permission::ManageProducts);
            assert_eq!(report.license.price_per_seat.is_some(), has_prices);
            assert_eq!(report.sizes.iter().all(|size| size.monthly_cost.is_some()), has_prices);
        }
    }

    async fn each_invalid_parameter_of_sizing_is_named(world: World) {
        let (license, _) = world.pool(1, 1).await;
        let product: ProductId =
            serde_json::from_value(world.admin.get("/products").await.ok()[0]["id"].clone()).expect("an id");
        let named = world.license(product, Model::Named, 1).await;
        world.advance_clock(chrono::TimeDelta::seconds(3_600));
        let period = "from=2026-03-02T09:00:00Z&to=2026-03-02T10:00:00Z";
        let of = |license: LicenseId, query: &str| format!("/reports/sizing?license={license}&{period}&{query}");
        for (path, field, error) in [
            (format!("/reports/sizing?{period}"), "license", "required"),
            (of(named, ""), "license", "unknown"),
            (format!("/reports/sizing?license={license}"), "from", "required"),
            (format!("/reports/sizing?license={license}&from=2026-03-02T09:00:00Z"), "to", "required"),
            (
                format!("/reports/sizing?license={license}&from=2024-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"),
                "to",
                "out_of_range",
            ),
            (of(license, "seats=many"), "seats", "unknown"),
            (of(license, "seats=1-"), "seats", "unknown"),
            (of(license, "seats=-1"), "seats", "unknown"),
            (of(license, "seats=3-2"), "seats", "out_of_range"),
            (of(license, "seats=1-41"), "seats", "out_of_range"),
            (of(license, "seats=1000001"), "seats", "out_of_range"),
            (of(license, "refused=shrug"), "refused", "unknown"),
            (of(license, "patience=0"), "patience", "out_of_range"),
            (of(license, "patience=86401"), "patience", "out_of_range"),
            (of(license, "attempt=-1"), "attempt", "out_of_range"),
            (of(license, "attempt=3601"), "attempt", "out_of_range"),
            (of(license, "growth=0.05"), "growth", "out_of_range"),
            (of(license, "growth=10.5"), "growth", "out_of_range"),
            (of(license, "growth=NaN"), "growth", "out_of_range"),
            (of(license, "idle=59"), "idle", "out_of_range"),
        ] {
            let problem = world.admin.get(&path).await.problem(422, "invalid");
            let errors = problem["errors"].as_array().expect("errors");
            let is_named = |one: &Value| one["field"] == json!(field) && one["error"] == json!(error);
            assert!(errors.iter().any(is_named), "{path}: {problem:#}");
        }
        for query in ["queue=perhaps", "growth=much", "patience=long", "idle=x"] {
            world.admin.get(&of(license, query)).await.problem(400, "bad_request");
        }
        let unknown = LicenseId(uuid::Uuid::from_u128(7));
        world.admin.get(&of(unknown, "")).await.problem(404, "not_found");
        for good in ["seats=0-39", "seats=40", "growth=0.1", "idle=0", "queue=false", "refused="] {
            world.admin.get(&of(license, good)).await.ok();
        }
    }
}
