//! What rules of directories say holds in the end, also where nobody applied them: whoever changed a group was cut off, or two
//! changed one thing at once.

use super::Directory;
use crate::world::{World, on_both_engines};
use seatkeeper::scim::rules::put_right;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
};
use serde_json::{Value, json};

/// A group whose members get a named license and are managers.
struct Stage {
    directory: Directory,
    license: LicenseId,
    group: String,
}

impl Stage {
    async fn set(world: &World, seats: i64) -> Self {
        let directory = Directory::added(world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, seats).await;
        let group = directory.group("Nord", &[]).await["/Groups/".len()..].to_owned();
        directory.rule(world, json!([{ "group_id": group, "license_ids": [license], "role": "manager" }])).await;
        Self { directory, license, group }
    }

    /// A member comes, as when the server is killed before it applies the rules.
    async fn joins(&self, world: &World, user: UserId) {
        let (group, directory) = (&self.group, self.directory.id);
        let sql = format!(
            "INSERT INTO group_members (group_id, user_id, directory_id) VALUES ('{group}', '{user}', '{directory}')"
        );
        assert_eq!(world.execute(&sql).await, 1);
    }

    async fn stands(&self, world: &World, user: UserId) -> Value {
        let user = world.admin.get(&format!("/users/{user}")).await.ok();
        let licensed = user["license_ids"].as_array().expect("a list").contains(&json!(self.license));
        json!([licensed, user["role"]])
    }

    async fn failures(&self, world: &World) -> Value {
        world.admin.get(&format!("/directories/{}/failures", self.directory.id)).await.ok()["total"].clone()
    }
}

on_both_engines! {
    async fn what_was_missed_when_members_came_and_went_is_put_right(world: World) {
        let stage = Stage::set(&world, 2).await;
        let anja = stage.directory.user("Anja A").await;
        stage.joins(&world, anja).await;
        assert_eq!(stage.stands(&world, anja).await, json!([false, "agent"]));
        put_right(&world.app).await.expect("put right");
        assert_eq!(stage.stands(&world, anja).await, json!([true, "manager"]));
        assert_eq!(world.execute("DELETE FROM group_members").await, 1);
        assert_eq!(stage.stands(&world, anja).await, json!([true, "manager"]));
        put_right(&world.app).await.expect("put right");
        assert_eq!(stage.stands(&world, anja).await, json!([false, "agent"]));
    }

    async fn what_a_rule_gave_that_is_gone_belongs_to_the_one_that_says_it_now(world: World) {
        let stage = Stage::set(&world, 2).await;
        let anja = stage.directory.user("Anja A").await;
        stage.joins(&world, anja).await;
        put_right(&world.app).await.expect("put right");
        let rule = "SELECT rule_id FROM assignments";
        let sql = format!(
            "UPDATE assignments SET rule_id = '00000000-0000-4000-8000-000000000001' WHERE ({rule}) IS NOT NULL"
        );
        assert_eq!(world.execute(&sql).await, 1);
        put_right(&world.app).await.expect("put right");
        let now = "UPDATE assignments SET rule_id = rule_id WHERE rule_id IN (SELECT id FROM directory_rules)";
        assert_eq!(world.execute(now).await, 1, "the rule that says it now");
        assert_eq!(stage.stands(&world, anja).await, json!([true, "manager"]));
    }

    async fn failures_that_are_over_are_listed_no_longer(world: World) {
        let stage = Stage::set(&world, 1).await;
        let (anja, ben) = (stage.directory.user("Anja A").await, stage.directory.user("Ben B").await);
        for user in [anja, ben] {
            stage.joins(&world, user).await;
            put_right(&world.app).await.expect("put right");
        }
        assert_eq!(stage.failures(&world).await, json!(1), "one seat, two who should have it");
        let sql = format!("UPDATE users SET status = 'suspended' WHERE id = '{ben}'");
        assert_eq!(world.execute(&sql).await, 1);
        put_right(&world.app).await.expect("put right");
        assert_eq!(stage.failures(&world).await, json!(0), "who is suspended waits for nothing");
        assert_eq!(stage.stands(&world, anja).await, json!([true, "manager"]));
    }
}
