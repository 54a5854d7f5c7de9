//! How the gate classifies the proxied request: preflights, pages, scripts, and requests that take no seat.

use super::{GATE, PAGE};
use crate::harness::{Person, on_both_engines};
use serde_json::{Value, json};

on_both_engines! {
    async fn only_navigations_are_sent_to_the_waiting_page(world: World) {
        world.pool(1, 1).await;
        let anonymous = Person::anonymous(&world.url);
        let request = async |headers: &[(&str, &str)]| anonymous.request_gate_with(GATE, headers).await;
        let (accept, original) = (("accept", PAGE), ("x-original-url", "https://app.example.org/a"));
        let page = request(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), original]).await;
        assert!(page.header("x-seatkeeper-redirect").is_some());
        for headers in [
            [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), accept, original],
            [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), accept, original],
            [("x-requested-with", "XMLHttpRequest"), ("x-other", "1"), accept, original],
        ] {
            let script = request(&headers).await;
            assert_eq!(script.header("x-seatkeeper-redirect"), None, "{headers:?}");
            let brief: Value = serde_json::from_str(script.header("x-seatkeeper-problem").expect("it")).expect("JSON");
            assert_eq!((&brief["code"], &brief["status"]), (&json!("not_signed_in"), &json!(401)));
            script.problem(401, "not_signed_in");
        }
        let form =
            request(&[accept, original, ("x-original-method", "POST"), ("referer", "https://app.example.org/form")])
                .await;
        let to = "/wait/remote-support-v5?return=https%3A%2F%2Fapp.example.org%2Fform&unsent=true";
        assert_eq!(form.header("x-seatkeeper-redirect"), Some(to));
    }

    async fn a_preflight_is_answered_without_a_cookie_and_takes_no_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let anonymous = Person::anonymous(&world.url);
        let origin = [("origin", "https://other.example.org"), ("access-control-request-method", "PUT")];
        let preflight = |name| [origin[0], origin[1], (name, "OPTIONS")];
        let passes = "/gate/remote-support-v5?preflights=true";
        for name in ["x-original-method", "x-forwarded-method"] {
            assert_eq!(anonymous.request_gate_with(passes, &preflight(name)).await.status, 200, "{name}");
            anonymous.request_gate_with(GATE, &preflight(name)).await.problem(401, "not_signed_in");
        }
        let directly = anonymous.raw(reqwest::Method::OPTIONS, &format!("{}{GATE}", world.url));
        let directly = directly.header("origin", origin[0].1).header("access-control-request-method", "PUT");
        let answer = anonymous.send(directly).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-seatkeeper-user")), (200, None));
        anonymous.request_gate_with(passes, &[("x-original-method", "OPTIONS")]).await.problem(401, "not_signed_in");
        anonymous.request_gate_with(passes, &origin).await.problem(401, "not_signed_in");
        let forwarded = ("x-forwarded-method", "OPTIONS");
        for name in ["x-http-method-override", "x-http_method-override", "x_http_method", "x_original_method"] {
            let overridden = [origin[0], origin[1], forwarded, (name, "DELETE")];
            anonymous.request_gate_with(passes, &overridden).await.problem(401, "not_signed_in");
        }
        people[0].request_gate_with(passes, &preflight("x-original-method")).await.problem(403, "no_seat");
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn background_requests_take_no_seat_and_join_no_queue(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let (first, second) = (&people[0], &people[1]);
        let quiet = [
            [("x-original-method", "HEAD")],
            [("x-forwarded-method", "OPTIONS")],
            [("sec-purpose", "prefetch;prerender")],
        ];
        for headers in &quiet {
            first.request_gate_with(GATE, headers).await.problem(403, "no_seat");
        }
        let head = first.raw(reqwest::Method::HEAD, &format!("{}{GATE}", world.url));
        assert_eq!(first.send(head).await.status, 403);
        assert_eq!((world.usage(license).await)["occupied"], 0);
        first.request_gate_with(GATE, &[]).await.ok();
        for headers in &quiet {
            first.request_gate_with(GATE, headers).await.ok();
            second.request_gate_with(GATE, headers).await.problem(403, "no_seat");
        }
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(1), &json!(0)));
    }

    async fn spoofed_identity_headers_are_refused(world: World) {
        let (license, people) = world.pool(1, 1).await;
        for name in ["x_seatkeeper_user", "x-seatkeeper_user", "x_seatkeeper-user-id"] {
            people[0].request_gate_with(GATE, &[(name, "admin@example.org")]).await.problem(403, "bad_request");
        }
        assert_eq!((world.usage(license).await)["occupied"], 0);
    }

    async fn the_applications_own_credentials_are_distinguished_from_ours(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let gate = "/gate/remote-support-v5?credentials=true";
        let plain = people[0].request_gate_with(GATE, &[("authorization", "Bearer of-the-application")]).await;
        assert_eq!(
            (plain.status.as_u16(), plain.header("authorization")),
            (200, None),
            "only if the proxy requests it"
        );
        let own = people[0].request_gate_with(gate, &[("authorization", "Bearer of-the-application")]).await;
        assert_eq!((own.status.as_u16(), own.header("authorization")), (200, Some("Bearer of-the-application")));
        assert_eq!(own.header("cookie"), None, "our cookie was the only one");
        let program = people[0].with_token().await.request_gate_with(gate, &[]).await;
        assert_eq!((program.status.as_u16(), program.header("authorization")), (200, None), "one of our tokens");
        let anonymous = Person::anonymous(&world.url)
            .request_gate_with(gate, &[("authorization", "Bearer of-the-application")])
            .await;
        anonymous.problem(401, "not_signed_in");
    }
}
