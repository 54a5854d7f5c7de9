//! Reports the events of `seatkeeper run` on standard error, as sentences or as lines of JSON.

use crate::cli::{duration, output::errln};
use seatkeeper_shared::{ids::SessionId, problem::SessionEnd, wire::sessions::PendingEnd};
use serde::Serialize;
use std::{fmt, time::Duration};

/// Something that the user, or a program that reads the JSON lines, may want to know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    Waiting {
        position: i64,
        expected_in_seconds: Option<u64>,
    },
    Seated {
        session: SessionId,
    },
    #[serde(rename = "away")]
    Unreachable {
        error: String,
        lease_left_seconds: Option<u64>,
    },
    #[serde(rename = "back")]
    Reachable,
    Lost {
        stop_in_seconds: Option<u64>,
    },
    Regained {
        session: SessionId,
    },
    NoSeat {
        message: String,
    },
    IdleSoon,
    Ending {
        ending: PendingEnd,
        in_seconds: u64,
    },
    #[serde(rename = "kept")]
    EndCancelled,
    Ended {
        end: SessionEnd,
        stop_in_seconds: Option<u64>,
    },
    Stopping {
        killed: bool,
    },
    LeftBehind {
        processes: usize,
        stopping: bool,
    },
    NotReleased {
        error: String,
    },
}

/// Writes events to standard error.
#[derive(Clone, Copy, Debug)]
pub struct Reporter {
    /// Whether to write JSON.
    pub json: bool,
}

impl Reporter {
    /// Writes an event. `Seated` is written as JSON only, because for a user it is the expected case.
    pub fn report(self, event: &RunEvent) {
        // While the program has the terminal, this process is in the background, where `stty tostop` would stop it on a
        // write.
        super::terminal::without_being_stopped(|| match (self.json, event) {
            (true, event) => errln!("{}", serde_json::to_string(event).unwrap_or_default()),
            (false, RunEvent::Seated { .. }) => {}
            (false, event) => errln!("seatkeeper: {event}"),
        });
    }
}

impl fmt::Display for RunEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |seconds: u64| duration::format(Duration::from_secs(seconds));
        match self {
            Self::Waiting { position, expected_in_seconds: None } => {
                write!(f, "all seats are in use; you are number {position} in the queue")
            }
            Self::Waiting { position, expected_in_seconds: Some(time) } => {
                let time = seconds(*time);
                write!(f, "all seats are in use; you are number {position} in the queue, about {time} to go")
            }
            Self::Seated { session } => write!(f, "you have a seat (session {session})"),
            Self::Unreachable { error, lease_left_seconds: Some(left) } => {
                write!(f, "{error}; the seat stays yours for {} without it", seconds(*left))
            }
            Self::Unreachable { error, lease_left_seconds: None } => write!(f, "{error}; trying again"),
            Self::Reachable => f.write_str("the server is back, and the seat is still yours"),
            Self::Lost { stop_in_seconds: None } => {
                f.write_str("the seat is lost; the program runs on, and a new seat is requested")
            }
            Self::Lost { stop_in_seconds: Some(time) } => {
                write!(f, "the seat is lost; the program will be stopped in {}: save your work", seconds(*time))
            }
            Self::Regained { session } => write!(f, "you have a seat again (session {session})"),
            Self::NoSeat { message } => write!(f, "no seat yet: {message}"),
            Self::IdleSoon => f.write_str("the session will soon be ended because it is idle"),
            Self::Ending { ending, in_seconds } => {
                let by = ending.by.as_deref().unwrap_or("an administrator");
                write!(f, "{by} will end the session in {}{}", seconds(*in_seconds), quoted(ending.message.as_deref()))
            }
            Self::EndCancelled => f.write_str("the session will not be ended after all"),
            Self::Ended { end, stop_in_seconds } => {
                write!(f, "{}{}", end_sentence(end), quoted(end.message.as_deref()))?;
                match stop_in_seconds {
                    Some(time) => write!(f, "; the program will be stopped in {}: save your work", seconds(*time)),
                    None => f.write_str("; the program runs on without a seat"),
                }
            }
            Self::Stopping { killed: false } => f.write_str("stopping the program"),
            Self::Stopping { killed: true } => f.write_str("the program does not stop, and is killed"),
            Self::LeftBehind { processes, stopping } => {
                let (what, it) = if *processes == 1 { ("a process", "it") } else { ("processes", "they") };
                write!(f, "the program has exited and left {what} running")?;
                match (stopping, *processes) {
                    (true, 1) => f.write_str("; it is stopped (--on-exit wait keeps the seat for it)"),
                    (true, _) => f.write_str("; they are stopped (--on-exit wait keeps the seat for them)"),
                    (false, 1) => write!(f, "; the seat is kept until {it} ends"),
                    (false, _) => write!(f, "; the seat is kept until {it} end"),
                }
            }
            Self::NotReleased { error } => {
                write!(f, "the seat could not be given back ({error}); it is free when its lease expires")
            }
        }
    }
}

/// Who ended a session, and why.
fn end_sentence(end: &SessionEnd) -> String {
    use seatkeeper_shared::session::EndReason;
    let by = end.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let why = match end.reason {
        EndReason::EndedByAdmin => return format!("the session was ended{by}"),
        EndReason::Finished | EndReason::Abandoned | EndReason::GivenUp => {
            return format!("the session was ended{by} from elsewhere");
        }
        EndReason::Idle => "it was idle for too long",
        EndReason::UserDeactivated => "your user was suspended or deleted",
        EndReason::AssignmentRevoked => "the license is no longer assigned to you",
        EndReason::LicenseEnded => "the license has ended",
        EndReason::ReplacedByOtherDevice => "you continue at another device",
        EndReason::KeyExpired => "its key was not used",
        EndReason::LeaseExpired => "its lease expired",
    };
    format!("the session was ended{by}: {why}")
}

fn quoted(message: Option<&str>) -> String {
    message.map(|message| format!(": \"{message}\"")).unwrap_or_default()
}
