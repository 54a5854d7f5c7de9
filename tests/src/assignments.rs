//! Who has which license, who may work at all, and what an admin's decisions do to the sessions of others.

use crate::world::{PASSWORD, Person, World, id_of, on_both_engines};
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Grants or revokes; the results.
async fn assign(world: &World, license: LicenseId, what: &str, body: Value) -> Value {
    world.admin.post(&format!("/licenses/{license}/{what}"), &body).await.ok()["results"].clone()
}

async fn usage(world: &World, license: LicenseId) -> Value {
    world.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone()
}

/// Sets the status of a user.
async fn set(by: &Person, of: &Person, status: &str) -> crate::world::Answer {
    by.patch(&format!("/users/{}", of.id), &json!({ "status": status })).await
}

on_both_engines! {
    async fn granting_and_revoking_work_once_and_do_no_harm_twice(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 1).await;
        let agent = world.agent("Nora Neu").await;
        let to = json!({ "user_ids": [agent.id, UNKNOWN, agent.id] });
        assert_eq!(
            assign(&world, license, "grant", to).await,
            json!([
                { "user_id": agent.id, "changed": true },
                { "user_id": UNKNOWN, "changed": false, "refused": "not_found" },
                { "user_id": agent.id, "changed": false },
            ])
        );
        let seen = world.admin.get(&format!("/users/{}", agent.id)).await.ok();
        assert_eq!(seen["license_ids"], json!([license]));
        assert_eq!(usage(&world, license).await["assigned"], 1);
        let from = json!({ "user_ids": [agent.id, UNKNOWN, agent.id], "end_now": false });
        assert_eq!(
            assign(&world, license, "revoke", from).await,
            json!([
                { "user_id": agent.id, "changed": true },
                { "user_id": UNKNOWN, "changed": false, "refused": "not_found" },
                { "user_id": agent.id, "changed": false },
            ])
        );
        assert_eq!(usage(&world, license).await["assigned"], 0);
        world
            .admin
            .post(&format!("/licenses/{UNKNOWN}/grant"), &json!({ "user_ids": [agent.id] }))
            .await
            .problem(404, "not_found");
    }

    async fn a_named_seat_is_one_persons_until_it_is_taken_away(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        let both = json!({ "user_ids": [first.id, second.id] });
        assert_eq!(
            assign(&world, license, "grant", both).await,
            json!([
                { "user_id": first.id, "changed": true },
                { "user_id": second.id, "changed": false, "refused": "named_seats_taken" },
            ])
        );
        second.ask().await.problem(409, "not_assigned");
        assign(&world, license, "revoke", json!({ "user_ids": [first.id], "end_now": true })).await;
        world.grant(license, &[second.id]).await;
        second.ask().await.created();
        first.ask().await.problem(409, "not_assigned");
    }

    async fn the_named_seat_of_whoever_is_suspended_is_free_for_somebody_else(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        world.grant(license, &[first.id]).await;
        first.ask().await.created();
        set(&world.admin, &first, "suspended").await.ok();
        world.grant(license, &[second.id]).await;
        second.ask().await.created();
        set(&world.admin, &first, "active").await.ok();
        first.sign_in_again("erste@example.org").await.ask().await.problem(409, "not_assigned");
        assert_eq!(usage(&world, license).await["occupied"], 1);
    }

    async fn a_revoked_agent_may_finish_and_then_gets_no_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].ask().await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        assign(&world, license, "revoke", json!({ "user_ids": [people[0].id], "end_now": false })).await;
        people[0].post(&format!("{path}/heartbeat"), &json!({})).await.ok();
        people[0].ask().await.problem(409, "not_assigned");
        people[0].post(&format!("{path}/end"), &json!({})).await.ok();
        people[0].ask().await.problem(409, "not_assigned");
    }

    async fn a_revoked_agent_loses_his_sessions_if_the_admin_says_now(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].ask().await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        assign(&world, license, "revoke", json!({ "user_ids": [people[0].id], "end_now": true })).await;
        let told = people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        let end = json!({ "reason": "assignment_revoked", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger" });
        assert_eq!(told["ended"], end);
        assert_eq!(usage(&world, license).await["occupied"], 0);
    }

    async fn a_suspended_user_is_out_and_can_come_back(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let (agent, program) = (&people[0], people[0].with_token().await);
        let session = agent.ask().await.created();
        assert_eq!(set(&world.admin, agent, "suspended").await.ok()["status"], "suspended");
        assert_eq!(set(&world.admin, agent, "suspended").await.ok()["status"], "suspended", "twice does no harm");
        assert_eq!(usage(&world, license).await["occupied"], 0);
        let seen = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        let end = json!({ "reason": "user_deactivated", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger" });
        assert_eq!(seen["ended"], end);
        agent.get("/me").await.problem(401, "not_signed_in");
        program.get("/me").await.problem(401, "not_signed_in");
        program.ask().await.problem(401, "not_signed_in");
        let sign_in = json!({ "email": "agent.0@example.org", "password": PASSWORD });
        Person::stranger(&world.url).post("/sign-in", &sign_in).await.problem(401, "wrong_credentials");
        let mut refused = assign(&world, license, "revoke", json!({ "user_ids": [agent.id], "end_now": false })).await;
        refused =
            json!([refused[0]["changed"], assign(&world, license, "grant", json!({ "user_ids": [agent.id] })).await]);
        let no = json!([{ "user_id": agent.id, "changed": false, "refused": "user_suspended" }]);
        assert_eq!(refused, json!([true, no]), "nothing is assigned to the suspended");

        assert_eq!(set(&world.admin, agent, "active").await.ok()["status"], "active");
        agent.get("/me").await.problem(401, "not_signed_in");
        program.get("/me").await.problem(401, "not_signed_in");
        world.grant(license, &[agent.id]).await;
        Person::signing_in(&world.url, "agent.0@example.org", agent.id).await.ask().await.created();
    }

    async fn the_last_admin_stays(world: World) {
        let admin = &world.admin;
        let path = format!("/users/{}", admin.id);
        admin.patch(&path, &json!({ "status": "suspended" })).await.problem(409, "last_admin");
        admin.patch(&path, &json!({ "role": "manager" })).await.problem(409, "last_admin");
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        set(admin, &second, "suspended").await.ok();
        admin.patch(&path, &json!({ "role": "agent" })).await.problem(409, "last_admin");
        let me = admin.get("/me").await.ok();
        assert_eq!(me["rights"], json!({ "role": "admin", "permissions": [], "billing_contact": true }));
        set(admin, &second, "active").await.ok();
        assert_eq!(set(admin, admin, "suspended").await.status, 200, "another one is there now");
        let second = second.sign_in_again("second.admin@example.org").await;
        assert_eq!(second.get(&path).await.ok()["status"], "suspended");
    }

    async fn of_two_admins_who_suspend_each_other_at_once_exactly_one_stays(world: World) {
        let (mut one, mut two) = (world.admin.clone(), world.person("Second Admin", Role::Admin, &[]).await);
        // Whoever was suspended signs in again, which is allowed ten times at once.
        for round in 0..8 {
            let (first, second) = tokio::join!(set(&one, &two, "suspended"), set(&two, &one, "suspended"));
            let (winner, loser, lost) = match (first.status.as_u16(), second.status.as_u16()) {
                (200, _) => (&one, &two, second),
                (_, 200) => (&two, &one, first),
                both => panic!("round {round}: nobody succeeded: {both:?}"),
            };
            // The loser either came second and was the last, or was suspended before he was asked who he is.
            let code = lost.body["code"].as_str().map(str::to_owned);
            assert!(matches!(code.as_deref(), Some("last_admin" | "not_signed_in")), "round {round}: {code:?}");
            assert_eq!(winner.get(&format!("/users/{}", winner.id)).await.ok()["status"], "active", "round {round}");
            assert_eq!(set(winner, loser, "active").await.ok()["status"], "active", "round {round}");
            one = one.sign_in_again("anja.krueger@example.org").await;
            two = two.sign_in_again("second.admin@example.org").await;
        }
    }

    async fn of_two_admins_who_demote_each_other_at_once_exactly_one_stays(world: World) {
        let (one, two) = (world.admin.clone(), world.person("Second Admin", Role::Admin, &[]).await);
        let demote = |by: Person, of: Person| async move {
            by.patch(&format!("/users/{}", of.id), &json!({ "role": "agent" })).await
        };
        for round in 0..20 {
            let (first, second) = tokio::join!(demote(one.clone(), two.clone()), demote(two.clone(), one.clone()));
            let statuses = (first.status.as_u16(), second.status.as_u16());
            let (winner, loser, lost) = match statuses {
                (200, _) => (&one, &two, second),
                (_, 200) => (&two, &one, first),
                both => panic!("round {round}: nobody succeeded: {both:?}"),
            };
            let code = lost.body["code"].as_str().map(str::to_owned);
            assert!(matches!(code.as_deref(), Some("last_admin" | "forbidden")), "round {round}: {code:?}");
            let back = winner.patch(&format!("/users/{}", loser.id), &json!({ "role": "admin" })).await;
            assert_eq!(back.ok()["role"], "admin", "round {round}");
        }
    }

    async fn fewer_seats_than_in_use_end_nobody_and_grant_nothing_until_drained(world: World) {
        let (license, people) = world.pool(3, 4).await;
        let mut held = Vec::new();
        for agent in &people[..3] {
            held.push(agent.ask().await.created()["id"].clone());
        }
        let path = format!("/licenses/{license}");
        let seen = world.admin.patch(&path, &json!({ "seats": 1 })).await.ok();
        assert_eq!((&seen["seats"], &seen["use"]["occupied"]), (&json!(1), &json!(3)));
        let refused = people[3].ask().await.problem(409, "over_capacity");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 1, "occupied": 3, "waiting": 0 }));
        for (number, code) in [(0, "over_capacity"), (1, "pool_full")] {
            let end = json!({ "ids": [held[number]] });
            people[number].post("/sessions/end", &end).await.ok();
            people[3].ask().await.problem(409, code);
        }
        people[2].post("/sessions/end", &json!({ "ids": [held[2]] })).await.ok();
        people[3].ask().await.created();
        assert_eq!(usage(&world, license).await["occupied"], 1);
    }

    async fn a_manager_adds_and_suspends_agents_but_no_managers_and_admins(world: World) {
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let body = json!({ "name": "Nora Neu", "email": "nora@example.org", "password": PASSWORD, "role": "agent" });
        let added = manager.post("/users", &body).await.created();
        assert_eq!(
            added,
            json!({
                "id": added["id"], "name": "Nora Neu", "email": "nora@example.org", "role": "agent", "permissions": [],
                "billing_contact": false, "status": "active", "source": "manual", "group_ids": [], "license_ids": [],
                "sessions": 0,
                "created_at": "2026-03-02T09:00:00Z",
            })
        );
        let nora = Person::signing_in(&world.url, "nora@example.org", id_of(&added)).await;
        set(&manager, &nora, "suspended").await.ok();
        set(&manager, &world.admin, "suspended").await.problem(403, "forbidden");
        set(&manager, &manager, "suspended").await.problem(403, "forbidden");
        let more = json!({ "permissions": ["manage_products"] });
        manager.patch(&format!("/users/{}", manager.id), &more).await.problem(403, "forbidden");
    }
}
