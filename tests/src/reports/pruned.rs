//! Reports of a time whose events were removed from the log: the stored days remain.

use super::day;
use crate::harness::{World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::audit::{retention, sealer};
use seatkeeper_shared::wire::reports::{TimelineResolution, UsageReport};

/// Moves on by 40 days and removes what is older than 31.
async fn prune(world: &World) {
    world.advance_clock(TimeDelta::days(40));
    sealer::seal(&world.app.db).await.expect("sealing works");
    // Something newer, in a seal of its own.
    world.admin.sign_in_again("anja.krueger@example.org").await;
    sealer::seal(&world.app.db).await.expect("sealing works");
    assert!(retention::prune(&world.app.journal, 31).await.expect("pruning works") > 0);
}

on_both_engines! {
    async fn the_figures_outlive_the_events(world: World) {
        let (license, ..) = day::busy_day(&world).await;
        let before = world.usage_report(license, day::DAY).await;
        let old = "SELECT COUNT(*) || '' FROM events WHERE kind = 'session_created'";
        assert_ne!(world.database.first_column(old).await, ["0"]);
        prune(&world).await;
        assert_eq!(world.database.first_column(old).await, ["0"]);
        let after = world.usage_report(license, day::DAY).await;
        assert_eq!(after.timeline.resolution, TimelineResolution::QuarterHour);
        assert_eq!(after.timeline.points.iter().map(|point| point.occupied).max(), Some(2));
        assert_eq!(after.period.recorded_from, None);
        assert_eq!(UsageReport { timeline: before.timeline.clone(), ..after }, before);
    }

    async fn a_part_of_a_day_whose_events_are_gone_is_unknown(world: World) {
        let (license, ..) = day::busy_day(&world).await;
        prune(&world).await;
        let report = world.usage_report(license, "from=2026-03-02T10:00:00Z&to=2026-03-05T00:00:00Z").await;
        assert_eq!(report.period.recorded_from, Some(super::at("2026-03-02T23:00:00Z")));
        assert_eq!((report.figures.occupied_seat_seconds, report.figures.seats), (0, 3));
        let moment = world.moment(license, "2026-03-02T09:45:00Z").await;
        assert_eq!((moment.occupied, moment.sessions.len()), (2, 2), "sessions are kept for ever");
    }
}
