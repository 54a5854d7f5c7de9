//! Borrows a seat for an hour, checks the lease offline, and gives the seat back.
//!
//! ```sh
//! export SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=…
//! cargo run -p seatkeeper-client --example borrow remote-support-v5
//! ```

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::{
    Client, SeatResponse, application, lease,
    shared::wire::sessions::{EndSession, NewSession},
};
use std::{env, error::Error, time::UNIX_EPOCH};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&env::var("SEATKEEPER_URL")?)?.with_token(env::var("SEATKEEPER_TOKEN")?);
    let product = env::args().nth(1).unwrap_or_else(|| "remote-support-v5".to_owned());

    let request = NewSession { borrow_seconds: Some(3_600), ..application(&product, "example") };
    // The idempotency key belongs to this one request: after a lost response, a retry gets the same seat.
    let key = format!("{:032x}", StdRng::from_os_rng().random::<u128>());
    let SeatResponse::Seat(session) = client.request_seat(&request, &key).await? else {
        return Err("got a ticket without asking to wait".into());
    };
    let keys = client.borrow_keys().await?;
    println!("borrowed: {}", session.id);

    // From here on, the server is not needed.
    let token = session.lease.clone().ok_or("the response has no lease")?;
    let claims = lease::verify(&token, &keys, &product, now()?)?;
    println!("good until {}, for {} at {}", claims.exp, claims.name, claims.device);
    let forged = token.replacen('.', ".A", 1);
    if lease::verify(&forged, &keys, &product, now()?).is_ok() {
        return Err("a forged lease was accepted".into());
    }
    println!("a forged one is not");

    client.end(session.id, &EndSession::default()).await?;
    println!("the seat is given back");
    Ok(())
}

/// Seconds since the Unix epoch, by the system clock.
#[expect(clippy::disallowed_methods, reason = "an example program without the server's Clock")]
fn now() -> Result<i64, Box<dyn Error>> {
    Ok(i64::try_from(std::time::SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}
