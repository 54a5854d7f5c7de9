//! A license from two sources, in any order: it stays as long as one source is left.

use super::Directory;
use crate::harness::{World, on_both_engines};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
};
use serde_json::{Value, json};

/// The source of an assignment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Rule,
    AnotherRule,
    Group,
    ByHand,
}

const ALL: [Source; 4] = [Source::Rule, Source::AnotherRule, Source::Group, Source::ByHand];

/// A license, a user, and groups as sources of the assignment.
struct Setup {
    directory: Directory,
    license: LicenseId,
    anja: UserId,
    ruled: [String; 2],
    group: GroupId,
}

impl Setup {
    async fn create(world: &World) -> Self {
        let directory = Directory::create(world, "Entra ID").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let anja = directory.user("Anja A").await;
        let ruled = [directory.group("Nord", &[]).await, directory.group("Süd", &[]).await];
        let rules =
            ruled.each_ref().map(|path| json!({ "group_id": &path["/Groups/".len()..], "license_ids": [license] }));
        directory.set_rules(world, json!(rules)).await;
        let group = world.group("Nachtschicht", &[]).await;
        world.admin.put(&format!("/groups/{group}/licenses/{license}"), &Value::Null).await.ok();
        Self { directory, license, anja, ruled, group }
    }

    async fn begin(&self, world: &World, source: Source) {
        let (anja, license) = (self.anja, self.license);
        match source {
            Source::Rule | Source::AnotherRule => {
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": anja }] }]);
                assert_eq!(self.directory.patch(self.path(source), add).await.status, 204);
            }
            Source::Group => {
                let add = json!({ "add": [anja] });
                world.admin.post(&format!("/groups/{}/members", self.group), &add).await.ok();
            }
            Source::ByHand => {
                let grant = json!({ "user_ids": [anja] });
                world.admin.post(&format!("/licenses/{license}/grant"), &grant).await.ok();
            }
        }
    }

    /// Ends a source; returns the refusal, if any.
    async fn end(&self, world: &World, source: Source) -> Option<String> {
        let (anja, license) = (self.anja, self.license);
        match source {
            Source::Rule | Source::AnotherRule => {
                let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{anja}\"]") }]);
                assert_eq!(self.directory.patch(self.path(source), remove).await.status, 204);
            }
            Source::Group => {
                let remove = json!({ "remove": [anja] });
                world.admin.post(&format!("/groups/{}/members", self.group), &remove).await.ok();
            }
            Source::ByHand => {
                let revoke = json!({ "user_ids": [anja], "end_now": false });
                let refusal = world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
                return refusal["results"][0]["refused"].as_str().map(str::to_owned);
            }
        }
        None
    }

    fn path(&self, source: Source) -> &str {
        &self.ruled[usize::from(source == Source::AnotherRule)]
    }

    async fn has(&self, world: &World) -> bool {
        let user = world.admin.get(&format!("/users/{}", self.anja)).await.ok();
        user["license_ids"].as_array().is_some_and(|ids| ids.contains(&json!(self.license)))
    }
}

async fn revokes(world: &World) -> usize {
    world.event_log().await.matches("license_revoked").count()
}

on_both_engines! {
    async fn a_license_stays_as_long_as_one_of_two_sources_remains(world: World) {
        let setup = Setup::create(&world).await;
        for first in ALL {
            for second in ALL.into_iter().filter(|second| *second != first) {
                for (leaves, stays) in [(first, second), (second, first)] {
                    let story = format!("{first:?}, then {second:?}; then not {leaves:?} any more");
                    setup.begin(&world, first).await;
                    setup.begin(&world, second).await;
                    let before = revokes(&world).await;
                    let refusal = setup.end(&world, leaves).await;
                    let expected = (leaves == Source::ByHand).then_some(match stays {
                        Source::Group => "given_by_group",
                        _ => "given_by_rule",
                    });
                    assert_eq!(refusal.as_deref(), expected, "{story}");
                    assert!(setup.has(&world).await, "{story}");
                    assert_eq!(revokes(&world).await, before, "{story}: not even for a moment");
                    assert_eq!(setup.end(&world, stays).await, None, "{story}");
                    assert!(!setup.has(&world).await, "{story}, and then not {stays:?} either");
                }
            }
        }
    }

    async fn a_directory_changes_who_has_the_licenses_of_a_group_before_it_is_answered(world: World) {
        let setup = Setup::create(&world).await;
        let path = setup.path(Source::Rule);
        setup.directory.set_rules(&world, json!([])).await;
        world.admin.put(&format!("/groups/{}/licenses/{}", &path["/Groups/".len()..], setup.license), &Value::Null)
            .await
            .ok();
        setup.begin(&world, Source::Rule).await;
        assert!(setup.has(&world).await);
        setup.end(&world, Source::Rule).await;
        assert!(!setup.has(&world).await);
    }

    async fn an_assignment_by_a_rule_or_group_cannot_be_revoked_by_hand(world: World) {
        let setup = Setup::create(&world).await;
        for source in [Source::Rule, Source::Group, Source::ByHand] {
            setup.begin(&world, source).await;
        }
        // Delete the rule, then the license of the group: the manual assignment remains.
        setup.directory.set_rules(&world, json!([])).await;
        assert!(setup.has(&world).await);
        world.admin.delete(&format!("/groups/{}/licenses/{}", setup.group, setup.license)).await.ok();
        assert!(setup.has(&world).await);
        assert_eq!(setup.end(&world, Source::ByHand).await, None);
        assert!(!setup.has(&world).await);
        let bulk = json!({
            "user_ids": [setup.anja],
            "action": "revoke",
            "license_id": setup.license,
            "end_now": true,
            "dry_run": true,
        });
        setup.begin(&world, Source::Group).await;
        let rules = json!([{ "group_id": setup.group, "license_ids": [setup.license] }]);
        setup.directory.set_rules(&world, rules).await;
        let preview = world.admin.post("/users/bulk", &bulk).await.ok();
        assert_eq!(preview["results"][0]["refused"], "given_by_rule");
    }
}
