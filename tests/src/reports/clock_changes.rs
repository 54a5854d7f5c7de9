//! Days on which clocks are moved have their real length: on each, one seat is occupied all day.

use crate::harness::{Person, World, email_of, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::ids::LicenseId;
use serde_json::json;

/// A local day, its length in seconds, and how many hours of the clock it has; an hour that comes twice counts twice.
struct Day {
    from: &'static str,
    to: &'static str,
    seconds: i64,
    hours: usize,
    /// The different hours that the clock shows.
    shown_hours: usize,
}

async fn agent_of(world: &World, agent: &Person) -> Person {
    Person::signing_in(&world.url, &email_of("Agent 0"), agent.id).await
}

async fn check(world: &World, license: LicenseId, agent: &Person, day: &Day) {
    world.set_clock(day.from);
    let session = super::start_at(&agent_of(world, agent).await, "NB-1").await;
    let id = session["id"].as_str().expect("an id");
    // A lease lasts at most a day.
    world.advance_clock(TimeDelta::hours(12));
    agent_of(world, agent).await.post(&format!("/sessions/{id}/heartbeat"), &json!({})).await.ok();
    world.set_clock(day.to);
    super::end(&agent_of(world, agent).await, &session).await;
    world.advance_clock(TimeDelta::hours(1));
    let range = format!("from={}&to={}", day.from, day.to);
    let report = world.usage_report(license, &format!("{range}&peaks=hour")).await;
    let figures = &report.figures;
    assert_eq!((figures.occupied_seat_seconds, figures.available_seat_seconds), (day.seconds, 2 * day.seconds));
    assert_eq!((report.peaks.len(), report.weekly_hours.len()), (day.hours, day.shown_hours), "{}", day.from);
    let lengths: i64 = report.peaks.iter().map(|peak| (peak.to - peak.from).num_seconds()).sum();
    assert_eq!(lengths, day.seconds);
    assert!(report.weekly_hours.iter().all(|hour| hour.peak == 1 && (hour.mean_occupied - 1.0).abs() < 1e-9));
    let report = world.usage_report(license, &format!("{range}&peaks=day")).await;
    let [peak] = &report.peaks[..] else { panic!("one day: {:?}", report.peaks) };
    assert_eq!((peak.from, peak.to), (super::at(day.from), super::at(day.to)));
}

async fn check_zone(world: &World, zone: &str, days: [Day; 2]) {
    world.admin.patch("/account", &json!({ "time_zone": zone })).await.ok();
    let (license, people) = world.long_pool(2, 1).await;
    for day in &days {
        check(world, license, &people[0], day).await;
    }
}

on_both_engines! {
    async fn in_berlin(world: World) {
        let spring = Day {
            from: "2026-03-28T23:00:00Z", to: "2026-03-29T22:00:00Z", seconds: 23 * 3_600, hours: 23, shown_hours: 23,
        };
        let autumn = Day {
            from: "2026-10-24T22:00:00Z", to: "2026-10-25T23:00:00Z", seconds: 25 * 3_600, hours: 25, shown_hours: 24,
        };
        check_zone(&world, "Europe/Berlin", [spring, autumn]).await;
    }

    async fn in_new_york(world: World) {
        let spring = Day {
            from: "2026-03-08T05:00:00Z", to: "2026-03-09T04:00:00Z", seconds: 23 * 3_600, hours: 23, shown_hours: 23,
        };
        let autumn = Day {
            from: "2026-11-01T04:00:00Z", to: "2026-11-02T05:00:00Z", seconds: 25 * 3_600, hours: 25, shown_hours: 24,
        };
        check_zone(&world, "America/New_York", [spring, autumn]).await;
    }

    async fn on_lord_howe_island(world: World) {
        // Clocks are moved by half an hour.
        let autumn = Day {
            from: "2026-04-04T13:00:00Z", to: "2026-04-05T13:30:00Z", seconds: 88_200, hours: 25, shown_hours: 24,
        };
        let spring = Day {
            from: "2026-10-03T13:30:00Z", to: "2026-10-04T13:00:00Z", seconds: 84_600, hours: 24, shown_hours: 24,
        };
        check_zone(&world, "Australia/Lord_Howe", [autumn, spring]).await;
    }
}
