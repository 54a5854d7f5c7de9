//! The test harness: one server and one database for each test, and HTTP clients for its users.

pub mod authenticator;
pub mod cli;
pub mod cluster;
pub mod cookie_store;
pub mod database;
pub mod faketime;
pub mod http;
mod live_sessions;
pub mod mailbox;
pub mod person;
pub mod pooler;
pub mod process;
pub mod proxy;
pub mod queue;
pub mod raw_connection;
pub mod seed;
pub mod small_disk;
mod sqlite_form;
pub mod statement_counter;
pub mod wait;
pub mod watcher;

pub use authenticator::Authenticator;
pub use cli::{CliFixture, RunningCommand};
pub use cluster::Cluster;
pub use cookie_store::CookieStore;
pub use database::{Database, Engine};
pub use mailbox::{Mailbox, secret_in};
pub use person::{Answer, Person, id_of, seat_request};
pub use pooler::Pooler;
pub use process::ServerProcess;
pub use proxy::Proxy;
pub use raw_connection::RawConnection;
pub use small_disk::SmallDisk;
pub use statement_counter::StatementCounter;
pub use wait::{Looks, eventually, found, within};
pub use watcher::{Frame, Watcher};

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::{
    api,
    app::{App, Options},
    auth::{StreamGuard, admission::Admission, throttle::Throttle},
    clock::{Clock, Random},
    db::Db,
    http::{
        connections::{self, Limits},
        listen::listen_at,
    },
    mail::Mailer,
    secrets::Keyring,
    store::seals::StoredEvent,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, Position, ProductId, UserId},
    license::Model,
    people::{Permission, Role},
    wire::{
        account::Setup,
        licenses::{NewLicense, NewProduct},
        users::NewUser,
    },
};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// The password of every test user.
pub const PASSWORD: &str = "correct horse battery";
pub const SETUP_TOKEN: &str = "the-setup-token";

/// The key that encrypts the secrets in the test databases.
pub const SECRET_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Runs each test once on SQLite and once on PostgreSQL.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        $(#[$meta])*
        async fn $name($world: $crate::harness::World) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::harness::World::start($crate::harness::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::harness::World::start($crate::harness::Engine::Postgres).await).await;
            }
        }
    )*};
}
pub(crate) use on_both_engines;

/// A server inside the test process, with a clock that only the test advances and a seeded random generator.
pub struct World {
    /// The base URL of the server.
    pub url: String,
    pub app: App,
    pub clock: Clock,
    /// The admin from the setup, who is also the billing contact.
    pub admin: Person,
    pub engine: Engine,
    now: std::sync::Mutex<DateTime<Utc>>,
    pub database: Database,
}

impl World {
    /// Opens a stream with this credential.
    pub async fn stream_guard(&self, admission: Admission) -> StreamGuard {
        let app = &self.app;
        StreamGuard::open((&app.streams, &app.db), &app.last_used, admission, None).await.expect("a good token")
    }

    /// Starts a server with a fixed clock and sets it up; its only user is the admin.
    pub async fn start(engine: Engine) -> Self {
        Self::with_sign_in_burst(engine, 10_000).await
    }

    /// Like [`Self::start`], with a mail server.
    pub async fn with_mail(engine: Engine, smtp: &str) -> Self {
        let mailer = Mailer::new(smtp, "Seatkeeper <seats@example.org>").expect("a mailer");
        let public_url = Some("http://seats.example.org".to_owned());
        Self::with(engine, |options| Options { mailer: Some(mailer), public_url, ..options }).await
    }

    /// Like [`Self::start`]; one network may try `burst` sign-ins at once.
    pub async fn with_sign_in_burst(engine: Engine, burst: u32) -> Self {
        Self::with(engine, |options| Options { throttle: Throttle::new(burst), ..options }).await
    }

    /// Like [`Self::with_sign_in_burst`]; `proxies` is the network of the trusted proxies.
    pub async fn behind_proxy(engine: Engine, proxies: &str, burst: u32) -> Self {
        let trusted_proxies = vec![seatkeeper::http::client_ip::parse_network(proxies).expect("a network")];
        Self::with(engine, |options| Options { trusted_proxies, throttle: Throttle::new(burst), ..options }).await
    }

    /// Like [`Self::start`]; the server may send requests to public addresses only.
    pub async fn with_public_addresses_only(engine: Engine) -> Self {
        Self::with(engine, |options| Options { private_addresses: Vec::new(), ..options }).await
    }

    async fn with(engine: Engine, change: impl FnOnce(Options) -> Options) -> Self {
        let now = "2026-03-02T09:00:00Z".parse().expect("a time");
        let database = Database::migrated(engine).await;
        let (url, app) = serve(&database, change(fixed(now, 7, 10_000))).await;
        let admin = Person::setting_up(&url).await;
        let clock = app.clock.clone();
        Self { url, app, clock, admin, engine, now: std::sync::Mutex::new(now), database }
    }

    /// Starts a server on SQLite with the built app, the system clock and a running sweep.
    pub async fn with_app(dist: PathBuf) -> Self {
        let database = Database::migrated(Engine::Sqlite).await;
        let options = Options { dist: Some(dist), clock: Clock::default(), ..fixed(DateTime::UNIX_EPOCH, 7, 10_000) };
        let (url, app) = serve(&database, options).await;
        app.start_maintenance();
        let admin = Person::setting_up(&url).await;
        let (clock, now) = (app.clock.clone(), std::sync::Mutex::new(DateTime::UNIX_EPOCH));
        Self { url, app, clock, admin, engine: Engine::Sqlite, now, database }
    }

    /// Starts a second server on the same database, with the same clock. PostgreSQL only.
    pub async fn second_server(&self) -> String {
        self.second_server_with_app().await.0
    }

    /// Like [`Self::second_server`]; also returns its `App`.
    pub async fn second_server_with_app(&self) -> (String, App) {
        let now = *self.now.lock().expect("no test panicked here");
        let options = Options { clock: self.clock.clone(), ..fixed(now, 8, 10_000) };
        serve(&self.database, options).await
    }

    /// Serves a database as it is, by a clock that shows this time.
    pub async fn serve_at(database: &Database, now: DateTime<Utc>) -> (String, App) {
        serve(database, fixed(now, 7, 10_000)).await
    }

    /// Opens the database a second time, as another process would. PostgreSQL only.
    pub async fn another_database_handle(&self) -> Db {
        Db::open(&self.database.address, self.clock.monotonic()).await.expect("the test database opens")
    }

    /// Starts a server that is not set up yet. Dropping the returned database deletes it.
    pub async fn not_set_up(engine: Engine) -> (String, Database) {
        let database = Database::migrated(engine).await;
        let (url, _) = serve(&database, fixed(DateTime::UNIX_EPOCH, 7, 10_000)).await;
        (url, database)
    }

    /// Like [`Self::not_set_up`], with changed options.
    pub async fn not_set_up_with(engine: Engine, change: impl FnOnce(Options) -> Options) -> (String, Database) {
        let database = Database::migrated(engine).await;
        let (url, _) = serve(&database, change(fixed(DateTime::UNIX_EPOCH, 7, 10_000))).await;
        (url, database)
    }

    /// The position of the newest event; unchanged as long as nothing is written.
    pub async fn head(&self) -> Position {
        let mut tx = self.app.db.begin_read().await.expect("a transaction");
        seatkeeper::store::events::head(&mut tx).await.expect("the log has a head")
    }

    /// Executes a statement directly on the database; returns the number of affected rows.
    pub async fn execute(&self, sql: &str) -> u64 {
        self.database.execute(sql).await
    }

    /// The kind, actor and facts of every stored event, one a line.
    pub async fn event_log(&self) -> String {
        let events = seatkeeper::store::seals::events(&self.app.db, Position(0), i64::MAX).await.expect("events");
        let line = |event: &StoredEvent| {
            format!("{} {} {}", event.kind, event.actor_name.as_deref().unwrap_or_default(), event.facts)
        };
        events.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub fn advance_clock(&self, time: TimeDelta) {
        let mut now = self.now.lock().expect("no test panicked here");
        *now += time;
        self.clock.set(*now);
    }

    pub async fn product(&self, name: &str) -> ProductId {
        let body = NewProduct { name: name.to_owned(), key_seconds: None };
        let answer = self.admin.post("/products", &body).await;
        serde_json::from_value(answer.created()["id"].clone()).expect("an id")
    }

    pub async fn license(&self, product: ProductId, model: Model, seats: i64) -> LicenseId {
        let body = NewLicense {
            product_id: product,
            model,
            seats,
            starts_at: None,
            ends_at: None,
            rules: Default::default(),
            contract: Default::default(),
        };
        let answer = self.admin.post("/licenses", &body).await;
        serde_json::from_value(answer.created()["id"].clone()).expect("an id")
    }

    /// Adds a user and signs them in.
    pub async fn person(&self, name: &str, role: Role, permissions: &[Permission]) -> Person {
        let id = self.user(name, role, permissions).await;
        Person::signing_in(&self.url, &email_of(name), id).await
    }

    /// Adds an agent and signs them in.
    pub async fn agent(&self, name: &str) -> Person {
        self.person(name, Role::Agent, &[]).await
    }

    /// Adds a user without signing them in.
    pub async fn user(&self, name: &str, role: Role, permissions: &[Permission]) -> UserId {
        let body = NewUser {
            name: name.to_owned(),
            email: email_of(name),
            password: Some(PASSWORD.to_owned()),
            role,
            permissions: permissions.iter().copied().collect(),
            group_ids: Vec::new(),
        };
        let answer = self.admin.post("/users", &body).await;
        serde_json::from_value(answer.created()["id"].clone()).expect("an id")
    }

    /// Assigns a license to users.
    pub async fn grant(&self, license: LicenseId, users: &[UserId]) {
        let answer = self.admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": users })).await;
        for result in answer.ok()["results"].as_array().expect("results") {
            assert_eq!(result["changed"], true, "{result}");
        }
    }

    /// Adds a group with these members.
    pub async fn group(&self, name: &str, members: &[UserId]) -> GroupId {
        let group = person::id_of(&self.admin.post("/groups", &json!({ "name": name })).await.created());
        self.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": members })).await.ok();
        group
    }

    /// Limits a manager to groups. Their sign-ins and tokens stay valid.
    pub async fn limit_to_groups(&self, manager: &Person, groups: &[GroupId]) {
        let change = json!({ "limited_to_groups": true, "manages": groups });
        self.admin.patch(&format!("/users/{}", manager.id), &change).await.ok();
    }

    /// Adds "Remote Support v5" with a concurrent license, and agents to whom the license is assigned.
    pub async fn pool(&self, seats: i64, agents: usize) -> (LicenseId, Vec<Person>) {
        let product = self.product("Remote Support v5").await;
        let license = self.license(product, Model::Concurrent, seats).await;
        let mut people = Vec::new();
        for number in 0..agents {
            people.push(self.agent(&format!("Agent {number}")).await);
        }
        self.grant(license, &people.iter().map(|p| p.id).collect::<Vec<_>>()).await;
        (license, people)
    }
}

/// The e-mail address of the test user with this name.
pub fn email_of(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase().replace(' ', "."))
}

/// The body of the setup request of every test account.
pub fn setup() -> Setup {
    Setup {
        token: SETUP_TOKEN.to_owned(),
        account_name: "Muster Support GmbH".to_owned(),
        name: "Anja Krüger".to_owned(),
        email: "anja.krueger@example.org".to_owned(),
        password: PASSWORD.to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
    }
}

/// The keyring of every test server.
pub fn keyring() -> Keyring {
    Keyring::parse([SECRET_KEY]).expect("a key")
}

/// The options of a server with a fixed clock and a seeded random generator.
fn fixed(now: DateTime<Utc>, seed: u64, burst: u32) -> Options {
    Options {
        clock: Clock::fixed(now),
        random: Random::seeded(seed),
        setup_token: Some(SETUP_TOKEN.to_owned()),
        throttle: Throttle::new(burst),
        cheap_passwords: true,
        keyring: keyring(),
        // The identity providers of the tests run on loopback.
        private_addresses: vec!["127.0.0.0/8".parse().expect("a network")],
        ..Options::default()
    }
}

/// Serves a database on a free port; returns the base URL.
async fn serve(database: &Database, options: Options) -> (String, App) {
    let db = Db::open(&database.address, options.clock.monotonic()).await.expect("the test database opens");
    let app = App::start(db, options).await.expect("the app starts");
    (serve_app(&app).await, app)
}

/// Serves an app on a free port; returns the base URL.
pub async fn serve_app(app: &App) -> String {
    let listening = listen_at("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listening.host);
    let config = api::server_config(app, Limits::default());
    tokio::spawn(connections::serve(listening.listeners, config, std::future::pending(), Duration::ZERO));
    url
}
