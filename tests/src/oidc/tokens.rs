//! What is believed of a provider, and what is not.

use super::{
    browser::{Browser, added, trouble},
    provider::{CLIENT, Key, Provider},
};
use crate::world::{World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

type Lie = (&'static str, &'static str, fn(&mut Value));

/// Claims that must not be believed, and what admins are told of them.
const LIES: [Lie; 16] = [
    ("another nonce", "token_nonce", |claims| claims["nonce"] = json!("another")),
    ("no nonce", "token_nonce", |claims| drop(claims.as_object_mut().map(|all| all.remove("nonce")))),
    ("for another client", "token_audience", |claims| claims["aud"] = json!("another")),
    ("for nobody", "token_audience", |claims| drop(claims.as_object_mut().map(|all| all.remove("aud")))),
    ("for others too, nobody's request", "token_party", |claims| claims["aud"] = json!([CLIENT, "another"])),
    ("for others too, another's request", "token_party", |claims| {
        claims["aud"] = json!([CLIENT, "another"]);
        claims["azp"] = json!("another");
    }),
    ("another's request", "token_party", |claims| claims["azp"] = json!("another")),
    ("expired a minute ago", "token_expired", |claims| claims["exp"] = json!(seconds(claims) - 60)),
    ("for ever", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("exp")))),
    ("issued in the future", "token_issued_at", |claims| claims["iat"] = json!(seconds(claims) + 61)),
    ("not yet", "token_not_before", |claims| claims["nbf"] = json!(seconds(claims) + 61)),
    ("not before some text", "token_malformed", |claims| claims["nbf"] = json!("soon")),
    ("of another issuer", "token_issuer", |claims| claims["iss"] = json!("https://evil.example")),
    ("of no issuer", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("iss")))),
    ("of nobody", "token_malformed", |claims| drop(claims.as_object_mut().map(|all| all.remove("sub")))),
    ("with addresses", "token_malformed", |claims| claims["email"] = json!(["nora.neu@example.org"])),
];

/// When a token was made.
fn seconds(claims: &Value) -> i64 {
    claims["iat"].as_i64().expect("a time")
}

/// What admins are told of the last refusal: code, claim and setting, in the provider's test and in the log alike.
async fn told(world: &World, id: ProviderId) -> [Value; 3] {
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
    async fn a_token_that_does_not_hold_signs_nobody_in(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({ "create_users": true })).await;
        let before = world.head().await;
        for (lie, code, twist) in LIES {
            provider.twist(twist);
            assert_eq!(Browser::new(&world).is_turned_away(id).await, "failed", "{lie}");
            let [found, claim, setting] = told(&world, id).await;
            assert_eq!(found, code, "{lie}");
            assert!(claim.is_string() || code == "token_malformed", "{lie}: {claim}");
            assert!(setting.is_string(), "{lie}: {setting}");
        }
        provider.twist(|_| {});
        for (key, code) in
            [(Key::Foreign, "token_signature"), (Key::Secret, "token_algorithm"), (Key::None, "token_algorithm")]
        {
            provider.signs_with(key);
            assert_eq!(Browser::new(&world).is_turned_away(id).await, "failed");
            assert_eq!(told(&world, id).await[0], code);
        }
        assert_eq!(world.head().await.0, before.0 + 19, "each try is written down, and nothing else");
        provider.signs_with(Key::Own);
        assert_eq!(Browser::new(&world).sign_in(id).await, "/");
    }

    async fn a_second_audience_and_a_minute_of_leeway_are_accepted(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let twists: [fn(&mut Value); 7] = [
            // As Auth0.
            |claims| {
                claims["updated_at"] = json!("2026-03-02T09:00:00.000Z");
            },
            // As ZITADEL: the project beside the client.
            |claims| {
                claims["aud"] = json!(["another", CLIENT]);
                claims["azp"] = json!(CLIENT);
            },
            |claims| {
                claims["azp"] = json!(CLIENT);
            },
            |claims| {
                claims["aud"] = json!([CLIENT]);
            },
            |claims| {
                claims["exp"] = json!(seconds(claims) - 59);
            },
            |claims| {
                claims["iat"] = json!(seconds(claims) + 60);
            },
            |claims| {
                claims["nbf"] = json!(seconds(claims) + 60);
            },
        ];
        for (number, twist) in twists.into_iter().enumerate() {
            provider.twist(twist);
            assert_eq!(Browser::new(&world).sign_in(id).await, "/", "{number}");
        }
    }

    async fn each_refusal_names_claim_and_setting_until_the_provider_is_changed(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let refused = async |code: &str, claim: &str, setting: &str| {
            Browser::new(&world).is_turned_away(id).await;
            assert_eq!(told(&world, id).await, [json!(code), json!(claim), json!(setting)]);
        };
        provider.says(json!({ "sub": "nora-1" }));
        refused("email_missing", "email", "scopes").await;
        provider.says(json!({ "sub": "nora-1", "email": "nora.neu@example.org" }));
        refused("email_unverified", "email_verified", "link_by_email").await;
        provider.is("jan-1", "Jan Jung", "jan.jung@example.org");
        refused("user_unknown", "email", "create_users").await;
        provider.is("nora-1", "Nora Neu", "nora.neu@example.org");
        Browser::new(&world).sign_in(id).await;
        provider.is("nora-2", "Nora Neu", "nora.neu@example.org");
        refused("user_not_linked", "sub", "link_by_email").await;
        refused("user_not_linked", "sub", "link_by_email").await;
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        let times: Vec<_> =
            test["sign_ins"].as_array().expect("findings").iter().map(|one| one["times"].clone()).collect();
        assert_eq!(times.len(), 4, "{test}");
        assert!(times.contains(&json!(2)), "{test}");
        let browser = Browser::new(&world);
        let no = browser.comes_back(id, "").await.replacen("code=", "error=access_denied&was=", 1);
        assert_eq!(trouble(&browser.follow(&no).await), "refused");
        assert_eq!(told(&world, id).await[..2], [json!("answer_error"), json!("error")]);

        world.admin.patch(&path, &json!({ "name": "Changed" })).await.ok();
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        assert_eq!(test["sign_ins"], json!([]), "what was found before the change says nothing any more");
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
        let (id, other) =
            (added(&world, &provider, json!({})).await, added(&world, &provider, json!({ "name": "Other" })).await);
        let victim = Browser::new(&world);
        let callback = victim.comes_back(id, "").await;
        assert_eq!(trouble(&Browser::new(&world).follow(&callback).await), "expired", "another browser");
        let attacker = Browser::new(&world);
        let foreign = attacker.comes_back(id, "").await;
        assert_eq!(trouble(&victim.follow(&foreign).await), "expired", "another state");
        for stray in ["", "?state=", "?code=x&state=forged", "?code=a&code=b", "?error=access_denied&state=%00%FF"] {
            assert_eq!(
                trouble(&victim.follow(&format!("/auth/oidc/{id}/callback{stray}")).await),
                "expired",
                "{stray}"
            );
        }
        let elsewhere = callback.replace(&id.to_string(), &other.to_string());
        assert_eq!(trouble(&victim.follow(&elsewhere).await), "expired", "another provider");
        assert_eq!(victim.follow(&callback).await, "/", "none of them spoilt the own one");
        assert_eq!(trouble(&victim.follow(&callback).await), "expired", "which counts once");

        let victim = Browser::new(&world);
        let callback = victim.comes_back(id, "").await;
        let elsewhere =
            callback.split("&iss=").next().map(|start| format!("{start}&iss=https://evil.example")).expect("an issuer");
        assert_eq!(trouble(&victim.follow(&elsewhere).await), "failed", "the answer of another issuer");
        let callback = victim.comes_back(id, "").await;
        world.pass(TimeDelta::minutes(15));
        assert_eq!(trouble(&victim.follow(&callback).await), "expired", "too late");
        for address in [format!("/auth/oidc/{id}/callback"), format!("/auth/oidc/{id}/callback?code=x&state=")] {
            assert_eq!(trouble(&Browser::new(&world).follow(&address).await), "expired", "out of the blue");
        }
    }

    async fn two_tabs_that_sign_in_at_once_both_succeed(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let browser = Browser::new(&world);
        let first = browser.comes_back(id, "?back=/sessions").await;
        let second = browser.comes_back(id, "?back=/users").await;
        assert_eq!(browser.follow(&first).await, "/sessions");
        assert_eq!(browser.follow(&second).await, "/users");
        browser.get("/me").await.ok();

        // There is room for eight: the oldest of nine is forgotten.
        let browser = Browser::new(&world);
        let mut callbacks = Vec::new();
        for _ in 0..9 {
            callbacks.push(browser.comes_back(id, "").await);
            world.pass(TimeDelta::seconds(1));
        }
        assert_eq!(trouble(&browser.follow(&callbacks[0]).await), "expired");
        for callback in &callbacks[1..] {
            assert_eq!(browser.follow(callback).await, "/");
        }
    }

    async fn a_provider_may_answer_in_a_form(world: World) {
        let provider = Provider::start(&world.clock).await;
        world.agent("Nora Neu").await;
        let id = added(&world, &provider, json!({})).await;
        let path = format!("/sign-in-providers/{id}");
        let mode = async || {
            let to = Browser::new(&world).follow(&format!("/auth/oidc/{id}/start")).await;
            to.split(['?', '&']).find_map(|pair| pair.strip_prefix("response_mode=")).map(str::to_owned)
        };
        assert_eq!(mode().await, None);
        let changed = world.admin.patch(&path, &json!({ "form_post": true })).await.ok();
        assert_eq!(changed["form_post"], true);
        assert_eq!(mode().await.as_deref(), Some("form_post"));

        // The provider's page sends the form: another site, so without cookies.
        let browser = Browser::new(&world);
        let callback = browser.comes_back(id, "?back=/sessions").await;
        let on = browser.posted_by_another_site(&callback).await;
        assert_eq!(on.split('?').next(), Some(format!("/auth/oidc/{id}/callback").as_str()));
        browser.get("/me").await.problem(401, "not_signed_in");
        assert_eq!(browser.follow(&on).await, "/sessions");
        browser.get("/me").await.ok();

        // It counts for nothing by itself, and nobody's answer counts in another browser.
        let attacker = Browser::new(&world);
        let foreign = attacker.comes_back(id, "").await;
        let victim = Browser::new(&world);
        let own = victim.comes_back(id, "").await;
        let on = victim.posted_by_another_site(&foreign).await;
        assert_eq!(trouble(&victim.follow(&on).await), "expired");
        for form in ["", "code=x", "state=%00", "x=y&code=a&code=b&state=c"] {
            let on = victim.posted_by_another_site(&format!("/auth/oidc/{id}/callback?{form}")).await;
            assert_eq!(trouble(&victim.follow(&on).await), "expired", "{form}");
        }
        let long = format!("/auth/oidc/{id}/callback?code={}", "a".repeat(9_000));
        assert_eq!(trouble(&victim.posted_by_another_site(&long).await), "failed");
        assert_eq!(victim.follow(&own).await, "/");

        // Where a provider knows no other way, nobody has to say so.
        let only = Provider::start(&world.clock).await;
        only.twist_discovery(|said| said["response_modes_supported"] = json!(["fragment", "form_post"]));
        world.admin.patch(&path, &json!({ "issuer": only.issuer, "form_post": false })).await.ok();
        assert_eq!(mode().await.as_deref(), Some("form_post"));
    }

    async fn other_sites_can_send_a_form_nowhere_else(world: World) {
        let provider = Provider::start(&world.clock).await;
        let id = added(&world, &provider, json!({})).await;
        for path in [
            format!("/auth/oidc/{id}/callback/x"),
            format!("/auth/oidc/{id}/backchannel-logout"),
            "/auth/oidc/a/b/callback".to_owned(),
            "/api/v1/sign-out".to_owned(),
        ] {
            let request =
                reqwest::Client::new().post(format!("{}{path}", world.url)).header("origin", "https://evil.example");
            let answer = request.body("code=x").send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{path}");
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
