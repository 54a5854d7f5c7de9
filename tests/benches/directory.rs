//! A directory that provisions ten thousand users and two hundred groups, as the large providers do: over eight
//! connections at once, one user per request, members in batches of one to forty, and through `/Bulk`.

use crate::{
    account::Account,
    check,
    connection::{Connection, id_in, request_bytes},
    database::{BenchDatabase, BenchEngine},
    server::Server,
    table::{Limit, Table},
};
use anyhow::ensure;
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::VecDeque,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

const USERS: usize = 10_000;
const GROUPS: usize = 200;
/// The sizes of the batches in which members are added to each group.
const MEMBER_BATCHES: [usize; 3] = [1, 9, 40];
/// The number of concurrent connections.
const CONNECTIONS: usize = 8;
/// The number of groups whose rules assign a named license, which has too few seats for all.
const GROUPS_WITH_RULES: usize = 20;
const SEATS: i64 = 500;
/// The users added by bulk requests, and the operations in each request.
const BULK_USERS: usize = 2_000;
const BULK_OPERATIONS: usize = 100;
/// How often a user is added to the large and the small group, and removed.
const MEMBER_ROUNDS: usize = 200;

pub async fn measure(table: &mut Table, engine: BenchEngine) -> anyhow::Result<()> {
    let database = BenchDatabase::create(engine).await?;
    let account = Account::create(&database).await?;
    let admin = account.admin().await?.token;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    table.begin(&format!("Directory, {engine:?}"));
    let bench = DirectoryBench::start(server.address, &admin).await?;
    let users = bench.users(table).await?;
    let groups = bench.groups(&users, table).await?;
    bench.bulk(table).await?;
    bench.large_group(&users, table).await?;
    let usage = server.usage()?;
    drop(server);
    let assigned = check::assigned(&database).await?;
    table.add(
        "named seats assigned too many",
        (assigned - SEATS).max(0) as f64,
        Limit::Zero,
        format!("{assigned} of {SEATS}"),
    );
    ensure!(assigned == SEATS, "only {assigned} of {SEATS} named seats were assigned");
    println!("{} groups, {:.1} s CPU, peak {:.0} MB", groups.len(), usage.cpu_seconds, usage.peak);
    Ok(())
}

struct DirectoryBench {
    server: SocketAddr,
    admin: String,
    directory: String,
    token: String,
    license: String,
}

impl DirectoryBench {
    async fn start(server: SocketAddr, admin: &str) -> anyhow::Result<Self> {
        let mut bench = Self {
            server,
            admin: admin.to_owned(),
            directory: String::new(),
            token: String::new(),
            license: String::new(),
        };
        let directory = bench.api("POST", "/directories", &json!({ "name": "Entra ID" })).await?;
        bench.directory = text(&directory, "id");
        bench.token = text(&directory, "secret");
        let product = text(&bench.api("POST", "/products", &json!({ "name": "Remote Support v5" })).await?, "id");
        let license = json!({ "product_id": product, "model": "named", "seats": SEATS });
        bench.license = text(&bench.api("POST", "/licenses", &license).await?, "id");
        Ok(bench)
    }

    async fn api(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.server).await?;
        let request = request_bytes(method, &format!("/api/v1{path}"), &self.admin, &body.to_string());
        let (status, body) = connection.request(&request).await?;
        ensure!(status < 300, "{method} {path} returned {status}: {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    }

    fn scim(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        request_bytes(method, &format!("/scim/v2{path}"), &self.token, &body.to_string())
    }

    async fn users(&self, table: &mut Table) -> anyhow::Result<Vec<String>> {
        let requests = (0..USERS).map(|index| self.scim("POST", "/Users", &user(index))).collect();
        let (ids, took) = send_all(self.server, requests).await?;
        ensure!(ids.iter().all(|id| !id.is_empty()), "a user has no id");
        add_rate(table, "users", USERS, took);
        Ok(ids)
    }

    /// Adds groups, rules for some of them, and each user to one group.
    async fn groups(&self, users: &[String], table: &mut Table) -> anyhow::Result<Vec<String>> {
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let group =
            |index: usize| json!({ "schemas": schemas, "displayName": format!("Group {index}"), "members": [] });
        let requests = (0..GROUPS).map(|index| self.scim("POST", "/Groups", &group(index))).collect();
        let (groups, took) = send_all(self.server, requests).await?;
        add_rate(table, "groups", GROUPS, took);
        let rules: Vec<_> = groups
            .iter()
            .take(GROUPS_WITH_RULES)
            .map(|group| json!({ "group_id": group, "license_ids": [self.license] }))
            .collect();
        self.api("PUT", &format!("/directories/{}/rules", self.directory), &json!({ "rules": rules })).await?;
        let mut requests = Vec::new();
        for (group, members) in groups.iter().zip(users.chunks(USERS / GROUPS)) {
            let mut rest = members;
            for size in MEMBER_BATCHES {
                let (batch, others) = rest.split_at(size);
                requests.push(self.scim("PATCH", &format!("/Groups/{group}"), &add_members(batch)));
                rest = others;
            }
        }
        let number = requests.len();
        let (_, took) = send_all(self.server, requests).await?;
        add_rate(table, "member changes", USERS, took);
        println!("{:<46} {:>10.0}", "  in requests a second", number as f64 / took.as_secs_f64());
        Ok(groups)
    }

    async fn bulk(&self, table: &mut Table) -> anyhow::Result<()> {
        let operation = |index: usize| {
            let bulk_id = index.to_string();
            json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": user(index) })
        };
        let places: Vec<usize> = (USERS..USERS + BULK_USERS).collect();
        let bulk = |part: &[usize]| {
            let operations: Vec<_> = part.iter().map(|index| operation(*index)).collect();
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
            self.scim("POST", "/Bulk", &json!({ "schemas": schemas, "Operations": operations }))
        };
        let (_, took) = send_all(self.server, places.chunks(BULK_OPERATIONS).map(bulk).collect()).await?;
        add_rate(table, "users in bulk", BULK_USERS, took);
        Ok(())
    }

    /// Checks that adding a member costs at most twice as much in a group of ten thousand as in a group of ten.
    async fn large_group(&self, users: &[String], table: &mut Table) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.server).await?;
        let mut paths = Vec::new();
        for (name, number) in [("All", USERS - 1), ("Few", 10)] {
            let members: Vec<_> = users[..number].iter().map(|user| json!({ "value": user })).collect();
            let group = json!({ "displayName": name, "members": [] });
            let (_, body) = connection.request(&self.scim("POST", "/Groups", &group)).await?;
            let path = format!("/Groups/{}", id_in(body).unwrap_or_default());
            let fill = json!({ "Operations": [{ "op": "add", "path": "members", "value": members }] });
            let (status, _) = connection.request(&self.scim("PATCH", &path, &fill)).await?;
            ensure!(status == 204, "filling a group returned {status}");
            paths.push(path);
        }
        let last = &users[USERS - 1];
        let remove = json!({ "Operations": [{ "op": "Remove", "path": format!("members[value eq \"{last}\"]") }] });
        let mut took = [Duration::ZERO; 2];
        for _ in 0..MEMBER_ROUNDS {
            for (path, took) in paths.iter().zip(&mut took) {
                let began = Instant::now();
                for change in [&add_members(std::slice::from_ref(last)), &remove] {
                    let (status, _) = connection.request(&self.scim("PATCH", path, change)).await?;
                    ensure!(status == 204, "changing a member returned {status}");
                }
                *took += began.elapsed();
            }
        }
        let [large, small] = took.map(|took| took.as_secs_f64() * 1_000.0 / (2 * MEMBER_ROUNDS) as f64);
        let details = format!("{large:.2} ms of {USERS}, {small:.2} ms of 10");
        table.add("a member of a large group, to a small one", large / small, Limit::AtMost(2.0), details);
        Ok(())
    }
}

fn user(index: usize) -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": format!("00u{index:08}"), "userName": format!("user{index:05}@example.org"), "active": true,
        "displayName": format!("Vorname Nachname {index:05}"),
        "name": {
            "formatted": format!("Vorname Nachname {index:05}"),
            "familyName": "Nachname",
            "givenName": "Vorname",
        },
        "emails": [{ "primary": true, "type": "work", "value": format!("user{index:05}@example.org") }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Support" },
    })
}

fn add_members(users: &[String]) -> Value {
    let members: Vec<_> = users.iter().map(|user| json!({ "$ref": null, "value": user })).collect();
    json!({ "Operations": [{ "op": "Add", "path": "members", "value": members }] })
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

fn add_rate(table: &mut Table, what: &str, number: usize, took: Duration) {
    let rate = number as f64 / took.as_secs_f64();
    // For information only, since the speed of disks differs between machines.
    table.add(
        format!("{what} in a second"),
        rate,
        Limit::AtLeast(0.0),
        format!("{number} in {:.1} s", took.as_secs_f64()),
    );
}

/// Sends all requests over several connections; returns the ids in the responses, in order, and the duration.
async fn send_all(server: SocketAddr, requests: Vec<Vec<u8>>) -> anyhow::Result<(Vec<String>, Duration)> {
    let ids = Rc::new(RefCell::new(vec![String::new(); requests.len()]));
    let open = Rc::new(RefCell::new(requests.into_iter().enumerate().collect::<VecDeque<_>>()));
    let began = Instant::now();
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (open, ids) = (open.clone(), ids.clone());
            spawn_local(async move {
                let mut connection = Connection::open(server).await?;
                loop {
                    let next = open.borrow_mut().pop_front();
                    let Some((index, request)) = next else { return anyhow::Ok(()) };
                    let (status, body) = connection.request(&request).await?;
                    ensure!(status < 300, "a request returned {status}: {}", String::from_utf8_lossy(body));
                    ids.borrow_mut()[index] = id_in(body).unwrap_or_default().to_owned();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let took = began.elapsed();
    Ok((ids.take(), took))
}
