//! `seatkeeper lease`: prints the public keys for leases, and checks a lease without a server.

use super::{
    config, duration,
    failure::{Exit, Failure},
    output::outln,
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

/// Arguments of `seatkeeper lease`.
#[derive(Debug, Args)]
pub struct LeaseArgs {
    #[command(subcommand)]
    command: LeaseCommand,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum LeaseCommand {
    /// Prints the public keys of the server, which are needed to check leases.
    Keys(KeysArgs),
    /// Checks a lease without a server; exits with 0 if it is valid.
    Verify(VerifyLeaseArgs),
}

#[derive(Debug, Args)]
struct KeysArgs {
    /// The file for the keys; standard output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct VerifyLeaseArgs {
    /// The file with the lease.
    lease: PathBuf,
    /// The file with the keys, as `seatkeeper lease keys` prints them.
    #[arg(long = "keys", visible_alias = "key", value_name = "FILE")]
    keys: PathBuf,
    /// The lease must be for this product (its short name).
    #[arg(long, value_name = "SLUG")]
    product: Option<String>,
    /// The lease must be for the device with this name.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// Returns an error if the lease is not valid, or a file or the server's keys cannot be read.
pub async fn run(args: LeaseArgs) -> Result<ExitCode, Failure> {
    match args.command {
        LeaseCommand::Keys(keys) => print_keys(keys).await,
        LeaseCommand::Verify(verify) => verify_lease(&verify, args.json),
    }
}

async fn print_keys(args: KeysArgs) -> Result<ExitCode, Failure> {
    let keys = json!(config::client()?.borrow_keys().await?);
    match args.out {
        Some(file) => {
            let cannot_write =
                |error| Failure::new(Exit::Internal, format!("cannot write {}: {error}", file.display()));
            private_files::replace(&file, format!("{keys}\n").as_bytes()).map_err(cannot_write)?;
        }
        None => outln!("{keys}")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn verify_lease(args: &VerifyLeaseArgs, json: bool) -> Result<ExitCode, Failure> {
    let keys: BorrowKeys = serde_json::from_str(&read(&args.keys)?)
        .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", args.keys.display())))?;
    let token = read(&args.lease)?;
    let now = Clock::default().now().timestamp();
    let checked = match &args.product {
        Some(product) => lease::verify(&token, &keys, product, now),
        None => lease::verify_any(&token, &keys, now),
    };
    let lease = checked.map_err(|error| Failure::new(exit_code_of(error), format!("{error}")))?;
    if args.device.as_ref().is_some_and(|device| *device != lease.device) {
        let message = format!("the lease is for the device {}", lease.device);
        return Err(Failure::new(Exit::NotPermitted, message));
    }
    if json {
        outln!("{}", json!(lease))?;
    } else {
        let left = Duration::from_secs(u64::try_from(lease.exp - now).unwrap_or_default());
        outln!(
            "valid for {}: {} at {}, {} of {}",
            duration::format(left),
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

/// An expired lease means that there is no seat; every other error, that the lease permits nothing here.
fn exit_code_of(error: LeaseError) -> Exit {
    match error {
        LeaseError::Expired | LeaseError::NotYet => Exit::NoSeat,
        _ => Exit::NotPermitted,
    }
}
