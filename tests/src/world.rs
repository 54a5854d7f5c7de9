//! A server of its own for each test, on a database of its own, with people to act in the stories.

pub mod authenticator;
pub mod cluster;
pub mod command;
pub mod cookie_store;
pub mod database;
pub mod ground;
pub mod line;
pub mod mailbox;
pub mod person;
pub mod pooler;
pub mod process;
pub mod proxy;
pub mod seed;
pub mod watcher;
pub mod wire;
pub mod wrong_clock;

pub use authenticator::Authenticator;
pub use cluster::Cluster;
pub use command::{Scene, Started};
pub use cookie_store::CookieStore;
pub use database::{Database, Engine};
pub use ground::Ground;
pub use mailbox::{Mailbox, secret_in};
pub use person::{Answer, Person, id_of, wanted};
pub use pooler::Pooler;
pub use process::Process;
pub use proxy::Proxy;
pub use watcher::{Frame, Watcher};
pub use wire::Wire;

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::{
    api,
    app::{App, Options},
    auth::throttle::Throttle,
    clock::{Clock, Dice},
    db::Db,
    http::{
        connections::{self, Limits},
        listen::listen_at,
    },
    mail::Mailer,
    secrets::Keyring,
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

/// The password of everybody in the stories.
pub const PASSWORD: &str = "correct horse battery";
/// The token of the setup link.
pub const SETUP_TOKEN: &str = "the-setup-token";

/// What secrets in the databases are encrypted with.
pub const SECRET_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Tells a story once on each engine.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        $(#[$meta])*
        async fn $name($world: $crate::world::World) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::world::World::start($crate::world::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::world::World::start($crate::world::Engine::Postgres).await).await;
            }
        }
    )*};
}
pub(crate) use on_both_engines;

/// A server inside the test, whose clock stands still and whose dice are loaded.
pub struct World {
    /// Where it serves.
    pub url: String,
    /// What is behind it.
    pub app: App,
    /// Its clock.
    pub clock: Clock,
    /// Its admin, who is the billing contact.
    pub admin: Person,
    /// Its engine.
    pub engine: Engine,
    now: std::sync::Mutex<DateTime<Utc>>,
    /// Its database.
    pub database: Database,
}

impl World {
    /// A server that is set up, with nothing in it but its admin, whose clock stands still.
    pub async fn start(engine: Engine) -> Self {
        Self::with_sign_in_burst(engine, 10_000).await
    }

    /// The same, which sends its e-mails to this mail server.
    pub async fn with_mail(engine: Engine, smtp: &str) -> Self {
        let mailer = Mailer::new(smtp, "Seatkeeper <seats@example.org>").expect("a mailer");
        let public_url = Some("http://seats.example.org".to_owned());
        Self::with(engine, |options| Options { mailer: Some(mailer), public_url, ..options }).await
    }

    /// The same, which lets one address try so many sign-ins at once.
    pub async fn with_sign_in_burst(engine: Engine, burst: u32) -> Self {
        Self::with(engine, |options| Options { throttle: Throttle::new(burst), ..options }).await
    }

    /// The same behind a proxy at an address of this network.
    pub async fn behind(engine: Engine, proxies: &str, burst: u32) -> Self {
        let trusted_proxies = vec![seatkeeper::http::client::network(proxies).expect("a network")];
        Self::with(engine, |options| Options { trusted_proxies, throttle: Throttle::new(burst), ..options }).await
    }

    /// The same, which may ask nothing that is not public.
    pub async fn asking_the_internet_only(engine: Engine) -> Self {
        Self::with(engine, |options| Options { private_addresses: Vec::new(), ..options }).await
    }

    async fn with(engine: Engine, decide: impl FnOnce(Options) -> Options) -> Self {
        let now = "2026-03-02T09:00:00Z".parse().expect("a time");
        let database = Database::create(engine).await;
        let (url, app) = serve(&database, decide(fixed(now, 7, 10_000))).await;
        let admin = Person::setting_up(&url).await;
        let clock = app.clock.clone();
        Self { url, app, clock, admin, engine, now: std::sync::Mutex::new(now), database }
    }

    /// A server with the built app, the real clock and a sweep.
    pub async fn with_app(dist: PathBuf) -> Self {
        let database = Database::create(Engine::Sqlite).await;
        let options = Options { dist: Some(dist), clock: Clock::default(), ..fixed(DateTime::UNIX_EPOCH, 7, 10_000) };
        let (url, app) = serve(&database, options).await;
        app.sweep();
        let admin = Person::setting_up(&url).await;
        let (clock, now) = (app.clock.clone(), std::sync::Mutex::new(DateTime::UNIX_EPOCH));
        Self { url, app, clock, admin, engine: Engine::Sqlite, now, database }
    }

    /// A second server on the same database, with the same clock; PostgreSQL only.
    pub async fn beside(&self) -> String {
        self.beside_with_app().await.0
    }

    /// The same, with what is behind it.
    pub async fn beside_with_app(&self) -> (String, App) {
        let now = *self.now.lock().expect("no test panicked here");
        let options = Options { clock: self.clock.clone(), ..fixed(now, 8, 10_000) };
        serve(&self.database, options).await
    }

    /// The database as another process has it open; PostgreSQL only.
    pub async fn another_database_handle(&self) -> Db {
        Db::open(&self.database.address).await.expect("the test database opens")
    }

    /// Where a server serves that waits for its first admin. Its database goes with the returned one.
    pub async fn not_set_up(engine: Engine) -> (String, Database) {
        let database = Database::create(engine).await;
        let (url, _) = serve(&database, fixed(DateTime::UNIX_EPOCH, 7, 10_000)).await;
        (url, database)
    }

    /// The same, with other options.
    pub async fn unset(engine: Engine, decide: impl FnOnce(Options) -> Options) -> (String, Database) {
        let database = Database::create(engine).await;
        let (url, _) = serve(&database, decide(fixed(DateTime::UNIX_EPOCH, 7, 10_000))).await;
        (url, database)
    }

    /// The position of the newest event: it stays if nothing changes.
    pub async fn head(&self) -> Position {
        let mut tx = self.app.db.begin_read().await.expect("a transaction");
        seatkeeper::store::events::head(&mut tx).await.expect("the log has a head")
    }

    /// What somebody does who can write to the database; how many rows that changed.
    pub async fn execute(&self, sql: &str) -> u64 {
        self.database.execute(sql).await
    }

    /// The kinds and facts of all events as they stand in the database.
    pub async fn whole_log(&self) -> String {
        const SQL: &str =
            "SELECT kind || ' ' || COALESCE(actor_name, '') || ' ' || facts FROM events ORDER BY position";
        self.database.texts(SQL).await.join("\n")
    }

    /// Time passes.
    pub fn pass(&self, time: TimeDelta) {
        let mut now = self.now.lock().expect("no test panicked here");
        *now += time;
        self.clock.set(*now);
    }

    /// Adds a product.
    pub async fn product(&self, name: &str) -> ProductId {
        let body = NewProduct { name: name.to_owned(), key_seconds: None };
        let answer = self.admin.post("/products", &body).await;
        serde_json::from_value(answer.created()["id"].clone()).expect("an id")
    }

    /// Adds a license of a product.
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

    /// Adds somebody and lets him sign in.
    pub async fn person(&self, name: &str, role: Role, permissions: &[Permission]) -> Person {
        let id = self.user(name, role, permissions).await;
        Person::signing_in(&self.url, &email_of(name), id).await
    }

    /// Adds an agent and lets him sign in.
    pub async fn agent(&self, name: &str) -> Person {
        self.person(name, Role::Agent, &[]).await
    }

    /// Adds somebody who does not sign in.
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

    /// Assigns a license.
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

    /// Limits a manager to groups; he keeps his sign-ins and tokens.
    pub async fn limit(&self, manager: &Person, groups: &[GroupId]) {
        let change = json!({ "limited_to_groups": true, "manages": groups });
        self.admin.patch(&format!("/users/{}", manager.id), &change).await.ok();
    }

    /// "Remote Support v5" with a concurrent license, and agents who are admitted to it.
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

/// The e-mail address of somebody in the stories.
pub fn email_of(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase().replace(' ', "."))
}

/// The setup of every test account.
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

/// The key of every test database.
pub fn keyring() -> Keyring {
    Keyring::of([SECRET_KEY]).expect("a key")
}

/// What is decided for a server whose clock stands still.
fn fixed(now: DateTime<Utc>, seed: u64, burst: u32) -> Options {
    Options {
        clock: Clock::fixed(now),
        dice: Dice::loaded(seed),
        setup_token: Some(SETUP_TOKEN.to_owned()),
        throttle: Throttle::new(burst),
        cheap_passwords: true,
        keyring: keyring(),
        // The providers of the stories.
        private_addresses: vec!["127.0.0.0/8".parse().expect("a network")],
        ..Options::default()
    }
}

/// Serves a database.
async fn serve(database: &Database, options: Options) -> (String, App) {
    let db = Db::open(&database.address).await.expect("the test database opens");
    let app = App::start(db, options).await.expect("the app starts");
    let listening = listen_at("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listening.host);
    let edge = api::edge(&app, Limits::default());
    tokio::spawn(connections::serve(listening.listeners, edge, std::future::pending(), Duration::ZERO));
    (url, app)
}
