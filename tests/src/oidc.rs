//! Sign-in by OpenID Connect, with a provider inside the test process.

pub mod browser;
mod groups;
mod private_addresses;
pub mod provider;
mod settings;
mod sign_outs;
mod tokens;

use crate::{
    harness::{PASSWORD, Person, email_of, on_both_engines},
    scim::Directory,
};
use browser::{OidcBrowser, add_provider, error_in};
use futures_util::future::{join, join_all};
use provider::Provider;
use seatkeeper::entitlements::rules::repair;
use seatkeeper_shared::{ids::UserId, license::Model, people::Role};
use serde_json::{Value, json};
use std::iter::zip;

on_both_engines! {
    async fn a_user_signs_in_by_a_provider_with_a_verified_address(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        provider.set_signed_in_user("nora-1", "Nora N.", "Nora.Neu@Example.org");
        let browser = OidcBrowser::new(&world);
        let callback = browser.return_from_provider(id, "?back=%2Fsessions%3Fq%3Danja").await;
        let before = world.head().await;
        assert_eq!(browser.follow(&callback).await, "/sessions?q=anja");
        assert_eq!(world.head().await.0, before.0 + 2, "linked and signed in");
        let me = browser.get("/me").await.ok();
        assert_eq!((&me["id"], &me["name"]), (&json!(nora.id), &json!("Nora Neu")), "the name in Seatkeeper stays");
        let sign_ins = browser.get("/me/sign-ins").await.ok();
        assert_eq!(sign_ins.as_array().map(Vec::len), Some(2), "{sign_ins}");
        assert_eq!(error_in(&browser.follow(&callback).await), "expired", "a callback is valid once");

        // From now on the subject identifies the user, not the address.
        provider.set_signed_in_user("nora-1", "Nora Neu", "nora.married@example.org");
        let again = OidcBrowser::new(&world);
        assert_eq!(again.sign_in(id).await, "/");
        assert_eq!(again.email().await, email_of("Nora Neu"));
        let listed = world.admin.get("/sign-in-providers").await.ok();
        assert_eq!(
            (&listed["items"][0]["users"], &listed["items"][0]["last_used_at"]),
            (&json!(1), &json!("2026-03-02T09:00:00Z"))
        );
        let log = world.event_log().await;
        assert!(
            log.contains("signed_in Nora Neu {\"provider\":\"Muster ID\"}")
                || log.contains("\"provider\": \"Muster ID\""),
            "{log}"
        );
    }

    async fn an_unknown_user_is_created_only_if_the_provider_is_set_to(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({})).await;
        provider.set_signed_in_user("jan-1", "Jan Jung", "jan.jung@example.org");
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "unknown");
        world.admin.patch(&format!("/sign-in-providers/{id}"), &json!({ "create_users": true })).await.ok();
        let browser = OidcBrowser::new(&world);
        assert_eq!(browser.sign_in(id).await, "/");
        let me = browser.get("/me").await.ok();
        assert_eq!(
            (&me["name"], &me["email"], &me["rights"]["role"]),
            (&json!("Jan Jung"), &json!("jan.jung@example.org"), &json!("agent"))
        );
        let user = world.admin.get(&format!("/users/{}", me["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(user["source"], "directory");
        let again = OidcBrowser::new(&world);
        again.sign_in(id).await;
        assert_eq!(again.get("/me").await.ok()["id"], me["id"], "not created twice");
    }

    async fn five_concurrent_first_sign_ins_create_one_user(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({ "create_users": true })).await;
        // Twenty times, since the requests can interleave in several ways.
        for n in 0..20 {
            provider.set_signed_in_user(&format!("nora-{n}"), &format!("Nora {n}"), &format!("nora-{n}@example.org"));
            let browsers: Vec<_> = (0..5).map(|_| OidcBrowser::new(&world)).collect();
            let callbacks = join_all(browsers.iter().map(|browser| browser.return_from_provider(id, ""))).await;
            let ends = join_all(zip(&browsers, &callbacks).map(|(browser, callback)| browser.follow(callback))).await;
            assert_eq!(ends, ["/"; 5], "{n}");
        }
        let users = world.admin.get("/users?q=nora").await.ok();
        assert_eq!(users["total"], 20, "{users}");
    }

    async fn no_sign_in_succeeds_by_a_link_that_is_being_removed(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        OidcBrowser::new(&world).sign_in(id).await;
        // Only the link can sign the user in: the address no longer matches.
        let unverified =
            json!({ "sub": "nora-1", "name": "Nora Neu", "email": "nora.neu@example.org", "email_verified": false });
        for n in 0..30 {
            provider.set_signed_in_user("nora-1", "Nora Neu", "nora.neu@example.org");
            OidcBrowser::new(&world).sign_in(id).await;
            provider.set_claims(unverified.clone());
            let browser = OidcBrowser::new(&world);
            let callback = browser.return_from_provider(id, "").await;
            let links = format!("/users/{}/sign-in-links", nora.id);
            // At a different moment of the sign-in each time.
            let removing = async {
                for _ in 0..n {
                    nora.get("/me").await.ok();
                }
                world.admin.delete(&links).await.status
            };
            let (end, status) = join(browser.follow(&callback), removing).await;
            assert_eq!(status, 204, "{n}");
            assert_eq!(browser.get("/me").await.status, 401, "{n}: {end}");
        }
    }

    async fn an_unverified_address_links_no_user(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({ "create_users": true })).await;
        let path = format!("/sign-in-providers/{id}");
        let nora = json!({ "sub": "evil", "name": "Mallory", "email": "nora.neu@example.org" });
        for verified in [json!(false), json!(null), json!("false")] {
            let mut said = nora.clone();
            if !verified.is_null() {
                said["email_verified"] = verified;
            }
            provider.set_claims(said);
            assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "email_unverified");
        }
        for email in [json!({}), json!({ "email": "nobody" }), json!({ "email": "" })] {
            let mut said = json!({ "sub": "evil", "email_verified": true });
            if let Some(email) = email.get("email") {
                said["email"] = email.clone();
            }
            provider.set_claims(said);
            assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "no_email");
        }
        provider.set_signed_in_user("evil", "Mallory", "nora.neu@example.org");
        world.admin.patch(&path, &json!({ "link_by_email": "never" })).await.ok();
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "not_linked");
        provider.set_claims(nora);
        world.admin.patch(&path, &json!({ "link_by_email": "trusted" })).await.ok();
        let browser = OidcBrowser::new(&world);
        assert_eq!(browser.sign_in(id).await, "/", "a provider with trusted addresses need not verify them");
        assert_eq!(browser.email().await, email_of("Nora Neu"));
    }

    async fn a_subject_with_the_address_of_another_user_is_not_linked_to_them(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let first = OidcBrowser::new(&world);
        first.sign_in(id).await;
        provider.set_signed_in_user("nora-2", "Nora Nachfolger", "nora.neu@example.org");
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "not_linked");

        let links = format!("/users/{}/sign-in-links", nora.id);
        nora.delete(&links).await.problem(403, "forbidden");
        assert_eq!(world.admin.delete(&links).await.status, 204);
        assert_eq!(world.admin.delete(&links).await.status, 204, "a repetition does no harm");
        world
            .admin
            .delete(&format!("/users/{}/sign-in-links", UserId(uuid::Uuid::nil())))
            .await
            .problem(404, "not_found");
        first.get("/me").await.problem(401, "not_signed_in");
        nora.get("/me").await.ok();
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
    }

    async fn suspended_and_deleted_users_cannot_sign_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let browser = OidcBrowser::new(&world);
        assert_eq!(browser.sign_in(id).await, "/");
        world.admin.patch(&format!("/users/{}", nora.id), &json!({ "status": "suspended" })).await.ok();
        browser.get("/me").await.problem(401, "not_signed_in");
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "suspended");
        assert_eq!(world.admin.delete(&format!("/users/{}", nora.id)).await.status, 204);
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "unknown");
        world.admin.patch(&format!("/sign-in-providers/{id}"), &json!({ "create_users": true })).await.ok();
        assert_eq!(browser.sign_in(id).await, "/", "as a new user");
        assert_ne!(browser.get("/me").await.ok()["id"], json!(nora.id));
    }

    async fn passwords_can_be_disabled_except_for_one_admin(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        let path = "/sign-in-rules";
        let only = json!({ "providers_only": true });
        let named = json!({ "providers_only": true, "emergency_user_id": world.admin.id });
        world.admin.patch(path, &only).await.problem(422, "invalid");
        world.admin.patch(path, &named).await.problem(409, "last_provider");
        let id = add_provider(&world, &provider, json!({})).await;
        world.admin.patch(path, &only).await.problem(422, "invalid");
        world.admin.patch(path, &json!({ "emergency_user_id": nora.id })).await.problem(422, "invalid");
        let rules = world.admin.patch(path, &named).await.ok();
        assert_eq!((&rules["providers_only"], &rules["emergency"]["works"]), (&json!(true), &json!(true)));
        let head = world.head().await;
        world.admin.patch(path, &named).await.ok();
        assert_eq!(world.head().await, head, "a repetition changes nothing");

        let sign_in = async |name: &str, password: &str| {
            let body = json!({ "email": email_of(name), "password": password });
            Person::anonymous(&world.url).post("/sign-in", &body).await
        };
        sign_in("Nora Neu", PASSWORD).await.problem(403, "passwords_off");
        sign_in("Nora Neu", "wrong horse battery").await.problem(401, "wrong_credentials");
        sign_in("Second Admin", PASSWORD).await.problem(403, "passwords_off");
        let emergency = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
        Person::anonymous(&world.url).post("/sign-in", &emergency).await.ok();
        assert_eq!(
            Person::anonymous(&world.url).get("/sign-in-options").await.ok(),
            json!({ "passwords": false, "providers": [{ "id": id, "name": "Muster ID" }] })
        );
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        nora.get("/me").await.ok();

        let one = format!("/sign-in-providers/{id}");
        world.admin.patch(&one, &json!({ "enabled": false })).await.problem(409, "last_provider");
        world.admin.delete(&one).await.problem(409, "last_provider");

        // Without a working emergency access, admins keep their passwords.
        second.patch(&format!("/users/{}", world.admin.id), &json!({ "role": "agent" })).await.ok();
        assert_eq!(second.get(path).await.ok()["emergency"]["works"], false);
        sign_in("Second Admin", PASSWORD).await.ok();
        sign_in("Nora Neu", PASSWORD).await.problem(403, "passwords_off");
        second.patch(path, &json!({ "providers_only": false })).await.ok();
        sign_in("Nora Neu", PASSWORD).await.ok();
    }

    async fn a_sign_in_by_a_provider_needs_no_second_factor_here(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        world.admin.patch("/account", &json!({ "second_factor": "everybody" })).await.ok();
        nora.get("/sessions").await.problem(403, "second_factor_required");
        provider.set_signed_in_user("nora-1", "Nora Neu", "nora.neu@example.org");
        let browser = OidcBrowser::new(&world);
        assert_eq!(browser.sign_in(id).await, "/");
        browser.get("/sessions").await.ok();
        nora.get("/sessions").await.problem(403, "second_factor_required");
    }

    async fn the_return_path_never_leads_to_another_site(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        for evil in [
            "https://evil.example/",
            "//evil.example",
            "/%5Cevil.example",
            "/%09/evil.example",
            "%0A//evil.example",
            "/auth/oidc/x/start",
            "javascript:alert(1)",
            "",
        ] {
            let browser = OidcBrowser::new(&world);
            let callback = browser.return_from_provider(id, &format!("?back={evil}")).await;
            assert_eq!(browser.follow(&callback).await, "/", "{evil}");
        }
    }

    async fn a_group_from_a_provider_gives_its_licenses_before_the_user_is_signed_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        let directory = Directory::create(&world, "Okta").await;
        let nora = directory.user("Nora Neu").await;
        let product = world.product("Remote Support v5").await;
        let licenses =
            [world.license(product, Model::Named, 1).await, world.license(product, Model::Concurrent, 1).await];
        let group = world.group("Nachtschicht", &[]).await;
        world.admin.put(&format!("/groups/{group}/licenses/{}", licenses[0]), &Value::Null).await.ok();
        directory.set_rules(&world, json!([{ "group_id": group, "license_ids": [licenses[1]] }])).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        for (groups, given) in [(json!(["Nachtschicht"]), 2), (json!([]), 0)] {
            provider.set_claims(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": groups }),
            );
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
            let user = world.admin.get(&format!("/users/{nora}")).await.ok();
            assert_eq!(user["license_ids"].as_array().map_or(0, Vec::len), given, "{groups}");
        }
    }

    async fn a_group_from_a_provider_neither_grants_nor_revokes_a_role(world: World) {
        let provider = Provider::start(&world.clock).await;
        let directory = Directory::create(&world, "Okta").await;
        let nora = directory.user("Nora Neu").await;
        let admins = directory.group("Admins", &[]).await;
        let group = &admins["/Groups/".len()..];
        directory.set_rules(&world, json!([{ "group_id": group, "role": "admin" }])).await;
        let id = add_provider(&world, &provider, json!({ "group_claim": "groups" })).await;
        let signs_in = async |groups: serde_json::Value| {
            provider.set_claims(
                json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true, "groups": groups }),
            );
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
            repair(&world.app.entitlements).await.expect("put right");
            let user = world.admin.get(&format!("/users/{nora}")).await.ok();
            (user["role"].as_str().expect("a role").to_owned(), user["group_ids"].as_array().map_or(0, Vec::len))
        };
        assert_eq!(signs_in(json!(["Admins"])).await, ("agent".to_owned(), 1));
        let adds = json!([{ "op": "add", "path": "members", "value": [{ "value": nora }] }]);
        assert_eq!(directory.patch(&admins, adds).await.status, 204);
        assert_eq!(signs_in(json!(["Admins"])).await, ("admin".to_owned(), 1));
        assert_eq!(signs_in(json!([])).await, ("admin".to_owned(), 1), "the role from the directory stays");
    }
}
