//! Invalid input of every kind is answered with a problem document, never with a server error, and changes nothing.

use crate::harness::{Answer, PASSWORD, World, on_both_engines, seat_request};
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Posts a body unchanged.
async fn post_raw(world: &World, path: &str, kind: Option<&str>, body: impl Into<reqwest::Body>) -> Answer {
    let mut request = world.admin.request(Method::POST, path).body(body);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    world.admin.send(request).await
}

/// The field and the code of the only error.
fn only_error(problem: &Value) -> (&str, &str) {
    let errors = problem["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{problem:#}");
    (errors[0]["field"].as_str().expect("a field"), errors[0]["error"].as_str().expect("an error"))
}

on_both_engines! {
    async fn an_unknown_or_malformed_id_is_not_found(world: World) {
        world.pool(1, 1).await;
        let before = world.head().await;
        for id in [UNKNOWN, "42", "not-a-uuid", "%00", "%ff", "..%2f..%2fetc", "'%20OR%201=1--"] {
            for path in ["/users/{}", "/licenses/{}", "/sessions/{}"] {
                world.admin.get(&path.replace("{}", id)).await.problem(404, "not_found");
            }
            for path in ["/sessions/{}/heartbeat", "/sessions/{}/end"] {
                world.admin.post(&path.replace("{}", id), &json!({})).await.problem(404, "not_found");
            }
            world.admin.patch(&format!("/users/{id}"), &json!({ "name": "X" })).await.problem(404, "not_found");
            world
                .admin
                .patch(&format!("/users/{id}"), &json!({ "status": "suspended" }))
                .await
                .problem(404, "not_found");
            world.admin.patch(&format!("/licenses/{id}"), &json!({ "seats": 1 })).await.problem(404, "not_found");
            world.admin.delete(&format!("/tokens/{id}")).await.problem(404, "not_found");
        }
        assert_eq!(world.head().await, before);
    }

    async fn an_unreadable_body_is_refused_with_the_reason(world: World) {
        let json_kind = Some("application/json");
        let before = world.head().await;
        for body in
            ["{", "", "null", "[]", "\"x\"", "{\"name\":}", "{\"name\":7}", "{}", "\u{feff}{}", "{\"name\":\"a\"} x"]
        {
            let problem = post_raw(&world, "/products", json_kind, body).await.problem(400, "bad_request");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{body}: {problem:#}");
        }
        post_raw(&world, "/products", json_kind, vec![0xff, 0xfe, 0x00]).await.problem(400, "bad_request");
        post_raw(&world, "/products", json_kind, "[".repeat(100_000)).await.problem(400, "bad_request");
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            post_raw(&world, "/products", kind, "{\"name\":\"a\"}").await.problem(415, "unsupported_media_type");
        }
        let role = json!({ "name": "a", "email": "a@example.org", "password": PASSWORD, "role": "emperor" });
        let problem = world.admin.post("/users", &role).await.problem(400, "bad_request");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("emperor")), "{problem:#}");
        assert_eq!(world.head().await, before);
    }

    async fn an_array_is_not_accepted_as_an_empty_object(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let path = format!("/sessions/{}", people[0].request_seat().await.created()["id"].as_str().expect("an id"));
        post_raw(&world, &format!("{path}/end"), Some("application/json"), " []").await.problem(400, "bad_request");
        assert_eq!(world.admin.get(&path).await.ok()["ended"], Value::Null);
        post_raw(&world, &format!("{path}/end"), Some("application/problem+json; charset=utf-8"), "{}").await.ok();
    }

    async fn a_body_of_a_megabyte_is_too_large(world: World) {
        let before = world.head().await;
        let body = json!({ "name": "x".repeat(1_048_576) }).to_string();
        post_raw(&world, "/products", Some("application/json"), body).await.problem(413, "too_large");
        assert_eq!(world.head().await, before);
    }

    async fn a_wrong_method_or_path_is_answered_with_a_problem(world: World) {
        for (method, path) in [
            (Method::PUT, "/users"),
            (Method::DELETE, "/sessions"),
            (Method::GET, "/sign-in"),
            (Method::GET, "/sessions/end"),
            (Method::POST, "/../openapi.json"),
        ] {
            world.admin.send(world.admin.request(method, path)).await.problem(405, "method_not_allowed");
        }
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for path in ["/nothing", "/users/a/b/c", "/../v2/users", "/", "", "/users/"] {
                world.admin.send(world.admin.request(method.clone(), path)).await.problem(404, "not_found");
            }
        }
        // The API browser page answers only GET.
        for path in ["/..", "/../"] {
            world.admin.send(world.admin.request(Method::POST, path)).await.problem(405, "method_not_allowed");
        }
    }

    async fn numbers_out_of_range_are_refused_with_the_range(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 5).await;
        let before = world.head().await;
        for seats in [-1, 1_000_000_000_000, i64::MAX, i64::MIN] {
            let problem = world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await;
            let problem = problem.problem(422, "invalid");
            assert_eq!(problem["detail"], "seats must be between 0 and 1000000");
            assert_eq!(
                problem["errors"],
                json!([{ "field": "seats", "error": "out_of_range", "min": 0, "max": 1_000_000 }])
            );
            let new = json!({ "product_id": product, "model": "named", "seats": seats });
            assert_eq!(
                only_error(&world.admin.post("/licenses", &new).await.problem(422, "invalid")),
                ("seats", "out_of_range")
            );
        }
        for seats in ["1e400", "99999999999999999999", "1.5", "\"5\"", "null"] {
            let body = format!("{{\"product_id\":\"{product}\",\"model\":\"named\",\"seats\":{seats}}}");
            post_raw(&world, "/licenses", Some("application/json"), body).await.problem(400, "bad_request");
        }
        let lease = json!({ "product_id": product, "model": "named", "seats": 1, "lease_seconds": 9 });
        let problem = world.admin.post("/licenses", &lease).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("lease_seconds", "out_of_range"));
        let key = json!({ "name": "Service Desk", "key_seconds": 86_401 });
        let problem = world.admin.post("/products", &key).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("key_seconds", "out_of_range"));
        for days in [0, 366] {
            let problem = world.admin.post("/tokens", &json!({ "name": "x", "days": days })).await;
            assert_eq!(only_error(&problem.problem(422, "invalid")), ("days", "out_of_range"));
        }
        assert_eq!(world.head().await, before);
    }

    async fn a_license_that_ends_before_it_starts_is_refused(world: World) {
        let product = world.product("Remote Support v5").await;
        let before = world.head().await;
        for end in ["2026-05-01T00:00:00Z", "2026-04-30T23:59:59Z"] {
            let terms = json!({ "product_id": product, "model": "concurrent", "seats": 1,
                                "starts_at": "2026-05-01T00:00:00Z", "ends_at": end });
            let problem = world.admin.post("/licenses", &terms).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("ends_at", "end_before_start"));
        }
        for time in ["tomorrow", "2026-13-01T00:00:00Z", "2026-05-01"] {
            let terms = json!({ "product_id": product, "model": "named", "seats": 1, "starts_at": time });
            world.admin.post("/licenses", &terms).await.problem(400, "bad_request");
        }
        // Years outside the range of the databases.
        for time in ["-262143-01-01T00:00:00Z", "+262142-12-31T23:59:59Z", "-5000-01-01T00:00:00Z"] {
            for field in ["starts_at", "ends_at"] {
                let mut terms = json!({ "product_id": product, "model": "named", "seats": 1 });
                terms[field] = json!(time);
                let answer = world.admin.post("/licenses", &terms).await;
                assert!(
                    (400..500).contains(&answer.status.as_u16()),
                    "{field} {time}: {} {:#}",
                    answer.status,
                    answer.body
                );
            }
        }
        let unknown = json!({ "product_id": UNKNOWN, "model": "concurrent", "seats": 1 });
        let problem = world.admin.post("/licenses", &unknown).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("product_id", "unknown"));
        assert_eq!(world.head().await, before);
    }

    async fn names_are_validated_and_all_errors_are_reported_together(world: World) {
        let before = world.head().await;
        for (name, error) in [
            ("", "required"),
            (" \t ", "required"),
            ("a\u{0}b", "control_characters"),
            ("a\nb", "control_characters"),
            ("a\u{1b}[31mb", "control_characters"),
            (&"ß".repeat(121), "too_long"),
        ] {
            let problem = world.admin.post("/products", &json!({ "name": name })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("name", error), "{name:?}");
        }
        let body = json!({ "name": "", "email": "nobody", "password": "short", "role": "agent" });
        let problem = world.admin.post("/users", &body).await.problem(422, "invalid");
        assert_eq!(
            problem["detail"],
            "name must not be empty; email must be an e-mail address; \
                                       password must have at least 12 characters"
        );
        for email in ["a@b@c", "@b", "a@", "a b@c", "a@.b", "a@b.", "a\u{0}@b", "<a@b>"] {
            let body = json!({ "name": "a", "email": email, "password": PASSWORD, "role": "agent" });
            assert_eq!(
                only_error(&world.admin.post("/users", &body).await.problem(422, "invalid")),
                ("email", "email"),
                "{email:?}"
            );
        }
        assert_eq!(world.head().await, before);
        world.admin.post("/products", &json!({ "name": "ß".repeat(120) })).await.created();
    }

    async fn an_invalid_session_request_is_refused(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let before = world.head().await;
        let mut body = seat_request("attended");
        for (name, value, error) in [
            ("product", json!("no-such-product"), "unknown"),
            ("product", json!(UNKNOWN), "unknown"),
            ("product", json!(""), "unknown"),
            ("product", json!("a\u{0}b"), "unknown"),
            ("device", json!(""), "required"),
            ("device", json!("x".repeat(121)), "too_long"),
            ("device", json!("a\u{7}b"), "control_characters"),
        ] {
            let valid = std::mem::replace(&mut body[name], value);
            let problem = people[0].post("/sessions", &body).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), (name, error));
            body[name] = valid;
        }
        for (key, error) in [("", "required"), (&*"k".repeat(101), "too_long")] {
            let problem = people[0].try_request_seat(key).await.expect("an answer").problem(422, "invalid");
            assert_eq!(only_error(&problem), ("Idempotency-Key", error));
        }
        body["mode"] = json!("telepathic");
        people[0].post("/sessions", &body).await.problem(400, "bad_request");
        assert_eq!(world.head().await, before);
    }

    async fn more_than_a_thousand_items_or_none_are_refused(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].request_seat().await.created()["id"].clone();
        let before = world.head().await;
        for many in [Vec::new(), vec![session.clone(); 1_001]] {
            let problem = world.admin.post("/sessions/end", &json!({ "ids": many })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("ids", "out_of_range"));
            let users = json!({ "user_ids": many, "end_now": true });
            for what in ["grant", "revoke"] {
                let problem = world.admin.post(&format!("/licenses/{license}/{what}"), &users).await;
                assert_eq!(only_error(&problem.problem(422, "invalid")), ("user_ids", "out_of_range"));
            }
        }
        let long = json!({ "ids": [session], "message": "x".repeat(501) });
        let problem = world.admin.post("/sessions/end", &long).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("message", "too_long"));
        assert_eq!(world.head().await, before);
        let results = world.admin.post("/sessions/end", &json!({ "ids": vec![session; 1_000] })).await.ok();
        assert_eq!(results["results"].as_array().map(Vec::len), Some(1_000));
    }
}
