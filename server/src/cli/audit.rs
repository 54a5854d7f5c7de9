//! `seatkeeper audit verify`: whether the audit log is as it was written.

use super::{failure::Failure, output::outln};
use crate::{
    audit::verify::{self, Note, Report},
    db::Db,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// What can be done with the audit log.
#[derive(Debug, Args)]
pub struct Audit {
    /// What to do.
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Checks the seals of the audit log from the first to the last, also while a server uses the database. Says where the log was
    /// tampered with first, and fails then.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Verify {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`. It is only read.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    /// A seal that was noted elsewhere, as an earlier check printed it: it must still be there. May be given several times.
    /// Without it, a log that somebody rewrote as a whole, seals included, passes for whole.
    #[arg(long, value_name = "HASH@POSITION")]
    expect: Vec<Note>,
}

/// Does it.
///
/// # Errors
/// The log was tampered with, or cannot be read.
pub async fn run(audit: Audit) -> anyhow::Result<()> {
    let What::Verify(asked) = audit.command;
    let db = Db::open_to_read(&asked.database).await?;
    let checked = verify::verify(&db, &asked.expect).await;
    db.close().await;
    match checked {
        Ok(report) => {
            print(&report, asked.expect.len())?;
            Ok(())
        }
        Err(verify::VerifyError::Broken(broken)) => Err(broken).context("the audit log was tampered with"),
        Err(error) => Err(error).context("has a server of this version run on this database?"),
    }
}

fn print(report: &Report, notes: usize) -> Result<(), Failure> {
    outln!("The audit log is whole: {} events are sealed by {} seals.", report.sealed, report.seals)?;
    outln!("Not sealed yet: {} events.", report.unsealed)?;
    if report.pruned.0 > 0 {
        outln!("It begins after event {}: what was older was pruned.", report.pruned)?;
    }
    if notes > 0 {
        outln!("It has the {notes} seals that were noted.")?;
    }
    if let Some(newest) = &report.newest {
        outln!("Newest seal: {newest}")?;
        outln!("Note it where nobody who can write to the database can, and give it as --expect the next time.")?;
    }
    Ok(())
}
