//! One agent at work: asks for a seat, waits for the customer, keeps the lease, ends; sometimes his client crashes.

use super::account::{Has, PASSWORD, Person};
use crate::cli::output::errln;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use seatkeeper_client::{Asked, Client, ClientError};
use seatkeeper_shared::{
    problem::Code,
    session::{Mode, Platform},
    wire::sessions::{EndSession, Heartbeat, NewSession, SessionView},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Works for ever.
///
/// # Errors
/// He cannot sign in.
pub async fn work(server: String, person: Person, speed: f64, seed: u64) -> anyhow::Result<()> {
    let browser = Client::new(&server)?;
    browser.sign_in(&person.email(), PASSWORD).await?;
    let token = browser.make_token("Agent client", 30).await?;
    let client = Client::new(&server)?.with_token(token.secret);
    let mut agent = Agent { client, person, speed, chance: StdRng::seed_from_u64(seed) };
    agent.pause(0.0, 1.5).await;
    loop {
        match agent.one_session().await {
            Ok(()) => agent.pause(0.1, 1.5).await,
            Err(error) => agent.trouble(&error).await,
        }
    }
}

struct Agent {
    client: Client,
    person: Person,
    speed: f64,
    chance: StdRng,
}

impl Agent {
    /// Waits some minutes of his time, which are shorter in ours.
    async fn pause(&mut self, from: f64, to: f64) {
        let minutes = self.chance.random_range(from..to);
        sleep(Duration::from_secs_f64(minutes * 60.0 / self.speed)).await;
    }

    async fn one_session(&mut self) -> Result<(), ClientError> {
        let wanted = self.wanted();
        let key = format!("{:016x}", self.chance.random::<u64>());
        // Who does not want to wait gets no ticket.
        let Asked::Seat(session) = self.client.ask(&wanted, &key).await? else { return Ok(()) };
        if wanted.mode == Mode::Attended {
            self.pause(0.1, 1.0).await;
            // One customer in twelve does not come.
            if self.chance.random_ratio(1, 12) {
                self.pause(0.5, 1.0).await;
                return self.client.end(session.id, &EndSession::default()).await.map(drop);
            }
            let platform = self.platform();
            self.client.connect(session.id, platform).await?;
        }
        self.stay(&session).await
    }

    fn wanted(&mut self) -> NewSession {
        let desk =
            self.person.has.choose(&mut self.chance).is_some_and(|h| matches!(h, Has::DeskNamed | Has::DeskShared));
        let unattended = self.chance.random_ratio(1, 5);
        NewSession {
            product: if desk { "service-desk" } else { "remote-support-v5" }.to_owned(),
            device: self.device(),
            mode: if unattended { Mode::Unattended } else { Mode::Attended },
            platform: unattended.then(|| self.platform()),
            remote_device: unattended.then(|| self.remote_device()),
            wait: false,
            borrow_seconds: None,
        }
    }

    /// Everybody has his own notebook.
    fn device(&self) -> String {
        let number = self.person.name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        format!("NB-{:04}", number % 1_000)
    }

    /// Where nobody sits.
    fn remote_device(&mut self) -> String {
        let known = ["SRV-Lager", "SRV-Backup", "Kasse 2", "Kasse 5", "Empfang", "Konferenzraum Nord"];
        (*known.choose(&mut self.chance).unwrap_or(&"SRV-Lager")).to_owned()
    }

    fn platform(&mut self) -> Platform {
        use Platform::{Android, Ios, Linux, Mac, Windows};
        *[Windows, Windows, Windows, Mac, Ios, Android, Linux].choose(&mut self.chance).unwrap_or(&Windows)
    }

    /// Keeps the lease until the work is done. One client in fifteen crashes and is heard of no more.
    async fn stay(&mut self, session: &SessionView) -> Result<(), ClientError> {
        let minutes = self.chance.random_range(1.0..12.0);
        let until = Instant::now() + Duration::from_secs_f64(minutes * 60.0 / self.speed);
        let crashes = self.chance.random_ratio(1, 15);
        while Instant::now() < until {
            let renewed = self.client.heartbeat(session.id, Heartbeat::default()).await?;
            let next =
                Duration::from_secs(u64::try_from(renewed.next_in_seconds).unwrap_or(30)).min(Duration::from_secs(5));
            sleep(next.min(until.saturating_duration_since(Instant::now()))).await;
        }
        if crashes {
            // His lease runs out; until then the seat is his.
            sleep(Duration::from_secs(150)).await;
            return Ok(());
        }
        self.client.end(session.id, &EndSession::default()).await.map(drop)
    }

    /// What a person does about a refusal: he waits a little and asks again.
    async fn trouble(&mut self, error: &ClientError) {
        match error.problem().map(|p| p.code) {
            Some(Code::PoolFull | Code::OverCapacity) => self.pause(0.3, 1.0).await,
            Some(Code::SessionEnded | Code::LeaseExpired) => self.pause(0.5, 2.0).await,
            _ => {
                errln!("{}: {error}", self.person.name);
                sleep(Duration::from_secs(5)).await;
            }
        }
    }
}
