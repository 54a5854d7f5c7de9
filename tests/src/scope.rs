//! Managers who are limited to groups: they see and reach their people, and of anybody else nothing, by whatever route.

use crate::imports::import;
use crate::world::{Answer, Frame, PASSWORD, Person, Watcher, World, on_both_engines};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    people::{Permission, Role},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Two shared seats, both taken, with two people in the line: one of each is in the manager's group, the other is not.
struct Ground {
    license: LicenseId,
    manager: Person,
    group: GroupId,
    other_group: GroupId,
    ours: Person,
    foreign: Person,
    our_session: String,
    foreign_session: String,
    our_ticket: String,
    foreign_ticket: String,
}

async fn ground(world: &World) -> Ground {
    let (license, people) = world.pool(2, 4).await;
    let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
    let group = world.group("Unsere", &[people[0].id, people[1].id]).await;
    let other_group = world.group("Fremde", &[people[2].id, people[3].id]).await;
    world.limit(&manager, &[group]).await;
    let (our_session, foreign_session) = (people[0].seated().await, people[2].seated().await);
    let (our_ticket, foreign_ticket) = (people[1].queued().await, people[3].queued().await);
    let (ours, foreign) = (people[0].clone(), people[2].clone());
    Ground {
        license,
        manager,
        group,
        other_group,
        ours,
        foreign,
        our_session,
        foreign_session,
        our_ticket,
        foreign_ticket,
    }
}

/// Everything by which the foreigners could show.
fn traces(ground: &Ground) -> Vec<String> {
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    let mut traces = vec![ground.foreign.id.to_string(), id(&ground.foreign_session), id(&ground.foreign_ticket)];
    for number in [2, 3] {
        traces.extend([format!("Agent {number}"), format!("agent.{number}@")]);
    }
    traces.push("Fremde".to_owned());
    traces
}

#[track_caller]
fn shows_nothing_of(ground: &Ground, what: &str, text: &str) {
    for trace in traces(ground) {
        assert!(!text.contains(&trace), "{what} shows {trace}: {text}");
    }
}

/// Every route that reads, with the foreigner's ids, and whether there is anything for the manager.
fn readings(ground: &Ground, import: &str) -> Vec<(&'static str, String, bool)> {
    let (license, foreign) = (ground.license, ground.foreign.id);
    vec![
        ("/products", "/products".to_owned(), true),
        ("/licenses", "/licenses".to_owned(), true),
        ("/licenses/{id}", format!("/licenses/{license}"), true),
        ("/groups", "/groups".to_owned(), true),
        ("/groups/{id}", format!("/groups/{}", ground.group), true),
        ("/groups/{id}", format!("/groups/{}", ground.other_group), false),
        ("/users", "/users".to_owned(), true),
        ("/users", "/users?q=agent&sort=-last_active_at".to_owned(), true),
        ("/users", format!("/users?license={license}&role=agent"), true),
        ("/users", format!("/users?group={}", ground.other_group), true),
        ("/groups/{id}/licenses", format!("/groups/{}/licenses", ground.group), true),
        ("/groups/{id}/licenses", format!("/groups/{}/licenses", ground.other_group), false),
        ("/users/{id}", format!("/users/{foreign}"), false),
        ("/users/{id}/access", format!("/users/{foreign}/access"), false),
        ("/users/{id}/group-licenses", format!("/users/{foreign}/group-licenses"), false),
        ("/sessions", "/sessions".to_owned(), true),
        ("/sessions", format!("/sessions?user={foreign}&state=live"), true),
        ("/sessions", "/sessions?q=agent&sort=user_name".to_owned(), true),
        ("/sessions/{id}", ground.foreign_session.clone(), false),
        ("/queues", "/queues".to_owned(), true),
        ("/tickets/{id}", ground.foreign_ticket.clone(), false),
        ("/audit", "/audit?limit=500".to_owned(), true),
        ("/audit", format!("/audit?user={foreign}"), true),
        ("/audit", "/audit?q=fremde".to_owned(), true),
        ("/audit/export", "/audit/export?format=json".to_owned(), true),
        ("/tickets/{id}/events", format!("{}/events", ground.foreign_ticket), false),
        ("/users/export", "/users/export?format=json".to_owned(), true),
        ("/users/export", format!("/users/export?format=json&group={}", ground.other_group), true),
        ("/sessions/export", "/sessions/export?format=json".to_owned(), true),
        ("/sessions/export", format!("/sessions/export?format=json&user={foreign}"), true),
        ("/licenses/export", "/licenses/export?format=json".to_owned(), true),
        ("/licenses/{id}/usage", format!("/licenses/{license}/usage"), true),
        ("/imports/{id}", import.to_owned(), false),
        ("/imports/{id}/rows", format!("{import}/rows"), false),
        ("/imports/{id}/export", format!("{import}/export?format=json"), false),
    ]
}

/// About nobody but oneself or the account; and the live feed, which has a story of its own.
const ABOUT_NOBODY_ELSE: [&str; 12] = [
    "/me/verify",
    "/setup",
    "/sign-in-options",
    "/me",
    "/me/sign-ins",
    "/me/second-factor",
    "/me/passkeys",
    "/me/remote-devices",
    "/borrow/keys",
    "/products/{id}",
    "/tokens",
    "/live",
];

/// Forbidden to every manager.
const FOR_ADMINS: [&str; 7] = [
    "/directories",
    "/directories/{id}/failures",
    "/directories/{id}/requests",
    "/directories/{id}/rules",
    "/sign-in-providers",
    "/sign-in-providers/{id}",
    "/sign-in-rules",
];

fn tells_of_a_protected_session(frame: &Frame) -> bool {
    frame.data["sessions"].as_array().is_some_and(|all| all.iter().any(|session| session["protected"] == true))
}

on_both_engines! {
    async fn nothing_of_a_foreign_user_shows_by_any_route_that_reads(world: World) {
        let ground = ground(&world).await;
        let mut read: BTreeSet<_> = ABOUT_NOBODY_ELSE.map(str::to_owned).into();
        let (imported, _) = import(&world.admin, b"email,name\nagent.2@example.org,Agent 2\n", false).await;
        let imported = format!("/imports/{}", imported["id"].as_str().expect("an id"));
        for (route, path, there) in readings(&ground, &imported) {
            read.insert(route.to_owned());
            let answer = ground.manager.get(&path).await;
            if there {
                shows_nothing_of(&ground, &path, &answer.ok().to_string());
            } else {
                answer.problem(404, "not_found");
            }
        }
        for route in FOR_ADMINS {
            read.insert(route.to_owned());
            ground.manager.get(&route.replace("{id}", &world.admin.id.to_string())).await.problem(403, "forbidden");
        }
        let all = seatkeeper::api::all_routes();
        let reading: BTreeSet<_> = all
            .into_iter()
            .filter(|(method, _)| method == "GET")
            .map(|(_, path)| path.replacen("/api/v1", "", 1))
            .collect();
        assert_eq!(reading, read, "a route that reads is not in this story");
    }

    async fn the_log_tells_him_of_his_own_people_and_nothing_else(world: World) {
        let ground = ground(&world).await;
        let other = format!("/groups/{}", ground.other_group);
        // One of his own comes into a group that he does not manage: that there is one is not for him.
        world.admin.post(&format!("{other}/members"), &json!({ "add": [ground.ours.id] })).await.ok();
        world.admin.patch(&other, &json!({ "name": "Fremde 2" })).await.ok();
        world
            .admin
            .patch(
                &format!("/users/{}", ground.ours.id),
                &json!({ "role": "manager", "manages": [ground.other_group] }),
            )
            .await
            .ok();
        let log = ground.manager.get("/audit?limit=500").await.ok();
        shows_nothing_of(&ground, "the log", &log.to_string());
        let items = log["items"].as_array().expect("items");
        assert!(items.iter().all(|event| !event["user"].is_null()), "only what was done to people: {items:?}");
        assert!(items.iter().all(|event| event["user"]["id"] != json!(ground.manager.id)), "not even to himself");
        let kinds: BTreeSet<_> = items.iter().filter_map(|event| event["kind"].as_str()).collect();
        for kind in
            ["user_added", "user_changed", "group_member_added", "license_granted", "session_created", "ticket_taken"]
        {
            assert!(kinds.contains(kind), "{kind} is missing: {kinds:?}");
        }
        let exported = ground.manager.get("/audit/export?format=json").await.ok();
        assert_eq!(&exported, &log["items"], "the same as a file");
        // As soon as he manages that group, he sees what was done to its people, too.
        world.limit(&ground.manager, &[ground.group, ground.other_group]).await;
        let log = ground.manager.get(&format!("/audit?user={}", ground.foreign.id)).await.ok();
        assert!(log.to_string().contains("session_created"));
    }

    async fn counts_are_of_his_own_people_and_seats_are_the_whole_truth(world: World) {
        let ground = ground(&world).await;
        let total = async |path: &str| ground.manager.get(path).await.ok()["total"].clone();
        assert_eq!(total("/users").await, 2);
        assert_eq!(total("/users?q=agent").await, 2);
        assert_eq!(total(&format!("/users?group={}", ground.other_group)).await, 0);
        assert_eq!(total("/sessions").await, 1);
        assert_eq!(total("/sessions?state=live").await, 1);
        let groups = ground.manager.get("/groups").await.ok();
        assert_eq!(groups, json!([{ "id": ground.group, "name": "Unsere", "members": 2 }]));
        let license = ground.manager.get(&format!("/licenses/{}", ground.license)).await.ok();
        let usage = &license["use"];
        assert_eq!([&usage["occupied"], &usage["waiting"], &usage["assigned"]], [2, 2, 4], "as everybody sees them");
        let queues = ground.manager.get("/queues").await.ok();
        let tickets = queues[0]["tickets"].as_array().expect("tickets");
        assert_eq!((tickets.len(), &tickets[0]["position"]), (1, &json!(1)));
    }

    async fn he_reaches_his_people_and_nobody_else(world: World) {
        let ground = ground(&world).await;
        let (manager, foreign) = (&ground.manager, ground.foreign.id);
        let nothing = |answer: Answer| drop(answer.problem(404, "not_found"));
        nothing(manager.patch(&format!("/users/{foreign}"), &json!({ "name": "Mine" })).await);
        nothing(manager.patch(&format!("/users/{foreign}"), &json!({ "status": "suspended" })).await);
        nothing(manager.delete(&format!("/users/{foreign}")).await);
        for what in ["end", "keep"] {
            nothing(manager.act(&ground.foreign_session, what).await);
        }
        nothing(manager.post(&format!("{}/protect", ground.foreign_session), &json!({ "protected": true })).await);
        nothing(manager.delete(&ground.foreign_ticket).await);
        nothing(manager.post(&format!("{}/move", ground.foreign_ticket), &json!({ "position": 1 })).await);
        let other = format!("/groups/{}", ground.other_group);
        nothing(manager.put(&format!("{other}/members"), &json!({ "user_ids": [] })).await);
        nothing(manager.post(&format!("{other}/members"), &json!({ "add": [ground.ours.id] })).await);
        let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
        let both = json!({ "ids": [id(&ground.foreign_session), id(&ground.our_session), UNKNOWN] });
        let ended = manager.post("/sessions/end", &both).await.ok();
        let refused: Vec<_> =
            ended["results"].as_array().expect("results").iter().map(|r| r["refused"].clone()).collect();
        assert_eq!(refused, [json!("not_found"), Value::Null, json!("not_found")]);
        assert_eq!(ground.foreign.get(&ground.foreign_session).await.ok()["state"], "connected");
        let people = json!({ "user_ids": [foreign, ground.ours.id], "end_now": true });
        for what in ["grant", "revoke"] {
            let results = manager.post(&format!("/licenses/{}/{what}", ground.license), &people).await.ok();
            let results = &results["results"];
            assert_eq!(results[0], json!({ "user_id": foreign, "changed": false, "refused": "not_found" }));
            assert_eq!(results[1]["changed"], what == "revoke");
        }
        manager.patch(&format!("/users/{}", ground.ours.id), &json!({ "name": "Unser Agent" })).await.ok();
        manager.delete(&ground.our_ticket).await.done();
    }

    async fn he_cannot_widen_what_he_sees(world: World) {
        let ground = ground(&world).await;
        let (manager, foreign) = (&ground.manager, ground.foreign.id);
        let members = format!("/groups/{}/members", ground.group);
        let unknown = |answer: Answer, field: &str| {
            assert_eq!(answer.problem(422, "invalid")["errors"], json!([{ "field": field, "error": "unknown" }]));
        };
        unknown(manager.put(&members, &json!({ "user_ids": [foreign] })).await, "user_ids");
        unknown(manager.post(&members, &json!({ "add": [foreign] })).await, "add");
        manager.post("/groups", &json!({ "name": "Meine" })).await.problem(403, "forbidden");
        manager.delete(&format!("/groups/{}", ground.group)).await.problem(403, "forbidden");
        manager
            .put(&format!("/groups/{}/managers", ground.group), &json!({ "user_ids": [] }))
            .await
            .problem(403, "forbidden");
        for change in [
            json!({ "limited_to_groups": false }),
            json!({ "manages": [ground.other_group] }),
            json!({ "role": "admin" }),
        ] {
            let path = format!("/users/{}", manager.id);
            manager.patch(&path, &change).await.problem(403, "forbidden");
            let path = format!("/users/{}", ground.ours.id);
            manager.patch(&path, &change).await.problem(403, "forbidden");
        }
        // Whoever he adds, he adds to a group of his.
        let mut nora =
            json!({ "name": "Nora Neu", "email": "nora@example.org", "password": PASSWORD, "role": "agent" });
        let wrong = manager.post("/users", &nora).await.problem(422, "invalid");
        assert_eq!(wrong["errors"], json!([{ "field": "group_ids", "error": "required" }]));
        nora["group_ids"] = json!([ground.other_group]);
        unknown(manager.post("/users", &nora).await, "group_ids");
        nora["group_ids"] = json!([ground.group]);
        assert_eq!(manager.post("/users", &nora).await.created()["group_ids"], json!([ground.group]));
        // Another group that somebody is in does not show either.
        world
            .admin
            .post(&format!("/groups/{}/members", ground.other_group), &json!({ "add": [ground.ours.id] }))
            .await
            .ok();
        let seen = manager.get(&format!("/users/{}", ground.ours.id)).await.ok();
        assert_eq!(seen["group_ids"], json!([ground.group]));
    }

    async fn a_limited_manager_without_a_group_sees_nobody_and_his_own_work(world: World) {
        let ground = ground(&world).await;
        let manager = &ground.manager;
        world.limit(manager, &[]).await;
        world.grant(ground.license, &[manager.id]).await;
        let ticket = manager.queued().await;
        assert_eq!(manager.get("/users").await.ok()["total"], 0);
        assert_eq!(manager.get("/sessions").await.ok()["total"], 0);
        assert_eq!(manager.get("/groups").await.ok(), json!([]));
        let queues = manager.get("/queues").await.ok();
        assert_eq!(queues[0]["tickets"].as_array().map(Vec::len), Some(1), "his own");
        assert_eq!(manager.get(&ticket).await.ok()["position"], 3);
        manager.get(&format!("/users/{}", ground.ours.id)).await.problem(404, "not_found");
    }

    async fn the_live_feed_shows_his_people_only_and_follows_the_groups_at_once(world: World) {
        let ground = ground(&world).await;
        // What was done before has been told: it does not cut the stream that begins now.
        let (mut all, _) = Watcher::with_snapshot(&world.admin).await;
        world.admin.post(&format!("{}/protect", ground.our_session), &json!({ "protected": true })).await.ok();
        all.until(tells_of_a_protected_session).await;
        let (mut watcher, snapshot) = Watcher::with_snapshot(&ground.manager).await;
        shows_nothing_of(&ground, "the snapshot", &snapshot.data.to_string());
        assert_eq!(
            (&snapshot.data["sessions_total"], snapshot.data["queues"][0]["tickets"].as_array().map(Vec::len)),
            (&json!(1), Some(1))
        );
        // Something happens to a foreigner: the counters move, he does not show.
        ground.foreign.act(&ground.foreign_session, "heartbeat").await.ok();
        world.admin.post(&format!("{}/protect", ground.foreign_session), &json!({ "protected": true })).await.ok();
        ground.foreign.act(&ground.foreign_session, "end").await.ok();
        let told = watcher.until(|frame| frame.license(ground.license).is_some_and(|l| l["use"]["offered"] == 1)).await;
        shows_nothing_of(&ground, "the change", &told.data.to_string());
        // He comes into the group, and shows; he goes, and is gone.
        let members = format!("/groups/{}/members", ground.group);
        let add = json!({ "add": [ground.foreign.id] });
        world.admin.post(&members, &add).await.ok();
        let told = watcher.until(|frame| frame.event == "snapshot").await;
        assert!(told.data.to_string().contains("Agent 0"));
        let session = ground.foreign.get("/sessions?limit=1").await.ok()["items"][0]["id"].clone();
        assert_eq!(
            ground.manager.get(&format!("/sessions/{}", session.as_str().expect("an id"))).await.ok()["user_name"],
            "Agent 2"
        );
        world.admin.post(&members, &json!({ "remove": [ground.foreign.id] })).await.ok();
        let told = watcher.until(|frame| frame.event == "snapshot").await;
        shows_nothing_of(&ground, "the next snapshot", &told.data.to_string());
        // Limits that are lifted or changed cut the stream: he comes again with what he may see now.
        world.admin.patch(&format!("/users/{}", ground.manager.id), &json!({ "limited_to_groups": false })).await.ok();
        watcher.until_the_end().await;
        assert_eq!(ground.manager.get("/sessions").await.ok()["total"], 2, "at once, with the same sign-in");
    }

    async fn a_stream_of_a_ticket_ends_when_it_may_no_longer_be_seen(world: World) {
        let ground = ground(&world).await;
        let (mut all, _) = Watcher::with_snapshot(&world.admin).await;
        world.admin.post(&format!("{}/protect", ground.our_session), &json!({ "protected": true })).await.ok();
        all.until(tells_of_a_protected_session).await;
        let mut watcher = Watcher::of(&ground.manager, &format!("{}/events", ground.our_ticket)).await;
        assert_eq!(watcher.next().await.event, "ticket");
        world.limit(&ground.manager, &[]).await;
        watcher.until_the_end().await;
        world.limit(&ground.manager, &[ground.group]).await;
        let mut watcher = Watcher::of(&ground.manager, &format!("{}/events", ground.our_ticket)).await;
        assert_eq!(watcher.next().await.event, "ticket");
        world.admin.put(&format!("/groups/{}/members", ground.group), &json!({ "user_ids": [] })).await.ok();
        watcher.until_the_end().await;
        ground.manager.get(&ground.our_ticket).await.problem(404, "not_found");
    }
}
