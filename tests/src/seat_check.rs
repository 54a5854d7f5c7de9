//! "Why did they get no seat?": the same rules as for requests, on the current state, and nothing changes.

use crate::harness::{World, on_both_engines, person::seat_request};
use seatkeeper_shared::{ids::UserId, license::Model};
use serde_json::{Value, json};

async fn check(world: &World, user: UserId) -> Value {
    world.admin.get(&format!("/users/{user}/seat-check")).await.ok()
}

/// Outcome and code for the only license.
fn only(check: &Value) -> (&str, Option<&str>) {
    let licenses = check["licenses"].as_array().expect("a list");
    assert_eq!(licenses.len(), 1, "{check}");
    (licenses[0]["outcome"].as_str().expect("an outcome"), licenses[0]["code"].as_str())
}

on_both_engines! {
    async fn each_rule_is_named_and_nothing_is_requested(world: World) {
        let (license, agents) = world.pool(1, 3).await;
        let (first, second, third) = (&agents[0], &agents[1], &agents[2]);
        assert_eq!(only(&check(&world, first.id).await), ("seat", None));
        assert_eq!(only(&check(&world, first.id).await), ("seat", None), "the check has taken nothing");
        first.post("/sessions", &seat_request("attended")).await.created();
        assert_eq!(only(&check(&world, first.id).await), ("has_session", None));

        let refused = second.post("/sessions", &seat_request("attended")).await;
        assert_eq!(refused.status, 409);
        let why = check(&world, second.id).await;
        assert_eq!(only(&why), ("refused", Some("pool_full")));
        assert_eq!(why["licenses"][0]["refusal"]["occupied"], 1);
        assert_eq!(why["licenses"][0]["place"], Value::Null);
        assert_eq!(why["refusals"].as_array().map(Vec::len), Some(1), "only the real request: {why}");
        let refusal = &why["refusals"][0];
        assert_eq!((&refusal["code"], &refusal["license_id"]), (&json!("pool_full"), &json!(license)));

        let mut waits = seat_request("attended");
        waits["wait"] = json!(true);
        assert_eq!(second.post("/sessions", &waits).await.status, 202);
        assert_eq!(third.post("/sessions", &waits).await.status, 202);
        assert_eq!(check(&world, second.id).await["licenses"][0]["place"]["position"], 1);
        assert_eq!(check(&world, third.id).await["licenses"][0]["place"]["position"], 2);

        let suspend = json!({ "status": "suspended" });
        world.admin.patch(&format!("/users/{}", third.id), &suspend).await.ok();
        assert_eq!(only(&check(&world, third.id).await), ("refused", Some("user_suspended")));
        let live = world.admin.get("/sessions?state=live").await.ok();
        assert_eq!(live["total"], 1, "no check has taken a seat");
    }

    async fn a_seat_that_is_reserved_for_another_group_is_named(world: World) {
        let (license, agents) = world.pool(1, 2).await;
        let group = world.group("Night shift", &[agents[0].id]).await;
        let limits = json!({ "limits": [{ "group_id": group, "floor": 1 }] });
        world.admin.put(&format!("/licenses/{license}/groups"), &limits).await.ok();
        assert_eq!(only(&check(&world, agents[0].id).await), ("seat", None));
        assert_eq!(only(&check(&world, agents[1].id).await), ("refused", Some("reserved_for_group")));
    }

    async fn a_refusal_without_any_license_has_the_product(world: World) {
        let (_, agents) = world.pool(1, 1).await;
        let desk = world.product("Service Desk").await;
        world.license(desk, Model::Concurrent, 2).await;
        let mut request = seat_request("attended");
        request["product"] = json!("service-desk");
        assert_eq!(agents[0].post("/sessions", &request).await.status, 409);
        let why = check(&world, agents[0].id).await;
        let refusal = &why["refusals"][0];
        let found = (&refusal["code"], &refusal["product_name"]);
        assert_eq!(found, (&json!("not_assigned"), &json!("Service Desk")), "{why}");
        assert_eq!(refusal["license_id"], Value::Null);
        let nobody = world.admin.get(&format!("/users/{}/seat-check", uuid::Uuid::nil())).await;
        assert_eq!(nobody.status, 404);
    }
}
