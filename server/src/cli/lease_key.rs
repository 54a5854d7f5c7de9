//! `seatkeeper lease-key`: replaces the key that signs the leases of borrowed seats.

use super::{config::env_var, output::outln};
use crate::{
    clock::{Clock, Random},
    db::Db,
    lease_signing,
    secrets::key_source::{KEYS_VARIABLE, KeySource},
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// Arguments of `seatkeeper lease-key`.
#[derive(Debug, Args)]
pub struct LeaseKeyArgs {
    #[command(subcommand)]
    command: LeaseKeyCommand,
}

#[derive(Debug, Subcommand)]
enum LeaseKeyCommand {
    /// Creates a new signing key. The private key of the old one is deleted; its public key is served until the last
    /// lease it may have signed has expired. With a SQLite database, the server must be stopped first.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
struct RotateArgs {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
    /// The old key was disclosed: its public key is no longer served, and programs that fetch the keys refuse its
    /// leases.
    #[arg(long)]
    compromised: bool,
}

/// Rotates the key.
///
/// # Errors
/// Returns an error if the database cannot be used, or no account is set up in it.
pub async fn run(args: LeaseKeyArgs) -> anyhow::Result<()> {
    let LeaseKeyCommand::Rotate(args) = args.command;
    let db = Db::open(&args.database, Clock::default().monotonic()).await?;
    let result = rotate(&db, &args).await;
    db.close().await;
    result
}

async fn rotate(db: &Db, args: &RotateArgs) -> anyhow::Result<()> {
    let keyring = args.keys.load(db, &args.database, env_var(KEYS_VARIABLE)).await?;
    let (clock, random) = (Clock::default(), Random::default());
    let rotated = lease_signing::rotate(db, &keyring, (&clock, &random), args.compromised).await?;
    let rotated = rotated.context("no account is set up in this database")?;
    db.scrub().await?;
    outln!("The key {} signs leases from now on.", rotated.kid)?;
    outln!("The one before is served until {}.", rotated.old_until.format("%FT%TZ"))?;
    outln!("Programs with the keys built in need the new one: seatkeeper lease keys")?;
    Ok(())
}
