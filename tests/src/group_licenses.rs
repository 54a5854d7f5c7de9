//! Licenses that follow memberships: given and taken with the group, as far as there are seats, and nothing that was given by hand.

use crate::world::{Person, World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::{
    group_licenses::{About, settle},
    seats::Actor,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

async fn put_in(world: &World, group: GroupId, add: &[UserId], remove: &[UserId]) {
    let change = json!({ "add": add, "remove": remove });
    world.admin.post(&format!("/groups/{group}/members"), &change).await.ok();
}

/// Whether the license is assigned to the user.
async fn has(world: &World, license: LicenseId, user: UserId) -> bool {
    let user = world.admin.get(&format!("/users/{user}")).await.ok();
    user["license_ids"].as_array().is_some_and(|ids| ids.contains(&json!(license)))
}

fn path(group: GroupId, license: LicenseId) -> String {
    format!("/groups/{group}/licenses/{license}")
}

async fn give(world: &World, group: GroupId, license: LicenseId) -> Value {
    world.admin.put(&path(group, license), &json!(null)).await.ok()
}

/// A license of this model and two users.
async fn ground(world: &World, model: Model, seats: i64) -> (LicenseId, UserId, UserId) {
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, model, seats).await;
    let nora = world.user("Nora Neu", Role::Agent, &[]).await;
    (license, nora, world.user("Otto Alt", Role::Agent, &[]).await)
}

on_both_engines! {
    async fn members_have_what_their_group_gives_as_long_as_they_are_members(world: World) {
        let (license, nora, otto) = ground(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        let given = give(&world, group, license).await;
        assert_eq!(given, json!([{ "license_id": license, "since": "2026-03-02T09:00:00Z", "holders": 1 }]));
        assert!(has(&world, license, nora).await && !has(&world, license, otto).await);
        put_in(&world, group, &[otto], &[]).await;
        assert!(has(&world, license, otto).await);
        let through = world.admin.get(&format!("/users/{otto}/group-licenses")).await.ok();
        assert_eq!(through, json!([{ "license_id": license, "group_id": group, "group_name": "Nachtschicht" }]));
        put_in(&world, group, &[], &[nora]).await;
        assert!(!has(&world, license, nora).await && has(&world, license, otto).await);
        world.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [nora] })).await.ok();
        assert!(has(&world, license, nora).await && !has(&world, license, otto).await);
        let head = world.head().await;
        give(&world, group, license).await;
        assert_eq!(world.head().await, head, "twice changes nothing");
        assert_eq!(world.admin.delete(&path(group, license)).await.ok(), json!([]));
        assert!(!has(&world, license, nora).await);
        world.admin.delete(&path(group, license)).await.problem(404, "not_found");
        let log = world.whole_log().await;
        assert!(log.contains("group_license_granted Anja") && log.contains("license_revoked Anja"), "{log}");
    }

    async fn what_was_given_by_hand_stays(world: World) {
        let (license, nora, otto) = ground(&world, Model::Concurrent, 5).await;
        world.grant(license, &[nora]).await;
        let group = world.group("Nachtschicht", &[nora, otto]).await;
        give(&world, group, license).await;
        // Otto has it through the group; then somebody gives it to him by hand, too.
        world.admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": [otto] })).await.ok();
        put_in(&world, group, &[], &[nora, otto]).await;
        assert!(has(&world, license, nora).await && has(&world, license, otto).await);
        assert_eq!(world.admin.get(&format!("/users/{otto}/group-licenses")).await.ok(), json!([]));
    }

    async fn two_groups_give_the_same_and_one_is_enough(world: World) {
        let (license, nora, _) = ground(&world, Model::Concurrent, 5).await;
        let (night, day) = (world.group("Nachtschicht", &[nora]).await, world.group("Tagschicht", &[nora]).await);
        give(&world, night, license).await;
        give(&world, day, license).await;
        put_in(&world, night, &[], &[nora]).await;
        assert!(has(&world, license, nora).await);
        assert_eq!(world.admin.delete(&format!("/groups/{day}")).await.status, 204);
        assert!(!has(&world, license, nora).await, "with the group goes what it gave");
    }

    async fn named_licenses_are_given_as_far_as_there_are_seats(world: World) {
        let (license, nora, otto) = ground(&world, Model::Named, 1).await;
        let third = world.user("Paula Drei", Role::Agent, &[]).await;
        let group = world.group("Nachtschicht", &[nora, otto, third]).await;
        world.admin.patch(&format!("/users/{third}"), &json!({ "status": "suspended" })).await.ok();
        let given = give(&world, group, license).await;
        assert_eq!(given[0]["holders"], 1);
        let out = given[0]["left_out"].as_array().expect("two are left out");
        let reason = |name: &str| out.iter().find(|one| one["name"] == name).map(|one| one["reason"].clone());
        assert_eq!(reason("Paula Drei"), Some(json!("user_suspended")));
        let (lucky, other) = if has(&world, license, nora).await { (nora, otto) } else { (otto, nora) };
        assert_eq!(out.iter().filter(|one| one["reason"] == "named_seats_taken").count(), 1);
        put_in(&world, group, &[], &[lucky]).await;
        assert!(!has(&world, license, lucky).await);
        settle(&world.app, &Actor::system(), &About::All).await.expect("settled");
        assert!(has(&world, license, other).await, "the seat is given to the next");
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 5 })).await.ok();
        world.admin.patch(&format!("/users/{third}"), &json!({ "status": "active" })).await.ok();
        settle(&world.app, &Actor::system(), &About::All).await.expect("settled");
        assert!(has(&world, license, third).await, "and to whoever is back");
    }

    async fn what_a_group_gives_is_not_taken_from_one_alone(world: World) {
        let (license, nora, otto) = ground(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        give(&world, group, license).await;
        world.grant(license, &[otto]).await;
        let revoke = json!({ "user_ids": [nora, otto], "end_now": false });
        let results = world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        assert_eq!(
            (&results["results"][0]["refused"], &results["results"][1]["changed"]),
            (&json!("given_by_group"), &json!(true))
        );
        let bulk = json!({ "user_ids": [otto, nora], "action": "revoke", "license_id": license, "end_now": true, "dry_run": true });
        let preview = world.admin.post("/users/bulk", &bulk).await.ok();
        assert_eq!(preview["results"][1]["refused"], "given_by_group");
        assert!(has(&world, license, nora).await);
    }

    async fn it_takes_both_permissions_and_ones_own_group(world: World) {
        let (license, nora, _) = ground(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        let other = world.group("Tagschicht", &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, Permission::ALL).await;
        world.limit(&manager, &[group]).await;
        manager.put(&path(group, license), &json!(null)).await.ok();
        assert!(has(&world, license, nora).await);
        manager.put(&path(other, license), &json!(null)).await.problem(404, "not_found");
        manager.get(&format!("/groups/{other}/licenses")).await.problem(404, "not_found");
        manager.put(&path(group, LicenseId(uuid::Uuid::nil())), &json!(null)).await.problem(404, "not_found");
        manager.put(&format!("/groups/{group}/licenses/nonsense"), &json!(null)).await.problem(404, "not_found");
        let users = world.person("Ute Users", Role::Manager, &[Permission::ManageUsers]).await;
        users.put(&path(group, license), &json!(null)).await.problem(403, "forbidden");
        Person::stranger(&world.url).put(&path(group, license), &json!(null)).await.problem(401, "not_signed_in");
    }

    async fn what_a_crash_left_is_forgotten_and_what_was_missed_is_made_up_for(world: World) {
        let (license, nora, otto) = ground(&world, Model::Concurrent, 5).await;
        let group = world.group("Nachtschicht", &[nora]).await;
        give(&world, group, license).await;
        // As a crash between claim and assignment would leave it, and as a directory changes members.
        let at = world.app.clock.now();
        let mut tx = world.app.db.begin().await.expect("a transaction");
        let claimed = seatkeeper::store::group_licenses::claim(&mut tx, license, &[otto], at).await.expect("claimed");
        assert_eq!(claimed, [otto]);
        tx.commit().await.expect("saved");
        let member = format!("INSERT INTO group_members (group_id, user_id) VALUES ('{group}', '{otto}')");
        assert_eq!(world.execute(&member).await, 1);
        settle(&world.app, &Actor::system(), &About::All).await.expect("settled");
        assert!(!has(&world, license, otto).await, "somebody may be about to give it to him");
        world.pass(TimeDelta::minutes(2));
        let mut tx = world.app.db.begin().await.expect("a transaction");
        let stale =
            seatkeeper::store::group_licenses::forget_stale(&mut tx, world.app.clock.now()).await.expect("forgotten");
        assert_eq!(stale, 1);
        tx.commit().await.expect("saved");
        settle(&world.app, &Actor::system(), &About::All).await.expect("settled");
        assert!(has(&world, license, otto).await);
    }

    async fn of_many_who_settle_at_once_none_gives_twice_or_for_ever(world: World) {
        let (license, nora, otto) = ground(&world, Model::Named, 1).await;
        let group = world.group("Nachtschicht", &[]).await;
        give(&world, group, license).await;
        let changes = (0..8).map(|number| {
            let user = if number % 2 == 0 { nora } else { otto };
            let world = &world;
            async move { put_in(world, group, &[user], &[]).await }
        });
        futures_util::future::join_all(changes).await;
        assert!(has(&world, license, nora).await ^ has(&world, license, otto).await, "one seat, one of them");
        put_in(&world, group, &[], &[nora, otto]).await;
        assert!(!has(&world, license, nora).await && !has(&world, license, otto).await);
    }
}
