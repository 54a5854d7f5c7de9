//! The settings of providers: visibility, validation, and the findings of the provider test.

use super::{
    browser::{OidcBrowser, add_provider, error_in},
    provider::{CLIENT_ID, CLIENT_SECRET, Provider},
};
use crate::harness::{Engine, Person, World, on_both_engines};
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

/// The findings of a provider test, most severe first.
async fn findings_of(world: &World, path: &str) -> (bool, Vec<(String, Value)>) {
    let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
    let findings = test["findings"].as_array().expect("findings").iter();
    let findings = findings.map(|one| (one["code"].as_str().expect("a code").to_owned(), one["detail"].clone()));
    (test["good"] == true, findings.collect())
}

on_both_engines! {
    async fn a_client_secret_is_never_shown_again(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({ "scopes": " openid  email profile groups " })).await;
        let path = format!("/sign-in-providers/{id}");
        let expected = json!({
            "id": id, "name": "Muster ID", "issuer": provider.issuer, "client_id": CLIENT_ID, "has_secret": true,
            "scopes": "email profile groups", "link_by_email": "verified", "create_users": false, "form_post": false,
            "enabled": true, "users": 0,
        });
        let listed = world.admin.get("/sign-in-providers").await.ok();
        assert_eq!(listed, json!({ "base_url": world.url, "items": [expected] }));
        world.admin.patch(&path, &json!({ "client_secret": "a new one" })).await.ok();
        world.admin.patch(&path, &json!({ "name": "Renamed" })).await.ok();
        let gone = world.admin.patch(&path, &json!({ "client_secret": "" })).await.ok();
        assert_eq!(gone["has_secret"], false);
        let log = world.event_log().await;
        assert!(
            log.contains("sign_in_provider_changed") && !log.contains(CLIENT_SECRET) && !log.contains("a new one"),
            "{log}"
        );

        let manager = world.person("Mona Manager", Role::Manager, Permission::ALL).await;
        manager.get("/sign-in-providers").await.problem(403, "forbidden");
        let offered = Person::anonymous(&world.url).get("/sign-in-options").await.ok();
        assert_eq!(offered, json!({ "passwords": true, "providers": [{ "id": id, "name": "Renamed" }] }));
        world.admin.patch(&path, &json!({ "enabled": false })).await.ok();
        assert_eq!(Person::anonymous(&world.url).get("/sign-in-options").await.ok()["providers"], json!([]));
    }

    async fn the_second_of_two_admins_who_change_a_provider_or_the_sign_in_rules_gets_a_conflict(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({ "create_users": true })).await;
        let path = format!("/sign-in-providers/{id}");
        let seen = world.admin.etag_of(&path).await;
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        let used = world.admin.get(&path).await;
        assert_eq!((used.etag(), &used.body["users"]), (seen.clone(), &json!(1)), "who came by it does not count");
        let first = world.admin.patch_if(&path, &seen, &json!({ "name": "Muster" })).await;
        let (now, first) = (first.etag(), first.ok());
        assert_eq!((first["name"].as_str(), world.admin.etag_of(&path).await), (Some("Muster"), now.clone()));
        let before = world.head().await;
        for late in [json!({ "name": "Other" }), json!({ "client_secret": "" }), json!({ "enabled": false })] {
            world.admin.patch_if(&path, &seen, &late).await.problem(412, "changed_meanwhile");
        }
        world
            .admin
            .patch_if("/sign-in-rules", "\"old\"", &json!({ "providers_only": true }))
            .await
            .problem(412, "changed_meanwhile");
        assert_eq!(world.head().await, before);
        world.admin.patch_if(&path, &now, &json!({ "client_secret": "" })).await.ok();
        assert_ne!(world.admin.etag_of(&path).await, now, "whether there is a secret counts");

        let (path, second) = ("/sign-in-rules", world.person("Second Admin", Role::Admin, &[]).await);
        let seen = world.admin.etag_of(path).await;
        let first = world.admin.patch_if(path, &seen, &json!({ "emergency_user_id": second.id })).await;
        let now = first.etag();
        first.ok();
        assert_eq!(world.admin.etag_of(path).await, now);
        second
            .patch_if(path, &seen, &json!({ "emergency_user_id": world.admin.id }))
            .await
            .problem(412, "changed_meanwhile");
        second.patch_if(path, &now, &json!({ "providers_only": true })).await.ok();
        assert_ne!(world.admin.etag_of(path).await, now);
        world.admin.get("/sign-in-providers/00000000-0000-0000-0000-000000000000").await.problem(404, "not_found");
    }

    async fn invalid_settings_are_refused_and_change_nothing(world: World) {
        let good = json!({
            "id": "0195567e-0000-7000-8000-000000000001",
            "name": "A",
            "issuer": "https://a.example",
            "client_id": "x",
        });
        let made = world.admin.post("/sign-in-providers", &good).await.created();
        assert_eq!(made["id"], good["id"], "an id that was chosen before");
        let before = world.head().await;
        let path = format!("/sign-in-providers/{}", made["id"].as_str().expect("an id"));
        world.admin.post("/sign-in-providers", &good).await.problem(409, "already_exists");
        let twin = json!({ "name": "a", "issuer": "https://b.example", "client_id": "x" });
        world.admin.post("/sign-in-providers", &twin).await.problem(409, "already_exists");
        for (field, value, error) in [
            ("name", json!(" "), "required"),
            ("name", json!("a\u{0}b"), "control_characters"),
            ("issuer", json!(""), "required"),
            ("issuer", json!("http://a.example"), "url"),
            ("issuer", json!("file:///etc/passwd"), "url"),
            ("issuer", json!("https://a.example?x"), "url"),
            ("client_id", json!(""), "required"),
            ("scopes", json!("e\"mail"), "unknown"),
            ("scopes", json!("é"), "unknown"),
            ("group_claim", json!("a".repeat(300)), "too_long"),
            ("client_secret", json!("a".repeat(600)), "too_long"),
        ] {
            let problem = world.admin.patch(&path, &json!({ field: value })).await.problem(422, "invalid");
            assert_eq!(
                (&problem["errors"][0]["field"], &problem["errors"][0]["error"]),
                (&json!(field), &json!(error)),
                "{value}"
            );
        }
        world.admin.patch(&path, &json!({ "link_by_email": "perhaps" })).await.problem(400, "bad_request");
        let nobody = "/sign-in-providers/00000000-0000-0000-0000-000000000000";
        world.admin.patch(nobody, &json!({ "name": "B" })).await.problem(404, "not_found");
        world.admin.delete(nobody).await.problem(404, "not_found");
        world.admin.patch(&path, &json!({})).await.ok();
        world.admin.patch(&path, &json!({ "name": "A", "enabled": true })).await.ok();
        assert_eq!(world.head().await, before);
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.delete(&path).await.problem(404, "not_found");
    }

    async fn a_provider_test_reports_what_is_wrong(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let head = world.head().await;
        assert_eq!(findings_of(&world, &path).await, (true, vec![("good".to_owned(), Value::Null)]));
        assert_eq!(world.head().await, head);
        let is = async |change: Value, code: &str, detail: Value| {
            world.admin.patch(&path, &change).await.ok();
            let (good, findings) = findings_of(&world, &path).await;
            assert_eq!((good, findings), (false, vec![(code.to_owned(), detail)]), "{change}");
        };
        is(json!({ "client_secret": "wrong" }), "client_refused", Value::Null).await;
        is(
            json!({ "client_secret": CLIENT_SECRET, "issuer": format!("{}/nowhere", provider.issuer) }),
            "status",
            json!("404"),
        )
        .await;
        is(
            json!({ "issuer": format!("{}/redirecting", provider.issuer) }),
            "redirects",
            json!("https://evil.example/"),
        )
        .await;
        is(json!({ "issuer": format!("{}/huge", provider.issuer) }), "too_large", Value::Null).await;
        is(json!({ "issuer": format!("{}/", provider.issuer) }), "wrong_issuer", json!(provider.issuer)).await;
        world.admin.patch(&path, &json!({ "issuer": format!("{}/text", provider.issuer) })).await.ok();
        assert_eq!(findings_of(&world, &path).await.1[0].0, "not_understood");
        world.admin.patch(&path, &json!({ "issuer": "http://127.0.0.1:1" })).await.ok();
        assert_eq!(findings_of(&world, &path).await.1[0].0, "unreachable");
        assert_eq!(error_in(&OidcBrowser::new(&world).follow(&format!("/auth/oidc/{id}/start")).await), "unreachable");

        world.admin.patch(&path, &json!({ "issuer": provider.issuer, "scopes": "email groups" })).await.ok();
        provider.alter_discovery(|said| {
            for name in ["code_challenge_methods_supported", "backchannel_logout_supported"] {
                drop(said.as_object_mut().map(|all| all.remove(name)));
            }
        });
        let hints: Vec<_> = findings_of(&world, &path).await.1.into_iter().map(|(code, _)| code).collect();
        assert_eq!(hints, ["good", "no_pkce", "unknown_scope", "no_logout"]);
        provider.alter_discovery(|said| said["jwks_uri"] = json!("http://evil.example/keys"));
        assert!(!findings_of(&world, &path).await.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frequent_callbacks_are_throttled() {
    let world = World::with_sign_in_burst(Engine::Sqlite, 3).await;
    let provider = Provider::start(&world.clock).await;
    let id = add_provider(&world, &provider, json!({})).await;
    let mut said = Vec::new();
    for _ in 0..8 {
        said.push(error_in(&OidcBrowser::new(&world).sign_in(id).await));
    }
    assert!(said.contains(&"unknown".to_owned()) && said.contains(&"too_many".to_owned()), "{said:?}");
}
