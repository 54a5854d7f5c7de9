//! Named seats that nobody uses, and the exceptions.

use super::{end, start_at};
use crate::harness::{Person, World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::json;

/// A named license: one agent used it on 2 March until 10:00, the other never did. It is 50 days later.
async fn unused(world: &mut World) -> (LicenseId, Vec<Person>) {
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, Model::Named, 3).await;
    world.lengthen_leases(license).await;
    let people = vec![world.agent("Agent 0").await, world.agent("Agent 1").await];
    world.grant(license, &[people[0].id, people[1].id]).await;
    let session = start_at(&people[0], "NB-1").await;
    world.set_clock("2026-03-02T10:00:00Z");
    end(&people[0], &session).await;
    world.advance_clock(TimeDelta::days(50));
    world.admin = world.admin.sign_in_again("anja.krueger@example.org").await;
    (license, people)
}

on_both_engines! {
    async fn named_seats_without_sessions_are_listed_the_longest_unused_first(world: World) {
        let mut world = world;
        let (license, people) = unused(&mut world).await;
        let seats = world.unused(&format!("license={license}")).await;
        assert_eq!(seats.days, 45);
        let all: Vec<_> = seats.items.iter().map(|seat| (seat.user_id, seat.last_used_at)).collect();
        let ten = super::at("2026-03-02T10:00:00Z");
        assert_eq!(all, [(people[1].id, None), (people[0].id, Some(ten))]);
        assert_eq!(seats.items[0].granted_at, super::at("2026-03-02T09:00:00Z"));
        assert!(world.unused("days=51").await.items.is_empty());
        assert_eq!(world.unused("days=50").await.items.len(), 1, "the other one was used an hour too late");
        let again = Person::signing_in(&world.url, &crate::harness::email_of("Agent 1"), people[1].id).await;
        start_at(&again, "NB-2").await;
        let seats = world.unused("").await;
        assert_eq!(seats.items.iter().map(|seat| seat.user_id).collect::<Vec<_>>(), [people[0].id]);
    }

    async fn a_seat_can_be_kept_with_a_reason_for_a_time(world: World) {
        let mut world = world;
        let (license, people) = unused(&mut world).await;
        let path = format!("/reports/unused-seats/{license}/{}/exception", people[0].id);
        let until = world.app.clock.now() + TimeDelta::days(1);
        for reason in ["Elternzeit", "  Elternzeit bis Mai "] {
            assert_eq!(world.admin.put(&path, &json!({ "reason": reason, "until": until })).await.status, 204);
        }
        let kept = |seats: &seatkeeper_shared::wire::reports::UnusedSeats| {
            let seat = seats.items.iter().find(|seat| seat.user_id == people[0].id);
            seat.and_then(|seat| seat.exception.clone()).map(|exception| (exception.reason, exception.until))
        };
        assert_eq!(kept(&world.unused("").await), Some(("Elternzeit bis Mai".to_owned(), Some(until))));
        let log = world.event_log().await;
        assert_eq!(log.matches("unused_seat_kept").count(), 2);
        assert!(!log.contains("Elternzeit"), "the log does not have the reason");
        world.advance_clock(TimeDelta::days(2));
        assert_eq!(kept(&world.unused("").await), None, "it has ended");
        world.admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        assert_eq!(world.admin.put(&path, &json!({ "reason": "Sabbatical" })).await.status, 204);
        assert_eq!(kept(&world.unused("").await), Some(("Sabbatical".to_owned(), None)));
        for _ in 0..2 {
            assert_eq!(world.admin.delete(&path).await.status, 204);
        }
        assert_eq!(kept(&world.unused("").await), None);
        assert_eq!(world.event_log().await.matches("unused_seat_exception_removed").count(), 1);
    }

    async fn an_exception_ends_with_the_assignment(world: World) {
        let mut world = world;
        let (license, people) = unused(&mut world).await;
        let path = format!("/reports/unused-seats/{license}/{}/exception", people[0].id);
        assert_eq!(world.admin.put(&path, &json!({ "reason": "Elternzeit" })).await.status, 204);
        let revoke = json!({ "user_ids": [people[0].id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        assert_eq!(world.database.first_column("SELECT reason FROM unused_seat_exceptions").await, [""; 0]);
        world.admin.put(&path, &json!({ "reason": "Elternzeit" })).await.problem(404, "not_found");
        world.admin.delete(&path).await.problem(404, "not_found");
    }

    async fn only_who_may_assign_keeps_seats_of_people_whom_they_see(world: World) {
        let mut world = world;
        let (license, people) = unused(&mut world).await;
        let path = |user: &Person| format!("/reports/unused-seats/{license}/{}/exception", user.id);
        for body in [json!({ "reason": " " }), json!({ "reason": "x".repeat(201) }),
                     json!({ "reason": "x", "until": "2026-01-01T00:00:00Z" })] {
            world.admin.put(&path(&people[0]), &body).await.problem(422, "invalid");
        }
        let reports = world.person("Rita Reports", Role::Manager, &[Permission::ViewReports]).await;
        reports.put(&path(&people[0]), &json!({ "reason": "x" })).await.problem(403, "forbidden");
        let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
        let group = world.group("Unsere", &[people[0].id]).await;
        world.limit_to_groups(&manager, &[group]).await;
        manager.put(&path(&people[1]), &json!({ "reason": "x" })).await.problem(404, "not_found");
        assert_eq!(manager.put(&path(&people[0]), &json!({ "reason": "x" })).await.status, 204);
        let seats = manager.get("/reports/unused-seats").await.ok();
        assert_eq!(seats["items"].as_array().map(Vec::len), Some(1));
    }
}
