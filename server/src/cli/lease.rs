//! `seatkeeper lease`: the keys that leases are checked with, and checking one without a server.

use super::{
    config,
    failure::{Exit, Failure},
    output::outln,
    span,
};
use crate::{clock::Clock, private_files};
use clap::{Args, Subcommand};
use seatkeeper_client::lease::{self, LeaseError};
use seatkeeper_shared::wire::borrow::BorrowKeys;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Leases of borrowed seats.
#[derive(Debug, Args)]
pub struct Lease {
    /// What to do.
    #[command(subcommand)]
    what: What,
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Prints the public keys of the server: keep them where leases are checked.
    Keys(Keys),
    /// Checks a lease, without a server: ends with 0 if it is good.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Keys {
    /// Where they are written to; to standard output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Verify {
    /// The file with the lease.
    lease: PathBuf,
    /// The file with the keys, as `seatkeeper lease keys` prints them.
    #[arg(long = "keys", visible_alias = "key", value_name = "FILE")]
    keys: PathBuf,
    /// It must be for this product, by its short name.
    #[arg(long, value_name = "SLUG")]
    product: Option<String>,
    /// It must have been borrowed for the device of this name.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

/// Does it.
///
/// # Errors
/// The lease is not good, or something cannot be read.
pub async fn run(asked: Lease) -> Result<ExitCode, Failure> {
    match asked.what {
        What::Keys(keys) => print(keys).await,
        What::Verify(verify) => check(&verify, asked.json),
    }
}

async fn print(asked: Keys) -> Result<ExitCode, Failure> {
    let keys = json!(config::client()?.borrow_keys().await?);
    match asked.out {
        Some(file) => {
            let cannot = |error| Failure::new(Exit::Fault, format!("cannot write {}: {error}", file.display()));
            private_files::replace(&file, format!("{keys}\n").as_bytes()).map_err(cannot)?;
        }
        None => outln!("{keys}")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(asked: &Verify, json: bool) -> Result<ExitCode, Failure> {
    let keys: BorrowKeys = serde_json::from_str(&read(&asked.keys)?)
        .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", asked.keys.display())))?;
    let token = read(&asked.lease)?;
    let now = Clock::default().now().timestamp();
    let checked = match &asked.product {
        Some(product) => lease::verify(&token, &keys, product, now),
        None => lease::verify_any(&token, &keys, now),
    };
    let lease = checked.map_err(|error| Failure::new(exit(error), format!("{error}")))?;
    if asked.device.as_ref().is_some_and(|device| *device != lease.device) {
        let says = format!("the lease is for the device {}", lease.device);
        return Err(Failure::new(Exit::NotPermitted, says));
    }
    if json {
        outln!("{}", json!(lease))?;
    } else {
        let left = Duration::from_secs(u64::try_from(lease.exp - now).unwrap_or_default());
        outln!(
            "good for {}: {} at {}, {} of {}",
            span::words(left),
            lease.name,
            lease.device,
            lease.product_name,
            lease.account
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", file.display())))
}

/// Whose time is over has no seat; whatever else is wrong is no lease for here.
fn exit(error: LeaseError) -> Exit {
    match error {
        LeaseError::Over | LeaseError::NotYet => Exit::NoSeat,
        _ => Exit::NotPermitted,
    }
}
