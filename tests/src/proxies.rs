//! Client addresses behind a proxy: only the `X-Forwarded-For` headers of trusted proxies count.

use crate::harness::{PASSWORD, Person, World, on_both_engines};
use reqwest::Method;
use serde_json::json;

const HEADER: &str = "x-forwarded-for";

/// Signs in with these forwarded addresses, and returns the status.
async fn sign_in_status(world: &World, forwarded_for: &str, email: &str, password: &str) -> u16 {
    let anonymous = Person::anonymous(&world.url);
    let request = anonymous.request(Method::POST, "/sign-in").header(HEADER, forwarded_for);
    anonymous.send(request.json(&json!({ "email": email, "password": password }))).await.status.as_u16()
}

/// The client address of the latest event.
async fn last_address(world: &World) -> serde_json::Value {
    world.admin.get("/audit?limit=1").await.ok()["items"][0]["address"].clone()
}

const ADMIN: &str = "anja.krueger@example.org";

on_both_engines! {
    async fn log_and_sign_ins_show_the_address_that_the_proxy_forwards(world: World) {
        let world = World::behind_proxy(world.engine, "127.0.0.1", 10_000).await;
        assert_eq!(sign_in_status(&world, "203.0.113.7", ADMIN, PASSWORD).await, 200);
        assert_eq!(last_address(&world).await, "203.0.113.7");
        let sign_ins = world.admin.get("/me/sign-ins").await.ok();
        assert!(sign_ins.as_array().expect("sign-ins").iter().any(|one| one["address"] == "203.0.113.7"), "{sign_ins}");
        let named = world.admin.request(Method::POST, "/groups").header(HEADER, "2001:db8::7");
        world.admin.send(named.json(&json!({ "name": "Team Nord" }))).await.created();
        assert_eq!(last_address(&world).await, "2001:db8::7");
    }

    async fn forged_forwarded_addresses_are_ignored(world: World) {
        let trusting = World::behind_proxy(world.engine, "127.0.0.1", 10_000).await;
        sign_in_status(&trusting, "198.51.100.1, 203.0.113.7", ADMIN, PASSWORD).await;
        assert_eq!(last_address(&trusting).await, "203.0.113.7");
        // These servers trust no proxy, or another one.
        let other = World::behind_proxy(world.engine, "10.0.0.0/8", 10_000).await;
        for world in [world, other] {
            assert_eq!(sign_in_status(&world, "203.0.113.7", ADMIN, PASSWORD).await, 200);
            assert_eq!(last_address(&world).await, "127.0.0.1");
        }
    }

    async fn each_address_behind_the_proxy_has_its_own_attempts(world: World) {
        let strict = World::behind_proxy(world.engine, "127.0.0.1", 3).await;
        let mut refused = 0;
        // An attempt is regained each second, so all are sent at once.
        let attempts = (0..20).map(|number| {
            let (strict, email) = (&strict, format!("guess{number}@example.org"));
            async move { sign_in_status(strict, "203.0.113.7", &email, "wrong").await }
        });
        for status in futures_util::future::join_all(attempts).await {
            refused += usize::from(status == 429);
        }
        assert!(refused > 0, "no attempt was refused");
        assert_eq!(
            sign_in_status(&strict, "203.0.113.8", ADMIN, PASSWORD).await,
            200,
            "another address is not affected"
        );
    }
}
