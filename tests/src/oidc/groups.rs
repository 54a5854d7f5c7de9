//! The groups that providers tell: joined and left by a list of names, and by nothing else.

use super::{
    browser::{Browser, added},
    provider::Provider,
};
use crate::world::on_both_engines;
use serde_json::{Value, json};

on_both_engines! {
    async fn groups_that_the_provider_names_are_joined_and_left(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let manual = world.group("By Hand", &[nora.id]).await;
        let told = world.group("Second Level", &[]).await;
        let id = added(&world, &provider, json!({ "group_claim": "groups" })).await;
        let says = |groups: serde_json::Value| {
            provider.says(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": groups }),
            );
        };
        let members = async |group| world.admin.get(&format!("/groups/{group}")).await.ok()["members"].clone();
        says(json!(["second level", "By Hand", "Unknown here"]));
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
        assert_eq!((members(manual).await, members(told).await), (json!(1), json!(1)));
        let head = world.head().await;
        Browser::new(&world).sign_in(id).await;
        assert_eq!(world.head().await.0, head.0 + 1, "the same again changes nothing");
        says(json!([]));
        Browser::new(&world).sign_in(id).await;
        assert_eq!((members(manual).await, members(told).await), (json!(1), json!(0)), "what was done by hand stays");
    }

    async fn what_is_no_list_of_names_leaves_groups_as_they_are_and_is_reported(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let group = world.group("Second Level", &[]).await;
        let id = added(&world, &provider, json!({ "group_claim": "groups" })).await;
        let says = |more: Value| {
            let mut said = json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true });
            for (name, value) in more.as_object().into_iter().flatten() {
                said[name] = value.clone();
            }
            provider.says(said);
        };
        says(json!({ "groups": ["Second Level"] }));
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
        let overage = json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://graph.example/x" } } });
        for (said, code) in [
            (json!({ "groups": null }), "groups_malformed"),
            (json!({ "groups": {} }), "groups_malformed"),
            (json!({ "groups": 7 }), "groups_malformed"),
            (json!({ "groups": [7] }), "groups_malformed"),
            (json!({ "groups": "" }), "groups_malformed"),
            (json!({ "groups": ["Second Level", null] }), "groups_malformed"),
            (json!({ "groups": [{ "id": "1" }] }), "groups_malformed"),
            (overage, "groups_overage"),
            (json!({}), "groups_missing"),
        ] {
            says(said.clone());
            let before = world.head().await;
            assert_eq!(Browser::new(&world).sign_in(id).await, "/", "{said}");
            assert_eq!(world.head().await.0, before.0 + 2, "signed in and reported: {said}");
            assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 1, "{said}");
            let log = world.admin.get("/audit?kind=provider_groups_kept&limit=1").await.ok();
            let facts = &log["items"][0]["facts"];
            assert_eq!(
                (&facts["finding"], &facts["claim"], &facts["setting"]),
                (&json!(code), &json!("groups"), &json!("group_claim")),
                "{said}"
            );
            let test = world.admin.post(&format!("/sign-in-providers/{id}/test"), &Value::Null).await.ok();
            assert_eq!(test["good"], true, "a hint only");
            let found = test["sign_ins"].as_array().expect("findings").iter().any(|one| one["finding"]["code"] == code);
            assert!(found, "{said}: {test}");
        }
        says(json!({ "groups": [] }));
        Browser::new(&world).sign_in(id).await;
        assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 0, "an empty list is a list");
        let before = world.head().await;
        says(json!({}));
        Browser::new(&world).sign_in(id).await;
        assert_eq!(world.head().await.0, before.0 + 1, "nothing depends on a claim that is missing now");
    }

    async fn names_and_paths_of_groups_are_understood(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let top = world.group("Support", &[]).await;
        let nested = world.group("team/a", &[]).await;
        let path = world.group("/team/b", &[]).await;
        let other = world.group("a", &[]).await;
        let id = added(&world, &provider, json!({ "group_claim": "groups" })).await;
        let members = async |group| world.admin.get(&format!("/groups/{group}")).await.ok()["members"].clone();
        for said in [
            json!(["/Support", "/team/a", "/team/b"]),
            json!([{ "name": "Support" }, { "name": "a", "path": "/team/a" }, { "path": "/team/b" }]),
            json!([{ "displayName": "support" }, { "value": "/team/a", "display": "team/a" }, "/team/b"]),
        ] {
            provider.says(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": said }),
            );
            assert_eq!(Browser::new(&world).sign_in(id).await, "/");
            assert_eq!(
                (members(top).await, members(nested).await, members(path).await),
                (json!(1), json!(1), json!(1)),
                "{said}"
            );
            assert_eq!(members(other).await, 0, "the last part of a path is another group");
            provider.says(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": [] }),
            );
            Browser::new(&world).sign_in(id).await;
            assert_eq!(members(top).await, 0);
        }
    }

    async fn what_the_token_does_not_say_of_groups_the_user_info_may(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let group = world.group("Support", &[]).await;
        let id = added(&world, &provider, json!({ "group_claim": "groups" })).await;
        provider.tells(json!({ "sub": "nora-1", "groups": ["Support"] }));
        for said in [json!({}), json!({ "groups": null }), json!({ "_claim_names": { "groups": "x" } })] {
            let mut person = json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true });
            for (name, value) in said.as_object().into_iter().flatten() {
                person[name] = value.clone();
            }
            provider.says(person);
            let before = world.head().await;
            assert_eq!(Browser::new(&world).sign_in(id).await, "/");
            assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 1, "{said}");
            assert!(world.whole_log().await.lines().all(|line| !line.starts_with("provider_groups_kept")), "{said}");
            assert!(world.head().await.0 > before.0);
        }
    }
}
