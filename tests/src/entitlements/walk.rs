//! The walk: every route, by every kind of person, at things that are there. Afterwards everything that follows by itself follows, and
//! whatever is another way then must be something that this person may give or take directly.

use super::{
    attempts::{Attempt, Names, WALKED_APART, attempts, files},
    facts::Facts,
    scenery::Scenery,
};
use crate::{
    permissions::{PEOPLE, VERIFIED},
    world::{Person, World, on_both_engines},
};
use reqwest::Method;
use seatkeeper_shared::{
    people::{Permission, Role},
    permissions::Rights,
};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// Somebody who walks.
struct Walker {
    person: Person,
    /// The same person in a browser, where some routes ask to be taken.
    browser: Person,
    rights: Option<Rights>,
    limited: bool,
}

impl Walker {
    async fn of_kind(world: &World, name: &str, role: Role, permissions: &[Permission], limited: bool) -> Self {
        let signed_in = world.person(name, role, permissions).await;
        if limited {
            world.limit(&signed_in, &[]).await;
        }
        let rights = Rights {
            role,
            permissions: permissions.iter().copied().collect(),
            billing_contact: false,
            limited_to_groups: limited,
        };
        Self { person: signed_in.with_token().await, browser: signed_in, rights: Some(rights), limited }
    }

    /// Tries everything; what went beyond the person's rights.
    async fn walk(&self, world: &World, first: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let (mut number, mut next) = (first, 0);
        loop {
            // After something of it was changed, everything is set up anew, so that each attempt finds what it reaches for.
            let scenery = Scenery::set(world, number, self.limited.then_some(self.person.id)).await;
            let is_admin = self.rights.as_ref().is_some_and(|rights| rights.role == Role::Admin);
            let all = attempts(&scenery, &self.person, is_admin);
            let files = files(&scenery, &Names::of(number));
            let (mut before, mut head) = (Facts::read(world).await, world.head().await);
            let mut changed = false;
            while !changed && next < all.len() + files.len() {
                let what = match all.get(next) {
                    Some(attempt) => self.tries(attempt).await,
                    None => self.imports(&files[next - all.len()]).await,
                };
                let mut after = Facts::read(world).await;
                if after != before || world.head().await != head {
                    Scenery::everything_follows(world).await;
                    after = Facts::read(world).await;
                }
                let beyond = before.beyond(&after, self.person.id, self.rights.as_ref());
                wrong.extend(beyond.into_iter().map(|fact| format!("{what}: {fact}")));
                changed = before.differs_about(&after, &scenery);
                (before, head) = (after, world.head().await);
                next += 1;
            }
            if next == all.len() + files.len() {
                return wrong;
            }
            number += 1;
        }
    }

    async fn tries(&self, attempt: &Attempt) -> String {
        let Attempt { method, route, path, body } = attempt;
        let by = if VERIFIED.contains(&(*method, *route)) { &self.browser } else { &self.person };
        let mut request = by.request(method.parse::<Method>().expect("a method"), path);
        if !body.is_null() {
            request = request.json(body);
        }
        let status = by.send(request).await.status;
        assert!(status.as_u16() < 500, "{method} {path}: {status}");
        format!("{method} {path} {body}: {status}")
    }

    async fn imports(&self, file: &str) -> String {
        let request = |path: &str| {
            let request = self.person.request(Method::POST, path).header("content-type", "text/csv");
            request.body(file.to_owned())
        };
        let seen = self.person.send(request("/import/preview")).await.status;
        let begun = self.person.send(request("/import")).await;
        assert_eq!(seen.is_success(), begun.status == 202, "whoever may import sees what a file is, and nobody else");
        if begun.status == 202 {
            let path = format!("/imports/{}", begun.body["id"].as_str().expect("an id"));
            while self.person.get(&path).await.ok()["state"] == "running" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        format!("import of {file}: {}", begun.status)
    }
}

async fn walks(world: &World, walker: Walker, first: usize) {
    let wrong = walker.walk(world, first).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

on_both_engines! {
    async fn nobody_who_is_no_admin_gives_or_takes_beyond_their_rights(world: World) {
        let stranger = Person::stranger(&world.url);
        let stranger = Walker { person: stranger.clone(), browser: stranger, rights: None, limited: false };
        walks(&world, stranger, 0).await;
        for (number, (_, name, role, permissions)) in PEOPLE.into_iter().enumerate() {
            if role != Role::Admin && permissions.len() < 2 {
                let walker = Walker::of_kind(&world, name, role, permissions, false).await;
                walks(&world, walker, 1_000 * (number + 1)).await;
            }
        }
    }

    async fn nor_do_those_who_may_assign_licenses(world: World) {
        let both = [Permission::ManageUsers, Permission::ManageProducts];
        walks(&world, Walker::of_kind(&world, "Both Manager", Role::Manager, &both, false).await, 0).await;
    }

    async fn nor_do_managers_who_are_limited_to_groups(world: World) {
        let users = [Permission::ManageUsers];
        walks(&world, Walker::of_kind(&world, "Limited Users", Role::Manager, &users, true).await, 0).await;
        walks(&world, Walker::of_kind(&world, "Limited All", Role::Manager, Permission::ALL, true).await, 10_000).await;
    }

    async fn an_admin_who_is_not_the_billing_contact_buys_nothing(world: World) {
        walks(&world, Walker::of_kind(&world, "Second Admin", Role::Admin, &[], false).await, 0).await;
    }

    async fn the_walk_finds_a_way_to_make_an_admin_if_there_is_one(world: World) {
        let users = Walker::of_kind(&world, "Users Manager", Role::Manager, &[Permission::ManageUsers], false).await;
        let s = Scenery::set(&world, 0, None).await;
        let before = Facts::read(&world).await;
        let members = format!("/groups/{}/members", s.admins);
        users.person.post(&members, &json!({ "add": [s.provisioned] })).await.ok();
        // As it was when nobody asked who had put somebody into a group.
        let (directory, user) = (s.directory.id, s.provisioned);
        let sql = format!("UPDATE group_members SET directory_id = '{directory}' WHERE user_id = '{user}'");
        assert!(world.execute(&sql).await > 0);
        Scenery::everything_follows(&world).await;
        let beyond = before.beyond(&Facts::read(&world).await, users.person.id, users.rights.as_ref());
        assert!(beyond.contains(&format!("came: role {user} admin")), "{beyond:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_walked() {
    let world = World::start(crate::world::Engine::Sqlite).await;
    let scenery = Scenery::set(&world, 0, None).await;
    let walked = attempts(&scenery, &world.admin, false).into_iter().map(|attempt| (attempt.method, attempt.route));
    let walked: BTreeSet<_> =
        walked.chain(WALKED_APART).map(|(method, route)| (method.to_owned(), route.to_owned())).collect();
    let all = seatkeeper::api::all_routes();
    let served: BTreeSet<_> = all.into_iter().map(|(m, p)| (m, p.replacen("/api/v1", "", 1))).collect();
    let missing: Vec<_> = served.difference(&walked).collect();
    let gone: Vec<_> = walked.difference(&served).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not walked: {missing:?}; no longer served: {gone:?}");
}
