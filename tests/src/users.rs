//! Users: deletion, concurrent edits, scopes, groups with their managers, and filters by source.

use crate::harness::{PASSWORD, Person, Watcher, id_of, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::UserId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn path(user: UserId) -> String {
    format!("/users/{user}")
}

async fn names(by: &Person, query: &str) -> Vec<String> {
    let list = by.get(&format!("/users?{query}")).await.ok();
    let items = list["items"].as_array().expect("items");
    assert_eq!(list["total"], items.len(), "{query}");
    items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

on_both_engines! {
    async fn a_deleted_user_leaves_only_a_name(world: World) {
        let product = world.product("Remote Support v5").await;
        let (named, shared) =
            (world.license(product, Model::Named, 1).await, world.license(product, Model::Concurrent, 1).await);
        let (nora, other) = (world.agent("Nora Neu").await, world.agent("Otto Ott").await);
        world.grant(named, &[nora.id]).await;
        world.grant(shared, &[nora.id, other.id]).await;
        let group = world.group("Nachtschicht", &[nora.id]).await;
        let (session, program) = (nora.seated().await, nora.with_token().await);
        let (mut watcher, _) = Watcher::with_snapshot(&nora).await;

        world.admin.delete(&path(nora.id)).await.no_content();
        world.admin.delete(&path(nora.id)).await.problem(404, "not_found");
        world.admin.get(&path(nora.id)).await.problem(404, "not_found");
        world.admin.patch(&path(nora.id), &json!({ "status": "active" })).await.problem(404, "not_found");
        assert_eq!(names(&world.admin, "").await, ["Anja Krüger", "Otto Ott"]);
        let seen = world.admin.get(&session).await.ok();
        assert_eq!((&seen["user_name"], &seen["ended"]["reason"]), (&json!("Nora Neu"), &json!("user_deactivated")));
        assert_eq!(world.admin.get("/groups").await.ok()[0]["members"], 0);
        watcher.until_the_end().await;
        for who in [&nora, &program] {
            who.get("/me").await.problem(401, "not_signed_in");
        }
        let sign_in = json!({ "email": "nora.neu@example.org", "password": PASSWORD });
        Person::anonymous(&world.url).post("/sign-in", &sign_in).await.problem(401, "wrong_credentials");
        for (license, assigned) in [(named, 0), (shared, 1)] {
            let usage = world.usage(license).await;
            assert_eq!((&usage["assigned"], &usage["occupied"]), (&json!(assigned), &json!(0)));
        }
        // A deleted user gets no licenses and groups, and frees the seat and the address.
        let to = json!({ "user_ids": [nora.id] });
        let results = world.admin.post(&format!("/licenses/{shared}/grant"), &to).await.ok();
        assert_eq!(results["results"], json!([{ "user_id": nora.id, "changed": false, "refused": "not_found" }]));
        world.admin.put(&format!("/groups/{group}/members"), &to).await.problem(422, "invalid");
        world.grant(named, &[other.id]).await;
        let again = world.agent("Nora Neu").await;
        assert_ne!(again.id, nora.id);
        assert_eq!(
            world.admin.get(&format!("/sessions?user={}", nora.id)).await.ok()["total"],
            1,
            "the session history stays"
        );
        let log = world.event_log().await;
        assert!(log.contains("user_deleted Anja Krüger"), "{log}");
    }

    async fn a_deleted_user_leaves_the_queue(world: World) {
        let (license, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, second) = (people[1].queued().await, people[2].queued().await);
        world.admin.delete(&path(people[1].id)).await.no_content();
        assert_eq!(world.admin.get(&first).await.ok()["over"]["reason"], "user_deactivated");
        assert_eq!(people[2].get(&second).await.ok()["position"], 1);
        world.admin.delete(&path(people[0].id)).await.no_content();
        assert_eq!(people[2].get(&second).await.ok()["state"], "offered");
        assert_eq!(world.usage(license).await["waiting"], 1);
    }

    async fn the_last_admin_is_not_deleted_and_managers_delete_agents_only(world: World) {
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let agent = world.agent("Nora Neu").await;
        for (user, who) in [(second.id, &manager), (manager.id, &manager), (manager.id, &agent)] {
            who.delete(&path(user)).await.problem(403, "forbidden");
        }
        manager.delete(&path(agent.id)).await.no_content();
        world.admin.delete(&path(second.id)).await.no_content();
        world.admin.delete(&path(world.admin.id)).await.problem(409, "last_admin");
        world.admin.delete(&path(UNKNOWN.parse().expect("an id"))).await.problem(404, "not_found");
        world.admin.delete("/users/nonsense").await.problem(404, "not_found");
    }

    async fn when_two_admins_delete_suspend_or_demote_each_other_one_remains(world: World) {
        for round in 0..6 {
            let name = format!("Admin {round}");
            let other = world.person(&name, Role::Admin, &[]).await;
            let against = async |by: &Person, whom: UserId| match round % 3 {
                0 => by.delete(&path(whom)).await,
                1 => by.patch(&path(whom), &json!({ "status": "suspended" })).await,
                _ => by.patch(&path(whom), &json!({ "role": "manager" })).await,
            };
            let (one, two) = tokio::join!(against(&world.admin, other.id), against(&other, world.admin.id));
            let won: Vec<_> = [&one, &two].into_iter().filter(|answer| answer.status.is_success()).collect();
            assert_eq!(won.len(), 1, "round {round}: {one:?} {two:?}");
            if two.status.is_success() {
                // The other admin won, and `world.admin` can do no more.
                return;
            }
            let code = two.body["code"].as_str().expect("a code").to_owned();
            assert!(["last_admin", "not_signed_in", "forbidden"].contains(&code.as_str()), "round {round}: {code}");
        }
    }

    async fn the_second_of_two_edits_of_a_user_conflicts(world: World) {
        let second = world.person("Second Admin", Role::Admin, &[]).await;
        let nora = world.agent("Nora Neu").await;
        let (mine, theirs) = (world.admin.get(&path(nora.id)).await, second.get(&path(nora.id)).await);
        assert_eq!(mine.etag(), theirs.etag());
        let changed = world.admin.patch_if(&path(nora.id), &mine.etag(), &json!({ "name": "Nora Alt" })).await;
        let after = changed.etag();
        assert_ne!(after, mine.etag());
        assert_eq!(changed.ok()["name"], "Nora Alt");
        for change in [json!({ "name": "Nora Weber" }), json!({ "role": "manager" }), json!({ "status": "suspended" })]
        {
            second.patch_if(&path(nora.id), &theirs.etag(), &change).await.problem(412, "changed_meanwhile");
        }
        let seen = second.get(&path(nora.id)).await;
        assert_eq!((seen.etag(), seen.body["status"].clone()), (after, json!("active")));
        assert_eq!(seen.ok()["name"], "Nora Alt", "nothing was overwritten");
        // Automatic changes do not change the tag, and the retry with the new tag succeeds.
        nora.post("/sign-out", &json!({})).await;
        nora.sign_in_again("nora.neu@example.org").await;
        let seen = second.get(&path(nora.id)).await;
        let both = json!({ "status": "suspended", "name": "Nora Weber" });
        let done = second.patch_if(&path(nora.id), &seen.etag(), &both).await.ok();
        assert_eq!((&done["status"], &done["name"]), (&json!("suspended"), &json!("Nora Weber")));
        second.patch_if(&path(nora.id), "*", &json!({ "status": "active" })).await.ok();
        second.patch_if(&path(nora.id), "nonsense", &json!({ "name": "X" })).await.problem(412, "changed_meanwhile");
        second.patch(&path(nora.id), &json!({ "name": "Nora Neu" })).await.ok();
    }

    async fn of_a_hundred_edits_of_a_user_with_one_etag_one_succeeds(world: World) {
        let nora = world.agent("Nora Neu").await;
        let seen = world.admin.etag_of(&path(nora.id)).await;
        let edits = (0..40).map(|number| {
            let (by, seen) = (world.admin.clone(), seen.clone());
            tokio::spawn(async move {
                by.patch_if(&path(nora.id), &seen, &json!({ "name": format!("Nora {number}") })).await
            })
        });
        let mut statuses = Vec::new();
        for edit in edits.collect::<Vec<_>>() {
            statuses.push(edit.await.expect("an answer").status.as_u16());
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses.iter().filter(|s| **s == 412).count()), (200, 39), "{statuses:?}");
    }

    async fn an_address_changes_unless_another_user_has_it(world: World) {
        let nora = world.agent("Nora Neu").await;
        let change = async |email: &str| world.admin.patch(&path(nora.id), &json!({ "email": email })).await;
        let taken = change("ANJA.krueger@example.org").await.problem(409, "already_exists");
        assert_eq!(taken["errors"], json!([{ "field": "email", "error": "taken" }]));
        let wrong = change("no address").await.problem(422, "invalid");
        assert_eq!(wrong["errors"], json!([{ "field": "email", "error": "email" }]));
        assert_eq!(change("Nora@Example.org").await.ok()["email"], "Nora@Example.org");
        Person::signing_in(&world.url, "nora@example.org", nora.id).await;
    }

    async fn a_scope_belongs_to_managers_and_ends_with_the_role(world: World) {
        let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
        let group = world.group("Nachtschicht", &[]).await;
        world.limit_to_groups(&manager, &[group]).await;
        let seen = world.admin.get(&path(manager.id)).await.ok();
        assert_eq!((&seen["limited_to_groups"], &seen["manages"]), (&json!(true), &json!([group])));
        assert_eq!(manager.get("/me").await.ok()["rights"]["limited_to_groups"], true);
        let wrong =
            world.admin.patch(&path(manager.id), &json!({ "manages": [UNKNOWN] })).await.problem(422, "invalid");
        assert_eq!(wrong["errors"], json!([{ "field": "manages", "error": "unknown" }]));
        for role in ["agent", "manager"] {
            let seen = world.admin.patch(&path(manager.id), &json!({ "role": role })).await.ok();
            assert_eq!((&seen["limited_to_groups"], &seen["manages"]), (&Value::Null, &Value::Null), "{role}");
            assert_eq!(seen["permissions"], json!([]), "not without the limits that came with them: {role}");
        }
        assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["managers"], json!([]));
    }

    async fn groups_are_renamed_filled_managed_and_deleted(world: World) {
        let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
        let (license, people) = world.pool(3, 3).await;
        let ids: Vec<_> = people.iter().map(|person| person.id).collect();
        let group = world.group("Nacht", &ids[..1]).await;
        let (admin, at) = (&world.admin, format!("/groups/{group}"));
        let seen = admin.get(&at).await;
        assert_eq!(seen.body, json!({ "id": group, "name": "Nacht", "members": 1, "managers": [] }));
        let renamed = admin.patch_if(&at, &seen.etag(), &json!({ "name": "Nachtschicht" })).await.ok();
        assert_eq!(renamed["name"], "Nachtschicht");
        admin.patch_if(&at, &seen.etag(), &json!({ "name": "Spätschicht" })).await.problem(412, "changed_meanwhile");
        world.group("Frühschicht", &[]).await;
        admin.patch(&at, &json!({ "name": "frühschicht" })).await.problem(409, "already_exists");

        let change = json!({ "add": [ids[0], ids[1], ids[2], ids[1]], "remove": [ids[0], UNKNOWN] });
        assert_eq!(
            admin.post(&format!("{at}/members"), &change).await.ok()["members"],
            3,
            "the added user is a member"
        );
        assert_eq!(admin.post(&format!("{at}/members"), &json!({ "remove": [ids[0]] })).await.ok()["members"], 2);
        assert_eq!(names(admin, &format!("group={group}")).await, ["Agent 1", "Agent 2"]);
        admin.post(&format!("{at}/members"), &json!({ "add": [UNKNOWN] })).await.problem(422, "invalid");

        let managers = format!("{at}/managers");
        let seen = admin.put(&managers, &json!({ "user_ids": [manager.id] })).await.ok();
        assert_eq!(
            seen["managers"],
            json!([{
            "id": manager.id, "name": "Max Manager", "email": "max.manager@example.org", "limited_to_groups": false }])
        );
        for unmanageable in [ids[0].to_string(), UNKNOWN.to_owned(), admin.id.to_string()] {
            admin.put(&managers, &json!({ "user_ids": [unmanageable] })).await.problem(422, "invalid");
        }
        admin.put(&format!("/groups/{UNKNOWN}/managers"), &json!({ "user_ids": [] })).await.problem(404, "not_found");

        // Its reserved seats are available to all again.
        let limits = json!({ "limits": [{ "group_id": group, "floor": 3 }] });
        admin.put(&format!("/licenses/{license}/groups"), &limits).await.ok();
        people[0].request_seat().await.problem(409, "reserved_for_group");
        admin.delete(&at).await.no_content();
        people[0].request_seat().await.created();
        admin.delete(&at).await.problem(404, "not_found");
        admin.get(&at).await.problem(404, "not_found");
        assert_eq!(admin.get(&path(ids[1])).await.ok()["group_ids"], json!([]), "its members are kept");
        assert_eq!(admin.get(&path(manager.id)).await.ok()["manages"], Value::Null);
    }

    async fn users_are_filtered_by_group_source_and_activity_together(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 5).await;
        let mut ids = Vec::new();
        for name in ["Anton", "Berta", "Cäsar"] {
            world.advance_clock(TimeDelta::hours(1));
            ids.push(world.user(name, Role::Agent, &[]).await);
        }
        world.grant(license, &[ids[0], ids[1]]).await;
        let group = world.group("Nachtschicht", &[ids[1], ids[2]]).await;
        world.advance_clock(TimeDelta::hours(1));
        Person::signing_in(&world.url, "anton@example.org", ids[0]).await;
        let admin = &world.admin;
        assert_eq!(names(admin, &format!("group={group}")).await, ["Berta", "Cäsar"]);
        assert_eq!(names(admin, &format!("group={group}&license={license}")).await, ["Berta"]);
        assert_eq!(names(admin, "source=manual&role=agent").await, ["Anton", "Berta", "Cäsar"]);
        assert_eq!(names(admin, "source=import").await, [""; 0]);
        assert_eq!(names(admin, "active_after=2026-03-02T11:30:00Z").await, ["Anton", "Cäsar"]);
        assert_eq!(names(admin, "active_before=2026-03-02T11:30:00Z").await, ["Anja Krüger", "Berta"]);
        assert_eq!(
            names(admin, "active_before=2026-03-02T11:30:00Z&active_after=2026-03-02T10:30:00Z&q=BERTA&status=active")
                .await,
            ["Berta"]
        );
        for nonsense in ["source=mars", "group=7", "active_after=yesterday"] {
            admin.get(&format!("/users?{nonsense}")).await.problem(400, "bad_request");
        }
        admin.get("/users?active_after=%2B12026-01-01T00:00:00Z").await.problem(422, "invalid");
        let added = json!({
            "name": "Dora", "email": "dora@example.org", "password": PASSWORD, "role": "agent", "group_ids": [group],
        });
        let dora: UserId = id_of(&admin.post("/users", &added).await.created());
        assert_eq!(admin.get(&path(dora)).await.ok()["group_ids"], json!([group]));
    }
}
