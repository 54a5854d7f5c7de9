//! A day of one license, with every figure computed by hand.
//!
//! Two seats; all times are in UTC, an hour before those of Berlin:
//!
//! | time | what happens | occupied | waiting |
//! |---|---|---|---|
//! | 09:00 | A starts | 1 | 0 |
//! | 09:30 | B starts | 2 | 0 |
//! | 10:00:00, :05, :14 | C is refused three times | 2 | 0 |
//! | 10:10:00 | C is refused, and 4 s later gets the seat that A has left | 2 | 0 |
//! | 10:15 | A waits | 2 | 1 |
//! | 10:25 | B ends, A takes the offered seat 30 s later | 1, 2 | 1, 0 |
//! | 10:40 | three seats | 2 | 0 |
//! | 11:00 | C ends, and A | 1, 0 | 0 |

use super::{end, refused_at, start_at, wait_at};
use crate::harness::{Person, World, on_both_engines};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    problem::Code,
    session::SessionState,
    ticket::TicketEnd,
    wire::reports::{
        AtCapacity, EnoughSeats, LengthBucket, PeriodPeak, RefusalMark, TimelinePoint, TimelineResolution, WaitSummary,
        WeeklyHour,
    },
};
use serde_json::json;

pub const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-02T23:00:00Z";

/// Lets the day happen. Afterwards it is the next noon. The group has B and C.
pub async fn busy_day(world: &World) -> (LicenseId, Vec<Person>, GroupId) {
    let (license, people) = world.long_pool(2, 3).await;
    let group = world.group("Nachtschicht", &[people[1].id, people[2].id]).await;
    let [a, b, c] = [&people[0], &people[1], &people[2]];
    let of_a = start_at(a, "NB-A").await;
    world.set_clock("2026-03-02T09:30:00Z");
    let of_b = start_at(b, "NB-B").await;
    for second in ["00", "05", "14"] {
        world.set_clock(&format!("2026-03-02T10:00:{second}Z"));
        refused_at(c, "NB-C").await;
    }
    world.set_clock("2026-03-02T10:10:00Z");
    refused_at(c, "NB-C").await;
    world.set_clock("2026-03-02T10:10:04Z");
    end(a, &of_a).await;
    let of_c = start_at(c, "NB-C").await;
    world.set_clock("2026-03-02T10:15:00Z");
    let ticket = wait_at(a, "NB-A").await;
    world.set_clock("2026-03-02T10:25:00Z");
    end(b, &of_b).await;
    world.set_clock("2026-03-02T10:25:30Z");
    let ticket = ticket["id"].as_str().expect("an id");
    let of_a = a.post(&format!("/tickets/{ticket}/accept"), &json!({})).await.created();
    world.set_clock("2026-03-02T10:40:00Z");
    world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 3 })).await.ok();
    world.set_clock("2026-03-02T11:00:00Z");
    end(c, &of_c).await;
    end(a, &of_a).await;
    world.set_clock("2026-03-03T12:00:00Z");
    (license, people, group)
}

fn at(time: &str) -> chrono::DateTime<chrono::Utc> {
    super::at(&format!("2026-03-02T{time}Z"))
}

fn point(time: &str, occupied: i64, waiting: i64, seats: i64) -> TimelinePoint {
    TimelinePoint { at: at(time), occupied, least_occupied: None, waiting, seats }
}

fn approximately(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < 1e-9)
}

on_both_engines! {
    async fn every_figure_of_a_day_is_as_computed_by_hand(world: World) {
        let (license, _, _) = busy_day(&world).await;
        let report = world.usage_report(license, DAY).await;
        assert_eq!((report.period.time_zone.as_str(), report.period.recorded_from), ("Europe/Berlin", None));
        // 1 seat from 09:00 to 09:30 and from 10:25:00 to 10:25:30, 2 seats for the rest of 09:30 to 11:00.
        let (one, two) = (1_800 + 30, 5_400 - 30);
        let figures = &report.figures;
        assert_eq!(figures.seats, 3);
        assert_eq!(figures.occupied_seat_seconds, one + 2 * two);
        // The license was added at 09:00; 2 seats until 10:40, 3 seats until midnight in Berlin.
        let available = 2 * 6_000 + 3 * (14 * 3_600 - 6_000);
        assert_eq!(figures.available_seat_seconds, available);
        assert!(approximately(figures.time_weighted_use, (one + 2 * two) as f64 / available as f64));
        assert_eq!(figures.peak.map(|peak| (peak.occupied, peak.at)), Some((2, at("09:30:00"))));
        assert!(approximately(figures.share_at_peak, 1.0));
        assert_eq!(
            figures.at_capacity,
            AtCapacity {
                // 09:30:00 to 10:25:00, and 10:25:30 to 10:40:00.
                seconds: 3_300 + 870,
                spells: 2,
                longest_seconds: 3_300,
                longest_from: Some(at("09:30:00")),
                refusals: 4,
            }
        );
        // A twice, B, C; of C's attempts, the first counts, and the second got a seat within 10 seconds.
        assert_eq!((figures.sessions, figures.refusals, figures.waited, figures.users), (4, 1, 1, 3));
        assert_eq!(report.timeline.resolution, TimelineResolution::Exact);
        assert_eq!(
            report.timeline.points,
            [
                TimelinePoint { at: super::at("2026-03-01T23:00:00Z"), ..point("00:00:00", 0, 0, 0) },
                point("09:00:00", 1, 0, 2),
                point("09:30:00", 2, 0, 2),
                point("10:15:00", 2, 1, 2),
                point("10:25:00", 1, 1, 2),
                point("10:25:30", 2, 0, 2),
                point("10:40:00", 2, 0, 3),
                point("11:00:00", 0, 0, 3),
            ]
        );
        let mark = |time| RefusalMark { at: at(time), count: 1 };
        assert_eq!(report.timeline.refusals, ["10:00:00", "10:00:05", "10:00:14", "10:10:00"].map(mark));
        assert_eq!(
            report.peaks,
            [PeriodPeak {
                from: super::at("2026-03-01T23:00:00Z"),
                to: at("23:00:00"),
                occupied: 2,
                at: at("09:30:00"),
                seats: 2,
            }]
        );
        assert_eq!(report.efficiency.seconds_by_seat, [one + two, two]);
        let enough = |percent, seats| EnoughSeats { percent, seats };
        // Nothing was occupied in 22 of 24 hours: two seats were occupied in 6.2 % of the time.
        assert_eq!(report.efficiency.enough_for_time, [enough(95, 2), enough(99, 2), enough(100, 2)]);
        // The requests needed 1, 2, 3 (C's first attempt), 2 (C) and 3 (A waits) seats.
        assert_eq!(report.efficiency.enough_for_requests, [enough(95, 3), enough(99, 3), enough(100, 3)]);
        let hour = |hour, peak, mean_seconds: i64, full_seconds, refusals, waited_seconds| WeeklyHour {
            weekday: 1,
            hour,
            peak,
            mean_occupied: mean_seconds as f64 / 3_600.0,
            full_seconds,
            refusals,
            waited_seconds,
        };
        assert_eq!(
            report.weekly_hours,
            [hour(10, 2, 1_800 + 3_600, 1_800, 0, 0), hour(11, 2, 7_200 - 30, 1_500 + 870, 1, 630)]
        );
        // A 70 min, B 55 min, C 49:56 min, A 34:30 min.
        let lengths = report.session_lengths.iter().filter(|bucket| bucket.sessions > 0).copied().collect::<Vec<_>>();
        let bucket = |below, sessions| LengthBucket { below_seconds: Some(below), sessions };
        assert_eq!(lengths, [bucket(3_600, 3), bucket(7_200, 1)]);
        assert_eq!(
            report.waits,
            [WaitSummary {
                end: Some(TicketEnd::Seated),
                tickets: 1,
                median_seconds: 630,
                p95_seconds: 630,
                longest_seconds: 630,
            }]
        );
    }

    async fn the_product_of_one_license_has_the_figures_of_the_license(world: World) {
        let (license, _, _) = busy_day(&world).await;
        let of_license = world.usage_report(license, DAY).await;
        let product = of_license.licenses[0].product_id;
        let of_product = world.report(&format!("/reports/usage?product={product}&{DAY}")).await;
        assert_eq!(of_license, of_product);
    }

    async fn a_moment_says_who_had_seats(world: World) {
        let (license, people, _) = busy_day(&world).await;
        let moment = world.moment(license, "2026-03-02T10:25:10Z").await;
        assert_eq!((moment.occupied, moment.waiting, moment.seats, moment.further_sessions), (1, 1, 2, 0));
        let names: Vec<_> = moment.sessions.iter().map(|session| (session.user_id, session.state)).collect();
        assert_eq!(names, [(people[2].id, SessionState::Connected)]);
        assert_eq!(moment.sessions[0].ended_at, Some(at("11:00:00")));
        let before = world.moment(license, "2026-03-02T08:59:59Z").await;
        assert_eq!((before.occupied, before.seats, before.sessions.len()), (0, 0, 0));
        let at_the_change = world.moment(license, "2026-03-02T09:30:00Z").await;
        assert_eq!((at_the_change.occupied, at_the_change.sessions.len()), (2, 2));
    }

    async fn repeated_requests_are_one_attempt(world: World) {
        let (license, people, _) = busy_day(&world).await;
        let report = world.refusals(license, DAY).await;
        assert_eq!(
            (report.window_seconds, report.requests, report.repeated, report.soon_seated, report.attempts),
            (10, 4, 2, 1, 1)
        );
        // With 1 s nothing is repeated and no seat comes soon. With 600 s all are one attempt, which was seated soon.
        let sensitivity: Vec<_> = report.sensitivity.iter().map(|one| (one.window_seconds, one.attempts)).collect();
        assert_eq!(sensitivity, [(1, 4), (10, 1), (60, 1), (600, 0)]);
        assert_eq!(report.by_rule.iter().map(|rule| (rule.code, rule.requests, rule.attempts)).collect::<Vec<_>>(), [(
            Code::PoolFull,
            4,
            1
        )]);
        assert_eq!(report.by_user.iter().map(|row| (row.user_id, row.requests, row.attempts)).collect::<Vec<_>>(), [(
            people[2].id,
            4,
            1
        )]);
        assert_eq!((report.by_hour.len(), report.by_hour[11], report.by_hour.iter().sum::<i64>()), (24, 1, 1));
        let [attempt] = &report.latest[..] else { panic!("one attempt: {:?}", report.latest) };
        assert_eq!((attempt.first_at, attempt.last_at, attempt.requests), (at("10:00:00"), at("10:00:14"), 3));
        assert_eq!((attempt.device.as_deref(), attempt.license_id), (Some("NB-C"), Some(license)));
        assert_eq!(attempt.seated_after_seconds, Some(9 * 60 + 50));
        let strict = world.refusals(license, &format!("{DAY}&window=0")).await;
        assert_eq!((strict.repeated, strict.soon_seated, strict.attempts), (0, 0, 4));
    }

    async fn seat_time_is_that_of_the_sessions(world: World) {
        let (license, people, _) = busy_day(&world).await;
        let report = world.seat_time(&format!("license={license}&{DAY}")).await;
        // A 70 min and 34:30 min, B 55 min, C 49:56 min.
        let expected = [(people[0].id, 4_204 + 2_070, 2), (people[1].id, 3_300, 1), (people[2].id, 2_996, 1)];
        let rows: Vec<_> = report.rows.iter().map(|row| (row.time.seat_seconds, row.time.sessions)).collect();
        assert_eq!(rows, expected.map(|(_, seat, sessions)| (seat, sessions)));
        let ids: Vec<_> = report.rows.iter().filter_map(|row| row.id.clone()).collect();
        assert_eq!(ids, expected.map(|(id, ..)| id.to_string()));
        assert_eq!((report.total.seat_seconds, report.total.sessions), (4_204 + 2_070 + 3_300 + 2_996, 4));
        assert_eq!((report.total.connected_seconds, report.total.waiting_seconds), (report.total.seat_seconds, 0));
        assert_eq!((report.users, report.seats), (3, 3));
        // The same as the seats that the log says were occupied.
        let usage = world.usage_report(license, DAY).await;
        assert_eq!(usage.figures.occupied_seat_seconds, report.total.seat_seconds);
        let clipped = world.seat_time("from=2026-03-02T09:40:00Z&to=2026-03-02T09:50:00Z&by=product").await;
        assert_eq!(clipped.rows.iter().map(|row| row.time.seat_seconds).collect::<Vec<_>>(), [1_200]);
    }

    async fn a_filter_counts_the_seats_of_these_people(world: World) {
        let (license, people, group) = busy_day(&world).await;
        let report = world.usage_report(license, &format!("{DAY}&user={}", people[0].id)).await;
        assert_eq!((report.figures.occupied_seat_seconds, report.figures.sessions), (4_204 + 2_070, 2));
        assert_eq!((report.figures.users, report.figures.refusals, report.figures.waited), (1, 0, 1));
        assert_eq!(report.figures.seats, 3);
        let report = world.usage_report(license, &format!("{DAY}&group={group}")).await;
        assert_eq!((report.figures.occupied_seat_seconds, report.figures.users), (3_300 + 2_996, 2));
        assert_eq!((report.figures.refusals, report.figures.waited), (1, 0));
        let report = world.usage_report(license, &format!("{DAY}&platform=mac")).await;
        assert_eq!((report.figures.occupied_seat_seconds, report.figures.seats), (0, 3));
    }
}
