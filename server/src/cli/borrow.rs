//! `seatkeeper borrow` and `seatkeeper return`: a seat for work offline, and giving it back before its time is over.

use super::{
    config,
    failure::{Exit, Failure},
    output::{errln, outln},
    run::{
        device,
        signals::Signals,
        take::{Taken, Taking},
        voice::Voice,
    },
    span,
};
use crate::private_files;
use clap::Args;
use seatkeeper_client::{Client, application, lease};
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    wire::sessions::{EndSession, NewSession, SessionView},
};
use serde_json::json;
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

/// Which seat, and for how long.
#[derive(Debug, Args)]
pub struct Borrow {
    /// The product, by its short name, for example remote-support-v5.
    #[arg(long, value_name = "SLUG")]
    product: String,
    /// For how long: 90m, 8h, 3d. The license has a limit.
    #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
    time: Duration,
    /// If no seat is free, wait in the line, for so long at most: 90s, 5m, 2h.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    wait: Option<Duration>,
    /// How this device is called in lists and in the lease; its host name if absent.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Where the lease is written to, for you alone to read; to standard output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer as JSON: the session, with its lease.
    #[arg(long)]
    pub json: bool,
}

/// Which seat comes back.
#[derive(Debug, Args)]
pub struct Return {
    /// The file with the lease, which is deleted then, or the id of the session.
    #[arg(value_name = "FILE | ID")]
    which: String,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Borrows a seat.
///
/// # Errors
/// It is refused, or the lease cannot be written; then the seat is given back.
pub async fn borrow(asked: Borrow) -> Result<ExitCode, Failure> {
    let client = config::client()?;
    let fault = |error: std::io::Error| Failure::new(Exit::Fault, format!("cannot watch for signals: {error}"));
    let mut signals = Signals::catch().map_err(fault)?;
    let device = asked.device.clone().unwrap_or_else(device);
    let borrow_seconds = i64::try_from(asked.time.as_secs()).ok();
    let wanted = NewSession { borrow_seconds, ..application(&asked.product, &device) };
    let voice = Voice { json: asked.json };
    let session = match Taking::new(&client, wanted, asked.wait, voice).take(&mut signals).await? {
        Taken::Seat(session) => *session,
        Taken::Interrupted(signal) => return Ok(ExitCode::from(128 + signal as u8)),
    };
    let id = session.id;
    let lent = match lend(&client, session, asked.time).await {
        Ok(lent) => hand_out(&asked, &lent),
        Err(failure) => Err(failure),
    };
    if lent.is_err() {
        // Nobody could use it.
        let _ = client.end(id, &EndSession::default()).await;
    }
    lent
}

/// A seat that came by the line is not borrowed yet.
async fn lend(client: &Client, session: SessionView, time: Duration) -> Result<SessionView, Failure> {
    if session.lease.is_some() { Ok(session) } else { Ok(client.borrow(session.id, time).await?) }
}

fn hand_out(asked: &Borrow, session: &SessionView) -> Result<ExitCode, Failure> {
    let lease = session.lease.as_deref().unwrap_or_default();
    if let Some(file) = &asked.out {
        let cannot = |error| Failure::new(Exit::Fault, format!("cannot write {}: {error}", file.display()));
        private_files::replace(file, format!("{lease}\n").as_bytes()).map_err(cannot)?;
    }
    let until = session.borrowed_until.map(|until| until.format("%F %T UTC").to_string()).unwrap_or_default();
    match &asked.out {
        _ if asked.json => outln!("{}", json!(session))?,
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
/// It is not known which, or the server says no.
pub async fn give_back(asked: Return) -> Result<ExitCode, Failure> {
    let (session, file) = which(&asked.which)?;
    let client = config::client()?;
    let result = client.end(session, &EndSession::default()).await?;
    if let Some(file) = file {
        // It would go on to say that there is a seat.
        let cannot =
            |error| Failure::new(Exit::Partly, format!("given back, but cannot delete {}: {error}", asked.which));
        fs::remove_file(file).map_err(cannot)?;
    }
    match result.refused {
        _ if asked.json => outln!("{}", json!(result))?,
        Some(Code::SessionEnded) => outln!("{session}  was over before")?,
        _ => outln!("{session}  given back")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The session, and the file that its lease is in.
fn which(text: &str) -> Result<(SessionId, Option<PathBuf>), Failure> {
    if let Ok(id) = text.parse() {
        return Ok((id, None));
    }
    let wrong = |why: String| Failure::new(Exit::Usage, format!("{text}: {why}"));
    let lease = fs::read_to_string(text).map_err(|error| wrong(error.to_string()))?;
    let session = lease::session_of(&lease).map_err(|error| wrong(error.to_string()))?;
    Ok((session, Some(text.into())))
}
