//! `seatkeeper secrets`: manages the keys that encrypt the secrets in the database.

use super::{config::env_var, output::outln};
use crate::{
    clock::Random,
    db::Db,
    monotonic::MonotonicClock,
    secrets::{
        Reseal,
        key_source::{self, KEYS_VARIABLE, KeySource},
        reseal,
    },
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// Arguments of `seatkeeper secrets`.
#[derive(Debug, Args)]
pub struct SecretsArgs {
    #[command(subcommand)]
    command: SecretsCommand,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Adds a new first key to the key file, which is created if it does not exist. Servers use it from their next
    /// start.
    NewKey(KeyArgs),
    /// Encrypts every secret in the database with the first key. With a SQLite database, the server must be stopped
    /// first; servers on PostgreSQL must have loaded the new key before.
    Rotate(KeyArgs),
}

#[derive(Debug, Args)]
struct KeyArgs {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    #[command(flatten)]
    keys: KeySource,
}

/// Runs the subcommand.
///
/// # Errors
/// Returns an error if a key or the database cannot be used; nothing is changed then.
pub async fn run(args: SecretsArgs) -> anyhow::Result<()> {
    match args.command {
        SecretsCommand::NewKey(args) => new_key(&args),
        SecretsCommand::Rotate(args) => rotate(&args).await,
    }
}

fn new_key(args: &KeyArgs) -> anyhow::Result<()> {
    let file = args.keys.file(&args.database);
    let file = file.context("for PostgreSQL, name the key file with --secret-key-file")?;
    key_source::add_key(&file, &Random::default())?;
    let keyring = key_source::read(&file)?;
    outln!("The first key in {} is now {}.", file.display(), keyring.ids().next().unwrap_or_default())?;
    outln!("Restart the server, or run `seatkeeper secrets rotate` while it is stopped.")?;
    Ok(())
}

async fn rotate(args: &KeyArgs) -> anyhow::Result<()> {
    let db = Db::open(&args.database, &MonotonicClock::default()).await?;
    let result = reencrypt(&db, args).await;
    db.close().await;
    result
}

async fn reencrypt(db: &Db, args: &KeyArgs) -> anyhow::Result<()> {
    let keyring = args.keys.load(db, &args.database, env_var(KEYS_VARIABLE)).await?;
    let newest = keyring.ids().next().context("no key is configured: give one with --secret-key-file")?.to_owned();
    let done = reseal(db, &keyring, &Random::default(), Reseal::Outdated).await?;
    outln!(
        "{} of {} secrets were reencrypted with the key {newest}; the others were already.",
        done.sealed,
        done.found
    )?;
    let old: Vec<_> = keyring.ids().skip(1).collect();
    if !old.is_empty() {
        outln!("These keys are no longer needed for the database, but for older backups: {}", old.join(", "))?;
    }
    Ok(())
}
