//! What is over can be read as long as the history has it, and says how it ended; what is done to it is refused with the same.

use crate::world::{id_of, on_both_engines, wanted};
use serde_json::json;

on_both_engines! {
    async fn a_ticket_that_is_over_is_read_and_says_how_it_ended(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        assert_eq!(people[1].delete(&ticket).await.status, 204);
        for by in [&people[1], &world.admin] {
            for path in [ticket.clone(), format!("{ticket}?wait=30&position=1")] {
                let read = by.get(&path).await.ok();
                assert_eq!(
                    (&read["state"], &read["over"]["reason"]),
                    (&"over".into(), &"withdrawn".into()),
                    "{read:#}"
                );
            }
        }
        let over = people[1].get(&ticket).await.ok()["over"].clone();
        let refused = [
            people[1].act(&ticket, "accept").await,
            people[1].act(&ticket, "pass").await,
            people[1].delete(&ticket).await,
            world.admin.delete(&ticket).await,
            world.admin.post(&format!("{ticket}/move"), &json!({ "position": 1 })).await,
        ];
        for answer in refused {
            assert_eq!(answer.problem(410, "ticket_over")["ticket"], over);
        }
        people[2].get(&ticket).await.problem(404, "not_found");
    }

    async fn a_session_that_is_over_is_read_and_says_how_it_ended(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].post("/sessions", &wanted("application")).await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        world.admin.post(&format!("{path}/end"), &json!({})).await.ok();
        let read = people[0].get(&path).await.ok();
        assert_eq!((&read["state"], &read["ended"]["reason"]), (&"ended".into(), &"ended_by_admin".into()), "{read:#}");
        let refused = people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        assert_eq!(refused["ended"]["reason"], "ended_by_admin");
    }

    async fn what_was_deleted_is_not_there(world: World) {
        let user = world.user("Agent", seatkeeper_shared::people::Role::Agent, &[]).await;
        let group = id_of::<seatkeeper_shared::ids::GroupId>(
            &world.admin.post("/groups", &json!({ "name": "Nord" })).await.created(),
        );
        for path in [format!("/users/{user}"), format!("/groups/{group}")] {
            world.admin.get(&path).await.ok();
            assert_eq!(world.admin.delete(&path).await.status, 204);
            world.admin.get(&path).await.problem(404, "not_found");
            world.admin.delete(&path).await.problem(404, "not_found");
        }
    }
}
