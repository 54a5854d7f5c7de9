//! Security headers and cookies: no sniffing, framing or caching, and no access to the cookie from scripts.

use crate::harness::{Answer, PASSWORD, Person, World, http, on_both_engines, raw_connection::raw_response, setup};
use reqwest::{Method, header};
use seatkeeper::app::Options;
use serde_json::json;

/// Asserts the security headers of every API response.
#[track_caller]
fn assert_security_headers(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ] {
        let actual = answer.headers.get(name).and_then(|actual| actual.to_str().ok());
        assert_eq!(actual, Some(value), "{name} of a {}", answer.status);
    }
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "other sites must not read it");
}

on_both_engines! {
    async fn every_api_response_has_the_security_headers(world: World) {
        let anonymous = Person::anonymous(&world.url);
        for answer in [
            world.admin.get("/me").await,
            world.admin.get("/users").await,
            world.admin.post("/products", &json!({ "name": "Service Desk" })).await,
            world.admin.post("/products", &json!({ "name": "" })).await,
            world.admin.send(world.admin.request(Method::POST, "/products").body("x")).await,
            world.admin.get("/nothing").await,
            world.admin.delete("/users").await,
            world.admin.post("/sign-out", &json!({})).await,
            anonymous.get("/me").await,
            anonymous.send(anonymous.request(Method::TRACE, "/me")).await,
            anonymous.get("/live").await,
            anonymous.send(anonymous.request(Method::GET, "/setup").header("origin", "https://evil.example")).await,
        ] {
            assert_security_headers(&answer);
        }
    }

    async fn trace_does_not_echo_the_request(world: World) {
        // TRACE would return the request with the cookie, which scripts must not read.
        let answer = world.admin.send(world.admin.request(Method::TRACE, "/me")).await;
        answer.problem(405, "method_not_allowed");
    }

    async fn the_cookie_is_hidden_from_scripts_and_other_sites(world: World) {
        let sign_in = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
        let answer = Person::anonymous(&world.url).post("/sign-in", &sign_in).await;
        let cookie = answer.cookie("seatkeeper_session");
        let parts: Vec<_> = cookie.split("; ").collect();
        assert!(parts[0].strip_prefix("seatkeeper_session=").is_some_and(|secret| secret.len() == 43), "{cookie}");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            assert!(parts.contains(&part), "{part} is not in {cookie}");
        }
        assert_security_headers(&answer);
        let out = world.admin.post("/sign-out", &json!({})).await;
        let removal = out.headers[header::SET_COOKIE].to_str().expect("text");
        assert!(removal.starts_with("seatkeeper_session=;") && removal.contains("Max-Age=0"), "{removal}");
    }

    async fn over_https_cookies_are_bound_to_the_host_and_hsts_is_sent(world: World) {
        const PUBLIC: &str = "https://seats.example.org";
        let own = |options: Options| Options { public_url: Some(PUBLIC.to_owned()), ..options };
        let shared = |options: Options| Options { cookie_domain: Some("example.org".to_owned()), ..own(options) };
        let (url, _database) = World::not_set_up_with(world.engine, own).await;
        let set_up = async |url: &str| {
            let anonymous = Person::anonymous(url);
            let request = http::client().post(format!("{url}/api/v1/setup")).header(header::ORIGIN, PUBLIC);
            anonymous.send(request.json(&setup())).await
        };
        let answer = set_up(&url).await;
        for name in ["__Host-seatkeeper_session", "__Host-seatkeeper_device"] {
            let cookie = answer.cookie(name);
            let parts: Vec<_> = cookie.split("; ").collect();
            let sent = if name.ends_with("session") { "SameSite=Strict" } else { "SameSite=Lax" };
            for part in ["Secure", "HttpOnly", sent, "Path=/"] {
                assert!(parts.contains(&part), "{part} is not in {cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        let cookie = answer.cookie("__Host-seatkeeper_session").split(';').next().expect("a value").to_owned();
        let status_with = async |cookie: &str| {
            let request = http::client().get(format!("{url}/api/v1/me")).header(header::COOKIE, cookie);
            request.send().await.expect("an answer").status().as_u16()
        };
        assert_eq!(status_with(&cookie).await, 200);
        assert_eq!(
            status_with(cookie.trim_start_matches("__Host-")).await,
            401,
            "a cookie that a sibling domain may have set is ignored"
        );

        let (url, _database) = World::not_set_up_with(world.engine, shared).await;
        let answer = set_up(&url).await;
        assert!(answer.cookie("seatkeeper_session").contains("; Domain=example.org"));
        assert!(
            !answer.cookie("__Host-seatkeeper_device").contains("Domain"),
            "other hosts do not need the device cookie"
        );

        let hsts = async |url: &str, path: &str| {
            let answer = http::get(format!("{url}{path}")).await.expect("an answer");
            answer
                .headers()
                .get(header::STRICT_TRANSPORT_SECURITY)
                .map(|value| value.to_str().expect("text").to_owned())
        };
        for path in ["/", "/nothing.js", "/healthz", "/api/v1/me", "/api/v1/nothing", "/scim/v2/Users"] {
            assert_eq!(hsts(&url, path).await.as_deref(), Some("max-age=31536000"), "{path}");
            assert_eq!(hsts(&world.url, path).await, None, "without HTTPS it would lock users out");
        }
        let malformed = raw_response(&url, "NONSENSE\r\n\r\n").await;
        assert!(malformed.contains("strict-transport-security: max-age=31536000"), "{malformed}");
    }

    async fn the_live_feed_is_neither_cached_nor_buffered(world: World) {
        let response = world.admin.request(Method::GET, "/live").send().await.expect("an answer");
        for (name, value) in [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")] {
            assert_eq!(response.headers()[name], value);
        }
    }
}
