//! A product with two licenses: an agent with both still has one seat and one place in the queue.

use crate::harness::{
    Person, World, on_both_engines,
    queue::{path_of, place},
    seat_request,
};
use seatkeeper_shared::{ids::LicenseId, license::Model};
use serde_json::{Value, json};

/// Two licenses of one product, each with one seat and an agent of its own, and an agent with both.
struct TwoLicenses {
    licenses: [LicenseId; 2],
    own: [Person; 2],
    both: Person,
}

impl TwoLicenses {
    async fn create(world: &World, terms: Value) -> Self {
        let (first, mut people) = world.pool_with_terms(terms.clone(), 2).await;
        let product = world.admin.get(&format!("/licenses/{first}")).await.ok()["product_id"].clone();
        let product = serde_json::from_value(product).expect("an id");
        let second = world.license(product, Model::Concurrent, 1).await;
        world.change_license(second, terms).await;
        let other = world.agent("Andere").await;
        let both = people.remove(1);
        world.grant(second, &[other.id, both.id]).await;
        Self { licenses: [first, second], own: [people.remove(0), other], both }
    }

    async fn total(&self, world: &World, what: &str) -> i64 {
        let mut sum = 0;
        for license in self.licenses {
            sum += world.usage(license).await[what].as_i64().expect("a number");
        }
        sum
    }
}

on_both_engines! {
    async fn a_repeated_request_keeps_its_one_place_in_the_queue(world: World) {
        let fixture = TwoLicenses::create(&world, json!({})).await;
        let seats = [fixture.own[0].seated().await, fixture.own[1].seated().await];
        let ticket = fixture.both.queued().await;
        for _ in 0..3 {
            assert_eq!(fixture.both.queued().await, ticket);
        }
        assert_eq!(fixture.total(&world, "waiting").await, 1);
        for (person, session) in fixture.own.iter().zip(&seats) {
            person.post_action(session, "end").await.ok();
        }
        assert_eq!(place(&fixture.both.get(&ticket).await.ok()), ("offered", 1));
        fixture.both.post_action(&ticket, "accept").await.created();
        assert_eq!(
            (fixture.total(&world, "occupied").await, fixture.total(&world, "offered").await),
            (1, 0),
            "no offer is left over"
        );
    }

    async fn a_seat_of_one_license_ends_the_wait_for_the_other(world: World) {
        let fixture = TwoLicenses::create(&world, json!({})).await;
        let late = world.agent("Späte").await;
        world.grant(fixture.licenses[0], &[late.id]).await;
        fixture.own[0].seated().await;
        let ticket = late.queued().await;
        world.grant(fixture.licenses[1], &[late.id]).await;
        let session = late.request_seat().await.created();
        assert_eq!(session["license_id"], json!(fixture.licenses[1]));
        let over = late.get(&ticket).await.ok()["over"].clone();
        assert_eq!((&over["reason"], &over["session_id"]), (&json!("seated"), &session["id"]));
        assert_eq!(fixture.total(&world, "waiting").await, 0);
    }

    async fn a_further_session_shares_the_seat_of_the_agent(world: World) {
        let fixture = TwoLicenses::create(&world, json!({})).await;
        // Whichever license is tried first, the agent holds a seat of the other one.
        for (blocker, rest) in [(0, 1), (1, 0)] {
            let blocking = fixture.own[blocker].seated().await;
            let first = fixture.both.request_seat().await.created();
            assert_eq!(first["license_id"], json!(fixture.licenses[rest]));
            fixture.own[blocker].post_action(&blocking, "end").await.ok();
            let second = fixture.both.request_seat().await.created();
            assert_eq!(second["license_id"], first["license_id"]);
            assert_eq!(fixture.total(&world, "occupied").await, 1);
            for session in [first, second] {
                fixture.both.post_action(&path_of("sessions", &session), "end").await.ok();
            }
        }
    }

    async fn the_second_device_rule_is_not_bypassed_by_the_other_license(world: World) {
        let fixture = TwoLicenses::create(&world, json!({ "second_device": "refuse" })).await;
        for (blocker, _) in [(0, 1), (1, 0)] {
            let blocking = fixture.own[blocker].seated().await;
            let session = fixture.both.seated_at("NB-1").await;
            fixture.own[blocker].post_action(&blocking, "end").await.ok();
            let mut elsewhere = seat_request("application");
            elsewhere["device"] = json!("NB-2");
            fixture.both.post("/sessions", &elsewhere).await.problem(409, "other_device");
            fixture.both.post_action(&session, "end").await.ok();
        }
    }
}
