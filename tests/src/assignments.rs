//! Assignments and user status: who may use a license, and what an admin's decisions do to the sessions of others.

use crate::harness::{PASSWORD, Person, World, id_of, on_both_engines};
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Grants or revokes, and returns the results.
async fn assign(world: &World, license: LicenseId, what: &str, body: Value) -> Value {
    world.admin.post(&format!("/licenses/{license}/{what}"), &body).await.ok()["results"].clone()
}

async fn usage(world: &World, license: LicenseId) -> Value {
    world.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone()
}

async fn set_status(by: &Person, of: &Person, status: &str) -> crate::harness::Answer {
    by.patch(&format!("/users/{}", of.id), &json!({ "status": status })).await
}

on_both_engines! {
    async fn granting_and_revoking_are_idempotent(world: World) {
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

    async fn a_named_seat_stays_with_one_user_until_it_is_revoked(world: World) {
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
        second.request_seat().await.problem(409, "not_assigned");
        assign(&world, license, "revoke", json!({ "user_ids": [first.id], "end_now": true })).await;
        world.grant(license, &[second.id]).await;
        second.request_seat().await.created();
        first.request_seat().await.problem(409, "not_assigned");
    }

    async fn suspending_a_user_frees_the_named_seat(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        world.grant(license, &[first.id]).await;
        first.request_seat().await.created();
        set_status(&world.admin, &first, "suspended").await.ok();
        world.grant(license, &[second.id]).await;
        second.request_seat().await.created();
        set_status(&world.admin, &first, "active").await.ok();
        first.sign_in_again("erste@example.org").await.request_seat().await.problem(409, "not_assigned");
        assert_eq!(usage(&world, license).await["occupied"], 1);
    }

    async fn a_revoked_agent_may_finish_and_then_gets_no_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].request_seat().await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        assign(&world, license, "revoke", json!({ "user_ids": [people[0].id], "end_now": false })).await;
        people[0].post(&format!("{path}/heartbeat"), &json!({})).await.ok();
        people[0].request_seat().await.problem(409, "not_assigned");
        people[0].post(&format!("{path}/end"), &json!({})).await.ok();
        people[0].request_seat().await.problem(409, "not_assigned");
    }

    async fn revoking_at_once_ends_the_agents_sessions(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let session = people[0].request_seat().await.created();
        let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
        assign(&world, license, "revoke", json!({ "user_ids": [people[0].id], "end_now": true })).await;
        let problem = people[0].post(&format!("{path}/heartbeat"), &json!({})).await.problem(410, "session_ended");
        let end = json!({ "reason": "assignment_revoked", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger" });
        assert_eq!(problem["ended"], end);
        assert_eq!(usage(&world, license).await["occupied"], 0);
    }

    async fn a_suspended_user_loses_access_and_can_be_reactivated(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let (agent, program) = (&people[0], people[0].with_token().await);
        let session = agent.request_seat().await.created();
        assert_eq!(set_status(&world.admin, agent, "suspended").await.ok()["status"], "suspended");
        assert_eq!(set_status(&world.admin, agent, "suspended").await.ok()["status"], "suspended", "twice is harmless");
        assert_eq!(usage(&world, license).await["occupied"], 0);
        let seen = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        let end = json!({ "reason": "user_deactivated", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger" });
        assert_eq!(seen["ended"], end);
        agent.get("/me").await.problem(401, "not_signed_in");
        program.get("/me").await.problem(401, "not_signed_in");
        program.request_seat().await.problem(401, "not_signed_in");
        let sign_in = json!({ "email": "agent.0@example.org", "password": PASSWORD });
        Person::anonymous(&world.url).post("/sign-in", &sign_in).await.problem(401, "wrong_credentials");
        let mut refused = assign(&world, license, "revoke", json!({ "user_ids": [agent.id], "end_now": false })).await;
        refused =
            json!([refused[0]["changed"], assign(&world, license, "grant", json!({ "user_ids": [agent.id] })).await]);
        let no = json!([{ "user_id": agent.id, "changed": false, "refused": "user_suspended" }]);
        assert_eq!(refused, json!([true, no]), "a suspended user gets no assignment");

        assert_eq!(set_status(&world.admin, agent, "active").await.ok()["status"], "active");
        agent.get("/me").await.problem(401, "not_signed_in");
        program.get("/me").await.problem(401, "not_signed_in");
        world.grant(license, &[agent.id]).await;
        Person::signing_in(&world.url, "agent.0@example.org", agent.id).await.request_seat().await.created();
    }

    async fn the_last_admin_cannot_be_removed(world: World) {
        let admin = &world.admin;
        let path = format!("/users/{}", admin.id);
        admin.patch(&path, &json!({ "status": "suspended" })).await.problem(409, "last_admin");
        admin.patch(&path, &json!({ "role": "manager" })).await.problem(409, "last_admin");
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        set_status(admin, &second, "suspended").await.ok();
        admin.patch(&path, &json!({ "role": "agent" })).await.problem(409, "last_admin");
        let me = admin.get("/me").await.ok();
        assert_eq!(me["rights"], json!({ "role": "admin", "permissions": [], "billing_contact": true }));
        set_status(admin, &second, "active").await.ok();
        assert_eq!(set_status(admin, admin, "suspended").await.status, 200, "now there is another admin");
        let second = second.sign_in_again("second.admin@example.org").await;
        assert_eq!(second.get(&path).await.ok()["status"], "suspended");
    }

    async fn when_two_admins_suspend_each_other_exactly_one_remains(world: World) {
        let (mut one, mut two) = (world.admin.clone(), world.person("Second Admin", Role::Admin, &[]).await);
        // The suspended admin signs in again after each round; ten sign-ins in a row are allowed.
        for round in 0..8 {
            let (first, second) =
                tokio::join!(set_status(&one, &two, "suspended"), set_status(&two, &one, "suspended"));
            let (winner, loser, lost) = match (first.status.as_u16(), second.status.as_u16()) {
                (200, _) => (&one, &two, second),
                (_, 200) => (&two, &one, first),
                both => panic!("round {round}: neither succeeded: {both:?}"),
            };
            // The loser either came second and was the last admin, or was suspended before being authenticated.
            let code = lost.body["code"].as_str().map(str::to_owned);
            assert!(matches!(code.as_deref(), Some("last_admin" | "not_signed_in")), "round {round}: {code:?}");
            assert_eq!(winner.get(&format!("/users/{}", winner.id)).await.ok()["status"], "active", "round {round}");
            assert_eq!(set_status(winner, loser, "active").await.ok()["status"], "active", "round {round}");
            one = one.sign_in_again("anja.krueger@example.org").await;
            two = two.sign_in_again("second.admin@example.org").await;
        }
    }

    async fn when_two_admins_demote_each_other_exactly_one_remains(world: World) {
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
                both => panic!("round {round}: neither succeeded: {both:?}"),
            };
            let code = lost.body["code"].as_str().map(str::to_owned);
            assert!(matches!(code.as_deref(), Some("last_admin" | "forbidden")), "round {round}: {code:?}");
            let back = winner.patch(&format!("/users/{}", loser.id), &json!({ "role": "admin" })).await;
            assert_eq!(back.ok()["role"], "admin", "round {round}");
        }
    }

    async fn reducing_seats_below_use_ends_no_session_and_admits_none_until_drained(world: World) {
        let (license, people) = world.pool(3, 4).await;
        let mut sessions = Vec::new();
        for agent in &people[..3] {
            sessions.push(agent.request_seat().await.created()["id"].clone());
        }
        let path = format!("/licenses/{license}");
        let seen = world.admin.patch(&path, &json!({ "seats": 1 })).await.ok();
        assert_eq!((&seen["seats"], &seen["use"]["occupied"]), (&json!(1), &json!(3)));
        let refused = people[3].request_seat().await.problem(409, "over_capacity");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 1, "occupied": 3, "waiting": 0 }));
        for (number, code) in [(0, "over_capacity"), (1, "pool_full")] {
            let end = json!({ "ids": [sessions[number]] });
            people[number].post("/sessions/end", &end).await.ok();
            people[3].request_seat().await.problem(409, code);
        }
        people[2].post("/sessions/end", &json!({ "ids": [sessions[2]] })).await.ok();
        people[3].request_seat().await.created();
        assert_eq!(usage(&world, license).await["occupied"], 1);
    }

    async fn a_manager_adds_and_suspends_agents_but_not_managers_or_admins(world: World) {
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
        set_status(&manager, &nora, "suspended").await.ok();
        set_status(&manager, &world.admin, "suspended").await.problem(403, "forbidden");
        set_status(&manager, &manager, "suspended").await.problem(403, "forbidden");
        let more = json!({ "permissions": ["manage_products"] });
        manager.patch(&format!("/users/{}", manager.id), &more).await.problem(403, "forbidden");
    }
}
