//! Borrows a seat for an hour, checks the lease without the server, and gives the seat back.
//!
//! ```sh
//! SEATKEEPER_URL=https://seats.example.org SEATKEEPER_TOKEN=… cargo run -p seatkeeper-client --example borrow remote-support-v5
//! ```

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::{
    Asked, Client, application, lease,
    shared::wire::sessions::{EndSession, NewSession},
};
use std::{env, error::Error, time::UNIX_EPOCH};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&env::var("SEATKEEPER_URL")?)?.with_token(env::var("SEATKEEPER_TOKEN")?);
    let product = env::args().nth(1).unwrap_or_else(|| "remote-support-v5".to_owned());

    let wanted = NewSession { borrow_seconds: Some(3_600), ..application(&product, "example") };
    // The key is for this one seat. With it, a lost answer never costs a second one.
    let key = format!("{:032x}", StdRng::from_os_rng().random::<u128>());
    let Asked::Seat(session) = client.ask(&wanted, &key).await? else { return Err("nobody wanted to wait".into()) };
    let keys = client.borrow_keys().await?;
    println!("borrowed: {}", session.id);

    // From here on the server may be away.
    let token = session.lease.clone().ok_or("borrowed without a lease")?;
    let good = lease::verify(&token, &keys, &product, now()?)?;
    println!("good until {}, for {} at {}", good.exp, good.name, good.device);
    let forged = token.replacen('.', ".A", 1);
    if lease::verify(&forged, &keys, &product, now()?).is_ok() {
        return Err("a forged lease was taken for a good one".into());
    }
    println!("a forged one is not");

    client.end(session.id, &EndSession::default()).await?;
    println!("the seat is given back");
    Ok(())
}

/// Seconds since 1970, by the clock of this machine.
#[expect(clippy::disallowed_methods, reason = "a program of one's own has a clock of its own")]
fn now() -> Result<i64, Box<dyn Error>> {
    Ok(i64::try_from(std::time::SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}
