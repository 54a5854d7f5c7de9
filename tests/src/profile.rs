//! The user's own profile: name, password, sign-ins, and the scopes of API tokens.

use crate::{
    harness::{PASSWORD, Person, email_of, on_both_engines},
    permissions::REAUTHENTICATED_ROUTES,
};
use chrono::TimeDelta;
use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

const ID: &str = "00000000-0000-4000-8000-000000000000";
const NEW_PASSWORD: &str = "an even better sentence";

async fn token(by: &Person, scope: &str) -> Person {
    let made = by.post("/tokens", &json!({ "name": scope, "days": 1, "scope": scope })).await.created();
    assert_eq!(made["scope"], scope);
    let mut program = Person::with_secret(by.id, made["secret"].as_str().expect("a secret").to_owned());
    program.url.clone_from(&by.url);
    program
}

on_both_engines! {
    async fn a_user_changes_their_own_name(world: World) {
        let agent = world.agent("Nora Neu").await;
        assert_eq!(agent.patch("/me", &json!({ "name": " Nora Alt " })).await.ok()["name"], "Nora Alt");
        let before = world.head().await;
        assert_eq!(agent.patch("/me", &json!({ "name": "Nora Alt" })).await.ok()["name"], "Nora Alt");
        assert_eq!(world.head().await, before, "a repetition changes nothing");
        for bad in ["", "  ", "a\u{7}b"] {
            agent.patch("/me", &json!({ "name": bad })).await.problem(422, "invalid");
        }
        assert_eq!(agent.get("/me").await.ok()["name"], "Nora Alt");
        assert_eq!(world.admin.get("/users?q=nora+alt").await.ok()["total"], 1);
    }

    async fn changing_the_password_requires_the_old_one_and_signs_out_the_other_browsers(world: World) {
        let agent = world.agent("Nora Neu").await;
        let other = agent.sign_in_again(&email_of("Nora Neu")).await;
        let change = |old: &str, new: &str| json!({ "old": old, "new": new });
        agent.post("/me/password", &change("wrong horse", NEW_PASSWORD)).await.problem(403, "wrong_password");
        let problem = agent.post("/me/password", &change(PASSWORD, "password1234")).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "new", "error": "too_common" }]));
        other.get("/me").await.ok();
        assert_eq!(agent.post("/me/password", &change(PASSWORD, NEW_PASSWORD)).await.status, 204);
        agent.get("/me").await.ok();
        other.get("/me").await.problem(401, "not_signed_in");
        agent.post("/me/password", &change(PASSWORD, NEW_PASSWORD)).await.problem(403, "wrong_password");
        let log = world.event_log().await;
        assert!(log.contains("password_changed") && !log.contains(NEW_PASSWORD) && !log.contains(PASSWORD), "{log}");
    }

    async fn a_password_that_is_being_changed_admits_no_sign_in(world: World) {
        let anonymous = Person::anonymous(&world.url);
        for n in 0..12 {
            let name = format!("Nora {n}");
            let agent = world.agent(&name).await;
            let signing_in = async {
                // Signs in at a different moment of the change each time.
                for _ in 0..n * 3 {
                    world.admin.get("/me").await.ok();
                }
                anonymous.post("/sign-in", &json!({ "email": email_of(&name), "password": PASSWORD })).await.status
            };
            let change = json!({ "old": PASSWORD, "new": NEW_PASSWORD });
            let changing = agent.post("/me/password", &change);
            let (sign_in_status, changed) = join(signing_in, changing).await;
            assert_eq!(changed.status, 204, "{n}");
            let sign_ins = agent.get("/me/sign-ins").await.ok();
            assert_eq!(sign_ins.as_array().map(Vec::len), Some(1), "{n}: {sign_in_status} {sign_ins}");
        }
    }

    async fn of_two_concurrent_password_changes_one_succeeds(world: World) {
        let agent = world.agent("Nora Neu").await;
        let change = |new: &'static str| {
            let (agent, body) = (&agent, json!({ "old": PASSWORD, "new": new }));
            async move { agent.post("/me/password", &body).await.status.as_u16() }
        };
        let (first, second) = join(change(NEW_PASSWORD), change("correct battery horse staple")).await;
        let mut both = [first, second];
        both.sort_unstable();
        assert_eq!(both, [204, 403]);
    }

    async fn guesses_at_the_old_password_are_throttled(world: World) {
        let agent = &world.agent("Nora Neu").await;
        let attempts = (0..20).map(|_| async {
            agent.post("/me/password", &json!({ "old": "guess", "new": NEW_PASSWORD })).await.status.as_u16()
        });
        let codes = futures_util::future::join_all(attempts).await;
        assert!(codes.contains(&429) && codes.iter().all(|code| [403, 429].contains(code)), "{codes:?}");
    }

    async fn a_user_lists_and_ends_their_own_sign_ins(world: World) {
        let agent = world.agent("Nora Neu").await;
        world.advance_clock(TimeDelta::minutes(5));
        let other = agent.sign_in_again(&email_of("Nora Neu")).await;
        let seen = agent.get("/me/sign-ins").await.ok();
        let of = |at: usize| (seen[at]["this"].clone(), seen[at]["created_at"].clone(), seen[at]["address"].clone());
        assert_eq!(of(0), (json!(false), json!("2026-03-02T09:05:00Z"), json!("127.0.0.1")));
        assert_eq!(of(1), (json!(true), json!("2026-03-02T09:00:00Z"), json!("127.0.0.1")));
        let path = format!("/me/sign-ins/{}", seen[0]["id"].as_str().expect("an id"));
        world.admin.delete(&path).await.problem(404, "not_found");
        other.get("/me").await.ok();
        assert_eq!(agent.delete(&path).await.status, 204);
        agent.delete(&path).await.problem(404, "not_found");
        agent.delete("/me/sign-ins/nonsense").await.problem(404, "not_found");
        other.get("/me").await.problem(401, "not_signed_in");
        agent.get("/me").await.ok();
    }

    async fn signing_out_everywhere_else_is_idempotent(world: World) {
        let agent = world.agent("Nora Neu").await;
        let others =
            [agent.sign_in_again(&email_of("Nora Neu")).await, agent.sign_in_again(&email_of("Nora Neu")).await];
        assert_eq!(agent.delete("/me/sign-ins").await.status, 204);
        let before = world.head().await;
        assert_eq!(agent.delete("/me/sign-ins").await.status, 204);
        assert_eq!(world.head().await, before);
        for other in others {
            other.get("/me").await.problem(401, "not_signed_in");
        }
        assert_eq!(agent.get("/me/sign-ins").await.ok().as_array().map(Vec::len), Some(1));
        world.admin.get("/me").await.ok();
    }

    async fn a_token_is_limited_to_its_scope_on_every_route(world: World) {
        let (read, seats, all) = (
            token(&world.admin, "read").await,
            token(&world.admin, "sessions").await,
            token(&world.admin, "all").await,
        );
        // These routes need no authentication.
        let open = [
            "/setup",
            "/sign-in",
            "/sign-in/second-factor",
            "/sign-in/passkey",
            "/sign-in/passkey/begin",
            "/sign-out",
            "/links/preview",
            "/links/use",
            "/forgot-password",
            "/join",
            "/sign-in-options",
            "/borrow/keys",
        ];
        let of_seats = |method: &str, path: &str| {
            ["/sessions", "/tickets", "/queues", "/live", "/gate"].iter().any(|root| path.starts_with(root))
                || method == "GET" && ["/me", "/products", "/licenses"].contains(&path)
        };
        for (method, path) in seatkeeper::api::all_routes() {
            let path = path.replacen("/api/v1", "", 1);
            if open.contains(&&*path) {
                continue;
            }
            let address = path.replace("{id}", ID).replace("{license}", ID).replace("{token}", ID);
            // Routes that add credentials require a browser session, whatever the scope.
            let for_programs = !REAUTHENTICATED_ROUTES.contains(&(&*method, &*path));
            for (program, admitted) in
                [(&read, method == "GET"), (&seats, of_seats(&method, &path)), (&all, for_programs)]
            {
                let request = program.request(method.parse::<Method>().expect("a method"), &address);
                // The invalid body prevents any action. Reads only the head, because the live feed does not end.
                let status = request
                    .header("content-type", "application/json")
                    .body("[]")
                    .send()
                    .await
                    .expect("an answer")
                    .status();
                let refused = status == 403;
                assert_eq!(refused, !admitted, "{method} {path}: {status}");
            }
        }
        let problem = read.post("/products", &json!({ "name": "Mine" })).await.problem(403, "out_of_scope");
        assert!(problem["title"].is_string());
        // The last request signed the admin out everywhere.
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        admin.post("/tokens", &json!({ "name": "t", "days": 1, "scope": "root" })).await.problem(400, "bad_request");
    }

    async fn a_token_shows_its_last_use_to_the_minute(world: World) {
        let program = token(&world.admin, "all").await;
        let last = async || -> Value { world.admin.get("/tokens").await.ok()[0]["last_used_at"].clone() };
        assert_eq!(last().await, Value::Null);
        for (seconds, shown) in
            [(0, "2026-03-02T09:00:00Z"), (30, "2026-03-02T09:00:00Z"), (30, "2026-03-02T09:01:00Z")]
        {
            world.advance_clock(TimeDelta::seconds(seconds));
            program.get("/me").await.ok();
            seatkeeper::auth::last_used::write(&world.app.last_used, &world.app.journal).await.expect("written");
            world.app.caller_cache.invalidate_all();
            assert_eq!(last().await, shown);
        }
    }
}
