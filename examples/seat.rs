//! Takes a seat, waiting for one if need be, keeps it while it works, and gives it back.
//!
//! ```sh
//! SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… cargo run -p seatkeeper-client --example seat remote-support-v5
//! ```

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::{
    Asked, Client, ClientError, application,
    shared::{
        ticket::TicketState,
        wire::sessions::{EndSession, Heartbeat, NewSession, SessionView},
    },
};
use std::{env, error::Error, time::Duration};
use tokio::time::{Instant, sleep};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&env::var("SEATKEEPER_URL")?)?.with_token(env::var("SEATKEEPER_TOKEN")?);
    let product = env::args().nth(1).unwrap_or_else(|| "remote-support-v5".to_owned());
    let seconds = env::var("WORK_SECONDS").map_or(Ok(60), |seconds| seconds.parse())?;

    let session = take_seat(&client, &product).await?;
    println!("seated: {}", session.id);
    let worked = work(&client, &session, Duration::from_secs(seconds)).await;
    client.end(session.id, &EndSession::default()).await?;
    println!("the seat is given back");
    Ok(worked?)
}

/// The session; waits in the line if there is no seat now. The client repeats by itself what may be repeated.
async fn take_seat(client: &Client, product: &str) -> Result<SessionView, ClientError> {
    let wanted = NewSession { wait: true, ..application(product, "example") };
    // The key is for this one seat. With it, a lost answer never costs a second one.
    let key = format!("{:032x}", StdRng::from_os_rng().random::<u128>());
    let mut ticket = match client.ask(&wanted, &key).await? {
        Asked::Seat(session) => return Ok(session),
        Asked::Line(ticket) => ticket,
    };
    while ticket.state == TicketState::Waiting {
        println!("waiting, number {} in the line", ticket.position);
        ticket = client.watch_ticket(&ticket, Duration::from_secs(25)).await?;
    }
    Ok(client.accept(ticket.id).await?.0)
}

/// Works for some time, and says so to the server as often as it wants to hear it.
async fn work(client: &Client, session: &SessionView, time: Duration) -> Result<(), ClientError> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        // `lease_expired`: it came too late. `session_ended`: the problem says who ended it and why.
        let renewed = client.heartbeat(session.id, Heartbeat { active: true }).await?;
        // Here you work.
        let next = Duration::from_secs(renewed.next_in_seconds.unsigned_abs());
        sleep(next.min(until.saturating_duration_since(Instant::now()))).await;
    }
    Ok(())
}
