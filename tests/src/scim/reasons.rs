//! One license for two reasons: whichever came first and whichever goes first, it stays as long as one is left.

use super::Directory;
use crate::world::{World, on_both_engines};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
};
use serde_json::{Value, json};

/// Why somebody has a license.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    Rule,
    AnotherRule,
    Group,
    ByHand,
}

const ALL: [Why; 4] = [Why::Rule, Why::AnotherRule, Why::Group, Why::ByHand];

/// A license, somebody who may have it, and groups that are reasons.
struct Stage {
    directory: Directory,
    license: LicenseId,
    anja: UserId,
    ruled: [String; 2],
    group: GroupId,
}

impl Stage {
    async fn set(world: &World) -> Self {
        let directory = Directory::added(world, "Entra ID").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let anja = directory.user("Anja A").await;
        let ruled = [directory.group("Nord", &[]).await, directory.group("Süd", &[]).await];
        let rules =
            ruled.each_ref().map(|path| json!({ "group_id": &path["/Groups/".len()..], "license_ids": [license] }));
        directory.rule(world, json!(rules)).await;
        let group = world.group("Nachtschicht", &[]).await;
        world.admin.put(&format!("/groups/{group}/licenses/{license}"), &Value::Null).await.ok();
        Self { directory, license, anja, ruled, group }
    }

    async fn begin(&self, world: &World, why: Why) {
        let (anja, license) = (self.anja, self.license);
        match why {
            Why::Rule | Why::AnotherRule => {
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": anja }] }]);
                assert_eq!(self.directory.patch(self.path(why), add).await.status, 204);
            }
            Why::Group => {
                let add = json!({ "add": [anja] });
                world.admin.post(&format!("/groups/{}/members", self.group), &add).await.ok();
            }
            Why::ByHand => {
                let grant = json!({ "user_ids": [anja] });
                world.admin.post(&format!("/licenses/{license}/grant"), &grant).await.ok();
            }
        }
    }

    /// What is said of it, where it is said.
    async fn end(&self, world: &World, why: Why) -> Option<String> {
        let (anja, license) = (self.anja, self.license);
        match why {
            Why::Rule | Why::AnotherRule => {
                let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{anja}\"]") }]);
                assert_eq!(self.directory.patch(self.path(why), remove).await.status, 204);
            }
            Why::Group => {
                let remove = json!({ "remove": [anja] });
                world.admin.post(&format!("/groups/{}/members", self.group), &remove).await.ok();
            }
            Why::ByHand => {
                let revoke = json!({ "user_ids": [anja], "end_now": false });
                let told = world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
                return told["results"][0]["refused"].as_str().map(str::to_owned);
            }
        }
        None
    }

    fn path(&self, why: Why) -> &str {
        &self.ruled[usize::from(why == Why::AnotherRule)]
    }

    async fn has(&self, world: &World) -> bool {
        let user = world.admin.get(&format!("/users/{}", self.anja)).await.ok();
        user["license_ids"].as_array().is_some_and(|ids| ids.contains(&json!(self.license)))
    }
}

async fn revokes(world: &World) -> usize {
    world.whole_log().await.matches("license_revoked").count()
}

on_both_engines! {
    async fn of_two_reasons_one_is_enough_whichever_came_first_and_whichever_goes_first(world: World) {
        let stage = Stage::set(&world).await;
        for first in ALL {
            for second in ALL.into_iter().filter(|second| *second != first) {
                for (leaves, stays) in [(first, second), (second, first)] {
                    let story = format!("{first:?}, then {second:?}; then not {leaves:?} any more");
                    stage.begin(&world, first).await;
                    stage.begin(&world, second).await;
                    let before = revokes(&world).await;
                    let told = stage.end(&world, leaves).await;
                    let expected = (leaves == Why::ByHand).then_some(match stays {
                        Why::Group => "given_by_group",
                        _ => "given_by_rule",
                    });
                    assert_eq!(told.as_deref(), expected, "{story}");
                    assert!(stage.has(&world).await, "{story}");
                    assert_eq!(revokes(&world).await, before, "{story}: not even for a moment");
                    assert_eq!(stage.end(&world, stays).await, None, "{story}");
                    assert!(!stage.has(&world).await, "{story}, and then not {stays:?} either");
                }
            }
        }
    }

    async fn what_a_rule_or_a_group_gives_is_not_taken_by_those_who_end_it(world: World) {
        let stage = Stage::set(&world).await;
        for why in [Why::Rule, Why::Group, Why::ByHand] {
            stage.begin(&world, why).await;
        }
        // The whole rule goes, then what the group gives: what somebody gave is still there.
        stage.directory.rule(&world, json!([])).await;
        assert!(stage.has(&world).await);
        world.admin.delete(&format!("/groups/{}/licenses/{}", stage.group, stage.license)).await.ok();
        assert!(stage.has(&world).await);
        assert_eq!(stage.end(&world, Why::ByHand).await, None);
        assert!(!stage.has(&world).await);
        let bulk = json!({ "user_ids": [stage.anja], "action": "revoke", "license_id": stage.license, "end_now": true, "dry_run": true });
        stage.begin(&world, Why::Group).await;
        let rules = json!([{ "group_id": stage.group, "license_ids": [stage.license] }]);
        stage.directory.rule(&world, rules).await;
        let preview = world.admin.post("/users/bulk", &bulk).await.ok();
        assert_eq!(preview["results"][0]["refused"], "given_by_rule");
    }
}
