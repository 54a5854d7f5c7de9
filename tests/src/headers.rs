//! What every answer tells browsers: nothing is guessed, framed or kept, and no script gets at the cookie.

use crate::world::{Answer, PASSWORD, Person, on_both_engines};
use reqwest::{Method, header};
use serde_json::json;

/// What every answer of the API says to browsers.
#[track_caller]
fn is_guarded(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
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
            stranger.get("/live").await,
            stranger.send(stranger.request(Method::GET, "/setup").header("origin", "https://evil.example")).await,
        ] {
            is_guarded(&answer);
        }
    }

    async fn no_script_and_no_other_site_gets_the_cookie(world: World) {
        let sign_in = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
        let answer = Person::stranger(&world.url).post("/sign-in", &sign_in).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
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

    async fn the_live_feed_is_kept_by_nobody_on_the_way(world: World) {
        let response = world.admin.request(Method::GET, "/live").send().await.expect("an answer");
        for (name, value) in [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")] {
            assert_eq!(response.headers()[name], value);
        }
    }
}
