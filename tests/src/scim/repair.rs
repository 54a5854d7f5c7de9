//! The rules of directories are enforced eventually, even if a change was not followed by applying them: because the
//! server stopped in between, or two changes happened at once.

use super::Directory;
use crate::harness::{World, on_both_engines};
use seatkeeper::entitlements::rules::repair;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
};
use serde_json::{Value, json};

/// A group whose members get a named license and the manager role.
struct Setup {
    directory: Directory,
    license: LicenseId,
    group: String,
}

impl Setup {
    async fn create(world: &World, seats: i64) -> Self {
        let directory = Directory::create(world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, seats).await;
        let group = directory.group("Nord", &[]).await["/Groups/".len()..].to_owned();
        directory.set_rules(world, json!([{ "group_id": group, "license_ids": [license], "role": "manager" }])).await;
        Self { directory, license, group }
    }

    /// Adds a member without applying the rules, as when the server is killed in between.
    async fn add_member_only(&self, world: &World, user: UserId) {
        let (group, directory) = (&self.group, self.directory.id);
        let sql = format!(
            "INSERT INTO group_members (group_id, user_id, directory_id) VALUES ('{group}', '{user}', '{directory}')"
        );
        assert_eq!(world.execute(&sql).await, 1);
    }

    async fn assignment_of(&self, world: &World, user: UserId) -> Value {
        let user = world.admin.get(&format!("/users/{user}")).await.ok();
        let licensed = user["license_ids"].as_array().expect("a list").contains(&json!(self.license));
        json!([licensed, user["role"]])
    }

    async fn failures(&self, world: &World) -> Value {
        world.admin.get(&format!("/directories/{}/failures", self.directory.id)).await.ok()["total"].clone()
    }
}

on_both_engines! {
    async fn missed_membership_changes_are_repaired(world: World) {
        let setup = Setup::create(&world, 2).await;
        let anja = setup.directory.user("Anja A").await;
        setup.add_member_only(&world, anja).await;
        assert_eq!(setup.assignment_of(&world, anja).await, json!([false, "agent"]));
        repair(&world.app.entitlements).await.expect("the repair succeeds");
        assert_eq!(setup.assignment_of(&world, anja).await, json!([true, "manager"]));
        assert_eq!(world.execute("DELETE FROM group_members").await, 1);
        assert_eq!(setup.assignment_of(&world, anja).await, json!([true, "manager"]));
        repair(&world.app.entitlements).await.expect("the repair succeeds");
        assert_eq!(setup.assignment_of(&world, anja).await, json!([false, "agent"]));
    }

    async fn an_assignment_of_a_deleted_rule_moves_to_the_rule_that_gives_it_now(world: World) {
        let setup = Setup::create(&world, 2).await;
        let anja = setup.directory.user("Anja A").await;
        setup.add_member_only(&world, anja).await;
        repair(&world.app.entitlements).await.expect("the repair succeeds");
        let rule = "SELECT rule_id FROM assignments";
        let sql = format!(
            "UPDATE assignments SET rule_id = '00000000-0000-4000-8000-000000000001' WHERE ({rule}) IS NOT NULL"
        );
        assert_eq!(world.execute(&sql).await, 1);
        repair(&world.app.entitlements).await.expect("the repair succeeds");
        let now = "UPDATE assignments SET rule_id = rule_id WHERE rule_id IN (SELECT id FROM directory_rules)";
        assert_eq!(world.execute(now).await, 1, "the rule that gives it now");
        assert_eq!(setup.assignment_of(&world, anja).await, json!([true, "manager"]));
    }

    async fn resolved_failures_are_no_longer_listed(world: World) {
        let setup = Setup::create(&world, 1).await;
        let (anja, ben) = (setup.directory.user("Anja A").await, setup.directory.user("Ben B").await);
        for user in [anja, ben] {
            setup.add_member_only(&world, user).await;
            repair(&world.app.entitlements).await.expect("the repair succeeds");
        }
        assert_eq!(setup.failures(&world).await, json!(1), "one seat for two members");
        let sql = format!("UPDATE users SET status = 'suspended' WHERE id = '{ben}'");
        assert_eq!(world.execute(&sql).await, 1);
        repair(&world.app.entitlements).await.expect("the repair succeeds");
        assert_eq!(setup.failures(&world).await, json!(0), "a suspended user does not wait");
        assert_eq!(setup.assignment_of(&world, anja).await, json!([true, "manager"]));
    }
}
