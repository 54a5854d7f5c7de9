//! The remote device of a session without a customer, and the suggestion of names used before.

use crate::harness::{Answer, Person, on_both_engines, seat_request};
use chrono::TimeDelta;
use serde_json::{Value, json};

fn request_for(remote: &str, wait: bool) -> Value {
    let mut body = seat_request("unattended");
    (body["remote_device"], body["wait"]) = (json!(remote), json!(wait));
    body
}

async fn start_on(person: &Person, remote: &str) -> Answer {
    person.post("/sessions", &request_for(remote, false)).await
}

on_both_engines! {
    async fn the_device_appears_in_the_session_in_lists_and_in_exports(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = start_on(&people[0], " SRV-Lager 2 ").await.created();
        assert_eq!((&session["remote_device"], &session["device"]), (&json!("SRV-Lager 2"), &json!("NB-0412")));
        let listed = world.admin.get("/sessions").await.ok();
        assert_eq!(listed["items"][0]["remote_device"], "SRV-Lager 2");
        let exported = world.admin.get("/sessions/export?format=json").await.ok();
        assert_eq!(exported[0]["remote_device"], "SRV-Lager 2");
        let file = world.admin.request(reqwest::Method::GET, "/sessions/export").send().await.expect("an answer");
        let table = file.text().await.expect("a text");
        assert!(table.contains("platform,remote_device,state") && table.contains(",SRV-Lager 2,"), "{table}");
        people[1].post("/sessions", &seat_request("unattended")).await.created();
        start_on(&people[0], &"x".repeat(500)).await.problem(422, "invalid");
    }

    async fn an_accepted_offer_keeps_the_remote_device_of_the_request(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let seated = people[0].seated().await;
        let ticket = people[1].post("/sessions", &request_for("SRV-7", true)).await;
        assert_eq!(ticket.status, 202, "{}", ticket.body);
        people[0].post_action(&seated, "end").await.ok();
        let path = crate::harness::queue::path_of("tickets", &ticket.body);
        assert_eq!(people[1].post_action(&path, "accept").await.created()["remote_device"], "SRV-7");
    }

    async fn previous_device_names_are_suggested_newest_first(world: World) {
        let (_, people) = world.pool(5, 2).await;
        assert_eq!(people[0].get("/me/remote-devices").await.ok(), json!([]));
        for remote in ["SRV-1", "SRV-2", "SRV-1", ""] {
            start_on(&people[0], remote).await.created();
            world.advance_clock(TimeDelta::seconds(1));
        }
        assert_eq!(people[0].get("/me/remote-devices").await.ok(), json!(["SRV-1", "SRV-2"]));
        assert_eq!(people[1].get("/me/remote-devices").await.ok(), json!([]), "each agent has their own");
        Person::anonymous(&world.url).get("/me/remote-devices").await.problem(401, "not_signed_in");
    }
}
