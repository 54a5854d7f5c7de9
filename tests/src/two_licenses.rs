//! A product with two licenses, as when seats were bought twice: an agent of both still has one seat and one place in the line.

use crate::world::{
    Person, World,
    line::{path_of, place},
    on_both_engines, wanted,
};
use seatkeeper_shared::{ids::LicenseId, license::Model};
use serde_json::{Value, json};

/// Two licenses of one product, each with a seat and an agent of its own, and one agent of both.
struct Stage {
    licenses: [LicenseId; 2],
    own: [Person; 2],
    both: Person,
}

impl Stage {
    async fn set(world: &World, terms: Value) -> Self {
        let (first, mut people) = world.licensed(terms.clone(), 2).await;
        let product = world.admin.get(&format!("/licenses/{first}")).await.ok()["product_id"].clone();
        let product = serde_json::from_value(product).expect("an id");
        let second = world.license(product, Model::Concurrent, 1).await;
        world.change(second, terms).await;
        let other = world.agent("Andere").await;
        let both = people.remove(1);
        world.grant(second, &[other.id, both.id]).await;
        Self { licenses: [first, second], own: [people.remove(0), other], both }
    }

    async fn all(&self, world: &World, what: &str) -> i64 {
        let mut sum = 0;
        for license in self.licenses {
            sum += world.usage(license).await[what].as_i64().expect("a number");
        }
        sum
    }
}

on_both_engines! {
    async fn whoever_asks_again_keeps_his_one_place_in_the_line(world: World) {
        let stage = Stage::set(&world, json!({})).await;
        let seats = [stage.own[0].seated().await, stage.own[1].seated().await];
        let ticket = stage.both.queued().await;
        for _ in 0..3 {
            assert_eq!(stage.both.queued().await, ticket);
        }
        assert_eq!(stage.all(&world, "waiting").await, 1);
        for (person, session) in stage.own.iter().zip(&seats) {
            person.act(session, "end").await.ok();
        }
        assert_eq!(place(&stage.both.get(&ticket).await.ok()), ("offered", 1));
        stage.both.act(&ticket, "accept").await.created();
        assert_eq!(
            (stage.all(&world, "occupied").await, stage.all(&world, "offered").await),
            (1, 0),
            "nothing is kept for nobody"
        );
    }

    async fn whoever_gets_a_seat_of_one_license_waits_for_none_of_the_other(world: World) {
        let stage = Stage::set(&world, json!({})).await;
        let late = world.agent("Späte").await;
        world.grant(stage.licenses[0], &[late.id]).await;
        stage.own[0].seated().await;
        let ticket = late.queued().await;
        world.grant(stage.licenses[1], &[late.id]).await;
        let session = late.ask().await.created();
        assert_eq!(session["license_id"], json!(stage.licenses[1]));
        let over = late.get(&ticket).await.ok()["over"].clone();
        assert_eq!((&over["reason"], &over["session_id"]), (&json!("seated"), &session["id"]));
        assert_eq!(stage.all(&world, "waiting").await, 0);
    }

    async fn a_further_session_shares_the_seat_that_he_has(world: World) {
        let stage = Stage::set(&world, json!({})).await;
        // Whichever license is looked at first, he is at the other one.
        for (blocker, rest) in [(0, 1), (1, 0)] {
            let blocking = stage.own[blocker].seated().await;
            let first = stage.both.ask().await.created();
            assert_eq!(first["license_id"], json!(stage.licenses[rest]));
            stage.own[blocker].act(&blocking, "end").await.ok();
            let second = stage.both.ask().await.created();
            assert_eq!(second["license_id"], first["license_id"]);
            assert_eq!(stage.all(&world, "occupied").await, 1);
            for session in [first, second] {
                stage.both.act(&path_of("sessions", &session), "end").await.ok();
            }
        }
    }

    async fn the_rule_of_second_devices_is_not_got_round_by_the_other_license(world: World) {
        let stage = Stage::set(&world, json!({ "second_device": "refuse" })).await;
        for (blocker, _) in [(0, 1), (1, 0)] {
            let blocking = stage.own[blocker].seated().await;
            let session = stage.both.seated_at("NB-1").await;
            stage.own[blocker].act(&blocking, "end").await.ok();
            let mut elsewhere = wanted("application");
            elsewhere["device"] = json!("NB-2");
            stage.both.post("/sessions", &elsewhere).await.problem(409, "other_device");
            stage.both.act(&session, "end").await.ok();
        }
    }
}
