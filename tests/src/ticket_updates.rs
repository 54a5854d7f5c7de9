//! Updates of a ticket: by long poll, by its own stream, and in the live feed.

use crate::harness::{
    Frame, Watcher, on_both_engines,
    queue::{path_of, place},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The tickets of a license in an event of the live feed.
fn queued_tickets<'a>(frame: &'a Frame, license: &Value) -> Option<&'a Vec<Value>> {
    let queue = frame.data["queues"].as_array()?.iter().find(|queue| queue["license_id"] == *license)?;
    queue["tickets"].as_array()
}

on_both_engines! {
    async fn a_long_poll_is_answered_when_the_position_changes_and_when_a_seat_is_offered(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        let poll = |position: i64| {
            let (agent, path) = (people[2].clone(), format!("{second}?wait=30&position={position}"));
            tokio::spawn(async move { agent.get(&path).await.ok() })
        };
        let mut polled = poll(2);
        assert!(timeout(Duration::from_millis(300), &mut polled).await.is_err(), "nothing has changed");
        people[1].delete(&first).await.no_content();
        let seen = timeout(Duration::from_secs(10), polled).await.expect("in time").expect("an answer");
        assert_eq!(place(&seen), ("waiting", 1));
        let mut polled = poll(1);
        assert!(timeout(Duration::from_millis(300), &mut polled).await.is_err(), "nothing has changed");
        people[0].post_action(&session, "end").await.ok();
        let seen = timeout(Duration::from_secs(10), polled).await.expect("in time").expect("an answer");
        assert_eq!(place(&seen), ("offered", 1));
    }

    async fn a_long_poll_is_answered_at_once_if_the_client_has_another_position(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        let begun = Instant::now();
        let seen = people[1].get(&format!("{ticket}?wait=30&position=2")).await.ok();
        assert_eq!(place(&seen), ("waiting", 1));
        people[1].delete(&ticket).await.no_content();
        let seen = people[1].get(&format!("{ticket}?wait=30&position=0")).await.ok();
        assert_eq!(seen["over"]["reason"], "withdrawn");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    async fn a_long_poll_without_changes_is_answered_when_it_times_out(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].request_or_queue().await.accepted();
        let begun = Instant::now();
        let seen = people[1].get(&format!("{}?wait=1&position=1", path_of("tickets", &ticket))).await.ok();
        assert_eq!(seen, ticket);
        assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    async fn a_ticket_stays_alive_as_long_as_its_own_client_polls(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        for _ in 0..4 {
            world.advance_clock(TimeDelta::seconds(100));
            people[0].post_action(&session, "heartbeat").await.ok();
            assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
            world.sweep().await;
        }
        let seen = world.admin.get(&ticket).await.ok();
        assert_eq!(
            (&seen["last_seen_at"], &seen["lease_until"]),
            (&json!("2026-03-02T09:06:40Z"), &json!("2026-03-02T09:08:40Z"))
        );
    }

    async fn a_ticket_stream_sends_the_offer_and_the_end_and_then_closes(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        let mut stream = Watcher::on_stream(&people[2], &format!("{second}/events")).await;
        let seen = stream.next().await;
        assert_eq!((seen.event.as_str(), place(&seen.data)), ("ticket", ("waiting", 2)));
        people[1].delete(&first).await.no_content();
        assert_eq!(place(&stream.next().await.data), ("waiting", 1));
        people[0].post_action(&session, "end").await.ok();
        let seen = stream.next().await;
        assert_eq!((place(&seen.data), &seen.data["offer_until"]), (("offered", 1), &json!("2026-03-02T09:01:00Z")));
        let session = people[2].post_action(&second, "accept").await.created();
        let rest = stream.until_the_end().await;
        let over = json!({ "reason": "seated", "at": "2026-03-02T09:00:00Z", "session_id": session["id"] });
        assert_eq!(rest.iter().map(|frame| &frame.data["over"]).collect::<Vec<_>>(), [&over]);
        let again = Watcher::on_stream(&people[2], &format!("{second}/events")).await.until_the_end().await;
        assert_eq!(
            again.iter().map(|frame| &frame.data["over"]).collect::<Vec<_>>(),
            [&over],
            "a repetition is harmless"
        );
    }

    async fn a_ticket_stream_sends_the_end_of_a_missed_offer(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        let mut stream = Watcher::on_stream(&people[1], &format!("{ticket}/events")).await;
        assert_eq!(place(&stream.next().await.data), ("offered", 1));
        world.advance_clock(TimeDelta::seconds(60));
        world.sweep().await;
        let rest = stream.until_the_end().await;
        assert_eq!(rest.last().expect("the end").data["over"]["reason"], "missed");
    }

    async fn an_open_stream_keeps_the_ticket_alive(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        let mut stream = Watcher::on_stream(&people[1], &format!("{ticket}/events")).await;
        stream.next().await;
        world.advance_clock(TimeDelta::seconds(100));
        people[0].post_action(&session, "heartbeat").await.ok();
        let mut seen = Value::Null;
        // The stream renews the ticket every few seconds of real time.
        for _ in 0..200 {
            world.sweep().await;
            seen = world.admin.get(&ticket).await.ok()["last_seen_at"].clone();
            if seen == "2026-03-02T09:01:40Z" {
                break;
            }
            assert!(timeout(Duration::from_millis(50), stream.next()).await.is_err(), "a renewal is not an event");
        }
        assert_eq!(seen, "2026-03-02T09:01:40Z");
        world.advance_clock(TimeDelta::seconds(100));
        people[0].post_action(&session, "heartbeat").await.ok();
        world.sweep().await;
        assert_eq!(place(&world.admin.get(&ticket).await.ok()), ("waiting", 1));
    }

    async fn the_live_feed_shows_admins_whole_queues_and_agents_their_own_tickets(world: World) {
        let (license, people) = world.pool(1, 3).await;
        let license = json!(license);
        let session = people[0].seated().await;
        let first = people[1].queued().await;
        let (mut admin, snapshot) = Watcher::with_snapshot(&world.admin).await;
        assert_eq!(queued_tickets(&snapshot, &license).map(Vec::len), Some(1));
        let (mut other, snapshot) = Watcher::with_snapshot(&people[2]).await;
        assert_eq!(snapshot.data["queues"], json!([]));

        let second = people[2].request_or_queue().await.accepted();
        let change = admin
            .until(|frame| queued_tickets(frame, &license).is_some_and(|queued_tickets| queued_tickets.len() == 2))
            .await;
        assert_eq!(queued_tickets(&change, &license).expect("the queue")[1], second);
        let change = other
            .until(|frame| queued_tickets(frame, &license).is_some_and(|queued_tickets| !queued_tickets.is_empty()))
            .await;
        assert_eq!(
            queued_tickets(&change, &license),
            Some(&vec![second.clone()]),
            "the agent does not see the waiters ahead"
        );
        let (_, snapshot) = Watcher::with_snapshot(&people[2]).await;
        assert_eq!(queued_tickets(&snapshot, &license), Some(&vec![second]));

        people[1].delete(&first).await.no_content();
        let moved_up = |frame: &Frame| {
            queued_tickets(frame, &license)
                .is_some_and(|queued_tickets| queued_tickets.len() == 1 && queued_tickets[0]["position"] == 1)
        };
        admin.until(moved_up).await;
        other.until(moved_up).await;
        people[0].post_action(&session, "end").await.ok();
        let offered = |frame: &Frame| {
            queued_tickets(frame, &license).is_some_and(|queued_tickets| queued_tickets[0]["state"] == "offered")
        };
        let change = admin.until(offered).await;
        let usage = &change.license(license.as_str().expect("an id")).expect("the license")["use"];
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(0), &json!(1), &json!(1)));
        other.until(offered).await;
        people[2].request_seat().await.created();
        let empty = |frame: &Frame| queued_tickets(frame, &license).is_some_and(Vec::is_empty);
        admin.until(empty).await;
        other.until(empty).await;
    }
}
