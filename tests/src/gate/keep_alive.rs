//! The keep-alive requests with which an open page renews its seat.

use super::{GATE, live, register_application};
use crate::harness::{Person, http, on_both_engines, queue::path_of};
use chrono::TimeDelta;
use serde_json::json;

on_both_engines! {
    async fn an_open_page_renews_its_seat_and_takes_none(world: World) {
        let (license, people) =
            world.pool_with_terms(json!({ "seats": 1, "idle_seconds": 600, "idle_ends_connected": true }), 1).await;
        register_application(&world).await;
        let person = &people[0];
        let ping = async |active: bool| {
            let origin = [("origin", "https://app.example.org")];
            person.request_gate_with(&format!("{GATE}/keep-alive?active={active}"), &origin).await
        };
        ping(true).await.problem(409, "no_seat");
        assert_eq!((world.usage(license).await)["occupied"], 0);
        person.request_gate_with(GATE, &[]).await.ok();
        let session = live(&world).await[0]["id"].clone();
        for _ in 0..4 {
            world.advance_clock(TimeDelta::seconds(100));
            let renewed = ping(true).await;
            assert_eq!(renewed.header("access-control-allow-origin"), Some("https://app.example.org"));
            assert_eq!(renewed.header("access-control-allow-credentials"), Some("true"));
            assert_eq!(renewed.ok(), json!({ "session_id": session, "next_in_seconds": 15 }));
            world.wait_until_renewed(&session).await;
        }
        // The page is open but idle, so the license's idle rule ends the session.
        for _ in 0..6 {
            world.advance_clock(TimeDelta::seconds(100));
            world.sweep().await;
            if ping(false).await.status != 200 {
                break;
            }
            world.wait_until_renewed(&session).await;
        }
        world.advance_clock(TimeDelta::seconds(100));
        world.sweep().await;
        assert_eq!(
            world.admin.get(&path_of("sessions", &json!({ "id": session }))).await.ok()["ended"]["reason"],
            "idle"
        );
        ping(false).await.problem(409, "no_seat");
    }

    async fn only_pages_behind_the_gate_renew_a_seat(world: World) {
        let (_, people) = world.pool(1, 1).await;
        register_application(&world).await;
        people[0].request_gate_with(GATE, &[]).await.ok();
        let address = format!("{GATE}/keep-alive");
        for evil in [("origin", "https://evil.example"), ("origin", "null")] {
            let answer = people[0].request_gate_with(&address, &[evil]).await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
            answer.problem(403, "wrong_origin");
        }
        // Without an `Origin` header, `Sec-Fetch-Site` decides; clients with a token send neither.
        let program = people[0].with_token().await;
        program.request_gate_with(&address, &[("sec-fetch-site", "cross-site")]).await.problem(403, "wrong_origin");
        people[0].request_gate_with(&address, &[]).await.ok();
        let ours = ("origin", "https://app.example.org");
        Person::anonymous(&world.url).request_gate_with(&address, &[ours]).await.problem(401, "not_signed_in");
        world.admin.post_action(&path_of("sessions", &live(&world).await[0]), "end").await.ok();
        let ended = people[0].request_gate_with(&address, &[ours]).await;
        assert_eq!(ended.header("access-control-allow-origin"), Some(ours.1), "the page may read the reason");
        assert_eq!(ended.problem(410, "session_ended")["ended"]["by"], "Anja Krüger");
        let script = Person::anonymous(&world.url).request_gate_with(&format!("{GATE}/keep-alive.js"), &[]).await;
        assert_eq!(
            (script.status.as_u16(), script.header("content-type")),
            (200, Some("text/javascript; charset=utf-8"))
        );
        let preflight = http::client().request(reqwest::Method::OPTIONS, format!("{}{address}", world.url));
        let preflight = preflight.header("origin", ours.1);
        let allowed = people[0].send(preflight).await;
        assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-methods")), (204, Some("GET")));
    }
}
