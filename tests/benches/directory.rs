//! A directory that tells of ten thousand users and two hundred groups, as the large ones do: over eight connections at once, one
//! user each request, members in batches from one to forty, and through `/Bulk`.

use crate::{
    account::Account,
    check,
    connection::{Connection, id_in, send},
    database::{Database, Engine},
    server::Server,
    table::{Demand, Table},
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
/// Members come into each group in batches of these sizes.
const BATCHES: [usize; 3] = [1, 9, 40];
/// Connections at once.
const AT_ONCE: usize = 8;
/// Rules of the first groups give a named license, of which there are too few seats.
const RULED: usize = 20;
const SEATS: i64 = 500;
/// Users and operations of the bulk requests.
const IN_BULK: usize = 2_000;
const OPERATIONS: usize = 100;
/// How often somebody comes into the large and the small group, and leaves.
const ROUNDS: usize = 200;

/// On one engine.
pub async fn measure(table: &mut Table, engine: Engine) -> anyhow::Result<()> {
    let database = Database::create(engine).await?;
    let account = Account::found(&database).await?;
    let admin = account.admin().await?.token;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    table.begin(&format!("Directory, {engine:?}"));
    let stage = Stage::set(server.address, &admin).await?;
    let users = stage.users(table).await?;
    let groups = stage.groups(&users, table).await?;
    stage.bulk(table).await?;
    stage.large_group(&users, table).await?;
    let usage = server.usage()?;
    drop(server);
    let given = check::assigned(&database).await?;
    table.add("named seats given too many", (given - SEATS).max(0) as f64, Demand::None, format!("{given} of {SEATS}"));
    ensure!(given == SEATS, "of {SEATS} named seats only {given} were given");
    println!("{} groups, {:.1} s on a core, {:.0} MB at most", groups.len(), usage.seconds, usage.peak);
    Ok(())
}

struct Stage {
    server: SocketAddr,
    admin: String,
    directory: String,
    token: String,
    license: String,
}

impl Stage {
    async fn set(server: SocketAddr, admin: &str) -> anyhow::Result<Self> {
        let mut stage = Self {
            server,
            admin: admin.to_owned(),
            directory: String::new(),
            token: String::new(),
            license: String::new(),
        };
        let made = stage.api("POST", "/directories", &json!({ "name": "Entra ID" })).await?;
        stage.directory = text(&made, "id");
        stage.token = text(&made, "secret");
        let product = text(&stage.api("POST", "/products", &json!({ "name": "Remote Support v5" })).await?, "id");
        let license = json!({ "product_id": product, "model": "named", "seats": SEATS });
        stage.license = text(&stage.api("POST", "/licenses", &license).await?, "id");
        Ok(stage)
    }

    async fn api(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.server).await?;
        let request = send(method, &format!("/api/v1{path}"), &self.admin, &body.to_string());
        let (status, body) = connection.ask(&request).await?;
        ensure!(status < 300, "{method} {path} is answered {status}: {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    }

    fn scim(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        send(method, &format!("/scim/v2{path}"), &self.token, &body.to_string())
    }

    async fn users(&self, table: &mut Table) -> anyhow::Result<Vec<String>> {
        let requests = (0..USERS).map(|place| self.scim("POST", "/Users", &user(place))).collect();
        let (ids, took) = all(self.server, requests).await?;
        ensure!(ids.iter().all(|id| !id.is_empty()), "a user has no id");
        told(table, "users", USERS, took);
        Ok(ids)
    }

    /// Adds groups and rules for some of them, and puts everybody into one.
    async fn groups(&self, users: &[String], table: &mut Table) -> anyhow::Result<Vec<String>> {
        let group = |place: usize| json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": format!("Group {place}"), "members": [] });
        let requests = (0..GROUPS).map(|place| self.scim("POST", "/Groups", &group(place))).collect();
        let (groups, took) = all(self.server, requests).await?;
        told(table, "groups", GROUPS, took);
        let rules: Vec<_> = groups
            .iter()
            .take(RULED)
            .map(|group| json!({ "group_id": group, "license_ids": [self.license] }))
            .collect();
        self.api("PUT", &format!("/directories/{}/rules", self.directory), &json!({ "rules": rules })).await?;
        let mut requests = Vec::new();
        for (group, members) in groups.iter().zip(users.chunks(USERS / GROUPS)) {
            let mut rest = members;
            for size in BATCHES {
                let (batch, others) = rest.split_at(size);
                requests.push(self.scim("PATCH", &format!("/Groups/{group}"), &adds(batch)));
                rest = others;
            }
        }
        let number = requests.len();
        let (_, took) = all(self.server, requests).await?;
        told(table, "member changes", USERS, took);
        println!("{:<46} {:>10.0}", "  in requests a second", number as f64 / took.as_secs_f64());
        Ok(groups)
    }

    async fn bulk(&self, table: &mut Table) -> anyhow::Result<()> {
        let operation = |place: usize| json!({ "method": "POST", "path": "/Users", "bulkId": place.to_string(), "data": user(place) });
        let places: Vec<usize> = (USERS..USERS + IN_BULK).collect();
        let bulk = |part: &[usize]| {
            let operations: Vec<_> = part.iter().map(|place| operation(*place)).collect();
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
            self.scim("POST", "/Bulk", &json!({ "schemas": schemas, "Operations": operations }))
        };
        let (_, took) = all(self.server, places.chunks(OPERATIONS).map(bulk).collect()).await?;
        told(table, "users in bulk", IN_BULK, took);
        Ok(())
    }

    /// One more costs a group of ten thousand no more than twice what it costs a group of ten.
    async fn large_group(&self, users: &[String], table: &mut Table) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.server).await?;
        let mut paths = Vec::new();
        for (name, number) in [("All", USERS - 1), ("Few", 10)] {
            let members: Vec<_> = users[..number].iter().map(|user| json!({ "value": user })).collect();
            let group = json!({ "displayName": name, "members": [] });
            let (_, body) = connection.ask(&self.scim("POST", "/Groups", &group)).await?;
            let path = format!("/Groups/{}", id_in(body).unwrap_or_default());
            let fill = json!({ "Operations": [{ "op": "add", "path": "members", "value": members }] });
            let (status, _) = connection.ask(&self.scim("PATCH", &path, &fill)).await?;
            ensure!(status == 204, "a group is not filled: {status}");
            paths.push(path);
        }
        let last = &users[USERS - 1];
        let remove = json!({ "Operations": [{ "op": "Remove", "path": format!("members[value eq \"{last}\"]") }] });
        let mut took = [Duration::ZERO; 2];
        for _ in 0..ROUNDS {
            for (path, took) in paths.iter().zip(&mut took) {
                let began = Instant::now();
                for change in [&adds(std::slice::from_ref(last)), &remove] {
                    let (status, _) = connection.ask(&self.scim("PATCH", path, change)).await?;
                    ensure!(status == 204, "a member is not changed: {status}");
                }
                *took += began.elapsed();
            }
        }
        let [large, small] = took.map(|took| took.as_secs_f64() * 1_000.0 / (2 * ROUNDS) as f64);
        let beside = format!("{large:.2} ms of {USERS}, {small:.2} ms of 10");
        table.add("a member of a large group, to a small one", large / small, Demand::AtMost(2.0), beside);
        Ok(())
    }
}

fn user(place: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": format!("00u{place:08}"), "userName": format!("user{place:05}@example.org"), "active": true,
        "displayName": format!("Vorname Nachname {place:05}"),
        "name": { "formatted": format!("Vorname Nachname {place:05}"), "familyName": "Nachname", "givenName": "Vorname" },
        "emails": [{ "primary": true, "type": "work", "value": format!("user{place:05}@example.org") }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Support" },
    })
}

fn adds(users: &[String]) -> Value {
    let members: Vec<_> = users.iter().map(|user| json!({ "$ref": null, "value": user })).collect();
    json!({ "Operations": [{ "op": "Add", "path": "members", "value": members }] })
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

fn told(table: &mut Table, what: &str, number: usize, took: Duration) {
    let rate = number as f64 / took.as_secs_f64();
    // Only to be seen: how fast a disk saves differs from machine to machine.
    table.add(
        format!("{what} in a second"),
        rate,
        Demand::AtLeast(0.0),
        format!("{number} in {:.1} s", took.as_secs_f64()),
    );
}

/// Sends all requests over several connections; the ids in the answers, in their order, and how long it took.
async fn all(server: SocketAddr, requests: Vec<Vec<u8>>) -> anyhow::Result<(Vec<String>, Duration)> {
    let ids = Rc::new(RefCell::new(vec![String::new(); requests.len()]));
    let open = Rc::new(RefCell::new(requests.into_iter().enumerate().collect::<VecDeque<_>>()));
    let began = Instant::now();
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (open, ids) = (open.clone(), ids.clone());
            spawn_local(async move {
                let mut connection = Connection::open(server).await?;
                loop {
                    let next = open.borrow_mut().pop_front();
                    let Some((place, request)) = next else { return anyhow::Ok(()) };
                    let (status, body) = connection.ask(&request).await?;
                    ensure!(status < 300, "a request is answered {status}: {}", String::from_utf8_lossy(body));
                    ids.borrow_mut()[place] = id_in(body).unwrap_or_default().to_owned();
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
