//! The overview: what needs action now, the first steps of an account, and what limited managers see of it.

use crate::harness::{
    on_both_engines,
    person::{Person, seat_request},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

async fn overview(of: &Person) -> Value {
    of.get("/overview").await.ok()
}

/// A request that finds no seat.
async fn refused(agent: &Person, device: &str) {
    let mut request = seat_request("attended");
    request["device"] = json!(device);
    agent.post("/sessions", &request).await.problem(409, "pool_full");
}

/// The kinds of the tasks, in their order.
fn kinds(overview: &Value) -> Vec<&str> {
    let tasks = overview["tasks"].as_array().expect("tasks");
    tasks.iter().map(|task| task["kind"].as_str().expect("a kind")).collect()
}

fn task<'a>(overview: &'a Value, kind: &str) -> &'a Value {
    let tasks = overview["tasks"].as_array().expect("tasks");
    tasks.iter().find(|task| task["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {overview:#}"))
}

on_both_engines! {
    async fn the_first_steps_tick_themselves(world: World) {
        let setup = async || overview(&world.admin).await["setup"].clone();
        let steps = |done: usize| {
            let names = ["product", "license", "people", "assignment", "session"];
            let step = |(at, name): (usize, &&str)| ((*name).to_owned(), json!(at < done));
            names.iter().enumerate().map(step).collect::<serde_json::Map<_, _>>()
        };
        assert_eq!(setup().await, Value::Object(steps(0)));
        let product = world.product("Remote Support v5").await;
        assert_eq!(setup().await, Value::Object(steps(1)));
        let license = world.license(product, Model::Concurrent, 2).await;
        assert_eq!(setup().await, Value::Object(steps(2)));
        let agent = world.agent("Agent 0").await;
        assert_eq!(setup().await, Value::Object(steps(3)));
        world.grant(license, &[agent.id]).await;
        assert_eq!(setup().await, Value::Object(steps(4)));
        agent.seated_at("NB-0001").await;
        assert_eq!(setup().await, Value::Object(steps(5)));
        assert_eq!(kinds(&overview(&world.admin).await), Vec::<&str>::new(), "all is well");
    }

    async fn who_waits_or_was_turned_away_comes_first(world: World) {
        let (license, agents) = world.pool(1, 3).await;
        agents[0].seated_at("NB-0001").await;
        let full = overview(&world.admin).await;
        assert_eq!(kinds(&full), ["full"]);
        assert_eq!(task(&full, "full")["license_id"], json!(license));

        world.advance_clock(TimeDelta::minutes(1));
        refused(&agents[1], "NB-0002").await;
        refused(&agents[1], "NB-0002").await;
        let refused = overview(&world.admin).await;
        assert_eq!(kinds(&refused), ["refused", "full"]);
        let expected = json!({
            "kind": "refused", "license_id": license, "users": 1, "since": "2026-03-02T09:01:00Z",
        });
        assert_eq!(task(&refused, "refused"), &expected, "a user counts once");

        agents[1].request_or_queue_at("NB-0002").await.accepted();
        agents[2].request_or_queue_at("NB-0003").await.accepted();
        let waiting = overview(&world.admin).await;
        assert_eq!(kinds(&waiting), ["waiting"], "who waits is not turned away, and full is not said twice");
        let expected = json!({
            "kind": "waiting", "license_id": license, "waiting": 2, "since": "2026-03-02T09:01:00Z",
            "user_name": "Agent 1",
        });
        assert_eq!(task(&waiting, "waiting"), &expected);
    }

    async fn a_refusal_is_forgotten_after_a_quarter_of_an_hour(world: World) {
        let (_, agents) = world.pool(0, 1).await;
        refused(&agents[0], "NB-0001").await;
        world.advance_clock(TimeDelta::minutes(14));
        assert_eq!(kinds(&overview(&world.admin).await), ["refused"]);
        world.advance_clock(TimeDelta::minutes(2));
        assert_eq!(kinds(&overview(&world.admin).await), Vec::<&str>::new());
    }

    async fn lost_contact_and_expiring_licenses_are_shown(world: World) {
        let (license, agents) = world.pool(3, 1).await;
        agents[0].seated_at("NB-0001").await;
        let ends_at = "2026-03-20T00:00:00Z";
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "ends_at": ends_at })).await.ok();
        assert_eq!(kinds(&overview(&world.admin).await), ["expiring"]);
        // More than half of the lease of 120 seconds.
        world.advance_clock(TimeDelta::seconds(61));
        let shown = overview(&world.admin).await;
        assert_eq!(kinds(&shown), ["lost_contact", "expiring"]);
        let expected = json!({ "kind": "lost_contact", "sessions": 1, "next_end": "2026-03-02T09:02:00Z" });
        assert_eq!(task(&shown, "lost_contact"), &expected);
        assert_eq!(task(&shown, "expiring")["ends_at"], ends_at);
    }

    async fn more_sessions_than_seats_are_shown(world: World) {
        let (license, agents) = world.pool(2, 2).await;
        for (number, agent) in agents.iter().enumerate() {
            agent.seated_at(&format!("NB-{number}")).await;
        }
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 1 })).await.ok();
        let shown = overview(&world.admin).await;
        assert_eq!(task(&shown, "over_capacity")["over"], 1);
        assert!(!kinds(&shown).contains(&"full"), "it is not told twice: {shown:#}");
    }

    async fn users_without_an_invitation_are_shown_to_those_who_can_invite(world: World) {
        let added = json!({ "name": "New Agent", "email": "new@example.org", "role": "agent" });
        let user = world.admin.post("/users", &added).await.created();
        let expected = json!({ "kind": "not_invited", "users": 1, "user_id": user["id"] });
        assert_eq!(task(&overview(&world.admin).await, "not_invited"), &expected);
        let viewer = world.person("Viewer", Role::Manager, &[Permission::ViewReports]).await;
        assert_eq!(kinds(&overview(&viewer).await), Vec::<&str>::new());
        world.admin.post(&format!("/users/{}/invite", user["id"].as_str().expect("an id")), &json!({})).await;
        assert_eq!(kinds(&overview(&world.admin).await), Vec::<&str>::new());
        world.advance_clock(TimeDelta::days(30));
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        assert_eq!(kinds(&overview(&admin).await), ["not_invited"], "the invitation has expired");
    }

    async fn limited_managers_see_figures_but_no_names_of_others(world: World) {
        let (license, agents) = world.pool(1, 3).await;
        let group = world.group("1st Level", &[agents[2].id]).await;
        let manager = world.person("Manager", Role::Manager, &[Permission::ViewAudit]).await;
        world.limit_to_groups(&manager, &[group]).await;
        agents[0].seated_at("NB-0001").await;
        refused(&agents[1], "NB-0002").await;
        let others = overview(&manager).await;
        assert_eq!(kinds(&others), ["full"], "the refusal of somebody else is not theirs to see");
        agents[1].request_or_queue_at("NB-0002").await.accepted();
        let waiting = task(&overview(&manager).await, "waiting").clone();
        assert_eq!((&waiting["waiting"], &waiting["user_name"]), (&json!(1), &Value::Null));
        refused(&agents[2], "NB-0003").await;
        let own = overview(&manager).await;
        assert_eq!(task(&own, "refused")["users"], 1);
        assert!(!own.to_string().contains("Agent 1"), "{own:#}");
        assert_eq!(task(&own, "refused")["license_id"], json!(license));
        world.advance_clock(TimeDelta::seconds(90));
        assert!(!kinds(&overview(&manager).await).contains(&"lost_contact"), "that session is of somebody else");
    }

    async fn the_last_day_is_a_report(world: World) {
        let (license, agents) = world.pool(2, 1).await;
        agents[0].seated_at("NB-0001").await;
        world.advance_clock(TimeDelta::minutes(20));
        let reader = world.person("Reader", Role::Manager, &[Permission::ViewReports]).await;
        let day = overview(&reader).await["days"][0].clone();
        let last = day["points"].as_array().and_then(|points| points.last()).expect("points").clone();
        assert_eq!((&day["license_id"], &last["occupied"], &last["seats"]), (&json!(license), &json!(1), &json!(2)));
        let other = world.person("Other", Role::Manager, &[Permission::ManageSessions]).await;
        assert_eq!(overview(&other).await["days"], json!([]), "not without the right to see reports");
    }

    async fn agents_have_no_overview(world: World) {
        world.agent("Agent 0").await.get("/overview").await.problem(403, "forbidden");
    }
}
