//! Setup, signing in and out, tokens, and cross-site writes.

use crate::harness::{Engine, PASSWORD, Person, SETUP_TOKEN, World, email_of, http, on_both_engines, setup};
use reqwest::{Method, header};
use seatkeeper_shared::people::Role;
use serde_json::json;

/// Sends a request without a browser session, with these headers.
async fn request_with(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(header::HeaderName, &str)],
) -> crate::harness::Answer {
    let anonymous = Person::anonymous(&world.url);
    let mut request = http::client().request(method, format!("{}/api/v1{path}", world.url));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    anonymous
        .send(request.header(header::CONTENT_TYPE, "application/json").body("{\"name\":\"Evil\",\"days\":1}"))
        .await
}

/// Signs in as admin, and returns the `seatkeeper_session=…` cookie.
async fn sign_in_cookie(world: &World) -> String {
    let body = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
    let answer = Person::anonymous(&world.url).post("/sign-in", &body).await;
    let set = answer.cookie("seatkeeper_session");
    set.split(';').next().expect("a value").to_owned()
}

/// Tries a wrong password for all addresses; returns how many were answered as wrong, and how many were throttled.
async fn all_at_once(world: &World, emails: &[impl AsRef<str>]) -> (usize, usize) {
    let anonymous = &Person::anonymous(&world.url);
    let attempts = emails.iter().map(|email| async move {
        let answer = anonymous.post("/sign-in", &json!({ "email": email.as_ref(), "password": "wrong horse" })).await;
        if answer.status == 401 {
            answer.problem(401, "wrong_credentials");
            return true;
        }
        let wait = answer.headers[header::RETRY_AFTER].to_str().expect("text").parse::<u32>().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        answer.problem(429, "too_many_requests");
        false
    });
    let tried = futures_util::future::join_all(attempts).await.into_iter().filter(|tried| *tried).count();
    (tried, emails.len() - tried)
}

async fn only_the_setup_token_sets_up_and_only_once(engine: Engine) {
    let (url, _database) = World::not_set_up(engine).await;
    let anonymous = Person::anonymous(&url);
    assert_eq!(anonymous.get("/setup").await.ok(), json!({ "needed": true, "signed_in": false, "mails": false }));
    for token in ["", "wrong", &SETUP_TOKEN.to_uppercase(), &format!("{SETUP_TOKEN} ")] {
        let mut body = serde_json::to_value(setup()).expect("JSON");
        body["token"] = json!(token);
        anonymous.post("/setup", &body).await.problem(403, "wrong_setup_token");
    }
    let mut wrong = setup();
    (wrong.email, wrong.time_zone) = ("nobody".to_owned(), Some("Atlantis/Capital".to_owned()));
    let problem = anonymous.post("/setup", &wrong).await.problem(422, "invalid");
    let errors = json!([{ "field": "email", "error": "email" }, { "field": "time_zone", "error": "unknown" }]);
    assert_eq!(problem["errors"], errors);
    anonymous.get("/me").await.problem(401, "not_signed_in");

    let racing: Vec<_> = (0..5).map(|_| Person::anonymous(&url)).collect();
    let answers = futures_util::future::join_all(racing.iter().map(|one| async { one.post("/setup", &setup()).await }));
    let mut codes: Vec<_> = answers.await.iter().map(|answer| answer.status.as_u16()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [201, 409, 409, 409, 409]);
    anonymous.post("/setup", &setup()).await.problem(409, "already_set_up");
    assert_eq!(anonymous.get("/setup").await.ok(), json!({ "needed": false, "signed_in": false, "mails": false }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_setup_token_sets_up_and_only_once_on_sqlite() {
    only_the_setup_token_sets_up_and_only_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_setup_token_sets_up_and_only_once_on_postgres() {
    only_the_setup_token_sets_up_and_only_once(Engine::Postgres).await;
}

on_both_engines! {
    async fn email_addresses_are_case_insensitive(world: World) {
        world.user("Jürgen Groß", Role::Agent, &[]).await;
        let before = world.head().await;
        let twin = json!({ "name": "Twin", "email": "JÜRGEN.groß@Example.ORG", "password": PASSWORD, "role": "agent" });
        world.admin.post("/users", &twin).await.problem(409, "already_exists");
        assert_eq!(world.head().await, before);
        for email in ["jürgen.groß@example.org", "JÜRGEN.groß@EXAMPLE.ORG", "  Jürgen.Groß@example.org "] {
            let me =
                Person::anonymous(&world.url).post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await;
            assert_eq!(me.ok()["email"], email_of("Jürgen Groß"));
        }
    }

    async fn a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) {
        let before = world.head().await;
        let anonymous = Person::anonymous(&world.url);
        let mut answers = Vec::new();
        for (email, password) in [
            ("anja.krueger@example.org", "wrong horse battery"),
            ("nobody@example.org", PASSWORD),
            ("", ""),
            ("anja.krueger@example.org", ""),
            ("a\u{0}b@example.org", PASSWORD),
            ("' OR 1=1 --", "\u{0}"),
        ] {
            let answer = anonymous.post("/sign-in", &json!({ "email": email, "password": password })).await;
            assert!(!answer.headers.contains_key(header::SET_COOKIE));
            answers.push(answer.problem(401, "wrong_credentials"));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "the answer reveals which addresses exist");
        anonymous.get("/me").await.problem(401, "not_signed_in");
        assert_eq!(world.head().await.0, before.0 + 6, "each attempt is logged, and nothing else");
    }

    async fn too_many_attempts_are_throttled(world: World) {
        // An attempt is regained each second, so all are sent at once.
        let strict = World::with_sign_in_burst(world.engine, 3).await;
        let emails: Vec<_> = (0..20).map(|number| format!("guess{number}@example.org")).collect();
        let (tried, throttled) = all_at_once(&strict, &emails).await;
        assert!(tried >= 3 && throttled >= 1, "{tried} attempts were checked, {throttled} were throttled");
    }

    async fn ten_attempts_on_one_account_are_the_limit(world: World) {
        // An attempt is regained every six seconds. Addresses are case-insensitive.
        let emails: Vec<_> = ["anja.krueger@example.org", "Anja.Krueger@example.org"].repeat(10);
        let (tried, throttled) = all_at_once(&world, &emails).await;
        assert!(
            (10..20).contains(&tried) && throttled >= 1,
            "{tried} attempts were checked, {throttled} were throttled"
        );
        let other = json!({ "email": "other@example.org", "password": PASSWORD });
        Person::anonymous(&world.url).post("/sign-in", &other).await.problem(401, "wrong_credentials");
    }

    async fn a_signed_out_session_is_refused(world: World) {
        let agent = world.agent("Nora Neu").await;
        let cookie = sign_in_cookie(&world).await;
        request_with(&world, Method::GET, "/me", &[(header::COOKIE, &cookie)]).await.ok();
        let own = [(header::COOKIE, &*cookie), (header::ORIGIN, &*world.url)];
        assert_eq!(request_with(&world, Method::POST, "/sign-out", &own).await.status, 204);
        assert_eq!(
            request_with(&world, Method::POST, "/sign-out", &own).await.status,
            204,
            "signing out twice is harmless"
        );
        request_with(&world, Method::GET, "/me", &[(header::COOKIE, &cookie)]).await.problem(401, "not_signed_in");
        agent.get("/me").await.ok();
    }

    async fn a_missing_or_forged_credential_is_refused(world: World) {
        for headers in [
            vec![],
            vec![(header::AUTHORIZATION, "Bearer made-up")],
            vec![(header::AUTHORIZATION, "Bearer ")],
            vec![(header::AUTHORIZATION, "Bearer")],
            vec![(header::AUTHORIZATION, "Basic YTpi")],
            vec![(header::COOKIE, "seatkeeper_session=made-up")],
            vec![(header::COOKIE, "seatkeeper_session=")],
        ] {
            for path in ["/me", "/users", "/sessions", "/licenses", "/live"] {
                let answer = request_with(&world, Method::GET, path, &headers).await;
                assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
                answer.problem(401, "not_signed_in");
            }
        }
    }

    async fn a_token_works_until_it_is_deleted_or_expires(world: World) {
        let made = world.admin.post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
        let bearer = format!("bearer {}", made["secret"].as_str().expect("a secret"));
        let with_token = [(header::AUTHORIZATION, &*bearer)];
        request_with(&world, Method::GET, "/me", &with_token).await.ok();
        let listed = json!([{ "id": made["id"], "name": "CI",
                              "created_at": "2026-03-02T09:00:00Z",
                              "expires_at": "2026-03-03T09:00:00Z", "scope": "all" }]);
        assert_eq!(world.admin.get("/tokens").await.ok(), listed, "the secret is not shown again");
        let agent = world.agent("Nora Neu").await;
        let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
        agent.delete(&path).await.problem(404, "not_found");
        request_with(&world, Method::GET, "/me", &with_token).await.ok();
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.delete(&path).await.problem(404, "not_found");
        request_with(&world, Method::GET, "/me", &with_token).await.problem(401, "not_signed_in");

        let program = agent.with_token().await;
        world.advance_clock(chrono::TimeDelta::days(1) - chrono::TimeDelta::seconds(1));
        program.get("/me").await.ok();
        world.advance_clock(chrono::TimeDelta::seconds(1));
        program.get("/me").await.problem(401, "not_signed_in");
    }

    async fn a_browser_session_ends_after_twelve_hours(world: World) {
        world.advance_clock(chrono::TimeDelta::hours(12) - chrono::TimeDelta::seconds(1));
        world.admin.get("/me").await.ok();
        world.advance_clock(chrono::TimeDelta::seconds(1));
        world.admin.get("/me").await.problem(401, "not_signed_in");
    }

    async fn another_site_cannot_write_with_the_browsers_cookie(world: World) {
        let cookie = sign_in_cookie(&world).await;
        let before = world.head().await;
        let upper = world.url.replace("http:", "https:") + "0";
        for origin in ["https://evil.example", "null", "", "http://127.0.0.1", &upper, "file://"] {
            let headers = [(header::COOKIE, &*cookie), (header::ORIGIN, origin)];
            for path in ["/products", "/tokens", "/sign-out", "/sessions/end"] {
                request_with(&world, Method::POST, path, &headers).await.problem(403, "wrong_origin");
            }
        }
        let bare = [(header::COOKIE, &*cookie)];
        request_with(&world, Method::POST, "/products", &bare).await.problem(403, "wrong_origin");
        assert_eq!(world.head().await, before);
        request_with(&world, Method::GET, "/products", &bare).await.ok();
        let own = [(header::COOKIE, &*cookie), (header::ORIGIN, &*world.url)];
        request_with(&world, Method::POST, "/products", &own).await.created();
    }
}
