//! Somebody whose credential ends while they watch, and what they still see.

use crate::{
    oidc::{browser::added, provider::Provider},
    scim::Directory,
    world::{Answer, Authenticator, PASSWORD, Person, Watcher, World, email_of, line::path_of, secret_in, wanted},
};
use reqwest::Method;
use seatkeeper::app::App;
use seatkeeper_shared::{
    ids::{Position, ProviderId, UserId},
    people::Role,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long a stream may stay open after its credential has ended. It takes less than a second on a machine that has nothing else
/// to do; streams that nobody ends live for an hour.
const PATIENCE: Duration = Duration::from_secs(10);
const NAME: &str = "Vera Victim";

/// What somebody signed in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A password, in a browser.
    Cookie,
    /// A token.
    Token,
    /// A provider.
    Provider,
    /// A password, as a user whom a directory provisioned.
    Directory,
}

/// Somebody with a browser or program that watches, and another browser.
pub struct Victim {
    /// Whoever watches.
    pub user: Person,
    /// The same user in another browser.
    pub other: Person,
    /// Who holds the only seat.
    pub holder: Person,
    /// The provider by which the user came.
    pub provider: Option<(Provider, ProviderId)>,
    /// The directory of the user.
    pub directory: Option<Directory>,
    /// The id of the user's passkey.
    pub passkey: Option<String>,
    session: String,
    streams: (String, App),
}

/// The server by its name: at an address there are no passkeys.
pub fn by_name(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

impl Victim {
    /// Somebody who waits for a seat that another holds; the streams will be opened at this server.
    pub async fn new(world: &World, credential: Credential, streams: (String, App)) -> Self {
        let (license, people) = world.pool(1, 1).await;
        let token = people[0].post("/tokens", &json!({ "name": "holder", "days": 300 })).await.created();
        let mut holder = Person::with_secret(people[0].id, token["secret"].as_str().expect("a secret").to_owned());
        holder.url.clone_from(&world.url);
        let url = by_name(&world.url);
        let (mut provider, mut directory) = (None, None);
        let id = match credential {
            Credential::Directory => {
                let known = Directory::added(world, "Entra").await;
                let id = known.user(NAME).await;
                set_password(world, id).await;
                directory = Some(known);
                id
            }
            _ => world.user(NAME, Role::Agent, &[]).await,
        };
        world.grant(license, &[id]).await;
        let other = Person::signing_in(&url, &email_of(NAME), id).await;
        let user = match credential {
            Credential::Token => other.with_token().await,
            Credential::Provider => {
                let known = Provider::start(&world.clock).await;
                let by = added(world, &known, json!({})).await;
                known.is("vera-1", NAME, &email_of(NAME));
                let mut user = Person::stranger(&url);
                user.id = id;
                // The browser follows all redirects: to the provider, back, and into the app.
                user.raw(Method::GET, &format!("{url}/auth/oidc/{by}/start")).send().await.expect("an answer");
                user.get("/me").await.ok();
                provider = Some((known, by));
                user
            }
            Credential::Cookie | Credential::Directory => Person::signing_in(&url, &email_of(NAME), id).await,
        };
        Self { user, other, holder, provider, directory, passkey: None, session: String::new(), streams }
    }

    /// The path of the user.
    pub fn path(&self) -> String {
        format!("/users/{}", self.user.id)
    }

    /// Adds a passkey in the other browser.
    pub async fn gets_a_passkey(&mut self) {
        self.passkey = Some(add_passkey(&self.other, 1).await);
    }

    /// Opens the streams and a long poll, and waits until all of them are looked after.
    pub async fn watches(&mut self) -> Watching {
        self.session = self.holder.seated().await;
        let mut body = wanted("application");
        body["wait"] = json!(true);
        let ticket = path_of("tickets", &self.user.post("/sessions", &body).await.accepted());
        let there = self.user.at(&by_name(&self.streams.0));
        let (live, _) = Watcher::with_snapshot(&there).await;
        let mut line = Watcher::of(&there, &format!("{ticket}/events")).await;
        line.next().await;
        let (poller, path) = (there.clone(), format!("{ticket}?wait=30&position=1"));
        let poll = tokio::spawn(async move { poller.get(&path).await });
        let app = self.streams.1.clone();
        eventually("the long poll begins", async || app.streams.count() == 3).await;
        Watching { live, line, poll, app }
    }

    /// The seat becomes free, and is asked for again.
    pub async fn something_changes(&self) {
        self.holder.act(&self.session, "end").await;
        self.holder.ask().await;
    }
}

/// Adds a passkey; its id.
pub async fn add_passkey(person: &Person, device: u8) -> String {
    let mut device = Authenticator::at(&person.url, device);
    let asked = person.post("/me/passkeys/begin", &json!({})).await.ok();
    let body = json!({ "name": "Notebook", "credential": device.make(&asked) });
    person.post("/me/passkeys", &body).await.created()["id"].as_str().expect("an id").to_owned()
}

/// Lets a user set the usual password by a link.
pub async fn set_password(world: &World, user: UserId) {
    let made = world.admin.post(&format!("/users/{user}/invite"), &()).await.created();
    let body = json!({ "secret": secret_in(made["link"].as_str().expect("a link")), "password": PASSWORD });
    assert_eq!(Person::stranger(&world.url).post("/links/use", &body).await.status, 204);
}

/// Waits until this is so.
async fn eventually(what: &str, is_it: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_it().await {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What was opened.
pub struct Watching {
    live: Watcher,
    line: Watcher,
    poll: JoinHandle<Answer>,
    app: App,
}

/// What it told until its end.
pub struct Ended {
    live: Vec<crate::world::Frame>,
    line: Vec<crate::world::Frame>,
    /// How the long poll was answered.
    pub poll: Answer,
}

impl Watching {
    /// Waits until all is over.
    pub async fn end(mut self) -> Ended {
        let begun = Instant::now();
        let live = self.live.until_the_end().await;
        let line = self.line.until_the_end().await;
        let poll = self.poll.await.expect("an answer");
        assert!(begun.elapsed() < PATIENCE, "open for {:?}", begun.elapsed());
        eprintln!("  over after {:?}", begun.elapsed());
        eventually("nothing is left open", async || self.app.streams.count() == 0).await;
        Ended { live, line, poll }
    }
}

impl Ended {
    /// Nothing of what was written after this was told; and no seat was offered.
    pub fn tell_nothing_after(&self, head: Option<Position>) {
        for frame in &self.live {
            let is_late = head.is_some_and(|head| frame.id.is_some_and(|id| id > head.0));
            assert!(!is_late, "told after {head:?}: {frame:?}");
        }
        let offered = |frame: &&crate::world::Frame| frame.data["offer_until"] != Value::Null;
        assert_eq!(self.line.iter().find(offered), None, "an offer was told");
    }
}
