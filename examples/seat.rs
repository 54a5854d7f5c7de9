//! Takes a seat, waiting for one if necessary, keeps it while it works, and gives it back.
//!
//! ```sh
//! export SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=…
//! cargo run -p seatkeeper-client --example seat remote-support-v5
//! ```

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::{
    Client, ClientError, SeatResponse, application,
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
    let result = work(&client, &session, Duration::from_secs(seconds)).await;
    client.end(session.id, &EndSession::default()).await?;
    println!("the seat is given back");
    Ok(result?)
}

/// Takes a seat, waiting in the queue if none is free. The client retries idempotent requests by itself.
async fn take_seat(client: &Client, product: &str) -> Result<SessionView, ClientError> {
    let request = NewSession { wait: true, ..application(product, "example") };
    // The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
    let key = format!("{:032x}", StdRng::from_os_rng().random::<u128>());
    let mut ticket = match client.request_seat(&request, &key).await? {
        SeatResponse::Seat(session) => return Ok(session),
        SeatResponse::Queued(ticket) => ticket,
    };
    while ticket.state == TicketState::Waiting {
        println!("waiting, number {} in the queue", ticket.position);
        ticket = client.watch_ticket(&ticket, Duration::from_secs(25)).await?;
    }
    Ok(client.accept_offer(ticket.id).await?.session)
}

/// Works for some time, sending heartbeats at the interval that the server asks for.
async fn work(client: &Client, session: &SessionView, time: Duration) -> Result<(), ClientError> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        // Error `lease_expired`: the heartbeat was too late. `session_ended`: the problem says who ended it and why.
        let renewed = client.heartbeat(session.id, Heartbeat { active: true }).await?;
        // Do your work here.
        let next = Duration::from_secs(renewed.next_in_seconds.unsigned_abs());
        sleep(next.min(until.saturating_duration_since(Instant::now()))).await;
    }
    Ok(())
}
