//! `seatkeeper secrets`: the keys that secrets in the database are encrypted with.

use super::output::outln;
use crate::{
    clock::Dice,
    db::Db,
    secrets::{
        Reseal, reseal,
        source::{self, KeySource},
    },
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// What can be done with them.
#[derive(Debug, Args)]
pub struct Secrets {
    /// What to do.
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Puts a new key in front of those in the key file, which is made if it is missing. Servers use it from their
    /// next start on.
    NewKey(On),
    /// Encrypts every secret in the database with the first of the keys. A server on a SQLite file has to be stopped
    /// for it; those on PostgreSQL must know the key already.
    Rotate(On),
}

#[derive(Debug, Args)]
struct On {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
}

/// Does it.
///
/// # Errors
/// A key or the database cannot be used. Nothing was changed then.
pub async fn run(asked: Secrets) -> anyhow::Result<()> {
    match asked.command {
        What::NewKey(on) => new_key(&on),
        What::Rotate(on) => rotate(&on).await,
    }
}

fn new_key(on: &On) -> anyhow::Result<()> {
    let file = on.keys.file(&on.database);
    let file = file.context("for PostgreSQL, say which file it is with --secret-key-file")?;
    source::add_key(&file, &Dice::default())?;
    let keyring = source::read(&file)?;
    outln!("The first key in {} is now {}.", file.display(), keyring.ids().next().unwrap_or_default())?;
    outln!("Start the server anew, or run `seatkeeper secrets rotate` while it is stopped.")?;
    Ok(())
}

async fn rotate(on: &On) -> anyhow::Result<()> {
    let db = Db::open(&on.database).await?;
    let done = rotated(&db, on).await;
    db.close().await;
    done
}

async fn rotated(db: &Db, on: &On) -> anyhow::Result<()> {
    let keyring = on.keys.load(db, &on.database).await?;
    let newest = keyring.ids().next().context("there is no key: give one with --secret-key-file")?.to_owned();
    let done = reseal(db, &keyring, &Dice::default(), Reseal::Outdated).await?;
    outln!(
        "{} of {} secrets were encrypted anew with the key {newest}; the others were already.",
        done.sealed,
        done.found
    )?;
    let old: Vec<_> = keyring.ids().skip(1).collect();
    if !old.is_empty() {
        outln!("Nothing in the database needs these keys any more, but backups do: {}", old.join(", "))?;
    }
    Ok(())
}
