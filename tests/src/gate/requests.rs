//! What the gate makes of the request that came to the proxy: preflights, pages, scripts, and what is not worth a seat.

use super::{GATE, PAGE};
use crate::world::{Person, on_both_engines};
use serde_json::{Value, json};

on_both_engines! {
    async fn only_navigations_are_sent_to_the_waiting_page(world: World) {
        world.pool(1, 1).await;
        let stranger = Person::stranger(&world.url);
        let ask = async |headers: &[(&str, &str)]| stranger.asks_with(GATE, headers).await;
        let (accept, original) = (("accept", PAGE), ("x-original-url", "https://app.example.org/a"));
        let page = ask(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), original]).await;
        assert!(page.header("x-seatkeeper-redirect").is_some());
        for headers in [
            [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), accept, original],
            [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), accept, original],
            [("x-requested-with", "XMLHttpRequest"), ("x-other", "1"), accept, original],
        ] {
            let script = ask(&headers).await;
            assert_eq!(script.header("x-seatkeeper-redirect"), None, "{headers:?}");
            let brief: Value = serde_json::from_str(script.header("x-seatkeeper-problem").expect("it")).expect("JSON");
            assert_eq!((&brief["code"], &brief["status"]), (&json!("not_signed_in"), &json!(401)));
            script.problem(401, "not_signed_in");
        }
        let form =
            ask(&[accept, original, ("x-original-method", "POST"), ("referer", "https://app.example.org/form")]).await;
        let to = "/wait/remote-support-v5?return=https%3A%2F%2Fapp.example.org%2Fform&unsent=true";
        assert_eq!(form.header("x-seatkeeper-redirect"), Some(to));
    }

    async fn a_preflight_is_answered_without_a_cookie_and_takes_no_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let stranger = Person::stranger(&world.url);
        let origin = [("origin", "https://other.example.org"), ("access-control-request-method", "PUT")];
        let told = |name| [origin[0], origin[1], (name, "OPTIONS")];
        let passes = "/gate/remote-support-v5?preflights=true";
        for name in ["x-original-method", "x-forwarded-method"] {
            assert_eq!(stranger.asks_with(passes, &told(name)).await.status, 200, "{name}");
            stranger.asks_with(GATE, &told(name)).await.problem(401, "not_signed_in");
        }
        let directly = stranger.raw(reqwest::Method::OPTIONS, &format!("{}{GATE}", world.url));
        let directly = directly.header("origin", origin[0].1).header("access-control-request-method", "PUT");
        let answer = stranger.send(directly).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-seatkeeper-user")), (200, None));
        stranger.asks_with(passes, &[("x-original-method", "OPTIONS")]).await.problem(401, "not_signed_in");
        stranger.asks_with(passes, &origin).await.problem(401, "not_signed_in");
        people[0].asks_with(passes, &told("x-original-method")).await.problem(403, "no_seat");
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn what_nobody_looks_at_takes_no_seat_and_stands_in_no_queue(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let (first, second) = (&people[0], &people[1]);
        let quiet = [
            [("x-original-method", "HEAD")],
            [("x-forwarded-method", "OPTIONS")],
            [("sec-purpose", "prefetch;prerender")],
        ];
        for headers in &quiet {
            first.asks_with(GATE, headers).await.problem(403, "no_seat");
        }
        let head = first.raw(reqwest::Method::HEAD, &format!("{}{GATE}", world.url));
        assert_eq!(first.send(head).await.status, 403);
        assert_eq!((world.usage(license).await)["occupied"], 0);
        first.asks_with(GATE, &[]).await.ok();
        for headers in &quiet {
            first.asks_with(GATE, headers).await.ok();
            second.asks_with(GATE, headers).await.problem(403, "no_seat");
        }
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(1), &json!(0)));
    }

    async fn headers_that_an_application_could_take_for_ours_are_refused(world: World) {
        let (license, people) = world.pool(1, 1).await;
        for name in ["x_seatkeeper_user", "x-seatkeeper_user", "x_seatkeeper-user-id"] {
            people[0].asks_with(GATE, &[(name, "admin@example.org")]).await.problem(403, "bad_request");
        }
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn the_applications_own_credentials_are_told_apart_from_ours(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let gate = "/gate/remote-support-v5?credentials=true";
        let plain = people[0].asks_with(GATE, &[("authorization", "Bearer of-the-application")]).await;
        assert_eq!(
            (plain.status.as_u16(), plain.header("authorization")),
            (200, None),
            "only if the proxy asks for it"
        );
        let own = people[0].asks_with(gate, &[("authorization", "Bearer of-the-application")]).await;
        assert_eq!((own.status.as_u16(), own.header("authorization")), (200, Some("Bearer of-the-application")));
        assert_eq!(own.header("cookie"), None, "ours is the only one");
        let program = people[0].with_token().await.asks_with(gate, &[]).await;
        assert_eq!((program.status.as_u16(), program.header("authorization")), (200, None), "a token of ours");
        let stranger =
            Person::stranger(&world.url).asks_with(gate, &[("authorization", "Bearer of-the-application")]).await;
        stranger.problem(401, "not_signed_in");
    }
}
