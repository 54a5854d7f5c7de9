//! Advice of the sizing report that needs more than the seats of the pool: named seats of the same product, and groups.

use super::{end, refused_at, start_at};
use crate::harness::{PASSWORD, Person, World, email_of, id_of, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId},
    license::{Model, Price},
    people::{Permission, Role},
    wire::reports::{AdvisedService, SizingAdvice, SizingReport},
};
use serde_json::json;

const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-02T23:00:00Z";

impl World {
    async fn advice(&self, license: LicenseId) -> Vec<SizingAdvice> {
        self.report::<SizingReport>(&path(license)).await.advice
    }

    /// The advice for a manager who is limited to a group.
    async fn advice_for(
        &self,
        name: &str,
        permissions: &[Permission],
        group: GroupId,
        license: LicenseId,
    ) -> Vec<SizingAdvice> {
        let admin = self.admin.sign_in_again("anja.krueger@example.org").await;
        let user = json!({
            "name": name, "email": email_of(name), "password": PASSWORD, "role": Role::Manager,
            "permissions": permissions, "group_ids": [],
        });
        let id = id_of(&admin.post("/users", &user).await.created());
        let limit = json!({ "limited_to_groups": true, "manages": [group] });
        admin.patch(&format!("/users/{id}"), &limit).await.ok();
        let manager = Person::signing_in(&self.url, &email_of(name), id).await;
        serde_json::from_value::<SizingReport>(manager.get(&path(license)).await.ok()).expect("a report").advice
    }
}

fn path(license: LicenseId) -> String {
    format!("/reports/sizing?license={license}&{DAY}")
}

/// Sessions of ten seconds each, one after the other.
async fn work(world: &World, agent: &Person, sessions: usize) {
    for _ in 0..sessions {
        let session = start_at(agent, "NB-1").await;
        world.advance_clock(TimeDelta::seconds(10));
        end(agent, &session).await;
    }
}

on_both_engines! {
    /// The pool is busiest from 9 to 10 o'clock. Of the users with named seats, D had a session for a quarter of that
    /// hour, E for three quarters, and F never.
    async fn light_users_of_named_seats_are_advised_to_use_the_pool(world: World) {
        let (license, people) = world.long_pool(1, 1).await;
        let product: ProductId =
            serde_json::from_value(world.admin.get("/products").await.ok()[0]["id"].clone()).expect("an id");
        let named = json!({
            "product_id": product, "model": Model::Named, "seats": 3, "lease_seconds": 86_400,
            "price_per_seat": { "minor": 2_500, "currency": "EUR" },
        });
        let named: LicenseId = id_of(&world.admin.post("/licenses", &named).await.created());
        let price = json!({ "price_per_seat": { "minor": 6_000, "currency": "EUR" } });
        world.admin.patch(&format!("/licenses/{license}"), &price).await.ok();
        let [d, e, f] = [world.agent("D").await, world.agent("E").await, world.agent("F").await];
        world.grant(named, &[d.id, e.id, f.id]).await;
        let (of_d, of_e) = (world.group("Team D", &[d.id]).await, world.group("Team E", &[e.id]).await);
        let pooled = start_at(&people[0], "NB-A").await;
        let sessions = [start_at(&d, "NB-D").await, start_at(&e, "NB-E").await];
        world.set_clock("2026-03-02T09:15:00Z");
        end(&d, &sessions[0]).await;
        world.set_clock("2026-03-02T09:45:00Z");
        end(&e, &sessions[1]).await;
        world.set_clock("2026-03-02T10:00:00Z");
        end(&people[0], &pooled).await;
        world.set_clock("2026-03-03T12:00:00Z");

        let price = |minor| Price { minor, currency: "EUR".to_owned() };
        let (user_id, user_name) = (d.id, "D".to_owned());
        let break_even = 2_500.0 / 6_000.0;
        // A quarter of 60.00 instead of 25.00.
        let to_pool = SizingAdvice::MakeConcurrent {
            user_id, user_name, license_id: named, busy_share: 0.25, break_even, saving: price(1_000),
        };
        let to_named = SizingAdvice::MakeNamed {
            user_id: people[0].id, user_name: "Agent 0".to_owned(), busy_share: 1.0, break_even, saving: price(3_500),
        };
        assert_eq!(world.advice(license).await, [to_named, to_pool.clone()]);
        let both = [Permission::ViewReports, Permission::ManageProducts];
        assert_eq!(world.advice_for("Mona", &both, of_d, license).await, [to_pool]);
        assert_eq!(world.advice_for("Mike", &both, of_e, license).await, []);
        assert_eq!(world.advice_for("Mara", &both[..1], of_d, license).await, [], "prices are not for everybody");
    }

    /// Of 20 requests of the one member, one finds both seats occupied; of 100 of the others, none. With a reserved
    /// seat, it is one of the others who waits.
    async fn seats_are_reserved_for_a_group_that_is_served_worst(world: World) {
        let (license, people) = world.long_pool(2, 3).await;
        let [a, x, y] = [&people[0], &people[1], &people[2]];
        let (group, other) = (world.group("Night", &[a.id]).await, world.group("Day", &[x.id, y.id]).await);
        work(&world, a, 19).await;
        work(&world, y, 98).await;
        world.set_clock("2026-03-02T12:00:00Z");
        let of_x = start_at(x, "NB-X").await;
        world.set_clock("2026-03-02T12:01:00Z");
        let of_y = start_at(y, "NB-Y").await;
        world.set_clock("2026-03-02T12:02:00Z");
        refused_at(a, "NB-A").await;
        world.set_clock("2026-03-02T12:03:00Z");
        end(y, &of_y).await;
        world.set_clock("2026-03-02T12:04:00Z");
        end(x, &of_x).await;
        world.set_clock("2026-03-03T12:00:00Z");

        let service = |attempts, delayed, longest_wait_seconds| {
            AdvisedService { attempts, delayed, longest_wait_seconds }
        };
        let expected = SizingAdvice::ReserveForGroup {
            group_id: group,
            group_name: "Night".to_owned(),
            seats: 1,
            seats_before: 0,
            // Until the seat is free, and ten seconds more to accept it.
            members_before: service(20, 1, 70),
            members_after: service(20, 0, 0),
            others_before: service(100, 0, 0),
            others_after: service(100, 1, 190),
        };
        assert_eq!(world.advice(license).await, std::slice::from_ref(&expected));
        let see = [Permission::ViewReports];
        assert_eq!(world.advice_for("Nora", &see, group, license).await, [expected]);
        assert_eq!(world.advice_for("Nils", &see, other, license).await, [], "a group that they do not see");
        let grown: SizingReport = world.report(&format!("{}&growth=1.5", path(license))).await;
        let is_for_group = |one: &SizingAdvice| matches!(one, SizingAdvice::ReserveForGroup { .. });
        assert!(!grown.advice.iter().any(is_for_group), "clones are in no group");

        // With the seat reserved from now on, today's limits are what is compared with.
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        let limits = json!({ "limits": [{ "group_id": group, "floor": 1 }] });
        admin.put(&format!("/licenses/{license}/groups"), &limits).await.ok();
        let to = "from=2026-03-01T23:00:00Z&to=2026-03-04T23:00:00Z";
        world.advance_clock(TimeDelta::minutes(1));
        let report: SizingReport = world.report(&format!("/reports/sizing?license={license}&{to}")).await;
        assert!(!report.advice.iter().any(is_for_group), "{:#?}", report.advice);
    }
}
