//! Work without a customer: an agent says at which device he works, and is offered the names that he used before.

use crate::world::{Answer, Person, on_both_engines, wanted};
use chrono::TimeDelta;
use serde_json::{Value, json};

fn at(remote: &str, wait: bool) -> Value {
    let mut body = wanted("unattended");
    (body["remote_device"], body["wait"]) = (json!(remote), json!(wait));
    body
}

async fn works_at(person: &Person, remote: &str) -> Answer {
    person.post("/sessions", &at(remote, false)).await
}

on_both_engines! {
    async fn the_device_stands_in_the_session_in_lists_and_in_exports(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let session = works_at(&people[0], " SRV-Lager 2 ").await.created();
        assert_eq!((&session["remote_device"], &session["device"]), (&json!("SRV-Lager 2"), &json!("NB-0412")));
        let listed = world.admin.get("/sessions").await.ok();
        assert_eq!(listed["items"][0]["remote_device"], "SRV-Lager 2");
        let exported = world.admin.get("/sessions/export?format=json").await.ok();
        assert_eq!(exported[0]["remote_device"], "SRV-Lager 2");
        let file = world.admin.request(reqwest::Method::GET, "/sessions/export").send().await.expect("an answer");
        let table = file.text().await.expect("a text");
        assert!(table.contains("platform,remote_device,state") && table.contains(",SRV-Lager 2,"), "{table}");
        people[1].post("/sessions", &wanted("unattended")).await.created();
        works_at(&people[0], &"x".repeat(500)).await.problem(422, "invalid");
    }

    async fn whoever_waited_works_at_the_device_that_he_waited_for(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let seated = people[0].seated().await;
        let ticket = people[1].post("/sessions", &at("SRV-7", true)).await;
        assert_eq!(ticket.status, 202, "{}", ticket.body);
        people[0].act(&seated, "end").await.ok();
        let path = crate::world::line::path_of("tickets", &ticket.body);
        assert_eq!(people[1].act(&path, "accept").await.created()["remote_device"], "SRV-7");
    }

    async fn the_names_used_before_are_offered_the_last_one_first(world: World) {
        let (_, people) = world.pool(5, 2).await;
        assert_eq!(people[0].get("/me/remote-devices").await.ok(), json!([]));
        for remote in ["SRV-1", "SRV-2", "SRV-1", ""] {
            works_at(&people[0], remote).await.created();
            world.pass(TimeDelta::seconds(1));
        }
        assert_eq!(people[0].get("/me/remote-devices").await.ok(), json!(["SRV-1", "SRV-2"]));
        assert_eq!(people[1].get("/me/remote-devices").await.ok(), json!([]), "each has his own");
        Person::stranger(&world.url).get("/me/remote-devices").await.problem(401, "not_signed_in");
    }
}
