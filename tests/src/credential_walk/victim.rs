//! A user whose credential ends while streams are open, and what these streams still send.

use crate::{
    harness::{
        Answer, Authenticator, PASSWORD, Person, Watcher, World, email_of, queue::path_of, seat_request, secret_in,
        within,
    },
    oidc::{browser::add_provider, provider::Provider},
    scim::Directory,
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

/// How long a stream may stay open after its credential has ended. It takes less than a second on an idle machine;
/// streams that are not ended live for an hour.
const MAX_CLOSE_TIME: Duration = Duration::from_secs(10);
const NAME: &str = "Vera Victim";

/// The credential of the open streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A browser session after a sign-in by password.
    Cookie,
    /// An API token.
    Token,
    /// A browser session after a sign-in by a provider.
    Provider,
    /// A browser session by password, of a user provisioned by a directory.
    Directory,
}

/// A user with a client that has open streams, and another browser.
pub struct Victim {
    /// The client with the open streams.
    pub user: Person,
    /// The same user in another browser.
    pub other: Person,
    /// The agent who holds the only seat.
    pub holder: Person,
    /// The provider by which the user signed in.
    pub provider: Option<(Provider, ProviderId)>,
    /// The directory that provisioned the user.
    pub directory: Option<Directory>,
    /// The id of the user's passkey, once it is added.
    pub passkey: Option<String>,
    session: String,
    streams: (String, App),
}

/// The server at its host name, because passkeys do not work at an IP address.
pub fn at_host_name(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

impl Victim {
    /// Creates a user and another agent who holds the only seat; the streams will be opened at the given server.
    pub async fn new(world: &World, credential: Credential, streams: (String, App)) -> Self {
        let (license, people) = world.pool(1, 1).await;
        let token = people[0].post("/tokens", &json!({ "name": "holder", "days": 300 })).await.created();
        let mut holder = Person::with_secret(people[0].id, token["secret"].as_str().expect("a secret").to_owned());
        holder.url.clone_from(&world.url);
        let url = at_host_name(&world.url);
        let (mut provider, mut directory) = (None, None);
        let id = match credential {
            Credential::Directory => {
                let created = Directory::create(world, "Entra").await;
                let id = created.user(NAME).await;
                set_password(world, id).await;
                directory = Some(created);
                id
            }
            _ => world.user(NAME, Role::Agent, &[]).await,
        };
        world.grant(license, &[id]).await;
        let other = Person::signing_in(&url, &email_of(NAME), id).await;
        let user = match credential {
            Credential::Token => other.with_token().await,
            Credential::Provider => {
                let created = Provider::start(&world.clock).await;
                let by = add_provider(world, &created, json!({})).await;
                created.set_signed_in_user("vera-1", NAME, &email_of(NAME));
                let mut user = Person::anonymous(&url);
                user.id = id;
                // The browser follows all redirects: to the provider, back, and into the app.
                user.raw(Method::GET, &format!("{url}/auth/oidc/{by}/start")).send().await.expect("an answer");
                user.get("/me").await.ok();
                provider = Some((created, by));
                user
            }
            Credential::Cookie | Credential::Directory => Person::signing_in(&url, &email_of(NAME), id).await,
        };
        Self { user, other, holder, provider, directory, passkey: None, session: String::new(), streams }
    }

    pub fn path(&self) -> String {
        format!("/users/{}", self.user.id)
    }

    /// Adds a passkey in the other browser.
    pub async fn enroll_passkey(&mut self) {
        self.passkey = Some(add_passkey(&self.other, 1).await);
    }

    /// Opens the streams and a long poll, and waits until the server has registered them.
    pub async fn open_streams(&mut self) -> OpenStreams {
        self.session = self.holder.seated().await;
        let mut body = seat_request("application");
        body["wait"] = json!(true);
        let ticket = path_of("tickets", &self.user.post("/sessions", &body).await.accepted());
        let there = self.user.at(&at_host_name(&self.streams.0));
        let (live, _) = Watcher::with_snapshot(&there).await;
        let mut ticket_stream = Watcher::on_stream(&there, &format!("{ticket}/events")).await;
        ticket_stream.next().await;
        let (poller, path) = (there.clone(), format!("{ticket}?wait=30&position=1"));
        let poll = tokio::spawn(async move { poller.get(&path).await });
        let app = self.streams.1.clone();
        wait_until("the long poll begins", async || app.streams.count() == 3).await;
        OpenStreams { live, ticket_stream, poll, app }
    }

    /// Frees the seat and requests it again.
    pub async fn free_and_retake_seat(&self) {
        self.holder.post_action(&self.session, "end").await;
        self.holder.request_seat().await;
    }
}

/// Adds a passkey, and returns its id.
pub async fn add_passkey(person: &Person, device: u8) -> String {
    let mut device = Authenticator::at(&person.url, device);
    let challenge = person.post("/me/passkeys/begin", &json!({})).await.ok();
    let body = json!({ "name": "Notebook", "credential": device.register(&challenge) });
    person.post("/me/passkeys", &body).await.created()["id"].as_str().expect("an id").to_owned()
}

/// Sets the user's password with a link.
pub async fn set_password(world: &World, user: UserId) {
    let made = world.admin.post(&format!("/users/{user}/invite"), &()).await.created();
    let body = json!({ "secret": secret_in(made["link"].as_str().expect("a link")), "password": PASSWORD });
    assert_eq!(Person::anonymous(&world.url).post("/links/use", &body).await.status, 204);
}

/// Waits until a condition holds.
async fn wait_until(what: &str, condition: impl AsyncFnMut() -> bool) {
    within(MAX_CLOSE_TIME, || what.to_owned(), condition).await;
}

/// The streams and the long poll of a user.
pub struct OpenStreams {
    live: Watcher,
    ticket_stream: Watcher,
    poll: JoinHandle<Answer>,
    app: App,
}

/// What the streams and the long poll sent until their end.
pub struct ClosedStreams {
    live: Vec<crate::harness::Frame>,
    ticket_stream: Vec<crate::harness::Frame>,
    /// The answer to the long poll.
    pub poll: Answer,
}

impl OpenStreams {
    /// Waits until all of them have ended.
    pub async fn end(mut self) -> ClosedStreams {
        let begun = Instant::now();
        let live = self.live.until_the_end().await;
        let ticket_stream = self.ticket_stream.until_the_end().await;
        let poll = self.poll.await.expect("an answer");
        assert!(begun.elapsed() < MAX_CLOSE_TIME, "open for {:?}", begun.elapsed());
        eprintln!("  over after {:?}", begun.elapsed());
        wait_until("no stream is left open", async || self.app.streams.count() == 0).await;
        ClosedStreams { live, ticket_stream, poll }
    }
}

impl ClosedStreams {
    /// Asserts that the streams sent no later changes and no offer.
    pub fn assert_nothing_after(&self, head: Option<Position>) {
        for frame in &self.live {
            let is_late = head.is_some_and(|head| frame.id.is_some_and(|id| id > head.0));
            assert!(!is_late, "sent after {head:?}: {frame:?}");
        }
        let offered = |frame: &&crate::harness::Frame| frame.data["offer_until"] != Value::Null;
        assert_eq!(self.ticket_stream.iter().find(offered), None, "an offer was sent");
    }
}
