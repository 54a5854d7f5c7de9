//! Managers limited to groups: they see and reach the users in scope, and nothing of other users by any route.

use crate::harness::{Answer, Frame, PASSWORD, Person, Watcher, World, on_both_engines};
use crate::imports::import;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    people::{Permission, Role},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// Two occupied seats and two waiters: of each, one agent is in the manager's group and the other is not.
struct ScopeFixture {
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

async fn fixture(world: &World) -> ScopeFixture {
    let (license, people) = world.pool(2, 4).await;
    let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
    let group = world.group("Unsere", &[people[0].id, people[1].id]).await;
    let other_group = world.group("Fremde", &[people[2].id, people[3].id]).await;
    world.limit_to_groups(&manager, &[group]).await;
    let (our_session, foreign_session) = (people[0].seated().await, people[2].seated().await);
    let (our_ticket, foreign_ticket) = (people[1].queued().await, people[3].queued().await);
    let (ours, foreign) = (people[0].clone(), people[2].clone());
    ScopeFixture {
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

/// All ids and names that would reveal the users out of scope.
fn traces(fixture: &ScopeFixture) -> Vec<String> {
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    let mut traces = vec![fixture.foreign.id.to_string(), id(&fixture.foreign_session), id(&fixture.foreign_ticket)];
    for number in [2, 3] {
        traces.extend([format!("Agent {number}"), format!("agent.{number}@")]);
    }
    traces.push("Fremde".to_owned());
    traces
}

#[track_caller]
fn assert_reveals_nothing(fixture: &ScopeFixture, what: &str, text: &str) {
    for trace in traces(fixture) {
        assert!(!text.contains(&trace), "{what} shows {trace}: {text}");
    }
}

/// Every reading route with ids out of scope, and whether it answers the manager with data.
fn reading_routes(fixture: &ScopeFixture, import: &str) -> Vec<(&'static str, String, bool)> {
    let (license, foreign) = (fixture.license, fixture.foreign.id);
    vec![
        ("/products", "/products".to_owned(), true),
        ("/licenses", "/licenses".to_owned(), true),
        ("/licenses/{id}", format!("/licenses/{license}"), true),
        ("/groups", "/groups".to_owned(), true),
        ("/groups/{id}", format!("/groups/{}", fixture.group), true),
        ("/groups/{id}", format!("/groups/{}", fixture.other_group), false),
        ("/users", "/users".to_owned(), true),
        ("/users", "/users?q=agent&sort=-last_active_at".to_owned(), true),
        ("/users", format!("/users?license={license}&role=agent"), true),
        ("/users", format!("/users?group={}", fixture.other_group), true),
        ("/groups/{id}/licenses", format!("/groups/{}/licenses", fixture.group), true),
        ("/groups/{id}/licenses", format!("/groups/{}/licenses", fixture.other_group), false),
        ("/users/{id}", format!("/users/{foreign}"), false),
        ("/users/{id}/access", format!("/users/{foreign}/access"), false),
        ("/users/{id}/seat-check", format!("/users/{foreign}/seat-check"), false),
        ("/users/{id}/group-licenses", format!("/users/{foreign}/group-licenses"), false),
        ("/sessions", "/sessions".to_owned(), true),
        ("/sessions", format!("/sessions?user={foreign}&state=live"), true),
        ("/sessions", "/sessions?q=agent&sort=user_name".to_owned(), true),
        ("/sessions/{id}", fixture.foreign_session.clone(), false),
        ("/queues", "/queues".to_owned(), true),
        ("/live/snapshot", "/live/snapshot".to_owned(), true),
        ("/live/snapshot", "/live/snapshot?content=own".to_owned(), true),
        ("/tickets/{id}", fixture.foreign_ticket.clone(), false),
        ("/audit", "/audit?limit=500".to_owned(), true),
        ("/audit", format!("/audit?user={foreign}"), true),
        ("/audit", "/audit?q=fremde".to_owned(), true),
        ("/audit/export", "/audit/export?format=json".to_owned(), true),
        ("/tickets/{id}/events", format!("{}/events", fixture.foreign_ticket), false),
        ("/users/export", "/users/export?format=json".to_owned(), true),
        ("/users/export", format!("/users/export?format=json&group={}", fixture.other_group), true),
        ("/sessions/export", "/sessions/export?format=json".to_owned(), true),
        ("/sessions/export", format!("/sessions/export?format=json&user={foreign}"), true),
        ("/licenses/export", "/licenses/export?format=json".to_owned(), true),
        ("/licenses/{id}/usage", format!("/licenses/{license}/usage"), true),
        ("/overview", "/overview".to_owned(), true),
        ("/reports/usage", format!("/reports/usage?license={license}&{DAY}"), true),
        ("/reports/usage", format!("/reports/usage?license={license}&{DAY}&user={foreign}"), false),
        ("/reports/usage", format!("/reports/usage?license={license}&{DAY}&group={}", fixture.other_group), false),
        ("/reports/usage/export", format!("/reports/usage/export?license={license}&{DAY}&format=json"), true),
        ("/reports/usage/export", format!("/reports/usage/export?license={license}&{DAY}&user={foreign}"), false),
        ("/reports/moment", format!("/reports/moment?license={license}&at=2026-03-02T09:00:00Z"), true),
        ("/reports/refusals", format!("/reports/refusals?license={license}&{DAY}"), true),
        ("/reports/refusals", format!("/reports/refusals?license={license}&{DAY}&user={foreign}"), false),
        ("/reports/refusals/export", format!("/reports/refusals/export?license={license}&{DAY}&format=json"), true),
        ("/reports/seat-time", format!("/reports/seat-time?{DAY}"), true),
        ("/reports/seat-time", format!("/reports/seat-time?{DAY}&by=group"), true),
        ("/reports/seat-time/export", format!("/reports/seat-time/export?{DAY}&format=json"), true),
        ("/reports/sizing", format!("/reports/sizing?license={license}&{DAY}"), true),
        ("/reports/sizing/progress", format!("/reports/sizing/progress?license={license}&{DAY}"), true),
        ("/reports/sizing/demand", format!("/reports/sizing/demand?license={license}&{DAY}"), true),
        ("/reports/unused-seats", "/reports/unused-seats?days=1".to_owned(), true),
        ("/reports/unused-seats/export", "/reports/unused-seats/export?days=1&format=json".to_owned(), true),
        ("/views", "/views".to_owned(), true),
        ("/license-requests", "/license-requests".to_owned(), true),
        ("/imports/{id}", import.to_owned(), false),
        ("/imports/{id}/rows", format!("{import}/rows"), false),
        ("/imports/{id}/export", format!("{import}/export?format=json"), false),
    ]
}

/// The period of reports.
const DAY: &str = "from=2026-03-01T23:00:00Z&to=2026-03-03T23:00:00Z";

/// Routes about the caller or the account only; and the live feed, which has its own test.
const WITHOUT_USER_DATA: [&str; 13] = [
    "/me/verify",
    "/setup",
    "/sign-in-options",
    "/me",
    "/me/access",
    "/me/sign-ins",
    "/me/second-factor",
    "/me/passkeys",
    "/me/remote-devices",
    "/borrow/keys",
    "/products/{id}",
    "/tokens",
    "/live",
];

/// Routes for admins only.
const ADMIN_ROUTES: [&str; 7] = [
    "/directories",
    "/directories/{id}/failures",
    "/directories/{id}/requests",
    "/directories/{id}/rules",
    "/sign-in-providers",
    "/sign-in-providers/{id}",
    "/sign-in-rules",
];

fn has_protected_session(frame: &Frame) -> bool {
    frame.data["sessions"].as_array().is_some_and(|all| all.iter().any(|session| session["protected"] == true))
}

on_both_engines! {
    async fn no_reading_route_reveals_a_user_out_of_scope(world: World) {
        let fixture = fixture(&world).await;
        let mut read: BTreeSet<_> = WITHOUT_USER_DATA.map(str::to_owned).into();
        let (imported, _) = import(&world.admin, b"email,name\nagent.2@example.org,Agent 2\n", false).await;
        let imported = format!("/imports/{}", imported["id"].as_str().expect("an id"));
        for (route, path, there) in reading_routes(&fixture, &imported) {
            read.insert(route.to_owned());
            let answer = fixture.manager.get(&path).await;
            if there {
                assert_reveals_nothing(&fixture, &path, &answer.ok().to_string());
            } else {
                answer.problem(404, "not_found");
            }
        }
        for route in ADMIN_ROUTES {
            read.insert(route.to_owned());
            fixture.manager.get(&route.replace("{id}", &world.admin.id.to_string())).await.problem(403, "forbidden");
        }
        let all = seatkeeper::api::all_routes();
        let reading: BTreeSet<_> = all
            .into_iter()
            .filter(|(method, _)| method == "GET")
            .map(|(_, path)| path.replacen("/api/v1", "", 1))
            .collect();
        assert_eq!(reading, read, "a reading route is missing in this test");
    }

    async fn a_limited_manager_sees_only_log_events_in_scope(world: World) {
        let fixture = fixture(&world).await;
        let other = format!("/groups/{}", fixture.other_group);
        // A user in scope joins a group out of scope, whose existence must not be revealed.
        world.admin.post(&format!("{other}/members"), &json!({ "add": [fixture.ours.id] })).await.ok();
        world.admin.patch(&other, &json!({ "name": "Fremde 2" })).await.ok();
        world
            .admin
            .patch(
                &format!("/users/{}", fixture.ours.id),
                &json!({ "role": "manager", "manages": [fixture.other_group] }),
            )
            .await
            .ok();
        let log = fixture.manager.get("/audit?limit=500").await.ok();
        assert_reveals_nothing(&fixture, "the log", &log.to_string());
        let items = log["items"].as_array().expect("items");
        assert!(items.iter().all(|event| !event["user"].is_null()), "only events about users: {items:?}");
        assert!(
            items.iter().all(|event| event["user"]["id"] != json!(fixture.manager.id)),
            "no events about the manager"
        );
        let kinds: BTreeSet<_> = items.iter().filter_map(|event| event["kind"].as_str()).collect();
        for kind in
            ["user_added", "user_changed", "group_member_added", "license_granted", "session_created", "ticket_taken"]
        {
            assert!(kinds.contains(kind), "{kind} is missing: {kinds:?}");
        }
        let exported = fixture.manager.get("/audit/export?format=json").await.ok();
        assert_eq!(&exported, &log["items"], "the export has the same events");
        // Managing that group also reveals earlier events about its members.
        world.limit_to_groups(&fixture.manager, &[fixture.group, fixture.other_group]).await;
        let log = fixture.manager.get(&format!("/audit?user={}", fixture.foreign.id)).await.ok();
        assert!(log.to_string().contains("session_created"));
    }

    async fn counts_cover_the_scope_and_seats_cover_the_whole_license(world: World) {
        let fixture = fixture(&world).await;
        let total = async |path: &str| fixture.manager.get(path).await.ok()["total"].clone();
        assert_eq!(total("/users").await, 2);
        assert_eq!(total("/users?q=agent").await, 2);
        assert_eq!(total(&format!("/users?group={}", fixture.other_group)).await, 0);
        assert_eq!(total("/sessions").await, 1);
        assert_eq!(total("/sessions?state=live").await, 1);
        let groups = fixture.manager.get("/groups").await.ok();
        assert_eq!(groups, json!([{ "id": fixture.group, "name": "Unsere", "members": 2 }]));
        let license = fixture.manager.get(&format!("/licenses/{}", fixture.license)).await.ok();
        let usage = &license["use"];
        assert_eq!(
            [&usage["occupied"], &usage["waiting"], &usage["assigned"]],
            [2, 2, 4],
            "the counters are the same for all users"
        );
        let queues = fixture.manager.get("/queues").await.ok();
        let tickets = queues[0]["tickets"].as_array().expect("tickets");
        assert_eq!((tickets.len(), &tickets[0]["position"]), (1, &json!(1)));
    }

    async fn a_group_that_the_manager_does_not_manage_is_as_if_unknown(world: World) {
        let fixture = fixture(&world).await;
        let add = json!({ "add": [fixture.ours.id] });
        world.admin.post(&format!("/groups/{}/members", fixture.other_group), &add).await.ok();
        let seen = async |by: &Person, group: &str| {
            let listed = by.get(&format!("/users?group={group}&limit=1")).await.ok();
            let exported = by.get(&format!("/users/export?format=json&group={group}")).await.ok();
            let body = json!({ "dry_run": true, "action": "suspend", "filter": { "group": group } });
            let previewed = by.post("/users/bulk", &body).await.ok();
            let count = |value: &Value| value.as_array().map_or(0, Vec::len);
            (listed["total"].clone(), count(&exported), count(&previewed["results"]), previewed["total"].clone())
        };
        let none = (json!(0), 0, 0, json!(0));
        assert_eq!(seen(&fixture.manager, UNKNOWN).await, none);
        assert_eq!(seen(&fixture.manager, &fixture.other_group.to_string()).await, none);
        assert_eq!(seen(&fixture.manager, &fixture.group.to_string()).await, (json!(2), 2, 2, json!(2)));
        assert_eq!(seen(&world.admin, &fixture.other_group.to_string()).await, (json!(3), 3, 3, json!(3)));
    }

    async fn a_limited_manager_sees_the_limits_of_their_groups_only(world: World) {
        let fixture = fixture(&world).await;
        let (manager, license) = (&fixture.manager, fixture.license);
        let path = format!("/licenses/{license}/groups");
        let limits = |caps: i64| {
            json!({ "limits": [
                { "group_id": fixture.group, "floor": 0, "cap": caps },
                { "group_id": fixture.other_group, "floor": 0, "cap": caps },
            ] })
        };
        let agent = world.agent("Nora Neu").await;
        world.grant(license, &[agent.id]).await;
        let (mut watcher, _) = Watcher::with_snapshot(manager).await;
        let (mut own_watcher, _) = Watcher::with_snapshot(&agent).await;
        world.admin.put(&path, &limits(2)).await.ok();
        let expected = json!([{ "group_id": fixture.group, "floor": 0, "cap": 2 }]);
        let frame = watcher.until(|frame| frame.license(license).is_some_and(|l| !l["group_limits"].is_null())).await;
        assert_eq!(frame.license(license).expect("the license")["group_limits"], expected, "the change");
        let frame = own_watcher.until(|frame| frame.license(license).is_some()).await;
        assert!(frame.license(license).expect("the license")["group_limits"].is_null(), "agents see no groups");
        let (_, snapshot) = Watcher::with_snapshot(manager).await;
        assert_eq!(snapshot.license(license).expect("the license")["group_limits"], expected, "the snapshot");
        for (route, pointer) in [
            (format!("/licenses/{license}"), "/group_limits"),
            ("/licenses".to_owned(), "/0/group_limits"),
            ("/licenses/export?format=json".to_owned(), "/0/group_limits"),
            ("/products".to_owned(), "/0/licenses/0/group_limits"),
        ] {
            let found = manager.get(&route).await.ok();
            assert_eq!(found.pointer(pointer), Some(&expected), "{route}");
        }
        assert!(agent.get("/licenses").await.ok()[0]["group_limits"].is_null(), "agents see no groups");
        let tag = manager.etag_of(&format!("/licenses/{license}")).await;
        let changed = manager.patch_if(&format!("/licenses/{license}"), &tag, &json!({ "notes": "A note" })).await.ok();
        assert_eq!(changed["group_limits"], expected, "the answer to a change");
        let all = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(all["group_limits"].as_array().map(Vec::len), Some(2));
    }

    async fn a_limited_manager_reaches_only_users_in_scope(world: World) {
        let fixture = fixture(&world).await;
        let (manager, foreign) = (&fixture.manager, fixture.foreign.id);
        let nothing = |answer: Answer| drop(answer.problem(404, "not_found"));
        nothing(manager.patch(&format!("/users/{foreign}"), &json!({ "name": "Mine" })).await);
        nothing(manager.patch(&format!("/users/{foreign}"), &json!({ "status": "suspended" })).await);
        nothing(manager.delete(&format!("/users/{foreign}")).await);
        for what in ["end", "cancel-end"] {
            nothing(manager.post_action(&fixture.foreign_session, what).await);
        }
        nothing(manager.post(&format!("{}/protect", fixture.foreign_session), &json!({ "protected": true })).await);
        nothing(manager.delete(&fixture.foreign_ticket).await);
        nothing(manager.post(&format!("{}/move", fixture.foreign_ticket), &json!({ "position": 1 })).await);
        let other = format!("/groups/{}", fixture.other_group);
        nothing(manager.put(&format!("{other}/members"), &json!({ "user_ids": [] })).await);
        nothing(manager.post(&format!("{other}/members"), &json!({ "add": [fixture.ours.id] })).await);
        let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
        let both = json!({ "ids": [id(&fixture.foreign_session), id(&fixture.our_session), UNKNOWN] });
        let ended = manager.post("/sessions/end", &both).await.ok();
        let refused: Vec<_> =
            ended["results"].as_array().expect("results").iter().map(|r| r["refused"].clone()).collect();
        assert_eq!(refused, [json!("not_found"), Value::Null, json!("not_found")]);
        assert_eq!(fixture.foreign.get(&fixture.foreign_session).await.ok()["state"], "connected");
        for filter in [json!({}), json!({ "user": foreign }), json!({ "q": "foreign" })] {
            let matching = json!({ "filter": filter });
            let ended = manager.post("/sessions/end-matching", &matching).await.ok();
            assert_eq!((&ended["results"], &ended["total"]), (&json!([]), &json!(0)), "{filter}");
        }
        assert_eq!(fixture.foreign.get(&fixture.foreign_session).await.ok()["state"], "connected");
        let people = json!({ "user_ids": [foreign, fixture.ours.id], "end_now": true });
        for what in ["grant", "grant-end", "revoke"] {
            let results = manager.post(&format!("/licenses/{}/{what}", fixture.license), &people).await.ok();
            let results = &results["results"];
            assert_eq!(results[0], json!({ "user_id": foreign, "changed": false, "refused": "not_found" }));
            assert_eq!(results[1]["changed"], what == "revoke");
        }
        manager.patch(&format!("/users/{}", fixture.ours.id), &json!({ "name": "Unser Agent" })).await.ok();
        manager.delete(&fixture.our_ticket).await.no_content();
    }

    async fn a_limited_manager_cannot_widen_the_scope(world: World) {
        let fixture = fixture(&world).await;
        let (manager, foreign) = (&fixture.manager, fixture.foreign.id);
        let members = format!("/groups/{}/members", fixture.group);
        let unknown = |answer: Answer, field: &str| {
            assert_eq!(answer.problem(422, "invalid")["errors"], json!([{ "field": field, "error": "unknown" }]));
        };
        unknown(manager.put(&members, &json!({ "user_ids": [foreign] })).await, "user_ids");
        unknown(manager.post(&members, &json!({ "add": [foreign] })).await, "add");
        manager.post("/groups", &json!({ "name": "Meine" })).await.problem(403, "forbidden");
        manager.delete(&format!("/groups/{}", fixture.group)).await.problem(403, "forbidden");
        manager
            .put(&format!("/groups/{}/managers", fixture.group), &json!({ "user_ids": [] }))
            .await
            .problem(403, "forbidden");
        for change in [
            json!({ "limited_to_groups": false }),
            json!({ "manages": [fixture.other_group] }),
            json!({ "role": "admin" }),
        ] {
            let path = format!("/users/{}", manager.id);
            manager.patch(&path, &change).await.problem(403, "forbidden");
            let path = format!("/users/{}", fixture.ours.id);
            manager.patch(&path, &change).await.problem(403, "forbidden");
        }
        // A new user must be in a group of the manager.
        let mut nora =
            json!({ "name": "Nora Neu", "email": "nora@example.org", "password": PASSWORD, "role": "agent" });
        let wrong = manager.post("/users", &nora).await.problem(422, "invalid");
        assert_eq!(wrong["errors"], json!([{ "field": "group_ids", "error": "required" }]));
        nora["group_ids"] = json!([fixture.other_group]);
        unknown(manager.post("/users", &nora).await, "group_ids");
        nora["group_ids"] = json!([fixture.group]);
        assert_eq!(manager.post("/users", &nora).await.created()["group_ids"], json!([fixture.group]));
        // Other groups of a user in scope are not shown.
        world
            .admin
            .post(&format!("/groups/{}/members", fixture.other_group), &json!({ "add": [fixture.ours.id] }))
            .await
            .ok();
        let seen = manager.get(&format!("/users/{}", fixture.ours.id)).await.ok();
        assert_eq!(seen["group_ids"], json!([fixture.group]));
    }

    async fn a_limited_manager_without_groups_sees_only_their_own_work(world: World) {
        let fixture = fixture(&world).await;
        let manager = &fixture.manager;
        world.limit_to_groups(manager, &[]).await;
        world.grant(fixture.license, &[manager.id]).await;
        let ticket = manager.queued().await;
        assert_eq!(manager.get("/users").await.ok()["total"], 0);
        assert_eq!(manager.get("/sessions").await.ok()["total"], 0);
        assert_eq!(manager.get("/groups").await.ok(), json!([]));
        let queues = manager.get("/queues").await.ok();
        assert_eq!(queues[0]["tickets"].as_array().map(Vec::len), Some(1), "only their own");
        assert_eq!(manager.get(&ticket).await.ok()["position"], 3);
        manager.get(&format!("/users/{}", fixture.ours.id)).await.problem(404, "not_found");
    }

    async fn the_live_feed_shows_only_users_in_scope_and_follows_group_changes_at_once(world: World) {
        let fixture = fixture(&world).await;
        // Earlier changes have been sent, so they do not end the new stream.
        let (mut all, _) = Watcher::with_snapshot(&world.admin).await;
        world.admin.post(&format!("{}/protect", fixture.our_session), &json!({ "protected": true })).await.ok();
        all.until(has_protected_session).await;
        let (mut watcher, snapshot) = Watcher::with_snapshot(&fixture.manager).await;
        assert_reveals_nothing(&fixture, "the snapshot", &snapshot.data.to_string());
        assert_eq!(
            (&snapshot.data["sessions_total"], snapshot.data["queues"][0]["tickets"].as_array().map(Vec::len)),
            (&json!(1), Some(1))
        );
        // A change to a user out of scope updates the counters without revealing the user.
        fixture.foreign.post_action(&fixture.foreign_session, "heartbeat").await.ok();
        world.admin.post(&format!("{}/protect", fixture.foreign_session), &json!({ "protected": true })).await.ok();
        fixture.foreign.post_action(&fixture.foreign_session, "end").await.ok();
        let frame =
            watcher.until(|frame| frame.license(fixture.license).is_some_and(|l| l["use"]["offered"] == 1)).await;
        assert_reveals_nothing(&fixture, "the change", &frame.data.to_string());
        // A user who joins the group appears, and one who leaves it disappears.
        let members = format!("/groups/{}/members", fixture.group);
        let add = json!({ "add": [fixture.foreign.id] });
        world.admin.post(&members, &add).await.ok();
        let frame = watcher.until(|frame| frame.event == "snapshot").await;
        assert!(frame.data.to_string().contains("Agent 0"));
        let session = fixture.foreign.get("/sessions?limit=1").await.ok()["items"][0]["id"].clone();
        assert_eq!(
            fixture.manager.get(&format!("/sessions/{}", session.as_str().expect("an id"))).await.ok()["user_name"],
            "Agent 2"
        );
        world.admin.post(&members, &json!({ "remove": [fixture.foreign.id] })).await.ok();
        let frame = watcher.until(|frame| frame.event == "snapshot").await;
        assert_reveals_nothing(&fixture, "the next snapshot", &frame.data.to_string());
        // Changed limits end the stream, so that the client reconnects with the new scope.
        world.admin.patch(&format!("/users/{}", fixture.manager.id), &json!({ "limited_to_groups": false })).await.ok();
        watcher.until_the_end().await;
        assert_eq!(fixture.manager.get("/sessions").await.ok()["total"], 2, "at once, without signing in again");
    }

    async fn a_ticket_stream_ends_when_the_right_to_see_it_is_lost(world: World) {
        let fixture = fixture(&world).await;
        let (mut all, _) = Watcher::with_snapshot(&world.admin).await;
        world.admin.post(&format!("{}/protect", fixture.our_session), &json!({ "protected": true })).await.ok();
        all.until(has_protected_session).await;
        let mut watcher = Watcher::on_stream(&fixture.manager, &format!("{}/events", fixture.our_ticket)).await;
        assert_eq!(watcher.next().await.event, "ticket");
        world.limit_to_groups(&fixture.manager, &[]).await;
        watcher.until_the_end().await;
        world.limit_to_groups(&fixture.manager, &[fixture.group]).await;
        let mut watcher = Watcher::on_stream(&fixture.manager, &format!("{}/events", fixture.our_ticket)).await;
        assert_eq!(watcher.next().await.event, "ticket");
        world.admin.put(&format!("/groups/{}/members", fixture.group), &json!({ "user_ids": [] })).await.ok();
        watcher.until_the_end().await;
        fixture.manager.get(&fixture.our_ticket).await.problem(404, "not_found");
    }
}
