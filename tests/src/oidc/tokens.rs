//! What is believed of a provider, and what is not.

use super::{
    browser::{Browser, added, trouble},
    provider::{CLIENT, Key, Provider},
};
use crate::world::on_both_engines;
use chrono::TimeDelta;
use serde_json::{Value, json};

type Lie = (&'static str, fn(&mut Value));

/// Claims that must not be believed.
const LIES: [Lie; 10] = [
    ("another nonce", |claims| claims["nonce"] = json!("another")),
    ("no nonce", |claims| drop(claims.as_object_mut().map(|all| all.remove("nonce")))),
    ("for another client", |claims| claims["aud"] = json!("another")),
    ("for nobody", |claims| drop(claims.as_object_mut().map(|all| all.remove("aud")))),
    ("for others too", |claims| claims["aud"] = json!([CLIENT, "another"])),
    ("expired", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap_or_default())),
    ("for ever", |claims| drop(claims.as_object_mut().map(|all| all.remove("exp")))),
    ("of another issuer", |claims| claims["iss"] = json!("https://evil.example")),
    ("of no issuer", |claims| drop(claims.as_object_mut().map(|all| all.remove("iss")))),
    ("of nobody", |claims| drop(claims.as_object_mut().map(|all| all.remove("sub")))),
];

on_both_engines! {
    async fn a_token_that_does_not_hold_signs_nobody_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({ "create_users": true })).await;
        let before = world.head().await;
        for (lie, twist) in LIES {
            provider.twist(twist);
            assert_eq!(Browser::new(&world).is_turned_away(id).await, "failed", "{lie}");
        }
        provider.twist(|_| {});
        for key in [Key::Foreign, Key::Secret, Key::None] {
            provider.signs_with(key);
            assert_eq!(Browser::new(&world).is_turned_away(id).await, "failed");
        }
        assert_eq!(world.head().await.0, before.0 + 13, "each try is written down, and nothing else");
        provider.signs_with(Key::Own);
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
    }

    async fn a_provider_may_change_its_keys(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
        for key in [Key::Next, Key::Rsa] {
            provider.signs_with(key);
            world.pass(TimeDelta::minutes(1));
            assert_eq!(Browser::new(&world).sign_in(id).await, "/");
        }
    }

    async fn an_answer_belongs_to_the_browser_that_asked(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let (id, other) = (added(&world, &provider, json!({})).await, added(&world, &provider, json!({ "name": "Other" })).await);
        let victim = Browser::new(&world);
        let callback = victim.comes_back(id, "").await;
        assert_eq!(trouble(&Browser::new(&world).follow(&callback).await), "expired", "another browser");
        let attacker = Browser::new(&world);
        let foreign = attacker.comes_back(id, "").await;
        assert_eq!(trouble(&victim.follow(&foreign).await), "expired", "another state");
        assert_eq!(trouble(&victim.follow(&callback).await), "expired", "the own one after that, too");

        let callback = victim.comes_back(id, "").await;
        assert_eq!(trouble(&victim.follow(&callback.replace(&id.to_string(), &other.to_string())).await), "expired", "another provider");
        let callback = victim.comes_back(id, "").await;
        let elsewhere = callback.split("&iss=").next().map(|start| format!("{start}&iss=https://evil.example")).expect("an issuer");
        assert_eq!(trouble(&victim.follow(&elsewhere).await), "failed", "the answer of another issuer");
        let callback = victim.comes_back(id, "").await;
        world.pass(TimeDelta::minutes(15));
        assert_eq!(trouble(&victim.follow(&callback).await), "expired", "too late");
        for address in [format!("/auth/oidc/{id}/callback"), format!("/auth/oidc/{id}/callback?code=x&state=")] {
            assert_eq!(trouble(&Browser::new(&world).follow(&address).await), "expired", "out of the blue");
        }
    }

    async fn whoever_says_no_at_the_provider_is_back_at_the_sign_in_page(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = added(&world, &provider, json!({})).await;
        for (error, said) in [("access_denied", "refused"), ("server_error", "failed"), ("%3Cscript%3E", "failed")] {
            let browser = Browser::new(&world);
            let callback = browser.comes_back(id, "?back=/sessions").await;
            let no = callback.replacen("code=", &format!("error={error}&was="), 1);
            let to = browser.follow(&no).await;
            assert_eq!(trouble(&to), said);
            assert!(to.ends_with(&format!("&provider={id}&back=%2Fsessions")), "{to}");
        }
    }

    async fn what_the_token_does_not_say_the_user_info_may(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        provider.says(json!({ "sub": "nora-1" }));
        assert_eq!(Browser::new(&world).is_turned_away(id).await, "no_email");
        provider.tells(json!({ "sub": "another", "email": "nora.neu@example.org", "email_verified": true }));
        assert_eq!(Browser::new(&world).is_turned_away(id).await, "no_email", "of somebody else");
        provider.tells(json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true }));
        // Never the address from here and its verification from there.
        provider.says(json!({ "sub": "nora-1", "email": "anja.krueger@example.org" }));
        assert_eq!(Browser::new(&world).is_turned_away(id).await, "email_unverified");
        provider.says(json!({ "sub": "nora-1" }));
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
    }
}
