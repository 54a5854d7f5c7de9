//! What every answer tells browsers: nothing is guessed, framed or kept, and no script gets at the cookie.

use crate::world::{Answer, PASSWORD, Person, World, on_both_engines, setup, wire::said_to};
use reqwest::{Method, header};
use seatkeeper::app::Options;
use serde_json::json;

/// What every answer of the API says to browsers.
#[track_caller]
fn is_guarded(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ] {
        let said = answer.headers.get(name).and_then(|said| said.to_str().ok());
        assert_eq!(said, Some(value), "{name} of a {}", answer.status);
    }
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "no other site may read");
}

on_both_engines! {
    async fn every_answer_of_the_api_is_guarded(world: World) {
        let stranger = Person::stranger(&world.url);
        for answer in [
            world.admin.get("/me").await,
            world.admin.get("/users").await,
            world.admin.post("/products", &json!({ "name": "Service Desk" })).await,
            world.admin.post("/products", &json!({ "name": "" })).await,
            world.admin.send(world.admin.request(Method::POST, "/products").body("x")).await,
            world.admin.get("/nothing").await,
            world.admin.delete("/users").await,
            world.admin.post("/sign-out", &json!({})).await,
            stranger.get("/me").await,
            stranger.send(stranger.request(Method::TRACE, "/me")).await,
            stranger.get("/live").await,
            stranger.send(stranger.request(Method::GET, "/setup").header("origin", "https://evil.example")).await,
        ] {
            is_guarded(&answer);
        }
    }

    async fn nobody_is_told_what_was_asked(world: World) {
        // TRACE answers with the request, in which the cookie is that no script may read.
        let answer = world.admin.send(world.admin.request(Method::TRACE, "/me")).await;
        answer.problem(405, "method_not_allowed");
    }

    async fn no_script_and_no_other_site_gets_the_cookie(world: World) {
        let sign_in = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
        let answer = Person::stranger(&world.url).post("/sign-in", &sign_in).await;
        let cookie = answer.cookie("seatkeeper_session");
        let parts: Vec<_> = cookie.split("; ").collect();
        assert!(parts[0].strip_prefix("seatkeeper_session=").is_some_and(|secret| secret.len() == 43), "{cookie}");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            assert!(parts.contains(&part), "{part} is not in {cookie}");
        }
        is_guarded(&answer);
        let out = world.admin.post("/sign-out", &json!({})).await;
        let gone = out.headers[header::SET_COOKIE].to_str().expect("text");
        assert!(gone.starts_with("seatkeeper_session=;") && gone.contains("Max-Age=0"), "{gone}");
    }

    async fn by_https_cookies_belong_to_this_host_and_browsers_come_by_nothing_else(world: World) {
        const PUBLIC: &str = "https://seats.example.org";
        let own = |options: Options| Options { public_url: Some(PUBLIC.to_owned()), ..options };
        let shared = |options: Options| Options { cookie_domain: Some("example.org".to_owned()), ..own(options) };
        let (url, _database) = World::unset(world.engine, own).await;
        let sets_up = async |url: &str| {
            let stranger = Person::stranger(url);
            let request = reqwest::Client::new().post(format!("{url}/api/v1/setup")).header(header::ORIGIN, PUBLIC);
            stranger.send(request.json(&setup())).await
        };
        let answer = sets_up(&url).await;
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
        let asks = async |cookie: &str| {
            let request = reqwest::Client::new().get(format!("{url}/api/v1/me")).header(header::COOKIE, cookie);
            request.send().await.expect("an answer").status().as_u16()
        };
        assert_eq!(asks(&cookie).await, 200);
        assert_eq!(
            asks(cookie.trim_start_matches("__Host-")).await,
            401,
            "what a neighbour may have set does not count"
        );

        let (url, _database) = World::unset(world.engine, shared).await;
        let answer = sets_up(&url).await;
        assert!(answer.cookie("seatkeeper_session").contains("; Domain=example.org"));
        assert!(!answer.cookie("__Host-seatkeeper_device").contains("Domain"), "nobody else needs that one");

        let hsts = async |url: &str, path: &str| {
            let answer = reqwest::get(format!("{url}{path}")).await.expect("an answer");
            answer
                .headers()
                .get(header::STRICT_TRANSPORT_SECURITY)
                .map(|value| value.to_str().expect("text").to_owned())
        };
        for path in ["/", "/nothing.js", "/healthz", "/api/v1/me", "/api/v1/nothing", "/scim/v2/Users"] {
            assert_eq!(hsts(&url, path).await.as_deref(), Some("max-age=31536000"), "{path}");
            assert_eq!(hsts(&world.url, path).await, None, "without HTTPS nobody could come any more");
        }
        let unread = said_to(&url, "NONSENSE\r\n\r\n").await;
        assert!(unread.contains("strict-transport-security: max-age=31536000"), "{unread}");
    }

    async fn the_live_feed_is_kept_by_nobody_on_the_way(world: World) {
        let response = world.admin.request(Method::GET, "/live").send().await.expect("an answer");
        for (name, value) in [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")] {
            assert_eq!(response.headers()[name], value);
        }
    }
}
