//! An export of users is imported back unchanged, in the same and in an empty installation.

use crate::{
    harness::{World, on_both_engines},
    imports::import,
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRng, TestRunner},
};
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The number of generated users.
const USERS: usize = 120;
const GROUPS: [&str; 8] =
    ["Nord; Süd", "Vertrieb, Innen", "say \"hi\"", "=SUM(A1)", "'n Beetje", "a|b", "\"", "- Liste"];

#[derive(Clone, Debug)]
struct GeneratedUser {
    name: String,
    local: String,
    role: &'static str,
    permissions: Vec<&'static str>,
    groups: Vec<&'static str>,
    limited: bool,
    suspended: bool,
    licensed: Vec<bool>,
}

fn generated_user() -> impl Strategy<Value = GeneratedUser> {
    let name = "['=+@;,|\"-]{0,3}[A-Za-zÄöß,;=\"'|-]{1,12}( [ÄöüA-Za-z;,'\"]{1,8})?['\"=]{0,2}";
    let permissions = ["manage_users", "manage_products", "manage_sessions", "view_reports", "view_audit"].to_vec();
    (
        name,
        "['=+-]{0,2}[a-z]{1,6}",
        prop::sample::select(vec!["agent", "manager", "admin"]),
        prop::sample::subsequence(permissions, 0..=5),
        prop::sample::subsequence(GROUPS.to_vec(), 0..=3),
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(any::<bool>(), 3),
    )
        .prop_map(|(name, local, role, permissions, groups, limited, suspended, licensed)| {
            let suspended = suspended && role != "admin";
            GeneratedUser { name, local, role, permissions, groups, limited, suspended, licensed }
        })
}

fn users() -> Vec<GeneratedUser> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    );
    let strategy = generated_user();
    (0..USERS).map(|_| strategy.new_tree(&mut runner).expect("a user").current()).collect()
}

/// Adds products, licenses and groups, and returns the ids of the licenses and of the groups by name.
async fn add_products_and_groups(world: &World) -> (Vec<Value>, BTreeMap<&'static str, Value>) {
    let (support, chat) = (world.product("Remote Support").await, world.product("Chat").await);
    let mut licenses = Vec::new();
    for (product, model) in [(support, Model::Concurrent), (chat, Model::Named), (chat, Model::Concurrent)] {
        licenses.push(json!(world.license(product, model, 1_000).await));
    }
    let mut groups = BTreeMap::new();
    for name in GROUPS {
        groups.insert(name, world.admin.post("/groups", &json!({ "name": name })).await.created()["id"].clone());
    }
    (licenses, groups)
}

async fn export(world: &World) -> Vec<u8> {
    let answer = world.admin.request(Method::GET, "/users/export?sort=email").send().await.expect("an answer");
    answer.bytes().await.expect("bytes").to_vec()
}

/// The rows of an export without the columns that differ between installations.
fn portable_rows(csv: &[u8]) -> Vec<String> {
    let text = String::from_utf8(csv.to_vec()).expect("UTF-8");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let own = ["source", "last_active_at", "created_at"];
    let heads: Vec<String> = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        let cells = heads.iter().zip(record.iter()).filter(|(head, _)| !own.contains(&head.as_str()));
        // Lists are ordered by ids, which differ between installations.
        let sorted = |head: &str, cell: &str| {
            let mut letters: Vec<_> = cell.chars().collect();
            if ["licenses", "groups", "manages"].contains(&head) {
                letters.sort_unstable();
            }
            letters.into_iter().collect::<String>()
        };
        cells.map(|(head, cell)| format!("{head}={}", sorted(head, cell))).collect::<Vec<_>>().join(" / ")
    };
    let mut rows: Vec<_> = reader.records().map(|record| row(record.expect("a record"))).collect();
    rows.sort();
    rows
}

on_both_engines! {
    async fn an_export_is_imported_back_unchanged(world: World) {
        let (licenses, groups) = add_products_and_groups(&world).await;
        for (number, made) in users().into_iter().enumerate() {
            let email = format!("{}{number}@example.org", made.local);
            let groups_of: Vec<_> = made.groups.iter().map(|name| groups[name].clone()).collect();
            let body = json!({
                "name": made.name, "email": email, "role": made.role, "permissions": made.permissions,
                "group_ids": groups_of,
            });
            let user = world.admin.post("/users", &body).await.created();
            let id = user["id"].as_str().expect("an id").to_owned();
            for (license, licensed) in licenses.iter().zip(&made.licensed) {
                if *licensed && !made.suspended {
                    let path = format!("/licenses/{}/grant", license.as_str().expect("an id"));
                    world.admin.post(&path, &json!({ "user_ids": [id] })).await.ok();
                }
            }
            if made.role == "manager" {
                let change = json!({
                    "limited_to_groups": made.limited, "manages": if made.limited { groups_of } else { Vec::new() },
                });
                world.admin.patch(&format!("/users/{id}"), &change).await.ok();
            }
            if made.suspended {
                world.admin.patch(&format!("/users/{id}"), &json!({ "status": "suspended" })).await.ok();
            }
        }
        let before = export(&world).await;
        let (again, rows) = import(&world.admin, &before, false).await;
        let total = USERS as u64 + 1;
        assert_eq!(
            (again["unchanged"].as_u64(), again["refused"].as_u64()),
            (Some(total), Some(0)),
            "{:#?}",
            rows.first()
        );
        assert_eq!(export(&world).await, before);

        let empty = World::start(world.engine).await;
        add_products_and_groups(&empty).await;
        let (done, rows) = import(&empty.admin, &before, false).await;
        assert_eq!(
            (done["created"].as_u64(), done["with_problems"].as_u64()),
            (Some(USERS as u64), Some(0)),
            "{:#?}",
            rows.first()
        );
        assert_eq!(portable_rows(&export(&empty).await), portable_rows(&before));
    }
}
