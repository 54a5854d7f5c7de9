//! Group licenses: assigned and revoked with memberships while seats remain, without touching manual assignments.

use crate::harness::{Person, World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::{
    entitlements::group_licenses::{ReconcileScope, reconcile},
    seats::Actor,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

async fn change_members(world: &World, group: GroupId, add: &[UserId], remove: &[UserId]) {
    let change = json!({ "add": add, "remove": remove });
    world.admin.post(&format!("/groups/{group}/members"), &change).await.ok();
}

/// Whether the license is assigned to the user.
async fn is_assigned(world: &World, license: LicenseId, user: UserId) -> bool {
    let user = world.admin.get(&format!("/users/{user}")).await.ok();
    user["license_ids"].as_array().is_some_and(|ids| ids.contains(&json!(license)))
}

fn path(group: GroupId, license: LicenseId) -> String {
    format!("/groups/{group}/licenses/{license}")
}

async fn assign_to_group(world: &World, group: GroupId, license: LicenseId) -> Value {
    world.admin.put(&path(group, license), &json!(null)).await.ok()
}

/// A license of this model and two users.
async fn license_and_users(world: &World, model: Model, seats: i64) -> (LicenseId, UserId, UserId) {
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, model, seats).await;
    let nora = world.user("Nora Neu", Role::Agent, &[]).await;
    (license, nora, world.user("Otto Alt", Role::Agent, &[]).await)
}

on_both_engines! {
    async fn members_hold_the_licenses_of_their_group_while_they_are_members(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        let given = assign_to_group(&world, group, license).await;
        assert_eq!(given, json!([{ "license_id": license, "since": "2026-03-02T09:00:00Z", "holders": 1 }]));
        assert!(is_assigned(&world, license, nora).await && !is_assigned(&world, license, otto).await);
        change_members(&world, group, &[otto], &[]).await;
        assert!(is_assigned(&world, license, otto).await);
        let through = world.admin.get(&format!("/users/{otto}/group-licenses")).await.ok();
        assert_eq!(through, json!([{ "license_id": license, "group_id": group, "group_name": "Nachtschicht" }]));
        change_members(&world, group, &[], &[nora]).await;
        assert!(!is_assigned(&world, license, nora).await && is_assigned(&world, license, otto).await);
        world.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [nora] })).await.ok();
        assert!(is_assigned(&world, license, nora).await && !is_assigned(&world, license, otto).await);
        let head = world.head().await;
        assign_to_group(&world, group, license).await;
        assert_eq!(world.head().await, head, "a repetition changes nothing");
        assert_eq!(world.admin.delete(&path(group, license)).await.ok(), json!([]));
        assert!(!is_assigned(&world, license, nora).await);
        world.admin.delete(&path(group, license)).await.problem(404, "not_found");
        let log = world.event_log().await;
        assert!(log.contains("group_license_granted Anja") && log.contains("license_revoked Anja"), "{log}");
    }

    async fn manual_assignments_stay(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Concurrent, 5).await;
        world.grant(license, &[nora]).await;
        let group = world.group("Nachtschicht", &[nora, otto]).await;
        assign_to_group(&world, group, license).await;
        // Otto has the license through the group; then it is also assigned manually.
        world.admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": [otto] })).await.ok();
        change_members(&world, group, &[], &[nora, otto]).await;
        assert!(is_assigned(&world, license, nora).await && is_assigned(&world, license, otto).await);
        assert_eq!(world.admin.get(&format!("/users/{otto}/group-licenses")).await.ok(), json!([]));
    }

    async fn a_license_from_two_groups_stays_until_both_are_gone(world: World) {
        let (license, nora, _) = license_and_users(&world, Model::Concurrent, 5).await;
        let (night, day) = (world.group("Nachtschicht", &[nora]).await, world.group("Tagschicht", &[nora]).await);
        assign_to_group(&world, night, license).await;
        assign_to_group(&world, day, license).await;
        change_members(&world, night, &[], &[nora]).await;
        assert!(is_assigned(&world, license, nora).await);
        assert_eq!(world.admin.delete(&format!("/groups/{day}")).await.status, 204);
        assert!(!is_assigned(&world, license, nora).await, "deleting a group revokes its licenses");
    }

    async fn named_licenses_are_assigned_while_seats_remain(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Named, 1).await;
        let third = world.user("Paula Drei", Role::Agent, &[]).await;
        let group = world.group("Nachtschicht", &[nora, otto, third]).await;
        world.admin.patch(&format!("/users/{third}"), &json!({ "status": "suspended" })).await.ok();
        let given = assign_to_group(&world, group, license).await;
        assert_eq!(given[0]["holders"], 1);
        let left_out = given[0]["left_out"].as_array().expect("two users are left out");
        let reason = |name: &str| left_out.iter().find(|one| one["name"] == name).map(|one| one["reason"].clone());
        assert_eq!(reason("Paula Drei"), Some(json!("user_suspended")));
        let (lucky, other) = if is_assigned(&world, license, nora).await { (nora, otto) } else { (otto, nora) };
        assert_eq!(left_out.iter().filter(|one| one["reason"] == "named_seats_taken").count(), 1);
        change_members(&world, group, &[], &[lucky]).await;
        assert!(!is_assigned(&world, license, lucky).await);
        reconcile(&world.app.entitlements, &Actor::system(), &ReconcileScope::All).await.expect("settled");
        assert!(is_assigned(&world, license, other).await, "the next member gets the seat");
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 5 })).await.ok();
        world.admin.patch(&format!("/users/{third}"), &json!({ "status": "active" })).await.ok();
        reconcile(&world.app.entitlements, &Actor::system(), &ReconcileScope::All).await.expect("settled");
        assert!(is_assigned(&world, license, third).await, "a reactivated member gets one too");
    }

    async fn a_group_assignment_cannot_be_revoked_for_one_member(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        assign_to_group(&world, group, license).await;
        world.grant(license, &[otto]).await;
        let revoke = json!({ "user_ids": [nora, otto], "end_now": false });
        let results = world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        assert_eq!(
            (&results["results"][0]["refused"], &results["results"][1]["changed"]),
            (&json!("given_by_group"), &json!(true))
        );
        let bulk = json!({
            "user_ids": [otto, nora], "action": "revoke", "license_id": license, "end_now": true, "dry_run": true,
        });
        let preview = world.admin.post("/users/bulk", &bulk).await.ok();
        assert_eq!(preview["results"][1]["refused"], "given_by_group");
        assert!(is_assigned(&world, license, nora).await);
    }

    async fn group_licenses_require_both_permissions_and_the_group_in_scope(world: World) {
        let (license, nora, _) = license_and_users(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        let other = world.group("Tagschicht", &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, Permission::ALL).await;
        world.limit_to_groups(&manager, &[group]).await;
        manager.put(&path(group, license), &json!(null)).await.ok();
        assert!(is_assigned(&world, license, nora).await);
        manager.put(&path(other, license), &json!(null)).await.problem(404, "not_found");
        manager.get(&format!("/groups/{other}/licenses")).await.problem(404, "not_found");
        manager.put(&path(group, LicenseId(uuid::Uuid::nil())), &json!(null)).await.problem(404, "not_found");
        manager.put(&format!("/groups/{group}/licenses/nonsense"), &json!(null)).await.problem(404, "not_found");
        let users = world.person("Ute Users", Role::Manager, &[Permission::ManageUsers]).await;
        users.put(&path(group, license), &json!(null)).await.problem(403, "forbidden");
        Person::anonymous(&world.url).put(&path(group, license), &json!(null)).await.problem(401, "not_signed_in");
    }

    async fn stale_claims_are_dropped_and_missed_assignments_are_made_up(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        assign_to_group(&world, group, license).await;
        // A crash between claim and assignment leaves this claim, and a directory adds members like this.
        let at = world.app.clock.now();
        let mut tx = world.app.db.begin().await.expect("a transaction");
        let claimed = seatkeeper::store::group_licenses::claim(&mut tx, license, &[otto], at).await.expect("claimed");
        assert_eq!(claimed, [otto]);
        tx.commit().await.expect("saved");
        let member = format!("INSERT INTO group_members (group_id, user_id) VALUES ('{group}', '{otto}')");
        assert_eq!(world.execute(&member).await, 1);
        reconcile(&world.app.entitlements, &Actor::system(), &ReconcileScope::All).await.expect("settled");
        assert!(!is_assigned(&world, license, otto).await, "the claim may belong to a running assignment");
        world.advance_clock(TimeDelta::minutes(2));
        let mut tx = world.app.db.begin().await.expect("a transaction");
        let stale =
            seatkeeper::store::group_licenses::forget_stale(&mut tx, world.app.clock.now()).await.expect("forgotten");
        assert_eq!(stale, 1);
        tx.commit().await.expect("saved");
        reconcile(&world.app.entitlements, &Actor::system(), &ReconcileScope::All).await.expect("settled");
        assert!(is_assigned(&world, license, otto).await);
    }

    async fn concurrent_settling_assigns_a_seat_exactly_once(world: World) {
        let (license, nora, otto) = license_and_users(&world, Model::Named, 1).await;
        let group = world.group("Nachtschicht", &[]).await;
        assign_to_group(&world, group, license).await;
        let changes = (0..8).map(|number| {
            let user = if number % 2 == 0 { nora } else { otto };
            let world = &world;
            async move { change_members(world, group, &[user], &[]).await }
        });
        futures_util::future::join_all(changes).await;
        assert!(
            is_assigned(&world, license, nora).await ^ is_assigned(&world, license, otto).await,
            "one of them has the only seat"
        );
        change_members(&world, group, &[], &[nora, otto]).await;
        assert!(!is_assigned(&world, license, nora).await && !is_assigned(&world, license, otto).await);
    }
}
