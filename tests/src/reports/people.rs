//! Named licenses, sessions over midnight, groups, prices, and what limited managers see.

use super::{day, end, start_at};
use crate::harness::{Person, email_of, on_both_engines};
use reqwest::Method;
use seatkeeper_shared::{
    license::Model,
    people::{Permission, Role},
    wire::reports::{SeatTimeReport, TimelineResolution, UsageMoment, UsageReport},
};
use serde_json::json;

async fn read<T: serde::de::DeserializeOwned>(by: &Person, path: &str) -> T {
    serde_json::from_value(by.get(path).await.ok()).expect("a report")
}

on_both_engines! {
    async fn a_session_over_midnight_belongs_to_both_days(world: World) {
        let (license, people) = world.long_pool(2, 1).await;
        world.set_clock("2026-03-02T20:00:00Z");
        let agent = people[0].sign_in_again(&email_of("Agent 0")).await;
        world.set_clock("2026-03-02T22:30:00Z");
        let session = start_at(&agent, "NB-1").await;
        world.set_clock("2026-03-02T23:30:00Z");
        end(&agent, &session).await;
        world.set_clock("2026-03-04T00:00:00Z");
        let first = world.usage_report(license, day::DAY).await;
        let second = world.usage_report(license, "from=2026-03-02T23:00:00Z&to=2026-03-03T23:00:00Z").await;
        let of = |report: &UsageReport| {
            let ended: i64 = report.session_lengths.iter().map(|bucket| bucket.sessions).sum();
            let figures = &report.figures;
            (figures.occupied_seat_seconds, figures.sessions, ended, figures.users)
        };
        assert_eq!((of(&first), of(&second)), ((1_800, 1, 0, 1), (1_800, 0, 1, 1)));
        assert_eq!(second.peaks[0].at, super::at("2026-03-02T23:00:00Z"), "occupied since the beginning");
        let both = world.usage_report(license, "from=2026-03-01T23:00:00Z&to=2026-03-03T23:00:00Z&peaks=week").await;
        assert_eq!(of(&both), (3_600, 1, 1, 1));
        assert_eq!(both.peaks.len(), 1);
    }

    async fn a_named_seat_is_occupied_while_its_user_has_a_session(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 2).await;
        world.lengthen_leases(license).await;
        let agent = world.agent("Agent 0").await;
        world.grant(license, &[agent.id]).await;
        let one = start_at(&agent, "NB-1").await;
        world.set_clock("2026-03-02T09:30:00Z");
        let other = start_at(&agent, "NB-2").await;
        world.set_clock("2026-03-02T10:00:00Z");
        end(&agent, &one).await;
        end(&agent, &other).await;
        world.set_clock("2026-03-03T12:00:00Z");
        let report = world.usage_report(license, day::DAY).await;
        let figures = &report.figures;
        assert_eq!((figures.occupied_seat_seconds, figures.seats, figures.sessions), (3_600, 2, 2));
        assert_eq!(report.figures.peak.map(|peak| peak.occupied), Some(1), "a named seat covers all devices");
        let report = world.seat_time(&format!("license={license}&{}", day::DAY)).await;
        assert_eq!((report.total.seat_seconds, report.total.sessions), (3_600, 2));
    }

    async fn a_limited_manager_sees_the_numbers_of_all_and_the_rows_of_their_people(world: World) {
        let mut world = world;
        let (license, people, group) = day::busy_day(&world).await;
        world.admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        world.admin.patch(&format!("/licenses/{license}"), &json!({
            "price_per_seat": { "minor": 3_000, "currency": "EUR" },
        })).await.ok();
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ViewReports]).await;
        world.limit_to_groups(&manager, &[group]).await;
        let usage: UsageReport = read(&manager, &format!("/reports/usage?license={license}&{}", day::DAY)).await;
        let all = world.usage_report(license, day::DAY).await;
        assert_eq!((&usage.figures, &usage.timeline), (&all.figures, &all.timeline));
        assert_eq!(all.licenses[0].price_per_seat.as_ref().map(|price| price.minor), Some(3_000));
        assert_eq!(usage.licenses[0].price_per_seat, None);
        let path = format!("/reports/seat-time?license={license}&{}", day::DAY);
        let (limited, all): (SeatTimeReport, SeatTimeReport) =
            (read(&manager, &path).await, read(&world.admin, &path).await);
        assert_eq!((limited.total, limited.users), (all.total, 3));
        let ids: Vec<_> = limited.rows.iter().filter_map(|row| row.id.clone()).collect();
        assert_eq!(ids, [people[1].id.to_string(), people[2].id.to_string()]);
        assert!(limited.rows.iter().all(|row| row.cost.is_none()));
        // 2 seats for 6,000 s and 3 for the rest of the day since 09:00, at 30 EUR for 30 days: 168 cents, of which A
        // used 6,274 of 12,570 s.
        let cost: Vec<_> = all.rows.iter().filter_map(|row| Some(row.cost.as_ref()?.minor)).collect();
        assert_eq!(cost, [84, 44, 40]);
        let by_group = format!("{path}&by=group");
        let rows: SeatTimeReport = read(&world.admin, &by_group).await;
        let names: Vec<_> = rows.rows.iter().map(|row| (row.name.as_deref(), row.time.seat_seconds)).collect();
        assert_eq!(names, [(Some("Nachtschicht"), 6_296), (None, 6_274)]);
        let rows: SeatTimeReport = read(&manager, &by_group).await;
        assert_eq!(rows.rows.len(), 1);
        let moment = format!("/reports/moment?license={license}&at=2026-03-02T09:45:00Z");
        let moment: UsageMoment = read(&manager, &moment).await;
        assert_eq!((moment.occupied, moment.sessions.len(), moment.further_sessions), (2, 1, 1));
        let refusals = format!("/reports/refusals?license={license}&{}&user={}", day::DAY, people[0].id);
        manager.get(&refusals).await.problem(404, "not_found");
    }

    async fn exports_have_every_row(world: World) {
        let (license, ..) = day::busy_day(&world).await;
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        let text = async |path: String| {
            let answer = admin.request(Method::GET, &path).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{path}");
            answer.text().await.expect("a file")
        };
        let steps = text(format!("/reports/usage/export?license={license}&{}&format=csv", day::DAY)).await;
        let lines: Vec<_> = steps.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(
            lines,
            [
                "at,occupied,waiting,seats",
                "2026-03-01T23:00:00Z,0,0,0",
                "2026-03-02T09:00:00Z,1,0,2",
                "2026-03-02T09:30:00Z,2,0,2",
                "2026-03-02T10:15:00Z,2,1,2",
                "2026-03-02T10:25:00Z,1,1,2",
                "2026-03-02T10:25:30Z,2,0,2",
                "2026-03-02T10:40:00Z,2,0,3",
                "2026-03-02T11:00:00Z,0,0,3",
            ]
        );
        let of_platform =
            text(format!("/reports/usage/export?license={license}&{}&format=csv&platform=mac", day::DAY)).await;
        assert!(of_platform.lines().skip(1).all(|line| line.contains("Z,0,0,")), "{of_platform}");
        let refusals = text(format!("/reports/refusals/export?license={license}&{}&format=json", day::DAY)).await;
        let refusals: serde_json::Value = serde_json::from_str(&refusals).expect("JSON");
        assert_eq!((refusals.as_array().map(Vec::len), &refusals[0]["requests"]), (Some(1), &json!(3)));
        let seat_time = text(format!("/reports/seat-time/export?license={license}&{}", day::DAY)).await;
        assert_eq!(seat_time.lines().count(), 4);
        assert!(seat_time.contains(",Agent 0,6274,6274,0,0,2,,"), "{seat_time}");
        assert_eq!(text("/reports/unused-seats/export?format=json".to_owned()).await, "[]\n");
    }

    async fn licenses_of_a_product_are_added_up(world: World) {
        let (license, people) = world.long_pool(1, 2).await;
        let product = world.usage_report(license, "from=2026-03-02T08:00:00Z&to=2026-03-03T00:00:00Z").await;
        let product = product.licenses[0].product_id;
        let other = world.license(product, Model::Concurrent, 1).await;
        world.lengthen_leases(other).await;
        world.grant(other, &[people[1].id]).await;
        let one = start_at(&people[0], "NB-1").await;
        let two = start_at(&people[1], "NB-2").await;
        world.set_clock("2026-03-02T10:00:00Z");
        // No license of the product is assigned to the admin.
        let refused = json!({ "product": "remote-support-v5", "device": "NB-3", "mode": "application" });
        world.admin.post("/sessions", &refused).await.problem(409, "not_assigned");
        end(&people[0], &one).await;
        world.set_clock("2026-03-02T11:00:00Z");
        end(&people[1], &two).await;
        let range = "from=2026-03-02T09:00:00Z&to=2026-03-02T11:00:00Z";
        let report: UsageReport = world.report(&format!("/reports/usage?product={product}&{range}")).await;
        assert_eq!((report.figures.occupied_seat_seconds, report.figures.available_seat_seconds), (10_800, 14_400));
        assert_eq!((report.figures.at_capacity.seconds, report.figures.refusals, report.figures.users), (3_600, 1, 2));
        assert_eq!(report.timeline.resolution, TimelineResolution::Exact);
        let refusals: seatkeeper_shared::wire::reports::RefusalReport =
            world.report(&format!("/reports/refusals?product={product}&{range}")).await;
        assert_eq!((refusals.attempts, refusals.latest[0].product_id), (1, Some(product)));
        assert_eq!(world.refusals(license, range).await.attempts, 0);
    }
}
