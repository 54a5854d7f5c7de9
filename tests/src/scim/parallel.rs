//! A directory that sends many requests in parallel.

use super::{Directory, user_path};
use crate::harness::{World, on_both_engines};
use futures_util::{StreamExt as _, stream};
use seatkeeper::store::imports::{ImportedUser, insert_users};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    license::Model,
    people::UserStatus,
    permissions::Rights,
};
use serde_json::{Value, json};
use std::time::Instant;

const USERS: usize = 300;
const GROUPS: usize = 20;
const SEATS: i64 = 40;
/// The number of parallel requests.
const AT_ONCE: usize = 16;

on_both_engines! {
    async fn many_users_and_groups_in_parallel_batches_never_exceed_the_seats(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, SEATS).await;
        let mut groups = Vec::new();
        for n in 0..GROUPS {
            groups.push(directory.group(&format!("Gruppe {n:02}"), &[]).await);
        }
        let id = |path: &String| path.rsplit('/').next().and_then(|id| id.parse::<GroupId>().ok()).expect("an id");
        let rules: Vec<_> =
            groups.iter().map(|group| json!({ "group_id": id(group), "license_ids": [license] })).collect();
        directory.set_rules(&world, Value::from(rules)).await;

        let users: Vec<UserId> = stream::iter(0..USERS)
            .map(|n| {
                let (directory, group) = (directory.clone(), groups[n % GROUPS].clone());
                async move {
                    let user = directory.user(&format!("User {n:03}")).await;
                    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
                    assert_eq!(directory.patch(&group, add).await.status, 204);
                    user
                }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let license_view = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(license_view["use"]["assigned"], SEATS);
        let failures = format!("/directories/{}/failures", directory.id);
        let left = i64::try_from(USERS).expect("few") - SEATS;
        assert_eq!(world.admin.get(&failures).await.ok()["total"], left);
        for (n, group) in groups.iter().enumerate() {
            let mut wanted: Vec<_> = users.iter().skip(n).step_by(GROUPS).copied().collect();
            wanted.sort_unstable();
            assert_eq!(directory.members(group).await, wanted, "{group}");
        }

        // Remove all members in parallel; those who are still members get the freed seats.
        stream::iter(&users[..USERS - 10])
            .map(|user| {
                let directory = directory.clone();
                async move {
                    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
                    assert_eq!(directory.patch(&user_path(*user), off).await.ok()["active"], false);
                }
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let retry = world.admin.post(&format!("/directories/{}/retry", directory.id), &Value::Null).await.ok();
        assert_eq!(retry["total"], 0, "{retry:#}");
        assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["use"]["assigned"], 10);
    }

    async fn adding_a_member_costs_as_much_in_a_large_group_as_in_a_small_one(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let number = 10_000_usize;
        let everybody = add_users(&world, number).await;
        let (large, small) = (
            directory.group("Alle", &everybody[..number - 30]).await,
            directory.group("Wenige", &everybody[..10]).await,
        );
        let mut times = [0.0; 2];
        for round in 0..25 {
            let user = everybody[number - 30 + round];
            for (group, time) in [(&large, 0), (&small, 1)] {
                let began = Instant::now();
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
                assert_eq!(directory.patch(group, add).await.status, 204);
                let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
                assert_eq!(directory.patch(group, remove).await.status, 204);
                times[time] += began.elapsed().as_secs_f64();
            }
        }
        println!("25 rounds: {:.3} s in a group of {number}, {:.3} s in a group of 10", times[0], times[1]);
        // The performance limit is a factor of two; here the machine is busy with other tests, too.
        assert!(times[0] < times[1] * 4.0, "{times:?}");
        let count = directory.get(&format!("{large}?attributes=members.value")).await.ok();
        assert_eq!(count["members"].as_array().map(Vec::len), Some(number - 30));
    }
}

/// Adds many users that belong to no directory.
async fn add_users(world: &World, number: usize) -> Vec<UserId> {
    let now = world.clock.now();
    let user = |n: usize| ImportedUser {
        id: UserId(world.app.random.id(now)),
        name: format!("User {n:05}"),
        email: format!("user{n:05}@example.org"),
        rights: Rights::agent(),
        manages: Default::default(),
        status: UserStatus::Active,
    };
    let users: Vec<_> = (0..number).map(user).collect();
    let mut tx = world.app.db.begin().await.expect("a transaction");
    for part in users.chunks(500) {
        insert_users(&mut tx, &part.iter().collect::<Vec<_>>(), now).await.expect("the users are added");
    }
    tx.commit().await.expect("the commit succeeds");
    users.iter().map(|user| user.id).collect()
}
