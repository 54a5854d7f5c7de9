//! Rules of a directory: what members of groups get, what happens if it is not available, and what stays when they
//! leave.

use super::{Directory, sorted, user_path};
use crate::harness::{World, on_both_engines};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    license::Model,
    people::Role,
};
use serde_json::{Value, json};

fn id_in(path: &str) -> GroupId {
    path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id")
}

async fn seen(world: &World, user: UserId) -> Value {
    world.admin.get(&format!("/users/{user}")).await.ok()
}

fn add_member(user: UserId) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }])
}

fn remove_member(user: UserId) -> Value {
    json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }])
}

on_both_engines! {
    async fn members_get_licenses_and_keep_manual_assignments(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let (remote, desk) = (world.product("Remote Support v5").await, world.product("Service Desk").await);
        let (named, pool) =
            (world.license(remote, Model::Named, 5).await, world.license(desk, Model::Concurrent, 1).await);
        let both = sorted(vec![named, pool]);
        let (anja, ben) = (directory.user("Anja A").await, directory.user("Ben B").await);
        let (north, south) = (directory.group("Nord", &[]).await, directory.group("Süd", &[ben]).await);
        directory
            .set_rules(
                &world,
                json!([
                    { "group_id": id_in(&north), "license_ids": [named, pool] },
                    { "group_id": id_in(&south), "license_ids": [pool] },
                ]),
            )
            .await;
        assert_eq!(
            seen(&world, ben).await["license_ids"],
            json!([pool]),
            "rules are for those who are members already, too"
        );
        world.grant(named, &[ben]).await;
        for user in [anja, ben] {
            assert_eq!(directory.patch(&north, add_member(user)).await.status, 204);
            assert_eq!(seen(&world, user).await["license_ids"], json!(both));
        }
        for user in [anja, ben] {
            assert_eq!(directory.patch(&north, remove_member(user)).await.status, 204);
        }
        assert_eq!(seen(&world, anja).await["license_ids"], json!([]));
        assert_eq!(seen(&world, ben).await["license_ids"], json!(both), "by manual assignment, and by the other rule");
        assert_eq!(directory.delete(&south).await.status, 204);
        assert_eq!(seen(&world, ben).await["license_ids"], json!([named]));
        assert_eq!(
            world.admin.get(&format!("/directories/{}/rules", directory.id)).await.ok().as_array().map(Vec::len),
            Some(1)
        );
        // An admin changes the group: the rules apply as well.
        world.admin.post(&format!("/groups/{}/members", id_in(&north)), &json!({ "add": [anja] })).await.ok();
        assert_eq!(seen(&world, anja).await["license_ids"], json!(both));
        directory.set_rules(&world, json!([])).await;
        assert_eq!(seen(&world, anja).await["license_ids"], json!([]));
        assert_eq!(seen(&world, ben).await["license_ids"], json!([named]));
    }

    async fn without_a_free_named_seat_the_user_is_added_and_the_failure_is_reported_and_retried(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let (anja, ben) = (directory.user("Anja A").await, directory.user("Ben B").await);
        let group = directory.group("Nord", &[anja]).await;
        let rules = directory.set_rules(&world, json!([{ "group_id": id_in(&group), "license_ids": [license] }])).await;
        assert_eq!(directory.patch(&group, add_member(ben)).await.status, 204);
        assert_eq!(directory.members(&group).await, sorted(vec![anja, ben]));
        assert_eq!(seen(&world, ben).await["license_ids"], json!([]));
        let path = format!("/directories/{}", directory.id);
        let failure = json!({
            "user_id": ben, "user_name": "Ben B", "rule_id": rules[0]["id"], "license_id": license,
            "code": "named_seats_taken",
            "since": "2026-03-02T09:00:00Z",
        });
        assert_eq!(
            world.admin.get(&format!("{path}/failures")).await.ok(),
            json!({ "failures": [failure], "total": 1 })
        );
        assert_eq!(world.admin.get("/directories").await.ok()[0]["failures"], 1);
        let log = world.admin.get("/audit?kind=directory_rule_failed").await.ok();
        assert_eq!(
            (&log["items"][0]["user"]["name"], &log["items"][0]["facts"]["code"]),
            (&json!("Ben B"), &json!("named_seats_taken"))
        );
        world.advance_clock(chrono::TimeDelta::hours(1));
        let again = world.admin.post(&format!("{path}/retry"), &Value::Null).await.ok();
        assert_eq!(again["failures"][0]["since"], "2026-03-02T09:00:00Z", "the time of the first failure");
        assert_eq!(
            world.admin.get("/audit?kind=directory_rule_failed").await.ok()["items"].as_array().map(Vec::len),
            Some(1)
        );
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 2 })).await.ok();
        assert_eq!(
            world.admin.post(&format!("{path}/retry"), &Value::Null).await.ok(),
            json!({ "failures": [], "total": 0 })
        );
        assert_eq!(seen(&world, ben).await["license_ids"], json!([license]));
    }

    async fn the_second_of_two_admins_who_change_the_rules_gets_a_conflict(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let (north, south) = (directory.group("Nord", &[]).await, directory.group("Süd", &[]).await);
        let path = format!("/directories/{}/rules", directory.id);
        let put = async |tag: &str, group: &str| {
            let body = json!({ "rules": [{ "group_id": id_in(group), "role": "manager" }] });
            world.admin.put_if(&path, tag, &body).await
        };
        let seen = world.admin.etag_of(&path).await;
        let first = put(&seen, &north).await;
        let now = first.etag();
        first.ok();
        assert_eq!((world.admin.etag_of(&path).await, now == seen), (now.clone(), false));
        put(&seen, &south).await.problem(412, "changed_meanwhile");
        directory.patch(&north, json!([{ "op": "replace", "path": "displayName", "value": "Norden" }])).await;
        assert_eq!(world.admin.etag_of(&path).await, now, "the name of a group is not part of the rules");
        put(&now, &south).await.ok();
    }

    async fn a_returning_member_gets_the_licenses_of_the_rules_again(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let anja = directory.user("Anja A").await;
        let group = directory.group("Nord", &[anja]).await;
        directory.set_rules(&world, json!([{ "group_id": id_in(&group), "license_ids": [license] }])).await;
        for round in 0..2 {
            directory.patch(&user_path(anja), json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
            assert_eq!(seen(&world, anja).await["license_ids"], json!([]), "round {round}");
            if round == 0 {
                directory.patch(&user_path(anja), json!([{ "op": "replace", "value": { "active": true } }])).await.ok();
            } else {
                world.admin.patch(&format!("/users/{anja}"), &json!({ "status": "active" })).await.ok();
            }
            assert_eq!(seen(&world, anja).await["license_ids"], json!([license]), "round {round}");
        }
    }

    async fn the_first_rule_with_a_role_decides_it(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let (anja, ben) = (directory.user("Anja A").await, directory.user("Ben B").await);
        world.admin.patch(&format!("/users/{ben}"), &json!({ "role": "admin" })).await.ok();
        let (bosses, admins) = (directory.group("Leitung", &[ben]).await, directory.group("Admins", &[anja]).await);
        directory
            .set_rules(
                &world,
                json!([
                    { "group_id": id_in(&bosses), "role": "manager" }, { "group_id": id_in(&admins), "role": "admin" },
                ]),
            )
            .await;
        assert_eq!(
            (&seen(&world, anja).await["role"], &seen(&world, ben).await["role"]),
            (&json!("admin"), &json!("admin"))
        );
        directory.patch(&bosses, add_member(anja)).await;
        assert_eq!(seen(&world, anja).await["role"], "manager");
        directory.patch(&bosses, remove_member(anja)).await;
        assert_eq!(seen(&world, anja).await["role"], "admin");
        // An admin demotes the others: the last admin stays until there is another one.
        world.admin.patch(&format!("/users/{ben}"), &json!({ "role": "agent" })).await.ok();
        let anjas = world.admin.with_token().await;
        anjas.patch(&format!("/users/{}", world.admin.id), &json!({ "role": "agent" })).await.ok();
        directory.patch(&admins, remove_member(anja)).await;
        let mut tx = world.app.db.begin_read().await.expect("a transaction");
        let standing = seatkeeper::store::seats::user_standings(&mut tx, &[]).await.expect("users");
        assert_eq!(standing.iter().map(|one| one.user).collect::<Vec<_>>(), [anja]);
    }

    async fn a_rule_that_makes_a_manager_gives_no_permissions(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let anja = directory.user("Anja A").await;
        // As left by earlier versions, which removed only the limit to groups when a manager became an agent.
        let sql = format!(r#"UPDATE users SET permissions = '["manage_users"]' WHERE id = '{anja}'"#);
        assert_eq!(world.execute(&sql).await, 1);
        assert_eq!(seen(&world, anja).await["permissions"], json!(["manage_users"]));
        let bosses = directory.group("Leitung", &[anja]).await;
        directory.set_rules(&world, json!([{ "group_id": id_in(&bosses), "role": "manager" }])).await;
        let anja = seen(&world, anja).await;
        assert_eq!((&anja["role"], &anja["permissions"]), (&json!("manager"), &json!([])));
    }

    async fn a_preview_lists_gained_and_lost_licenses_and_changes_nothing(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let (remote, desk) = (world.product("Remote Support v5").await, world.product("Service Desk").await);
        let (named, pool) =
            (world.license(remote, Model::Named, 1).await, world.license(desk, Model::Concurrent, 1).await);
        let (anja, ben, cem) =
            (directory.user("Anja A").await, directory.user("Ben B").await, directory.user("Cem C").await);
        let (north, south) = (directory.group("Nord", &[anja, ben]).await, directory.group("Süd", &[cem]).await);
        let rules = directory.set_rules(&world, json!([{ "group_id": id_in(&south), "license_ids": [pool] }])).await;
        let head = world.head().await;
        let path = format!("/directories/{}/rules/preview", directory.id);
        let wanted =
            json!({ "rules": [{ "group_id": id_in(&north), "license_ids": [named, pool], "role": "manager" }] });
        let would = world.admin.post(&path, &wanted).await.ok();
        let counts = json!([
            { "group_id": id_in(&north), "group_name": "Nord", "role": "manager", "by_directory": 2, "others": 0 },
        ]);
        assert_eq!(
            would,
            json!({ "total": 3, "roles": counts, "users": [
            { "user_id": anja, "name": "Anja A", "gets": sorted(vec![named, pool]), "role": "manager" },
            {
                "user_id": ben,
                "name": "Ben B",
                "gets": [pool],
                "refused": [{ "license_id": named, "code": "named_seats_taken" }],
                "role": "manager",
            },
            { "user_id": cem, "name": "Cem C", "loses": [pool] },
        ] })
        );
        let same = json!({ "rules": [{ "id": rules[0]["id"], "group_id": id_in(&south), "license_ids": [pool] }] });
        assert_eq!(world.admin.post(&path, &same).await.ok(), json!({ "total": 0, "users": [] }));
        assert_eq!(world.head().await, head);
        for (bad, field) in [
            (json!([{ "group_id": uuid::Uuid::nil() }]), "group_id"),
            (json!([{ "group_id": id_in(&north), "license_ids": [uuid::Uuid::nil()] }]), "license_ids"),
            (json!([{ "id": uuid::Uuid::nil(), "group_id": id_in(&north) }]), "id"),
        ] {
            for send in [
                world.admin.post(&path, &json!({ "rules": bad })).await,
                world.admin.put(path.trim_end_matches("/preview"), &json!({ "rules": bad })).await,
            ] {
                assert_eq!(send.problem(422, "invalid")["errors"][0]["field"], field);
            }
        }
        let manager = world.person("Max M", Role::Manager, seatkeeper_shared::people::Permission::ALL).await;
        manager.post(&path, &wanted).await.problem(403, "forbidden");
    }
}
