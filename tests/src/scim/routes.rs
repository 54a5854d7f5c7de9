//! Every path below `/scim` gets a SCIM response, never the app's page or another format.

use super::Directory;
use crate::harness::{http, on_both_engines};
use reqwest::{Method, header};
use serde_json::{Value, json};

async fn request(method: &Method, url: &str, secret: Option<&str>, body: &str) -> (u16, String, Value) {
    let mut request = http::client().request(method.clone(), url).header("origin", "https://elsewhere.example");
    request = request.header(header::ACCEPT, "text/html,*/*").header(header::CONTENT_TYPE, "application/scim+json");
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    let response = request.body(body.to_owned()).send().await.expect("an answer");
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (status, kind) = (response.status().as_u16(), kind.to_owned());
    let text = response.text().await.expect("a body");
    (status, kind, serde_json::from_str(&text).unwrap_or_default())
}

fn is_error(answer: &(u16, String, Value), status: u16) -> bool {
    let (code, kind, body) = answer;
    *code == status
        && kind == "application/scim+json"
        && body["schemas"] == json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        && body["status"] == json!(status.to_string())
}

on_both_engines! {
    async fn every_path_below_scim_gets_a_scim_response(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        for path in [
            "/scim",
            "/scim/",
            "/scim/v2",
            "/scim/v2/",
            "/scim//v2/Users",
            "//scim/v2/Users",
            "/scim/v2//Users",
            "/scim/v2/Users/",
            "/scim/v2/Users/x/",
            "/SCIM/v2/Users",
            "/Scim/V2/Users",
            "/scim/v2/users",
            "/scim/v1/Users",
            "/scim/v1",
            "/scim/v2.0/Users",
            "/scim/index.html",
            "/scim/v2/Users/a/b/c",
            "/s%63im/v2/Users",
            "/%73cim",
            "/scim%2Fv2%2FUsers",
            "/scim;a=b/v2/Users",
            "/scim/v2/Users/%ff",
            "/scim/v2/Groups/%ff",
            "/scim/v2/Schemas/%ff",
            "/scim/v2/%ff",
            "/scim/%ff",
            "/scim/api/v1/me",
        ] {
            for method in
                [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE]
            {
                let url = format!("{}{path}", world.url);
                let answer = request(&method, &url, None, "").await;
                assert!(is_error(&answer, 401), "{method} {path} without a token: {answer:?}");
                let answer = request(&method, &url, Some("made-up"), "").await;
                assert!(is_error(&answer, 401), "{method} {path} with a token of nobody: {answer:?}");
                let answer = request(&method, &url, Some(&directory.secret), "{}").await;
                let known = [404, 405, 400].into_iter().any(|status| is_error(&answer, status));
                assert!(known, "{method} {path}: {answer:?}");
            }
        }
        for (method, path) in [
            ("GET", "/Bulk"),
            ("POST", "/Users/x"),
            ("DELETE", "/Groups"),
            ("PUT", "/Schemas"),
            ("OPTIONS", "/Users"),
            ("PATCH", "/ServiceProviderConfig"),
        ] {
            let url = format!("{}/scim/v2{path}", world.url);
            let answer = request(&method.parse().expect("a method"), &url, Some(&directory.secret), "{}").await;
            assert!(is_error(&answer, 405), "{method} {path}: {answer:?}");
        }
        for (method, path) in
            [("POST", "/Users"), ("PUT", "/Users/x"), ("PATCH", "/Groups/x"), ("POST", "/Bulk"), ("POST", "/.search")]
        {
            let url = format!("{}/scim/v2{path}", world.url);
            let method = method.parse().expect("a method");
            let answer = request(&method, &url, Some(&directory.secret), &"[".repeat(100_000)).await;
            assert!(is_error(&answer, 400), "{path}, deep: {answer:?}");
            let large = format!("{{\"userName\": \"{}\"}}", "x".repeat(4 * 1024 * 1024));
            let answer = request(&method, &url, Some(&directory.secret), &large).await;
            assert!(is_error(&answer, 413), "{path}, large: {answer:?}");
        }
        // A path that only begins with the same characters belongs to the app.
        for path in ["/scimitar", "/v2/scim", "/api/v1/scim"] {
            let (_, kind, _) = request(&Method::GET, &format!("{}{path}", world.url), None, "").await;
            assert_ne!(kind, "application/scim+json", "{path}");
        }
        let good = request(&Method::GET, &format!("{}/scim/v2/Users", world.url), Some(&directory.secret), "").await;
        assert_eq!((good.0, good.1.as_str()), (200, "application/scim+json"));
    }
}
