//! A request takes effect as a whole or not at all, even if the database fails in the middle.

use crate::harness::{Engine, World, on_both_engines};
use serde_json::json;

/// Makes the database fail an operation, for example `UPDATE OF notes ON licenses`.
async fn break_operation(world: &World, what: &str) {
    let fail = match world.engine {
        Engine::Sqlite => "BEGIN SELECT RAISE(ABORT, 'broken'); END",
        Engine::Postgres => {
            let raise = "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ \
                         BEGIN RAISE EXCEPTION 'broken'; END $$";
            world.execute(raise).await;
            "FOR EACH ROW EXECUTE FUNCTION broken()"
        }
    };
    world.execute(&format!("CREATE TRIGGER broken BEFORE {what} {fail}")).await;
}

/// Lets the operation succeed again.
async fn repair_operation(world: &World, table: &str) {
    let on = if world.engine == Engine::Postgres { format!(" ON {table}") } else { String::new() };
    world.execute(&format!("DROP TRIGGER broken{on}")).await;
}

on_both_engines! {
    async fn seats_rules_and_dates_of_a_license_change_together(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let path = format!("/licenses/{license}");
        let (before, head) = (world.admin.get(&path).await.ok(), world.head().await);
        let change =
            json!({ "seats": 9, "lease_seconds": 60, "ends_at": "2027-01-01T00:00:00Z", "notes": "Rahmenvertrag" });
        break_operation(&world, "UPDATE OF notes ON licenses").await;
        world.admin.patch(&path, &change).await.problem(503, "unavailable");
        assert_eq!(world.admin.get(&path).await.ok(), before);
        assert_eq!(world.head().await, head, "a change that was rolled back is not logged");
        repair_operation(&world, "licenses").await;
        let after = world.admin.patch(&path, &change).await.ok();
        assert_eq!((&after["seats"], &after["lease_seconds"]), (&json!(9), &json!(60)));
        assert_eq!((&after["ends_at"], &after["notes"]), (&change["ends_at"], &change["notes"]));
        let log = world.event_log().await;
        assert_eq!(log.matches("seats_changed").count(), 1, "{log}");
        assert_eq!(log.matches("license_terms_changed").count(), 1, "{log}");
    }

    async fn an_archived_license_grants_no_seat_in_the_next_batch(world: World) {
        let (license, people) = world.pool(3, 2).await;
        people[0].request_seat().await.created();
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 5, "archived": true })).await.ok();
        people[1].request_seat().await.problem(409, "archived");
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 6, "archived": false })).await.ok();
        people[1].request_seat().await.created();
    }

    async fn a_group_is_deleted_together_with_its_reservations(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let group = world.group("Nachtschicht", &[people[0].id]).await;
        let limits = json!({ "limits": [{ "group_id": group, "floor": 2 }] });
        world.admin.put(&format!("/licenses/{license}/groups"), &limits).await.ok();
        people[1].request_seat().await.problem(409, "reserved_for_group");
        let head = world.head().await;
        break_operation(&world, "DELETE ON groups").await;
        world.admin.delete(&format!("/groups/{group}")).await.problem(503, "unavailable");
        let license_json = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(license_json["group_limits"], limits["limits"]);
        assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 1);
        assert_eq!(world.head().await.0, head.0);
        repair_operation(&world, "groups").await;
        let waiting = people[1].queued().await;
        assert_eq!(world.admin.delete(&format!("/groups/{group}")).await.status, 204);
        let offered = people[1].get(&waiting).await.ok();
        assert_eq!(offered["state"], "offered", "the waiter gets the formerly reserved seat at once");
        assert!(world.admin.get(&format!("/licenses/{license}")).await.ok()["group_limits"].is_null());
        world.admin.delete(&format!("/groups/{group}")).await.problem(404, "not_found");
        let log = world.event_log().await;
        for (kind, times) in [("group_deleted", 1), ("group_member_removed", 1), ("group_limits_changed", 2)] {
            assert_eq!(log.matches(kind).count(), times, "{kind}: {log}");
        }
    }

    async fn concurrently_deleting_and_limiting_a_group_leaves_no_reservation(world: World) {
        let (license, _) = world.pool(2, 1).await;
        for number in 0..10 {
            let group = world.group(&format!("Gruppe {number}"), &[]).await;
            let limits = json!({ "limits": [{ "group_id": group, "floor": 1 }] });
            let (path, group_path) = (format!("/licenses/{license}/groups"), format!("/groups/{group}"));
            let (limited, deleted) = tokio::join!(world.admin.put(&path, &limits), world.admin.delete(&group_path));
            assert_eq!(deleted.status, 204);
            assert!([200, 422].contains(&limited.status.as_u16()), "round {number}: {limited:?}");
            let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
            assert!(seen["group_limits"].is_null(), "round {number}: {seen}");
        }
    }
}
