//! Requests for licenses: made, withdrawn, approved and declined, each once, by those who may assign the license.

use crate::harness::{Person, World, id_of, mailbox::Mailbox, on_both_engines};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";
/// The clock of a new world stands at 09:00.
const TEN: &str = "2026-03-02T10:00:00Z";

async fn license(world: &World, model: Model, seats: i64) -> LicenseId {
    let product = world.product("Remote Support v5").await;
    world.license(product, model, seats).await
}

fn wanted(license: LicenseId) -> Value {
    json!({ "license_id": license, "reason": " Migration of Nord " })
}

/// Requests a license and returns the path of the request.
async fn requests(who: &Person, license: LicenseId) -> String {
    let request = who.post("/license-requests", &wanted(license)).await.created();
    format!("/license-requests/{}", request["id"].as_str().expect("an id"))
}

async fn open(who: &Person) -> Vec<Value> {
    who.get("/license-requests").await.ok().as_array().expect("requests").clone()
}

async fn mine(who: &Person) -> Vec<Value> {
    who.get("/me/access").await.ok()["requests"].as_array().expect("requests").clone()
}

async fn requestable(who: &Person) -> Vec<Value> {
    who.get("/me/access").await.ok()["requestable"].as_array().expect("licenses").clone()
}

async fn approve(who: &Person, request: &str, body: Value) -> crate::harness::Answer {
    who.post(&format!("{request}/approve"), &body).await
}

async fn decline(who: &Person, request: &str, body: Value) -> crate::harness::Answer {
    who.post(&format!("{request}/decline"), &body).await
}

on_both_engines! {
    async fn an_approved_request_is_an_ordinary_assignment_with_its_end(world: World) {
        let license = license(&world, Model::Concurrent, 1).await;
        let agent = world.agent("Nora Neu").await;
        let of_license = json!({ "license_id": license, "product_name": "Remote Support v5", "model": "concurrent" });
        assert_eq!(requestable(&agent).await, [of_license]);
        let request = requests(&agent, license).await;
        assert_eq!(requestable(&agent).await, Vec::<Value>::new());
        let listed = open(&world.admin).await;
        assert_eq!((listed.len(), &listed[0]["user_name"]), (1, &json!("Nora Neu")));
        assert_eq!(listed[0]["reason"], "Migration of Nord");
        assert_eq!(listed[0]["outcome"], Value::Null);
        agent.request_seat().await.problem(409, "not_assigned");
        let before = world.head().await;
        approve(&world.admin, &request, json!({ "ends_at": TEN })).await.no_content();
        agent.request_seat().await.created();
        let user = world.admin.get(&format!("/users/{}", agent.id)).await.ok();
        assert_eq!(user["grant_ends"], json!([{ "license_id": license, "ends_at": TEN }]));
        assert_eq!(open(&world.admin).await, Vec::<Value>::new());
        let decided = mine(&agent).await;
        let found = (&decided[0]["outcome"], &decided[0]["decided_at"]);
        assert_eq!(found, (&json!("approved"), &json!("2026-03-02T09:00:00Z")));
        for kind in ["license_request_approved", "license_granted"] {
            assert_eq!(world.users_of_events(kind, before).await, [agent.id], "{kind}");
        }
        approve(&world.admin, &request, json!({})).await.problem(409, "request_decided");
        decline(&world.admin, &request, json!({})).await.problem(409, "request_decided");
        agent.delete(&request).await.problem(409, "request_decided");
        world.advance_clock(TimeDelta::hours(1));
        agent.request_seat().await.problem(409, "not_assigned");
        // The outcome gives way to a new request.
        world.sweep().await;
        requests(&agent, license).await;
        assert_eq!(mine(&agent).await.len(), 1);
        assert_eq!(mine(&agent).await[0]["outcome"], Value::Null);
    }

    async fn a_declined_request_tells_why_and_can_be_made_again(world: World) {
        let license = license(&world, Model::Named, 1).await;
        let agent = world.agent("Nora Neu").await;
        let request = requests(&agent, license).await;
        let before = world.head().await;
        decline(&world.admin, &request, json!({ "message": "Next year" })).await.no_content();
        let decided = mine(&agent).await;
        assert_eq!((&decided[0]["outcome"], &decided[0]["message"]), (&json!("declined"), &json!("Next year")));
        assert_eq!(world.users_of_events("license_request_declined", before).await, [agent.id]);
        agent.request_seat().await.problem(409, "not_assigned");
        let again = requests(&agent, license).await;
        assert_ne!(again, request);
        approve(&world.admin, &request, json!({})).await.problem(404, "not_found");
        approve(&world.admin, &again, json!({})).await.no_content();
    }

    async fn there_is_one_open_request_for_each_license_and_none_for_what_one_has(world: World) {
        let license = license(&world, Model::Concurrent, 1).await;
        let agent = world.agent("Nora Neu").await;
        let ask = async || agent.post("/license-requests", &wanted(license)).await;
        let answers = join_all((0..20).map(|_| ask())).await;
        let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(created.len(), 1, "of many requests at once, one is made");
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409));
        agent.post("/license-requests", &wanted(license)).await.problem(409, "already_exists");
        // Whoever gets the license otherwise needs no decision any more.
        world.grant(license, &[agent.id]).await;
        assert_eq!(open(&world.admin).await, Vec::<Value>::new());
        assert_eq!(mine(&agent).await[0]["outcome"], "approved");
        agent.post("/license-requests", &wanted(license)).await.problem(409, "already_assigned");
        let other = world.agent("Otto Alt").await;
        other.post("/license-requests", &wanted(id_of(&json!({ "id": UNKNOWN })))).await.problem(404, "not_found");
        for (reason, error) in [("", "required"), (&*"x".repeat(301), "too_long")] {
            let body = json!({ "license_id": license, "reason": reason });
            let problem = other.post("/license-requests", &body).await.problem(422, "invalid");
            let found = (&problem["errors"][0]["field"], &problem["errors"][0]["error"]);
            assert_eq!(found, (&json!("reason"), &json!(error)));
        }
        world.change_license(license, json!({ "archived": true })).await;
        other.post("/license-requests", &wanted(license)).await.problem(409, "archived");
        assert_eq!(requestable(&other).await, Vec::<Value>::new());
    }

    async fn a_request_is_withdrawn_by_its_user_and_goes_with_them(world: World) {
        let license = license(&world, Model::Concurrent, 1).await;
        let (agent, other) = (world.agent("Nora Neu").await, world.agent("Otto Alt").await);
        let request = requests(&agent, license).await;
        other.delete(&request).await.problem(404, "not_found");
        world.admin.delete(&request).await.problem(404, "not_found");
        let before = world.head().await;
        agent.delete(&request).await.no_content();
        assert_eq!(world.users_of_events("license_request_withdrawn", before).await, [agent.id]);
        agent.delete(&request).await.problem(404, "not_found");
        approve(&world.admin, &request, json!({})).await.problem(404, "not_found");
        let request = requests(&other, license).await;
        world.admin.delete(&format!("/users/{}", other.id)).await.no_content();
        assert_eq!(open(&world.admin).await, Vec::<Value>::new());
        approve(&world.admin, &request, json!({})).await.problem(404, "not_found");
    }

    async fn only_those_who_may_assign_the_license_to_the_user_decide(world: World) {
        let license = license(&world, Model::Concurrent, 5).await;
        let (ours, foreign) = (world.agent("Unser Agent").await, world.agent("Fremder Agent").await);
        let both = [Permission::ManageUsers, Permission::ManageProducts];
        let limited = world.person("Limited", Role::Manager, &both).await;
        let plain = world.person("Plain", Role::Manager, &[Permission::ManageUsers]).await;
        let group = world.group("Team", &[ours.id]).await;
        world.limit_to_groups(&limited, &[group]).await;
        let (of_ours, of_foreign) = (requests(&ours, license).await, requests(&foreign, license).await);
        let of_limited = requests(&limited, license).await;
        for who in [&plain, &ours] {
            who.get("/license-requests").await.problem(403, "forbidden");
            approve(who, &of_ours, json!({})).await.problem(403, "forbidden");
            decline(who, &of_ours, json!({})).await.problem(403, "forbidden");
        }
        let seen = open(&limited).await;
        assert_eq!((seen.len(), &seen[0]["user_id"]), (1, &json!(ours.id)));
        for hidden in [&of_foreign, &of_limited] {
            approve(&limited, hidden, json!({})).await.problem(404, "not_found");
            decline(&limited, hidden, json!({})).await.problem(404, "not_found");
        }
        approve(&limited, &of_ours, json!({ "ends_at": "2026-03-01T00:00:00Z" })).await.problem(422, "invalid");
        approve(&limited, &of_ours, json!({})).await.no_content();
        decline(&world.admin, &of_foreign, json!({ "message": "x".repeat(501) })).await.problem(422, "invalid");
        let task = |tasks: &Value| {
            let tasks = tasks["tasks"].as_array().expect("tasks");
            tasks.iter().find(|task| task["kind"] == "license_requests").map(|task| task["requests"].clone())
        };
        assert_eq!(task(&world.admin.get("/overview").await.ok()), Some(json!(2)));
        assert_eq!(task(&limited.get("/overview").await.ok()), None);
        assert_eq!(task(&plain.get("/overview").await.ok()), None);
    }

    async fn a_refused_assignment_leaves_the_request_open(world: World) {
        let license = license(&world, Model::Named, 1).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        let request = requests(&second, license).await;
        world.grant(license, &[first.id]).await;
        approve(&world.admin, &request, json!({})).await.problem(409, "named_seats_taken");
        assert_eq!(open(&world.admin).await.len(), 1);
        let body = json!({ "user_ids": [first.id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &body).await.ok();
        approve(&world.admin, &request, json!({})).await.no_content();
    }

    async fn of_a_hundred_decisions_at_once_exactly_one_takes_effect(world: World) {
        let license = license(&world, Model::Concurrent, 5).await;
        let agent = world.agent("Nora Neu").await;
        let request = requests(&agent, license).await;
        let before = world.head().await;
        let decide = |number: u32| {
            let (admin, request) = (world.admin.clone(), request.clone());
            async move {
                if number.is_multiple_of(2) {
                    let end = format!("2026-03-03T{:02}:{:02}:00Z", number / 10, number % 10);
                    approve(&admin, &request, json!({ "ends_at": end })).await
                } else {
                    decline(&admin, &request, json!({})).await
                }
            }
        };
        let answers = join_all((0..100).map(decide)).await;
        let done: Vec<_> = (0..100).filter(|index| answers[*index].status == 204).collect();
        assert_eq!(done.len(), 1, "one decision");
        assert!(answers.iter().all(|answer| answer.status == 204 || answer.status == 409));
        let approved = done[0] % 2 == 0;
        assert_eq!(mine(&agent).await[0]["outcome"], if approved { "approved" } else { "declined" });
        let user = world.admin.get(&format!("/users/{}", agent.id)).await.ok();
        assert_eq!(user["license_ids"] == json!([license]), approved);
        for (kind, expected) in [("license_request_approved", approved), ("license_request_declined", !approved)] {
            assert_eq!(world.users_of_events(kind, before).await.len(), usize::from(expected), "{kind}");
        }
    }

    async fn the_user_is_told_by_e_mail_what_became_of_the_request(world: World) {
        let (mailbox, url) = Mailbox::start().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let license = license(&mailing, Model::Concurrent, 5).await;
        let agent = mailing.agent("Nora Neu").await;
        let request = requests(&agent, license).await;
        decline(&mailing.admin, &request, json!({ "message": "Next year" })).await.no_content();
        let letter = mailbox.next().await;
        assert!(letter.contains("Remote Support v5") && letter.contains("Next year"), "{letter}");
        let request = requests(&agent, license).await;
        approve(&mailing.admin, &request, json!({ "ends_at": TEN })).await.no_content();
        let letter = mailbox.next().await;
        assert!(letter.contains("2026-03-02 10:00 UTC") && letter.contains("nora.neu@example.org"), "{letter}");
    }
}
