//! Why a command of the command line could not do what it should: in words that say what to do, and as an exit code.

use super::span;
use seatkeeper_client::ClientError;
use seatkeeper_shared::problem::{Code, Problem};
use serde_json::json;
use std::{fmt, process::ExitCode, time::Duration};

/// How a command ends; the numbers are those of sysexits.h and of shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Not everything could be done.
    Partly = 1,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// There is no seat (EX_UNAVAILABLE).
    NoSeat = 69,
    /// A fault (EX_SOFTWARE).
    Fault = 70,
    /// The output cannot be written (EX_IOERR).
    CannotWrite = 74,
    /// The server is away or cannot save (EX_TEMPFAIL).
    Away = 75,
    /// That is no Seatkeeper server (EX_PROTOCOL).
    Strange = 76,
    /// Not permitted (EX_NOPERM).
    NotPermitted = 77,
    /// Something is not configured (EX_CONFIG).
    Config = 78,
    /// The program cannot be started.
    CannotStart = 126,
    /// The program is not there.
    NoProgram = 127,
    /// Nobody reads the output any more: what a shell says of a program that SIGPIPE ended.
    NoReader = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why it could not be done.
#[derive(Debug)]
pub struct Failure {
    /// For scripts.
    pub exit: Exit,
    /// For people.
    says: String,
    /// What the server said.
    problem: Option<Box<Problem>>,
}

impl Failure {
    /// A failure that has nothing to do with the server.
    pub fn new(exit: Exit, says: impl Into<String>) -> Self {
        Self { exit, says: says.into(), problem: None }
    }

    /// As one line of JSON.
    pub fn json(&self) -> serde_json::Value {
        json!({ "event": "failed", "exit": self.exit as u8, "message": self.says, "problem": self.problem })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

impl std::error::Error for Failure {}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = exit_of(&error);
        match error {
            ClientError::Problem(problem) => Self { exit, says: words(&problem), problem: Some(problem) },
            ClientError::Strange { .. } | ClientError::Unreadable(_) => {
                Self::new(exit, format!("{error}. Is the address that of a Seatkeeper server of this version?"))
            }
            ClientError::Away(_) => Self::new(exit, format!("{error}. Is its address right, and does it run?")),
        }
    }
}

fn exit_of(error: &ClientError) -> Exit {
    let Some(code) = error.code() else {
        return if error.passes() { Exit::Away } else { Exit::Strange };
    };
    match code {
        Code::PoolFull
        | Code::OverCapacity
        | Code::ReservedForGroup
        | Code::GroupLimit
        | Code::CoolingDown
        | Code::OtherDevice
        | Code::LicenseNotStarted
        | Code::LicenseEnded
        | Code::TicketOver
        | Code::Archived
        | Code::BorrowLimit
        | Code::NoOffer => Exit::NoSeat,
        Code::NotSignedIn
        | Code::Forbidden
        | Code::NotAssigned
        | Code::UserSuspended
        | Code::NotLendable
        | Code::BorrowTooLong => Exit::NotPermitted,
        Code::Unavailable | Code::TooManyRequests => Exit::Away,
        Code::Invalid | Code::BadRequest | Code::NotFound => Exit::Usage,
        _ => Exit::Fault,
    }
}

/// What the server said, and what can be done about it.
pub fn words(problem: &Problem) -> String {
    let mut says = problem.title.clone();
    if let Some(detail) = &problem.detail {
        says.push_str(&format!(" {detail}"));
    }
    for wrong in &problem.errors {
        says.push_str(&match wrong.field.as_str() {
            "product" => " There is no such product; `seatkeeper status` shows those that you may use.".to_owned(),
            field => format!(" {field} {}.", wrong.error),
        });
    }
    let lends = matches!(problem.code, Code::NotLendable | Code::BorrowTooLong);
    if let Some(facts) = problem.refusal.as_ref().filter(|_| !lends) {
        says.push_str(&format!(
            " {} of {} seats are occupied, {} are waiting.",
            facts.occupied, facts.seats, facts.waiting
        ));
    }
    if let Some(longest) = problem.refusal.as_ref().and_then(|facts| facts.borrow_seconds) {
        let longest = Duration::from_secs(u64::try_from(longest).unwrap_or_default());
        says.push_str(&format!(" At most {}.", span::words(longest)));
    }
    if let Some(advice) = advice(problem.code) {
        says.push_str(&format!(" {advice}"));
    }
    says
}

fn advice(code: Code) -> Option<&'static str> {
    match code {
        Code::NotSignedIn => Some(
            "The API token is wrong, has run out or was deleted: make a new one and give it to `seatkeeper login`, or in SEATKEEPER_TOKEN.",
        ),
        Code::PoolFull => Some("To wait for one, say for how long: --wait 10m."),
        Code::NotAssigned => Some("Ask your administrator to assign one."),
        Code::OtherDevice => Some("End the session there first."),
        Code::NotLendable => Some("Your administrator can allow it in the license."),
        Code::Unavailable | Code::TooManyRequests => Some("Try again in a moment."),
        _ => None,
    }
}
