//! Sign-outs by a provider (Back-Channel Logout 1.0), and sign-ins ended by disabling or deleting a provider.

use super::{
    browser::{OidcBrowser, add_provider, error_in, send_logout_token},
    provider::{Key, Provider},
};
use crate::harness::{http, on_both_engines};
use chrono::TimeDelta;
use futures_util::future::join;
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

type Alteration = (&'static str, fn(&mut Value));

/// Changes that make a logout token invalid.
const INVALID_LOGOUT_TOKENS: [Alteration; 11] = [
    ("of another issuer", |claims| claims["iss"] = json!("https://evil.example")),
    ("for another client", |claims| claims["aud"] = json!("another")),
    ("old", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap_or_default() - 700)),
    ("of the future", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap_or_default() + 700)),
    ("expired", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap_or_default() - 300)),
    ("about something else", |claims| claims["events"] = json!({ "http://example.org/other": {} })),
    ("about nothing", |claims| claims["events"] = json!({})),
    ("an ID token", |claims| claims["nonce"] = json!("n")),
    ("without a user", |claims| drop(claims.as_object_mut().map(|all| all.remove("sub")))),
    ("without an id", |claims| drop(claims.as_object_mut().map(|all| all.remove("jti")))),
    ("with strange times", |claims| claims["iat"] = json!(i64::MAX)),
];

on_both_engines! {
    async fn a_sign_out_at_the_provider_ends_the_sign_in_here(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let (first, second) = (OidcBrowser::new(&world), OidcBrowser::new(&world));
        first.sign_in(id).await;
        let session = provider.last_session();
        second.sign_in(id).await;
        second.get("/me").await.ok();

        let one = provider.logout_token(&json!({ "sid": session }), |_| {});
        assert_eq!(send_logout_token(&world, id, &one).await, 200);
        first.get("/me").await.problem(401, "not_signed_in");
        second.get("/me").await.ok();
        let head = world.head().await;
        assert_eq!(send_logout_token(&world, id, &one).await, 400, "the same token again");
        assert_eq!(world.head().await, head);

        let all = provider.logout_token(&json!({ "sub": "nora-1", "jti": "logout-2" }), |_| {});
        assert_eq!(send_logout_token(&world, id, &all).await, 200);
        second.get("/me").await.problem(401, "not_signed_in");
        nora.get("/me").await.ok();
        let nobody = provider.logout_token(&json!({ "sub": "nobody", "jti": "logout-3" }), |_| {});
        assert_eq!(send_logout_token(&world, id, &nobody).await, 200, "an unknown user counts as signed out");
        let log = world.event_log().await;
        assert!(log.contains("sign_ins_ended Muster ID"), "{log}");
    }

    async fn an_invalid_logout_token_signs_no_user_out(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let browser = OidcBrowser::new(&world);
        browser.sign_in(id).await;
        let about = json!({ "sub": "nora-1" });
        let head = world.head().await;
        for (description, alter) in INVALID_LOGOUT_TOKENS {
            assert_eq!(
                send_logout_token(&world, id, &provider.logout_token(&about, alter)).await,
                400,
                "{description}"
            );
        }
        let good = provider.logout_token(&about, |_| {});
        for key in [Key::Forged, Key::Secret, Key::None, Key::Rsa] {
            provider.use_key(key);
            let forged = provider.logout_token(&about, |_| {});
            provider.use_key(Key::Published);
            assert_eq!(send_logout_token(&world, id, &forged).await, 400);
        }
        let (start, _) = good.rsplit_once('.').expect("a signature");
        for token in ["", "a.b.c", "..", "\u{0}", &good[1..], &format!("{start}."), start] {
            assert_eq!(send_logout_token(&world, id, token).await, 400, "{token:?}");
        }
        let address = format!("{}/auth/oidc/{id}/backchannel-logout", world.url);
        let empty = http::client().post(&address).send().await.expect("an answer");
        assert_eq!(empty.status(), 400);
        assert_eq!(http::get(&address).await.expect("an answer").status(), 405);
        assert_eq!(send_logout_token(&world, ProviderId(uuid::Uuid::nil()), &good).await, 404);
        assert_eq!(world.head().await, head);
        browser.get("/me").await.ok();
        assert_eq!(send_logout_token(&world, id, &good).await, 200, "the token itself was good");
        browser.get("/me").await.problem(401, "not_signed_in");
    }

    async fn no_sign_in_succeeds_while_its_provider_is_being_disabled(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        for n in 0..30 {
            let browser = OidcBrowser::new(&world);
            let callback = browser.return_from_provider(id, "").await;
            // At a different moment of the sign-in each time.
            let disabling = async {
                for _ in 0..n {
                    nora.get("/me").await.ok();
                }
                world.admin.patch(&path, &json!({ "enabled": false })).await.ok();
            };
            let (end, ()) = join(browser.follow(&callback), disabling).await;
            assert_eq!(browser.get("/me").await.status, 401, "{n}: {end}");
            assert!(end == "/" || error_in(&end) == "no_provider", "{n}: {end}");
            world.admin.patch(&path, &json!({ "enabled": true })).await.ok();
        }
    }

    async fn disabling_a_provider_ends_its_sign_ins(world: World) {
        let provider = Provider::start(&world.clock).await;
        let nora = world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let browser = OidcBrowser::new(&world);
        browser.sign_in(id).await;
        world.admin.patch(&path, &json!({ "name": "Other name" })).await.ok();
        browser.get("/me").await.ok();
        let callback = browser.return_from_provider(id, "").await;
        world.admin.patch(&path, &json!({ "enabled": false })).await.ok();
        browser.get("/me").await.problem(401, "not_signed_in");
        nora.get("/me").await.ok();
        assert_eq!(error_in(&browser.follow(&callback).await), "no_provider", "a sign-in in progress fails, too");
        assert_eq!(error_in(&browser.follow(&format!("/auth/oidc/{id}/start")).await), "no_provider");
        world.admin.patch(&path, &json!({ "enabled": true })).await.ok();
        browser.sign_in(id).await;
        assert_eq!(world.admin.delete(&path).await.status, 204);
        browser.get("/me").await.problem(401, "not_signed_in");
        world.advance_clock(TimeDelta::minutes(1));
        let again = add_provider(&world, &provider, json!({ "link_by_email": "never" })).await;
        assert_eq!(
            OidcBrowser::new(&world).fail_sign_in(again).await,
            "not_linked",
            "the links were deleted with the provider"
        );
    }
}
