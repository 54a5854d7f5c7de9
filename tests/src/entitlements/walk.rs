//! The walk: every kind of caller tries every route on existing objects. After all background work, every change must
//! be one that this caller may make directly.

use super::{
    attempts::{Attempt, ImportNames, TESTED_SEPARATELY, attempts, import_files},
    fixture::Fixture,
    snapshot::{Snapshot, SnapshotReader},
};
use crate::{
    harness::{Engine, Person, World, on_both_engines},
    imports::ended,
    permissions::{CALLERS, REAUTHENTICATED_ROUTES},
};
use reqwest::Method;
use seatkeeper_shared::{
    people::{Permission, Role},
    permissions::Rights,
};
use serde_json::json;
use std::collections::BTreeSet;

/// How many fixtures are created in one account. With each, background work and snapshots take longer.
const FIXTURES_PER_WORLD: usize = 8;

/// A kind of caller; `None` is anonymous.
#[derive(Clone, Copy)]
struct Caller {
    name: &'static str,
    role: Option<Role>,
    permissions: &'static [Permission],
    limited: bool,
}

impl Caller {
    const fn new(name: &'static str, role: Role, permissions: &'static [Permission]) -> Self {
        Self { name, role: Some(role), permissions, limited: false }
    }

    const fn limited(self) -> Self {
        Self { limited: true, ..self }
    }

    fn rights(&self) -> Option<Rights> {
        let permissions = self.permissions.iter().copied().collect();
        let with = |role| Rights { role, permissions, billing_contact: false, limited_to_groups: self.limited };
        self.role.map(with)
    }

    /// Tries everything in several worlds, and returns the changes beyond the caller's rights.
    async fn walk(self, engine: Engine) -> Vec<String> {
        let (mut wrong, mut next) = (Vec::new(), Some(0));
        while let Some(first) = next {
            let world = World::start(engine).await;
            let walker = Walker::with_rights(&world, self).await;
            next = walker.walk(&world, first, &mut wrong).await;
        }
        wrong
    }
}

/// The caller that tries all routes.
struct Walker {
    person: Person,
    /// The same user in a browser, which some routes require.
    browser: Person,
    rights: Option<Rights>,
    limited: bool,
}

impl Walker {
    async fn with_rights(world: &World, caller: Caller) -> Self {
        let (rights, limited) = (caller.rights(), caller.limited);
        let Some(role) = caller.role else {
            let anonymous = Person::anonymous(&world.url);
            return Self { person: anonymous.clone(), browser: anonymous, rights, limited };
        };
        let signed_in = world.person(caller.name, role, caller.permissions).await;
        if limited {
            world.limit_to_groups(&signed_in, &[]).await;
        }
        Self { person: signed_in.with_token().await, browser: signed_in, rights, limited }
    }

    /// Tries everything from an attempt on, and adds the changes beyond the caller's rights to `wrong`. Returns the
    /// next attempt when this world has had its fixtures.
    async fn walk(&self, world: &World, first: usize, wrong: &mut Vec<String>) -> Option<usize> {
        let (mut next, mut facts) = (first, SnapshotReader::of(world).await);
        for number in 0..FIXTURES_PER_WORLD {
            // After a change to the fixture a new one is created, so that each attempt finds its objects.
            let fixture = Fixture::create(world, number, self.limited.then_some(self.person.id)).await;
            let is_admin = self.rights.as_ref().is_some_and(|rights| rights.role == Role::Admin);
            let all = attempts(&fixture, &self.person, is_admin);
            let files = import_files(&fixture, &ImportNames::of(number));
            let (mut before, mut head) = (facts.read().await, world.head().await);
            let mut changed = false;
            while !changed {
                if next == all.len() + files.len() {
                    return None;
                }
                let what = match all.get(next) {
                    Some(attempt) => self.try_attempt(attempt).await,
                    None => self.try_import(&files[next - all.len()]).await,
                };
                let mut after = facts.read().await;
                if after != before || world.head().await != head {
                    Fixture::settle_all(world).await;
                    after = facts.read().await;
                }
                let violations = before.violations(&after, self.person.id, self.rights.as_ref());
                wrong.extend(violations.into_iter().map(|fact| format!("{what}: {fact}")));
                changed = before.differs_for(&after, &fixture);
                (before, head) = (after, world.head().await);
                next += 1;
            }
        }
        Some(next)
    }

    async fn try_attempt(&self, attempt: &Attempt) -> String {
        let Attempt { method, route, path, body } = attempt;
        let by = if REAUTHENTICATED_ROUTES.contains(&(*method, *route)) { &self.browser } else { &self.person };
        let mut request = by.request(method.parse::<Method>().expect("a method"), path);
        if !body.is_null() {
            request = request.json(body);
        }
        let status = by.send(request).await.status;
        assert!(status.as_u16() < 500, "{method} {path}: {status}");
        format!("{method} {path} {body}: {status}")
    }

    async fn try_import(&self, file: &str) -> String {
        let request = |path: &str| {
            let request = self.person.request(Method::POST, path).header("content-type", "text/csv");
            request.body(file.to_owned())
        };
        let seen = self.person.send(request("/import/preview")).await.status;
        let begun = self.person.send(request("/import")).await;
        assert_eq!(seen.is_success(), begun.status == 202, "preview and import require the same rights");
        if begun.status == 202 {
            let path = format!("/imports/{}", begun.body["id"].as_str().expect("an id"));
            ended(&self.person, &path).await;
        }
        format!("import of {file}: {}", begun.status)
    }
}

async fn assert_no_escalation(engine: Engine, caller: Caller) {
    let wrong = caller.walk(engine).await;
    assert!(wrong.is_empty(), "{}: {wrong:#?}", caller.name);
}

on_both_engines! {
    async fn callers_who_are_not_admins_stay_within_their_rights(world: World) {
        let anonymous = Caller { name: "anonymous", role: None, permissions: &[], limited: false };
        assert_no_escalation(world.engine, anonymous).await;
        for (_, name, role, permissions) in CALLERS {
            if role != Role::Admin && permissions.len() < 2 {
                assert_no_escalation(world.engine, Caller::new(name, role, permissions)).await;
            }
        }
    }

    async fn managers_who_may_assign_licenses_stay_within_their_rights(world: World) {
        let both = &[Permission::ManageUsers, Permission::ManageProducts];
        assert_no_escalation(world.engine, Caller::new("Both Manager", Role::Manager, both)).await;
    }

    async fn managers_limited_to_groups_stay_within_their_rights(world: World) {
        let users = Caller::new("Limited Users", Role::Manager, &[Permission::ManageUsers]);
        assert_no_escalation(world.engine, users.limited()).await;
        let all = Caller::new("Limited All", Role::Manager, Permission::ALL);
        assert_no_escalation(world.engine, all.limited()).await;
    }

    async fn an_admin_who_is_not_the_billing_contact_buys_nothing(world: World) {
        assert_no_escalation(world.engine, Caller::new("Second Admin", Role::Admin, &[])).await;
    }

    async fn the_walk_finds_a_way_to_create_an_admin_if_there_is_one(world: World) {
        let users = Caller::new("Users Manager", Role::Manager, &[Permission::ManageUsers]);
        let users = Walker::with_rights(&world, users).await;
        let s = Fixture::create(&world, 0, None).await;
        let before = Snapshot::read(&world).await;
        let members = format!("/groups/{}/members", s.admins);
        users.person.post(&members, &json!({ "add": [s.provisioned] })).await.ok();
        // As if memberships had no source, before the rules distinguished them.
        let (directory, user) = (s.directory.id, s.provisioned);
        let sql = format!("UPDATE group_members SET directory_id = '{directory}' WHERE user_id = '{user}'");
        assert!(world.execute(&sql).await > 0);
        Fixture::settle_all(&world).await;
        let violations = before.violations(&Snapshot::read(&world).await, users.person.id, users.rights.as_ref());
        assert!(violations.contains(&format!("added: role {user} admin")), "{violations:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_attempted() {
    let world = World::start(Engine::Sqlite).await;
    let fixture = Fixture::create(&world, 0, None).await;
    let attempted = attempts(&fixture, &world.admin, false).into_iter().map(|attempt| (attempt.method, attempt.route));
    let attempted: BTreeSet<_> =
        attempted.chain(TESTED_SEPARATELY).map(|(method, route)| (method.to_owned(), route.to_owned())).collect();
    let all = seatkeeper::api::all_routes();
    let served: BTreeSet<_> = all.into_iter().map(|(m, p)| (m, p.replacen("/api/v1", "", 1))).collect();
    let missing: Vec<_> = served.difference(&attempted).collect();
    let removed: Vec<_> = attempted.difference(&served).collect();
    assert!(missing.is_empty() && removed.is_empty(), "not attempted: {missing:?}; no longer served: {removed:?}");
}
