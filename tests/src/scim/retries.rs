//! Members who could not get what a rule gives get it as soon as it is available, in the order of waiting.

use super::{Directory, user_path};
use crate::harness::{World, on_both_engines, within};
use chrono::TimeDelta;
use seatkeeper::entitlements::rules::retry;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::Role,
};
use serde_json::{Value, json};
use std::time::Duration;

/// A named license, a group whose members get it, and users who joined the group one after the other.
struct Setup {
    directory: Directory,
    license: LicenseId,
    group: String,
    users: Vec<UserId>,
}

impl Setup {
    async fn create(world: &World, seats: i64, names: &[&str]) -> Self {
        let directory = Directory::create(world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, seats).await;
        let group = directory.group("Nord", &[]).await;
        directory.set_rules(world, json!([{ "group_id": &group["/Groups/".len()..], "license_ids": [license] }])).await;
        let mut users = Vec::new();
        for name in names {
            users.push(directory.user(name).await);
        }
        let setup = Self { directory, license, group, users };
        for user in &setup.users {
            setup.join(*user).await;
            world.advance_clock(TimeDelta::minutes(1));
        }
        setup
    }

    async fn join(&self, user: UserId) {
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        assert_eq!(self.directory.patch(&self.group, add).await.status, 204);
    }

    /// The names of the users with the license.
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
    async fn a_freed_seat_goes_to_the_user_who_has_waited_longest(world: World) {
        // By name, the user who has waited longest comes last.
        let setup = Setup::create(&world, 1, &["Anja A", "Zoe Z", "Mia M", "Ben B"]).await;
        assert_eq!((setup.holders(&world).await, setup.failures(&world).await), (vec!["Anja A".to_owned()], json!(3)));
        setup
            .directory
            .patch(&user_path(setup.users[0]), json!([{ "op": "replace", "value": { "active": false } }]))
            .await
            .ok();
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!((setup.holders(&world).await, setup.failures(&world).await), (vec!["Zoe Z".to_owned()], json!(2)));
        let log = world.admin.get("/audit?kind=directory_rule_made_up").await.ok();
        let event = &log["items"][0];
        assert_eq!(
            (&event["user"]["name"], &event["facts"]["license"], &event["origin"]),
            (&json!("Zoe Z"), &json!(setup.license), &json!("system"))
        );
        assert_eq!(event["facts"]["since"], "2026-03-02T09:01:00Z");
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", setup.users[1]) }]);
        assert_eq!(setup.directory.patch(&setup.group, remove).await.status, 204);
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!(setup.holders(&world).await, ["Mia M"]);
        world.admin.patch(&format!("/licenses/{}", setup.license), &json!({ "seats": 9 })).await.ok();
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!((setup.holders(&world).await.len(), setup.failures(&world).await), (2, json!(0)));
        let head = world.head().await;
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!(world.head().await, head, "nothing is left to do");
    }

    async fn a_later_member_does_not_overtake_earlier_ones(world: World) {
        let setup = Setup::create(&world, 1, &["Anja A", "Zoe Z"]).await;
        let late = setup.directory.user("Ben B").await;
        world.admin.patch(&format!("/licenses/{}", setup.license), &json!({ "seats": 2 })).await.ok();
        setup.join(late).await;
        assert_eq!(setup.holders(&world).await, ["Anja A", "Zoe Z"]);
        let log = world.event_log().await;
        let granted: Vec<_> = log.lines().filter(|line| line.starts_with("license_granted")).collect();
        assert!(
            granted[0].contains("Okta") && !granted[1].contains("Okta"),
            "hers was assigned by the retry: {granted:?}"
        );
        assert_eq!(setup.failures(&world).await, 1);
    }

    async fn suspended_and_deleted_users_do_not_wait_for_licenses(world: World) {
        let setup = Setup::create(&world, 1, &["Anja A", "Zoe Z", "Mia M", "Ben B"]).await;
        let [_, zoe, mia, _] = setup.users[..] else { panic!("four") };
        setup.directory.patch(&user_path(zoe), json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
        assert_eq!(setup.directory.delete(&user_path(mia)).await.status, 204);
        world.admin.patch(&format!("/licenses/{}", setup.license), &json!({ "seats": 2 })).await.ok();
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!(setup.holders(&world).await, ["Anja A", "Ben B"]);
    }

    async fn the_server_retries_by_itself_within_seconds(world: World) {
        let setup = Setup::create(&world, 1, &["Anja A", "Zoe Z"]).await;
        world.app.start_maintenance();
        setup
            .directory
            .patch(&user_path(setup.users[0]), json!([{ "op": "replace", "value": { "active": false } }]))
            .await
            .ok();
        let message = || "the license is assigned".to_owned();
        within(Duration::from_secs(15), message, async || setup.holders(&world).await == ["Zoe Z"]).await;
        world.app.journal.tasks.stop(Duration::from_secs(5)).await;
    }

    async fn the_last_admin_is_reported_and_demoted_once_there_is_another(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let anja = directory.user("Anja A").await;
        let admins = directory.group("Admins", &[anja]).await;
        directory.set_rules(&world, json!([{ "group_id": &admins["/Groups/".len()..], "role": "admin" }])).await;
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
        assert_eq!(total().await, (Some((None, "last_admin")), 1), "reported, although no rule applies to this user");
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!(total().await.1, 1);
        let sql = format!("UPDATE users SET role = 'admin' WHERE id = '{}'", next.id);
        assert_eq!(world.execute(&sql).await, 1);
        retry(&world.app.entitlements).await.expect("the retry succeeds");
        assert_eq!(total().await, (None, 0));
    }
}
