//! Groups from providers: joined and left according to a claim with a list of names, and nothing else.

use super::{
    browser::{OidcBrowser, add_provider},
    provider::Provider,
};
use crate::harness::on_both_engines;
use serde_json::{Value, json};

on_both_engines! {
    async fn groups_in_the_claim_are_joined_and_left(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let manual = world.group("By Hand", &[nora.id]).await;
        let from_claim = world.group("Second Level", &[]).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        let says = |groups: serde_json::Value| {
            provider.set_claims(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": groups }),
            );
        };
        let members = async |group| world.admin.get(&format!("/groups/{group}")).await.ok()["members"].clone();
        says(json!(["second level", "By Hand", "Unknown here"]));
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        assert_eq!((members(manual).await, members(from_claim).await), (json!(1), json!(1)));
        let head = world.head().await;
        OidcBrowser::new(&world).sign_in(id).await;
        assert_eq!(world.head().await.0, head.0 + 1, "a repetition changes nothing");
        says(json!([]));
        OidcBrowser::new(&world).sign_in(id).await;
        assert_eq!((members(manual).await, members(from_claim).await), (json!(1), json!(0)), "manual memberships stay");
    }

    async fn a_malformed_group_claim_changes_no_groups_and_is_reported(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let group = world.group("Second Level", &[]).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        let says = |more: Value| {
            let mut said = json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true });
            for (name, value) in more.as_object().into_iter().flatten() {
                said[name] = value.clone();
            }
            provider.set_claims(said);
        };
        says(json!({ "groups": ["Second Level"] }));
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        let overage = json!({
            "_claim_names": { "groups": "src1" },
            "_claim_sources": { "src1": { "endpoint": "https://graph.example/x" } },
        });
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
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/", "{said}");
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
        OidcBrowser::new(&world).sign_in(id).await;
        assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 0, "an empty list is a list");
        let before = world.head().await;
        says(json!({}));
        OidcBrowser::new(&world).sign_in(id).await;
        assert_eq!(world.head().await.0, before.0 + 1, "a missing claim matters only to users with groups from it");
    }

    async fn group_names_and_paths_are_matched(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let top = world.group("Support", &[]).await;
        let nested = world.group("team/a", &[]).await;
        let path = world.group("/team/b", &[]).await;
        let other = world.group("a", &[]).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        let members = async |group| world.admin.get(&format!("/groups/{group}")).await.ok()["members"].clone();
        for said in [
            json!(["/Support", "/team/a", "/team/b"]),
            json!([{ "name": "Support" }, { "name": "a", "path": "/team/a" }, { "path": "/team/b" }]),
            json!([{ "displayName": "support" }, { "value": "/team/a", "display": "team/a" }, "/team/b"]),
        ] {
            provider.set_claims(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": said }),
            );
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
            assert_eq!(
                (members(top).await, members(nested).await, members(path).await),
                (json!(1), json!(1), json!(1)),
                "{said}"
            );
            assert_eq!(members(other).await, 0, "the last part of a path is another group");
            provider.set_claims(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": [] }),
            );
            OidcBrowser::new(&world).sign_in(id).await;
            assert_eq!(members(top).await, 0);
        }
    }

    async fn groups_missing_in_the_token_are_taken_from_the_user_info(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let group = world.group("Support", &[]).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        provider.set_user_info(json!({ "sub": "nora-1", "groups": ["Support"] }));
        for said in [json!({}), json!({ "groups": null }), json!({ "_claim_names": { "groups": "x" } })] {
            let mut person = json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true });
            for (name, value) in said.as_object().into_iter().flatten() {
                person[name] = value.clone();
            }
            provider.set_claims(person);
            let before = world.head().await;
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
            assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 1, "{said}");
            assert!(world.event_log().await.lines().all(|line| !line.starts_with("provider_groups_kept")), "{said}");
            assert!(world.head().await.0 > before.0);
        }
    }
}
