//! Ended tickets and sessions stay readable and say how they ended; actions on them are refused with the same details.

use crate::harness::{id_of, on_both_engines, seat_request};
use serde_json::json;

on_both_engines! {
    async fn an_ended_ticket_is_readable_and_says_how_it_ended(world: World) {
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
            people[1].post_action(&ticket, "accept").await,
            people[1].post_action(&ticket, "pass").await,
            people[1].delete(&ticket).await,
            world.admin.delete(&ticket).await,
            world.admin.post(&format!("{ticket}/move"), &json!({ "position": 1 })).await,
        ];
        for answer in refused {
            assert_eq!(answer.problem(410, "ticket_over")["ticket"], over);
        }
        people[2].get(&ticket).await.problem(404, "not_found");
    }

    async fn an_ended_session_is_readable_and_says_how_it_ended(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].post("/sessions", &seat_request("application")).await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        world.admin.post(&format!("{path}/end"), &json!({})).await.ok();
        let read = people[0].get(&path).await.ok();
        assert_eq!((&read["state"], &read["ended"]["reason"]), (&"ended".into(), &"ended_by_admin".into()), "{read:#}");
        let refused = people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        assert_eq!(refused["ended"]["reason"], "ended_by_admin");
    }

    async fn deleted_users_and_groups_are_not_found(world: World) {
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
