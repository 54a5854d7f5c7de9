//! The sizing report as a stream that says how far it is.

use super::{end, start_at};
use crate::harness::{Frame, Person, Watcher, World, email_of, eventually, on_both_engines};
use seatkeeper_shared::{
    ids::LicenseId,
    wire::reports::{SizingPhase, SizingProgress, SizingReport},
};

const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-02T23:00:00Z";

/// A pool with one session, and an admin on the next day.
async fn worked(world: &World) -> (LicenseId, Person) {
    let (license, people) = world.long_pool(1, 1).await;
    let session = start_at(&people[0], "NB-1").await;
    world.set_clock("2026-03-02T10:00:00Z");
    end(&people[0], &session).await;
    world.set_clock("2026-03-03T12:00:00Z");
    (license, world.admin.sign_in_again("anja.krueger@example.org").await)
}

fn progress(frame: &Frame) -> SizingProgress {
    assert_eq!(frame.event, "progress");
    serde_json::from_value(frame.data.clone()).expect("a progress")
}

on_both_engines! {
    async fn a_stream_tells_the_progress_and_ends_with_the_report(world: World) {
        let (license, admin) = worked(&world).await;
        let query = format!("license={license}&{DAY}&seats=1-20");
        let mut stream = Watcher::on_stream(&admin, &format!("/reports/sizing/progress?{query}")).await;
        let frames = stream.until_the_end().await;
        let (last, earlier) = frames.split_last().expect("events");
        let first = progress(&earlier[0]);
        assert_eq!((first.phase, first.done, first.total), (SizingPhase::Waiting, 0, 0));
        let shares: Vec<_> = earlier.iter().map(|frame| progress(frame).share).collect();
        assert!(shares.is_sorted() && shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
        assert_eq!(last.event, "report");
        let plain = admin.get(&format!("/reports/sizing?{query}")).await.ok();
        assert_eq!(last.data, plain);
        let report: SizingReport = serde_json::from_value(plain).expect("a report");
        assert_eq!((report.sizes.len(), report.attempts), (20, 1));
    }

    async fn closing_a_stream_cancels_its_report(world: World) {
        let (license, admin) = worked(&world).await;
        let path = format!("/reports/sizing/progress?license={license}&{DAY}");
        // More than may be computed or wait: each is given up at once.
        for _ in 0..20 {
            let mut stream = Watcher::on_stream(&admin, &path).await;
            assert_eq!(stream.next().await.event, "progress");
            drop(stream);
            eventually("the stream is closed", async || world.app.streams.count() == 0).await;
        }
        admin.get(&format!("/reports/sizing?license={license}&{DAY}")).await.ok();
    }

    async fn a_stream_is_refused_like_the_report(world: World) {
        let agent = world.agent("Somebody").await;
        let (license, admin) = worked(&world).await;
        let path = |query: &str| format!("/reports/sizing/progress?license={license}&{DAY}&{query}");
        admin.get(&path("seats=3-2")).await.problem(422, "invalid");
        admin.get(&path("growth=much")).await.problem(400, "bad_request");
        admin.get(&format!("/reports/sizing/progress?{DAY}")).await.problem(422, "invalid");
        let unknown = LicenseId(uuid::Uuid::from_u128(7));
        admin.get(&format!("/reports/sizing/progress?license={unknown}&{DAY}")).await.problem(404, "not_found");
        let agent = agent.sign_in_again(&email_of("Somebody")).await;
        agent.get(&path("")).await.problem(403, "forbidden");
        let nobody = Person::anonymous(&world.url);
        nobody.get(&path("")).await.problem(401, "not_signed_in");
    }
}
