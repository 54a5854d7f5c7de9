//! Escalation paths through groups, one by one: who is refused, with which details, and what follows later.

use super::fixture::Fixture;
use crate::{
    harness::{PASSWORD, Person, World, email_of, on_both_engines, secret_in},
    imports::{ended, import},
    scim::{Directory, user_path},
};
use reqwest::Method;
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    people::{Permission, Role},
};
use serde_json::{Value, json};

async fn users_manager(world: &World) -> Person {
    world.person("Ute Users", Role::Manager, &[Permission::ManageUsers]).await.with_token().await
}

async fn both_manager(world: &World) -> Person {
    let both = [Permission::ManageUsers, Permission::ManageProducts];
    world.person("Bea Both", Role::Manager, &both).await.with_token().await
}

fn members(group: GroupId) -> String {
    format!("/groups/{group}/members")
}

async fn role(world: &World, user: UserId) -> String {
    world.admin.get(&format!("/users/{user}")).await.ok()["role"].as_str().expect("a role").to_owned()
}

async fn patch_member(s: &Fixture, group: GroupId, op: &str, user: UserId) {
    let operation = match op {
        "add" => json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]),
        _ => json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]),
    };
    assert_eq!(s.directory.patch(&format!("/Groups/{group}"), operation).await.status, 204);
}

/// The code of the refusal of a row of an import or a bulk action.
fn code(row: &Value) -> &str {
    row["problems"][0]["code"].as_str().or(row["refused"].as_str()).unwrap_or("none")
}

on_both_engines! {
    async fn a_manager_creates_no_admin_through_a_membership_even_later(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let ute = users_manager(&world).await;
        // A user from the directory, one that the directory does not know yet, and a new one.
        let loose = world.user("Lou Loose", Role::Agent, &[]).await;
        ute.post(&members(s.admins), &json!({ "add": [s.provisioned] })).await.ok();
        ute.post("/users/bulk", &json!({ "action": "add_to_group", "group_id": s.admins, "user_ids": [loose] }))
            .await
            .ok();
        let new =
            json!({ "name": "Nora Neu", "email": email_of("Nora Neu"), "role": "agent", "group_ids": [s.admins] });
        let new = Fixture::add_user(&ute, &new).await;
        let file = format!("email;name;groups\n{};Ida Import;Admins 0\n", email_of("Ida Import"));
        assert_eq!(import(&ute, file.as_bytes(), false).await.0["created"], 1);
        let imported = world.admin.get("/users?q=ida").await.ok()["items"][0]["id"].clone();
        let imported: UserId = serde_json::from_value(imported).expect("an id");
        // The directory takes over the unknown users, the admin retries failures, and all background work runs.
        for user in [loose, new, imported] {
            s.directory
                .patch(&user_path(user), json!([{ "op": "replace", "path": "title", "value": "Agent" }]))
                .await
                .ok();
        }
        world.admin.post(&format!("/directories/{}/retry", s.directory.id), &Value::Null).await.ok();
        world.admin.patch(&format!("/users/{loose}"), &json!({ "status": "suspended" })).await.ok();
        world.admin.patch(&format!("/users/{loose}"), &json!({ "status": "active" })).await.ok();
        Fixture::settle_all(&world).await;
        for user in [s.provisioned, loose, new, imported] {
            assert_eq!(role(&world, user).await, "agent");
        }
        assert_eq!(role(&world, s.directory_admin).await, "admin");
        // Signing in with the manager's link gives no more rights either.
        let link = ute.post(&format!("/users/{}/invite", s.provisioned), &()).await.created();
        let secret = secret_in(link["link"].as_str().expect("a link"));
        let anonymous = Person::anonymous(&world.url);
        let password = json!({ "secret": secret, "password": PASSWORD });
        assert_eq!(anonymous.post("/links/use", &password).await.status, 204);
        let pia = Person::signing_in(&world.url, &email_of("Pia 0"), s.provisioned).await;
        assert_eq!(pia.get("/me").await.ok()["rights"]["role"], "agent");
        // A membership that the directory reports counts, even if another user added it before.
        patch_member(&s, s.admins, "add", s.provisioned).await;
        assert_eq!(role(&world, s.provisioned).await, "admin");
        patch_member(&s, s.admins, "remove", s.provisioned).await;
        assert_eq!(role(&world, s.provisioned).await, "agent");
        assert!(
            !s.directory.members(&format!("/Groups/{}", s.admins)).await.contains(&s.provisioned),
            "the directory removes the member"
        );
    }

    async fn earlier_access_is_revoked_when_a_directory_makes_an_account_admin(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let ute = users_manager(&world).await;
        // Before the directory provisions the new head of support, a manager creates the account with all credentials.
        let email = email_of("Cora Chief");
        let new = json!({ "name": "Cora Chief", "email": email, "role": "agent", "password": PASSWORD });
        let cora = Fixture::add_user(&ute, &new).await;
        let signed_in = Person::signing_in(&world.url, &email, cora).await;
        let program = signed_in.with_token().await;
        let link = ute.post(&format!("/users/{cora}/invite"), &()).await.created();
        let secret = secret_in(link["link"].as_str().expect("a link"));
        // The directory finds the address, takes the account over, and makes it an admin.
        let found = s.directory.find("Users", &format!("userName eq \"{email}\"")).await;
        assert_eq!(found["Resources"][0]["id"], json!(cora));
        s.directory
            .patch(&user_path(cora), json!([{ "op": "replace", "path": "title", "value": "Head of Support" }]))
            .await
            .ok();
        program.get("/me").await.ok();
        patch_member(&s, s.admins, "add", cora).await;
        assert_eq!(role(&world, cora).await, "admin");
        let password = json!({ "email": email, "password": PASSWORD });
        Person::anonymous(&world.url).post("/sign-in", &password).await.problem(401, "wrong_credentials");
        signed_in.get("/me").await.problem(401, "not_signed_in");
        program.get("/me").await.problem(401, "not_signed_in");
        let uses = json!({ "secret": secret, "password": PASSWORD });
        Person::anonymous(&world.url).post("/links/use", &uses).await.problem(410, "link_void");
        ute.post(&format!("/users/{cora}/invite"), &()).await.problem(403, "forbidden");
        ute.patch(&format!("/users/{cora}"), &json!({ "email": "ute@example.org" })).await.problem(403, "forbidden");
        assert!(world.event_log().await.contains("access_reset"));
    }

    async fn a_rule_gives_no_role_to_a_user_whose_email_address_a_manager_changed(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let ute = users_manager(&world).await;
        let pia = format!("/users/{}", s.provisioned);
        ute.patch(&pia, &json!({ "email": "mallory@example.org" })).await.ok();
        patch_member(&s, s.admins, "add", s.provisioned).await;
        assert_eq!(role(&world, s.provisioned).await, "agent", "otherwise a password reset would give the admin role");
        let failures = world.admin.get(&format!("/directories/{}/failures", s.directory.id)).await.ok();
        assert_eq!(failures["failures"][0]["code"], "email_not_from_directory");
        // After the admin restores the address, the role follows automatically.
        world.admin.patch(&pia, &json!({ "email": email_of("Pia 0") })).await.ok();
        Fixture::settle_all(&world).await;
        assert_eq!(role(&world, s.provisioned).await, "admin");
        let failures = world.admin.get(&format!("/directories/{}/failures", s.directory.id)).await.ok();
        assert_eq!(failures["total"], 0);
    }

    async fn a_membership_that_the_directory_readds_belongs_to_the_directory(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let ute = users_manager(&world).await;
        ute.post(&members(s.admins), &json!({ "add": [s.provisioned] })).await.ok();
        let user = json!([{ "value": s.provisioned }]);
        let again = json!([
            { "op": "remove", "path": format!("members[value eq \"{}\"]", s.provisioned) },
            { "op": "add", "path": "members", "value": user },
        ]);
        assert_eq!(s.directory.patch(&format!("/Groups/{}", s.admins), again).await.status, 204);
        assert_eq!(role(&world, s.provisioned).await, "admin");
        // Adding the member again manually does not change the source.
        ute.post(&members(s.admins), &json!({ "add": [s.provisioned] })).await.ok();
        ute.post(&members(s.admins), &json!({ "remove": [s.provisioned] })).await.problem(403, "group_gives_role");
        assert_eq!(role(&world, s.provisioned).await, "admin");
    }

    async fn removing_a_member_cannot_revoke_a_role_that_the_group_gives(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let (ute, bea) = (users_manager(&world).await, both_manager(&world).await);
        for manager in [&ute, &bea] {
            let refused = manager
                .post(&members(s.admins), &json!({ "remove": [s.directory_admin] }))
                .await
                .problem(403, "group_gives_role");
            assert_eq!(refused["gives"], json!(["admin"]));
            manager.put(&members(s.admins), &json!({ "user_ids": [] })).await.problem(403, "group_gives_role");
            let bulk = json!({
                "action": "remove_from_group", "group_id": s.admins, "user_ids": [s.directory_admin, s.agent],
            });
            let done = manager.post("/users/bulk", &bulk).await.ok();
            assert_eq!((code(&done["results"][0]), code(&done["results"][1])), ("group_gives_role", "none"));
            manager.delete(&format!("/groups/{}", s.admins)).await.problem(403, "group_gives_role");
            // Directories match groups by name, so a rename could redirect a later push to this group.
            let renamed = manager.patch(&format!("/groups/{}", s.admins), &json!({ "name": "Everybody" })).await;
            renamed.problem(403, "group_gives_role");
        }
        assert_eq!(role(&world, s.directory_admin).await, "admin");
        // Manually added members may be removed manually.
        ute.post(&members(s.admins), &json!({ "add": [s.agent] })).await.ok();
        ute.post(&members(s.admins), &json!({ "remove": [s.agent] })).await.ok();
        world.admin.post(&members(s.admins), &json!({ "remove": [s.directory_admin] })).await.ok();
        assert_eq!(role(&world, s.directory_admin).await, "agent");
    }

    async fn changing_a_group_with_licenses_requires_the_right_to_assign(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let (ute, bea) = (users_manager(&world).await, both_manager(&world).await);
        for (group, name, gives) in
            [(s.giving, "Giving 0", "Desk 0 (concurrent)"), (s.licensed, "Licensed 0", "Desk 0 (named)")]
        {
            for body in [json!({ "add": [s.agent] }), json!({ "remove": [s.holder] }), json!({ "add": [ute.id] })] {
                let refused = ute.post(&members(group), &body).await.problem(403, "group_gives_licenses");
                assert_eq!(
                    (&refused["gives"], &refused["detail"]),
                    (&json!([gives]), &json!(format!("It gives: {gives}.")))
                );
            }
            ute.put(&members(group), &json!({ "user_ids": [s.agent] })).await.problem(403, "group_gives_licenses");
            let new = json!({ "name": "Neu", "email": "neu@example.org", "role": "agent", "group_ids": [group] });
            ute.post("/users", &new).await.problem(403, "group_gives_licenses");
            for (action, user) in [("add_to_group", s.agent), ("remove_from_group", s.holder)] {
                for dry_run in [true, false] {
                    let bulk = json!({ "action": action, "group_id": group, "user_ids": [user], "dry_run": dry_run });
                    let done = ute.post("/users/bulk", &bulk).await.ok();
                    assert_eq!(code(&done["results"][0]), "group_gives_licenses", "{action} {dry_run}");
                }
            }
            let file =
                format!("email;name;groups\nneu@example.org;Neu;{name}\n{};Agent 0;Plain 0\n", email_of("Agent 0"));
            for dry_run in [true, false] {
                let (counts, rows) = import(&ute, file.as_bytes(), dry_run).await;
                assert_eq!(
                    (&counts["refused"], &counts["created"], code(&rows[0])),
                    (&json!(1), &json!(0), "group_gives_licenses")
                );
            }
            ute.patch(&format!("/groups/{group}"), &json!({ "name": "Everybody" }))
                .await
                .problem(403, "group_gives_licenses");
            ute.delete(&format!("/groups/{group}")).await.problem(403, "group_gives_licenses");
            // A request that changes nothing is allowed.
            ute.post(&members(group), &json!({ "add": [s.holder], "remove": [s.agent] })).await.ok();
        }
        assert_eq!(s.role_and_licenses(&world, s.agent).await.1, [s.pool]);
        assert_eq!(s.role_and_licenses(&world, s.holder).await.1.len(), 2);
        bea.post(&members(s.giving), &json!({ "add": [s.provisioned] })).await.ok();
        assert_eq!(s.role_and_licenses(&world, s.provisioned).await.1, [s.pool]);
        bea.post(&members(s.giving), &json!({ "remove": [s.provisioned] })).await.ok();
        assert!(s.role_and_licenses(&world, s.provisioned).await.1.is_empty());
        bea.delete(&format!("/groups/{}", s.giving)).await;
        assert_eq!(s.role_and_licenses(&world, s.holder).await.1, [s.named]);
    }

    async fn deleting_a_group_revokes_nothing_beyond_the_rights_of_the_caller(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let (ute, bea) = (users_manager(&world).await, both_manager(&world).await);
        for (group, codes) in [
            (s.managed, [Some("group_in_use"), Some("group_in_use")]),
            (s.licensed, [Some("group_gives_licenses"), Some("group_in_use")]),
            (s.reserved, [Some("group_in_use"), None]),
            (s.plain, [None, None]),
        ] {
            for (manager, code) in [&ute, &bea].into_iter().zip(codes) {
                let answer = manager.delete(&format!("/groups/{group}")).await;
                match code {
                    Some(code) => drop(answer.problem(403, code)),
                    None => assert!([204, 404].contains(&answer.status.as_u16()), "{answer:?}"),
                }
            }
        }
        for group in [s.managed, s.licensed, s.admins, s.giving] {
            assert_eq!(world.admin.delete(&format!("/groups/{group}")).await.status, 204);
        }
        assert_eq!(role(&world, s.directory_admin).await, "agent");
    }

    async fn a_limited_manager_grants_no_more_in_their_own_groups(world: World) {
        let ute = world.person("Lea Limited", Role::Manager, &[Permission::ManageUsers]).await;
        world.limit_to_groups(&ute, &[]).await;
        let s = Fixture::create(&world, 0, Some(ute.id)).await;
        ute.post(&members(s.giving), &json!({ "add": [s.agent] })).await.problem(403, "group_gives_licenses");
        ute.post(&members(s.giving), &json!({ "remove": [s.holder] })).await.problem(403, "group_gives_licenses");
        world.admin.post(&members(s.plain), &json!({ "add": [ute.id] })).await.ok();
        ute.post(&members(s.licensed), &json!({ "add": [ute.id] })).await.problem(403, "group_gives_licenses");
        ute.post(&members(s.admins), &json!({ "add": [s.provisioned] })).await.ok();
        assert_eq!(role(&world, s.provisioned).await, "agent");
        // Additional permissions apply at once, and so does their removal.
        let both = json!({ "permissions": ["manage_users", "manage_products"] });
        world.admin.patch(&format!("/users/{}", ute.id), &both).await.ok();
        ute.post(&members(s.giving), &json!({ "add": [s.agent] })).await.ok();
        world.admin.patch(&format!("/users/{}", ute.id), &json!({ "permissions": ["manage_users"] })).await.ok();
        ute.post(&members(s.giving), &json!({ "remove": [s.agent] })).await.problem(403, "group_gives_licenses");
    }

    async fn revoked_rights_end_a_running_import(world: World) {
        let ute = users_manager(&world).await;
        let rows: String = (0..20_000).map(|number| format!("n{number}@example.org;N {number}\n")).collect();
        let request = ute.request(Method::POST, "/import").header("content-type", "text/csv");
        let begun = ute.send(request.body(format!("email;name\n{rows}"))).await.accepted();
        world.admin.patch(&format!("/users/{}", ute.id), &json!({ "permissions": [] })).await.ok();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        let import = ended(&world.admin, &path).await;
        let [created, refused] = ["created", "refused"].map(|field| import[field].as_i64().expect("a number"));
        assert_eq!((import["state"].as_str(), created + refused), (Some("done"), 20_000), "{import:#}");
        assert!(refused > 0, "the import continued with revoked rights");
        let imported = world.admin.get("/users?source=import&limit=1").await.ok()["total"].clone();
        assert_eq!(imported, created, "exactly the rows that were not refused are written");
    }

    async fn a_manager_whom_a_rule_restores_has_neither_limits_nor_permissions(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let max = directory.user("Max M").await;
        let path = directory.group("Leitung", &[max]).await;
        let group: GroupId = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
        directory.set_rules(&world, json!([{ "group_id": group, "role": "manager" }])).await;
        let limits = json!({ "permissions": ["manage_users"], "limited_to_groups": true, "manages": [group] });
        world.admin.patch(&format!("/users/{max}"), &limits).await.ok();
        for operation in [
            json!([{ "op": "remove", "path": format!("members[value eq \"{max}\"]") }]),
            json!([{ "op": "add", "path": "members", "value": [{ "value": max }] }]),
        ] {
            assert_eq!(directory.patch(&path, operation).await.status, 204);
        }
        let now = world.admin.get(&format!("/users/{max}")).await.ok();
        assert_eq!(
            (&now["role"], &now["permissions"]),
            (&json!("manager"), &json!([])),
            "limits and permissions are removed together"
        );
    }

    async fn the_preview_counts_only_memberships_by_the_directory_for_the_role(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        users_manager(&world).await.post(&members(s.admins), &json!({ "add": [s.provisioned, s.agent] })).await.ok();
        let path = format!("/directories/{}/rules/preview", s.directory.id);
        let rules = json!({ "rules": [{ "group_id": s.admins, "role": "manager", "license_ids": [s.named] }] });
        let preview = world.admin.post(&path, &rules).await.ok();
        let counts = json!([{
            "group_id": s.admins, "group_name": "Admins 0", "role": "manager", "by_directory": 1, "others": 2,
        }]);
        assert_eq!(preview["roles"], counts);
        let of = |user: UserId| {
            let users = preview["users"].as_array().expect("users");
            users.iter().find(|one| one["user_id"] == json!(user)).cloned().unwrap_or_default()
        };
        assert_eq!(
            (&of(s.directory_admin)["role"], &of(s.directory_admin)["gets"]),
            (&json!("manager"), &json!([s.named]))
        );
        for user in [s.provisioned, s.agent] {
            assert_eq!(
                (&of(user)["role"], &of(user)["gets"]),
                (&Value::Null, &json!([s.named])),
                "the license without the role"
            );
        }
    }

    async fn the_migration_gives_the_directory_the_members_it_added_according_to_the_log(world: World) {
        let s = Fixture::create(&world, 0, None).await;
        let ute = users_manager(&world).await;
        ute.post(&members(s.admins), &json!({ "add": [s.provisioned] })).await.ok();
        world.execute("UPDATE group_members SET directory_id = NULL").await;
        // Under the old rules every member of the group had the role.
        let (directory, provisioned) = (s.directory.id, s.provisioned);
        world.execute(&format!("UPDATE users SET role = 'admin' WHERE id = '{provisioned}'")).await;
        world
            .execute(&format!("UPDATE directory_users SET given_role = 'admin' WHERE user_id = '{provisioned}'"))
            .await;
        let migration = include_str!("../../../migrations/sqlite/0017_membership_source.sql");
        let update = &migration[migration.find("UPDATE group_members").expect("an update")..];
        world.execute(update).await;
        let by_directory: Vec<_> = world
            .database
            .first_column("SELECT CAST(user_id AS TEXT) FROM group_members WHERE directory_id IS NOT NULL ORDER BY 1")
            .await;
        assert_eq!(
            by_directory,
            [s.directory_admin.to_string()],
            "neither the members added by a manager nor users who are not from the directory"
        );
        Fixture::settle_all(&world).await;
        assert_eq!(
            (role(&world, s.directory_admin).await, role(&world, provisioned).await),
            ("admin".to_owned(), "agent".to_owned())
        );
        // Where the log is pruned, users keep the roles they have by a rule, and no user gains one.
        world.execute(&format!("UPDATE users SET role = 'admin' WHERE id = '{provisioned}'")).await;
        world
            .execute(&format!("UPDATE directory_users SET given_role = 'admin' WHERE user_id = '{provisioned}'"))
            .await;
        world.execute("UPDATE group_members SET directory_id = NULL").await;
        world.execute("DELETE FROM events WHERE kind = 'group_member_added'").await;
        world.execute(update).await;
        let sql = "SELECT CAST(directory_id AS TEXT) FROM group_members WHERE directory_id IS NOT NULL";
        assert_eq!(world.database.first_column(sql).await, vec![directory.to_string(); 2]);
    }
}
