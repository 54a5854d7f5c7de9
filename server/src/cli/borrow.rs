//! `seatkeeper borrow` and `seatkeeper return`: borrows a seat for offline work, and gives it back early.

use super::{
    config, duration,
    failure::{Exit, Failure},
    output::{errln, outln},
    run::{
        acquire::{Acquired, SeatAcquisition},
        default_device_name,
        reporter::Reporter,
        signals::Signals,
    },
};
use crate::{monotonic::MonotonicClock, private_files};
use clap::Args;
use seatkeeper_client::{Client, application, lease};
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    wire::sessions::{EndSession, NewSession, SessionView},
};
use serde_json::json;
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

/// Arguments of `seatkeeper borrow`.
#[derive(Debug, Args)]
pub struct BorrowArgs {
    /// The product, by its short name, for example remote-support-v5.
    #[arg(long, value_name = "SLUG")]
    product: String,
    /// How long to borrow the seat: 90m, 8h, 3d. The license sets a limit.
    #[arg(long = "for", value_name = "TIME", value_parser = duration::parse)]
    time: Duration,
    /// If no seat is free, wait in the queue for at most this time: 90s, 5m, 2h.
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// The name of this device in lists and in the lease; its host name if absent.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// The file for the lease, readable only by you; standard output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the session, with its lease, as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `seatkeeper return`.
#[derive(Debug, Args)]
pub struct ReturnArgs {
    /// The file with the lease, which is then deleted, or the id of the session.
    #[arg(value_name = "FILE | ID")]
    lease_or_id: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Borrows a seat.
///
/// # Errors
/// Returns an error if the seat is refused, or the lease cannot be written; the seat is given back then.
pub async fn borrow(args: BorrowArgs) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    let internal = |error: std::io::Error| Failure::new(Exit::Internal, format!("cannot listen for signals: {error}"));
    let mut signals = Signals::catch().map_err(internal)?;
    let device = args.device.clone().unwrap_or_else(default_device_name);
    let borrow_seconds = i64::try_from(args.time.as_secs()).ok();
    let request = NewSession { borrow_seconds, ..application(&args.product, &device) };
    let reporter = Reporter { json: args.json };
    let acquisition = SeatAcquisition::new(&client, request, args.wait, reporter, MonotonicClock::default());
    let session = match acquisition.run(&mut signals).await? {
        Acquired::Seat(session) => *session,
        Acquired::Interrupted(signal) => return Ok(ExitCode::from(128 + signal as u8)),
    };
    let id = session.id;
    let result = match with_lease(&client, session, args.time).await {
        Ok(session) => write_lease(&args, &session),
        Err(failure) => Err(failure),
    };
    if result.is_err() {
        // Without its lease, the seat would be occupied for nothing.
        let _ = client.end(id, &EndSession::default()).await;
    }
    result
}

/// Borrows the seat unless the server has done so already: a seat from the queue is not borrowed yet.
async fn with_lease(client: &Client, session: SessionView, time: Duration) -> Result<SessionView, Failure> {
    if session.lease.is_some() { Ok(session) } else { Ok(client.borrow(session.id, time).await?) }
}

fn write_lease(args: &BorrowArgs, session: &SessionView) -> Result<ExitCode, Failure> {
    let lease = session.lease.as_deref().unwrap_or_default();
    if let Some(file) = &args.out {
        let cannot_write = |error| Failure::new(Exit::Internal, format!("cannot write {}: {error}", file.display()));
        private_files::replace(file, format!("{lease}\n").as_bytes()).map_err(cannot_write)?;
    }
    let until = session.borrowed_until.map(|until| until.format("%F %T UTC").to_string()).unwrap_or_default();
    match &args.out {
        _ if args.json => outln!("{}", json!(session))?,
        Some(file) => outln!("{}  borrowed until {until}, the lease is in {}", session.id, file.display())?,
        None => {
            errln!("seatkeeper: {} is borrowed until {until}", session.id);
            outln!("{lease}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives a borrowed seat back.
///
/// # Errors
/// Returns an error if the lease cannot be read, or the server refuses the request.
pub async fn give_back(args: ReturnArgs) -> Result<ExitCode, Failure> {
    let (session, file) = session_and_file(&args.lease_or_id)?;
    let client = config::client()?;
    let result = client.end(session, &EndSession::default()).await?;
    if let Some(file) = file {
        // The lease would still pass offline checks.
        let cannot_delete = |error| {
            let message = format!("given back, but cannot delete {}: {error}", args.lease_or_id);
            Failure::new(Exit::Incomplete, message)
        };
        fs::remove_file(file).map_err(cannot_delete)?;
    }
    match result.refused {
        _ if args.json => outln!("{}", json!(result))?,
        Some(Code::SessionEnded) => outln!("{session}  had already ended")?,
        _ => outln!("{session}  given back")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The session id, and the file with the lease if the text is not an id.
fn session_and_file(text: &str) -> Result<(SessionId, Option<PathBuf>), Failure> {
    if let Ok(id) = text.parse() {
        return Ok((id, None));
    }
    let failure = |reason: String| Failure::new(Exit::Usage, format!("{text}: {reason}"));
    let lease = fs::read_to_string(text).map_err(|error| failure(error.to_string()))?;
    let session = lease::session_id(&lease).map_err(|error| failure(error.to_string()))?;
    Ok((session, Some(text.into())))
}
