//! Validation of tokens and callbacks from a provider.

use super::{
    browser::{OidcBrowser, add_provider, error_in},
    provider::{CLIENT_ID, Key, Provider},
};
use crate::harness::{World, http, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

type Alteration = (&'static str, &'static str, fn(&mut Value));

/// Changes that make a token invalid, and the finding shown to admins.
const INVALID_TOKENS: [Alteration; 19] = [
    ("another nonce", "token_nonce", |claims| claims["nonce"] = json!("another")),
    ("no nonce", "token_nonce", |claims| drop(claims.as_object_mut().map(|all| all.remove("nonce")))),
    ("another audience", "token_audience", |claims| claims["aud"] = json!("another")),
    ("without an audience", "token_audience", |claims| drop(claims.as_object_mut().map(|all| all.remove("aud")))),
    ("several audiences, no authorized party", "token_party", |claims| claims["aud"] = json!([CLIENT_ID, "another"])),
    ("several audiences, another authorized party", "token_party", |claims| {
        claims["aud"] = json!([CLIENT_ID, "another"]);
        claims["azp"] = json!("another");
    }),
    ("another authorized party", "token_party", |claims| claims["azp"] = json!("another")),
    ("expired a minute ago", "token_expired", |claims| claims["exp"] = json!(issued_at(claims) - 60)),
    ("without expiry", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("exp")))),
    ("issued in the future", "token_issued_at", |claims| claims["iat"] = json!(issued_at(claims) + 61)),
    ("not valid yet", "token_not_before", |claims| claims["nbf"] = json!(issued_at(claims) + 61)),
    ("malformed not-before", "token_malformed", |claims| claims["nbf"] = json!("soon")),
    ("another issuer", "token_issuer", |claims| claims["iss"] = json!("https://evil.example")),
    ("without an issuer", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("iss")))),
    ("without a subject", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("sub")))),
    ("with an empty subject", "token_malformed", |claims| claims["sub"] = json!("")),
    ("with a subject of 256 characters", "token_malformed", |claims| claims["sub"] = json!("n".repeat(256))),
    ("with a subject that is not ASCII", "token_malformed", |claims| claims["sub"] = json!("nora-ü")),
    ("with a list as address", "token_malformed", |claims| claims["email"] = json!(["nora.neu@example.org"])),
];

/// The issue time of a token, in seconds.
fn issued_at(claims: &Value) -> i64 {
    claims["iat"].as_i64().expect("a time")
}

/// The last refusal as shown to admins, in the provider test and the audit log alike: code, claim and setting.
async fn last_refusal(world: &World, id: ProviderId) -> [Value; 3] {
    let test = world.admin.post(&format!("/sign-in-providers/{id}/test"), &Value::Null).await.ok();
    let log = world.admin.get("/audit?kind=sign_in_failed&limit=1").await.ok();
    let facts = &log["items"][0]["facts"];
    let found =
        test["sign_ins"].as_array().expect("findings").iter().find(|one| one["finding"]["code"] == facts["finding"]);
    let finding = &found.unwrap_or_else(|| panic!("{facts} is not in {test}"))["finding"];
    assert_eq!(
        (&finding["claim"], &finding["setting"], &finding["detail"]),
        (&facts["claim"], &facts["setting"], &facts["detail"])
    );
    [finding["code"].clone(), finding["claim"].clone(), finding["setting"].clone()]
}

on_both_engines! {
    async fn an_invalid_token_signs_no_user_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({ "create_users": true })).await;
        let before = world.head().await;
        for (description, code, alter) in INVALID_TOKENS {
            provider.alter_claims(alter);
            assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "failed", "{description}");
            let [found, claim, setting] = last_refusal(&world, id).await;
            assert_eq!(found, code, "{description}");
            assert!(claim.is_string() || code == "token_malformed", "{description}: {claim}");
            assert!(setting.is_string(), "{description}: {setting}");
        }
        provider.alter_claims(|_| {});
        for (key, code) in
            [(Key::Forged, "token_signature"), (Key::Secret, "token_algorithm"), (Key::None, "token_algorithm")]
        {
            provider.use_key(key);
            assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "failed");
            assert_eq!(last_refusal(&world, id).await[0], code);
        }
        assert_eq!(world.head().await.0, before.0 + 22, "each attempt is logged, and nothing else");
        provider.use_key(Key::Published);
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
    }

    async fn a_second_audience_and_a_minute_of_leeway_are_accepted(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let alterations: [fn(&mut Value); 7] = [
            // As sent by Auth0.
            |claims| {
                claims["updated_at"] = json!("2026-03-02T09:00:00.000Z");
            },
            // As sent by ZITADEL: the project in addition to the client.
            |claims| {
                claims["aud"] = json!(["another", CLIENT_ID]);
                claims["azp"] = json!(CLIENT_ID);
            },
            |claims| {
                claims["azp"] = json!(CLIENT_ID);
            },
            |claims| {
                claims["aud"] = json!([CLIENT_ID]);
            },
            |claims| {
                claims["exp"] = json!(issued_at(claims) - 59);
            },
            |claims| {
                claims["iat"] = json!(issued_at(claims) + 60);
            },
            |claims| {
                claims["nbf"] = json!(issued_at(claims) + 60);
            },
        ];
        for (number, alter) in alterations.into_iter().enumerate() {
            provider.alter_claims(alter);
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/", "{number}");
        }
    }

    async fn refusals_name_claim_and_setting_until_the_provider_is_changed(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let refused = async |code: &str, claim: &str, setting: &str| {
            OidcBrowser::new(&world).fail_sign_in(id).await;
            assert_eq!(last_refusal(&world, id).await, [json!(code), json!(claim), json!(setting)]);
        };
        provider.set_claims(json!({ "sub": "nora-1" }));
        refused("email_missing", "email", "scopes").await;
        provider.set_claims(json!({ "sub": "nora-1", "email": "nora.neu@example.org" }));
        refused("email_unverified", "email_verified", "link_by_email").await;
        provider.set_signed_in_user("jan-1", "Jan Jung", "jan.jung@example.org");
        refused("user_unknown", "email", "create_users").await;
        provider.set_signed_in_user("nora-1", "Nora Neu", "nora.neu@example.org");
        OidcBrowser::new(&world).sign_in(id).await;
        provider.set_signed_in_user("nora-2", "Nora Neu", "nora.neu@example.org");
        refused("user_not_linked", "sub", "link_by_email").await;
        refused("user_not_linked", "sub", "link_by_email").await;
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        let times: Vec<_> =
            test["sign_ins"].as_array().expect("findings").iter().map(|one| one["times"].clone()).collect();
        assert_eq!(times.len(), 4, "{test}");
        assert!(times.contains(&json!(2)), "{test}");
        let browser = OidcBrowser::new(&world);
        let no = browser.return_from_provider(id, "").await.replacen("code=", "error=access_denied&was=", 1);
        assert_eq!(error_in(&browser.follow(&no).await), "refused");
        assert_eq!(last_refusal(&world, id).await[..2], [json!("answer_error"), json!("error")]);

        world.admin.patch(&path, &json!({ "name": "Changed" })).await.ok();
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        assert_eq!(test["sign_ins"], json!([]), "findings from before the change are dropped");
    }

    async fn a_provider_can_rotate_its_keys(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        for key in [Key::Rotated, Key::Rsa] {
            provider.use_key(key);
            world.advance_clock(TimeDelta::minutes(1));
            assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
        }
    }

    async fn a_callback_is_valid_only_in_the_browser_that_started_the_sign_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let (id, other) = (
            add_provider(&world, &provider, json!({})).await,
            add_provider(&world, &provider, json!({ "name": "Other" })).await,
        );
        let victim = OidcBrowser::new(&world);
        let callback = victim.return_from_provider(id, "").await;
        assert_eq!(error_in(&OidcBrowser::new(&world).follow(&callback).await), "expired", "another browser");
        let attacker = OidcBrowser::new(&world);
        let foreign = attacker.return_from_provider(id, "").await;
        assert_eq!(error_in(&victim.follow(&foreign).await), "expired", "another state");
        for stray in ["", "?state=", "?code=x&state=forged", "?code=a&code=b", "?error=access_denied&state=%00%FF"] {
            assert_eq!(
                error_in(&victim.follow(&format!("/auth/oidc/{id}/callback{stray}")).await),
                "expired",
                "{stray}"
            );
        }
        let elsewhere = callback.replace(&id.to_string(), &other.to_string());
        assert_eq!(error_in(&victim.follow(&elsewhere).await), "expired", "another provider");
        assert_eq!(victim.follow(&callback).await, "/", "none of them invalidated the own callback");
        assert_eq!(error_in(&victim.follow(&callback).await), "expired", "a callback is valid once");

        let victim = OidcBrowser::new(&world);
        let callback = victim.return_from_provider(id, "").await;
        let elsewhere =
            callback.split("&iss=").next().map(|start| format!("{start}&iss=https://evil.example")).expect("an issuer");
        assert_eq!(error_in(&victim.follow(&elsewhere).await), "failed", "a response of another issuer");
        let callback = victim.return_from_provider(id, "").await;
        world.advance_clock(TimeDelta::minutes(15));
        assert_eq!(error_in(&victim.follow(&callback).await), "expired", "too late");
        for address in [format!("/auth/oidc/{id}/callback"), format!("/auth/oidc/{id}/callback?code=x&state=")] {
            assert_eq!(
                error_in(&OidcBrowser::new(&world).follow(&address).await),
                "expired",
                "without a started sign-in"
            );
        }
    }

    async fn two_tabs_can_sign_in_at_the_same_time(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let browser = OidcBrowser::new(&world);
        let first = browser.return_from_provider(id, "?back=/sessions").await;
        let second = browser.return_from_provider(id, "?back=/users").await;
        assert_eq!(browser.follow(&first).await, "/sessions");
        assert_eq!(browser.follow(&second).await, "/users");
        browser.get("/me").await.ok();

        // A browser can have eight sign-ins in progress: the oldest of nine is dropped.
        let browser = OidcBrowser::new(&world);
        let mut callbacks = Vec::new();
        for _ in 0..9 {
            callbacks.push(browser.return_from_provider(id, "").await);
            world.advance_clock(TimeDelta::seconds(1));
        }
        assert_eq!(error_in(&browser.follow(&callbacks[0]).await), "expired");
        for callback in &callbacks[1..] {
            assert_eq!(browser.follow(callback).await, "/");
        }
    }

    async fn a_provider_can_respond_by_form_post(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let mode = async || {
            let to = OidcBrowser::new(&world).follow(&format!("/auth/oidc/{id}/start")).await;
            to.split(['?', '&']).find_map(|pair| pair.strip_prefix("response_mode=")).map(str::to_owned)
        };
        assert_eq!(mode().await, None);
        let changed = world.admin.patch(&path, &json!({ "form_post": true })).await.ok();
        assert_eq!(changed["form_post"], true);
        assert_eq!(mode().await.as_deref(), Some("form_post"));

        // The form is posted from the provider's site, so without cookies.
        let browser = OidcBrowser::new(&world);
        let callback = browser.return_from_provider(id, "?back=/sessions").await;
        let on = browser.post_from_another_site(&callback).await;
        assert_eq!(on.split('?').next(), Some(format!("/auth/oidc/{id}/callback").as_str()));
        browser.get("/me").await.problem(401, "not_signed_in");
        assert_eq!(browser.follow(&on).await, "/sessions");
        browser.get("/me").await.ok();

        // The posted form alone signs no user in, and a response is not valid in another browser.
        let attacker = OidcBrowser::new(&world);
        let foreign = attacker.return_from_provider(id, "").await;
        let victim = OidcBrowser::new(&world);
        let own = victim.return_from_provider(id, "").await;
        let on = victim.post_from_another_site(&foreign).await;
        assert_eq!(error_in(&victim.follow(&on).await), "expired");
        for form in ["", "code=x", "state=%00", "x=y&code=a&code=b&state=c"] {
            let on = victim.post_from_another_site(&format!("/auth/oidc/{id}/callback?{form}")).await;
            assert_eq!(error_in(&victim.follow(&on).await), "expired", "{form}");
        }
        let long = format!("/auth/oidc/{id}/callback?code={}", "a".repeat(9_000));
        assert_eq!(error_in(&victim.post_from_another_site(&long).await), "failed");
        assert_eq!(victim.follow(&own).await, "/");

        // If the provider supports no other response mode, form_post is used without the setting.
        let only = Provider::start(&world.clock).await;
        only.alter_discovery(|said| said["response_modes_supported"] = json!(["fragment", "form_post"]));
        world.admin.patch(&path, &json!({ "issuer": only.issuer, "form_post": false })).await.ok();
        assert_eq!(mode().await.as_deref(), Some("form_post"));
    }

    async fn other_sites_can_post_forms_only_to_the_callback(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({})).await;
        for path in [
            format!("/auth/oidc/{id}/callback/x"),
            format!("/auth/oidc/{id}/backchannel-logout"),
            "/auth/oidc/a/b/callback".to_owned(),
            "/api/v1/sign-out".to_owned(),
        ] {
            let request =
                http::client().post(format!("{}{path}", world.url)).header("origin", "https://evil.example");
            let answer = request.body("code=x").send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{path}");
        }
    }

    async fn a_refusal_at_the_provider_leads_back_to_the_sign_in_page(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = add_provider(&world, &provider, json!({})).await;
        for (error, said) in [("access_denied", "refused"), ("server_error", "failed"), ("%3Cscript%3E", "failed")] {
            let browser = OidcBrowser::new(&world);
            let callback = browser.return_from_provider(id, "?back=/sessions").await;
            let no = callback.replacen("code=", &format!("error={error}&was="), 1);
            let to = browser.follow(&no).await;
            assert_eq!(error_in(&to), said);
            assert!(to.ends_with(&format!("&provider={id}&back=%2Fsessions")), "{to}");
        }
    }

    async fn claims_missing_in_the_token_are_taken_from_the_user_info(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = add_provider(&world, &provider, json!({})).await;
        provider.set_claims(json!({ "sub": "nora-1" }));
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "no_email");
        provider.set_user_info(json!({ "sub": "another", "email": "nora.neu@example.org", "email_verified": true }));
        assert_eq!(
            OidcBrowser::new(&world).fail_sign_in(id).await,
            "no_email",
            "the user info is about another subject"
        );
        provider.set_user_info(json!({ "sub": "nora-1", "email": "nora.neu@example.org", "email_verified": true }));
        // Never combine the address from one source with its verification from the other.
        provider.set_claims(json!({ "sub": "nora-1", "email": "anja.krueger@example.org" }));
        assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "email_unverified");
        provider.set_claims(json!({ "sub": "nora-1" }));
        assert_eq!(OidcBrowser::new(&world).sign_in(id).await, "/");
    }
}
