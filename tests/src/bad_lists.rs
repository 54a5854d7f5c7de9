//! Invalid list queries, and text that looks like code in names and searches: it is returned unchanged.

use crate::harness::{PASSWORD, on_both_engines};
use base64::Engine as _;
use seatkeeper_shared::people::Role;
use serde_json::json;

/// Text with a meaning for databases, browsers and shells.
const HOSTILE_TEXTS: [&str; 7] = [
    "Robert'); DROP TABLE users;--",
    "<script>alert(1)</script>",
    "100% _sure_ !%",
    "\" OR \"\"=\"",
    "{{7*7}} ${7*7} %s%n",
    "\u{202e}evil\u{200b}",
    "🧑🏽‍🔧 Zoë Łukasz 李",
];

on_both_engines! {
    async fn an_invalid_list_query_is_refused(world: World) {
        for list in ["/users", "/sessions"] {
            for (query, field) in [
                ("sort=shoe_size", "sort"),
                ("sort=-", "sort"),
                ("sort=name'", "sort"),
                ("limit=0", "limit"),
                ("limit=501", "limit"),
                ("limit=-1", "limit"),
                ("after=nonsense", "after"),
                ("after=e30", "after"),
                ("after=%00", "after"),
            ] {
                let problem = world.admin.get(&format!("{list}?{query}")).await.problem(422, "invalid");
                assert_eq!(problem["errors"][0]["field"], field, "{list}?{query}");
            }
            for query in ["limit=many", "limit=1e3", "license=42", "product=x'"] {
                world.admin.get(&format!("{list}?{query}")).await.problem(400, "bad_request");
            }
        }
        world.admin.get("/users?role=emperor").await.problem(400, "bad_request");
        world.admin.get("/users?status=asleep").await.problem(400, "bad_request");
        world.admin.get("/sessions?state=gone").await.problem(400, "bad_request");
        world.admin.get("/sessions?platform=amiga").await.problem(400, "bad_request");
        world.admin.get("/sessions?model=rented").await.problem(400, "bad_request");
    }

    async fn a_cursor_of_another_sort_order_is_refused(world: World) {
        world.user("Berta", Role::Agent, &[]).await;
        let page = world.admin.get("/users?sort=name&limit=1").await.ok();
        let next = page["next"].as_str().expect("a next page");
        let problem = world.admin.get(&format!("/users?sort=created_at&limit=1&after={next}")).await;
        assert_eq!(problem.problem(422, "invalid")["errors"], json!([{ "field": "after", "error": "unknown" }]));
    }

    async fn a_forged_cursor_is_harmless(world: World) {
        for key in [
            json!({ "T": "a\u{0}b" }),
            json!({ "T": "x".repeat(10_000) }),
            json!({ "M": "-262143-01-01T00:00:00Z" }),
            json!({ "M": "+262142-12-31T23:59:59Z" }),
            json!({ "M": "0000-01-01T00:00:00Z" }),
        ] {
            let cursor = json!({ "key": key, "id": "00000000-0000-4000-8000-000000000000" }).to_string();
            let after = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&cursor);
            for path in
                ["/users?sort=name", "/users?sort=created_at", "/sessions?sort=created_at", "/sessions?sort=state"]
            {
                let answer = world.admin.get(&format!("{path}&after={after}")).await;
                assert!(answer.status.as_u16() < 500, "{path} after {cursor:.60}: {} {:#}", answer.status, answer.body);
            }
        }
    }

    async fn a_search_for_characters_no_name_contains_finds_nothing(world: World) {
        for list in ["/users", "/sessions"] {
            for q in ["%00", "a%00b", "%25", "_", "!", "%27%3B--", "%F0%9F%91%BB", "%CC%88", &"x".repeat(60_000)] {
                let found = world.admin.get(&format!("{list}?q={q}")).await;
                assert!(found.status.as_u16() < 500, "{list}?q={q:.20}: {} {:#}", found.status, found.body);
            }
        }
        assert_eq!(world.admin.get("/users?q=%25").await.ok()["total"], 0, "a percent sign is not a wildcard");
        assert_eq!(world.admin.get("/users?q=_").await.ok()["total"], 0, "an underscore is not a wildcard");
    }

    async fn text_that_looks_like_code_is_returned_unchanged(world: World) {
        for (number, text) in HOSTILE_TEXTS.iter().enumerate() {
            let email = format!("hostile{number}@example.org");
            let body = json!({ "name": text, "email": email, "password": PASSWORD, "role": "agent" });
            let added = world.admin.post("/users", &body).await.created();
            // Only invisible characters are removed, which would make two names look alike.
            let shown = seatkeeper_shared::validate::name(text).expect("a name");
            assert_eq!(added["name"], shown);
            let request = world.admin.request(reqwest::Method::GET, "/users").query(&[("q", &shown)]);
            let found = world.admin.send(request).await.ok();
            assert_eq!((&found["total"], &found["items"][0]["name"]), (&json!(1), &json!(shown)));
            let numbered = format!("{text} {number}");
            let product = world.admin.post("/products", &json!({ "name": numbered })).await.created();
            assert_eq!(product["name"], seatkeeper_shared::validate::name(&numbered).expect("a name"));
            assert!(
                product["slug"].as_str().is_some_and(|s| s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
            );
        }
        assert_eq!(world.admin.get("/users").await.ok()["total"], 1 + HOSTILE_TEXTS.len());
    }

    async fn an_end_message_that_looks_like_code_reaches_the_agent_unchanged(world: World) {
        let (_, people) = world.pool(1, 1).await;
        for text in HOSTILE_TEXTS {
            let id = people[0].request_seat().await.created()["id"].clone();
            world.admin.post("/sessions/end", &json!({ "ids": [id], "message": text })).await.ok();
            let path = format!("/sessions/{}/heartbeat", id.as_str().expect("an id"));
            let problem = people[0].post(&path, &json!({})).await.problem(410, "session_ended");
            assert_eq!(problem["ended"]["message"], text);
        }
    }
}
