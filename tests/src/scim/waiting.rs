//! Who could not get what a rule says gets it as soon as it can be had, whoever has waited longest first.

use super::{Directory, at};
use crate::world::{World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::scim::rules::make_up;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::Role,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A named license, a group whose members get it, and users who came into it one after the other.
struct Stage {
    directory: Directory,
    license: LicenseId,
    group: String,
    users: Vec<UserId>,
}

impl Stage {
    async fn set(world: &World, seats: i64, names: &[&str]) -> Self {
        let directory = Directory::added(world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, seats).await;
        let group = directory.group("Nord", &[]).await;
        directory.rule(world, json!([{ "group_id": &group["/Groups/".len()..], "license_ids": [license] }])).await;
        let mut users = Vec::new();
        for name in names {
            users.push(directory.user(name).await);
        }
        let stage = Self { directory, license, group, users };
        for user in &stage.users {
            stage.join(*user).await;
            world.pass(TimeDelta::minutes(1));
        }
        stage
    }

    async fn join(&self, user: UserId) {
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        assert_eq!(self.directory.patch(&self.group, add).await.status, 204);
    }

    /// The names of those who have the license.
    async fn holders(&self, world: &World) -> Vec<String> {
        let users = world.admin.get(&format!("/users?license={}", self.license)).await.ok();
        let names = users["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|user| user["name"].as_str().expect("a name").to_owned());
        names.collect()
    }

    async fn failures(&self, world: &World) -> Value {
        world.admin.get(&format!("/directories/{}/failures", self.directory.id)).await.ok()["total"].clone()
    }
}

on_both_engines! {
    async fn a_seat_that_becomes_free_goes_to_whoever_has_waited_longest(world: World) {
        // By name the last waits longest.
        let stage = Stage::set(&world, 1, &["Anja A", "Zoe Z", "Mia M", "Ben B"]).await;
        assert_eq!((stage.holders(&world).await, stage.failures(&world).await), (vec!["Anja A".to_owned()], json!(3)));
        stage
            .directory
            .patch(&at(stage.users[0]), json!([{ "op": "replace", "value": { "active": false } }]))
            .await
            .ok();
        make_up(&world.app).await.expect("made up");
        assert_eq!((stage.holders(&world).await, stage.failures(&world).await), (vec!["Zoe Z".to_owned()], json!(2)));
        let log = world.admin.get("/audit?kind=directory_rule_made_up").await.ok();
        let told = &log["items"][0];
        assert_eq!(
            (&told["user"]["name"], &told["facts"]["license"], &told["door"]),
            (&json!("Zoe Z"), &json!(stage.license), &json!("system"))
        );
        assert_eq!(told["facts"]["since"], "2026-03-02T09:01:00Z");
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", stage.users[1]) }]);
        assert_eq!(stage.directory.patch(&stage.group, remove).await.status, 204);
        make_up(&world.app).await.expect("made up");
        assert_eq!(stage.holders(&world).await, ["Mia M"]);
        world.admin.patch(&format!("/licenses/{}", stage.license), &json!({ "seats": 9 })).await.ok();
        make_up(&world.app).await.expect("made up");
        assert_eq!((stage.holders(&world).await.len(), stage.failures(&world).await), (2, json!(0)));
        let head = world.head().await;
        make_up(&world.app).await.expect("made up");
        assert_eq!(world.head().await, head, "nothing is left to do");
    }

    async fn nobody_who_comes_later_overtakes(world: World) {
        let stage = Stage::set(&world, 1, &["Anja A", "Zoe Z"]).await;
        let late = stage.directory.user("Ben B").await;
        world.admin.patch(&format!("/licenses/{}", stage.license), &json!({ "seats": 2 })).await.ok();
        stage.join(late).await;
        assert_eq!(stage.holders(&world).await, ["Anja A", "Zoe Z"]);
        let log = world.whole_log().await;
        let granted: Vec<_> = log.lines().filter(|line| line.starts_with("license_granted")).collect();
        assert!(granted[0].contains("Okta") && !granted[1].contains("Okta"), "hers came by itself: {granted:?}");
        assert_eq!(stage.failures(&world).await, 1);
    }

    async fn whoever_is_suspended_or_gone_waits_for_nothing(world: World) {
        let stage = Stage::set(&world, 1, &["Anja A", "Zoe Z", "Mia M", "Ben B"]).await;
        let [_, zoe, mia, _] = stage.users[..] else { panic!("four") };
        stage.directory.patch(&at(zoe), json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
        assert_eq!(stage.directory.delete(&at(mia)).await.status, 204);
        world.admin.patch(&format!("/licenses/{}", stage.license), &json!({ "seats": 2 })).await.ok();
        make_up(&world.app).await.expect("made up");
        assert_eq!(stage.holders(&world).await, ["Anja A", "Ben B"]);
    }

    async fn it_happens_by_itself_and_soon(world: World) {
        let stage = Stage::set(&world, 1, &["Anja A", "Zoe Z"]).await;
        let sweeping = world.app.sweep();
        let began = Instant::now();
        stage
            .directory
            .patch(&at(stage.users[0]), json!([{ "op": "replace", "value": { "active": false } }]))
            .await
            .ok();
        while stage.holders(&world).await != ["Zoe Z"] {
            assert!(began.elapsed() < Duration::from_secs(15), "that is not soon");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sweeping.abort();
    }

    async fn the_last_admin_is_told_of_and_no_longer_one_as_soon_as_there_is_another(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let anja = directory.user("Anja A").await;
        let admins = directory.group("Admins", &[anja]).await;
        directory.rule(&world, json!([{ "group_id": &admins["/Groups/".len()..], "role": "admin" }])).await;
        let mine = world.admin.with_token().await;
        let next = world.person("Nina N", Role::Agent, &[]).await;
        world.admin.patch(&format!("/users/{}", world.admin.id), &json!({ "role": "agent" })).await.ok();
        mine.get("/directories").await.problem(403, "forbidden");
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{anja}\"]") }]);
        assert_eq!(directory.patch(&admins, remove).await.status, 204);
        let total = || async {
            let (failures, total) =
                seatkeeper::store::directory_failures::list(&world.app.db, directory.id).await.expect("a list");
            (failures.first().map(|one| (one.rule_id, one.code.as_str())), total)
        };
        assert_eq!(total().await, (Some((None, "last_admin")), 1), "told, though no rule says anything of her");
        make_up(&world.app).await.expect("made up");
        assert_eq!(total().await.1, 1);
        let sql = format!("UPDATE users SET role = 'admin' WHERE id = '{}'", next.id);
        assert_eq!(world.execute(&sql).await, 1);
        make_up(&world.app).await.expect("made up");
        assert_eq!(total().await, (None, 0));
    }
}
