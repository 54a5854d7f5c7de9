//! The walk: every kind of caller tries every route on existing objects. After all background work, every change must
//! be one that this caller may make directly.

use super::{
    attempts::{Attempt, ImportNames, TESTED_SEPARATELY, attempts, import_files},
    fixture::Fixture,
    snapshot::Snapshot,
};
use crate::{
    harness::{Person, World, on_both_engines},
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

/// The caller that tries all routes.
struct Walker {
    person: Person,
    /// The same user in a browser, which some routes require.
    browser: Person,
    rights: Option<Rights>,
    limited: bool,
}

impl Walker {
    async fn with_rights(world: &World, name: &str, role: Role, permissions: &[Permission], limited: bool) -> Self {
        let signed_in = world.person(name, role, permissions).await;
        if limited {
            world.limit_to_groups(&signed_in, &[]).await;
        }
        let rights = Rights {
            role,
            permissions: permissions.iter().copied().collect(),
            billing_contact: false,
            limited_to_groups: limited,
        };
        Self { person: signed_in.with_token().await, browser: signed_in, rights: Some(rights), limited }
    }

    /// Tries everything, and returns the changes beyond the caller's rights.
    async fn walk(&self, world: &World, first: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let (mut number, mut next) = (first, 0);
        loop {
            // After a change to the fixture a new one is created, so that each attempt finds its objects.
            let fixture = Fixture::create(world, number, self.limited.then_some(self.person.id)).await;
            let is_admin = self.rights.as_ref().is_some_and(|rights| rights.role == Role::Admin);
            let all = attempts(&fixture, &self.person, is_admin);
            let files = import_files(&fixture, &ImportNames::of(number));
            let (mut before, mut head) = (Snapshot::read(world).await, world.head().await);
            let mut changed = false;
            while !changed && next < all.len() + files.len() {
                let what = match all.get(next) {
                    Some(attempt) => self.try_attempt(attempt).await,
                    None => self.try_import(&files[next - all.len()]).await,
                };
                let mut after = Snapshot::read(world).await;
                if after != before || world.head().await != head {
                    Fixture::settle_all(world).await;
                    after = Snapshot::read(world).await;
                }
                let violations = before.violations(&after, self.person.id, self.rights.as_ref());
                wrong.extend(violations.into_iter().map(|fact| format!("{what}: {fact}")));
                changed = before.differs_for(&after, &fixture);
                (before, head) = (after, world.head().await);
                next += 1;
            }
            if next == all.len() + files.len() {
                return wrong;
            }
            number += 1;
        }
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

async fn assert_no_escalation(world: &World, walker: Walker, first: usize) {
    let wrong = walker.walk(world, first).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

on_both_engines! {
    async fn callers_who_are_not_admins_stay_within_their_rights(world: World) {
        let anonymous = Person::anonymous(&world.url);
        let anonymous = Walker { person: anonymous.clone(), browser: anonymous, rights: None, limited: false };
        assert_no_escalation(&world, anonymous, 0).await;
        for (number, (_, name, role, permissions)) in CALLERS.into_iter().enumerate() {
            if role != Role::Admin && permissions.len() < 2 {
                let walker = Walker::with_rights(&world, name, role, permissions, false).await;
                assert_no_escalation(&world, walker, 1_000 * (number + 1)).await;
            }
        }
    }

    async fn managers_who_may_assign_licenses_stay_within_their_rights(world: World) {
        let both = [Permission::ManageUsers, Permission::ManageProducts];
        assert_no_escalation(&world, Walker::with_rights(&world, "Both Manager", Role::Manager, &both, false).await, 0)
            .await;
    }

    async fn managers_limited_to_groups_stay_within_their_rights(world: World) {
        let users = [Permission::ManageUsers];
        assert_no_escalation(
            &world,
            Walker::with_rights(&world, "Limited Users", Role::Manager, &users, true).await,
            0,
        )
        .await;
        assert_no_escalation(
            &world,
            Walker::with_rights(&world, "Limited All", Role::Manager, Permission::ALL, true).await,
            10_000,
        )
        .await;
    }

    async fn an_admin_who_is_not_the_billing_contact_buys_nothing(world: World) {
        assert_no_escalation(&world, Walker::with_rights(&world, "Second Admin", Role::Admin, &[], false).await, 0)
            .await;
    }

    async fn the_walk_finds_a_way_to_create_an_admin_if_there_is_one(world: World) {
        let users =
            Walker::with_rights(&world, "Users Manager", Role::Manager, &[Permission::ManageUsers], false).await;
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
    let world = World::start(crate::harness::Engine::Sqlite).await;
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
