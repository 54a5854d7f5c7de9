//! One simulated agent: requests a seat, waits for the customer, renews the lease and ends the session. Sometimes the
//! client crashes.

use super::account::{PASSWORD, SampleLicense, SampleUser};
use crate::{cli::output::errln, monotonic::MonotonicClock};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use seatkeeper_client::{Client, ClientError, SeatResponse};
use seatkeeper_shared::{
    problem::Code,
    session::{Mode, Platform},
    wire::sessions::{EndSession, Heartbeat, NewSession, SessionView},
};
use std::time::Duration;
use tokio::time::sleep;

/// Simulates an agent until the task is dropped.
///
/// # Errors
/// Returns an error if the agent cannot sign in.
pub async fn simulate(
    server: String,
    user: SampleUser,
    speed: f64,
    (seed, monotonic): (u64, MonotonicClock),
) -> anyhow::Result<()> {
    let browser = Client::new(&server)?;
    browser.sign_in(&user.email(), PASSWORD).await?;
    let token = browser.create_token("Agent client", 30).await?;
    let client = Client::new(&server)?.with_token(token.secret);
    let mut agent = Agent { client, user, speed, rng: StdRng::seed_from_u64(seed), monotonic };
    agent.pause(0.0, 1.5).await;
    loop {
        match agent.one_session().await {
            Ok(()) => agent.pause(0.1, 1.5).await,
            Err(error) => agent.back_off(&error).await,
        }
    }
}

struct Agent {
    client: Client,
    user: SampleUser,
    speed: f64,
    rng: StdRng,
    monotonic: MonotonicClock,
}

impl Agent {
    /// Waits some simulated minutes.
    async fn pause(&mut self, from: f64, to: f64) {
        let minutes = self.rng.random_range(from..to);
        sleep(Duration::from_secs_f64(minutes * 60.0 / self.speed)).await;
    }

    async fn one_session(&mut self) -> Result<(), ClientError> {
        let request = self.seat_request();
        let key = format!("{:016x}", self.rng.random::<u64>());
        // The request does not ask to wait, so the server sends no ticket.
        let SeatResponse::Seat(session) = self.client.request_seat(&request, &key).await? else { return Ok(()) };
        if request.mode == Mode::Attended {
            self.pause(0.1, 1.0).await;
            // One customer in twelve does not join.
            if self.rng.random_ratio(1, 12) {
                self.pause(0.5, 1.0).await;
                return self.client.end(session.id, &EndSession::default()).await.map(drop);
            }
            let platform = self.platform();
            self.client.connect(session.id, platform).await?;
        }
        self.hold_session(&session).await
    }

    fn seat_request(&mut self) -> NewSession {
        let license = self.user.licenses.choose(&mut self.rng);
        let is_desk =
            license.is_some_and(|license| matches!(license, SampleLicense::DeskNamed | SampleLicense::DeskShared));
        let unattended = self.rng.random_ratio(1, 5);
        let product = if is_desk { "service-desk" } else { "remote-support-v5" };
        let mode = if unattended { Mode::Unattended } else { Mode::Attended };
        NewSession {
            platform: unattended.then(|| self.platform()),
            remote_device: unattended.then(|| self.remote_device()),
            ..NewSession::new(product.to_owned(), self.device(), mode)
        }
    }

    /// Each agent always works at the same notebook.
    fn device(&self) -> String {
        let number = self.user.name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        format!("NB-{:04}", number % 1_000)
    }

    /// An unattended device.
    fn remote_device(&mut self) -> String {
        let devices = ["SRV-Lager", "SRV-Backup", "Kasse 2", "Kasse 5", "Empfang", "Konferenzraum Nord"];
        (*devices.choose(&mut self.rng).unwrap_or(&"SRV-Lager")).to_owned()
    }

    fn platform(&mut self) -> Platform {
        use Platform::{Android, Ios, Linux, Mac, Windows};
        *[Windows, Windows, Windows, Mac, Ios, Android, Linux].choose(&mut self.rng).unwrap_or(&Windows)
    }

    /// Renews the lease for some minutes, then ends the session. One client in fifteen crashes instead.
    async fn hold_session(&mut self, session: &SessionView) -> Result<(), ClientError> {
        let minutes = self.rng.random_range(1.0..12.0);
        let until = self.monotonic.now() + Duration::from_secs_f64(minutes * 60.0 / self.speed);
        let crashes = self.rng.random_ratio(1, 15);
        while !self.monotonic.until(until).is_zero() {
            let renewed = self.client.heartbeat(session.id, Heartbeat::default()).await?;
            let next =
                Duration::from_secs(u64::try_from(renewed.next_in_seconds).unwrap_or(30)).min(Duration::from_secs(5));
            sleep(next.min(self.monotonic.until(until))).await;
        }
        if crashes {
            // The seat stays occupied until the lease expires.
            sleep(Duration::from_secs(150)).await;
            return Ok(());
        }
        self.client.end(session.id, &EndSession::default()).await.map(drop)
    }

    /// Waits before the next attempt, as an agent would after a refusal.
    async fn back_off(&mut self, error: &ClientError) {
        match error.problem().map(|p| p.code) {
            Some(Code::PoolFull | Code::OverCapacity) => self.pause(0.3, 1.0).await,
            Some(Code::SessionEnded | Code::LeaseExpired) => self.pause(0.5, 2.0).await,
            _ => {
                errln!("{}: {error}", self.user.name);
                sleep(Duration::from_secs(5)).await;
            }
        }
    }
}
