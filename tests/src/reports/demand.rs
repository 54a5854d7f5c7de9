//! The recorded demand of a license: replayed elsewhere, it leads to what the sizing report says.

use super::{end, refused_at, start_at, wait_at};
use crate::harness::{World, on_both_engines};
use seatkeeper::pool::replay::{Assumptions, Settings, demand::Demand, replay};
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    wire::reports::{SizeOutcome, SizingAssumptions, SizingDemand, SizingReport},
};
use serde_json::json;
use std::ops::ControlFlow;

const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-02T23:00:00Z";

/// A day of two seats and five agents: they work, wait and are refused.
async fn busy_day(world: &World) -> LicenseId {
    let (license, people) = world.long_pool(2, 5).await;
    let at = |time: &str| world.set_clock(&format!("2026-03-02T{time}:00Z"));
    let first = start_at(&people[0], "NB-A").await;
    at("09:05");
    let second = start_at(&people[1], "NB-B").await;
    at("09:10");
    wait_at(&people[2], "NB-C").await;
    refused_at(&people[3], "NB-D").await;
    at("09:20");
    end(&people[1], &second).await;
    // The seat is kept for C.
    refused_at(&people[4], "NB-E").await;
    at("10:00");
    end(&people[0], &first).await;
    world.set_clock("2026-03-03T12:00:00Z");
    license
}

/// The figures of a number of seats that do not depend on prices.
fn figures(size: &SizeOutcome) -> [i64; 7] {
    let SizeOutcome { seated_at_once, seated_later, refused, gave_up, longest_wait_seconds, peak, .. } = *size;
    [seated_at_once, seated_later, refused, gave_up, longest_wait_seconds, size.mean_wait_seconds, peak]
}

fn replayed(demand: &Demand, of: &SizingAssumptions, seats: i64) -> [i64; 7] {
    let (settings, assumptions) = (Settings { seats: Some(seats), ..Settings::of(of) }, Assumptions::of(of));
    let outcome = replay(demand, &settings, &assumptions, |_| ControlFlow::Continue(())).expect("it is consistent");
    let totals = outcome.totals;
    let number = |count: u64| i64::try_from(count).expect("a small number");
    [
        number(totals.seated_at_once),
        number(totals.seated_later),
        number(totals.refused),
        number(totals.gave_up + totals.removed + totals.still_waiting),
        totals.longest_wait.0 / 1_000_000,
        (totals.total_wait.0 / 1_000_000).checked_div(number(totals.waited())).unwrap_or_default(),
        i64::try_from(totals.peak).expect("a small number"),
    ]
}

on_both_engines! {
    async fn replayed_elsewhere_the_demand_leads_to_the_same_figures(world: World) {
        let license = busy_day(&world).await;
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        let answer = admin.get(&format!("/reports/sizing/demand?license={license}&{DAY}")).await.ok();
        let answer: SizingDemand = serde_json::from_value(answer).expect("a demand");
        assert_eq!((answer.requests, answer.is_shortened), (5, false));
        assert_eq!(answer.period.from, super::at("2026-03-02T09:00:00Z"));
        assert!(!answer.demand.contains("NB-") && !answer.demand.contains("Agent"), "{}", answer.demand);
        let demand: Demand = serde_json::from_str(&answer.demand).expect("a demand");
        let mut seen = std::collections::BTreeSet::new();
        for query in [
            "", "patience=7200", "refused=go_away", "refused=as_recorded", "queue=false", "growth=2.5", "growth=0.4",
            "idle=60", "idle=600&patience=1800", "growth=1.5&queue=false&idle=0",
        ] {
            let path = format!("/reports/sizing?license={license}&{DAY}&seats=1-6&{query}");
            let report: SizingReport = serde_json::from_value(admin.get(&path).await.ok()).expect("a report");
            for size in &report.sizes {
                let here = replayed(&demand, &report.assumptions, size.seats);
                assert_eq!(here, figures(size), "{query}, {} seats", size.seats);
                seen.insert(here);
            }
        }
        assert!(seen.len() > 12, "the settings lead to different figures: {seen:?}");
    }

    async fn only_the_demand_of_a_concurrent_license_can_be_read(world: World) {
        let product = world.product("Service Desk").await;
        let named = world.license(product, Model::Named, 1).await;
        let problem = world.admin.get(&format!("/reports/sizing/demand?license={named}&{DAY}")).await;
        let problem = problem.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "license", "error": "unknown" }]), "{problem}");
        world.admin.get("/reports/sizing/demand").await.problem(422, "invalid");
        let unknown = LicenseId(uuid::Uuid::from_u128(7));
        world.admin.get(&format!("/reports/sizing/demand?license={unknown}&{DAY}")).await.problem(404, "not_found");
    }
}
