//! Behind a proxy: it is believed if the operator trusts it, and nobody else is.

use crate::world::{PASSWORD, Person, World, on_both_engines};
use reqwest::Method;
use serde_json::json;

const HEADER: &str = "x-forwarded-for";

/// The status of a sign-in that comes through with these addresses on its way.
async fn signs_in(world: &World, way: &str, email: &str, password: &str) -> u16 {
    let stranger = Person::stranger(&world.url);
    let request = stranger.request(Method::POST, "/sign-in").header(HEADER, way);
    stranger.send(request.json(&json!({ "email": email, "password": password }))).await.status.as_u16()
}

/// Where the latest event came from.
async fn last_address(world: &World) -> serde_json::Value {
    world.admin.get("/audit?limit=1").await.ok()["items"][0]["address"].clone()
}

const ADMIN: &str = "anja.krueger@example.org";

on_both_engines! {
    async fn log_and_sign_ins_name_whom_the_proxy_speaks_for(world: World) {
        let world = World::behind(world.engine, "127.0.0.1", 10_000).await;
        assert_eq!(signs_in(&world, "203.0.113.7", ADMIN, PASSWORD).await, 200);
        assert_eq!(last_address(&world).await, "203.0.113.7");
        let sign_ins = world.admin.get("/me/sign-ins").await.ok();
        assert!(sign_ins.as_array().expect("sign-ins").iter().any(|one| one["address"] == "203.0.113.7"), "{sign_ins}");
        let named = world.admin.request(Method::POST, "/groups").header(HEADER, "2001:db8::7");
        world.admin.send(named.json(&json!({ "name": "Team Nord" }))).await.created();
        assert_eq!(last_address(&world).await, "2001:db8::7");
    }

    async fn what_somebody_writes_before_the_proxy_counts_for_nothing(world: World) {
        let trusting = World::behind(world.engine, "127.0.0.1", 10_000).await;
        signs_in(&trusting, "198.51.100.1, 203.0.113.7", ADMIN, PASSWORD).await;
        assert_eq!(last_address(&trusting).await, "203.0.113.7");
        // Here nobody is trusted, or somebody else.
        let other = World::behind(world.engine, "10.0.0.0/8", 10_000).await;
        for world in [world, other] {
            assert_eq!(signs_in(&world, "203.0.113.7", ADMIN, PASSWORD).await, 200);
            assert_eq!(last_address(&world).await, "127.0.0.1");
        }
    }

    async fn each_address_behind_the_proxy_has_its_own_tries(world: World) {
        let strict = World::behind(world.engine, "127.0.0.1", 3).await;
        let mut kept_out = 0;
        // One more try is allowed each second, so all come at once.
        let tries = (0..20).map(|number| {
            let (strict, email) = (&strict, format!("guess{number}@example.org"));
            async move { signs_in(strict, "203.0.113.7", &email, "wrong").await }
        });
        for status in futures_util::future::join_all(tries).await {
            kept_out += usize::from(status == 429);
        }
        assert!(kept_out > 0, "nobody was kept out");
        assert_eq!(signs_in(&strict, "203.0.113.8", ADMIN, PASSWORD).await, 200, "his neighbour is not to blame");
    }
}
