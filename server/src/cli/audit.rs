//! `seatkeeper audit verify`: checks that the audit log was not tampered with.

use super::{failure::Failure, output::outln};
use crate::{
    audit::verify::{self, SealNote, VerifyReport},
    db::Db,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};

/// Arguments of `seatkeeper audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Checks all seals of the audit log, also while a server uses the database. Fails if the log was tampered with,
    /// and reports the first place.
    Verify(VerifyAuditArgs),
}

#[derive(Debug, Args)]
struct VerifyAuditArgs {
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/NAME`. It is only read.
    #[arg(long, env = "SEATKEEPER_DATABASE", default_value = "sqlite:data/seatkeeper.sqlite3")]
    database: String,
    /// A seal printed by an earlier check and noted elsewhere; the log must still contain it. May be given several
    /// times. Without it, a log that was rewritten as a whole, including its seals, is not detected.
    #[arg(long, value_name = "HASH@POSITION")]
    expect: Vec<SealNote>,
}

/// Checks the log and prints a report.
///
/// # Errors
/// Returns an error if the log was tampered with or cannot be read.
pub async fn run(args: AuditArgs) -> anyhow::Result<()> {
    let AuditCommand::Verify(args) = args.command;
    let db = Db::open_read_only(&args.database).await?;
    let checked = verify::verify(&db, &args.expect).await;
    db.close().await;
    match checked {
        Ok(report) => {
            print(&report, args.expect.len())?;
            Ok(())
        }
        Err(verify::VerifyError::Broken(broken)) => Err(broken).context("the audit log was tampered with"),
        Err(error) => Err(error).context("run a server of this version on the database once, then check again"),
    }
}

fn print(report: &VerifyReport, expected_seals: usize) -> Result<(), Failure> {
    outln!("The audit log is intact: {} events are sealed by {} seals.", report.sealed, report.seals)?;
    outln!("Not sealed yet: {} events.", report.unsealed)?;
    if report.pruned.0 > 0 {
        outln!("It begins after event {}: older events were pruned.", report.pruned)?;
    }
    if expected_seals > 0 {
        outln!("It contains the {expected_seals} expected seals.")?;
    }
    if let Some(newest) = &report.newest {
        outln!("Newest seal: {newest}")?;
        outln!("Store it where those who can write to the database cannot, and give it as --expect next time.")?;
    }
    Ok(())
}
