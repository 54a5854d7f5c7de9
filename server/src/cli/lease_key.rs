//! `seatkeeper lease-key`: the key that leases of borrowed seats are signed with.

use super::output::outln;
use crate::{
    borrow,
    clock::{Clock, Dice},
    db::Db,
    secrets::source::KeySource,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// What can be done with it.
#[derive(Debug, Args)]
pub struct LeaseKey {
    /// What to do.
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a new key, which signs from now on. The secret of the old one is deleted; its public half is served for
    /// as long as leases that it signed may last. A server on a SQLite file has to be stopped for it.
    Rotate(Rotate),
}

#[derive(Debug, Args)]
struct Rotate {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
    /// Somebody else knows the old key: its public half is served no longer, and programs that fetch the keys refuse
    /// its leases.
    #[arg(long)]
    compromised: bool,
}

/// Does it.
///
/// # Errors
/// The database cannot be used, or no account is set up in it.
pub async fn run(asked: LeaseKey) -> anyhow::Result<()> {
    let What::Rotate(asked) = asked.command;
    let db = Db::open(&asked.database).await?;
    let done = rotated(&db, &asked).await;
    db.close().await;
    done
}

async fn rotated(db: &Db, asked: &Rotate) -> anyhow::Result<()> {
    let keyring = asked.keys.load(db, &asked.database).await?;
    let (clock, dice) = (Clock::default(), Dice::default());
    let rotated = borrow::rotate(db, &keyring, (&clock, &dice), asked.compromised).await?;
    let rotated = rotated.context("no account is set up in this database")?;
    db.scrub().await?;
    outln!("The key {} signs leases from now on.", rotated.kid)?;
    outln!("The one before is served until {}.", rotated.old_until.format("%FT%TZ"))?;
    outln!("Programs with the keys built in need the new one: seatkeeper lease keys")?;
    Ok(())
}
