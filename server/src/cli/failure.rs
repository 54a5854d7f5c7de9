//! The error of a command: a message that says what to do, and an exit code.

use super::duration;
use seatkeeper_client::ClientError;
use seatkeeper_shared::problem::{Code, Problem};
use serde_json::json;
use std::{fmt, process::ExitCode, time::Duration};

/// The exit codes of commands, from sysexits.h and from shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Some of several items failed.
    Incomplete = 1,
    /// Wrong arguments (EX_USAGE).
    Usage = 64,
    /// No seat is available (EX_UNAVAILABLE).
    NoSeat = 69,
    /// An internal error, here or in the server (EX_SOFTWARE).
    Internal = 70,
    /// The output cannot be written (EX_IOERR).
    WriteFailed = 74,
    /// The server cannot be reached or cannot save; a retry may succeed (EX_TEMPFAIL).
    Temporary = 75,
    /// The response is not that of a Seatkeeper server of this version (EX_PROTOCOL).
    Protocol = 76,
    /// Not permitted (EX_NOPERM).
    NotPermitted = 77,
    /// A setting is missing or unusable (EX_CONFIG).
    Config = 78,
    /// The program cannot be started.
    CannotStart = 126,
    /// The program was not found, as shells report it.
    ProgramNotFound = 127,
    /// The reader of the output has closed the pipe: 128 + SIGPIPE.
    BrokenPipe = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The error of a command.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// The message for the user.
    message: String,
    /// The problem document of the server, if it sent one.
    problem: Option<Box<Problem>>,
}

impl Failure {
    /// A failure without a problem document.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), problem: None }
    }

    /// The failure as one line of JSON, for `--json`.
    pub fn json(&self) -> serde_json::Value {
        json!({ "event": "failed", "exit": self.exit as u8, "message": self.message, "problem": self.problem })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = exit_code_of(&error);
        match error {
            ClientError::Problem(problem) => Self { exit, message: describe(&problem), problem: Some(problem) },
            ClientError::UnexpectedResponse { .. } | ClientError::Unreadable(_) => Self::new(
                exit,
                format!("{error}. Check that the address is that of a Seatkeeper server of this version."),
            ),
            ClientError::Unreachable(_) => {
                Self::new(exit, format!("{error}. Check the address, and that the server is running."))
            }
        }
    }
}

fn exit_code_of(error: &ClientError) -> Exit {
    let Some(code) = error.code() else {
        return if error.is_transient() { Exit::Temporary } else { Exit::Protocol };
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
        Code::Unavailable | Code::TooManyRequests => Exit::Temporary,
        Code::Invalid | Code::BadRequest | Code::NotFound => Exit::Usage,
        _ => Exit::Internal,
    }
}

/// Describes a problem document in one line, with what the user can do.
pub fn describe(problem: &Problem) -> String {
    let mut text = problem.title.clone();
    if let Some(detail) = &problem.detail {
        text.push_str(&format!(" {detail}"));
    }
    for error in &problem.errors {
        text.push_str(&match error.field.as_str() {
            "product" => " There is no such product; `seatkeeper status` shows the ones you may use.".to_owned(),
            field => format!(" {field} {}.", error.error),
        });
    }
    let is_about_borrowing = matches!(problem.code, Code::NotLendable | Code::BorrowTooLong);
    if let Some(facts) = problem.refusal.as_ref().filter(|_| !is_about_borrowing) {
        text.push_str(&format!(
            " {} of {} seats are occupied, {} are waiting.",
            facts.occupied, facts.seats, facts.waiting
        ));
    }
    if let Some(longest) = problem.refusal.as_ref().and_then(|facts| facts.borrow_seconds) {
        let longest = Duration::from_secs(u64::try_from(longest).unwrap_or_default());
        text.push_str(&format!(" At most {}.", duration::format(longest)));
    }
    if let Some(advice) = advice_for(problem.code) {
        text.push_str(&format!(" {advice}"));
    }
    text
}

fn advice_for(code: Code) -> Option<&'static str> {
    match code {
        Code::NotSignedIn => Some(
            "The API token is wrong, has expired or was deleted: create a new one and give it to `seatkeeper login`, \
             or set SEATKEEPER_TOKEN.",
        ),
        Code::PoolFull => Some("To wait for one, give a time: --wait 10m."),
        Code::NotAssigned => Some("Ask your administrator to assign one."),
        Code::OtherDevice => Some("End the session there first."),
        Code::NotLendable => Some("Your administrator can allow it in the license."),
        Code::Unavailable | Code::TooManyRequests => Some("Try again in a moment."),
        _ => None,
    }
}
