//! Sign-outs that a provider tells of (Back-Channel Logout 1.0), and those that nobody told of.

use super::{
    browser::{Browser, added, log_out, trouble},
    provider::{Key, Provider},
};
use crate::world::on_both_engines;
use chrono::TimeDelta;
use futures_util::future::join;
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

type Forgery = (&'static str, fn(&mut Value));

/// Logout tokens that must not be obeyed.
const FORGERIES: [Forgery; 11] = [
    ("of another issuer", |claims| claims["iss"] = json!("https://evil.example")),
    ("for another client", |claims| claims["aud"] = json!("another")),
    ("old", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap_or_default() - 700)),
    ("of the future", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap_or_default() + 700)),
    ("expired", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap_or_default() - 300)),
    ("about something else", |claims| claims["events"] = json!({ "http://example.org/other": {} })),
    ("about nothing", |claims| claims["events"] = json!({})),
    ("an ID token", |claims| claims["nonce"] = json!("n")),
    ("naming nobody", |claims| drop(claims.as_object_mut().map(|all| all.remove("sub")))),
    ("without an id", |claims| drop(claims.as_object_mut().map(|all| all.remove("jti")))),
    ("with strange times", |claims| claims["iat"] = json!(i64::MAX)),
];

on_both_engines! {
    async fn whoever_signs_out_at_the_provider_is_signed_out_here(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let (first, second) = (Browser::new(&world), Browser::new(&world));
        first.sign_in(id).await;
        let session = provider.last_session();
        second.sign_in(id).await;
        second.get("/me").await.ok();

        let one = provider.logout_token(&json!({ "sid": session }), |_| {});
        assert_eq!(log_out(&world, id, &one).await, 200);
        first.get("/me").await.problem(401, "not_signed_in");
        second.get("/me").await.ok();
        let head = world.head().await;
        assert_eq!(log_out(&world, id, &one).await, 400, "the same token again");
        assert_eq!(world.head().await, head);

        let all = provider.logout_token(&json!({ "sub": "nora-1", "jti": "logout-2" }), |_| {});
        assert_eq!(log_out(&world, id, &all).await, 200);
        second.get("/me").await.problem(401, "not_signed_in");
        nora.get("/me").await.ok();
        let nobody = provider.logout_token(&json!({ "sub": "nobody", "jti": "logout-3" }), |_| {});
        assert_eq!(log_out(&world, id, &nobody).await, 200, "who is not signed in is signed out");
        let log = world.whole_log().await;
        assert!(log.contains("sign_ins_ended Muster ID"), "{log}");
    }

    async fn a_logout_token_that_does_not_hold_signs_nobody_out(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let browser = Browser::new(&world);
        browser.sign_in(id).await;
        let about = json!({ "sub": "nora-1" });
        let head = world.head().await;
        for (forgery, twist) in FORGERIES {
            assert_eq!(log_out(&world, id, &provider.logout_token(&about, twist)).await, 400, "{forgery}");
        }
        let good = provider.logout_token(&about, |_| {});
        for key in [Key::Foreign, Key::Secret, Key::None, Key::Rsa] {
            provider.signs_with(key);
            let forged = provider.logout_token(&about, |_| {});
            provider.signs_with(Key::Own);
            assert_eq!(log_out(&world, id, &forged).await, 400);
        }
        let (start, _) = good.rsplit_once('.').expect("a signature");
        for token in ["", "a.b.c", "..", "\u{0}", &good[1..], &format!("{start}."), start] {
            assert_eq!(log_out(&world, id, token).await, 400, "{token:?}");
        }
        let address = format!("{}/auth/oidc/{id}/backchannel-logout", world.url);
        let empty = reqwest::Client::new().post(&address).send().await.expect("an answer");
        assert_eq!(empty.status(), 400);
        assert_eq!(reqwest::get(&address).await.expect("an answer").status(), 405);
        assert_eq!(log_out(&world, ProviderId(uuid::Uuid::nil()), &good).await, 404);
        assert_eq!(world.head().await, head);
        browser.get("/me").await.ok();
        assert_eq!(log_out(&world, id, &good).await, 200, "the token itself was good");
        browser.get("/me").await.problem(401, "not_signed_in");
    }

    async fn nobody_comes_in_by_a_provider_that_is_being_disabled(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        for n in 0..30 {
            let browser = Browser::new(&world);
            let callback = browser.comes_back(id, "").await;
            // At another moment of the sign-in each time.
            let disabling = async {
                for _ in 0..n {
                    nora.get("/me").await.ok();
                }
                world.admin.patch(&path, &json!({ "enabled": false })).await.ok();
            };
            let (end, ()) = join(browser.follow(&callback), disabling).await;
            assert_eq!(browser.get("/me").await.status, 401, "{n}: {end}");
            assert!(end == "/" || trouble(&end) == "no_provider", "{n}: {end}");
            world.admin.patch(&path, &json!({ "enabled": true })).await.ok();
        }
    }

    async fn a_provider_that_is_no_longer_enabled_ends_its_sign_ins(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let browser = Browser::new(&world);
        browser.sign_in(id).await;
        world.admin.patch(&path, &json!({ "name": "Other name" })).await.ok();
        browser.get("/me").await.ok();
        let callback = browser.comes_back(id, "").await;
        world.admin.patch(&path, &json!({ "enabled": false })).await.ok();
        browser.get("/me").await.problem(401, "not_signed_in");
        nora.get("/me").await.ok();
        assert_eq!(trouble(&browser.follow(&callback).await), "no_provider", "nor does who is on the way come in");
        assert_eq!(trouble(&browser.follow(&format!("/auth/oidc/{id}/start")).await), "no_provider");
        world.admin.patch(&path, &json!({ "enabled": true })).await.ok();
        browser.sign_in(id).await;
        assert_eq!(world.admin.delete(&path).await.status, 204);
        browser.get("/me").await.problem(401, "not_signed_in");
        world.pass(TimeDelta::minutes(1));
        let again = added(&world, &provider, json!({ "link_by_email": "never" })).await;
        assert_eq!(Browser::new(&world).is_turned_away(again).await, "not_linked", "the links went with the provider");
    }
}
